"""Bytes, times and flags of every kind of response, over a real socket."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import websockets.sync.client
from callvitals_server.http_metrics import ABORTED, FAILED, STREAMED, ApiMetricsMiddleware
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from .http_kit import Taken, asked, chunked, serving
from .kit import until

FILE = 150_001
gate = threading.Event()


async def pieces(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size
        await asyncio.sleep(0)


async def stream(request: Request) -> Response:
    count = int(request.path_params.get("count", 100))
    return StreamingResponse(pieces(count, 1000))


async def events(_: Request) -> Response:
    async def told() -> AsyncIterator[str]:
        for n in range(3):
            yield f"data: {n}é\n\n"

    return StreamingResponse(told(), media_type="text/event-stream")


async def stall(_: Request) -> Response:
    async def told() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"y" * 1000
        await asyncio.Event().wait()

    return StreamingResponse(told())


async def breaks(_: Request) -> Response:
    async def told() -> AsyncIterator[bytes]:
        yield b"z" * 700
        raise ValueError("in the middle")

    return StreamingResponse(told())


async def raises(_: Request) -> Response:
    raise ValueError("before")


async def upload(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def ignores(_: Request) -> Response:
    return PlainTextResponse("no, thanks")


async def later(_: Request) -> Response:
    return PlainTextResponse("at once", background=BackgroundTask(gate.wait, 20))


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)
        await websocket.send_bytes(text.encode())


async def refuses(websocket: WebSocket) -> None:
    await websocket.close(4000)


async def falls(websocket: WebSocket) -> None:
    await websocket.accept()
    raise ValueError("in a session")


def routes(folder: Path) -> list[Any]:
    (folder / "big.bin").write_bytes(b"f" * FILE)
    return [
        Route("/stream", stream),
        Route("/stream/{count:int}", stream),
        Route("/events", events),
        Route("/stall", stall),
        Route("/breaks", breaks),
        Route("/raises", raises),
        Route("/upload", upload, methods=["POST", "PUT"]),
        Route("/ignores", ignores, methods=["POST"]),
        Route("/later", later),
        Route("/file", lambda _: FileResponse(folder / "big.bin"), methods=["GET"]),
        Route("/same", lambda _: Response(status_code=304)),
        Route("/nothing", lambda _: Response(status_code=204)),
        Route("/empty", lambda _: Response()),
        Mount("/of/{who}/files", StaticFiles(directory=folder)),
        WebSocketRoute("/echo", echo),
        WebSocketRoute("/refuses", refuses),
        WebSocketRoute("/falls", falls),
    ]


def asker(scope: Any) -> str | None:
    return scope["query_string"].decode() or None


class Site:
    """An app behind a socket, and what its middleware told."""

    def __init__(self, port: int, taken: Taken, middleware: ApiMetricsMiddleware) -> None:
        self.port = port
        self.middleware = middleware
        self._taken = taken

    def ask(self, head: str, body: bytes = b"") -> tuple[bytes, bytes]:
        return asked(self.port, head, body)

    def told(self, count: int = 1) -> Any:
        """The records since the last question: one, or a list of `count`."""

        def enough() -> bool:
            self.middleware.flush(5)
            return len(self._taken.records()) >= count

        until(enough, 10)
        found = self._taken.records()
        self._taken.clear()
        assert len(found) == count, found
        return found[0] if count == 1 else found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    taken = Taken()
    app = Starlette(routes=routes(tmp_path_factory.mktemp("files")))
    whole = ApiMetricsMiddleware(app, taken, user=asker)
    with serving(whole) as port:
        yield Site(port, taken, whole)


BODIES: list[tuple[str, bytes, str, int, int, int | None, int]] = [
    # request, its body, route, status, request bytes, response bytes (None: as came), flags
    ("GET /stream HTTP/1.1", b"", "/stream", 200, 0, 100_000, STREAMED),
    ("GET /stream/1 HTTP/1.1", b"", "/stream/{count:int}", 200, 0, 1000, 0),
    ("GET /events HTTP/1.1", b"", "/events", 200, 0, 3 * 11, STREAMED),
    ("GET /file HTTP/1.1", b"", "/file", 200, 0, FILE, STREAMED),
    ("GET /file HTTP/1.1\nRange: bytes=10-1009", b"", "/file", 206, 0, 1000, 0),
    ("GET /of/me/files/big.bin HTTP/1.1", b"", "/of/{who}/files/{path}", 200, 0, FILE, STREAMED),
    ("HEAD /stream HTTP/1.1", b"", "/stream", 200, 0, 0, 0),
    ("HEAD /file HTTP/1.1", b"", "/file", 200, 0, 0, 0),
    ("GET /same HTTP/1.1", b"", "/same", 304, 0, 0, 0),
    ("GET /nothing HTTP/1.1", b"", "/nothing", 204, 0, 0, 0),
    ("GET /empty HTTP/1.1", b"", "/empty", 200, 0, 0, 0),
    (
        "POST /upload HTTP/1.1\nTransfer-Encoding: chunked",
        chunked(b"a" * 4000, b"b" * 6000),
        *("/upload", 200, 10_000, 5, 0),
    ),
    ("PUT /upload HTTP/1.1\nContent-Length: 70000", b"c" * 70_000, "/upload", 200, 70_000, 5, 0),
    ("POST /ignores HTTP/1.1\nContent-Length: 3", b"abc", "/ignores", 200, 0, 10, 0),
    ("GET /upload HTTP/1.1", b"", "/upload", 405, 0, None, 0),
    ("GET /none/of/it HTTP/1.1", b"", "<unmatched>", 404, 0, 9, 0),
    ("GET /raises HTTP/1.1", b"", "/raises", 500, 0, 21, FAILED),
    ("GET /breaks HTTP/1.1", b"", "/breaks", 200, 0, 700, FAILED),
    ("BREW /stream HTTP/1.1", b"", "/stream", 405, 0, None, 0),
]


@pytest.mark.parametrize("case", BODIES, ids=lambda case: case[0].replace("\n", " "))
def test_bytes_and_flags_are_exact(
    site: Site, case: tuple[str, bytes, str, int, int, int | None, int]
) -> None:
    head, body, route, status, taken, given, flags = case
    _, came = site.ask(head, body)
    told = site.told()
    method = head.split()[0]
    assert (told.route, told.method) == (route, "OTHER" if method == "BREW" else method)
    assert (told.status, told.request_bytes, told.flags) == (status, taken, flags)
    assert told.response_bytes == len(came)
    if given is not None:
        assert told.response_bytes == given
    assert 0 < told.first <= told.last < 10_000_000


def test_a_reader_that_leaves(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
        client.sendall(b"GET /stall?me HTTP/1.1\r\nHost: x\r\n\r\n")
        came = b""
        while came.count(b"y") < 4000:
            came += client.recv(65536)
    told = site.told()
    assert (told.route, told.status, told.response_bytes) == ("/stall", 200, 4000)
    assert told.flags == ABORTED | STREAMED
    assert told.user == "me"


def test_an_upload_that_breaks_off(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
        head = b"PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n"
        client.sendall(head + b"x" * 50)
    told = site.told()
    assert (told.route, told.status, told.response_bytes) == ("/upload", 499, 0)
    assert told.flags == ABORTED
    assert told.request_bytes <= 50  # as much as the server handed on


def test_background_tasks_are_no_part_of_a_response(site: Site) -> None:
    gate.clear()
    try:
        assert site.ask("GET /later HTTP/1.1")[1] == b"at once"
        told = site.told()  # while the task waits
        assert told.route == "/later"
        assert told.last < 5_000_000
    finally:
        gate.set()


def test_many_streams_at_once(site: Site) -> None:
    counts = [n % 40 + 1 for n in range(80)]
    with ThreadPoolExecutor(16) as pool:
        sizes = list(pool.map(lambda n: len(site.ask(f"GET /stream/{n}?{n} HTTP/1.1")[1]), counts))
    assert sizes == [n * 1000 for n in counts]
    told = site.told(len(counts))
    assert {r.route for r in told} == {"/stream/{count:int}"}
    assert sorted((r.user, r.response_bytes) for r in told) == sorted(
        (str(n), n * 1000) for n in counts
    )


@pytest.mark.parametrize("inside", [True, False], ids=["compressed inside", "compressed outside"])
def test_compression_counts_at_our_place(inside: bool, tmp_path: Path) -> None:
    taken = Taken()
    app = Starlette(routes=routes(tmp_path))
    ours = ApiMetricsMiddleware(GZipMiddleware(app) if inside else app, taken)
    whole = ours if inside else GZipMiddleware(ours)
    with serving(whole) as port:
        site = Site(port, taken, ours)
        head, came = site.ask("GET /stream HTTP/1.1\nAccept-Encoding: gzip")
        assert b"content-encoding: gzip" in head.lower()
        assert len(came) < 5000
        assert site.told().response_bytes == (len(came) if inside else 100_000)


def test_inside_the_error_page_a_failure_is_seen_all_the_same(tmp_path: Path) -> None:
    """`add_middleware` puts us inside what turns exceptions into pages: the page is not ours."""
    taken = Taken()
    app = Starlette(routes=routes(tmp_path))
    app.add_middleware(ApiMetricsMiddleware, sink=taken)
    with serving(app) as port:
        assert asked(port, "GET /raises HTTP/1.1")[1] == b"Internal Server Error"
        told = taken.one()
    assert (told.status, told.response_bytes, told.flags) == (500, 0, FAILED)


# -- websockets ---------------------------------------------------------------------------------


def test_a_websocket_session(site: Site) -> None:
    with websockets.sync.client.connect(f"ws://127.0.0.1:{site.port}/echo?ann") as client:
        for text in ("abc", "ü" * 100):
            client.send(text)
            assert client.recv() == text
            assert client.recv() == text.encode()
    told = site.told()
    assert (told.route, told.method, told.status) == ("/echo", "WEBSOCKET", 101)
    assert (told.request_bytes, told.response_bytes) == (203, 406)
    assert (told.flags, told.user) == (0, "ann")
    assert 0 < told.first <= told.last


async def test_a_websocket_that_breaks_off() -> None:
    """uvicorn tells a lost connection as 1005, like a close without a code; others tell 1006."""
    for code, flags in ((1006, ABORTED), (1005, 0), (1000, 0)):
        messages = iter(
            [
                {"type": "websocket.connect"},
                {"type": "websocket.receive", "text": "abc"},
                {"type": "websocket.disconnect", "code": code},
            ]
        )

        async def receive(messages: Any = messages) -> Any:
            return next(messages)

        taken = Taken()
        app = Starlette(routes=[WebSocketRoute("/echo", echo)])
        await called(app, taken, receive=receive, type="websocket", path="/echo", headers=[])
        told = taken.one()
        assert (told.status, told.request_bytes, told.response_bytes) == (101, 3, 6)
        assert told.flags == flags


def test_websockets_refused_and_failed(site: Site) -> None:
    for path, status, flags in (("/refuses", 403, 0), ("/falls", 101, FAILED), ("/no", 403, 0)):
        try:
            with websockets.sync.client.connect(f"ws://127.0.0.1:{site.port}{path}") as client:
                client.recv()
        except (websockets.exceptions.InvalidStatus, websockets.exceptions.ConnectionClosed):
            pass
        told = site.told()
        assert (told.route, told.status, told.flags) == (
            "<unmatched>" if path == "/no" else path,
            status,
            flags,
        )


# -- what uvicorn does not offer ----------------------------------------------------------------


async def called(
    app: Any, taken: Taken, send: Any = None, receive: Any = None, **scope: Any
) -> list[Any]:
    """The app called by hand; the messages it sent."""
    sent: list[Any] = []

    async def keep(message: Any) -> None:
        sent.append(message)

    async def nothing() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    whole = ApiMetricsMiddleware(app, taken)
    full = {"type": "http", "method": "GET", "path": "/x", **scope}
    try:
        await whole(full, receive or nothing, send or keep)
    finally:
        await asyncio.to_thread(whole.close)
    return sent


async def test_files_that_the_server_sends_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0" * 5000)

    async def whole_file(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.pathsend", "path": str(path)})

    taken = Taken()
    await called(whole_file, taken)
    assert (taken.one().response_bytes, taken.one().flags) == (5000, 0)

    async def parts(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        with path.open("rb") as file:
            kind = "http.response.zerocopysend"
            await send({"type": kind, "file": file, "offset": 100, "count": 50, "more_body": True})
            file.seek(4000)
            await send({"type": kind, "file": file, "more_body": True})
            await send({"type": kind, "file": file, "offset": 4990, "count": 100})

    taken = Taken()
    await called(parts, taken)
    assert (taken.one().response_bytes, taken.one().flags) == (50 + 1000 + 10, STREAMED)


async def test_whatever_the_app_raises_goes_through_untouched() -> None:
    class OddError(BaseException):
        pass

    for error, status, flags in (
        (OddError("a"), 500, FAILED),
        (asyncio.CancelledError(), 499, ABORTED),
        (KeyError("b"), 500, FAILED),
    ):

        async def app(_scope: Any, _receive: Any, _send: Any, error: Any = error) -> None:
            raise error

        taken = Taken()
        with pytest.raises(type(error)) as caught:
            await called(app, taken)
        assert caught.value is error
        assert (taken.one().status, taken.one().flags) == (status, flags)


async def test_a_server_that_says_the_reader_left() -> None:
    async def gone(message: Any) -> None:
        if message.get("body") == b"2":
            raise OSError("client disconnected")

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"11", "more_body": True})
        await send({"type": "http.response.body", "body": b"2"})

    taken = Taken()
    with pytest.raises(OSError, match="client disconnected"):
        await called(app, taken, send=gone)
    assert (taken.one().response_bytes, taken.one().flags) == (2, ABORTED)


async def test_an_app_that_ends_without_an_answer() -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        pass

    taken = Taken()
    await called(app, taken)
    assert (taken.one().status, taken.one().flags) == (500, FAILED)


async def test_callables_that_raise_harm_nobody() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"ok"})

    def broken(_scope: Any) -> str:
        raise RuntimeError("not for the app")

    async def nothing(*_: Any) -> Any:
        return {"type": "http.request"}

    taken = Taken()
    whole = ApiMetricsMiddleware(app, taken, user=broken, route=broken)
    await whole({"type": "http", "method": "GET", "path": "/x"}, nothing, nothing)
    await asyncio.to_thread(whole.close)
    assert (taken.one().user, taken.one().route) == (None, "<unmatched>")
    assert (whole.shipper.user_errors, whole.shipper.route_errors) == (1, 1)


def test_records_are_json_whatever_they_hold(tmp_path: Path) -> None:
    taken = Taken()
    app = Starlette(routes=routes(tmp_path))
    whole = ApiMetricsMiddleware(app, taken, user=lambda _: "\ud800\0é" + "u" * 500)
    with serving(whole) as port:
        asked(port, "GET /empty HTTP/1.1")
    user = taken.one().user
    assert user is not None
    assert len(user) == 128
    assert user.startswith("??é")
    json.dumps(taken[0], ensure_ascii=False).encode()


def test_it_needs_nothing_but_the_standard_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys, callvitals_server.http_metrics\n"
        "print([m for m in ('numpy', 'sqlalchemy', 'fastapi', 'starlette', 'socketio', 'pydantic',"
        " 'orjson', 'redis', 'django') if m in sys.modules])"
    )
    path = os.pathsep.join(p for p in sys.path if p)
    said = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert said.stdout.strip() == "[]"
