"""kill -9 at random moments under load: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import random
import shutil
from pathlib import Path

import pytest
from callvitals.sender import Sender
from callvitals_demo.client import Client, Identity
from callvitals_server.history import History

from .kit import Server, document, eventually, rows, upload

PAGES = 6


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
        return asyncio.get_running_loop().time().__int__() * 1000

    @property
    def acknowledged(self) -> int:
        return self.sender.through

    async def push(self) -> None:
        (row,) = rows([self.tick])
        self.sender.push({**row, "notable": True}, document(self.tick))
        self.tick += 1
        await self.client.act()

    async def close(self) -> None:
        self.client.stop()
        await self.task


@pytest.mark.parametrize("seed", [1, 2, pytest.param(3, marks=pytest.mark.long)])
async def test_every_acknowledged_tick_is_there_once(own_server: Server, seed: int) -> None:
    chance = random.Random(seed)
    kills = 3
    own_server.start()
    pages = [Pusher(own_server.url, number) for number in range(PAGES)]
    try:
        for _ in range(kills):
            before = [page.acknowledged for page in pages]
            calm = asyncio.get_running_loop().time() + chance.uniform(0.3, 1.2)

            async def moved(before: list[int] = before, calm: float = calm) -> bool:
                for page in pages:
                    await page.push()
                late = asyncio.get_running_loop().time() >= calm
                return late and any(p.acknowledged > b for p, b in zip(pages, before, strict=True))

            await eventually(moved, 40)
            told = [page.acknowledged for page in pages]
            await asyncio.to_thread(own_server.kill)
            check(own_server.data, pages, told)
            await asyncio.to_thread(own_server.start)

        async def caught_up() -> bool:
            for page in pages:
                await page.client.act()
            return all(page.acknowledged == page.tick - 1 for page in pages)

        await eventually(caught_up, 60)
    finally:
        for page in pages:
            await page.close()
    check(own_server.data, pages, [page.tick - 1 for page in pages])
    for page in pages:
        who = page.identity.participantId
        path = f"/api/meetings/crash/participants/{who}/series?metrics=upload&points=20000"
        found = (await asyncio.to_thread(own_server.get, path))[1]
        ticks = [tick for tick in found["tick"] if tick is not None]
        assert ticks == list(range(page.tick))
        uploads = [u for u in found["series"]["upload"] if u is not None]
        assert uploads == [upload(tick) for tick in ticks]


def check(data: Path, pages: list[Pusher], told: list[int]) -> None:
    """The files as the dead process left them."""
    copy = data.parent / "copy"
    shutil.copytree(data, copy)
    history = History(copy)
    for page, through in zip(pages, told, strict=True):
        found = history.ticks(page.identity.sessionId, ["upload"])
        ticks = found.tick.tolist()
        assert ticks == list(range(len(ticks)))  # none missing, none twice
        assert found.values["upload"].tolist() == [upload(tick) for tick in ticks]
        assert len(ticks) > through
    history.close()
    shutil.rmtree(copy)
