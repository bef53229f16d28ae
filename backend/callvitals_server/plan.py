"""What to seal of a session: which journal rows, and what they hold. Reads, writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from . import chunks, timeline
from .chunks import CHUNK_TICKS, Chunk
from .columns import DAY_MS, Columns, decode
from .database import read
from .model import ENDED_MS
from .schema import journal
from .shelves import Row
from .timeline import Carry, Event

MAX_ROWS = CHUNK_TICKS


@dataclass(slots=True)
class Plan:
    """What sealing one session comes to."""

    row: Row  # of the table `session`
    ended: bool
    last: int  # the last tick that is sealed
    through: int  # and with what will never come
    columns: Columns
    events: list[Event]
    before: Carry
    carry: Carry
    offsets: list[tuple[int, int]]

    @property
    def session_id(self) -> str:
        """Whose it is."""
        return str(self.row["session_id"])

    @property
    def first(self) -> int:
        """The first tick."""
        return int(self.columns.tick[0])

    def _row(self, body: bytes) -> Row:
        t = self.columns.t
        return {
            "session_id": self.session_id,
            "t0": int(t[0]),
            "first": self.first,
            "last": self.last,
            "t1": int(t[-1]),
            "body": body,
        }

    def raw(self) -> Row:
        """Its row of the shelf `raw`."""
        return self._row(chunks.pack(Chunk(self.columns, self.before.before, self.offsets)))

    def event(self) -> Row | None:
        """Its row of the shelf `event`, if there is anything to tell."""
        if not self.events and not self.before.issues:
            return None
        return self._row(timeline.pack(self.before, self.events))


def make_plan(engine: sa.Engine, row: Row, now: int, upto: int | None = None) -> Plan:
    """What to seal of a session that is due; upto: its ticks up to there."""
    query = (
        sa.select(journal)
        .where(journal.c.session_id == row["session_id"])
        .order_by(journal.c.first)
        .limit(MAX_ROWS)
    )
    rows = read(engine, query)
    left_over = len(rows) == MAX_ROWS
    ended = row["left"] or row["last_at"] <= now - ENDED_MS
    sealed = row["sealed"]
    if upto is not None:
        taken = [r for r in rows if r["last"] <= upto]
    else:
        ready = (n + 1 for n, r in enumerate(rows) if r["last"] - sealed >= CHUNK_TICKS)
        taken = rows[: next(ready, len(rows))]
    left_over = left_over or len(taken) < len(rows)
    before = timeline.read_carry(row["carry"])
    columns = decode(taken, None, floor(row, before))
    events = list(timeline.of_journal(taken, columns))
    last = taken[-1]["last"] if taken else sealed
    return Plan(
        row=row,
        ended=ended,
        last=last,
        through=last if left_over else max(last, row["through"]),
        columns=columns,
        events=events,
        before=before,
        carry=timeline.fold(before, columns, events),
        offsets=_offsets(taken),
    )


def floor(row: Row, carry: Carry) -> int:
    """No tick of a session that is not sealed yet is earlier: a page sends what is up to an hour
    old, and time does not go back."""
    least = int(row["started_at"]) - DAY_MS
    return least if carry.before is None else max(least, carry.before[1])


def _offsets(rows: Sequence[Row]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for row in rows:
        if not out or out[-1][1] != row["offset"]:
            out.append((row["first"], row["offset"]))
    return out
