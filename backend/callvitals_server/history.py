"""What lasts: claims, the journal, the last known states, and the questions put to them.

Plain and synchronous; `writer.py` gives the writes their own thread. SQLite today, PostgreSQL by
the same tables. A transaction either stores a message's rows and moves `through`, or does neither:
that is the whole of "exactly once".
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as upsert

from . import schema
from .commit import MOVE, Fenced, Transaction, insert, move
from .model import ENDED_MS
from .records import Claim, Piece, Saved, StorageError, Summary, Who
from .schema import gap, journal, meeting, session, setting


class History:
    """`History(folder)` opens or makes `folder/callvitals.db`."""

    def __init__(self, folder: Path, sync: str = "normal") -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"cannot make the data folder {folder}: {error.strerror}") from error
        self.path = folder / "callvitals.db"
        self._engine = sa.create_engine(f"sqlite:///{self.path}", pool_size=8)
        level = "FULL" if sync == "full" else "NORMAL"

        @sa.event.listens_for(self._engine, "connect")
        def _pragmas(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", f"synchronous={level}", "busy_timeout=5000"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        try:
            self.secret = self._open()
        except sa.exc.DatabaseError as error:
            self._engine.dispose()
            raise StorageError(f"{self.path}: {error.orig}") from error

    def _open(self) -> bytes:
        """Make the tables where they are missing; returns the secret that signs tokens."""
        with self._engine.begin() as db:
            schema.metadata.create_all(db)
            made = {"schema_version": str(schema.VERSION), "secret": secrets.token_hex(32)}
            rows = [{"name": name, "value": value} for name, value in made.items()]
            db.execute(upsert(setting).on_conflict_do_nothing(), rows)
            kept = {row.name: row.value for row in db.execute(sa.select(setting))}
        if kept["schema_version"] != str(schema.VERSION):
            raise StorageError(
                f"{self.path} has schema {kept['schema_version']}, this is {schema.VERSION}"
            )
        return bytes.fromhex(kept["secret"])

    def recover(self, now: int) -> list[dict[str, Any]]:
        """After a restart: the sessions that may go on (rule 20: heard less than 300 s ago, not
        left), in the order of their last message, each with the `began` of its meeting. Meetings
        without any are over."""
        going_on = sa.and_(sa.not_(session.c.left), session.c.last_at > now - ENDED_MS)
        open_ = meeting.c.meeting_id.in_(sa.select(session.c.meeting_id).where(going_on))
        with self._transaction() as db:
            db.execute(sa.update(meeting).where(meeting.c.live != open_).values(live=open_))
        both = session.join(meeting, session.c.meeting_id == meeting.c.meeting_id)
        query = sa.select(session, meeting.c.started_at.label("began")).select_from(both)
        return self._read(query.where(going_on).order_by(session.c.last_at))

    def close(self) -> None:
        """Give all connections back; the last one folds the write-ahead log in."""
        self._engine.dispose()

    # -- writes: called by one thread -------------------------------------------------------

    def claim(self, who: Who, conn: int, trusted: bool, now: int) -> Claim | None:
        """Take a session for connection `conn`, or None: a newer one has it, or it is proven and
        the claim is not `trusted` (showed no token), or it belongs to another meeting.

        One statement, so that half-open sockets and other processes are fenced by the database.
        """
        fresh = {
            "session_id": who.session_id,
            "meeting_id": who.meeting_id,
            "participant_id": who.participant_id,
            "name": who.name,
            "meta": who.meta,
            "key": who.key,
            "conn": conn,
            "through": -1,
            "proven": False,
            "left": False,
            "started_at": now,
            "last_at": now,
        }
        allowed = [
            session.c.conn < conn,
            session.c.meeting_id == who.meeting_id,
            session.c.participant_id == who.participant_id,
            session.c.key == who.key,
        ]
        if not trusted:
            allowed.append(sa.not_(session.c.proven))
        taken = (
            upsert(session)
            .values(fresh)
            .on_conflict_do_update(
                index_elements=["session_id"],
                set_={"conn": conn, "name": who.name, "left": False, "last_at": now},
                where=sa.and_(*allowed),
            )
            .returning(session.c.through, session.c.proven, session.c.offset)
        )
        held = {
            "meeting_id": who.meeting_id,
            "started_at": now,
            "last_at": now,
            "live": True,
            "participants": 0,
            "rating": "unknown",
            "sentence": "",
        }
        new_occurrence = sa.and_(meeting.c.last_at < now - ENDED_MS, sa.not_(meeting.c.live))
        with self._transaction() as db:
            row = db.execute(taken).one_or_none()
            if row is None:
                return None
            through, proven, offset = row
            started_at = db.execute(
                upsert(meeting)
                .values(held)
                .on_conflict_do_update(
                    index_elements=["meeting_id"],
                    set_={
                        "started_at": sa.case((new_occurrence, now), else_=meeting.c.started_at),
                        "last_at": now,
                        "live": True,
                    },
                )
                .returning(meeting.c.started_at)
            ).scalar_one()
        return Claim(through, proven, offset, started_at)

    def write(self, pieces: Sequence[Piece], now: int) -> set[tuple[str, int]]:
        """Store pieces in one transaction. Returns the (session_id, conn) that no longer own
        their session: nothing of theirs was stored."""
        by_owner: dict[tuple[str, int], list[Piece]] = {}
        for piece in pieces:
            by_owner.setdefault((piece.session_id, piece.conn), []).append(piece)
        moves = [move(group, now) for group in by_owner.values()]
        if not moves:
            return set()
        # All at once; only if somebody lost a session, one by one to learn who.
        with contextlib.suppress(Fenced), self._transaction() as db:
            if db.execute(MOVE, moves).rowcount != len(moves):
                raise Fenced
            insert(db, pieces, now)
            return set()
        lost: set[tuple[str, int]] = set()
        with self._transaction() as db:
            for owner, step in zip(by_owner, moves, strict=True):
                if db.execute(MOVE, step).rowcount != 1:
                    lost.add(owner)
            insert(db, [p for p in pieces if (p.session_id, p.conn) not in lost], now)
        return lost

    def save(self, states: Sequence[Saved], summaries: Sequence[Summary]) -> None:
        """Keep the last known states and headlines."""
        with self._transaction() as db:
            if states:
                db.execute(
                    sa.update(session)
                    .where(
                        session.c.session_id == sa.bindparam("of"),
                        session.c.conn == sa.bindparam("by"),
                    )
                    .values(
                        # One that connected and said nothing yet keeps what it said before.
                        state=sa.func.coalesce(sa.bindparam("now_state"), session.c.state),
                        last_at=sa.bindparam("at"),
                    ),
                    [
                        {"of": s.session_id, "by": s.conn, "now_state": s.state, "at": s.last_at}
                        for s in states
                    ],
                )
            for summary in summaries:
                db.execute(
                    sa.update(meeting)
                    .where(meeting.c.meeting_id == summary.meeting_id)
                    .values(self._headline(db, summary))
                )

    def _headline(self, db: sa.Connection, summary: Summary) -> dict[str, Any]:
        values: dict[str, Any] = {"live": summary.live, "last_at": summary.last_at}
        if summary.rating != "unknown":  # the last verdict outlives the silence after it
            values["score"] = summary.score
            values["rating"] = summary.rating
            values["sentence"] = summary.sentence
        elif summary.sentence:  # nobody ever got so far as to be rated
            values["sentence"] = summary.sentence
        if summary.live:
            values["participants"] = summary.participants
        else:
            of_this = self._occurrence(summary.meeting_id)
            count = sa.select(sa.func.count(sa.distinct(session.c.participant_id))).where(of_this)
            values["participants"] = db.execute(count).scalar_one()
        return values

    def _transaction(self) -> Transaction:
        return Transaction(self._engine)

    # -- reads: called from any thread --------------------------------------------------------

    @staticmethod
    def _occurrence(meeting_id: str) -> sa.ColumnElement[bool]:
        """Sessions of the meeting's newest occurrence."""
        started = (
            sa.select(meeting.c.started_at)
            .where(meeting.c.meeting_id == meeting_id)
            .scalar_subquery()
        )
        return sa.and_(session.c.meeting_id == meeting_id, session.c.last_at >= started)

    def _read(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        try:
            with self._engine.connect() as db:
                return [dict(row) for row in db.execute(query).mappings()]
        except sa.exc.DatabaseError as error:
            raise StorageError(str(error.orig)) from error

    def session(self, session_id: str) -> dict[str, Any] | None:
        """One row of the table `session`."""
        rows = self._read(sa.select(session).where(session.c.session_id == session_id))
        return rows[0] if rows else None

    def meeting(self, meeting_id: str) -> dict[str, Any] | None:
        """One row of the table `meeting`."""
        rows = self._read(sa.select(meeting).where(meeting.c.meeting_id == meeting_id))
        return rows[0] if rows else None

    def sessions(self, meeting_id: str, participant_id: str | None = None) -> list[dict[str, Any]]:
        """The sessions of a meeting's newest occurrence, oldest first; of one participant: all."""
        if participant_id is None:
            which = self._occurrence(meeting_id)
        else:
            which = sa.and_(
                session.c.meeting_id == meeting_id, session.c.participant_id == participant_id
            )
        return self._read(sa.select(session).where(which).order_by(session.c.started_at))

    def ended(
        self,
        search: str = "",
        rating: str = "",
        after: tuple[int, str] | None = None,
        skip: int = 0,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """Meetings that are not live, newest first.

        after: (started_at, meeting_id) of the last one seen; or skip: so many.
        """
        where = self._ended(search)
        if rating:
            where.append(meeting.c.rating == rating)
        if after is not None:
            place = sa.tuple_(meeting.c.started_at, meeting.c.meeting_id)
            where.append(place < sa.tuple_(*after))
        order = (meeting.c.started_at.desc(), meeting.c.meeting_id.desc())
        page = sa.select(meeting).where(*where).order_by(*order).offset(skip).limit(limit)
        return self._read(page)

    def ended_counts(self, search: str = "") -> dict[str, int]:
        """Meetings that are not live, by rating."""
        count = sa.func.count().label("n")
        query = sa.select(meeting.c.rating, count).where(*self._ended(search))
        rows = self._read(query.group_by(meeting.c.rating))
        return {row["rating"]: row["n"] for row in rows}

    @staticmethod
    def _ended(search: str) -> list[sa.ColumnElement[bool]]:
        where: list[sa.ColumnElement[bool]] = [sa.not_(meeting.c.live)]
        if search:
            somebody = sa.exists().where(
                session.c.meeting_id == meeting.c.meeting_id,
                sa.or_(
                    session.c.participant_id.icontains(search, autoescape=True),
                    session.c.name.icontains(search, autoescape=True),
                ),
            )
            where.append(sa.or_(meeting.c.meeting_id.icontains(search, autoescape=True), somebody))
        return where

    def journal(
        self,
        session_id: str,
        start: int | None = None,
        end: int | None = None,
        around: bool = False,
    ) -> list[dict[str, Any]]:
        """Journal rows that touch [start, end] (service's ms), in order of their ticks.

        around: and the one before and the one after, which tell of gaps across the edges.
        """
        own = journal.c.session_id == session_id
        edges: list[tuple[sa.ColumnElement[bool], sa.ColumnElement[Any]]] = []
        if start is not None:
            edges.append((journal.c.t1 >= start, sa.func.max(journal.c.first)))
        if end is not None:
            edges.append((journal.c.t0 <= end, sa.func.min(journal.c.first)))
        query = sa.select(journal).where(own)
        for inside, nearest in edges:
            near = sa.select(nearest).where(own, sa.not_(inside)).scalar_subquery()
            query = query.where(sa.or_(inside, journal.c.first == near) if around else inside)
        return self._read(query.order_by(journal.c.first))

    def gaps(self, session_id: str) -> list[dict[str, Any]]:
        """Declared gaps of a session: [{first, last, told_at}], in order."""
        query = sa.select(gap).where(gap.c.session_id == session_id).order_by(gap.c.first)
        return self._read(query)


def state_of(row: dict[str, Any]) -> dict[str, Any]:
    """The last known state in a row of the table `session`, `{}` when there was none."""
    kept: dict[str, Any] = json.loads(row["state"]) if row["state"] else {}
    return kept
