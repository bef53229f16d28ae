"""Takes batches in: from POST /ingest/http, from this process' own middleware, from Redis; and has
them counted, each once, through the jobs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from .grouped import Grouped
from .http_answers import HttpAnswers
from .http_batch import BadBatchError, Batch, read, timely
from .http_rollup import Rollups
from .jobs import GiveUp, Jobs, Later, Run
from .records import StorageError

KIND = "http-batch"
FORGET_SECONDS = 600.0
_TOGETHER = 32  # batches in one transaction
_AT_ONCE = 64  # batches of this process that wait; more are dropped, and counted
_AGAIN_SECONDS = (0.5, 10.0)
_REFUSED_SECONDS = (3.0, 60.0)  # until a batch is tried again that the database refused

log = logging.getLogger("callvitals.http")


class Collector:
    """Lives in one event loop, between `start` and `close`. Batches are jobs of the kind
    `http-batch`, and a batch's id is the job's key."""

    def __init__(
        self,
        rollups: Rollups,
        answers: HttpAnswers,
        clock: Callable[[], int],
        counts: Counter[str],
        jobs: Jobs,
    ) -> None:
        self.answers = answers
        self._jobs = jobs
        self._rollups = rollups
        self._clock = clock
        self._counts = counts
        self._refused = 0  # batches, since one was counted
        self._one = asyncio.Lock()  # writes one at a time: SQLite has one writer anyway
        self._batches = Grouped[dict[str, Any], bool](self._apply_some, _TOGETHER)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()
        self._own: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        jobs.on(KIND, self.handle)

    def start(self) -> None:
        """Take batches of this process, and forget what is old."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._forget())

    async def close(self) -> None:
        """Wait for what is under way."""
        await asyncio.sleep(0)  # what was just put is spawned
        self._loop = None
        self._closing.set()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        while self._own:
            await asyncio.wait(self._own)

    async def take(self, data: dict[str, Any], batch: Batch) -> None:
        """A batch that was read. Durable when it returns; raises StorageError."""
        count = len(batch.records)
        title = f"{count} request{'' if count == 1 else 's'} of {batch.service or 'an app'}"
        await self._jobs.add(KIND, data, batch.batch, title)
        self._counts["http-batch"] += 1

    async def handle(self, run: Run) -> None:
        """The job: count a batch, once; together with those that wait beside it."""
        try:
            fresh = await self._batches.do(run.payload)
        except BadBatchError as error:
            raise GiveUp(str(error)) from error
        except StorageError as error:
            if error.passing:
                # While it is away for long, those that wait must not keep everybody busy.
                self._refused += 1
                first, most = _REFUSED_SECONDS
                raise Later(min(most, first + self._refused / 16), str(error)) from error
            raise
        self._refused = 0
        if not fresh:
            self._counts["http-duplicate"] += 1

    async def _apply_some(self, payloads: list[dict[str, Any]]) -> Sequence[bool | Exception]:
        """One transaction; one for each, where one of them is in the way of the others."""
        async with self._one:
            try:
                return await asyncio.to_thread(self._apply, payloads, self._clock())
            except StorageError as error:
                if error.passing or len(payloads) == 1:
                    raise
        told: list[bool | Exception] = []
        for one in payloads:
            try:
                told += await self._apply_some([one])
            except StorageError as error:
                told.append(error)
        return told

    def _apply(self, payloads: list[dict[str, Any]], now: int) -> list[bool | Exception]:
        out: list[bool | Exception] = []
        batches: list[Batch] = []
        for payload in payloads:
            try:
                batches.append(timely(read(payload), now))
                out.append(True)
            except BadBatchError as error:
                out.append(error)
        fresh = iter(self._rollups.apply_all(batches, now))
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
        wait = _AGAIN_SECONDS[0]
        try:
            batch = await asyncio.to_thread(read, data)
            while True:
                try:
                    await self.take(data, batch)
                    return
                except StorageError:
                    if self._closing.is_set():
                        raise
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), wait)
                wait = min(_AGAIN_SECONDS[1], wait * 2)
        except (StorageError, BadBatchError) as error:
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
