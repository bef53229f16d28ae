"""The table of metrics: every number derived from what happened to a stream or a connection.

A row is `name | streams | formula | unit scale worse | told by | title`; `name*` is kept as the
stream's series, too (fields.STREAM).

- streams: `ia iv oa ov` (inbound, outbound; audio, video), `all` of them, or `pc`, a connection.
- formula: how, then names of `sample.between` (their rise over the interval, in base units).
  `rate` above a second, `share` above / below from 0 to 1, `mean` above / below, `total` above,
  `gauge` the field itself as the browser last told it (`remote.jitter`: of a joined item), `age`
  the stream's timestamp minus that field, `loudness` sqrt(above / below), `deviation` and
  `variation` of frames' distances, `pixel` above / (frames x picture). Names are added; `-name` is
  subtracted, `8*name` counts eightfold, `?name` only where it is told; `name!` must be above 0 for
  the metric to be told and does not count itself.
- unit and scale: the base unit (`-`: none), and how many steps of the integer make one of it.
- worse: the harmful side, `min` or `max`; `-` where neither is.
- told by: C Chromium, F Firefox, S Safari, a aiortc (synthetic callers).

docs/metrics.md is made from these rows (scripts/gen-metrics.py).
"""

from . import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Tables = dict[str, list[Any]]
    Units = dict[str, tuple[int, str, str]]

RATE = "rate"
SHARE = "share"
MEAN = "mean"
TOTAL = "total"
GAUGE = "gauge"
AGE = "age"
LEFT = "left"
LOUDNESS = "loudness"
DEVIATION = "deviation"
VARIATION = "variation"
PIXEL = "pixel"

TABLE = """\
bitrate* | ia iv | rate 8*bytes | bit/s 1 min | CFS | Bitrate, headers included
bitrate* | oa ov | rate 8*bytes | bit/s 1 min | CFSa | Bitrate, headers included
payloadBitrate | ia iv | rate 8*bytes -8*headerBytesReceived ?-8*retransmittedBytesReceived
    | bit/s 1 min | CFS | Bitrate of media alone
payloadBitrate | oa ov | rate 8*bytes -8*headerBytesSent ?-8*retransmittedBytesSent
    | bit/s 1 min | CFS | Bitrate of media alone
headerBitrate | ia iv | rate 8*headerBytesReceived | bit/s 1 - | CFS | Bitrate of headers
headerBitrate | oa ov | rate 8*headerBytesSent | bit/s 1 - | CFS | Bitrate of headers
resentBitrate | iv | rate 8*retransmittedBytesReceived | bit/s 1 max | CS
    | Bitrate of retransmissions
resentBitrate | oa ov | rate 8*retransmittedBytesSent | bit/s 1 max | CFS
    | Bitrate of retransmissions
packetRate | ia iv | rate packets ?-retransmittedPacketsReceived | 1/s 100 - | CFSa | Media packets
packetRate | oa ov | rate packets ?-retransmittedPacketsSent | 1/s 100 - | CFSa | Media packets
loss* | all | share lost / expected | ratio 10000 max | CFSa | Loss
untold | ia iv | total untold | packets 1 max | CFSa
    | Lost packets that packetsLost leaves out (estimated)
discarded* | ia | share packetsDiscarded / packets | ratio 10000 max | CFS
    | Came too late or too early
discarded | iv | share packetsDiscarded / packets | ratio 10000 max | F
    | Came too late or too early
resent* | iv | share retransmittedPacketsReceived / packets | ratio 10000 max | CS | Retransmitted
resent* | ov | share retransmittedPacketsSent / packets | ratio 10000 max | CFS | Retransmitted
resent | oa | share retransmittedPacketsSent / packets | ratio 10000 max | CFS | Retransmitted
fecRate | ia | rate fecPacketsReceived | 1/s 100 - | CFS | Packets of error correction
fecRate | iv | rate fecPacketsReceived | 1/s 100 - | C | Packets of error correction
fecBitrate | ia iv | rate 8*fecBytesReceived | bit/s 1 - | C | Bitrate of error correction
nackRate | iv oa ov | rate nackCount | 1/s 100 max | CFS | Requests to send again (NACK)
jitter* | ia iv | gauge jitter packets! | s 10000 max | CFSa | Jitter
jitter* | oa ov | gauge remote.jitter | s 10000 max | CFSa | Jitter at the far end
rtt* | oa ov | gauge remote.roundTripTime | s 10000 max | CFSa | Round trip as RTCP last told it
rttMean | ia iv | mean totalRoundTripTime / roundTripTimeMeasurements | s 10000 max | CS
    | Round trip by RTCP, mean over the interval
rttMean | oa ov | mean totalRoundTripTime / roundTripTimeMeasurements | s 10000 max | CFS
    | Round trip by RTCP, mean over the interval
fractionLost | oa ov | gauge remote.fractionLost | ratio 10000 max | CFSa
    | Loss as RTCP last told it
reportAge* | oa ov | age remote.timestamp | s 1000 max | CFSa | Age of the newest RTCP report
reportAge | ia iv | age remote.timestamp | s 1000 max | CFSa | Age of the newest RTCP report
packetAge | ia iv | age lastPacketReceivedTimestamp | s 1000 max | CFS
    | Time since the newest packet
congested | ia iv | share packetsReceivedWithCe / packetsReceivedWithEct1 packetsReceivedWithCe
    | ratio 10000 max | C | Marked for congestion (L4S)
ectRate | ia iv | rate packetsReceivedWithEct1 | 1/s 100 - | C | Packets that could be marked (L4S)
ectRate | oa ov | rate packetsSentWithEct1 | 1/s 100 - | C | Packets that could be marked (L4S)
targetBitrate | oa ov | gauge targetBitrate | bit/s 1 min | CS | Bitrate that the encoder aims at
sendDelay | oa ov | mean totalPacketSendDelay / packets | s 10000 max | CS
    | Wait of a packet to be sent
jitterBuffer* | ia iv | mean buffer / emitted | s 10000 max | CFS | Jitter buffer
bufferTarget | ia iv | mean jitterBufferTargetDelay / emitted | s 10000 max | CFS
    | Jitter buffer's target
bufferMinimum | ia iv | mean jitterBufferMinimumDelay / emitted | s 10000 max | CFS
    | Jitter buffer that the network alone asks for
concealed* | ia | share concealed / samples | ratio 10000 max | CFS | Concealed audio
sampleRate | ia | rate samples | 1/s 100 - | CFS | Sound samples, made up or not
silentConcealed | ia | share silentConcealedSamples / samples | ratio 10000 - | CFS
    | Concealed by silence
concealmentRate | ia | rate concealmentEvents | 1/s 100 max | CFS | Concealments
stretched | ia | share insertedSamplesForDeceleration removedSamplesForAcceleration / samples
    | ratio 10000 max | CFS | Slowed down or sped up
slowed | ia | share insertedSamplesForDeceleration / samples | ratio 10000 max | CFS | Slowed down
sped | ia | share removedSamplesForAcceleration / samples | ratio 10000 max | CFS | Sped up
loudness | ia | loudness totalAudioEnergy / totalSamplesDuration | ratio 10000 min | CFS
    | Loudness (RMS)
loudness | oa | loudness sourceAudioEnergy / sourceDuration | ratio 10000 min | CS
    | Loudness of the source (RMS)
processing | ia | mean totalProcessingDelay / emitted | s 10000 max | CS
    | From first packet to decoded
playout | ia | mean totalPlayoutDelay / playoutSamples | s 10000 max | CS
    | Delay of the sound device
synthesized | ia | share synthesizedSamplesDuration / playoutDuration | ratio 10000 max | CS
    | Made up because the sound device ran dry
fps* | iv ov | rate frames packets! | 1/s 10 min | CFS | Frames per second
width* | iv ov | gauge frameWidth packets! | pixels 1 min | CFS | Width
height* | iv ov | gauge frameHeight packets! | pixels 1 min | CFS | Height
frozen* | iv | total frozen | s 1000 max | CFS | Frozen video
freezeRate | iv | rate freezeCount | 1/s 100 max | CFS | Freezes
paused | iv | total totalPausesDuration | s 1000 - | CFS | Paused video
receivedFps | iv | rate framesReceived | 1/s 10 min | CFS | Frames received
waiting | iv | left framesReceived -framesDecoded -framesDropped | frames 1 max | CFS
    | Frames received and not decoded yet
dropped | iv | share framesDropped / framesReceived | ratio 10000 max | CFS | Frames dropped
keyFrameRate | iv | rate keyFramesDecoded | 1/s 100 max | CFS | Key frames
keyFrameRate | ov | rate keyFramesEncoded | 1/s 100 max | CS | Key frames
pliRate* | iv ov | rate pliCount | 1/s 100 max | CFS | Pictures told lost (PLI)
firRate | iv ov | rate firCount | 1/s 100 max | CFS | Whole pictures asked for (FIR)
qp* | iv | mean qpSum / frames | - 10 max | CS | Quantisation
qp* | ov | mean qpSum / framesEncoded | - 10 max | CFS | Quantisation
decodeTime* | iv | mean totalDecodeTime / frames | s 10000 max | CFS | Decoding a frame
processing | iv | mean totalProcessingDelay / frames | s 10000 max | CFS
    | From first packet to decoded
assembly | iv | mean totalAssemblyTime / framesAssembledFromMultiplePackets | s 10000 max | CFS
    | Waiting for all packets of a frame
frameDistance | iv | mean totalInterFrameDelay / frames | s 10000 max | CFS | Time between frames
frameDeviation | iv | deviation totalSquaredInterFrameDelay totalInterFrameDelay / frames
    | s 10000 max | CFS | Standard deviation of the time between frames
frameVariation | iv | variation totalSquaredInterFrameDelay totalInterFrameDelay / frames
    | ratio 10000 max | CFS | The same as a share of the mean
bitsPerPixel | iv | pixel 8*bytes ?-8*headerBytesReceived ?-8*retransmittedBytesReceived / frames
    | bit 10000 min | CFS | Bits per pixel
bitsPerPixel | ov | pixel 8*bytes ?-8*headerBytesSent ?-8*retransmittedBytesSent / frames
    | bit 10000 min | CFS | Bits per pixel
corruption | iv | mean totalCorruptionProbability / corruptionMeasurements | ratio 10000 max | C
    | Probability of a corrupt picture
sourceFps* | ov | rate sourceFrames | 1/s 10 min | CFS | Frames of the source
encodedFps | ov | rate framesEncoded | 1/s 10 min | CFS | Frames encoded
hugeFrames | ov | share hugeFramesSent / frames | ratio 10000 max | CFS
    | Frames over 2.5 times the usual size
encodeTime* | ov | mean totalEncodeTime / framesEncoded | s 10000 max | CFS | Encoding a frame
cpuLimited | ov | share LIMIT.cpu / LIMIT.cpu LIMIT.bandwidth LIMIT.none LIMIT.other
    | ratio 10000 max | CS | Time limited by the processor
bandwidthLimited | ov | share LIMIT.bandwidth / LIMIT.cpu LIMIT.bandwidth LIMIT.none LIMIT.other
    | ratio 10000 max | CS | Time limited by the network
otherLimited | ov | share LIMIT.other / LIMIT.cpu LIMIT.bandwidth LIMIT.none LIMIT.other
    | ratio 10000 max | CS | Time limited by something else
sizeChanges | ov | total qualityLimitationResolutionChanges | - 1 max | CS
    | Changes of the picture's size for these reasons
psnr | ov | mean psnrSum.y / psnrMeasurements | dB 100 min | C
    | Likeness to the source (PSNR), brightness
psnrU | ov | mean psnrSum.u / psnrMeasurements | dB 100 min | C | The same, blue
psnrV | ov | mean psnrSum.v / psnrMeasurements | dB 100 min | C | The same, red
sendAudio | pc | gauge sendAudio | bit/s 1 min | CFSa | Bitrates of outbound audio, summed
sendVideo | pc | gauge sendVideo | bit/s 1 min | CFSa | Bitrates of outbound video, summed
receiveAudio | pc | gauge receiveAudio | bit/s 1 min | CFS | Bitrates of inbound audio, summed
receiveVideo | pc | gauge receiveVideo | bit/s 1 min | CFS | Bitrates of inbound video, summed
lossIn | pc | share lostIn / expectedIn | ratio 10000 max | CFSa | Loss in, pooled over streams
lossOut | pc | share lostOut / expectedOut | ratio 10000 max | CFSa | Loss out, pooled over streams
rttIce | pc | gauge pair.currentRoundTripTime | s 10000 max | CFS
    | Round trip of the newest ICE check
rttIceMean | pc | mean totalRoundTripTime / responsesReceived | s 10000 max | CFS
    | Round trip of ICE checks, mean over the interval
rttRtcp | pc | gauge rttRtcp | s 10000 max | CFSa | Round trip by RTCP, the worst fresh report
reportAge | pc | gauge reportAge | s 1000 max | CFSa | Age of its newest RTCP report
availableOut | pc | gauge pair.availableOutgoingBitrate | bit/s 1 min | CS | Bandwidth estimate, out
availableIn | pc | gauge pair.availableIncomingBitrate | bit/s 1 min | S | Bandwidth estimate, in
packetsOut | pc | rate packetsSent | 1/s 100 - | CSa | Packets sent on the pairs in use
packetsIn | pc | rate packetsReceived | 1/s 100 - | CSa | Packets received on the pairs in use
unsent | pc | rate packetsDiscardedOnSend | 1/s 100 max | CS | Packets thrown away before sending
dataOut | pc | rate 8*channelBytesSent | bit/s 1 - | CFS | Data channels, out
dataIn | pc | rate 8*channelBytesReceived | bit/s 1 - | CFS | Data channels, in
messagesOut | pc | rate messagesSent | 1/s 100 - | CFS | Messages of data channels, out
messagesIn | pc | rate messagesReceived | 1/s 100 - | CFS | Messages of data channels, in
pairSwitches | pc | gauge pairSwitches | - 1 max | CFSa | Times that another pair came into use
"""

KINDS = {"ia": "inboundaudio", "iv": "inboundvideo", "oa": "outboundaudio", "ov": "outboundvideo"}
ALL = "ia iv oa ov"
LIMIT = "qualityLimitationDurations"

# What `sample.between` counts under names of ours, in which scale.
OURS = {
    "buffer": fields.MICRO,
    "frozen": fields.MICRO,
    "sourceAudioEnergy": fields.MICRO,
    "sourceDuration": fields.MICRO,
    "playoutDuration": fields.MICRO,
}


def _scales() -> "dict[str, int]":
    table = dict(OURS)
    for type_name in fields.ORDER:
        table.update({field[0]: field[2] for field in fields.FIELDS[type_name]})
    table["reportAge"] = fields.MICRO
    table["rttRtcp"] = fields.TENTH_MS
    return table


SCALES = _scales()


def _lines() -> "list[str]":
    return TABLE.replace("\n    ", " ").replace("LIMIT.", LIMIT + ".").strip().split("\n")


def _split(lines: "list[str]") -> "list[list[str]]":
    return [[part.strip() for part in line.split("|")] for line in lines]


def rows() -> "list[list[str]]":
    """The table's rows, each [name, streams, formula, unit scale worse, told by, title]; a name
    still has its star."""
    return _split(_lines())


def _parts(names: "str") -> "tuple[Any, Any]":
    """What to add up: ([(name, factor, needed), ...], [name that must be above 0, ...])."""
    out = []
    needed = []
    for word in names.split(" "):
        if word.endswith("!"):
            needed.append(word[:-1])
        elif word:
            must = word[0] != "?"
            word = word.lstrip("?")
            factor = -1 if word[0] == "-" else 1
            word = word.lstrip("-")
            if word.startswith("8*"):
                factor *= 8
                word = word[2:]
            out.append((word, factor, must))
    return out, needed


def _compile(table: "list[list[str]]") -> "tuple[Tables, Units]":
    """Rows as the evaluator needs them, by direction and kind (or "pc"): (name, how, what to add up
    above, below, multiplier, divisor, what must be above 0, scale); and the units by name."""
    tables: "Tables" = {}
    units = {}
    for starred, streams, formula, unit_, _told_by, _title in table:
        name = starred.rstrip("*")
        how, names_ = formula.split(" ", 1)
        above, _, below = names_.partition(" / ")
        tops, needed = _parts(above)
        bottoms, _none = _parts(below)
        base, steps, worse = unit_.split(" ")
        scale = int(steps)
        units[name] = (scale, base.replace("-", ""), worse.replace("-", ""))
        down = SCALES.get(tops[0][0].split(".")[-1] if how == GAUGE else tops[0][0], 1)
        up = scale * (SCALES.get(bottoms[0][0], 1) if bottoms else 1)
        row = (name, how, tops, bottoms, up, down, needed, scale)
        for sort in (ALL if streams == "all" else streams).split(" "):
            tables.setdefault(KINDS.get(sort, sort), []).append(row)
    return tables, units


def _names(tables: "Tables") -> "dict[str, tuple[str, ...]]":
    return {sort: tuple([row[0] for row in tables[sort]]) for sort in tables}


# Of the series at once; the whole table takes a small engine long to read, and waits for its use.
SERIES = _compile(_split([line for line in _lines() if "*" in line.split("|")[0]]))[0]
SERIES_NAMES = _names(SERIES)
_whole: "list[Any]" = []


def _all() -> "Any":
    if not _whole:
        tables, units = _compile(rows())
        _whole.extend([tables, units, _names(tables)])
    return _whole


def table(sort: "str") -> "list[Any]":
    """The rows of these streams ("inboundaudio", ...) or of connections ("pc"), compiled."""
    out: "list[Any]" = _all()[0][sort]
    return out


def names(sort: "str") -> "tuple[str, ...]":
    """The names of their metrics, in the order of the table."""
    out: "tuple[str, ...]" = _all()[2][sort]
    return out


def unit(name: "str") -> "tuple[int, str, str] | None":
    """(steps of the integer per base unit, base unit, harmful side) of a metric, or None."""
    out: "tuple[int, str, str] | None" = _all()[1].get(name)
    return out
