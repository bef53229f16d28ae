"""The journal becomes chunks, and what follows from them: events, minutes, hours, attendance.

In three steps, each committed before the next: the chunk (and its events), the rollups, and, in one
transaction, attendance and the end of the journal rows. Whatever comes between two of them, the
next run finds the journal rows still there and does the rest: the chunk that is there wins, the
rollups are made of it anew. docs/storage.md.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from callvitals import fields

from . import chunks, rollup, timeline
from .attendance import attendance, describe
from .chunks import CHUNK_TICKS
from .columns import DAY_MS, HOUR_MS, MINUTE_MS
from .database import read, transaction, upsert
from .model import ENDED_MS
from .plan import Plan, make_plan
from .rollup import Rollup
from .schema import (
    attendance as attendances,
)
from .schema import event as events_
from .schema import hour as hours_
from .schema import journal, meeting, raw, session, stale_hour
from .schema import minute as minutes_
from .shelves import Row, Shelves

BATCH = 8  # sessions a run: few, so that nothing waits long behind it
BROKEN = (ValueError, LookupError, TypeError)  # what stored nonsense comes to

log = logging.getLogger("callvitals")


class Sealer:
    """step: called after each step; tests die there."""

    def __init__(
        self, engine: sa.Engine, shelves: Shelves, step: Callable[[str], None] = lambda _: None
    ) -> None:
        self._engine = engine
        self._shelves = shelves
        self._step = step
        self._broken: set[str] = set()

    def run(self, now: int, limit: int = BATCH) -> int:
        """Seal some of the sessions that have 600 ticks, or ended. Returns how many were looked
        at. Raises StorageError; what was done before stays done, or is done again."""
        due = self._due(now, limit)
        plans = [plan for row in due if (plan := self._try(row, now)) is not None]
        full = [plan for plan in plans if len(plan.columns.t)]
        bodies = [plan.raw() for plan in full]
        written = self._shelves.put(raw, bodies)
        self._step("chunk")
        # One that was there already wins: what follows is made of its ticks.
        for place, plan in enumerate(full):
            if (plan.session_id, plan.first) not in written:
                again = make_plan(self._engine, plan.row, now, self._stored_last(plan))
                plans[plans.index(plan)] = full[place] = again
        told = [row for plan in full if (row := plan.event()) is not None]
        self._shelves.put(events_, told)
        self._step("events")
        rows: list[Row] = []
        minutes: list[Row] = []
        hours: list[Row] = []
        for plan in full:
            try:
                by_hour, minute_rows, hour_rows = self._rollups(plan)
                rows += self._attendance(plan, by_hour)
            except BROKEN:
                self._set_aside(plan.session_id)
            else:
                minutes += minute_rows
                hours += hour_rows
        self._shelves.put(minutes_, minutes)
        self._step("minutes")
        self._shelves.put(hours_, hours)
        self._step("hours")
        self._finish([p for p in plans if p.session_id not in self._broken], rows)
        self._step("journal")
        return len(due)

    # -- what is due ------------------------------------------------------------------------------

    def _due(self, now: int, limit: int) -> list[Row]:
        unsealed = session.c.through - session.c.sealed
        ended = sa.or_(session.c.left, session.c.last_at <= now - ENDED_MS)
        query = (
            sa.select(session)
            .where(session.c.through > session.c.sealed)
            .where(sa.or_(unsealed >= CHUNK_TICKS, ended))
            .where(session.c.session_id.not_in(sorted(self._broken)))
            .order_by(session.c.last_at)
            .limit(limit)
        )
        return read(self._engine, query)

    def _try(self, row: Row, now: int) -> Plan | None:
        try:
            return make_plan(self._engine, row, now)
        except BROKEN:
            self._set_aside(row["session_id"])
            return None

    def _set_aside(self, session_id: str) -> None:
        """It must not keep the others waiting; its journal stays, and is read."""
        self._broken.add(session_id)
        log.exception("cannot seal session %s", session_id)

    def _stored_last(self, plan: Plan) -> int:
        t0 = int(plan.columns.t[0])
        found = self._shelves.find(raw, plan.session_id, t0, t0, bodies=False)
        return int(next(row["last"] for row in found if row["first"] == plan.first))

    # -- what follows from a chunk ----------------------------------------------------------------

    def _rollups(self, plan: Plan) -> tuple[dict[int, Rollup], list[Row], list[Row]]:
        """Make the minutes that the chunk touches anew, and the hours of them. Returns the minutes
        of each hour that it touches, and the rows to be written."""
        t = plan.columns.t
        start, end = int(t[0]) // MINUTE_MS * MINUTE_MS, int(t[-1]) // MINUTE_MS * MINUTE_MS
        parts = [rollup.of_ticks(plan.columns, plan.before.before, MINUTE_MS)]
        if plan.before.before is not None and plan.before.before[1] >= start:
            # The first minute began in an earlier chunk.
            for row in self._shelves.find(raw, plan.session_id, start, int(t[0])):
                if row["last"] < plan.first:
                    chunk = chunks.unpack(row["body"], fields.HEADLINE)
                    part = rollup.of_ticks(chunk.columns, chunk.before, MINUTE_MS)
                    parts.append(part.take(part.t >= start))
        fresh = rollup.coarser(parts, MINUTE_MS)
        span = (start, end + MINUTE_MS)
        by_hour, minutes = self._replace(minutes_, plan, fresh, span, MINUTE_MS, HOUR_MS)
        span = (start // HOUR_MS * HOUR_MS, end // HOUR_MS * HOUR_MS + HOUR_MS)
        fresh = rollup.coarser(list(by_hour.values()), HOUR_MS)
        _, hours = self._replace(hours_, plan, fresh, span, HOUR_MS, DAY_MS)
        return by_hour, minutes, hours

    def _replace(
        self,
        table: sa.Table,
        plan: Plan,
        fresh: Rollup,
        span: tuple[int, int],
        width: int,
        group: int,
    ) -> tuple[dict[int, Rollup], list[Row]]:
        """Put buckets of `width` into the rows of `group` ms, from span[0] to before span[1].
        Returns what comes out, by the start of each row, and the rows to be written."""
        sid = plan.session_id
        starts = sorted({int(start) for start in (fresh.t // group * group)})
        known = self._shelves.find(table, sid, starts[0], starts[-1] + group - 1)
        old = {row["t0"]: row["body"] for row in known}
        now, rows = {}, []
        for start in starts:
            mine = fresh.take((fresh.t >= start) & (fresh.t < start + group))
            if start in old:
                mine = rollup.replace(rollup.decode(old[start]), mine, *span, width)
            now[start] = mine
            body = rollup.encode(mine, width)
            row = {"t0": start, "first": 0, "last": plan.last, "t1": start + group - 1}
            rows.append({"session_id": sid, **row, "body": body})
        return now, rows

    def _attendance(self, plan: Plan, minutes: dict[int, Rollup]) -> list[Row]:
        state = json.loads(plan.row["state"]) if plan.row["state"] else {}
        about = describe(state if isinstance(state, dict) else {})
        rows = []
        for start, part in minutes.items():
            end = start + HOUR_MS
            found = self._shelves.find(events_, plan.session_id, start, end - 1)
            told = [timeline.unpack(row["body"]) for row in found]
            issues = told[0][0] if told else {}
            events = [event for _, some in told for event in some]
            joined = plan.carry.start is not None and start <= plan.carry.start < end
            rows.append(
                attendance(plan.session_id, start, part, issues, events, about, joined, plan.last)
            )
        return rows

    def _finish(self, plans: Sequence[Plan], rows: list[Row]) -> None:
        if not plans:
            return
        failures = [
            {
                "of": plan.session_id,
                "start": plan.carry.start // HOUR_MS * HOUR_MS,
                "yes": plan.ended and plan.carry.tried and not plan.carry.connected,
            }
            for plan in plans
            if plan.carry.start is not None
        ]
        hours: set[int] = {row["hour"] for row in rows}
        hours |= {
            plan.carry.start // HOUR_MS * HOUR_MS for plan in plans if plan.carry.start is not None
        }
        moves = [
            {
                "of": plan.session_id,
                "was": plan.row["sealed"],
                "now": plan.through,
                "known": timeline.write_carry(plan.carry),
            }
            for plan in plans
        ]
        with transaction(self._engine) as db:
            if rows:
                db.execute(_keep(db), rows)
            if failures:
                db.execute(_FAILED, failures)
            stale(db, hours)
            ends = [{"of": plan.session_id, "upto": plan.last} for plan in plans]
            db.execute(_UNWRITE, ends)
            db.execute(_MOVE, moves)
            for plan in plans:
                db.execute(_over(plan.row))


def stale(db: sa.Connection, hours: Iterable[int]) -> None:
    """Have the tallies of these hours made anew. The counter locks the row: who is making the
    tally now does not take this for done."""
    insert = upsert(db, stale_hour)
    insert = insert.on_conflict_do_update(
        index_elements=["hour"], set_={"times": stale_hour.c.times + 1}
    )
    rows = [{"hour": hour, "times": 1} for hour in sorted(hours)]
    if rows:
        db.execute(insert, rows)


def _keep(db: sa.Connection) -> Any:
    insert = upsert(db, attendances)
    values = {c.name: insert.excluded[c.name] for c in attendances.c if not c.primary_key}
    return insert.on_conflict_do_update(
        index_elements=["hour", "session_id"],
        set_=values,
        where=insert.excluded.last >= attendances.c.last,
    )


_FAILED = (
    sa.update(attendances)
    .where(attendances.c.session_id == sa.bindparam("of"))
    .where(attendances.c.hour == sa.bindparam("start"))
    .values(failed=sa.bindparam("yes", type_=sa.Boolean))
)
_UNWRITE = (
    sa.delete(journal)
    .where(journal.c.session_id == sa.bindparam("of"))
    .where(journal.c.last <= sa.bindparam("upto"))
)
_MOVE = (
    sa.update(session)
    .where(session.c.session_id == sa.bindparam("of"), session.c.sealed == sa.bindparam("was"))
    .values(sealed=sa.bindparam("now"), carry=sa.bindparam("known"))
)


def _over(row: Row) -> sa.Update:
    """Meetings of the session that ended have to be summed up again."""
    return (
        sa.update(meeting)
        .where(meeting.c.meeting_id == row["meeting_id"], sa.not_(meeting.c.live))
        .where(meeting.c.last_at >= row["started_at"], meeting.c.started_at <= row["last_at"])
        .values(stale=True)
    )


def spend(seconds: float, work: Callable[[], int]) -> int:
    """Repeat `work` until it finds nothing, or the time is over. Returns what it found in all."""
    end = time.monotonic() + seconds
    done = 0
    while True:
        found = work()
        done += found
        if not found or time.monotonic() >= end:
            return done
