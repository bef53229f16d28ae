"""Batches into rollups: minutes, hours, days (UTC) of every endpoint x method x status class.

A batch is applied in one transaction with the row that remembers its id, so it counts once however
often it comes; everything in a rollup merges exactly, so that the order does not matter and late
batches need nothing special.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .database import transaction, upsert
from .http_batch import OLDEST_MS, Batch, Record
from .http_metrics import ABORTED, FAILED, STREAMED
from .http_routes import OTHER
from .http_sketch import counted, hashed, merged_sketches, merged_users, pack
from .records import Keep
from .schema_http import http_batch, http_endpoint, http_error, http_rollup

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
LEVELS = (MINUTE, HOUR, DAY)
MINUTES_KEPT = 6 * HOUR
ENDPOINTS = 2000  # of one service; what is beyond is one more
ERRORS_A_BATCH = 200
_LOCK = 0x63616C6D
_ROWS = 5000  # deleted at a time
_SUMS = (
    "count", "errors", "aborted", "failed", "streamed", "request_bytes", "response_bytes", "total",
)  # fmt: skip

Key = tuple[int, int, int, int]
"""level, at, endpoint, status class."""


@dataclass(slots=True)
class Sum:
    """What some requests came to."""

    sums: list[int]
    longest: int
    latency: bytes
    first: bytes
    users: bytes

    def row(self) -> dict[str, Any]:
        """Columns of http_rollup, the key left out."""
        rest = {
            "longest": self.longest,
            "latency": self.latency,
            "first": self.first,
            "users": self.users,
        }
        return dict(zip(_SUMS, self.sums, strict=True)) | rest


def is_error(record: Record) -> bool:
    """Our fault: a status of 500 and above, or a response that broke off by itself."""
    return record.status >= 500 or bool(record.flags & FAILED)


def summed(records: Sequence[Record]) -> Sum:
    """Of these records."""
    last = [r.last for r in records]
    sums = [
        len(records),
        sum(is_error(r) for r in records),
        sum(bool(r.flags & ABORTED) for r in records),
        sum(bool(r.flags & FAILED) for r in records),
        sum(bool(r.flags & STREAMED) for r in records),
        sum(r.request_bytes for r in records),
        sum(r.response_bytes for r in records),
        sum(last),
    ]
    first = [r.first for r in records]
    latency = pack(counted(last))
    return Sum(
        sums,
        max(last),
        latency,
        latency if first == last else pack(counted(first)),
        hashed(r.user for r in records if r.user is not None),
    )


def merged(parts: Sequence[Sum]) -> Sum:
    """Of these together: equal to `summed` of all their records."""
    if len(parts) == 1:
        return parts[0]
    latency = merged_sketches([part.latency for part in parts])
    whole = all(part.first == part.latency for part in parts)  # nobody streamed: most are so
    first = latency if whole else merged_sketches([part.first for part in parts])
    return Sum(
        [sum(column) for column in zip(*(p.sums for p in parts), strict=True)],
        max(p.longest for p in parts),
        latency,
        first,
        merged_users([p.users for p in parts if p.users]),
    )


def of_row(row: Any) -> Sum:
    """A row of http_rollup."""
    return Sum(
        [row[name] for name in _SUMS], row["longest"], row["latency"], row["first"], row["users"]
    )


def grouped(records: Iterable[tuple[int, Record]], oldest_minute: int) -> dict[Key, Sum]:
    """(endpoint, record) pairs -> their rollups at all levels. Minutes before `oldest_minute` are
    not made any more."""
    minutes: dict[Key, list[Record]] = {}
    for endpoint, record in records:
        key = (MINUTE, record.t // MINUTE * MINUTE, endpoint, record.status // 100)
        minutes.setdefault(key, []).append(record)
    level = {key: summed(some) for key, some in minutes.items()}
    out = {key: one for key, one in level.items() if key[1] >= oldest_minute}
    for span in (HOUR, DAY):
        parts: dict[Key, list[Sum]] = {}
        for (_, at, endpoint, status_class), one in level.items():
            parts.setdefault((span, at // span * span, endpoint, status_class), []).append(one)
        level = {key: merged(some) for key, some in parts.items()}
        out |= level
    return out


class Rollups:
    """Writes. Every call is one transaction; raises StorageError."""

    def __init__(self, engine: sa.Engine, keep: Keep) -> None:
        self._engine = engine
        self._keep = keep

    def apply(self, batch: Batch, now: int) -> bool:
        """Count a batch. False: it was counted before."""
        return self.apply_all([batch], now)[0]

    def apply_all(self, batches: Sequence[Batch], now: int) -> list[bool]:
        """Count several, which costs little more than one: they have most endpoints in common.
        For each, whether it was new."""
        fresh: list[bool] = []
        with transaction(self._engine) as db:
            if db.dialect.name == "postgresql":  # merging is reading and writing
                db.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            pairs: list[tuple[int, Record]] = []
            for batch in batches:
                # First, so that SQLite's lock is had before anything is read.
                fresh.append(self._remember(db, batch, now))
                if fresh[-1] and batch.records:
                    ids = self._endpoints(db, batch)
                    mine = [(ids[r.route, r.method], r) for r in batch.records]
                    self._errors(db, batch.batch, mine)
                    pairs += mine
            if pairs:
                self._merge(db, grouped(pairs, now - MINUTES_KEPT))
        return fresh

    def _remember(self, db: sa.Connection, batch: Batch, now: int) -> bool:
        told = {
            "batch": batch.batch,
            "at": batch.at,
            "taken_at": now,
            "service": batch.service,
            "records": len(batch.records),
            "dropped": batch.dropped,
        }
        insert = upsert(db, http_batch).values(told).on_conflict_do_nothing()
        return db.execute(insert.returning(http_batch.c.batch)).first() is not None

    def _endpoints(self, db: sa.Connection, batch: Batch) -> dict[tuple[str, str], int]:
        """(route, method) -> the endpoint's number, made where it is new."""
        wanted = {(r.route, r.method) for r in batch.records}
        known = self._known(db, batch.service, wanted)
        new = sorted(wanted - known.keys())
        if new:
            mine = http_endpoint.c.service == batch.service
            count = sa.select(sa.func.count()).select_from(http_endpoint).where(mine)
            room = max(0, ENDPOINTS - db.execute(count).scalar_one())
            more = new[:room]
            beyond = {(OTHER, method) for _, method in new[room:]}
            rows = [
                {"service": batch.service, "route": route, "method": method}
                for route, method in (*more, *sorted(beyond))
            ]
            db.execute(upsert(db, http_endpoint).on_conflict_do_nothing(), rows)
            known = self._known(db, batch.service, wanted | beyond)
        return {
            (route, method): known.get((route, method)) or known[OTHER, method]
            for route, method in wanted
        }

    def _known(
        self, db: sa.Connection, service: str, wanted: set[tuple[str, str]]
    ) -> dict[tuple[str, str], int]:
        routes = sorted({route for route, _ in wanted})
        query = sa.select(http_endpoint).where(
            http_endpoint.c.service == service, http_endpoint.c.route.in_(routes)
        )
        return {(row.route, row.method): row.endpoint for row in db.execute(query)}

    def _merge(self, db: sa.Connection, fresh: dict[Key, Sum]) -> None:
        by_period: dict[tuple[int, int], list[int]] = {}
        for level, at, endpoint, _ in fresh:
            by_period.setdefault((level, at), []).append(endpoint)
        for (level, at), endpoints in by_period.items():
            query = sa.select(http_rollup).where(
                http_rollup.c.level == level,
                http_rollup.c.at == at,
                http_rollup.c.endpoint.in_(sorted(set(endpoints))),
            )
            for row in db.execute(query).mappings():
                key = (level, at, row["endpoint"], row["status_class"])
                if key in fresh:
                    fresh[key] = merged([of_row(row), fresh[key]])
        rows = [
            dict(zip(("level", "at", "endpoint", "status_class"), key, strict=True)) | one.row()
            for key, one in fresh.items()
        ]
        insert = upsert(db, http_rollup)
        changed = {name: insert.excluded[name] for name in summed_columns()}
        names = ["level", "at", "endpoint", "status_class"]
        db.execute(insert.on_conflict_do_update(index_elements=names, set_=changed), rows)

    def _errors(self, db: sa.Connection, batch: str, pairs: list[tuple[int, Record]]) -> None:
        """Keep one by one what went wrong: all of it where the user is known."""
        rows = [
            {
                "batch": batch,
                "n": n,
                "at": r.t,
                "user": r.user,
                "endpoint": endpoint,
                "status": r.status,
                "flags": r.flags,
                "request_bytes": r.request_bytes,
                "response_bytes": r.response_bytes,
                "duration": r.last,
            }
            for n, (endpoint, r) in enumerate(pairs)
            if is_error(r) or (r.user is not None and (r.status >= 400 or r.flags & ABORTED))
        ]
        if rows:
            db.execute(sa.insert(http_error), rows[:ERRORS_A_BATCH])

    def forget(self, now: int) -> int:
        """Drop some of what is older than it is kept. Returns how many rows went; 0: all done."""
        old = [
            (http_rollup, (http_rollup.c.level == MINUTE, http_rollup.c.at < now - MINUTES_KEPT)),
            (http_rollup, (http_rollup.c.level == HOUR, http_rollup.c.at < now - self._keep.hours)),
            (http_rollup, (http_rollup.c.level == DAY, http_rollup.c.at < now - self._keep.hours)),
            (http_error, (http_error.c.at < now - self._keep.minutes,)),
            # Longer than any batch may be late.
            (http_batch, (http_batch.c.taken_at < now - 2 * OLDEST_MS,)),
        ]
        gone = 0
        for table, conditions in old:
            keys = list(table.primary_key.columns)
            some = sa.select(*keys).where(*conditions).limit(_ROWS)
            with transaction(self._engine) as db:
                chosen = sa.tuple_(*keys).in_(some)
                gone += db.execute(sa.delete(table).where(chosen)).rowcount
        return gone


def summed_columns() -> tuple[str, ...]:
    """All of http_rollup but the key."""
    return (*_SUMS, "longest", "latency", "first", "users")
