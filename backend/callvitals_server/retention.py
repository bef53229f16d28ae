"""What happens to history as time goes by: hours are tallied, meetings that ended summed up, what
is old is forgotten. Each call does a little; called again, it goes on."""

from __future__ import annotations

import logging
from typing import Any

import orjson
import sqlalchemy as sa

from .attendance import summary, tally
from .columns import DAY_MS, HOUR_MS
from .database import read, transaction, upsert
from .model import ENDED_MS
from .records import Keep
from .schema import attendance as attendances
from .schema import ended, gap, journal, meeting, meeting_kind, session, stale_hour
from .schema import tally as tallies
from .shelves import Row, Shelves

HOURS_A_RUN = 2
MEETINGS_A_RUN = 16
ROWS_A_RUN = 500
TALLY_MS = 60_000  # the hour that goes on is tallied so often
FORGET_MS = 600_000

log = logging.getLogger("callvitals")


class Upkeep:
    """Remembers nothing but when it last did what."""

    def __init__(self, engine: sa.Engine, shelves: Shelves, keep: Keep) -> None:
        self._engine = engine
        self._shelves = shelves
        self._keep = keep
        self._tallied: dict[int, int] = {}  # hour: when
        self._forgot: int | None = None

    def run(self, now: int) -> int:
        """Some of what is due. Returns how much that was. Raises StorageError."""
        return self.forget(now) + self.tally(now) + self.sum_up(now)

    # -- hours ------------------------------------------------------------------------------------

    def tally(self, now: int) -> int:
        """Make the tallies of hours anew whose attendance changed."""
        query = sa.select(stale_hour.c.hour).order_by(stale_hour.c.hour)
        hours = [row["hour"] for row in read(self._engine, query)]
        self._tallied = {h: at for h, at in self._tallied.items() if h in hours}
        due = [h for h in hours if now - self._tallied.get(h, 0) >= TALLY_MS][:HOURS_A_RUN]
        for hour in due:
            with transaction(self._engine) as db:
                own = sa.select(stale_hour).where(stale_hour.c.hour == hour)
                if db.execute(own.with_for_update(skip_locked=True)).first() is None:
                    continue  # another process is at it
                rows = db.execute(sa.select(attendances).where(attendances.c.hour == hour))
                fresh = tally(hour, (dict(row) for row in rows.mappings()))
                db.execute(sa.delete(tallies).where(tallies.c.hour == hour))
                if fresh:
                    db.execute(sa.insert(tallies), fresh)
                db.execute(sa.delete(stale_hour).where(stale_hour.c.hour == hour))
            self._tallied[hour] = now
        return len(due)

    # -- meetings ---------------------------------------------------------------------------------

    def sum_up(self, now: int) -> int:
        """Sum up meetings that ended, once all of their ticks are sealed."""
        waiting = sa.exists().where(
            session.c.meeting_id == meeting.c.meeting_id,
            session.c.last_at >= meeting.c.started_at,
            session.c.started_at <= meeting.c.last_at,
            session.c.through > session.c.sealed,
        )
        query = (
            sa.select(meeting)
            .where(meeting.c.stale, sa.not_(meeting.c.live), sa.not_(waiting))
            .order_by(meeting.c.started_at)
            .limit(MEETINGS_A_RUN)
        )
        found = read(self._engine, query)
        for row in found:
            self._sum_up(row)
        return len(found)

    def _sum_up(self, row: Row) -> None:
        people = read(self._engine, sa.select(session).where(*of(row)))
        names = {p["participant_id"]: p["name"] for p in people if p["name"]}
        whose = {p["session_id"]: p["participant_id"] for p in people}
        query = (
            sa.select(attendances)
            .where(attendances.c.session_id.in_(sorted(whose)))
            .where(attendances.c.hour > row["started_at"] - DAY_MS)
            .where(attendances.c.hour <= row["last_at"])
        )
        rows = read(self._engine, query)
        found = summary(names, [(whose[one["session_id"]], one) for one in rows])
        own = (
            meeting.c.meeting_id == row["meeting_id"],
            meeting.c.started_at == row["started_at"],
        )
        with transaction(self._engine) as db:
            db.execute(
                sa.update(meeting)
                .where(*own, meeting.c.last_at == row["last_at"], sa.not_(meeting.c.live))
                .values(stale=False, verdict=found["verdict"], summary=orjson.dumps(found).decode())
            )
            if found["verdict"] != (row["verdict"] or row["rating"]):
                recount(db, {row["started_at"]})

    # -- what is old ------------------------------------------------------------------------------

    def forget(self, now: int) -> int:
        """Drop what is older than it is kept."""
        if self._forgot is not None and now - self._forgot < FORGET_MS:
            return 0
        ages = {"raw": self._keep.raw, "minute": self._keep.minutes, "hour": self._keep.hours}
        for shelf, age in ages.items():
            for period in self._shelves.forget(shelf, now - age):
                log.info("forgot %s %s", shelf, period)
        done = self._rows(now)
        if done == 0:
            self._forgot = now  # all of it is done
        return done

    def _rows(self, now: int) -> int:
        """The rows of what is old, some at a time."""
        old = now - self._keep.hours
        stateless = sa.select(session.c.session_id).where(
            session.c.last_at < now - self._keep.minutes, session.c.state.is_not(None)
        )
        gone = (
            sa.select(session.c.session_id)
            .where(session.c.last_at < min(old, now - ENDED_MS))
            .limit(ROWS_A_RUN)
        )
        done = 0
        with transaction(self._engine) as db:
            some = list(db.execute(stateless.limit(ROWS_A_RUN)).scalars())
            if some:
                mine = session.c.session_id.in_(some)
                db.execute(sa.update(session).where(mine).values(state=None))
            some_gone = list(db.execute(gone).scalars())
            for table in (journal, gap, session, attendances):
                if some_gone:
                    db.execute(sa.delete(table).where(table.c.session_id.in_(some_gone)))
            past = sa.select(meeting.c.meeting_id, meeting.c.started_at).where(
                sa.not_(meeting.c.live), meeting.c.started_at < old, meeting.c.last_at < old
            )
            meetings = db.execute(past.limit(ROWS_A_RUN)).all()
            for one in meetings:
                db.execute(sa.delete(meeting).where(*_key(one)))
            recount(db, {one.started_at for one in meetings})
            done += _oldest(db, tallies, old)
            # A late chunk makes its hour's tally anew, of all attendance of the hour.
            done += _oldest(db, attendances, min(now - self._keep.minutes, now - 2 * DAY_MS))
            done += len(some) + len(some_gone) + len(meetings)
        return done


def _oldest(db: sa.Connection, table: sa.Table, before: int) -> int:
    """Delete two hours of what is older."""
    found = sa.select(table.c.hour).where(table.c.hour < before - HOUR_MS).distinct()
    hours = list(db.execute(found.order_by(table.c.hour).limit(HOURS_A_RUN)).scalars())
    if hours:
        db.execute(sa.delete(table).where(table.c.hour.in_(hours)))
    return len(hours)


def _key(row: Any) -> tuple[sa.ColumnElement[bool], ...]:
    return meeting.c.meeting_id == row.meeting_id, meeting.c.started_at == row.started_at


def of(row: Row) -> tuple[sa.ColumnElement[bool], ...]:
    """The sessions of an occurrence of a meeting: those that were there while it went on."""
    own = [session.c.meeting_id == row["meeting_id"], session.c.last_at >= row["started_at"]]
    if not row["live"]:
        own.append(session.c.started_at <= row["last_at"])
    return tuple(own)


def recount(db: sa.Connection, starts: set[int]) -> None:
    """Count the ended meetings of the days of these times anew, by rating and kind."""
    for day in sorted({start // DAY_MS * DAY_MS for start in starts}):
        db.execute(sa.delete(ended).where(ended.c.day == day))
        counted = (
            sa.select(sa.literal(day), meeting.c.rating, meeting_kind, sa.func.count())
            .where(sa.not_(meeting.c.live))
            .where(meeting.c.started_at >= day, meeting.c.started_at < day + DAY_MS)
            .group_by(meeting.c.rating, "kind")
        )
        insert = upsert(db, ended).from_select(["day", "rating", "kind", "n"], counted)
        newest = {"n": insert.excluded.n}
        key = ["day", "rating", "kind"]
        db.execute(insert.on_conflict_do_update(index_elements=key, set_=newest))
