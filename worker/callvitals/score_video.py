"""How good the pictures are that come and go: 4.5 less what each trouble costs, all ours.

There is no standard for what getStats tells of video (ITU-T P.1203 and G.1070 want to know the
content or the coder's settings), so every cost is stated here and argued in docs/scores.md. Only
+ - * / and sqrt on doubles.
"""

from math import sqrt

from . import emodel

TYPE_CHECKING = False
if TYPE_CHECKING:
    Costs = list[tuple[str, float]]

VIDEO_MAX = 4.5  # as the best MOS of G.107
FREEZE_COST = 7.0  # per share of time frozen: 10 % costs 0.7
LOSS_COST = 8.0  # per share lost before repair: 5 % costs 0.4; what repair misses shows in freezes
LOSS_MOST = 2.0
CORRUPTION_COST = 2.0  # per probability that the picture is corrupt (as ObserveRTC)
DELAY_FREE_MS = 250.0
DELAY_COST = 0.0015  # per ms above
REST_MS = 40.0  # a jitter buffer at rest; what is above is called jitter

# (frames per second, cost in 0.01). Motion looks whole from 15 on.
MOTION = ((0, 150), (5, 60), (10, 15), (15, 0))

# (place of the quantizer between the codec's two thresholds in 0.001, cost in 0.01). Between them
# is where encoders work as a rule; beyond the second they would rather send a smaller picture.
COARSE = ((0, 0), (500, 20), (1000, 80), (2000, 220))

# (bits per 10,000 pixels, cost in 0.01), where no quantizer is told: 4.5 less rtcscore's curve
# 0.56 ln(bits per pixel) + 5.36, which was fitted to a survey, at points where the bits double.
SPARSE = (
    (63, 198),
    (125, 160),
    (250, 121),
    (500, 82),
    (1000, 43),
    (2000, 4),
    (2154, 0),
)
# Few bits alone prove little: a still picture needs no more. Then what is usual (0.05 bit a pixel,
# 720p30 at 1.4 Mbit/s) is free, and the rest costs so little that it cannot take the rating `good`
# away. Where the sender is known to be limited, the whole counts.
SPARSE_FREE = 82.0
SPARSE_MOST = 30.0
SIZE_COST = 1.2  # of a picture of no size beside what the source has; half the width costs 0.6


def ratio(part: "int", whole: "int") -> "float":
    """part / whole, 0 without a whole."""
    return part / whole if whole > 0 else 0.0


def with_outage(share: "float", sums: "dict[str, int]") -> "float":
    """A share of harm including the time in which nothing came through at all (`dead` of `ms`)."""
    dead = min(1.0, ratio(sums["dead"], sums["ms"]))
    return 1.0 - (1.0 - min(1.0, share)) * (1.0 - dead)


def _delay(total_ms: "float", extra_ms: "float") -> "Costs":
    """The cost of a delay, told apart: the path's, and what the jitter buffer adds above rest."""
    whole = DELAY_COST * max(0.0, total_ms - DELAY_FREE_MS)
    path = DELAY_COST * max(0.0, total_ms - extra_ms - DELAY_FREE_MS)
    return [("delay", path), ("jitter", whole - path)]


def _loss(share: "float") -> "float":
    return min(LOSS_MOST, LOSS_COST * share)


def _coarse(sums: "dict[str, int]", way: "str", limited: "float") -> "float":
    """Cost of coarse pictures, those whose quantizer is told and those with bits alone pooled.

    limited: share of time for which the sender is known to lack bandwidth or processor.
    """
    told = sums["quantized" + way + "Frames"] * 256
    pixels = sums["pixels" + way]
    if told + pixels == 0:
        return 0.0
    by_step = emodel.line(COARSE, ratio(sums["quantized" + way] * 256, told))
    by_bits = emodel.line(SPARSE, ratio(sums["bits" + way] * 10000, pixels)) if pixels else 0.0
    alone = min(SPARSE_MOST, max(0.0, by_bits - SPARSE_FREE))
    by_bits = alone + (by_bits - alone) * limited
    return (by_step * told + by_bits * pixels) / (told + pixels) / 100.0


def video_in(sums: "dict[str, int]") -> "Costs":
    """What we see: freezes, motion, coarseness, loss, delay; pooled over the pictures shown."""
    frozen = min(1.0, ratio(sums["frozen"], sums["videoMs"]))
    costs = [("frozen", FREEZE_COST * frozen)]
    costs.append(("outage", FREEZE_COST * with_outage(frozen, sums) - costs[0][1]))
    if sums["motionMs"] > 0:
        fps = sums["motion"] * 1000.0 / sums["motionMs"]
        costs.append(("frameRate", emodel.line(MOTION, fps) / 100.0))
    costs.append(("picture", _coarse(sums, "", 0.0)))
    corrupt = ratio(sums["corrupted"], sums["corruptedCount"] * 1000000)
    costs.append(("corruption", CORRUPTION_COST * min(1.0, corrupt)))
    costs.append(("loss", _loss(ratio(sums["videoLost"], sums["videoExpected"]))))
    buffer_ms = ratio(sums["videoBuffer"], sums["videoEmitted"] * 1000)
    buffer_ms = max(buffer_ms, 2.0 * sums["videoJitter"] / 10.0)
    return costs + _delay(sums["rtt"] / 20.0 + buffer_ms, max(0.0, buffer_ms - REST_MS))


def video_out(sums: "dict[str, int]") -> "Costs":
    """What the others see of us: loss on the way, and what the sender had to leave out."""
    lost = ratio(sums["videoOutLost"], sums["videoOutExpected"])
    costs = [("lossOut", _loss(lost))]
    costs.append(("outage", _loss(with_outage(lost, sums)) - costs[0][1]))
    cpu = min(1.0, ratio(sums["cpuMs"], sums["limitMs"]))
    bandwidth = min(1.0 - cpu, ratio(sums["bandwidthMs"], sums["limitMs"]))
    limited = cpu + bandwidth
    motion = 0.0
    if sums["shownMotionMs"] > 0:
        # Only what the encoder dropped: a camera that gives few frames is not the call's fault.
        offered = sums["sourceFrames"] * 1000.0 / sums["shownMotionMs"]
        sent = sums["sentFrames"] * 1000.0 / sums["shownMotionMs"]
        motion = (emodel.line(MOTION, sent) - emodel.line(MOTION, offered)) / 100.0
    picture = _coarse(sums, "Out", limited)
    # A smaller picture than the source's counts only where the browser was limited: else the app
    # asked for it. What happened while limited is put down to the limit.
    size = SIZE_COST * (1.0 - sqrt(min(1.0, ratio(sums["sizeSent"], sums["sizeAsked"]))))
    costs.append(("cpu", cpu * (motion + picture + size)))
    costs.append(("bandwidth", bandwidth * (motion + picture + size)))
    costs.append(("frameRateOut", (1.0 - limited) * motion))
    costs.append(("pictureOut", (1.0 - limited) * picture))
    return costs + _delay(sums["rtt"] / 20.0 + REST_MS, 0.0)
