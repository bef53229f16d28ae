"""The made parts of docs/scores.md and its chart (docs/img/scores-light.svg, scores-dark.svg).

python scripts/gen-scores.py    writes the three files, and says which changed
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "worker"), str(ROOT / "scripts")]

from callvitals import emodel, issue, score, score_video, tally  # noqa: E402
from scorers import SCORERS, Scorer, cqd  # noqa: E402
from scorers_chart import chart  # noqa: E402

DOC = ROOT / "docs" / "scores.md"
CHARTS = {theme: ROOT / "docs" / "img" / f"scores-{theme}.svg" for theme in ("light", "dark")}

LOSSES = (0.0, 0.01, 0.05, 0.10, 0.20, 0.50)
TRIPS = (50, 150, 300, 500, 1000, 2000)
JITTER = 50.0  # ms, of the jitter buffer where a formula wants that
PACKETS = 100_000


def ours(loss: float, rtt: float, jitter: float) -> float:
    """What we hear of Opus with FEC whose jitter buffer holds `jitter` ms; loss a share."""
    sums = tally.blank()
    ie, bpl = emodel.codec({"codec": "opus", "fec": True})
    sums.update(ms=10_000, audioMs=10_000, audioIe=10_000 * ie, audioBpl=10_000 * bpl)
    sums.update(audioLost=round(PACKETS * loss), audioExpected=PACKETS)
    sums.update(rttSum=round(10 * rtt), rttWeight=1, emitted=1, buffer=round(1000 * jitter))
    value = score.score(sums)[2]["audioIn"]["score"]
    return value / 100


ALL: dict[str, Scorer] = {"callvitals": ours} | SCORERS


# ---------------------------------------------------------------------------------------------
# what the scan says


def rises(at: Callable[[float], float], xs: Sequence[float]) -> tuple[float, float] | None:
    """Where the score is above what it was at less trouble: (x of its start, how much in all)."""
    lowest, worst, start = at(xs[0]), 0.0, None
    for x in xs[1:]:
        value = at(x)
        if value - lowest > 0.005:  # more than half a step of 0.01
            start = x if start is None else start
            worst = max(worst, value - lowest)
        lowest = min(lowest, value)
    return None if start is None else (start, worst)


LOSS_SCAN = [part / 200 for part in range(201)]
TRIP_SCAN = [float(ms) for ms in range(0, 5001, 10)]
JITTER_SCAN = [float(ms) for ms in range(0, 1001, 5)]


def verdicts() -> list[tuple[str, str, str, str, str]]:
    """(name, in loss, in round trip, in jitter, what it does not feel) of each scorer."""
    out = []
    for name, one in ALL.items():
        scans = (
            ("{:.1f} % lost", 100, LOSS_SCAN, lambda x, one=one: one(x, 50, JITTER)),
            ("{:.0f} ms", 1, TRIP_SCAN, lambda x, one=one: one(0, x, JITTER)),
            ("{:.0f} ms", 1, JITTER_SCAN, lambda x, one=one: one(0, 50, x)),
        )
        said = []
        for text, scale, xs, at in scans:
            found = rises(at, xs)
            where = "" if found is None else text.format(found[0] * scale)
            said.append("yes" if found is None else f"**no**: +{found[1]:.2f} from {where}")
        deaf = []
        best = one(0, 50, JITTER)
        if best - one(0.5, 50, JITTER) < 0.5:
            deaf.append(f"loss: half of all packets costs {best - one(0.5, 50, JITTER):.2f}")
        if best - one(0, 800, JITTER) < 0.5:
            deaf.append("delay")
        out.append((name, said[0], said[1], said[2], ", ".join(deaf) or "none"))
    return out


# ---------------------------------------------------------------------------------------------
# the parts of the page


def rows(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def grid() -> str:
    """A table for each loss: the scorers' numbers over the round trip."""
    out = []
    for loss in LOSSES:
        body = []
        for name, one in ALL.items():
            numbers = [one(loss, rtt, JITTER) for rtt in TRIPS]
            body.append([f"**{name}**" if one is ours else name])
            for index, number in enumerate(numbers):
                # Bold: better than with less delay, or than with less loss.
                less = [numbers[:index], [one(at, TRIPS[index], JITTER) for at in LOSSES]]
                before = less[0] + less[1][: LOSSES.index(loss)]
                wrong = any(number > value + 0.005 for value in before)
                body[-1].append(f"**{number:.2f}** ⚠" if wrong else f"{number:.2f}")
        body.append(["CQD"] + [cqd(loss, rtt, 0) for rtt in TRIPS])
        head = [f"{100 * loss:.0f} % lost, round trip"] + [f"{rtt} ms" for rtt in TRIPS]
        out.append(rows(head, body))
    return "\n".join(out)


def monotone() -> str:
    head = ("", "never rises with loss", "with round trip", "with jitter", "does not feel")
    return rows(head, verdicts())


def codecs() -> str:
    body = []
    for name in sorted(emodel.CODECS):
        ie, plain, fec = (part / 10 for part in emodel.CODECS[name])
        red = name == "red"
        bpl = emodel.BPL_RED / 10 if red else plain
        body.append([name, f"{ie:g}", f"{bpl:g}", "none" if red or fec == plain else f"{fec:g}"])
    return rows(("codec", "Ie", "Bpl", "Bpl with FEC"), body)


def rates() -> str:
    body = [[f"{rate / 1000:g}", f"{ie / 10:g}"] for rate, ie in emodel.OPUS_RATES]
    return rows(("Opus told to use at most, kbit/s", "Ie"), body)


def curves() -> str:
    out = []
    for title, points, scale in (
        ("frames per second", score_video.MOTION, 1),
        ("quantizer between the codec's thresholds, %", score_video.COARSE, 10),
        ("bits per pixel", score_video.SPARSE, 10000),
    ):
        costs = ["costs"] + [f"{points_lost / 100:.2f}" for _x, points_lost in points]
        out.append(rows([title] + [f"{x / scale:g}" for x, _lost in points], [costs]))
    return "\n".join(out)


def quantizers() -> str:
    body = [
        [name, str(low), str(high), f"{tally.WORTH.get(name, 100) / 100:g}"]
        for name, (low, high) in sorted(tally.QUANTIZERS.items())
    ]
    return rows(("codec", "begins to show", "coarse", "worth of a bit"), body)


# What each cause means: where it shows (part) and what is measured.
MEANING = {
    "bandwidth": ("videoOut", "the browser held our video back for lack of upload"),
    "codec": ("audioIn", "the codec itself, at the bitrate it was told"),
    "codecOut": ("audioOut", "the same for what we send"),
    "concealment": (
        "audioIn",
        "sound made up by the receiver though packets came: too late, jolts",
    ),
    "corruption": ("videoIn", "the browser's estimate that the picture is broken"),
    "cpu": ("videoOut", "the browser held our video back for lack of processor"),
    "delay": ("all", "round trip, codec, device: the way from mouth to ear"),
    "frameRate": ("videoIn", "motion below 15 frames a second"),
    "frameRateOut": ("videoOut", "frames of the camera that were not sent, for no cause told"),
    "frozen": ("videoIn", "the picture stood still"),
    "jitter": (
        "audioIn, audioOut, videoIn, network",
        "delay that packets which come unevenly force on us, by the network or a busy device",
    ),
    "loss": ("audioIn, videoIn, network", "packets that did not come"),
    "lossOut": ("audioOut, videoOut, network", "packets of ours that did not arrive"),
    "outage": ("all", "time in which nothing came through at all"),
    "picture": ("videoIn", "coarse pictures: a high quantizer, or few bits per pixel"),
    "pictureOut": ("videoOut", "the same for what we send, for no cause told"),
    "playout": ("audioIn", "the device ran out of sound to play"),
}


def causes() -> str:
    body = [[f"`{name}`", *MEANING[name], issue.CAUSES[name]] for name in sorted(issue.CAUSES)]
    return rows(("cause", "part", "what it is", "in the sentence"), body)


PARTS = (grid, monotone, codecs, rates, curves, quantizers, causes)


def page(text: str) -> str:
    """The page with its made parts made anew."""
    for make in PARTS:
        begin, end = f"<!-- made: {make.__name__} -->\n", "<!-- end -->"
        before, found, rest = text.partition(begin)
        _old, closed, after = rest.partition(end)
        if not found or not closed:
            raise SystemExit(f"Error: docs/scores.md has no place for {make.__name__}.")
        text = before + begin + "\n" + make() + "\n" + end + after
    return text


def files() -> dict[Path, str]:
    """All that this command writes."""
    out = {DOC: page(DOC.read_text())}
    for theme, path in CHARTS.items():
        out[path] = chart(ALL, theme, JITTER)
    return out


if __name__ == "__main__":
    for path, text in files().items():
        changed = not path.exists() or path.read_text() != text
        path.write_text(text)
        print(f"{path.relative_to(ROOT)}: {'written' if changed else 'as it was'}")
