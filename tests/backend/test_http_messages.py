"""What servers may say and apps may do, message by message: also what uvicorn does not offer."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from callvitals_server.http_metrics import ABORTED, FAILED, STREAMED, ApiMetricsMiddleware
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from .http_kit import Taken, asked, serving
from .http_site import echo, routes


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
