"""What was measured over the last ten seconds -> a score of 1.0 to 5.0 with its reasons.

Audio: the E-model of ITU-T G.107, R = 93.2 - Id - Ie,eff. Video: a documented subtraction (ours).
A session scores as its worst part. All arithmetic is + - * / and floor on doubles, which every
runtime does alike; results are integers of 0.01. More loss, delay or jitter never raises a score,
and since all input is sums over the window, the polling period does not matter.

Constants carry their source; "ours" marks those that are our own judgement.
"""

from math import floor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WINDOW_MS = 10000  # ours: short enough to follow a call, long enough to be calm

# Ratings: lowest score (0.01) of each. Public.
GOOD = 400
FAIR = 310

R_MAX = 93.2  # G.107 (06/2015) table 2: R with all defaults
LOSS_SCALE = 95.0  # G.107 equation 7-29: Ie,eff = Ie + (95 - Ie) Ppl / (Ppl/BurstR + Bpl)
# Opus is not in G.113; the values are ours: 20 with FEC and 10 without, as rtcscore takes them,
# beside G.711 with concealment (Ie 0, Bpl 25.1 in G.113 appendix I).
IE = 0.0
BPL_FEC = 20.0
BPL_PLAIN = 10.0
CODEC_MS = 26.5  # ours: 20 ms packet + 6.5 ms look-ahead of Opus (RFC 6716, section 2)
SENDER_MS = 40.0  # ours: the far end's jitter buffer at rest, which no report tells us

# Video, all ours (points of score):
VIDEO_MAX = 4.5
FREEZE_COST = 7.0  # per share of time frozen: 10 % costs 0.7
LOSS_COST = 8.0  # per share lost before repair: 5 % costs 0.4; repaired loss shows in freezes
LOSS_MOST = 2.0
FPS_FULL = 8.0  # frames per second below which motion suffers (slides stay above in effect)
FPS_COST = 1.0  # at no frame at all
DELAY_FREE_MS = 250.0
DELAY_COST = 0.0015  # per ms above


def mos(r: "float") -> "float":
    """G.107 annex B: R -> MOS, 1.0 to 4.5. Below R 6.5 the cubic would fall under 1, and rise."""
    if r < 6.5:
        return 1.0
    if r > 100.0:
        return 4.5
    return max(1.0, 1.0 + 0.035 * r + 0.000007 * r * (r - 60.0) * (100.0 - r))


def delay_impairment(ms: "float") -> "float":
    """Id for a one-way delay: Cole and Rosenbluth (2001), their fit of G.107."""
    impairment = 0.024 * ms
    if ms > 177.3:
        impairment += 0.11 * (ms - 177.3)
    return impairment


def loss_impairment(percent: "float", fec: "bool") -> "float":
    """Ie,eff of G.107 for random loss (BurstR 1)."""
    bpl = BPL_FEC if fec else BPL_PLAIN
    return IE + (LOSS_SCALE - IE) * percent / (percent + bpl)


def rating(score: "int | None") -> "str":
    """The public table: good, fair, poor; unknown without a score."""
    if score is None:
        return "unknown"
    if score >= GOOD:
        return "good"
    return "fair" if score >= FAIR else "poor"


def _points(value: "float") -> "int":
    return floor(value * 100.0 + 0.5)


def _ratio(part: "int", whole: "int") -> "float":
    return part / whole if whole > 0 else 0.0


def _with_outage(ratio: "float", sums: "dict[str, int]") -> "float":
    """Loss including the time in which nothing came through at all (`dead` of `ms`)."""
    dead = min(1.0, _ratio(sums["dead"], sums["ms"]))
    return 1.0 - (1.0 - min(1.0, ratio)) * (1.0 - dead)


def _speech(ratio: "float", delay_ms: "float", fec: "bool") -> "tuple[int, int, int]":
    """(score, points lost by loss, points lost by delay), 0.01."""
    by_loss = loss_impairment(100.0 * ratio, fec)
    by_delay = delay_impairment(delay_ms)
    score = _points(mos(R_MAX - by_delay - by_loss))
    gone = _points(mos(R_MAX)) - score
    # Shared out by impairment: the cubic itself cannot be split.
    loss_points = 0
    if by_loss + by_delay > 0.0:
        loss_points = floor(gone * by_loss / (by_loss + by_delay) + 0.5)
    return score, loss_points, gone - loss_points


def audio_in(sums: "dict[str, int]") -> "tuple[int, dict[str, int]]":
    """What we hear. sums: see `session`'s window."""
    lost = _ratio(sums["audioLost"], sums["audioExpected"])
    concealed = _ratio(sums["concealed"], sums["samples"])
    heard = max(lost, concealed)  # a late packet is lost to the ear, and only concealment shows it
    jitter_ms = sums["jitter"] / 10.0
    buffer_ms = _ratio(sums["buffer"], sums["emitted"] * 1000)
    delay = sums["rtt"] / 20.0 + max(buffer_ms, 2.0 * jitter_ms) + CODEC_MS
    score, by_loss, by_delay = _speech(_with_outage(heard, sums), delay, sums["fec"] > 0)
    return score, {"loss" if lost >= concealed else "concealment": by_loss, "delay": by_delay}


def audio_out(sums: "dict[str, int]") -> "tuple[int, dict[str, int]]":
    """What the others hear of us, as their receiver reports tell it."""
    lost = _ratio(sums["audioOutLost"], sums["audioOutExpected"])
    jitter_ms = sums["jitterOut"] / 10.0
    delay = sums["rtt"] / 20.0 + max(SENDER_MS, 2.0 * jitter_ms) + CODEC_MS
    score, by_loss, by_delay = _speech(_with_outage(lost, sums), delay, sums["fecOut"] > 0)
    return score, {"lossOut": by_loss, "delay": by_delay}


def _video(costs: "dict[str, float]") -> "tuple[int, dict[str, int]]":
    score = VIDEO_MAX
    for name in sorted(costs):
        score -= costs[name]
    return max(100, _points(score)), {name: _points(costs[name]) for name in costs}


def _loss_cost(ratio: "float") -> "float":
    return min(LOSS_MOST, LOSS_COST * ratio)


def _delay_cost(delay_ms: "float") -> "float":
    return DELAY_COST * max(0.0, delay_ms - DELAY_FREE_MS)


def video_in(sums: "dict[str, int]") -> "tuple[int, dict[str, int]]":
    """What we see: freezes, frame rate, loss, delay; pooled over the videos that play."""
    fps = sums["frames"] * 1000000.0 / sums["videoUs"]
    frozen = min(1.0, _ratio(sums["frozen"], sums["videoUs"]))
    buffer_ms = _ratio(sums["videoBuffer"], sums["videoEmitted"] * 1000)
    jitter_ms = sums["videoJitter"] / 10.0
    return _video(
        {
            "frozen": FREEZE_COST * _with_outage(frozen, sums),
            "frameRate": FPS_COST * max(0.0, FPS_FULL - fps) / FPS_FULL,
            "loss": _loss_cost(_ratio(sums["videoLost"], sums["videoExpected"])),
            "delay": _delay_cost(sums["rtt"] / 20.0 + max(buffer_ms, 2.0 * jitter_ms)),
        }
    )


def video_out(sums: "dict[str, int]") -> "tuple[int, dict[str, int]]":
    """What the others see of us, as far as receiver reports tell it."""
    lost = _ratio(sums["videoOutLost"], sums["videoOutExpected"])
    return _video(
        {
            "lossOut": _loss_cost(_with_outage(lost, sums)),
            "delay": _delay_cost(sums["rtt"] / 20.0 + SENDER_MS),
        }
    )


# (what must have happened in the window, the part)
PARTS = (
    ("audioUs", audio_in),
    ("audioOutExpected", audio_out),
    ("videoUs", video_in),
    ("videoOutExpected", video_out),
)


def score(sums: "dict[str, int]") -> "tuple[int | None, dict[str, int]]":
    """(the session's score in 0.01, points lost by cause in its worst part); None without media.

    sums: measure.SUMS added up over the window.
    """
    sums = dict(sums)
    for name in ("rtt", "jitter", "jitterOut", "videoJitter"):  # means, weighted
        sums[name] = sums[name + "Sum"] // sums[name + "Weight"] if sums[name + "Weight"] > 0 else 0
    worst: "Any" = None
    reasons: "dict[str, int]" = {}
    for needed, part in PARTS:
        if sums[needed] > 0:
            value, why = part(sums)
            if worst is None or value < worst:
                worst = value
                reasons = why
    return worst, {name: reasons[name] for name in reasons if reasons[name] > 0}
