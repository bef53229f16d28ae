"""Work that is cheaper together: what comes while some is being done goes into the next turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

One = TypeVar("One")
Told = TypeVar("Told")


class Grouped(Generic[One, Told]):
    """`work` takes up to `most` at a time, in the order in which they came, and tells what became
    of each: a value, or the exception that its caller gets. If it raises, all of them get that."""

    def __init__(
        self,
        work: Callable[[list[One]], Awaitable[Sequence[Told | Exception]]],
        most: int,
    ) -> None:
        self._work = work
        self._most = most
        self._waiting: list[tuple[One, asyncio.Future[Told]]] = []
        self._turns: asyncio.Task[None] | None = None

    async def do(self, one: One) -> Told:
        """Wait for the turn that has it."""
        done: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, done))
        if self._turns is None or self._turns.done():
            self._turns = asyncio.create_task(self._take_turns())
        return await done

    async def rest(self) -> None:
        """Wait until nothing waits."""
        if self._turns is not None:
            await asyncio.wait([self._turns])

    async def _take_turns(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            told: Sequence[Told | Exception]
            try:
                told = await self._work([one for one, _ in some])
            except Exception as error:
                told = [error] * len(some)
            for (_, done), one in zip(some, told, strict=True):
                if done.done():  # who asked is gone
                    continue
                if isinstance(one, Exception):
                    done.set_exception(one)
                else:
                    done.set_result(one)
