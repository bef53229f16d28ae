"""What is kept of a range, as rows of one table: batch after batch, so that a year needs no more
memory than an hour. Values in base units, times in epoch ms of the service's clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa
from callvitals import fields

from . import rollup, told
from .attendance import describe, merge
from .columns import DAY_MS, HOUR_MS, MINUTE_MS, Columns
from .database import read
from .reads import FAR, Reads, state_of, summary_of
from .retention import of
from .rollup import BASE, GAP, HIGH, LOW, TICKS, N, Rollup
from .schema import meeting, session
from .shelves import Row

Kind = Literal["ticks", "minutes", "hours", "events", "sessions", "meetings", "hourly"]
KINDS: tuple[Kind, ...] = (
    "ticks", "minutes", "hours", "events", "sessions", "meetings", "hourly",
)  # fmt: skip
Type = Literal["text", "int", "float", "bool", "json"]
Batch = list[Any]
"""A sequence per column, all of one length; None or NaN where there is no value."""

ROWS = 20_000  # of a batch, about
_PAGE = 500  # sessions, meetings at a time

_WHO: dict[str, Type] = {"meetingId": "text", "participantId": "text", "sessionId": "text"}
_COVER = {"seconds": N, "gapSeconds": GAP, **{f"{r}Seconds": BASE.index(r) for r in
          ("good", "fair", "poor")}}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows. start, end: those with start <= t <= end; of meetings and sessions those that
    went on at some time between; names: of series; started: of the meeting, the occurrence that
    began then."""

    kind: Kind = "ticks"
    start: int | None = None
    end: int | None = None
    meeting: str | None = None
    participant: str | None = None
    session: str | None = None
    names: tuple[str, ...] = fields.HEADLINE
    started: int | None = None


def columns(scope: Scope) -> dict[str, Type]:
    """The table's columns, in order. Raises ValueError for series that a kind does not have, and
    for an occurrence of no meeting."""
    if scope.started is not None and scope.meeting is None:
        raise ValueError("started: it is of a meeting, which is not named")
    if scope.kind in ("minutes", "hours"):
        for name in scope.names:
            if name not in fields.HEADLINE:
                raise ValueError(f"metrics: {name[:64]} is kept with the ticks only")
        told: dict[str, Type] = {**_WHO, "t": "int", "ticks": "int"}
        told |= dict.fromkeys(_COVER, "float")
        for name in scope.names:
            told |= {name: "float", f"{name}Min": "float", f"{name}Max": "float"}
        return told
    if scope.kind == "ticks":
        told = {**_WHO, "tick": "int", "t": "int"}
        return told | dict.fromkeys(scope.names, "float")
    return _FIXED[scope.kind]


_FIXED: dict[Kind, dict[str, Type]] = {
    "events": {**_WHO, "t": "int", "tick": "int", "type": "text", "detail": "json"},
    "sessions": {
        **_WHO,
        "name": "text",
        "startedAt": "int",
        "lastAt": "int",
        "left": "bool",
        "ticks": "int",
        "browser": "text",
        "network": "text",
        "engine": "text",
        "rating": "text",
        "score": "float",
    },
    "meetings": {
        "meetingId": "text",
        "startedAt": "int",
        "endedAt": "int",
        "live": "bool",
        "participants": "int",
        "score": "float",
        "rating": "text",
        "sentence": "text",
        "verdict": "text",
        "minutes": "float",
        "poorMinutes": "float",
        "failed": "int",
        "cause": "text",
    },
    "hourly": {
        "t": "int",
        "by": "text",
        "value": "text",
        "minutes": "float",
        "goodMinutes": "float",
        "fairMinutes": "float",
        "poorMinutes": "float",
        "joined": "int",
        "failed": "int",
        "count": "int",
    },
}


def batches(history: Reads, scope: Scope) -> Iterator[Batch]:
    """The rows, sessions one after the other, each in order of time. Raises StorageError."""
    names = list(columns(scope))
    if scope.kind == "hourly":
        yield from _batched(_hourly(history, scope), names)
    elif scope.kind == "meetings":
        yield from _batched(_meetings(history, scope), names)
    elif scope.kind == "sessions":
        yield from _batched(map(_session, _sessions(history, scope)), names)
    elif scope.kind == "events":
        yield from _batched(_events(history, scope), names)
    elif scope.kind == "ticks":
        for row in _sessions(history, scope):
            yield from _ticks(history, scope, row)
    else:
        for row in _sessions(history, scope):
            yield from _buckets(history, scope, row)


def _batched(rows: Iterator[Row], names: list[str]) -> Iterator[Batch]:
    held: list[Row] = []
    for row in rows:
        held.append(row)
        if len(held) >= ROWS:
            yield [[one[name] for one in held] for name in names]
            held = []
    if held:
        yield [[one[name] for one in held] for name in names]


def _whose(row: Row, n: int) -> Batch:
    return [[row[name]] * n for name in ("meeting_id", "participant_id", "session_id")]


# -- series ---------------------------------------------------------------------------------------


def _ticks(history: Reads, scope: Scope, row: Row) -> Iterator[Batch]:
    now = -FAR
    for part in history.parts(row["session_id"], scope.names, scope.start, scope.end):
        if not len(part.t):
            continue
        t = np.maximum.accumulate(np.maximum(part.t, now))
        now = int(t[-1])
        some = Columns(part.tick, t, part.values).between(scope.start, scope.end)
        if len(some.t):
            values = [some.values[name] / _steps(name) for name in scope.names]
            yield [*_whose(row, len(some.t)), some.tick, some.t, *values]


def _buckets(history: Reads, scope: Scope, row: Row) -> Iterator[Batch]:
    """A month at a time."""
    width, ask = (MINUTE_MS, history.minutes) if scope.kind == "minutes" else (
        HOUR_MS, history.hours
    )  # fmt: skip
    low = row["started_at"] - DAY_MS if scope.start is None else scope.start
    high = row["last_at"] + HOUR_MS if scope.end is None else scope.end
    low, high = max(low, row["started_at"] - DAY_MS), min(high, row["last_at"] + HOUR_MS)
    for start in range(low // width * width, high + 1, 30 * DAY_MS):
        end = min(high, start + 30 * DAY_MS - 1)
        found = ask(row["session_id"], start, end)
        there = (found.t >= max(low, start)) & (found.t <= end)
        if there.any():
            yield _flat(scope, row, found.take(there))


def _flat(scope: Scope, row: Row, found: Rollup) -> Batch:
    n = len(found.t)
    out = [*_whose(row, n), found.t, found.base[TICKS]]
    out += [found.base[place] / 1000 for place in _COVER.values()]
    for name in scope.names:
        stats = found.series.get(name)
        if stats is None:
            out += [np.full(n, np.nan)] * 3
            continue
        there = stats[LOW] <= stats[HIGH]
        for values in (rollup.mean(stats), stats[LOW], stats[HIGH]):
            out.append(np.where(there, values, np.nan) / _steps(name))
    return out


def _steps(name: str) -> int:
    return fields.SERIES[name.split(".")[0]][0]


# -- rows -----------------------------------------------------------------------------------------


def _sessions(history: Reads, scope: Scope) -> Iterator[Row]:
    """Rows of the table `session` that may have some, by when they began."""
    where: list[sa.ColumnElement[bool]] = []
    if scope.meeting is not None and scope.started is not None:
        occurrence = history.meeting(scope.meeting, scope.started)
        if occurrence is None:
            return
        where += of(occurrence)
    elif scope.meeting is not None:
        where.append(session.c.meeting_id == scope.meeting)
    if scope.participant is not None:
        where.append(session.c.participant_id == scope.participant)
    if scope.session is not None:
        where.append(session.c.session_id == scope.session)
    exact = scope.kind == "sessions"
    if scope.start is not None:
        # Rows may come in after the last message that was noted, and before the first.
        where.append(session.c.last_at >= scope.start - (0 if exact else MINUTE_MS))
    if scope.end is not None:
        where.append(session.c.started_at <= scope.end + (0 if exact else DAY_MS))
    place = (session.c.started_at, session.c.session_id)
    after: list[sa.ColumnElement[bool]] = []
    while True:
        query = sa.select(session).where(*where, *after).order_by(*place).limit(_PAGE)
        rows = read(history.engine, query)
        yield from rows
        if len(rows) < _PAGE:
            return
        last = rows[-1]
        key = (sa.literal(last["started_at"]), sa.literal(last["session_id"]))
        after = [sa.tuple_(*place) > sa.tuple_(*key)]


def _session(row: Row) -> Row:
    state = state_of(row)
    score, rating = state.get("score"), state.get("rating")
    return {
        "meetingId": row["meeting_id"],
        "participantId": row["participant_id"],
        "sessionId": row["session_id"],
        "name": row["name"],
        "startedAt": row["started_at"],
        "lastAt": row["last_at"],
        "left": row["left"],
        "ticks": row["through"] + 1,
        **describe(state),
        "rating": rating if isinstance(rating, str) else "unknown",
        "score": score / 100 if type(score) is int else None,
    }


def _events(history: Reads, scope: Scope) -> Iterator[Row]:
    for row in _sessions(history, scope):
        for one in told.events(history, row["session_id"], scope.start, scope.end):
            known = {name: one.pop(name, None) for name in ("t", "tick", "type")}
            who = {"meetingId": row["meeting_id"], "participantId": row["participant_id"]}
            type_ = known["type"] if isinstance(known["type"], str) else ""
            yield {**who, "sessionId": row["session_id"], **known, "type": type_, "detail": one}


def _meetings(history: Reads, scope: Scope) -> Iterator[Row]:
    where: list[sa.ColumnElement[bool]] = []
    if scope.meeting is not None:
        where.append(meeting.c.meeting_id == scope.meeting)
    if scope.started is not None:
        where.append(meeting.c.started_at == scope.started)
    if scope.start is not None:
        where.append(sa.or_(meeting.c.live, meeting.c.last_at >= scope.start))
    if scope.end is not None:
        where.append(meeting.c.started_at <= scope.end)
    place = (meeting.c.started_at, meeting.c.meeting_id)
    after: list[sa.ColumnElement[bool]] = []
    while True:
        query = sa.select(meeting).where(*where, *after).order_by(*place).limit(_PAGE)
        rows = read(history.engine, query)
        yield from map(_meeting, rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1]
        key = (sa.literal(last["started_at"]), sa.literal(last["meeting_id"]))
        after = [sa.tuple_(*place) > sa.tuple_(*key)]


def _meeting(row: Row) -> Row:
    summed = summary_of(row) or {}
    return {
        "meetingId": row["meeting_id"],
        "startedAt": row["started_at"],
        "endedAt": None if row["live"] else row["last_at"],
        "live": row["live"],
        "participants": row["participants"],
        "score": None if row["score"] is None else row["score"] / 100,
        "rating": row["rating"],
        "sentence": row["sentence"],
        **{
            name: summed.get(name)
            for name in ("verdict", "minutes", "poorMinutes", "failed", "cause")
        },
    }


def _hourly(history: Reads, scope: Scope) -> Iterator[Row]:
    """A day at a time."""
    kept = history.tallied()
    if kept is None:
        return
    low = kept[0] if scope.start is None else max(scope.start, kept[0])
    high = kept[1] if scope.end is None else min(scope.end, kept[1])
    for start in range(low // DAY_MS * DAY_MS, high + 1, DAY_MS):
        for row in merge(history.hourly(start, start + DAY_MS - 1), HOUR_MS):
            if start <= row["hour"] and low <= row["hour"] <= high:
                minutes = {f"{r}Minutes": row[r] / MINUTE_MS for r in ("good", "fair", "poor")}
                counts = {name: row[name] for name in ("by", "value", "joined", "failed", "count")}
                yield {"t": row["hour"], "minutes": row["n"] / MINUTE_MS, **minutes, **counts}
