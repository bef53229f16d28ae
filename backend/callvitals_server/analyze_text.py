"""An analysed recording as a report for the terminal. Pure: rich draws it, in colour or not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from callvitals import fields
from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from . import recordings
from .recordings import NONE, SHAPES, clock, number

COLORS = {"good": "bright_blue", "fair": "yellow", "poor": "red", "unknown": "bright_black"}
SEVERITIES = {"major": "red", "minor": "yellow"}
BARS = "▁▂▃▄▅▆▇█"
LABEL = 16
MAX_EVENTS = 12
MOST = 64  # characters of a name that a recording gives

TAIL = 40  # characters that a row says in numbers

# Rows of a connection: (series, its name, the top of the scale at least). A row that is 0 all the
# time is left out where that is usual.
ROWS = [(name, label, top) for _, lines, top in recordings.CHARTS for name, label in lines]
USUALLY_NONE = ("concealed", "frozen")


def report(result: dict[str, Any], name: str, console: Console) -> None:
    """Print it, as wide as the console. name: the file's."""
    width = console.width
    console.print(_header(result, name))
    for line in result["missing"]:
        console.print(Text.assemble(("  Missing: ", "yellow"), plain(line)))
    for one in result["issues"]:
        console.print(_issue_line(one, result["start"]))
    for connection in result["connections"]:
        console.print()
        console.print(Group(*_connection(connection, result["start"], width)))
    if not result["connections"]:
        console.print("  There is no connection in it.")
    console.print()


def plain(text: object, most: int = 400) -> str:
    """What a recording says, without what would move the terminal's cursor."""
    said = str(text)[:most]
    return "".join(char if char.isprintable() else "�" for char in said)


def _badge(rating: str, score: float | None) -> Text:
    told = rating if score is None else f"{rating} {score:.2f}"
    return Text(f"{SHAPES[rating]} {told}", style=f"bold {COLORS[rating]}")


def _header(result: dict[str, Any], name: str) -> RenderableType:
    first = Text.assemble(
        _badge(result["rating"], result["score"]), "  ", (plain(recordings.verdict(result)), "bold")
    )
    second = Text(plain(recordings.facts(result)), style="dim")
    return Panel(
        Group(first, second),
        title=Text(plain(name, MOST)),
        title_align="left",
        border_style=COLORS[result["rating"]],
        box=box.ROUNDED,
    )


def _connection(one: dict[str, Any], start: int, width: int) -> Iterator[RenderableType]:
    yield Text.assemble(
        ("▍", COLORS[one["rating"]]),
        (plain(one["pc"], MOST), "bold"),
        "  ",
        _badge(one["rating"], one["score"]),
        no_wrap=True,
        overflow="ellipsis",
    )
    yield Text("  " + plain(recordings.about(one)), style="dim")
    yield Text("  " + plain(recordings.verdict(one)))
    yield Text()
    chart = max(10, min(100, width - LABEL - TAIL))
    for name, label, top in ROWS:
        values = one["series"]["series"].get(name, [])
        if any(values) or (name not in USUALLY_NONE and any(v is not None for v in values)):
            between = (one["start"], one["end"])
            line = _spark(name, one["series"]["t"], values, between, top, chart)
            yield Text(_label(label), no_wrap=True) + line
    if one["issues"] or one["series"]["t"]:
        yield from _timeline(one, start, chart)
    names = recordings.titles(one["streams"])
    for issue in sorted(one["issues"], key=lambda each: int(each["since"])):
        yield _issue_line(issue, start, recordings.whose(issue, names))
    for kind, helps in recordings.advice(one["issues"]).items():
        yield Text(f"  What helps with {kind}: {helps}", style="dim")
    if one["streams"]:
        yield _streams(one["streams"], names, width)
    yield from _events(one["events"], start)


def _label(name: str) -> str:
    return f"  {name:<{LABEL - 2}}"[:LABEL]


def _spark(
    name: str,
    t: Sequence[int],
    values: Sequence[float | None],
    between: tuple[int, int],
    top: float,
    width: int,
) -> Text:
    """One series as a line of bars: each the harmful end of what it stands for."""
    harmful = fields.SERIES[name][2]
    worst = min if harmful == "min" else max
    known = [value for value in values if value is not None]
    cells: list[list[float]] = [[] for _ in range(width)]
    length = max(1, between[1] - between[0])
    for at, value in zip(t, values, strict=True):
        if value is not None:
            cell = min(width - 1, max(0, (at - between[0]) * width // length))
            cells[cell].append(value)
    # Fewer values than places: a value goes on until the next one is due.
    step = max(1, math.ceil(width / max(1, len(known))))
    scale = max(top, max(known))
    low = 1.0 if name == "score" else 0.0
    line, last, age = "", None, 0
    for cell_values in cells:
        if cell_values:
            last, age = worst(cell_values), 0
        else:
            age += 1
        if last is None or age >= step + 1:
            line += " "
        else:
            share = (last - low) / (scale - low)
            line += BARS[max(0, min(7, math.ceil(share * 8) - 1))]
    mean = sorted(known)[len(known) // 2] if name == "rtt" else math.fsum(known) / len(known)
    word = "median" if name == "rtt" else "mean"
    edge = worst(known)
    told = f" {number(name, mean):>11} {word}"
    if name not in ("upload", "download"):
        told += f", {'lowest' if harmful == 'min' else 'highest'} {number(name, edge)}"
    return Text.assemble((line, _tint(name, edge)), (told, "dim"))


def _tint(name: str, edge: float) -> str:
    """Colour means trouble, nothing else."""
    if name == "score":
        return COLORS["good" if edge >= 4 else "fair" if edge >= 3.1 else "poor"]
    return "default"


def _timeline(one: dict[str, Any], start: int, width: int) -> Iterator[RenderableType]:
    length: int = max(1, one["end"] - one["start"])
    begun: int = one["start"]

    def place(t: int) -> int:
        return min(width - 1, max(0, (t - begun) * width // length))

    kinds = sorted({issue["type"] for issue in one["issues"]})
    for kind in kinds:
        line = Text(_label(plain(kind, LABEL - 3)), no_wrap=True)
        cells = [" "] * width
        styles = [""] * width
        for issue in sorted(one["issues"], key=lambda each: str(each["severity"] == "major")):
            if issue["type"] != kind:
                continue
            until = one["end"] if issue["until"] is None else issue["until"]
            for at in range(place(issue["since"]), place(until) + 1):
                cells[at] = "━" if issue["severity"] == "minor" else "█"
                styles[at] = SEVERITIES.get(issue["severity"], "")
        for char, style in zip(cells, styles, strict=True):
            line.append(char if char != " " else "·", style or "bright_black")
        yield line
    middle = clock(one["start"] - start + length / 2)
    first, last = clock(one["start"] - start), clock(one["end"] - start)
    room = width - len(first) - len(last)
    if room > len(middle) + 2:
        left = (room - len(middle)) // 2
        axis = first + " " * left + middle + " " * (room - left - len(middle)) + last
        yield Text(" " * LABEL + axis, style="bright_black", no_wrap=True)


def _issue_line(issue: dict[str, Any], start: int, whose: str = "") -> Text:
    since = clock(issue["since"] - start)
    until = "the end" if issue["open"] or issue["until"] is None else clock(issue["until"] - start)
    mark = "■" if issue["severity"] == "major" else "▲"
    return Text.assemble(
        "  ",
        (f"{mark} {plain(issue['type'], MOST)}", SEVERITIES.get(issue["severity"], "")),
        (f"  {since} to {until}  ", "dim"),
        plain(issue["sentence"]),
        (f"  {plain(whose, MOST)}" if whose else "", "dim"),
    )


def _streams(streams: list[dict[str, Any]], names: dict[str, str], width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=True, header_style="dim", padding=(0, 1, 0, 0))
    # What nobody has is not shown; then the last ones go until it fits.
    shown: list[tuple[str, Any, list[str]]] = [
        ("stream", "left", [plain(names[stream["key"]], MOST) for stream in streams])
    ]
    for title, justify, told in STREAM_COLUMNS:
        cells = [plain(told(stream), MOST) for stream in streams]
        if any(cell not in ("", NONE) for cell in cells):
            shown.append((title, justify, cells))
    while len(shown) > 2 and sum(_wide(title, cells) for title, _, cells in shown) > width - 3:
        shown.pop()
    for title, justify, _cells in shown:
        table.add_column(title, justify=justify, no_wrap=True)
    for row in zip(*(cells for _, _, cells in shown), strict=True):
        table.add_row(*(Text(cell) for cell in row))
    return table


def _wide(title: str, cells: list[str]) -> int:
    return max(len(title), *(len(cell) for cell in cells)) + 2


def _lost(stream: dict[str, Any]) -> str:
    """With what packetsLost leaves out (an outage, in Chromium's sound), as far as estimated."""
    untold = stream["metrics"].get("untold", 0)
    return f"{stream['packetsLost']:,}" + (f" (+{untold:,} est.)" if untold > 2 else "")


def _or_dash(value: Any, say: Any) -> str:
    return NONE if value is None else str(say(value))


def _freezes(stream: dict[str, Any]) -> str:
    if stream["freezeCount"] is None:
        return NONE
    frozen = stream["frozen"]
    return f"{stream['freezeCount']}" + (f" ({recordings.seconds(frozen)})" if frozen else "")


def _picture(stream: dict[str, Any]) -> str:
    if not stream.get("frameWidth"):
        return NONE
    return f"{stream['frameWidth']}x{stream.get('frameHeight', '?')}"


def _events(events: list[dict[str, Any]], start: int) -> Iterator[Text]:
    """Marks, states, devices: the newest of the page's life."""
    told = [event for event in events if not _dull(event)]
    before = ""
    for event in told[:MAX_EVENTS]:
        at = clock(event["t"] - start)
        shown = "" if at == before else at
        yield Text.assemble((f"  {shown:>7}  ", "dim"), plain(describe(event), 100))
        before = at
    if len(told) > MAX_EVENTS:
        yield Text(f"           and {len(told) - MAX_EVENTS} more events", style="dim")


def _dull(event: dict[str, Any]) -> bool:
    """Told otherwise, or of no interest to who looks at a call."""
    if event["type"] == "pc":
        states = (event.get("connectionState"), event.get("iceConnectionState"))
        return set(states) <= {None, "new"}
    return bool(event["type"] == "rating")


def describe(event: dict[str, Any]) -> str:
    """An event in a few words."""
    what = event["type"]
    if what == "mark":
        return f"mark {event.get('name', '')}"
    if what == "rate":
        return f"rated {event.get('stars', '?')} of 5"
    if what == "media":
        asked = "asked" if event.get("asked") else "granted" if event.get("ok") else ""
        return f"{event.get('what', 'media')} {asked or event.get('error', 'refused')}"
    rest = [f"{key} {event[key]}" for key in sorted(event) if key not in ("type", "t", "pc")]
    return f"{what}: {', '.join(rest)}" if what != "pc" else ", ".join(rest)


# What is told of a stream beside its name: (title, side, its words).
STREAM_COLUMNS: list[tuple[str, Any, Callable[[dict[str, Any]], str]]] = [
    ("bitrate", "right", lambda s: _or_dash(s["bitrate"], recordings.bits)),
    ("lost", "right", _lost),
    ("loss", "right", lambda s: _or_dash(s["loss"], recordings.percent)),
    ("jitter", "right", lambda s: _or_dash(s["jitter"], recordings.seconds)),
    ("rtt", "right", lambda s: _or_dash(s["rtt"], recordings.seconds)),
    ("concealed", "right", lambda s: _or_dash(s["concealed"], recordings.percent)),
    ("freezes", "right", _freezes),
    ("fps", "right", lambda s: _or_dash(s["fps"], lambda fps: f"{fps:g}")),
    ("picture", "right", _picture),
    ("codec", "left", lambda s: str(s.get("codec", ""))),
    ("ssrc", "right", lambda s: _or_dash(s["ssrc"], str)),
]
