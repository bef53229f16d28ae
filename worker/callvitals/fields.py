"""The one table: W3C types and fields read, how they become integers, the series kept.

Everything else follows from it: the order of packed rows (`schema`), the page's packer (generated
by `scripts/gen-fields.py`), what the recorders keep. Addresses, ufrags, labels and certificates are
not in it, so they never leave the page.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Field = tuple[str, str, int, str]

# Kinds. Text is interned in packed rows; a counter is a cumulative number, a gauge a momentary one.
TEXT_KIND = "text"
BOOL_KIND = "bool"
COUNTER = "counter"
GAUGE = "gauge"

# A number x becomes the integer floor(x * scale + 0.5).
ONE = 1
MICRO = 1000000  # seconds -> microseconds
TENTH_MS = 10000  # seconds -> 0.1 ms, the wire's step: rounded once, not twice
MILLI = 1000  # W3C timestamps (ms) -> microseconds; fractions -> 0.001
NANO = 1000000000  # seconds squared: coarser steps would drown a deviation of some ms

# (kind, unit, scale, names). Every type but "pc" starts with id and timestamp.
_HEAD = (
    (TEXT_KIND, "", ONE, "id"),
    (GAUGE, "us", MILLI, "timestamp"),
)
_RTP_HEAD = (
    (GAUGE, "", ONE, "ssrc"),
    (TEXT_KIND, "", ONE, "kind mediaType transportId codecId"),
)

_TYPES = (
    ("pc", ((TEXT_KIND, "", ONE, "id"),)),
    (
        "inbound-rtp",
        _HEAD
        + _RTP_HEAD
        + (
            (TEXT_KIND, "", ONE, "remoteId mid trackId trackIdentifier playoutId"),
            (TEXT_KIND, "", ONE, "decoderImplementation contentType"),
            (BOOL_KIND, "", ONE, "powerEfficientDecoder"),
            # discardedPackets: as Firefox spells it
            (COUNTER, "packets", ONE, "packetsReceived packetsLost packetsDiscarded"),
            (COUNTER, "packets", ONE, "discardedPackets retransmittedPacketsReceived"),
            (COUNTER, "packets", ONE, "fecPacketsReceived packetsReceivedWithEct1"),
            (COUNTER, "packets", ONE, "packetsReceivedWithCe"),
            (COUNTER, "bytes", ONE, "bytesReceived headerBytesReceived fecBytesReceived"),
            (COUNTER, "bytes", ONE, "retransmittedBytesReceived"),
            (GAUGE, "us", MILLI, "lastPacketReceivedTimestamp"),
            (GAUGE, "0.1 ms", TENTH_MS, "jitter"),
            (COUNTER, "us", MICRO, "jitterBufferDelay jitterBufferTargetDelay"),
            (COUNTER, "us", MICRO, "jitterBufferMinimumDelay"),
            (COUNTER, "", ONE, "jitterBufferEmittedCount"),
            (COUNTER, "samples", ONE, "totalSamplesReceived concealedSamples"),
            (COUNTER, "samples", ONE, "silentConcealedSamples concealmentEvents"),
            (COUNTER, "samples", ONE, "insertedSamplesForDeceleration"),
            (COUNTER, "samples", ONE, "removedSamplesForAcceleration"),
            (GAUGE, "0.000001", MICRO, "audioLevel"),
            (COUNTER, "0.000001", MICRO, "totalAudioEnergy"),
            (COUNTER, "us", MICRO, "totalSamplesDuration"),
            (COUNTER, "frames", ONE, "framesReceived framesDecoded framesDropped"),
            (COUNTER, "frames", ONE, "keyFramesDecoded framesAssembledFromMultiplePackets"),
            (GAUGE, "0.001/s", MILLI, "framesPerSecond"),
            (GAUGE, "pixels", ONE, "frameWidth frameHeight"),
            (COUNTER, "", ONE, "freezeCount pauseCount nackCount pliCount firCount qpSum"),
            (COUNTER, "us", MICRO, "totalFreezesDuration totalPausesDuration totalDecodeTime"),
            (COUNTER, "us", MICRO, "totalInterFrameDelay totalProcessingDelay"),
            (COUNTER, "us", MICRO, "totalAssemblyTime"),
            (COUNTER, "0.000000001 s2", NANO, "totalSquaredInterFrameDelay"),
            (COUNTER, "0.000001", MICRO, "totalCorruptionProbability"),
            (COUNTER, "", ONE, "corruptionMeasurements"),
        ),
    ),
    (
        "outbound-rtp",
        _HEAD
        + _RTP_HEAD
        + (
            (TEXT_KIND, "", ONE, "remoteId mid rid mediaSourceId trackId encoderImplementation"),
            (TEXT_KIND, "", ONE, "qualityLimitationReason scalabilityMode contentType"),
            (BOOL_KIND, "", ONE, "active powerEfficientEncoder"),
            (GAUGE, "", ONE, "encodingIndex"),
            (COUNTER, "packets", ONE, "packetsSent retransmittedPacketsSent"),
            (COUNTER, "packets", ONE, "packetsSentWithEct1"),
            (COUNTER, "bytes", ONE, "bytesSent headerBytesSent retransmittedBytesSent"),
            (GAUGE, "bit/s", ONE, "targetBitrate"),
            (COUNTER, "us", MICRO, "totalPacketSendDelay totalEncodeTime"),
            (COUNTER, "frames", ONE, "framesEncoded framesSent keyFramesEncoded"),
            (COUNTER, "frames", ONE, "hugeFramesSent"),
            (GAUGE, "0.001/s", MILLI, "framesPerSecond"),
            (GAUGE, "pixels", ONE, "frameWidth frameHeight"),
            (COUNTER, "", ONE, "nackCount pliCount firCount qpSum"),
            (COUNTER, "us", MICRO, "qualityLimitationDurations.cpu"),
            (COUNTER, "us", MICRO, "qualityLimitationDurations.bandwidth"),
            (COUNTER, "us", MICRO, "qualityLimitationDurations.none"),
            (COUNTER, "us", MICRO, "qualityLimitationDurations.other"),
            (COUNTER, "", ONE, "qualityLimitationResolutionChanges"),
            (COUNTER, "0.001 dB", MILLI, "psnrSum.y psnrSum.u psnrSum.v"),
            (COUNTER, "", ONE, "psnrMeasurements"),
        ),
    ),
    (
        "remote-inbound-rtp",
        _HEAD
        + _RTP_HEAD
        + (
            (TEXT_KIND, "", ONE, "localId"),
            (COUNTER, "packets", ONE, "packetsLost packetsReceived"),
            (GAUGE, "0.1 ms", TENTH_MS, "jitter roundTripTime"),
            (GAUGE, "0.001", MILLI, "fractionLost"),
            (COUNTER, "us", MICRO, "totalRoundTripTime"),
            (COUNTER, "", ONE, "roundTripTimeMeasurements"),
        ),
    ),
    (
        "remote-outbound-rtp",
        _HEAD
        + _RTP_HEAD
        + (
            (TEXT_KIND, "", ONE, "localId"),
            (GAUGE, "us", MILLI, "remoteTimestamp"),
            (COUNTER, "packets", ONE, "packetsSent"),
            (COUNTER, "bytes", ONE, "bytesSent"),
            (GAUGE, "0.1 ms", TENTH_MS, "roundTripTime"),
            (COUNTER, "us", MICRO, "totalRoundTripTime"),
            (COUNTER, "", ONE, "roundTripTimeMeasurements reportsSent"),
        ),
    ),
    (
        "candidate-pair",
        _HEAD
        + (
            (TEXT_KIND, "", ONE, "transportId localCandidateId remoteCandidateId state"),
            (BOOL_KIND, "", ONE, "nominated selected"),
            (COUNTER, "bytes", ONE, "bytesSent bytesReceived"),
            (COUNTER, "packets", ONE, "packetsSent packetsReceived packetsDiscardedOnSend"),
            (GAUGE, "0.1 ms", TENTH_MS, "currentRoundTripTime"),
            (GAUGE, "us", MILLI, "lastPacketReceivedTimestamp"),
            (COUNTER, "us", MICRO, "totalRoundTripTime"),
            (COUNTER, "", ONE, "responsesReceived requestsReceived requestsSent"),
            (GAUGE, "bit/s", ONE, "availableOutgoingBitrate availableIncomingBitrate"),
        ),
    ),
    (
        "transport",
        _HEAD
        + (
            (TEXT_KIND, "", ONE, "selectedCandidatePairId iceState iceRole dtlsState"),
            (COUNTER, "bytes", ONE, "bytesSent bytesReceived"),
            (COUNTER, "packets", ONE, "packetsSent packetsReceived"),
            (COUNTER, "", ONE, "selectedCandidatePairChanges"),
        ),
    ),
    (
        "local-candidate",
        _HEAD + ((TEXT_KIND, "", ONE, "candidateType protocol relayProtocol networkType tcpType"),),
    ),
    ("remote-candidate", _HEAD + ((TEXT_KIND, "", ONE, "candidateType protocol tcpType"),)),
    (
        "codec",
        _HEAD
        + (
            (TEXT_KIND, "", ONE, "mimeType sdpFmtpLine"),
            (GAUGE, "", ONE, "payloadType clockRate channels"),
        ),
    ),
    (
        "media-source",
        _HEAD
        + (
            (TEXT_KIND, "", ONE, "kind trackIdentifier"),
            (GAUGE, "pixels", ONE, "width height"),
            (GAUGE, "0.001/s", MILLI, "framesPerSecond"),
            (COUNTER, "frames", ONE, "frames"),
            (GAUGE, "0.000001", MICRO, "audioLevel"),
            (COUNTER, "0.000001", MICRO, "totalAudioEnergy"),
            (COUNTER, "us", MICRO, "totalSamplesDuration"),
        ),
    ),
    (
        "media-playout",
        _HEAD
        + (
            (TEXT_KIND, "", ONE, "kind"),
            (COUNTER, "us", MICRO, "synthesizedSamplesDuration totalSamplesDuration"),
            (COUNTER, "", ONE, "synthesizedSamplesEvents"),
            (COUNTER, "us", MICRO, "totalPlayoutDelay"),
            (COUNTER, "samples", ONE, "totalSamplesCount"),
        ),
    ),
    (
        "data-channel",
        _HEAD
        + (
            (TEXT_KIND, "", ONE, "state"),
            (COUNTER, "", ONE, "messagesSent messagesReceived"),
            (COUNTER, "bytes", ONE, "bytesSent bytesReceived"),
        ),
    ),
    ("peer-connection", _HEAD + ((COUNTER, "", ONE, "dataChannelsOpened dataChannelsClosed"),)),
    (
        # Gone from today's browsers; old Safari and Chromium keep here what RTP streams have now.
        "track",
        _HEAD
        + (
            (TEXT_KIND, "", ONE, "kind trackIdentifier"),
            (COUNTER, "", ONE, "freezeCount pauseCount"),
            (COUNTER, "us", MICRO, "totalFreezesDuration totalPausesDuration"),
            (GAUGE, "pixels", ONE, "frameWidth frameHeight"),
            (COUNTER, "frames", ONE, "framesReceived framesDropped"),
            (COUNTER, "us", MICRO, "jitterBufferDelay"),
            (COUNTER, "", ONE, "jitterBufferEmittedCount"),
            (COUNTER, "samples", ONE, "totalSamplesReceived concealedSamples"),
            (COUNTER, "samples", ONE, "silentConcealedSamples concealmentEvents"),
            (GAUGE, "0.000001", MICRO, "audioLevel"),
        ),
    ),
)


def _build() -> "tuple[dict[str, tuple[Field, ...]], tuple[str, ...]]":
    table: "dict[str, tuple[Field, ...]]" = {}
    order = []
    for type_name, groups in _TYPES:
        fields: "list[Field]" = []
        for kind, unit, scale, names in groups:
            for name in names.split(" "):
                fields.append((name, kind, scale, unit))
        table[type_name] = tuple(fields)
        order.append(type_name)
    return table, tuple(order)


# FIELDS: type -> ((name, kind, scale, unit), ...) in the order of packed rows; ORDER: the types.
FIELDS, ORDER = _build()


def _names_of(kind: "str") -> "frozenset[str]":
    names = set()
    for type_name in ORDER:
        for field in FIELDS[type_name]:
            if field[1] == kind:
                names.add(field[0])
    return frozenset(names)


# Field names that are text or boolean; a name has the same kind in every type (a test sees to it).
TEXT = _names_of(TEXT_KIND)
BOOL = _names_of(BOOL_KIND)


def schema() -> "list[list[Any]]":
    """The packed rows' schema: [[type, [field, ...]], ...]; type 0 is ["pc", ["id"]]."""
    return [[name, [field[0] for field in FIELDS[name]]] for name in ORDER]


SCHEMA = schema()

# Series: name -> (steps of the wire's integer per base unit, base unit, harmful side, title). Those
# of streams are rows of `catalog`, which says how they are computed; the session's are pooled.
# The harmful side says which end of an envelope a chart must not lose.
SERIES = {
    "score": (100, "", "min", "Score"),
    "upload": (1, "bit/s", "min", "Upload"),
    "download": (1, "bit/s", "min", "Download"),
    "rtt": (10000, "s", "max", "Round trip"),
    "lossIn": (10000, "ratio", "max", "Loss in"),
    "lossOut": (10000, "ratio", "max", "Loss out"),
    "jitter": (10000, "s", "max", "Jitter"),
    "jitterBuffer": (10000, "s", "max", "Jitter buffer"),
    "concealed": (10000, "ratio", "max", "Concealed audio"),
    "fpsIn": (10, "1/s", "min", "Frames per second in"),
    "fpsOut": (10, "1/s", "min", "Frames per second out"),
    "frozen": (1000, "s", "max", "Frozen video"),
    # per stream only, as name.key
    "bitrate": (1, "bit/s", "min", "Bitrate"),
    "loss": (10000, "ratio", "max", "Loss"),
    "fps": (10, "1/s", "min", "Frames per second"),
    "width": (1, "pixels", "min", "Width"),
    "height": (1, "pixels", "min", "Height"),
    "discarded": (10000, "ratio", "max", "Came too late or too early"),
    "resent": (10000, "ratio", "max", "Retransmitted"),
    "pliRate": (100, "1/s", "max", "Pictures told lost (PLI)"),
    "qp": (10, "", "max", "Quantisation"),
    "decodeTime": (10000, "s", "max", "Decoding a frame"),
    "encodeTime": (10000, "s", "max", "Encoding a frame"),
    "sourceFps": (10, "1/s", "min", "Frames of the source"),
    "reportAge": (1000, "s", "max", "Age of the newest RTCP report"),
}

HEADLINE = (
    "score",
    "upload",
    "download",
    "rtt",
    "lossIn",
    "lossOut",
    "jitter",
    "jitterBuffer",
    "concealed",
    "fpsIn",
    "fpsOut",
    "frozen",
)
STREAM = (
    "bitrate",
    "loss",
    "jitter",
    "rtt",
    "jitterBuffer",
    "concealed",
    "fps",
    "width",
    "height",
    "frozen",
    "discarded",
    "resent",
    "pliRate",
    "qp",
    "decodeTime",
    "encodeTime",
    "sourceFps",
    "reportAge",
)
