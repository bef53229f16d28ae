"""Takes batches in: from POST /ingest/http, from this process' own middleware, from Redis; and has
them counted, each once, through the jobs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from .http_answers import HttpAnswers
from .http_batch import BadBatchError, Batch, read, timely
from .http_rollup import Rollups
from .records import StorageError

KIND = "http-batch"
FORGET_SECONDS = 600.0
_TOGETHER = 32  # batches in one transaction
_AT_ONCE = 64  # batches of this process that wait; more are dropped, and counted

log = logging.getLogger("callvitals.http")

Handler = Callable[[dict[str, Any]], Awaitable[None]]


class Queue(Protocol):
    """What the collector needs of the jobs (jobs.py)."""

    async def add(self, kind: str, payload: dict[str, Any], key: str | None = None) -> str:
        """Durable when it returns; the same key again is the same job."""
        ...


class AtOnce:
    """Without a queue: the handler itself; durable when it returned. Raises what it raises."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def add(self, kind: str, payload: dict[str, Any], key: str | None = None) -> str:
        """Done when it returns."""
        await self._handler(payload)
        return key or kind


class Collector:
    """Lives in one event loop, between `start` and `close`."""

    def __init__(
        self,
        rollups: Rollups,
        answers: HttpAnswers,
        clock: Callable[[], int],
        counts: Counter[str],
        queue: Queue | None = None,
    ) -> None:
        self.answers = answers
        self.queue: Queue = queue or AtOnce(self.handle)
        self._rollups = rollups
        self._clock = clock
        self._counts = counts
        self._one = asyncio.Lock()  # writes one at a time: SQLite has one writer anyway
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[bool]]] = []
        self._applying: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._own: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Take batches of this process, and forget what is old."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._forget())

    async def close(self) -> None:
        """Wait for what is under way."""
        await asyncio.sleep(0)  # what was just put is spawned
        self._loop = None
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        while self._own:
            await asyncio.wait(self._own)
        if self._applying is not None:
            await asyncio.wait([self._applying])

    async def take(self, data: dict[str, Any], batch: Batch) -> None:
        """A batch that was read. Durable when it returns; raises StorageError."""
        await self.queue.add(KIND, data, batch.batch)
        self._counts["http-batch"] += 1

    async def handle(self, payload: dict[str, Any]) -> None:
        """The job: count a batch, once. Raises StorageError, BadBatchError."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((payload, done))
        if self._applying is None or self._applying.done():
            self._applying = asyncio.create_task(self._drain())
        if not await done:
            self._counts["http-duplicate"] += 1

    async def _drain(self) -> None:
        """One transaction after another; what comes meanwhile goes together into the next."""
        while self._waiting:
            some, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
            async with self._one:
                told = await asyncio.to_thread(self._apply, [p for p, _ in some], self._clock())
            for (_, done), one in zip(some, told, strict=True):
                if done.done():  # who asked is gone
                    continue
                if isinstance(one, Exception):
                    done.set_exception(one)
                else:
                    done.set_result(one)

    def _apply(self, payloads: list[dict[str, Any]], now: int) -> list[bool | Exception]:
        out: list[bool | Exception] = []
        batches: list[Batch] = []
        for payload in payloads:
            try:
                batches.append(timely(read(payload), now))
                out.append(True)
            except BadBatchError as error:
                out.append(error)
        try:
            fresh = iter(self._rollups.apply_all(batches, now))
        except Exception as error:
            return [error if one is True else one for one in out]
        return [next(fresh) if one is True else one for one in out]

    def put(self, data: dict[str, Any]) -> None:
        """The sink of this process' own middleware; called in its thread."""
        loop = self._loop
        if loop is None or len(self._own) >= _AT_ONCE:
            self._counts["http-lost"] += len(data["records"])
            return
        loop.call_soon_threadsafe(self._spawn, data)

    def _spawn(self, data: dict[str, Any]) -> None:
        task = asyncio.create_task(self._take_own(data))
        self._own.add(task)
        task.add_done_callback(self._own.discard)

    async def _take_own(self, data: dict[str, Any]) -> None:
        try:
            await self.take(data, await asyncio.to_thread(read, data))
        except (StorageError, ValueError) as error:
            self._counts["http-lost"] += len(data.get("records", ()))
            log.warning("requests of the service itself were not counted: %s", error)

    async def _forget(self) -> None:
        while True:
            try:
                async with self._one:
                    gone = await asyncio.to_thread(self._rollups.forget, self._clock())
            except StorageError as error:
                log.warning("old requests cannot be forgotten: %s", error)
                gone = 0
            await asyncio.sleep(0.05 if gone else FORGET_SECONDS)
