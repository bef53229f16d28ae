"""What lasts: claims, the journal, the last known states; what becomes of them (seal, retention)
and the questions put to them (reads).

Plain and synchronous; `writer.py` gives the writes their own thread. SQLite and PostgreSQL by the
same tables. A transaction either stores a message's rows and moves `through`, or does neither:
that is the whole of "exactly once".
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from .commit import MOVE, Fenced, insert, move
from .database import postgres_engine, prepare, read, sqlite_engine, transaction, upsert
from .model import ENDED_MS
from .reads import Reads, state_of
from .records import Claim, Keep, Piece, Saved, StorageError, Summary, Who
from .retention import Upkeep, recount
from .schema import meeting, session, setting
from .seal import Sealer, spend
from .shelves import Files, Partitions, Shelves
from .turn import FileTurn, ServerTurn, Turn

__all__ = ["History", "state_of"]

SEAL_SECONDS = 0.05  # at a time: pages wait for their `stored` behind it
_MEETING_LOCK = 0x63616C


class History(Reads):
    """`History(folder)` opens or makes `folder/callvitals.db` and what lies beside it; with `url`
    a PostgreSQL database (the folder is not used). Raises StorageError."""

    def __init__(
        self, folder: Path, sync: str = "normal", url: str = "", keep: Keep | None = None
    ) -> None:
        self.shelves: Shelves
        self.turn: Turn
        if url:
            self.engine = postgres_engine(url)
            where = str(self.engine.url.set(password=None))
            self.shelves = Partitions(self.engine)
            self.turn = ServerTurn(self.engine)
        else:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                why = f"cannot make the data folder {folder}: {error.strerror}"
                raise StorageError(why) from error
            self.path = folder / "callvitals.db"
            where = str(self.path)
            level = "FULL" if sync == "full" else "NORMAL"
            pragmas = ("journal_mode=WAL", f"synchronous={level}")
            self.engine = sqlite_engine(self.path, pragmas)
            self.shelves = Files(folder)
            self.turn = FileTurn(folder)
        self.sealer = Sealer(self.engine, self.shelves)
        self.upkeep = Upkeep(self.engine, self.shelves, keep or Keep())
        try:
            prepare(self.engine)
            self.secret = self._secret()
        except StorageError as error:
            self.engine.dispose()
            raise StorageError(f"{where}: {error}") from error

    def _secret(self) -> bytes:
        """What signs tokens."""
        with transaction(self.engine) as db:
            made = {"name": "secret", "value": secrets.token_hex(32)}
            db.execute(upsert(db, setting).values(made).on_conflict_do_nothing())
            query = sa.select(setting.c.value).where(setting.c.name == "secret")
            return bytes.fromhex(db.execute(query).scalar_one())

    def recover(self, now: int) -> list[dict[str, Any]]:
        """After a restart: the sessions that may go on (rule 20: heard less than 300 s ago, not
        left), in the order of their last message, each with the `began` of its meeting. Meetings
        without any are over."""
        going_on = sa.and_(sa.not_(session.c.left), session.c.last_at > now - ENDED_MS)
        of_those = meeting.c.meeting_id.in_(sa.select(session.c.meeting_id).where(going_on))
        newest = sa.select(meeting.c.meeting_id, sa.func.max(meeting.c.started_at).label("began"))
        newest = newest.where(of_those).group_by(meeting.c.meeting_id)
        with transaction(self.engine) as db:
            began = {row.meeting_id: row.began for row in db.execute(newest)}
            live = sa.select(meeting.c.meeting_id, meeting.c.started_at).where(meeting.c.live)
            was = {(row.meeting_id, row.started_at) for row in db.execute(live)}
            now_live = set(began.items())
            for gone, changes in (
                (was - now_live, {"live": False, "stale": True}),
                (now_live - was, {"live": True}),
            ):
                keys = [{"of": key, "at": start} for key, start in sorted(gone)]
                if keys:
                    db.execute(sa.update(meeting).where(*_KEY).values(changes), keys)
            recount(db, {start for _, start in was ^ now_live})
        query = sa.select(session).where(going_on).order_by(session.c.last_at)
        rows = read(self.engine, query)
        return [{**row, "began": began.get(row["meeting_id"], row["started_at"])} for row in rows]

    def tend(self, now: int) -> int:
        """Seal what is due, tally, sum up, forget: a little of each, some 50 ms of work. Returns
        how much was done; 0: nothing is due, or another process is at it. Raises StorageError."""
        with self.turn.take() as mine:
            if not mine:
                return 0
            sealed = spend(SEAL_SECONDS, lambda: self.sealer.run(now))
            return sealed + self.upkeep.run(now)

    def close(self) -> None:
        """Give all connections back; the last one folds the write-ahead log in."""
        self.turn.close()
        self.shelves.close()
        self.engine.dispose()

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
        again = {"conn": conn, "name": who.name, "left": False, "last_at": now}
        taken = (
            upsert(self.engine, session)
            .values(fresh)
            .on_conflict_do_update(
                index_elements=["session_id"], set_=again, where=sa.and_(*allowed)
            )
            .returning(session.c.through, session.c.proven, session.c.offset)
        )
        with transaction(self.engine) as db:
            row = db.execute(taken).one_or_none()
            if row is None:
                return None
            through, proven, offset = row
            started_at = self._attend(db, who.meeting_id, now)
        return Claim(through, proven, offset, started_at)

    @staticmethod
    def _attend(db: sa.Connection, meeting_id: str, now: int) -> int:
        """Somebody is in a meeting. Returns when its present occurrence began: a new one begins
        when nobody was there for 300 s."""
        if db.dialect.name == "postgresql":  # two at once must not begin two
            lock = sa.func.pg_advisory_xact_lock(_MEETING_LOCK, sa.func.hashtext(meeting_id))
            db.execute(sa.select(lock))
        own = sa.select(meeting).where(meeting.c.meeting_id == meeting_id)
        known = db.execute(own.order_by(meeting.c.started_at.desc()).limit(1)).one_or_none()
        if known is not None and (known.live or known.last_at >= now - ENDED_MS):
            it = (meeting.c.meeting_id == meeting_id, meeting.c.started_at == known.started_at)
            last = max(known.last_at, now)
            db.execute(sa.update(meeting).where(*it).values(last_at=last, live=True))
            if not known.live:
                recount(db, {known.started_at})
            return int(known.started_at)
        held = {
            "meeting_id": meeting_id,
            "started_at": now,
            "last_at": now,
            "live": True,
            "participants": 0,
            "rating": "unknown",
            "sentence": "",
        }
        db.execute(upsert(db, meeting).values(held).on_conflict_do_nothing())
        return now

    def write(self, pieces: Sequence[Piece], now: int) -> set[tuple[str, int]]:
        """Store pieces in one transaction. Returns the (session_id, conn) that no longer own
        their session: nothing of theirs was stored."""
        by_owner: dict[tuple[str, int], list[Piece]] = {}
        for piece in pieces:
            by_owner.setdefault((piece.session_id, piece.conn), []).append(piece)
        # In one order everywhere, so that two processes never wait for each other in a ring.
        by_owner = dict(sorted(by_owner.items()))
        moves = [move(group, now) for group in by_owner.values()]
        if not moves:
            return set()
        # All at once; only if somebody lost a session, one by one to learn who.
        with contextlib.suppress(Fenced), transaction(self.engine) as db:
            if db.execute(MOVE, moves).rowcount != len(moves):
                raise Fenced
            insert(db, pieces, now)
            return set()
        lost: set[tuple[str, int]] = set()
        with transaction(self.engine) as db:
            for owner, step in zip(by_owner, moves, strict=True):
                if db.execute(MOVE, step).rowcount != 1:
                    lost.add(owner)
            insert(db, [p for p in pieces if (p.session_id, p.conn) not in lost], now)
        return lost

    def save(self, states: Sequence[Saved], summaries: Sequence[Summary]) -> None:
        """Keep the last known states and headlines."""
        with transaction(self.engine) as db:
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
                it = (meeting.c.meeting_id == summary.meeting_id, _newest(meeting.c.meeting_id))
                values = self._headline(db, summary)
                change = sa.update(meeting).where(*it).values(values)
                began = set(db.execute(change.returning(meeting.c.started_at)).scalars())
                if not summary.live:
                    recount(db, began)

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
            values["stale"] = True
            newest = sa.select(sa.func.max(meeting.c.started_at))
            newest = newest.where(meeting.c.meeting_id == summary.meeting_id)
            here = (
                session.c.meeting_id == summary.meeting_id,
                session.c.last_at >= newest.scalar_subquery(),
            )
            count = sa.select(sa.func.count(sa.distinct(session.c.participant_id))).where(*here)
            values["participants"] = db.execute(count).scalar_one()
        return values


_KEY = (
    meeting.c.meeting_id == sa.bindparam("of"),
    meeting.c.started_at == sa.bindparam("at"),
)


def _newest(meeting_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """The newest occurrence of a meeting."""
    other = meeting.alias()
    newest = sa.select(sa.func.max(other.c.started_at)).where(other.c.meeting_id == meeting_id)
    return meeting.c.started_at == newest.scalar_subquery()
