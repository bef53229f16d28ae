"""Meetings that ended, for the terminal. Pure: rich draws it, in colour or not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .analyze_text import COLORS, plain
from .recordings import NONE, SHAPES, span


def listed(items: list[dict[str, Any]], total: int) -> RenderableType:
    """A line each."""
    if not items:
        return Text("No meeting has ended that fits.", style="dim")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Began", no_wrap=True, style="dim")
    table.add_column("Length", justify="right", no_wrap=True)
    table.add_column("Meeting", overflow="ellipsis", no_wrap=True, max_width=32)
    table.add_column("People", justify="right", no_wrap=True)
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Poor", justify="right", no_wrap=True)
    table.add_column("Stars", justify="right", no_wrap=True)
    table.add_column("Main cause", overflow="ellipsis", no_wrap=True)
    for item in items:
        summed = item["summary"]
        table.add_row(
            local(item["startedAt"]),
            _length(item),
            plain(item["meetingId"]),
            str(item["participants"]),
            badge(None if summed is None else summed["verdict"]),
            NONE if summed is None else minutes(summed["poorMinutes"]),
            stars(summed),
            "" if summed is None else plain(summed["sentence"]),
        )
    more = f"{len(items)} of {total}"
    return Group(table, Text(more, style="dim")) if total > len(items) else table


def one(items: list[dict[str, Any]]) -> RenderableType:
    """Each time it took place, with who suffered."""
    parts: list[RenderableType] = []
    for item in items:
        head = Text.assemble((plain(item["meetingId"]), "bold"), "  ")
        head.append(f"{local(item['startedAt'])} · {_length(item)} · ", style="dim")
        head.append(f"{item['participants']} participants", style="dim")
        parts.append(head)
        summed = item["summary"]
        if summed is None:
            parts.append(Text("  is being summed up: some ticks are not sealed yet", style="dim"))
            continue
        line = Text("  ").append(badge(summed["verdict"]))
        line.append(f"  {minutes(summed['poorMinutes'])} of {minutes(summed['minutes'])} poor")
        if summed["failed"]:
            line.append(f", {summed['failed']} never got a connection")
        if summed["stars"]:
            line.append(f", {stars(summed)} stars")
        parts.append(line)
        if summed["sentence"]:
            parts.append(Text(f"  {plain(summed['sentence'])}"))
        for who in summed["who"]:
            told = Text("    ").append(badge(who["verdict"]))
            told.append(f"  {plain(who['name'] or who['participantId'])}")
            told.append(f"  {minutes(who['poorMinutes'])} of {minutes(who['minutes'])} poor", "dim")
            parts.append(told)
        hidden = summed["suffered"] - len(summed["who"])
        if hidden > 0:
            parts.append(Text(f"    and {hidden} more", style="dim"))
    return Group(*parts)


def local(ms: int) -> str:
    """A moment by this machine's clock."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC).astimezone():%Y-%m-%d %H:%M}"


def badge(verdict: str | None) -> Text:
    """With its shape and colour; a dash while nobody knows."""
    if verdict is None:
        return Text(NONE, style="dim")
    return Text(f"{SHAPES[verdict]} {verdict}", style=COLORS[verdict])


def minutes(value: float) -> str:
    """So many minutes."""
    return f"{value:,.0f} min" if value >= 10 else f"{value:.1f} min"


def stars(summed: dict[str, Any] | None) -> str:
    """The mean that was given; a dash without."""
    given = {} if summed is None else {int(n): count for n, count in summed["stars"].items()}
    count = sum(given.values())
    return f"{sum(n * c for n, c in given.items()) / count:.1f}" if count else NONE


def _length(item: dict[str, Any]) -> str:
    return span(((item["endedAt"] or item["startedAt"]) - item["startedAt"]) / 1000)
