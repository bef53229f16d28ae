"""Jobs in a table. A job is taken by an UPDATE that sets a lease; while its handler works the
lease is renewed, and a job whose lease ran out is taken by somebody else. What an attempt came to
is written only by who has the job (`taken`), so that one who lost it changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa

from . import jobs_table as table
from .database import transaction, upsert
from .grouped import Grouped
from .jobs import DEATHS, Job, Jobs, Outcome, Pace, Run, State, place
from .records import StorageError
from .schema_jobs import job

POLL_SECONDS = 1.0  # for what others add or retry
_CONTENDED_SECONDS = 0.05
_AGAIN_SECONDS = (0.5, 5.0)
_TOGETHER = 200

log = logging.getLogger("callvitals.jobs")
T = TypeVar("T")


class SqlJobs(Jobs):
    """On SQLite or PostgreSQL. `alone`: no other process does jobs of this table, so that those
    which are under way when we start were left behind."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: Callable[[], int],
        counts: Counter[str],
        pace: Pace | None = None,
        alone: bool = False,
    ) -> None:
        super().__init__(counts, pace or Pace())
        self._engine = engine
        self._clock = clock
        self._alone = alone
        self._pool = ThreadPoolExecutor(1, "callvitals-jobs")  # SQLite has one writer anyway
        self._adds = Grouped[dict[str, Any], None](self._insert_some, _TOGETHER)
        self._ends = Grouped[tuple[table.Taken, Outcome | None], None](self._end_some, _TOGETHER)
        self._running: dict[asyncio.Task[None], table.Taken] = {}
        self._ending: set[table.Taken] = set()  # their handlers are through
        self._wake = asyncio.Event()
        self._closing = False
        self._rhythm: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Do jobs."""
        self._rhythm = [asyncio.create_task(self._work()), asyncio.create_task(self._keep())]

    async def close(self) -> None:
        """See Jobs."""
        self._closing = True
        self._wake.set()
        if self._rhythm:
            await self._rhythm[0]
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=self._pace.grace)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        for task in self._rhythm:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._adds.rest()
        await self._ends.rest()
        self._pool.shutdown()

    async def _in_thread(self, work: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *given)

    # -- adding ---------------------------------------------------------------------------------

    async def _add(self, job_id: str, payload: dict[str, Any], attempts: int, title: str) -> str:
        now = self._clock()
        row = {
            "id": job_id,
            "title": title,
            "state": "waiting",
            "payload": orjson.dumps(payload),
            "attempts": 0,
            "max_attempts": attempts,
            "deaths": 0,
            "created_at": now,
            "run_at": now,
            "lease_until": 0,
            "taken": 0,
        }
        await self._adds.do(row)
        self._wake.set()
        return job_id

    async def _insert_some(self, rows: list[dict[str, Any]]) -> Sequence[None]:
        await self._in_thread(self._insert, rows)
        return [None] * len(rows)

    def _insert(self, rows: list[dict[str, Any]]) -> None:
        with transaction(self._engine) as db:
            db.execute(upsert(db, job).on_conflict_do_nothing(index_elements=["id"]), rows)

    # -- doing ----------------------------------------------------------------------------------

    async def _work(self) -> None:
        """Take jobs while there is room, until closed."""
        if self._alone:
            await self._insist(self._recover, True)
        while not self._closing:
            self._wake.clear()
            pause = POLL_SECONDS
            room = self._pace.at_once - len(self._running)
            if room > 0:
                try:
                    some, soonest = await self._in_thread(self._take, room)
                    self._note(None)
                except StorageError as error:
                    some, soonest = [], None
                    self._note(str(error))
                for one in some:
                    self._begin(one)
                if soonest is not None:
                    wait = max(_CONTENDED_SECONDS, (soonest - self._clock()) / 1000)
                    pause = 0.0 if some and len(some) < room else min(pause, wait)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)

    async def _insist(self, work: Callable[..., object], *given: Any) -> bool:
        """Do it, through whatever happens to the disk. False: closed before."""
        wait = _AGAIN_SECONDS[0]
        while True:
            try:
                await self._in_thread(work, *given)
                return True
            except StorageError as error:
                self._note(str(error))
            if self._closing:
                return False
            await asyncio.sleep(wait)
            wait = min(_AGAIN_SECONDS[1], wait * 2)

    def _note(self, trouble: str | None) -> None:
        if trouble is not None and trouble != self.trouble:
            log.error("jobs are not done now: %s", trouble)
        self.trouble = trouble

    def _take(self, room: int) -> tuple[list[table.Taken], int | None]:
        """Jobs that are due, and when the next is."""
        now = self._clock()
        first = sa.select(sa.func.min(job.c.run_at)).where(job.c.state == "waiting")
        with transaction(self._engine) as db:
            soonest = db.execute(first).scalar_one()
            if soonest is None or soonest > now:  # SQLite's lock is not taken for nothing
                return [], soonest
            due = (
                sa.select(job.c.n)
                .where(job.c.state == "waiting", job.c.run_at <= now)
                .order_by(job.c.run_at, job.c.n)
                .limit(room)
                .with_for_update(skip_locked=True)
                .cte("due")  # once, however the UPDATE is planned
            )
            take = (
                sa.update(job)
                .where(job.c.n.in_(sa.select(due.c.n)))
                .values(
                    state="active",
                    started_at=now,
                    finished_at=None,
                    progress=None,
                    lease_until=now + round(self._pace.lease * 1000),
                    taken=job.c.taken + 1,
                )
                .returning(
                    *(job.c[name] for name in ("n", "taken", "id", "payload", "attempts")),
                    job.c.max_attempts,
                    job.c.run_at,
                )
            )
            rows = sorted(db.execute(take).all(), key=lambda row: (row.run_at, row.n))
        return [
            table.Taken(r.n, r.taken, r.id, orjson.loads(r.payload), *r[4:6]) for r in rows
        ], soonest

    def _begin(self, one: table.Taken) -> None:
        task = asyncio.create_task(self._do(one))
        self._running[task] = one
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ending.discard(self._running.pop(task))
        self._wake.set()

    async def _do(self, one: table.Taken) -> None:
        async def tell(share: float) -> None:
            await self._in_thread(self._progress, one, share)

        run = Run(one.id, one.payload, one.attempts + 1, one.max_attempts, tell)
        outcome: Outcome | None = None
        try:
            outcome = await self._attempt(run)
        except asyncio.CancelledError:  # the service ends, or the job is somebody else's
            if not self._closing:
                return
        self._ending.add(one)
        wait = _AGAIN_SECONDS[0]
        while True:
            try:
                await self._ends.do((one, outcome))
                return
            except StorageError as error:
                self._note(str(error))
            if self._closing:
                return  # done again after the next start
            await asyncio.sleep(wait)
            wait = min(_AGAIN_SECONDS[1], wait * 2)

    def _progress(self, one: table.Taken, share: float) -> None:
        with contextlib.suppress(StorageError), transaction(self._engine) as db:
            told = sa.update(job).where(*table.MINE).values(progress=int(share * 1000))
            db.execute(told, {"of": one.n, "by": one.taken})

    async def _end_some(self, some: list[tuple[table.Taken, Outcome | None]]) -> Sequence[None]:
        failed = await self._in_thread(self._end, some)
        self._counts["job-failed"] += failed
        return [None] * len(some)

    def _end(self, some: list[tuple[table.Taken, Outcome | None]]) -> int:
        """Write what attempts came to; None: given back. Returns how many jobs failed."""
        now = self._clock()
        done, failed, waits = [], [], []
        for one, outcome in some:
            mine: dict[str, Any] = {"of": one.n, "by": one.taken}
            if outcome is None:
                waits.append({**mine, "at": now, "counted": 0, "why": None})
            elif outcome.what == "done":
                done.append({**mine, "now": now})
            elif outcome.what == "later":
                at = now + round(outcome.seconds * 1000)
                waits.append({**mine, "at": at, "counted": 0, "why": outcome.error or None})
            elif outcome.what == "failed" and one.attempts + 1 < one.max_attempts:
                at = now + round(self._pace.backoff * 1000 * 2**one.attempts)
                waits.append({**mine, "at": at, "counted": 1, "why": outcome.error})
            else:
                failed.append({**mine, "now": now, "why": outcome.error})
        with transaction(self._engine) as db:
            table.alone(db)
            for statement, rows in (
                (table.DONE, done),
                (table.FAILED, failed),
                (table.WAITS, waits),
            ):
                if rows:
                    db.execute(statement, rows)
            for state, rows in (("completed", done), ("failed", failed)):
                if rows:
                    table.trim(db, state)
        return len(failed)

    # -- leases ---------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Renew our leases, and take back what others left behind."""
        while True:
            await asyncio.sleep(self._pace.lease / 3)
            mine = dict(self._running)
            try:
                kept = await self._in_thread(self._renew, list(mine.values()))
                await self._in_thread(self._recover, False)
            except StorageError as error:
                self._note(str(error))
                continue
            for task, one in mine.items():
                if one.n not in kept and one not in self._ending and not task.done():
                    log.warning("job %s was taken by another process", one.id)
                    task.cancel()

    def _renew(self, mine: list[table.Taken]) -> set[int]:
        """Returns those that are still ours."""
        if not mine:
            return set()
        now = self._clock()
        pairs = sa.tuple_(job.c.n, job.c.taken).in_([(one.n, one.taken) for one in mine])
        renew = sa.update(job).where(pairs, job.c.state == "active")
        renew = renew.values(lease_until=now + round(self._pace.lease * 1000))
        with transaction(self._engine) as db:
            return set(db.execute(renew.returning(job.c.n)).scalars())

    def _recover(self, everything: bool) -> None:
        """Give back what nobody works on any more."""
        now = self._clock()
        left = [job.c.state == "active"]
        if not everything:
            left.append(job.c.lease_until < now)
        with transaction(self._engine) as db:
            if db.execute(sa.select(job.c.n).where(*left).limit(1)).first() is None:
                return
            table.alone(db)
            failed = sa.update(job).where(*left, job.c.deaths >= DEATHS)
            failed = failed.values(
                state="failed",
                attempts=job.c.attempts + 1,
                finished_at=now,
                error=f"its process died {DEATHS + 1} times",
            )
            gone = db.execute(failed).rowcount
            again = sa.update(job).where(*left).values(state="waiting", deaths=job.c.deaths + 1)
            back = db.execute(again).rowcount
            if gone:
                table.trim(db, "failed")
        self._counts["job-failed"] += gone
        self._counts["job-stalled"] += back + gone

    # -- looking --------------------------------------------------------------------------------

    async def counts(self) -> dict[State, int]:
        """See Jobs."""
        return await asyncio.to_thread(table.counts, self._engine, self._clock())

    async def get(self, job_id: str) -> Job | None:
        """See Jobs."""
        return await asyncio.to_thread(table.get, self._engine, job_id, self._clock())

    async def page(
        self, state: State | None = None, kind: str = "", limit: int = 50, cursor: str = ""
    ) -> tuple[list[Job], str | None]:
        """See Jobs."""
        states, skip = place(cursor, state)
        asked = (states, skip, kind, limit, self._clock())
        return await asyncio.to_thread(table.page, self._engine, *asked)

    async def retry(self, job_id: str) -> Job:
        """See Jobs."""
        found = await self._in_thread(table.retry, self._engine, job_id, self._clock())
        self._wake.set()
        return found
