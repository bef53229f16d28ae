"""Jobs in Redis, by BullMQ for Python: its locks are our leases, its stalled jobs are those whose
process died.

Three clients. What asks (adding, looking, retrying) has two seconds, so that who waits for it is
told; what works tries for ever, through restarts of Redis and while it loads; and the read that
waits for jobs has a connection of its own, with a time limit longer than it waits.
"""

from __future__ import annotations

import asyncio
import logging
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .grouped import Grouped
from .jobs import (
    DEATHS,
    KEPT,
    STATES,
    Job,
    Jobs,
    NoJobError,
    NotFailedError,
    Outcome,
    Pace,
    Run,
    State,
    place,
)
from .jobs_bull_record import FIELDS, packed, shown, unpacked
from .records import StorageError
from .redis_server import asked, client_of, losses

if TYPE_CHECKING:
    import redis.asyncio

PREFIX, QUEUE = "callvitals", "jobs"  # keys are `callvitals:jobs:…`
LOOK_SECONDS = 2.0
_TOGETHER = 50
_BLOCK_SECONDS = 10  # at most, BullMQ's own
_LAST_SECONDS = 3.0  # for what is left to say when the service ends

log = logging.getLogger("callvitals.jobs")


class AttemptError(Exception):
    """What BullMQ is told of an attempt that failed; its text is kept."""


class BullJobs(Jobs):
    """On a Redis server that others may use, too. Raises StorageError where the extra `grown` is
    not installed, or the address is none."""

    def __init__(self, url: str, counts: Counter[str], pace: Pace | None = None) -> None:
        super().__init__(counts, pace or Pace())
        try:
            import bullmq
        except ImportError as error:
            raise StorageError("jobs in Redis need: pip install 'callvitals[grown]'") from error
        # We tell of it ourselves, once (`losses`).
        warnings.filterwarnings("ignore", "IMPORTANT! Eviction policy")
        self._url = url
        try:
            self._asks = client_of(url, tries=3, cap=0.5, timeout=2.0)
        except ValueError as error:
            raise StorageError(f"CALLVITALS_REDIS_URL: {error}") from None
        self._queue = bullmq.Queue(QUEUE, {"connection": self._asks, "prefix": PREFIX})
        self._adds = Grouped[dict[str, Any], None](self._add_some, _TOGETHER)
        self._handlers: dict[str, asyncio.Task[Outcome]] = {}  # by job id
        self._closing = False
        self._worker: Any = None
        self._clients: list[redis.asyncio.Redis] = []
        self._tasks: list[asyncio.Task[None]] = []

    # -- adding, looking, retrying ----------------------------------------------------------------

    async def _add(self, job_id: str, payload: dict[str, Any], attempts: int, title: str) -> str:
        options = {
            "jobId": job_id,
            "title": title,  # ours; BullMQ keeps what it does not know
            "attempts": attempts,
            "backoff": {"type": "exponential", "delay": round(self._pace.backoff * 1000)},
            "removeOnComplete": {"count": KEPT["completed"]},
            "removeOnFail": {"count": KEPT["failed"]},
            "stackTraceLimit": 0,
        }
        name = job_id.partition(".")[0]
        await self._adds.do({"name": name, "data": packed(payload), "opts": options})
        return job_id

    async def _add_some(self, jobs: list[dict[str, Any]]) -> Sequence[None]:
        async with asked():
            await self._queue.addBulk(jobs)
        return [None] * len(jobs)

    async def counts(self) -> dict[State, int]:
        """See Jobs."""
        async with asked():
            found = await self._queue.getJobCounts(*STATES)
        return {state: int(found[state]) for state in STATES}

    async def get(self, job_id: str) -> Job | None:
        """See Jobs."""
        async with asked():
            state = await self._queue.getJobState(job_id)
            found = await self._read(state, [job_id]) if state in STATES else []
        return found[0] if found else None

    async def page(
        self, state: State | None = None, kind: str = "", limit: int = 50, cursor: str = ""
    ) -> tuple[list[Job], str | None]:
        """See Jobs."""
        states, skip = place(cursor, state)
        out: list[Job] = []
        async with asked():
            for one in states:
                room = limit - len(out)
                ids = await self._ids(one, kind, skip, room + 1)
                out += await self._read(one, ids[:room])
                if len(ids) > room:
                    return out, f"{one}.{skip + room}"
                skip = 0
        return out, None

    async def _ids(self, state: State, kind: str, skip: int, count: int) -> list[str]:
        """Ids begin with their kind, so that jobs of others need not be read."""
        first, last = (0, -1) if kind else (skip, skip + count - 1)
        next_first = state in ("active", "waiting", "delayed")
        ids: list[str] = await self._queue.backend.getRanges([state], first, last, next_first)
        if kind:
            ids = [one for one in ids if one.startswith(f"{kind}.")][skip : skip + count]
        return ids

    async def _read(self, state: State, ids: list[str]) -> list[Job]:
        """Without their payloads, which BullMQ's own reading would bring along."""
        if not ids:
            return []
        async with self._asks.pipeline(transaction=False) as pipe:
            for one in ids:
                pipe.hmget(self._queue.toKey(one), *FIELDS)
            pipe.zmscore(self._queue.toKey("delayed"), ids)
            *rows, scores = await pipe.execute()
        return [
            shown(one, state, row, score)
            for one, row, score in zip(ids, rows, scores, strict=True)
            if row[0] is not None  # gone meanwhile
        ]

    async def retry(self, job_id: str) -> Job:
        """See Jobs."""
        found = await self.get(job_id)
        if found is None:
            raise NoJobError(job_id)
        if found.state != "failed":
            raise NotFailedError(found.state)
        async with asked():
            job = await self._queue.getJob(job_id)
            if job is None:
                raise NoJobError(job_id)
            await self._asks.hdel(self._queue.toKey(job_id), "stc", "progress")
            try:
                await job.retry("failed", {"resetAttemptsMade": True, "resetAttemptsStarted": True})
            except TypeError:  # somebody was faster
                raise NotFailedError("retried already") from None
        return found._replace(
            state="waiting",
            attempts=0,
            progress=None,
            started_at=None,
            finished_at=None,
            error=None,
        )

    # -- doing ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Do jobs."""
        self._tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._look())]

    async def _work(self) -> None:
        from bullmq.redis_connection import RedisConnection

        while not self._closing:
            # One connection: BullMQ asks for as many jobs at once as there is room for.
            works = client_of(
                self._url, tries=-1, cap=10, timeout=5.0, single_connection_client=True
            )
            waits = client_of(self._url, tries=-1, cap=10, timeout=2.0 * _BLOCK_SECONDS)
            self._clients = [works, waits]
            self._worker = self._made(works)
            self._worker.backend.blocking_connection = waiting = RedisConnection(waits)
            try:
                await waiting.getRedisVersion()  # older ones wait whole seconds only
                await self._worker.run()
            except Exception as error:
                log.warning("jobs are begun anew: %s", error)
            if not self._closing:
                await self._worker.close(force=True)
                await self._let_go()
                await asyncio.sleep(1)

    def _made(self, client: redis.asyncio.Redis) -> Any:
        import bullmq

        lease = round(self._pace.lease * 1000)
        worker = bullmq.Worker(
            QUEUE,
            self._do,
            {
                "autorun": False,
                "connection": client,
                "prefix": PREFIX,
                "concurrency": self._pace.at_once,
                "lockDuration": lease,
                "lockRenewTime": lease // 2,
                "stalledInterval": lease // 2,
                "maxStalledCount": DEATHS,
                "runRetryDelay": 1000,
                "removeOnComplete": {"count": KEPT["completed"]},
                "removeOnFail": {"count": KEPT["failed"]},
            },
        )
        worker.on("error", lambda error, *_: log.warning("jobs: %s", error))
        worker.on("failed", self._failed)
        worker.on("stalled", lambda *_: self._counts.update({"job-stalled": 1}))
        worker.on("lockRenewalFailed", self._lost)
        return worker

    async def _do(self, job: Any, token: str) -> None:
        """What BullMQ calls for a job; it counts what this raises."""
        from bullmq.custom_errors import DelayedError, UnrecoverableError

        run = Run(
            job.id,
            unpacked(job.data),
            job.attemptsMade + 1,
            job.opts["attempts"],
            job.updateProgress,
        )
        outcome = Outcome("later")  # given back
        if not self._closing:
            # A task of its own: it may be cancelled, and BullMQ's may not.
            handler = self._handlers[job.id] = asyncio.create_task(self._attempt(run))
            try:
                await asyncio.wait([handler])
            finally:
                handler.cancel()
                if self._handlers.get(job.id) is handler:
                    del self._handlers[job.id]
            if not handler.cancelled():
                outcome = handler.result()
            elif not self._closing:
                log.warning("job %s was taken by another process", job.id)
                raise DelayedError
        if outcome.what == "later":
            now = round(time.time() * 1000)
            said = {"fieldsToUpdate": {"failedReason": outcome.error}} if outcome.error else {}
            await job.backend.moveToDelayed(
                job.id, now, round(outcome.seconds * 1000), token, {"skipAttempt": True, **said}
            )
            raise DelayedError
        if outcome.what == "hopeless":
            raise UnrecoverableError(outcome.error)
        if outcome.what == "failed":
            raise AttemptError(outcome.error)

    def _failed(self, job: Any, error: Exception) -> None:
        from bullmq.custom_errors import UnrecoverableError

        if isinstance(error, UnrecoverableError) or job.attemptsMade >= job.opts["attempts"]:
            self._counts["job-failed"] += 1

    def _lost(self, ids: list[str]) -> None:
        for one in ids:
            if one in self._handlers:
                self._handlers[one].cancel()

    async def _look(self) -> None:
        """See how Redis is; once, whether it keeps what it is given."""
        warned = False
        while True:
            trouble = None
            try:
                async with asked():
                    if not warned:
                        for line in losses(await self._asks.info()):
                            log.warning(line)
                        warned = True
                    await self._asks.ping()
            except StorageError as error:
                trouble = str(error)
            if trouble is not None and self.trouble is None:
                log.error("jobs are not done now: %s", trouble)
            self.trouble = trouble
            await asyncio.sleep(LOOK_SECONDS)

    async def close(self) -> None:
        """See Jobs."""
        self._closing = True
        await self._adds.rest()
        if self._worker is not None:
            closer = asyncio.create_task(self._worker.close())
            if self._handlers:
                _, late = await asyncio.wait([*self._handlers.values()], timeout=self._pace.grace)
                for handler in late:
                    handler.cancel()
            await asyncio.wait([closer, self._tasks[0]], timeout=_LAST_SECONDS)
            await _ended(*self._tasks)
            if not closer.done():  # Redis is away
                self._worker.forceClosing = True
                await _ended(*self._worker.processing)
                await closer
            await self._let_go()
        else:
            await _ended(*self._tasks)
        await self._queue.close()

    async def _let_go(self) -> None:
        """Of our connections, those too that BullMQ's timers opened anew meanwhile."""
        for client in self._clients:
            await client.aclose()


async def _ended(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
