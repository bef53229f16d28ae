"""Where blobs of sessions lie until they are forgotten as a whole: on SQLite a file per day (per
month for hours), on PostgreSQL a partition per day. Forgetting is a file deleted, a partition
dropped: as cheap for years as for minutes."""

from __future__ import annotations

import contextlib
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from .columns import DAY_MS
from .database import read, sqlite_engine, storage_errors, transaction, upsert
from .records import StorageError
from .schema import event, hour, minute, raw, shelves

Row = dict[str, Any]

# Tables that lie, and are forgotten, together; the length of their periods.
SHELVES: dict[str, tuple[tuple[sa.Table, ...], str]] = {
    "raw": ((raw,), "day"),
    "minute": ((minute, event), "day"),
    "hour": ((hour,), "month"),
}
OF = {table.name: name for name, (tables, _) in SHELVES.items() for table in tables}
OPEN_FILES = 16
# Who reads one needs no room on the disk; what is committed there survives power loss: it takes the
# place of journal rows, which are in another file.
PRAGMAS = ("journal_mode=DELETE", "synchronous=EXTRA")
REACH_MS = 7 * DAY_MS  # a blob lies where it begins; a computer may sleep in the midst of one
_LOCK = 0x63616C6D


class Shelves(Protocol):
    """Rows of the tables `raw`, `event`, `minute`, `hour`."""

    def put(self, table: sa.Table, rows: Sequence[Row]) -> set[tuple[str, int]]:
        """Insert and commit. Returns (session_id, first) of what was written: ticks that are there
        stay as they are, rollups give way to what has later ticks. Raises StorageError."""

    def find(
        self, table: sa.Table, session_id: str, start: int, end: int, bodies: bool = True
    ) -> list[Row]:
        """What there is of a session with t0 <= end, t1 >= start, in order."""

    def load(self, table: sa.Table, session_id: str, found: Sequence[Row]) -> list[Row]:
        """These, which were found without, with their bodies."""

    def forget(self, shelf: str, before: int) -> list[str]:
        """Drop the periods that ended before this time. Returns their names."""

    def periods(self, shelf: str) -> list[str]:
        """What there is, oldest first: 2026-11-24, or 2026-11."""

    def close(self) -> None:
        """Let go of the files."""


def period_of(shelf: str, t: int) -> str:
    """The period in which a time lies."""
    day = datetime.fromtimestamp(t // 1000, UTC)
    return day.strftime("%Y-%m-%d" if SHELVES[shelf][1] == "day" else "%Y-%m")


@lru_cache(1024)
def bounds(period: str) -> tuple[int, int]:
    """Its first ms, and the first one after it."""
    parts = [int(part) for part in period.split("-")]
    if len(parts) == 3:
        start = datetime(parts[0], parts[1], parts[2], tzinfo=UTC)
        end = start + timedelta(days=1)
    else:
        start = datetime(parts[0], parts[1], 1, tzinfo=UTC)
        end = (start + timedelta(days=32)).replace(day=1)
    return int(start.timestamp()) * 1000, int(end.timestamp()) * 1000


def _insert(db: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> set[tuple[str, int]]:
    insert = upsert(db, table)
    keys = ["session_id", "t0", "first"]
    if table in (raw, event):
        insert = insert.on_conflict_do_nothing(index_elements=keys)
    else:
        later = {name: insert.excluded[name] for name in ("last", "t1", "body")}
        insert = insert.on_conflict_do_update(
            index_elements=keys, set_=later, where=insert.excluded.last >= table.c.last
        )
    insert = insert.returning(table.c.session_id, table.c.first)
    return {(row.session_id, row.first) for row in db.execute(insert, list(rows))}


@cache
def _find(table: sa.Table, bodies: bool) -> sa.Select[Any]:
    columns = [column for column in table.c if bodies or column.name != "body"]
    own = (
        table.c.session_id == sa.bindparam("of"),
        table.c.t0 <= sa.bindparam("end"),
        table.c.t0 > sa.bindparam("reach"),
        table.c.t1 >= sa.bindparam("start"),
    )
    return sa.select(*columns).where(*own).order_by(table.c.t0, table.c.first)


def _found(session_id: str, start: int, end: int) -> Row:
    return {"of": session_id, "start": start, "end": end, "reach": start - REACH_MS}


def _bodies(table: sa.Table, session_id: str, found: Iterable[Row]) -> sa.Select[Any]:
    starts = sorted({row["t0"] for row in found})
    own = (table.c.session_id == session_id, table.c.t0.in_(starts))
    return sa.select(table).where(*own).order_by(table.c.t0, table.c.first)


class Files:
    """`folder/raw/2026-11-24.db` and so on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._engines: OrderedDict[Path, sa.Engine] = OrderedDict()
        self._made: set[Path] = set()  # those whose tables are there
        self._lock = threading.Lock()

    def _engine(self, shelf: str, period: str, make: bool = False) -> sa.Engine | None:
        path = self._folder / shelf / f"{period}.db"
        with self._lock:
            engine = self._engines.get(path)
            if engine is None:
                if not make and not path.exists():
                    return None
                self._make(path.parent)
                engine = self._engines[path] = sqlite_engine(path, PRAGMAS, pool=2)
            self._engines.move_to_end(path)
            while len(self._engines) > OPEN_FILES:
                self._engines.popitem(last=False)[1].dispose()
            if make and path not in self._made:
                with storage_errors():
                    shelves.create_all(engine, list(SHELVES[shelf][0]))
                self._made.add(path)
            return engine

    @staticmethod
    def _make(folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"cannot make the folder {folder}: {error.strerror}") from error

    def put(self, table: sa.Table, rows: Sequence[Row]) -> set[tuple[str, int]]:
        """See Shelves."""
        shelf = OF[table.name]
        by_period: dict[str, list[Row]] = {}
        for row in rows:
            by_period.setdefault(period_of(shelf, row["t0"]), []).append(row)
        written: set[tuple[str, int]] = set()
        for period, part in by_period.items():
            engine = self._engine(shelf, period, make=True)
            assert engine is not None
            with transaction(engine) as db:
                written |= _insert(db, table, part)
        return written

    def find(
        self, table: sa.Table, session_id: str, start: int, end: int, bodies: bool = True
    ) -> list[Row]:
        """See Shelves."""
        query, given = _find(table, bodies), _found(session_id, start, end)
        out = []
        for period in self.periods(OF[table.name]):
            low, high = bounds(period)
            if low <= end and high > start - REACH_MS:
                out += self._read(table, period, query, given)
        return out

    def load(self, table: sa.Table, session_id: str, found: Sequence[Row]) -> list[Row]:
        """See Shelves."""
        by_period: dict[str, list[Row]] = {}
        for row in found:
            by_period.setdefault(period_of(OF[table.name], row["t0"]), []).append(row)
        out = []
        for period, part in by_period.items():
            out += self._read(table, period, _bodies(table, session_id, part))
        return out

    def _read(
        self, table: sa.Table, period: str, query: sa.Select[Any], given: Row | None = None
    ) -> list[Row]:
        engine = self._engine(OF[table.name], period)
        if engine is None:
            return []
        try:
            return read(engine, query, given)
        except StorageError:
            with storage_errors():
                gone = not (self._folder / OF[table.name] / f"{period}.db").exists()
                if gone or not sa.inspect(engine).has_table(table.name):
                    return []  # forgotten this moment, or there was no room for its tables
            raise

    def forget(self, shelf: str, before: int) -> list[str]:
        """See Shelves."""
        gone = [period for period in self.periods(shelf) if bounds(period)[1] <= before]
        for period in gone:
            path = self._folder / shelf / f"{period}.db"
            with self._lock:
                self._made.discard(path)
                engine = self._engines.pop(path, None)
                if engine is not None:
                    engine.dispose()
                try:
                    path.unlink(missing_ok=True)
                    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
                except OSError as error:
                    raise StorageError(f"cannot delete {path}: {error.strerror}") from error
        return gone

    def periods(self, shelf: str) -> list[str]:
        """See Shelves."""
        shape = r"\d{4}-\d\d-\d\d" if SHELVES[shelf][1] == "day" else r"\d{4}-\d\d"
        names = []
        with contextlib.suppress(OSError):
            names = [path.name for path in (self._folder / shelf).iterdir()]
        return sorted(name[:-3] for name in names if re.fullmatch(rf"{shape}\.db", name))

    def close(self) -> None:
        """See Shelves."""
        with self._lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()


class Partitions:
    """`raw_2026_11_24` and so on, partitions of the tables in PostgreSQL."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._made: set[str] = set()

    def put(self, table: sa.Table, rows: Sequence[Row]) -> set[tuple[str, int]]:
        """See Shelves."""
        if not rows:
            return set()
        periods = {period_of(OF[table.name], row["t0"]) for row in rows}
        for period in sorted(periods):
            self._make(table, period)
        try:
            with transaction(self._engine) as db:
                return _insert(db, table, rows)
        except StorageError:
            self._made.clear()  # another process may have dropped one; the next time makes it anew
            raise

    def _make(self, table: sa.Table, period: str) -> None:
        name = _partition(table, period)
        if name in self._made:
            return
        low, high = bounds(period)
        with transaction(self._engine) as db:
            db.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            db.execute(
                sa.text(
                    f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table.name}"
                    f" FOR VALUES FROM ({low}) TO ({high})"
                )
            )
        self._made.add(name)

    def find(
        self, table: sa.Table, session_id: str, start: int, end: int, bodies: bool = True
    ) -> list[Row]:
        """See Shelves."""
        return read(self._engine, _find(table, bodies), _found(session_id, start, end))

    def load(self, table: sa.Table, session_id: str, found: Sequence[Row]) -> list[Row]:
        """See Shelves."""
        return read(self._engine, _bodies(table, session_id, found)) if found else []

    def forget(self, shelf: str, before: int) -> list[str]:
        """See Shelves."""
        gone = [period for period in self.periods(shelf) if bounds(period)[1] <= before]
        for period in gone:
            with transaction(self._engine) as db:
                # Who reads it now is waited for, but not for long: there is a next time.
                db.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
                for table in SHELVES[shelf][0]:
                    name = _partition(table, period)
                    db.execute(sa.text(f"DROP TABLE IF EXISTS {name}"))
                    self._made.discard(name)
        return gone

    def periods(self, shelf: str) -> list[str]:
        """See Shelves."""
        found = set()
        for table in SHELVES[shelf][0]:
            query = sa.text(
                "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
                " WHERE i.inhparent = CAST(:parent AS regclass)"
            ).bindparams(parent=table.name)
            rows = read(self._engine, query)
            found |= {row["relname"].removeprefix(f"{table.name}_") for row in rows}
        return sorted(name.replace("_", "-") for name in found)

    def close(self) -> None:
        """See Shelves."""


def _partition(table: sa.Table, period: str) -> str:
    return f"{table.name}_{period.replace('-', '_')}"
