"""Jobs on each of their back ends, handlers whose effects can be counted, and a worker in a process
of its own (`python -m tests.backend.jobs_kit URL FOLDER`)."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from callvitals_server.database import postgres_engine, prepare, sqlite_engine
from callvitals_server.jobs import Jobs, Pace, Run
from callvitals_server.jobs_bull import BullJobs
from callvitals_server.jobs_sql import SqlJobs

from .kit import eventually

ROOT = Path(__file__).parents[2]
QUICK = Pace(lease=3.0, backoff=0.05, grace=5.0)
"""Long enough for a machine that is busy with other tests to renew it in time."""


def now() -> int:
    return time.time_ns() // 1_000_000


class Place:
    """Where jobs lie: `sqlite:///…`, `postgresql://…`, `redis://…`. Opens and closes what does
    them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.opened: list[Jobs] = []
        self.engines: list[sa.Engine] = []

    def open(self, pace: Pace = QUICK) -> Jobs:
        jobs = self._make(pace)
        self.opened.append(jobs)
        return jobs

    def _make(self, pace: Pace) -> Jobs:
        if self.url.startswith("redis"):
            return BullJobs(self.url, Counter(), pace)
        if self.url.startswith("sqlite"):
            path = Path(self.url.removeprefix("sqlite:///"))
            engine = sqlite_engine(path, ("journal_mode=WAL", "synchronous=NORMAL"))
        else:
            engine = postgres_engine(self.url)
        prepare(engine)
        self.engines.append(engine)
        return SqlJobs(engine, now, Counter(), pace)

    async def close(self, jobs: Jobs) -> None:
        self.opened.remove(jobs)
        await jobs.close()

    async def end(self) -> None:
        for jobs in [*self.opened]:
            await self.close(jobs)
        for engine in self.engines:
            engine.dispose()


class Effects:
    """What handlers did: each call a line, and each effect once, as idempotent handlers do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def call(self, key: str) -> int:
        """Returns how often it was called, this time included. One write: it is there whatever
        happens next."""
        with (self.folder / f"{key}.calls").open("ab") as file:
            file.write(b".")
            return file.tell()

    def apply(self, key: str) -> None:
        try:
            (self.folder / f"{key}.done").open("x").close()
        except FileExistsError:
            return

    def calls(self) -> dict[str, int]:
        return {path.stem: path.stat().st_size for path in sorted(self.folder.glob("*.calls"))}

    def done(self) -> set[str]:
        return {path.stem for path in self.folder.glob("*.done")}

    # -- handlers -----------------------------------------------------------------------------

    async def once(self, run: Run) -> None:
        self.call(run.key)
        await asyncio.sleep(run.payload.get("seconds", 0))
        self.apply(run.key)

    async def fails(self, run: Run) -> None:
        """As often as it is told."""
        if self.call(run.key) <= run.payload["times"]:
            raise RuntimeError(f"no {run.attempt}")
        self.apply(run.key)

    async def kills(self, run: Run) -> None:
        """Its process."""
        self.call(run.key)
        os.kill(os.getpid(), signal.SIGKILL)

    async def long(self, run: Run) -> None:
        """Tells how far it is."""
        self.call(run.key)
        steps = 20
        for step in range(steps):
            await asyncio.sleep(run.payload["seconds"] / steps)
            await run.progress((step + 1) / steps)
        self.apply(run.key)

    def on(self, jobs: Jobs) -> Jobs:
        for kind in ("once", "fails", "kills", "long"):
            jobs.on(kind, getattr(self, kind))
        return jobs


class Worker:
    """A process that does jobs until it is killed."""

    def __init__(self, place: Place, effects: Effects, pace: Pace = QUICK) -> None:
        given = (place.url, str(effects.folder), str(pace.lease), str(pace.backoff))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.backend.jobs_kit", *given],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def wait(self) -> int:
        return self.process.wait(30)


async def settled(jobs: Jobs, **wanted: int) -> dict[Any, int]:
    """Wait until nothing is left to do, and as many are in each state."""

    async def is_so() -> dict[Any, int] | None:
        counts = await jobs.counts()
        left = counts["waiting"] + counts["active"] + counts["delayed"]
        return {**counts} if not left else None

    counts: dict[Any, int] = await eventually(is_so, 60)
    assert {state: counts[state] for state in wanted} == wanted  # type: ignore[index]
    return counts


async def state_of(jobs: Jobs, job_id: str, wanted: str, seconds: float = 30) -> Any:
    """Wait until a job is in a state."""

    async def is_so() -> Any:
        job = await jobs.get(job_id)
        return job if job is not None and job.state == wanted else None

    return await eventually(is_so, seconds)


Pick = Callable[[str], Place]


async def _main(url: str, folder: str, lease: str, backoff: str) -> None:
    place = Place(url)
    jobs = place.open(Pace(float(lease), float(backoff)))
    Effects(Path(folder)).on(jobs).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
