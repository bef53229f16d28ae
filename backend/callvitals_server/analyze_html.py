"""An analysed recording as one page that needs nothing else: charts, issues, streams. Pure."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from callvitals import fields

from . import __version__, recordings
from .analyze_text import STREAM_COLUMNS, describe
from .recordings import CHARTS, NONE, SHAPES, clock, number

STYLE, SCRIPT = (Path(__file__).with_name(f"analyze_page.{kind}") for kind in ("css", "js"))
POINTS = 600  # per connection, thinned by LTTB
MAX_EVENTS = 500
WIDE, HIGH = 1000, 100  # a plot's own measure

# What a connection is told in, beside its score: (title, series of `means`).
TILES = (
    ("Round trip", "rtt"),
    ("Loss in", "lossIn"),
    ("Loss out", "lossOut"),
    ("Jitter", "jitter"),
    ("Download", "download"),
    ("Upload", "upload"),
    ("Concealed", "concealed"),
    ("Frames/s in", "fpsIn"),
    ("Frames/s out", "fpsOut"),
)


def page(result: dict[str, Any], name: str) -> str:
    """The whole page. name: the file's."""
    title = f"{name} · callvitals"
    body = "".join(_body(result, name))
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{_text(title)}</title><style>{STYLE.read_text()}</style>\n<main>{body}</main>"
        f"<script>{SCRIPT.read_text()}</script></html>\n"
    )


def _text(value: object, most: int = 400) -> str:
    return html.escape(str(value)[:most])


def _body(result: dict[str, Any], name: str) -> Iterator[str]:
    rating = result["rating"]
    yield f"<h1>{_text(name)}</h1>"
    yield (
        f'<div class="panel verdict {rating}">{_score(result)}'
        f'<div><p class="sentence">{_text(recordings.verdict(result))}</p>'
        f'<p class="muted">{_text(recordings.facts(result))}</p></div></div>'
    )
    if result["missing"]:
        lines = "".join(f"<li>{_text(line)}</li>" for line in result["missing"])
        yield f'<div class="panel"><h3>Missing</h3><ul class="issues muted">{lines}</ul></div>'
    if result["issues"]:
        yield f'<div class="panel">{_issues(result["issues"], result["start"])}</div>'
    for connection in result["connections"]:
        yield from _connection(connection, result["start"])
    if result["events"]:
        yield f'<div class="panel">{_events(result["events"], result["start"])}</div>'
    yield f"<footer>callvitals {_text(__version__)} · times are from the recording's start</footer>"


def _score(one: dict[str, Any]) -> str:
    value = NONE if one["score"] is None else f"{one['score']:.2f}"
    rating = one["rating"]
    return f'<div class="big {rating}">{value}<small>{SHAPES[rating]} {rating}</small></div>'


def _connection(one: dict[str, Any], zero: int) -> Iterator[str]:
    data = recordings.fold(one["series"], POINTS, tuple(fields.HEADLINE))
    told = {
        "t": data["t"],
        "start": one["start"],
        "end": one["end"],
        "series": data["series"],
        "units": {name: _unit(name) for name in fields.HEADLINE},
    }
    shape, rating = SHAPES[one["rating"]], one["rating"]
    score = "" if one["score"] is None else f" {one['score']:.2f}"
    yield (
        f'<section class="panel" data-series data-zero="{zero}"><div class="head">'
        f'<h2>{_text(one["pc"])}</h2><b class="{rating}">{shape} {rating}{score}</b>'
        f'<span class="muted">{_text(recordings.about(one))}</span></div>'
        f"<p>{_text(recordings.verdict(one))}</p>"
    )
    yield '<script type="application/json">' + _json(told) + "</script>"
    yield '<div class="tiles">' + "".join(_tiles(one)) + "</div>"
    names = recordings.titles(one["streams"])
    yield _issues(one["issues"], zero, names)
    if data["t"]:
        yield from _charts(one, data, zero)
    yield _streams(one["streams"], names)
    yield _events(one["events"], zero) + "</section>"


def _json(value: Any) -> str:
    """JSON that cannot end a script element."""
    return orjson.dumps(value).decode().replace("<", "\\u003c")


def _unit(name: str) -> str:
    return "score" if name == "score" else fields.SERIES[name][1]


def _tiles(one: dict[str, Any]) -> Iterator[str]:
    if one["lowest"]:
        yield _tile("Lowest score", f"{one['lowest']['score']:.2f}")
    known = [(title, name) for title, name in TILES if one["means"].get(name) is not None]
    for title, name in known[:7]:
        yield _tile(title, number(name, one["means"][name]))


def _tile(title: str, value: str) -> str:
    return f'<div class="tile"><b>{_text(value)}</b><span>{_text(title)}</span></div>'


def _issues(issues: list[dict[str, Any]], zero: int, names: dict[str, str] | None = None) -> str:
    lines = ""
    for one in sorted(issues, key=lambda each: int(each["since"])):
        whose = recordings.whose(one, names or {})
        end = "the end" if one["open"] or one["until"] is None else clock(one["until"] - zero)
        shape, tint = ("■", "poor") if one["severity"] == "major" else ("▲", "fair")
        lines += (
            f'<li><b class="{tint}">{shape} {_text(one["type"])}</b> '
            f'<span class="muted">{clock(one["since"] - zero)} to {end}</span> '
            f"{_text(one['sentence'])}"
            f"{f' <span class=muted>{_text(whose, 64)}</span>' if whose else ''}</li>"
        )
    if not lines:
        return ""
    helps = "".join(
        f"<dt>{_text(kind)}</dt><dd>{_text(text)}</dd>"
        for kind, text in recordings.advice(issues).items()
    )
    helps = f'<h3>What helps</h3><dl class="helps">{helps}</dl>' if helps else ""
    return f'<ul class="issues">{lines}</ul>{helps}'


# -- charts -----------------------------------------------------------------------------------


def _charts(one: dict[str, Any], data: dict[str, Any], zero: int) -> Iterator[str]:
    bands = "".join(_bands(one))
    if one["issues"]:
        yield '<div class="chart"><header><h3>Issues</h3></header>'
    for kind in sorted({issue["type"] for issue in one["issues"]}):
        drawn = "".join(_bands(one, kind))
        yield f'<div class="plot"><div class="scale">{_text(kind, 32)}</div>'
        yield f"{_svg(drawn, 'lane', f'when there was {kind}')}</div>"
    if one["issues"]:
        yield "</div>"
    marks = "".join(_marks(one))
    clock_told = False
    for title, lines, least in CHARTS:
        shown = [(name, label) for name, label in lines if _has(data["series"][name])]
        if not shown or (title == "Frozen video" and not any(data["series"]["frozen"])):
            continue
        values = [value for name, _ in shown for value in data["series"][name] if value is not None]
        low, top = (1.0, 5.0) if title == "Score" else (0.0, max(least, _nice(max(values))))
        drawn = bands + marks + "".join(_grid())
        keys = ""
        for index, (name, label) in enumerate(shown):
            drawn += _line(one, data["t"], data["series"][name], low, top, index)
            keys += _key(name, label, one["means"].get(name, one["score"]), index)
        over = "" if clock_told else '<span class="key" data-clock></span>'
        clock_told = True
        scale = f"<span>{number(shown[0][0], top)}</span><span>{number(shown[0][0], low)}</span>"
        yield (
            f'<div class="chart"><header><h3>{title}</h3>{keys}{over}</header>'
            f'<div class="plot"><div class="scale">{scale}</div>'
            f"{_svg(drawn, '', _summary(title, shown, data))}</div></div>"
        )
    length = one["end"] - one["start"]
    times = [clock(one["start"] - zero + length * part / 4) for part in range(5)]
    yield '<div class="axis">' + "".join(f"<span>{at}</span>" for at in times) + "</div>"


def _svg(drawn: str, kind: str, summary: str) -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none" role="img"'
        f' aria-label="{_text(summary)}">{drawn}</svg>'
    )


def _has(values: Sequence[Any]) -> bool:
    return any(value is not None for value in values)


def _nice(value: float) -> float:
    """The next round number: the top of a scale."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * 0.9999
    )


def _x(one: dict[str, Any], t: float) -> float:
    length: int = max(1, one["end"] - one["start"])
    begun: int = one["start"]
    return round(min(1.0, max(0.0, (t - begun) / length)) * WIDE, 1)


def _bands(one: dict[str, Any], kind: str = "") -> Iterator[str]:
    """When issues were open; kind: those of one type only."""
    for issue in one["issues"]:
        if kind and issue["type"] != kind:
            continue
        until = one["end"] if issue["until"] is None else issue["until"]
        left = _x(one, issue["since"])
        wide = max(2.0, round(_x(one, until) - left, 1))
        tint = "major" if issue["severity"] == "major" else "minor"
        yield (
            f'<rect class="{tint}" x="{left}" y="0" width="{wide}" height="{HIGH}">'
            f"<title>{_text(issue['type'])}: {_text(issue['sentence'])}</title></rect>"
        )


def _marks(one: dict[str, Any]) -> Iterator[str]:
    for event in one["events"]:
        if event["type"] == "mark":
            x = _x(one, event["t"])
            yield (
                f'<line class="mark" x1="{x}" x2="{x}" y1="0" y2="{HIGH}">'
                f"<title>{_text(describe(event))}</title></line>"
            )


def _grid() -> Iterator[str]:
    for y in (0, HIGH // 2, HIGH):
        yield f'<line class="grid" x1="0" x2="{WIDE}" y1="{y}" y2="{y}"/>'


def _line(
    one: dict[str, Any],
    t: Sequence[int],
    values: Sequence[float | None],
    low: float,
    top: float,
    index: int,
) -> str:
    """One series: a path with a gap where there is none; a point alone is a dot."""
    path, run = "", 0
    for at, value in zip(t, values, strict=True):
        if value is None:
            path += "h0" if run == 1 else ""
            run = 0
            continue
        y = round(HIGH * (1 - (min(top, max(low, value)) - low) / (top - low)), 1)
        path += f"{'L' if run else 'M'}{_x(one, at)} {y}"
        run += 1
    path += "h0" if run == 1 else ""
    return f'<path class="l l{index}" stroke-linecap="round" d="{path}"/>'


def _key(name: str, label: str, mean: float | None, index: int) -> str:
    word = "median" if name == "rtt" else "mean"
    return (
        f'<span class="key"><svg viewBox="0 0 22 8"><path class="l l{index}" d="M0 4H22"/></svg>'
        f'{label} <b data-name="{name}">{word} {number(name, mean)}</b></span>'
    )


def _summary(title: str, shown: Sequence[tuple[str, str]], data: dict[str, Any]) -> str:
    """The chart in one sentence."""
    told = []
    for name, label in shown:
        known = [value for value in data["series"][name] if value is not None]
        worst = min(known) if fields.SERIES[name][2] == "min" else max(known)
        edge = "lowest" if fields.SERIES[name][2] == "min" else "highest"
        told.append(f"{label} {edge} {number(name, worst)}")
    return f"{title} over time: {', '.join(told)}"


# -- tables -----------------------------------------------------------------------------------


def _streams(streams: list[dict[str, Any]], names: dict[str, str]) -> str:
    if not streams:
        return ""
    head = "<th>stream</th>" + "".join(f"<th>{title}</th>" for title, _, _ in STREAM_COLUMNS)
    rows = ""
    for stream in streams:
        cells = "".join(f"<td>{_text(told(stream), 64)}</td>" for _, _, told in STREAM_COLUMNS)
        rows += f"<tr><td>{_text(names[stream['key']], 64)}</td>{cells}</tr>"
    return f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>'


def _events(events: list[dict[str, Any]], zero: int) -> str:
    if not events:
        return ""
    rows = "".join(
        f"<tr><td>{clock(event['t'] - zero)}</td><td style='text-align:left;width:100%'>"
        f"{_text(describe(event))}</td></tr>"
        for event in events[:MAX_EVENTS]
    )
    more = f" (the first {MAX_EVENTS})" if len(events) > MAX_EVENTS else ""
    count = f"{len(events)} events" if len(events) > 1 else "1 event"
    return f"<details><summary>{count}{more}</summary><table>{rows}</table></details>"
