"""Published scores of sound over WebRTC, from their formulas: for docs/scores.md and its tests.

All take loss (a share, 0 to 1), rtt and jitter (ms) and give a MOS-like number as the original
would, range and all. Where a formula wants the jitter buffer's delay, it is given the same number
as jitter. Sources stand at each; "as published" means with its faults.
"""

from collections.abc import Callable
from math import exp, log, log2, log10, sqrt

Scorer = Callable[[float, float, float], float]


def cubic(r: float) -> float:
    """R -> MOS of G.107 annex B without its limits, as most of them use it."""
    return 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r)


# ---------------------------------------------------------------------------------------------
# ITU-T G.107 (06/2015), all parameters but T, Ta and Tr at their defaults

_NO = -61.17921438624169  # power addition of the noise sources (7-3), from the defaults of table 3
_RO = 15 - 1.5 * (8 + _NO)  # (7-2)
_IS = 1.4135680813438616  # simultaneous impairment (7-8), from the defaults of table 3


def g107_id(ms: float) -> float:
    """Id (7-18): talker echo, listener echo and delay, for a one-way delay of ms."""
    rle = 10.5 * (110 + 7) * (2 * ms + 1) ** -0.25  # (7-26)
    idle = (_RO - rle) / 2 + sqrt((_RO - rle) ** 2 / 4 + 169)  # (7-25)
    terv = 65 - 40 * log10((1 + ms / 10) / (1 + ms / 150)) + 6 * exp(-0.3 * ms * ms)  # (7-22)
    roe = -1.5 * (_NO - 2)  # (7-20)
    re = 80 + 2.5 * (terv - 14)  # (7-21)
    idte = 0.0
    if ms >= 1:
        idte = ((roe - re) / 2 + sqrt((roe - re) ** 2 / 4 + 100) - 1) * (1 - exp(-ms))  # (7-19)
    idd = 0.0
    if ms > 100:
        x = log2(ms / 100)  # (7-28)
        idd = 25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)  # (7-27)
    return idte + idle + idd


G107_R = _RO - _IS - g107_id(0)


# ---------------------------------------------------------------------------------------------
# others


def twilio(loss: float, rtt: float, jitter: float) -> float:
    """twilio-voice.js, lib/twilio/rtc/mos.ts."""
    effective = rtt + 2 * jitter + 10
    if effective < 160:
        r = 94.768 - effective / 40
    elif effective < 1000:
        r = 94.768 - (effective - 120) / 10
    else:
        r = 0.0
    percent = 100 * loss
    r = max(r - 2.5 * percent, 6.52) if percent <= r / 2.5 else 0.0
    return cubic(r)


BITRATE = 32_000  # bit/s, where a formula asks: what Chromium gives Opus


def _rtcscore(percent: float, bpl: float, rtt: float, buffer: float, fixed: bool) -> float:
    delay = 20 + buffer + rtt / 2
    ie = min(30.0, max(0.0, 55 - 4.6 * log(BITRATE)))
    by_loss = ie + (100 - ie) * percent / (percent + bpl)
    by_delay = 0.03 * delay
    if delay > 150:
        by_delay += 0.1 * (delay - 150) if fixed else 0.1 * delay - 150
    r = min(100.0, max(0.0, 100 - by_loss - by_delay))
    return min(5.0, max(1.0, cubic(r)))


def rtcscore(loss: float, rtt: float, jitter: float) -> float:
    """ggarber/rtcscore as first published: `0.1 * delay - 150` beyond 150 ms."""
    return _rtcscore(100 * loss, 20, rtt, jitter, False)


def rtcscore_fixed(loss: float, rtt: float, jitter: float) -> float:
    """ggarber/rtcscore since issue 3: `0.1 * (delay - 150)`."""
    return _rtcscore(100 * loss, 20, rtt, jitter, True)


def peermetrics(loss: float, rtt: float, jitter: float) -> float:
    """peermetrics/api, compute_emos: loss as a share where the formula wants percent; no FEC."""
    return _rtcscore(loss, 10, rtt, jitter, True)


def issue_detector(loss: float, rtt: float, jitter: float) -> float:
    """VLprojects/webrtc-issue-detector, NetworkScoresCalculator: R is not limited."""
    effective = rtt + 2 * jitter + 10
    r = 93.2 - effective / 40 if effective < 160 else 93.2 - (effective - 120) / 10
    return min(5.0, max(0.0, cubic(r - 2.5 * 100 * loss)))


def opentok(loss: float, rtt: float, jitter: float) -> float:
    """Vonage's network test, subscriberMOS: a constant delay of 180 ms, whatever was measured."""
    delay = 150.0 + 30.0
    idd = 0.024 * delay + (0.11 * (delay - 177.3) if delay > 177.3 else 0.0)
    return cubic(93.2 - idd - 19.8 * log(1 + 29.7 * loss))


def webrtcmetrics(loss: float, rtt: float, jitter: float) -> float:
    """webrtcmetrics, score.js: the full-band E-model (G.107.2), its R of 148 brought to 100."""
    percent = 100 * loss
    equipment = 10.2 + (132 - 10.2) * percent / (percent + 9.6)
    ta = rtt / 2 + jitter + 20
    idd = 0.0
    if ta > 100:
        x = log2(ta / 100)
        idd = 1.48 * 25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)
    r = min(100.0, max(0.0, (148 - idd - equipment) / 1.48))
    return max(1.0, cubic(r))


def cqd(loss: float, rtt: float, jitter: float) -> str:
    """Microsoft's call quality dashboard, audio stream classification: "good" or "poor"."""
    return "poor" if rtt > 500 or loss > 0.1 or jitter > 30 else "good"


SCORERS: dict[str, Scorer] = {
    "Twilio": twilio,
    "rtcscore as published": rtcscore,
    "rtcscore fixed": rtcscore_fixed,
    "peermetrics": peermetrics,
    "webrtc-issue-detector": issue_detector,
    "OpenTok": opentok,
    "webrtcmetrics": webrtcmetrics,
}
