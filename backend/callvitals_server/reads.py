"""The questions put to history. Called from any thread; all raise StorageError."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from . import chunks, rollup, timeline
from .columns import DAY_MS, HOUR_MS, MINUTE_MS, Columns, decode, join
from .database import read
from .model import ENDED_MS
from .plan import floor
from .retention import of
from .rollup import Rollup
from .schema import ended, gap, journal, meeting, meeting_kind, raw, session
from .schema import event as events_
from .schema import hour as hours_
from .schema import minute as minutes_
from .schema import tally as tallies
from .shelves import Row, Shelves, bounds
from .timeline import Event

FAR = 1 << 62  # beyond all times
LOADED = 64  # chunks at a time


class Reads:
    """`engine`: the database; `shelves`: where what is sealed lies."""

    engine: sa.Engine
    shelves: Shelves

    # -- meetings and sessions --------------------------------------------------------------------

    def session(self, session_id: str) -> Row | None:
        """One row of the table `session`."""
        rows = read(self.engine, sa.select(session).where(session.c.session_id == session_id))
        return rows[0] if rows else None

    def meeting(self, meeting_id: str, started_at: int | None = None) -> Row | None:
        """One row of the table `meeting`: the occurrence that began or went on then (up to when
        another could have begun), else the newest."""
        query = sa.select(meeting).where(meeting.c.meeting_id == meeting_id)
        if started_at is not None:
            held = sa.or_(meeting.c.live, meeting.c.last_at >= started_at - ENDED_MS)
            query = query.where(meeting.c.started_at <= started_at, held)
        rows = read(self.engine, query.order_by(meeting.c.started_at.desc()).limit(1))
        return rows[0] if rows else None

    def occurrences(self, meeting_id: str, limit: int = 100) -> list[Row]:
        """All rows of a meeting, the newest first."""
        query = sa.select(meeting).where(meeting.c.meeting_id == meeting_id)
        return read(self.engine, query.order_by(meeting.c.started_at.desc()).limit(limit))

    def sessions(
        self, meeting_id: str, participant_id: str | None = None, started_at: int | None = None
    ) -> list[Row]:
        """The sessions of an occurrence of a meeting (else the newest), oldest first; of one
        participant: all, of whatever occurrence, unless one is named."""
        where = [session.c.meeting_id == meeting_id]
        if participant_id is not None:
            where.append(session.c.participant_id == participant_id)
        if participant_id is None or started_at is not None:
            row = self.meeting(meeting_id, started_at)
            if row is None:
                return []
            if started_at is not None:
                where += of(row)
            else:
                where.append(session.c.last_at >= row["started_at"])
        query = sa.select(session).where(*where)
        return read(self.engine, query.order_by(session.c.started_at, session.c.session_id))

    def ended(
        self,
        search: str = "",
        kind: str = "",
        after: tuple[int, str] | None = None,
        skip: int = 0,
        limit: int = 50,
        start: int | None = None,
        end: int | None = None,
    ) -> list[Row]:
        """Meetings that are not live, newest first, each with its `kind` (schema.meeting_kind);
        start, end: those that went on in this time.

        after: (started_at, meeting_id) of the last one seen; or skip: so many.
        """
        where = self._ended(search, start, end)
        if kind:
            where.append(meeting_kind == kind)
        if after is not None:
            place = sa.tuple_(meeting.c.started_at, meeting.c.meeting_id)
            where.append(place < sa.tuple_(*after))
        order = (meeting.c.started_at.desc(), meeting.c.meeting_id.desc())
        query = (
            sa.select(meeting, meeting_kind)
            .where(*where)
            .order_by(*order)
            .offset(skip)
            .limit(limit)
        )
        return read(self.engine, query)

    def ended_counts(
        self, search: str = "", start: int | None = None, end: int | None = None
    ) -> dict[str, int]:
        """Meetings that are not live, by last rating; start, end: those that went on then."""
        return self._counts(meeting.c.rating, search, start, end)

    def ended_kinds(
        self, search: str = "", start: int | None = None, end: int | None = None
    ) -> dict[str, int]:
        """The same by what they came to (schema.meeting_kind), those that never started apart."""
        return self._counts(meeting_kind, search, start, end)

    def _counts(
        self, by: sa.ColumnElement[str], search: str, start: int | None, end: int | None
    ) -> dict[str, int]:
        query = sa.select(ended.c[by.name], sa.func.sum(ended.c.n).label("n"))
        if search or start is not None or end is not None:
            query = sa.select(by, sa.func.count().label("n"))
            query = query.where(*self._ended(search, start, end))
        rows = read(self.engine, query.group_by(by.name))
        return {row[by.name]: int(row["n"]) for row in rows}

    @staticmethod
    def _ended(search: str, start: int | None, end: int | None) -> list[sa.ColumnElement[bool]]:
        where: list[sa.ColumnElement[bool]] = [sa.not_(meeting.c.live)]
        if start is not None:
            where.append(meeting.c.last_at >= start)
        if end is not None:
            where.append(meeting.c.started_at <= end)
        if search:
            somebody = sa.exists().where(
                session.c.meeting_id == meeting.c.meeting_id,
                session.c.last_at >= meeting.c.started_at,
                session.c.started_at <= meeting.c.last_at,
                sa.or_(
                    session.c.participant_id.icontains(search, autoescape=True),
                    session.c.name.icontains(search, autoescape=True),
                ),
            )
            where.append(sa.or_(meeting.c.meeting_id.icontains(search, autoescape=True), somebody))
        return where

    # -- ticks ------------------------------------------------------------------------------------

    def journal(self, session_id: str) -> list[Row]:
        """What is not sealed yet: some 600 ticks, unless there is a backlog. In order."""
        query = sa.select(journal).where(journal.c.session_id == session_id)
        return read(self.engine, query.order_by(journal.c.first))

    def gaps(self, session_id: str) -> list[Row]:
        """Declared gaps of a session: [{first, last, told_at}], in order."""
        query = sa.select(gap).where(gap.c.session_id == session_id).order_by(gap.c.first)
        return read(self.engine, query)

    def ticks(
        self,
        session_id: str,
        names: Iterable[str] | None = None,
        start: int | None = None,
        end: int | None = None,
        around: bool = False,
    ) -> Columns:
        """The ticks of a session, each once, of all chunks and journal rows that touch [start, end]
        (so there may be more on either side); around: and of those before and after, which tell of
        gaps across the edges. names: these series only."""
        return join(list(self.parts(session_id, names, start, end, around)), names)

    def parts(
        self,
        session_id: str,
        names: Iterable[str] | None = None,
        start: int | None = None,
        end: int | None = None,
        around: bool = False,
    ) -> Iterator[Columns]:
        """The same in parts that follow on each other, some 600 ticks each, of which only a few
        are in memory at a time. Their times descend where a clock was set back: see `join`."""
        # The journal first, then what is sealed: what is sealed in between is in both, not in none.
        rest = _touching(self.journal(session_id), start, end)
        row = self.session(session_id)
        if row is None:
            return
        low = row["started_at"] - DAY_MS
        spans = self.shelves.find(raw, session_id, low, row["last_at"] + HOUR_MS, bodies=False)
        touching = [
            place
            for place, span in enumerate(spans)
            if (start is None or span["t1"] >= start) and (end is None or span["t0"] <= end)
        ]
        if around and spans:
            before = [n for n, span in enumerate(spans) if start is not None and span["t1"] < start]
            after = [n for n, span in enumerate(spans) if end is not None and span["t0"] > end]
            touching = [*before[-1:], *touching, *after[:1]]
        last = -1
        for at in range(0, len(touching), LOADED):
            some = [spans[n] for n in touching[at : at + LOADED]]
            for one in self.shelves.load(raw, session_id, some):
                if one["first"] > last:  # a clock that was wrong may have put it on two days
                    yield chunks.unpack(one["body"], names).columns
                    last = one["last"]
        sealed = max((span["last"] for span in spans), default=-1)
        rest = [one for one in rest if one["first"] > sealed]
        carry = timeline.read_carry(row["carry"])
        yield decode(rest, names, floor(row, carry))

    def kept_since(self, shelf: str) -> int:
        """What is on a shelf (`raw`, `minute`, `hour`) is complete from this time on."""
        periods = self.shelves.periods(shelf)
        return bounds(periods[0])[0] if periods else FAR

    def span(self, row: Row) -> tuple[int, int] | None:
        """The times of the first and the last tick of a row of the table `session`, about; None
        when there is none."""
        carry = timeline.read_carry(row["carry"])
        query = sa.select(
            sa.func.min(journal.c.t0).label("a"), sa.func.max(journal.c.t1).label("b")
        )
        own = query.where(journal.c.session_id == row["session_id"])
        (rest,) = read(self.engine, own)
        times = [t for t in (rest["a"], rest["b"]) if t is not None]
        if carry.start is not None and carry.before is not None:
            times += [carry.start, carry.before[1]]
        return (max(min(times), floor(row, timeline.Carry())), max(times)) if times else None

    # -- rollups ----------------------------------------------------------------------------------

    def minutes(self, session_id: str, start: int, end: int) -> Rollup:
        """The minutes of a session that touch [start, end], its newest ticks included."""
        return self._rollup(minutes_, session_id, start, end, MINUTE_MS, HOUR_MS)

    def hours(self, session_id: str, start: int, end: int) -> Rollup:
        """The hours, likewise."""
        return self._rollup(hours_, session_id, start, end, HOUR_MS, DAY_MS)

    def _rollup(
        self, table: sa.Table, session_id: str, start: int, end: int, width: int, group: int
    ) -> Rollup:
        rows = self.journal(session_id)  # first, as in `ticks`
        row = self.session(session_id)
        if row is None:
            return rollup.EMPTY
        parts = []
        done: dict[int, int] = {}
        for one in self.shelves.find(table, session_id, start // group * group, end):
            parts.append(rollup.decode(one["body"]))
            done[one["t0"]] = one["last"]
        carry = timeline.read_carry(row["carry"])
        rows = [one for one in rows if one["first"] > row["sealed"]]
        rest = decode(rows, None, floor(row, carry))
        if len(rest.t):
            # A seal that was cut short may have them in a bucket already. Tick by tick: several may
            # have the same time.
            known = [done.get(start, -1) for start in (rest.t // group * group).tolist()]
            parts.append(rollup.of_ticks(rest, carry.before, width, rest.tick > known))
        return rollup.coarser(parts, width).between(start, end, width)

    # -- events, hours of all ---------------------------------------------------------------------

    def events(
        self, session_id: str, start: int | None = None, end: int | None = None
    ) -> list[Event]:
        """The events of a session, in order of their ticks."""
        rows = self.journal(session_id)  # first, as in `ticks`
        row = self.session(session_id)
        if row is None:
            return []
        low = row["started_at"] - DAY_MS if start is None else start
        found: list[Event] = []
        sealed = -1
        high = row["last_at"] + HOUR_MS
        for one in self.shelves.find(events_, session_id, low, high if end is None else end):
            found += timeline.unpack(one["body"])[1]
            sealed = max(sealed, one["last"])
        rest = [one for one in rows if one["first"] > max(sealed, row["sealed"])]
        carry = timeline.read_carry(row["carry"])
        found += timeline.of_journal(rest, decode(rest, [], floor(row, carry)))
        return [
            one
            for one in found
            if (start is None or one["t"] >= start) and (end is None or one["t"] <= end)
        ]

    def tallied(self) -> tuple[int, int] | None:
        """The first and the last hour that has a tally."""
        ends = (sa.func.min(tallies.c.hour).label("a"), sa.func.max(tallies.c.hour).label("b"))
        (row,) = read(self.engine, sa.select(*ends))
        return None if row["a"] is None else (row["a"], row["b"])

    def hourly(self, start: int, end: int, by: Sequence[str] = ()) -> list[Row]:
        """Rows of the table `tally` of the hours that touch [start, end], in order."""
        query = sa.select(tallies).where(tallies.c.hour > start - HOUR_MS, tallies.c.hour <= end)
        if by:
            query = query.where(tallies.c.by.in_(by))
        order = (tallies.c.hour, tallies.c.by, tallies.c.value)
        return read(self.engine, query.order_by(*order))


def _touching(rows: list[Row], start: int | None, end: int | None) -> list[Row]:
    """Those that touch [start, end], and the neighbours on either side."""
    before = sum(1 for row in rows if start is not None and row["t1"] < start)
    after = sum(1 for row in rows if end is not None and row["t0"] > end)
    return rows[max(0, before - 1) : len(rows) - max(0, after - 1)]


def state_of(row: Row) -> Row:
    """The last known state in a row of the table `session`, `{}` when there was none."""
    kept: Row = json.loads(row["state"]) if row["state"] else {}
    return kept


def summary_of(row: Row) -> Row | None:
    """What a meeting came to (attendance.summary), of a row of the table `meeting`; None while it
    goes on or is not summed up yet."""
    found: Row | None = json.loads(row["summary"]) if row["summary"] else None
    return found
