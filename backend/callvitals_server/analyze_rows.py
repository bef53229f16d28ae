"""Rows of an export of ours (NDJSON or CSV, docs/api.md), read back from its lines. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from callvitals import dump

from .export import Kind
from .export_files import unguarded

Row = dict[str, Any]
_TEXT = frozenset(
    ("meetingId", "participantId", "sessionId", "name", "type", "rating", "browser", "network",
     "engine")
)  # fmt: skip


def kind_of(line: bytes) -> Kind | None:
    """Which export a file's first line shows it to be; None: none of ours."""
    row = dump.parse(line)
    if not isinstance(row, dict):
        row = dict.fromkeys(next(_cells(iter([line])), []))
    return kind(row)


def kind(row: Row) -> Kind | None:
    """Which export a row is of, by its names; `minutes` stands for `hours`, too."""
    if row.keys() >= {"t", "by", "value", "minutes"}:
        return "hourly"
    if "meetingId" not in row:
        return None
    if "sessionId" not in row:
        return "meetings" if "participants" in row else None
    if "startedAt" in row:
        return "sessions"
    if row.keys() >= {"t", "type", "detail"}:
        return "events"
    if row.keys() >= {"t", "seconds"}:
        return "minutes"
    return "ticks" if row.keys() >= {"t", "tick"} else None


def rows(lines: Iterator[bytes]) -> Iterator[Row | None]:
    """All rows in order, values as NDJSON has them; None for one that cannot be read."""
    first = next(lines, b"")
    if first.lstrip().startswith(b"{"):
        for line in _with(first, lines):
            row = dump.parse(line)
            yield row if isinstance(row, dict) else None
        return
    names: list[str] = []
    for cells in _cells(_with(first, lines)):
        if not names or cells[:1] == names[:1]:
            names = cells  # again where a second file follows
        elif len(cells) != len(names):
            yield None
        else:
            yield {name: _value(name, cell) for name, cell in zip(names, cells, strict=True)}


def _with(first: bytes, lines: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from lines


def _cells(lines: Iterator[bytes]) -> Iterator[list[str]]:
    """Ends where it is no CSV any more."""
    text = (line.decode("utf-8", "replace").rstrip("\r") + "\n" for line in lines)
    try:
        yield from csv.reader(text)
    except csv.Error:
        yield []


def _value(name: str, cell: str) -> Any:
    if name in _TEXT:
        return unguarded(cell)
    if name == "detail":
        return dump.parse(cell)
    if not cell:
        return None
    try:
        number = float(cell)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number
