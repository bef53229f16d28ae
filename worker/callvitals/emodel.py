"""The E-model of ITU-T G.107 (06/2015): how good speech is, from loss, delay and codec.

R = 93.2 - Id - Ie,eff with all other parameters at their defaults, then R -> MOS (annex B). Only
+ - * / on doubles, which every runtime does alike: Id, whose formula needs logarithms and roots, is
kept as points with straight lines between them (at most 0.1 from the formula; a test computes it).

Constants carry their source; "ours" marks those that are our own judgement.
"""

from math import floor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

R_MAX = 93.2  # G.107 table 2: R with all defaults
LOSS_SCALE = 95.0  # G.107 equation 7-29, of Ie,eff

# Id of G.107 (7-18 to 7-28; echo at its defaults TELR 65 dB, WEPL 110 dB; T = Ta = Tr / 2), less
# its value without delay, which R_MAX has in it already: (one-way ms, 0.01 R), rising.
ID = (
    (0, 0),
    (50, 145),
    (150, 367),
    (170, 463),
    (190, 631),
    (215, 927),
    (285, 1867),
    (330, 2403),
    (375, 2867),
    (425, 3306),
    (480, 3711),
    (540, 4074),
    (605, 4395),
    (685, 4706),
    (775, 4976),
    (885, 5222),
    (1025, 5448),
    (1205, 5649),
    (1455, 5834),
    (1815, 6003),
    (2380, 6167),
    (3365, 6343),
    (5505, 6597),
    (10000, 7040),
)

# Codecs: name -> (Ie, Bpl, Bpl with in-band FEC), all in 0.1.
# G.711 with concealment, G.723.1 and G.729A: G.113 (11/2007), appendix I. G.722 and Opus are
# wideband: on G.107's scale, whose best is G.711, they lose nothing (ours). Opus predicts across
# packets as GSM-EFR does, whose Bpl is 10.0 (G.113); 20 with its FEC, as rtcscore takes it. RED
# repeats whole packets: 90, as rtcscore-go takes it.
OPUS = (0, 100, 200)
CODECS = {
    "opus": OPUS,
    "red": OPUS,
    "pcmu": (0, 251, 251),
    "pcma": (0, 251, 251),
    "g722": (0, 251, 251),
    "g723": (150, 161, 161),
    "g729": (110, 190, 190),
}
BPL_RED = 900

# Bpl of samples that the receiver made up: what no repair restored. Ours: near G.711's 25.1, which
# is for packets of 10 ms, where the usual ones have 20.
BPL_CONCEALED = 20.0

# Opus at a low bitrate: (bit/s it was told to use, Ie in 0.1). The values of the codecs of G.113
# table I.1 that have such a rate, G.723.1 (15), G.729 (10), GSM-EFR (5); from 16 kbit/s on Opus is
# wideband (ours). Only the encoder's target says so: a low rate on the wire is silence, DTX or a
# steady tone as well, and costs nothing. DTX itself costs nothing (G.113 gives G.729A and G.723.1
# the same Ie with and without).
OPUS_RATES = ((6300, 150), (8000, 100), (12200, 50), (16000, 0))


def line(points: "tuple[tuple[int, int], ...]", x: "float") -> "float":
    """The value at x of straight lines between points (x rising); level beyond both ends."""
    if x <= points[0][0]:
        return float(points[0][1])
    for index in range(1, len(points)):
        right = points[index]
        if x <= right[0]:
            left = points[index - 1]
            return left[1] + (right[1] - left[1]) * (x - left[0]) / (right[0] - left[0])
    return float(points[-1][1])


def mos(r: "float") -> "float":
    """G.107 annex B: R -> MOS, 1.0 to 4.5. Below R 6.5 the cubic would fall under 1, and rise."""
    if r < 6.5:
        return 1.0
    if r > 100.0:
        return 4.5
    return max(1.0, 1.0 + 0.035 * r + 0.000007 * r * (r - 60.0) * (100.0 - r))


def by_delay(ms: "float") -> "float":
    """Id of a one-way delay from mouth to ear (ms)."""
    return line(ID, ms) / 100.0


def by_loss(ratio: "float", ie: "float", bpl: "float") -> "float":
    """Ie,eff of G.107 (7-29) for random loss (BurstR 1). ratio: 0 to 1; ie and bpl in R."""
    percent = 100.0 * ratio
    return ie + (LOSS_SCALE - ie) * percent / (percent + bpl)


def codec(stream: "dict[str, Any]") -> "tuple[int, int]":
    """(Ie, Bpl), 0.1, of an audio stream.

    stream: codec, fec, red, and for outbound ones targetBitrate (bit/s), as far as told.
    """
    name = stream.get("codec", "opus").lower()
    ie, plain, with_fec = CODECS.get(name, OPUS)
    if name in ("opus", "red") and stream.get("targetBitrate"):
        ie = floor(line(OPUS_RATES, stream["targetBitrate"]) + 0.5)
    if stream.get("red") or name == "red":
        return ie, BPL_RED
    return ie, with_fec if stream.get("fec") else plain
