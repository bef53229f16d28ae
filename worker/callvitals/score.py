"""What was measured over the last ten seconds -> a score of 1.0 to 5.0 with its reasons.

Sound is scored by the E-model of ITU-T G.107 (`emodel`), pictures by a stated subtraction
(`score_video`), both for what comes and what goes; a session scores as its worst part. The network
has a score of its own beside them. docs/scores.md argues it all and compares it with others.

More loss, delay or jitter never raises a score, and since all input is sums over the window
(`tally`), the polling period does not matter. All arithmetic is + - * / sqrt and floor on doubles,
which every runtime does alike; results are integers of 0.01. "Ours" marks our own judgement.
"""

from math import floor

from . import emodel, score_video

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Part = dict[str, int]

# Ratings: lowest score (0.01) of each. Public.
GOOD = 400
FAIR = 310

CODEC_MS = 26.5  # 20 ms packet (RFC 7587) + 6.5 ms look-ahead of Opus (RFC 6716, section 2)
REST_MS = score_video.REST_MS  # ours: the far end's jitter buffer, which no report tells us

# Network, ours, so that the line between fair and poor lies where Microsoft's call quality
# dashboard calls a stream poor: 10 % lost, 500 ms round trip. Before repair, whatever the media
# make of it.
NETWORK_MAX = 4.5
NETWORK_LOSS = 14.0  # per share lost, each direction
NETWORK_RTT_FREE_MS = 150.0
NETWORK_RTT = 1.4 / 350.0  # per ms above
NETWORK_JITTER_FREE_MS = 30.0  # beyond it CQD calls a stream poor; buffers take it, at a price
NETWORK_JITTER = 0.01  # per ms above

_MEANS = ("rtt", "jitter", "jitterOut", "videoJitter")


def rating(score: "int | None") -> "str":
    """The public table: good, fair, poor; unknown without a score."""
    if score is None:
        return "unknown"
    if score >= GOOD:
        return "good"
    return "fair" if score >= FAIR else "poor"


def _points(value: "float") -> "int":
    return floor(value * 100.0 + 0.5)


def _part(best: "float", value: "float", costs: "list[tuple[str, float]]") -> "Part":
    """{"score": 0.01, cause: points lost by it, ...}: what is missing, shared out by cost. Adds up.

    Shared out, because the cubic of G.107 and the floor at 1.0 cannot be split.
    """
    score = max(100, _points(value))
    gone = _points(best) - score
    whole = 0.0
    for _cause, cost in costs:
        whole += cost
    out = {"score": score}
    so_far = 0.0
    told = 0
    for cause, cost in costs:
        so_far += cost
        upto = floor(gone * so_far / whole + 0.5) if whole > 0.0 else 0
        if upto > told:
            out[cause] = upto - told
            told = upto
    return out


def _speech(costs: "list[tuple[str, float]]", total_ms: "float", extra_ms: "float") -> "Part":
    """costs: impairments of R. total_ms: one-way delay; extra_ms: of it, what jitter made of the
    buffer."""
    whole = emodel.by_delay(total_ms)
    path = emodel.by_delay(total_ms - extra_ms)
    costs = costs + [("delay", path), ("jitter", whole - path)]
    r = emodel.R_MAX
    for _cause, cost in costs:
        r -= cost
    return _part(emodel.mos(emodel.R_MAX), emodel.mos(r), costs)


def audio_in(sums: "dict[str, int]") -> "Part":
    """What we hear. sums: see `tally.SUMS`, and the means.

    A packet that came too late is lost to the ear, and only concealment shows it; one that FEC or
    RED restored is not concealed. So both are weighed, and the worse counts. Where concealment is
    told, it is what says how well the codec hides loss; loss then weighs no more than it.
    """
    ms = sums["audioMs"] * 10.0
    ie, bpl, plc = sums["audioIe"] / ms, sums["audioBpl"] / ms, emodel.BPL_CONCEALED
    if sums["samples"] > 0:
        bpl = max(bpl, plc)
    lost = score_video.ratio(sums["audioLost"], sums["audioExpected"])
    concealed = score_video.ratio(sums["concealed"], sums["samples"])
    starved = min(1.0, score_video.ratio(sums["synthesized"], sums["playoutUs"]))
    by_loss = emodel.by_loss(lost, ie, bpl)
    by_ear = emodel.by_loss(concealed, ie, plc)
    heard = max(by_loss, by_ear)
    cause = "loss" if 2.0 * lost >= concealed else "concealment"
    at_play = emodel.by_loss(1.0 - (1.0 - min(1.0, concealed)) * (1.0 - starved), ie, plc)
    at_play = max(heard, at_play)
    dead = max(
        emodel.by_loss(score_video.with_outage(lost, sums), ie, bpl),
        emodel.by_loss(score_video.with_outage(concealed, sums), ie, plc),
        at_play,
    )
    costs = [("codec", ie), (cause, heard - ie), ("playout", at_play - heard)]
    costs.append(("outage", dead - at_play))
    buffer_ms = score_video.ratio(sums["buffer"], sums["emitted"] * 1000)
    buffer_ms = max(buffer_ms, 2.0 * sums["jitter"] / 10.0)
    device_ms = score_video.ratio(sums["playoutDelay"], sums["playoutSamples"] * 1000)
    total = sums["rtt"] / 20.0 + buffer_ms + device_ms + CODEC_MS
    return _speech(costs, total, max(0.0, buffer_ms - REST_MS))


def audio_out(sums: "dict[str, int]") -> "Part":
    """What the others hear of us, as their receiver reports tell it."""
    ms = sums["audioOutMs"] * 10.0
    ie, bpl = (sums["audioOutIe"] / ms, sums["audioOutBpl"] / ms) if ms > 0.0 else (0.0, 10.0)
    lost = score_video.ratio(sums["audioOutLost"], sums["audioOutExpected"])
    heard = emodel.by_loss(lost, ie, bpl)
    dead = emodel.by_loss(score_video.with_outage(lost, sums), ie, bpl)
    costs = [("codecOut", ie), ("lossOut", heard - ie), ("outage", dead - heard)]
    buffer_ms = max(REST_MS, 2.0 * sums["jitterOut"] / 10.0)
    return _speech(costs, sums["rtt"] / 20.0 + buffer_ms + CODEC_MS, buffer_ms - REST_MS)


def _less(best: "float", costs: "list[tuple[str, float]]") -> "Part":
    value = best
    for _cause, cost in costs:
        value -= cost
    return _part(best, value, costs)


def video_in(sums: "dict[str, int]") -> "Part":
    """What we see."""
    return _less(score_video.VIDEO_MAX, score_video.video_in(sums))


def video_out(sums: "dict[str, int]") -> "Part":
    """What the others see of us."""
    return _less(score_video.VIDEO_MAX, score_video.video_out(sums))


def network(sums: "dict[str, int]") -> "Part":
    """The path, whatever it carries: loss before repair both ways, round trip, jitter."""
    lost = score_video.ratio(sums["lostIn"], sums["expectedIn"])
    lost_out = score_video.ratio(sums["lostOut"], sums["expectedOut"])
    jitter_ms = max(sums["jitter"], sums["jitterOut"]) / 10.0
    costs = [
        ("loss", NETWORK_LOSS * lost),
        ("lossOut", NETWORK_LOSS * lost_out),
        ("outage", NETWORK_LOSS * (score_video.with_outage(lost, sums) - lost)),
        ("delay", NETWORK_RTT * max(0.0, sums["rtt"] / 10.0 - NETWORK_RTT_FREE_MS)),
        ("jitter", NETWORK_JITTER * max(0.0, jitter_ms - NETWORK_JITTER_FREE_MS)),
    ]
    return _less(NETWORK_MAX, costs)


# (what must have happened in the window, the part's name, the part)
PARTS = (
    ("audioMs", "audioIn", audio_in),
    ("audioOutExpected", "audioOut", audio_out),
    ("videoMs", "videoIn", video_in),
    ("shownMs", "videoOut", video_out),
    ("videoOutExpected", "videoOut", video_out),
)


def score(sums: "dict[str, int]") -> "tuple[int | None, dict[str, int], dict[str, Part]]":
    """(the session's score in 0.01, points lost by cause in its worst part, all parts by name).

    (None, {}, {}) without media. sums: `tally.total`. A part is {"score", cause: points, ...};
    the network is among the parts, and does not count for the session's score: what people hear
    and see does.
    """
    sums = dict(sums)
    for name in _MEANS:  # means, weighted
        weight = sums[name + "Weight"]
        sums[name] = sums[name + "Sum"] // weight if weight > 0 else 0
    parts: "dict[str, Part]" = {}
    worst: "Any" = None
    for needed, name, part in PARTS:
        if sums[needed] > 0 and name not in parts:
            one = part(sums)
            parts[name] = one
            if worst is None or one["score"] < worst["score"]:
                worst = one
    if worst is None:
        return None, {}, {}
    parts["network"] = network(sums)
    return worst["score"], {cause: worst[cause] for cause in worst if cause != "score"}, parts
