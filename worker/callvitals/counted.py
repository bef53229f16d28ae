"""Which counters a stream's memory holds beside the slots of `sample`, and where they come from.

Their rise between two moments is told by `sample.between` under the name given here: the W3C name
for the stream's own, a name of ours for what is joined to it. Never reorder at will: a checkpoint
holds them in this order.
"""

from . import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .shapes import Item, Slots

_IN = (
    "packetsDiscarded",
    "fecPacketsReceived",
    "fecBytesReceived",
    "retransmittedPacketsReceived",
    "retransmittedBytesReceived",
    "headerBytesReceived",
    "packetsReceivedWithEct1",
    "packetsReceivedWithCe",
    "jitterBufferTargetDelay",
    "jitterBufferMinimumDelay",
    "totalProcessingDelay",
    "nackCount",
)
_OUT = (
    "retransmittedPacketsSent",
    "retransmittedBytesSent",
    "headerBytesSent",
    "packetsSentWithEct1",
    "totalPacketSendDelay",
    "nackCount",
)

# Names by direction and kind, the stream's own first.
OWN = {
    "inboundaudio": _IN
    + (
        "silentConcealedSamples",
        "concealmentEvents",
        "insertedSamplesForDeceleration",
        "removedSamplesForAcceleration",
        "totalAudioEnergy",
        "totalSamplesDuration",
    ),
    "inboundvideo": _IN
    + (
        "framesReceived",
        "framesDropped",
        "keyFramesDecoded",
        "framesAssembledFromMultiplePackets",
        "freezeCount",
        "totalPausesDuration",
        "pliCount",
        "firCount",
        "qpSum",
        "totalDecodeTime",
        "totalInterFrameDelay",
        "totalSquaredInterFrameDelay",
        "totalAssemblyTime",
        "totalCorruptionProbability",
        "corruptionMeasurements",
    ),
    "outboundaudio": _OUT,
    "outboundvideo": _OUT
    + (
        "framesEncoded",
        "keyFramesEncoded",
        "hugeFramesSent",
        "totalEncodeTime",
        "pliCount",
        "firCount",
        "qpSum",
        "qualityLimitationDurations.cpu",
        "qualityLimitationDurations.bandwidth",
        "qualityLimitationDurations.none",
        "qualityLimitationDurations.other",
        "qualityLimitationResolutionChanges",
        "psnrSum.y",
        "psnrSum.u",
        "psnrSum.v",
        "psnrMeasurements",
    ),
}

# (our name, the stats object joined to the stream, its field)
_FAR = (
    ("totalRoundTripTime", "remote", "totalRoundTripTime"),
    ("roundTripTimeMeasurements", "remote", "roundTripTimeMeasurements"),
)
JOINED = {
    "inboundaudio": _FAR
    + (
        ("synthesizedSamplesDuration", "playout", "synthesizedSamplesDuration"),
        ("totalPlayoutDelay", "playout", "totalPlayoutDelay"),
        ("playoutSamples", "playout", "totalSamplesCount"),
        ("playoutDuration", "playout", "totalSamplesDuration"),
    ),
    "inboundvideo": _FAR,
    "outboundaudio": _FAR
    + (
        ("sourceAudioEnergy", "source", "totalAudioEnergy"),
        ("sourceDuration", "source", "totalSamplesDuration"),
    ),
    "outboundvideo": _FAR + (("sourceFrames", "source", "frames"),),
}


def names(sort: "str") -> "tuple[str, ...]":
    """All names in the order of the memory. sort: direction + kind, as "inboundaudio"."""
    return OWN[sort] + tuple([one[0] for one in JOINED[sort]])


NAMES = {sort: names(sort) for sort in OWN}


def read(stream: "Item") -> "Slots":
    """The counters as this report has them, None where it has none."""
    sort = stream["direction"] + stream["kind"]
    out = [stream.get(name) for name in OWN[sort]]
    for _name, holder, field in JOINED[sort]:
        item = stream.get(holder)
        out.append(None if item is None else item.get(field))
    return out


def origin(stream: "Item") -> "str":
    """Id of what else counts for the stream: its media source or playout; "" without."""
    item = stream.get("source") or stream.get("playout")
    return "" if item is None else values.clean_text(item["id"], 48)


def cut(sort: "str", slots: "Slots", start: "int") -> "None":
    """Forget the counters of a source or playout that is no longer the stream's: nothing can be
    said from the one to the next. start: where the counters begin in slots."""
    at = start + len(OWN[sort])
    for _name, holder, _field in JOINED[sort]:
        if holder != "remote" and at < len(slots):
            slots[at] = None
        at += 1
