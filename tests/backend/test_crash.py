"""kill -9 at random moments under load: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from callvitals.sender import Sender
from callvitals_demo.client import Client, Identity
from callvitals_server import rollup
from callvitals_server.database import postgres_engine
from callvitals_server.reads import FAR
from callvitals_server.stored import Stored

from .kit import T0, Server, document, eventually, rows, upload
from .stores import HOUR, MINUTE

PAGES = 6
BACKLOG = 3000  # what is unsent for an hour, a tick a second, is given up by design
PACE = 20  # ticks at a time: a chunk is full after some thirty


class Pusher:
    """A page that makes rows as fast as it may, through the real sender and client."""

    def __init__(self, url: str, number: int) -> None:
        self.identity = Identity("crash", f"p{number}", "", f"{number:032x}")
        self.sender = Sender({"engine": "cpython", "host": "test", "why": "test"})
        self.client = Client(
            url, self.identity, self.sender, self.clock, lambda _: None, random.Random(number)
        )
        self.tick = 0
        self.task = asyncio.create_task(self.client.run())

    @staticmethod
    def clock() -> int:
        return time.time_ns() // 1_000_000

    @property
    def acknowledged(self) -> int:
        return self.sender.through

    async def push(self, ticks: int = 1) -> None:
        if self.tick - self.acknowledged > BACKLOG:
            ticks = 0
        for row in rows(range(self.tick, self.tick + ticks)):
            self.sender.push({**row, "notable": True}, document(row["tick"]))
            self.tick += 1
        await self.client.act()

    async def close(self) -> None:
        self.client.stop()
        await self.task


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A service in either mode, not started."""
    env = {}
    if request.param == "postgres":
        address = request.getfixturevalue("database")
        env = {"CALLVITALS_DATABASE_URL": address, "CALLVITALS_REDIS_URL": "redis://127.0.0.1:1"}
    server = Server(tmp_path / "data", env=env)
    yield server
    if server.process is not None:
        server.end()
        assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize(("kills", "seed"), [(5, 1), pytest.param(50, 2, marks=pytest.mark.long)])
async def test_every_acknowledged_tick_is_there_once(server: Server, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    server.start()
    pages = [Pusher(server.url, number) for number in range(PAGES)]
    sealed = [sealed_of(server)]
    try:
        for number in range(kills):
            before = [page.acknowledged for page in pages]
            calm = time.monotonic() + chance.uniform(0.0, 1.0)

            async def moved(before: list[int] = before, calm: float = calm) -> bool:
                for page in pages:
                    await page.push(PACE)
                late = time.monotonic() >= calm
                return late and any(p.acknowledged > b for p, b in zip(pages, before, strict=True))

            async def sealing(moved: Any = moved) -> bool:
                return await moved() and await asyncio.to_thread(sealed_of, server) > sealed[-1]

            # Every other time while it seals; else whenever, which mostly is while it stores.
            await eventually(sealing if number % 2 else moved, 60)
            await asyncio.sleep(chance.uniform(0.0, 0.05))
            told = [page.acknowledged for page in pages]
            await asyncio.to_thread(server.kill)
            await eventually(lambda: asyncio.to_thread(is_alone, server))
            await asyncio.to_thread(check, server, pages, told)
            sealed.append(sealed_of(server))
            await asyncio.to_thread(server.start)

        async def caught_up() -> bool:
            for page in pages:
                await page.client.act()
            return all(page.acknowledged == page.tick - 1 for page in pages)

        await eventually(caught_up, 60)
    finally:
        for page in pages:
            await page.close()
    check(server, pages, [page.tick - 1 for page in pages])
    assert len(set(sealed)) > kills // 2
    for page in pages:
        who = page.identity.participantId
        path = f"/api/meetings/crash/participants/{who}/series?metrics=upload&points=20000"
        path += f"&from={T0 - HOUR}&to={T0 + 15_000_000}"
        found = (await asyncio.to_thread(server.get, path))[1]
        ticks = [tick for tick in found["tick"] if tick is not None]
        assert ticks == list(range(len(ticks)))
        assert len(ticks) >= min(page.tick, 14_900)
        uploads = [u for u in found["series"]["upload"] if u is not None]
        assert uploads == [upload(tick) for tick in ticks]


def is_alone(server: Server) -> bool:
    """PostgreSQL ends what the dead process had begun, and may keep it, while others look."""
    url = server.env.get("CALLVITALS_DATABASE_URL", "")
    if not url:
        return True
    engine = postgres_engine(url)
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    with engine.connect() as connection:
        query = f"SELECT count(*) FROM pg_stat_activity WHERE {others}"
        alone = connection.execute(sa.text(query)).scalar_one() == 0
    engine.dispose()
    return alone


def sealed_of(server: Server) -> int:
    """How far all sessions are sealed together."""
    with Stored(server.env.get("CALLVITALS_DATABASE_URL", "") or server.data) as history:
        return sum(row["sealed"] + 1 for row in history.sessions("crash"))


def check(server: Server, pages: list[Pusher], told: list[int]) -> None:
    """What the dead process left: every tick once, rollups as anew from the ticks."""
    url = server.env.get("CALLVITALS_DATABASE_URL", "")
    copy = server.data.parent / "copy"
    if not url:
        shutil.copytree(server.data, copy)  # to look at it must not heal it
    with Stored(url or copy) as history:
        for page, through in zip(pages, told, strict=True):
            sid = page.identity.sessionId
            found = history.ticks(sid)
            ticks = found.tick.tolist()
            assert ticks == list(range(len(ticks)))  # none missing, none twice
            uploads = found.values["upload"].tolist() if ticks else []
            assert uploads == [upload(tick) for tick in ticks]
            assert len(ticks) > through
            assert history.gaps(sid) == []
            for width, ask in ((MINUTE, history.minutes), (HOUR, history.hours)):
                kept, fresh = ask(sid, 0, FAR), rollup.of_ticks(found, None, width)
                assert kept.t.tolist() == fresh.t.tolist()
                assert kept.base.tolist() == fresh.base.tolist()
                for name, stats in fresh.series.items():
                    assert kept.series[name].tolist() == stats.tolist()
    shutil.rmtree(copy, ignore_errors=True)
