"""The chart of docs/scores.md: each score over loss and over round trip, beside ours. SVG, no font
but the reader's, and one file per theme."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scorers import Scorer


@dataclass(frozen=True)
class Theme:
    text: str
    quiet: str
    paper: str
    panel: str
    line: str
    ours: str
    theirs: str
    wrong: str
    good: str
    fair: str
    poor: str


THEMES = {
    "light": Theme(
        text="#1c2430", quiet="#5b6675", paper="#ffffff", panel="#f6f8fa", line="#d5dbe3",
        ours="#8fa3b8", theirs="#1f5fbf", wrong="#d1242f",
        good="#e3f4ea", fair="#fdf3d8", poor="#fde4e1",
    ),
    "dark": Theme(
        text="#e6edf3", quiet="#9aa7b5", paper="#0d1117", panel="#151b23", line="#2e3743",
        ours="#6f8296", theirs="#6cb0ff", wrong="#ff6b61",
        good="#12291e", fair="#2e2712", poor="#351b1b",
    ),
}  # fmt: skip

WIDTH, LEFT, TOP = 1160, 44, 96
PANEL_W, PANEL_H, GAP, ROW_GAP = 146, 150, 12, 72
LOW, HIGH = 1.0, 5.0


@dataclass(frozen=True)
class Row:
    title: str
    to: float
    step: float
    ticks: Sequence[tuple[float, str]]
    at: Callable[[Scorer, float, float], float]


ROWS = (
    Row(
        "packets lost, at a round trip of 50 ms", 0.7, 0.005,
        ((0, "0"), (0.2, "20 %"), (0.4, "40 %"), (0.6, "60 %")),
        lambda one, x, jitter: one(x, 50, jitter),
    ),
    Row(
        "round trip, without loss", 3000, 20,
        ((0, "0"), (1000, "1 s"), (2000, "2 s"), (3000, "3 s")),
        lambda one, x, jitter: one(0, x, jitter),
    ),
)  # fmt: skip


def _y(top: float, value: float) -> float:
    return top + PANEL_H * (HIGH - min(HIGH, max(LOW, value))) / (HIGH - LOW)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _text(x: float, y: float, said: str, theme: Theme, **more: str) -> str:
    look = {"fill": theme.quiet, "font-size": "11"} | {
        name.replace("_", "-"): value for name, value in more.items()
    }
    return f'<text x="{x:.1f}" y="{y:.1f}"' + _attributes(look) + f">{said}</text>\n"


def _attributes(look: dict[str, str]) -> str:
    return "".join(f' {name}="{value}"' for name, value in look.items())


def _curve(one: Scorer, row: Row, jitter: float) -> list[tuple[float, float]]:
    count = round(row.to / row.step)
    return [(i * row.step, row.at(one, i * row.step, jitter)) for i in range(count + 1)]


def _panel(one: Scorer, us: Scorer, row: Row, left: float, top: float, theme: Theme,
           jitter: float) -> str:  # fmt: skip
    out = []
    for low, high, paint in (
        (4.0, HIGH, theme.good),
        (3.1, 4.0, theme.fair),
        (LOW, 3.1, theme.poor),
    ):
        out.append(
            f'<rect x="{left:.1f}" y="{_y(top, high):.1f}" width="{PANEL_W}" '
            f'height="{_y(top, low) - _y(top, high):.1f}" fill="{paint}"/>\n'
        )
    for x, said in row.ticks:
        at = left + PANEL_W * x / row.to
        end = {"text_anchor": "start" if x == 0 else "end" if x == row.to else "middle"}
        out.append(_text(at, top + PANEL_H + 15, said, theme, **end))
        out.append(
            f'<path d="M{at:.1f} {top + PANEL_H:.1f}v4" stroke="{theme.line}" fill="none"/>\n'
        )

    def line(points: Sequence[tuple[float, float]], paint: str, wide: float, dash: str = "") -> str:
        spots = [(left + PANEL_W * x / row.to, _y(top, value)) for x, value in points]
        look = {"d": _path(spots), "fill": "none", "stroke": paint, "stroke-width": f"{wide:g}"}
        look |= {"stroke-linejoin": "round", "stroke-linecap": "round"}
        return "<path" + _attributes(look | ({"stroke-dasharray": dash} if dash else {})) + "/>\n"

    mine = _curve(us, row, jitter)
    theirs = _curve(one, row, jitter)
    if one is us:
        out.append(line(mine, theme.theirs, 3))
        return "".join(out)
    out.append(line(mine, theme.ours, 1.6, "3 3"))
    out.append(line(theirs, theme.theirs, 2.4))
    # Where the score is better than it was with less trouble.
    lowest = theirs[0]
    run: list[tuple[float, float]] = []
    for spot in theirs[1:]:
        if spot[1] > lowest[1] + 0.005:
            run = run or [lowest]
            run.append(spot)
        elif run:
            out.append(line(run, theme.wrong, 3.2))
            run = []
        if spot[1] <= lowest[1]:
            lowest = spot
    if run:
        out.append(line(run, theme.wrong, 3.2))
    return "".join(out)


def chart(scorers: dict[str, Scorer], theme_name: str, jitter: float) -> str:
    """The chart as SVG. scorers: ours first; theme_name: light or dark."""
    theme = THEMES[theme_name]
    us = next(iter(scorers.values()))
    shown = {name: one for name, one in scorers.items() if name != "webrtcmetrics"}
    height = TOP + 2 * PANEL_H + ROW_GAP + 74
    label = "Published call scores over packet loss and over round trip, beside callvitals"
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{label}" font-family="system-ui, -apple-system, Segoe UI, sans-serif">\n',
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="{theme.paper}"/>\n',
        _text(LEFT, 30, "More trouble, better score?", theme, fill=theme.text,
              font_size="18", font_weight="600"),
        _text(LEFT, 50, "Speech scored 1 to 5 by each published formula. Red: better than with "
              "less trouble. Dashed: callvitals.", theme, font_size="12.5"),
    ]  # fmt: skip
    for at, row in enumerate(ROWS):
        top = TOP + at * (PANEL_H + ROW_GAP)
        out += [
            _text(LEFT - 8, _y(top, value) + 4, str(value), theme, text_anchor="end")
            for value in (1, 2, 3, 4, 5)
        ]
        for index, (name, one) in enumerate(shown.items()):
            left = LEFT + index * (PANEL_W + GAP)
            if at == 0:
                weight = "700" if one is us else "600"
                out.append(_text(left, top - 9, name, theme, fill=theme.text,
                                 font_size="11.5", font_weight=weight))  # fmt: skip
            out.append(_panel(one, us, row, left, top, theme, jitter))
        out.append(_text(LEFT, top + PANEL_H + 34, f"→ {row.title}", theme, font_size="12.5",
                         fill=theme.text))  # fmt: skip
    foot = (
        f"Jitter and jitter buffer {jitter:g} ms. Bands: good from 4.0, fair from 3.1, poor below."
    )
    out.append(_text(LEFT, height - 14, foot, theme))
    out.append("</svg>\n")
    return "".join(out)
