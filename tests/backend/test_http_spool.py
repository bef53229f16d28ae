"""What waits on disk outlives its process, whatever becomes of it."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callvitals_server.http_spool import Spool, open_spool

from .http_taker import Service, spooled
from .kit import free_port, until


@pytest.fixture
def services() -> Iterator[Any]:
    made: list[Service] = []

    def make(port: int = 0, *answers: Any) -> Service:
        made.append(Service(port, *answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("on_disk", [True, False], ids=["disk", "memory"])
def test_the_spool_is_bounded_and_in_order(on_disk: bool, tmp_path: Path) -> None:
    spool = Spool(tmp_path if on_disk else None, limit=1000)
    for n in range(10):
        spool.put(f"batch{n}", 7, b"x" * 300)
    assert spool.take_dropped() == 7 * 7
    assert spool.take_dropped() == 0
    seen = []
    while (found := spool.oldest()) is not None:
        seen.append(found[0].batch)
        spool.done(found[0])
    assert seen == ["batch7", "batch8", "batch9"]
    assert list(tmp_path.iterdir()) == []


def test_a_spool_outlives_its_process(tmp_path: Path) -> None:
    first = open_spool(tmp_path, "http://a")
    for n in range(3):
        first.put(f"batch{n}", 1, b"%d" % n)
    assert open_spool(tmp_path, "http://b").oldest() is None  # another address' batches
    second = open_spool(tmp_path, "http://a")  # with our number: as after a restart
    found = second.oldest()
    assert found is not None
    assert (found[0].batch, found[1]) == ("batch0", b"0")
    second.done(found[0])
    third = first.oldest()  # sent by the other meanwhile
    assert third is not None
    assert third[0].batch == "batch1"


def test_a_spool_without_a_folder_is_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    spool = open_spool(tmp_path / "file", "http://a")
    spool.put("batch", 1, b"text")
    found = spool.oldest()
    assert found is not None
    assert found[1] == b"text"


def test_a_spool_that_cannot_write_keeps_in_memory(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    folder = tmp_path / "gone"
    spool._folder = folder  # as if it was deleted
    spool.put("batch", 1, b"text")
    found = spool.oldest()
    assert found is not None
    assert found[1] == b"text"


APP = """
import asyncio, os, sys
from callvitals_server.http_metrics import ApiMetricsMiddleware

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"ok"})

async def nothing(*_):
    return {"type": "http.request"}

async def ask(app, count, user=None):
    for _ in range(count):
        scope = {"type": "http", "method": "GET", "path": "/x", "user": user}
        await app(scope, nothing, nothing)
"""


def run(code: str, *args: str, wait: bool = True) -> subprocess.Popen[str]:
    path = os.pathsep.join(p for p in sys.path if p)
    process = subprocess.Popen(
        [sys.executable, "-c", APP + code, *args],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if wait:
        out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, ""), err
        assert out == ""
    return process


def test_an_app_that_just_ends_loses_nothing(services: Any, tmp_path: Path) -> None:
    """No lifespan, no goodbye: what waits is sent at exit."""
    service = services()
    code = "asyncio.run(ask(ApiMetricsMiddleware(app, sys.argv[1], spool=sys.argv[2]), 700))"
    run(code, service.url, str(tmp_path))
    assert service.records() == 700


def test_the_next_process_sends_what_the_last_could_not(services: Any, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    code = """
asyncio.run(ask(ApiMetricsMiddleware(app, sys.argv[1], spool=sys.argv[2]), 300))
import time; print("asked", flush=True); time.sleep(60)
"""
    killed = run(code, url, str(tmp_path), wait=False)
    try:
        until(lambda: list(tmp_path.rglob("*.batch")))  # nobody listens
        ready = json.loads(
            gzip.decompress(next(iter(tmp_path.rglob("*.batch"))).read_bytes()).decode()
        )
        assert ready["records"]
        until(lambda: spooled(tmp_path) == 300)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
    service = services(port)
    run("asyncio.run(ask(ApiMetricsMiddleware(app, sys.argv[1], spool=sys.argv[2]), 1))", url,
        str(tmp_path))  # fmt: skip
    assert service.records() == 301
    assert not list(tmp_path.rglob("*.batch"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_forked_workers_count_their_own(services: Any, tmp_path: Path) -> None:
    """As servers do that load the app before they fork."""
    service = services()
    code = """
whole = ApiMetricsMiddleware(app, sys.argv[1], spool=sys.argv[2], user=lambda s: s["user"])
asyncio.run(ask(whole, 40, "parent"))
children = []
for n in range(3):
    pid = os.fork()
    if not pid:
        asyncio.run(ask(whole, 100 + n, f"child{n}"))
        whole.flush()
        os._exit(0)
    children.append(pid)
for pid in children:
    assert os.waitpid(pid, 0)[1] == 0
asyncio.run(ask(whole, 2, "parent"))
"""
    run(code, service.url, str(tmp_path))
    users = [row[8] for batch in service.batches for row in batch["records"]]
    counts = {user: users.count(user) for user in set(users)}
    assert counts == {"parent": 42, "child0": 100, "child1": 101, "child2": 102}
