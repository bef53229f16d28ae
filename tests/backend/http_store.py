"""Rollups in a database, and the plain list of batches that they are compared to."""

from __future__ import annotations

import math
import random
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from callvitals_server.database import read
from callvitals_server.history import History
from callvitals_server.http_answers import HttpAnswers
from callvitals_server.http_batch import Batch, Record
from callvitals_server.http_rollup import (
    LEVELS,
    Rollups,
    Sum,
    of_row,
    summed,
)
from callvitals_server.records import Keep
from callvitals_server.schema_http import http_endpoint, http_rollup


def at(text: str, zone: Any = None) -> int:
    """Epoch ms of an ISO time; UTC without a zone."""
    when = datetime.fromisoformat(text)
    return int(when.replace(tzinfo=zone or ZoneInfo("UTC")).timestamp() * 1000)


class Store:
    """A database, and the plain list of batches that it is compared to."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.rollups = Rollups(history.engine, Keep())
        self.answers = HttpAnswers(history.engine)
        self.raw: dict[str, Batch] = {}

    def apply(self, batch: Batch, now: int) -> None:
        fresh = batch.batch not in self.raw
        assert self.rollups.apply(batch, now) is fresh
        self.raw.setdefault(batch.batch, batch)

    def records(self, start: int = 0, end: int = 1 << 60) -> list[tuple[str, Record]]:
        return [
            (batch.service, record)
            for batch in self.raw.values()
            for record in batch.records
            if start <= record.t < end
        ]

    def rows(self) -> dict[tuple[Any, ...], Sum]:
        table = http_rollup.join(http_endpoint, http_rollup.c.endpoint == http_endpoint.c.endpoint)
        names = (http_endpoint.c.service, http_endpoint.c.route, http_endpoint.c.method)
        query = sa.select(http_rollup, *names).select_from(table)
        return {
            (r["level"], r["at"], r["service"], r["route"], r["method"], r["status_class"]): (
                of_row(r)
            )
            for r in read(self.history.engine, query)
        }

    def recomputed(self) -> dict[tuple[Any, ...], Sum]:
        groups: dict[tuple[Any, ...], list[Record]] = {}
        for service, r in self.records():
            for level in LEVELS:
                key = (level, r.t // level * level, service, r.route, r.method, r.status // 100)
                groups.setdefault(key, []).append(r)
        return {key: summed(some) for key, some in groups.items()}


def made(rng: random.Random, t: int) -> Record:
    status = rng.choice([200, 200, 201, 304, 404, 500, 503])
    last = round(math.exp(rng.uniform(5, 16)))
    return Record(
        t,
        rng.choice(["/a/{id}", "/b", "<unmatched>"]),
        rng.choice(["GET", "POST", "WEBSOCKET"]),
        status,
        rng.randrange(10_000),
        rng.randrange(10**9),
        rng.randrange(last + 1),
        last,
        rng.choice([None, "ann", "bob", f"u{rng.randrange(900)}"]),
        rng.randrange(8),
    )


def batches(rng: random.Random, count: int, start: int, end: int) -> list[Batch]:
    out = []
    for n in range(count):
        near = rng.randrange(start, end)
        records = [made(rng, near + rng.randrange(3_000)) for _ in range(rng.randrange(1, 40))]
        out.append(
            Batch(
                f"{rng.random()}-{n:06d}", rng.choice(["", "api"]), near, rng.randrange(3), records
            )
        )
    return out
