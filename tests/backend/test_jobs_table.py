"""Jobs in a table, through what happens to the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from callvitals_server.database import prepare, sqlite_engine
from callvitals_server.jobs import Jobs, Pace, Run
from callvitals_server.jobs_sql import SqlJobs
from callvitals_server.records import StorageError

from .jobs_kit import QUICK, Effects, Place, now, settled, state_of
from .kit import eventually


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(f"sqlite:///{tmp_path / 'jobs.db'}")
    yield place
    await place.end()


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return Effects(tmp_path / "effects")


async def test_a_disk_that_is_full(tmp_path: Path, effects: Effects) -> None:
    """Nothing is accepted that is not stored; what was is done once there is room."""
    path = tmp_path / "jobs.db"
    engine = sqlite_engine(path, ("journal_mode=WAL", "max_page_count=200"), pool=1)
    prepare(engine)
    jobs = effects.on(SqlJobs(engine, now, Counter(), QUICK))
    accepted = []

    async def fill() -> None:
        for n in range(1000):
            await jobs.add("once", {"ballast": "x" * 3000}, f"n{n}")
            accepted.append(f"n{n}")

    with pytest.raises(StorageError, match="full"):
        await fill()
    assert len(accepted) > 50
    jobs.start()
    await settled(jobs)  # room comes back: what is done keeps no payload
    assert effects.done() == set(accepted)
    assert effects.calls() == dict.fromkeys(sorted(accepted), 1)
    await jobs.add("once", {"ballast": "x" * 3000}, "again")
    await state_of(jobs, "once.again", "completed")
    await jobs.close()
    engine.dispose()


async def test_a_database_that_is_locked(tmp_path: Path, effects: Effects) -> None:
    """For longer than one waits for it, while a job is done: its end is written afterwards."""
    path = tmp_path / "jobs.db"
    engine = sqlite_engine(path, ("journal_mode=WAL", "busy_timeout=50"))
    prepare(engine)
    jobs = effects.on(SqlJobs(engine, now, Counter(), Pace(lease=30.0)))
    await jobs.add("once", {"seconds": 0.5}, "a")
    jobs.start()
    await eventually(effects.calls)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await eventually(lambda: jobs.trouble)
    with pytest.raises(StorageError, match="locked"):
        await jobs.add("once", {}, "b")
    assert effects.done() == {"a"}
    found = await jobs.get("once.a")
    assert found is not None
    assert found.state == "active"
    other.execute("COMMIT")
    other.close()
    await settled(jobs, completed=1)
    await eventually(lambda: jobs.trouble is None)
    assert effects.calls() == {"a": 1}
    await jobs.close()
    engine.dispose()


async def test_alone_it_does_not_wait_for_leases(place: Place, effects: Effects) -> None:
    """What was under way when the service was killed, on SQLite."""
    jobs = effects.on(place.open(Pace(lease=600.0)))
    assert isinstance(jobs, SqlJobs)
    await jobs.add("once", {}, "a")
    taken, _ = await jobs._in_thread(jobs._take, 1)
    assert len(taken) == 1
    jobs._alone = True
    jobs.start()
    await settled(jobs, completed=1)
    assert effects.done() == {"a"}


async def test_who_lost_a_job_changes_nothing(place: Place, effects: Effects) -> None:
    """A process that hung for longer than its lease: another has the job, and ends it."""
    first, second = place.open(Pace(lease=3.0)), place.open(Pace(lease=30.0))
    cancelled = asyncio.Event()

    async def hangs(run: Run) -> None:
        effects.call("first")
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    async def does(run: Run) -> None:
        effects.call("second")
        await asyncio.wait_for(cancelled.wait(), 30)

    first.on("hangs", hangs)
    second.on("hangs", does)
    await first.add("hangs", {}, "a")
    first.start()
    await eventually(effects.calls)
    assert isinstance(second, SqlJobs)
    first._pace = Pace(lease=3.0, at_once=0)  # it takes nothing more
    await second._in_thread(second._recover, True)  # as if the lease had ended
    second.start()
    done = await state_of(second, "hangs.a", "completed")
    assert done.attempts == 1
    assert effects.calls()["second"] == 1


async def test_an_idle_table_is_not_written(place: Place, tmp_path: Path) -> None:
    jobs: Jobs = place.open(Pace(lease=0.3))
    jobs.start()
    await asyncio.sleep(0.2)
    wal = tmp_path / "jobs.db-wal"
    before = wal.stat().st_size
    await asyncio.sleep(2.5)  # polls, and hearts
    assert wal.stat().st_size == before
