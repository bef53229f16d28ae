"""ASGI middleware: what every request of an app took and gave, at the cost of some microseconds.

    app.add_middleware(ApiMetricsMiddleware, sink="http://callvitals.internal:8000")

Any ASGI app: FastAPI, Starlette, Litestar, Django, Quart and what is made by hand. Counted is what
passes the middleware's place in the stack: the bytes of every message, not what a header announces.
A request only appends one tuple to a bounded queue; all else happens in threads (http_sink.py).
Nothing here imports more than the standard library. docs/http.md has the whole of it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from time import perf_counter, time
from typing import Any

from .http_routes import Routes
from .http_sink import QUEUE, Shipper, Sink

__all__ = ["ABORTED", "FAILED", "STREAMED", "ApiMetricsMiddleware"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ABORTED = 1  # the other side left before the response was whole
FAILED = 2  # the app raised, or ended without a whole response
STREAMED = 4  # the body came in more than one piece
_BODILESS = frozenset((204, 205, 304))  # RFC 9110, 6.4.1: whatever is handed over, none is sent
_CLOSED = 499  # no status was sent, because nobody was there any more (nginx's number for it)
_CLOSE_SECONDS = 5.0


class ApiMetricsMiddleware:
    """Wrap `app`. Exceptions of the app pass untouched; nothing of ours is ever raised into it.

    sink: `http://HOST:PORT` or `https://…` of a callvitals service, `redis://…` (or `rediss://…`),
      or a callable that takes a batch (docs/http.md) in a thread of ours
    service: which of your services this is (64 characters)
    user: from the scope to the id of who asks, or None; called once per request, after the app
      answered, so that what authentication left in the scope is there
    route: from the scope to the template of the request's route, or None to find it as usual
    token: shown to the service at `sink`; CALLVITALS_HTTP_TOKEN by default
    spool: folder that keeps what the sink could not take yet; CALLVITALS_SPOOL or the user's cache
      folder by default, False for memory only
    limit: records that may wait in memory; those beyond are dropped and counted
    """

    def __init__(
        self,
        app: App,
        sink: Sink,
        *,
        service: str = "",
        user: Callable[[Scope], str | None] | None = None,
        route: Callable[[Scope], str | None] | None = None,
        token: str | None = None,
        spool: str | Path | bool | None = None,
        limit: int = QUEUE,
    ) -> None:
        self.app = app
        self._user = user
        self._route = route
        token = os.environ.get("CALLVITALS_HTTP_TOKEN", "") if token is None else token
        self.shipper = Shipper(
            sink, Routes(app).template, service=service, token=token, spool=spool, limit=limit
        )
        self._add = self.shipper.add

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        kind = scope["type"]
        if kind == "http":
            await self._http(scope, receive, send)
        elif kind == "websocket":
            await self._websocket(scope, receive, send)
        elif kind == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def flush(self, seconds: float = _CLOSE_SECONDS) -> bool:
        """Hand all that waits to the sink, from any thread but an event loop's. False: it did not
        get there in time (what is spooled goes later)."""
        return self.shipper.flush(seconds)

    def close(self, seconds: float = _CLOSE_SECONDS) -> None:
        """Flush, and end the threads. A request after that starts them anew."""
        self.shipper.close(seconds)

    # -- one request ------------------------------------------------------------------------------

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = perf_counter()
        # Frameworks change these on the way.
        place = (scope["path"], scope.get("root_path", ""), scope.get("app"))
        method = scope["method"]
        status = taken = given = pieces = 0
        first = last = 0.0
        done = gone = silent = noted = False

        async def counted_receive() -> Message:
            nonlocal taken, gone
            message = await receive()
            if message["type"] == "http.request":
                body = message.get("body")
                if body:
                    taken += len(body)
            elif not done:
                gone = True
            return message

        async def counted_send(message: Message) -> None:
            nonlocal status, given, pieces, first, last, done, gone, silent
            kind = message["type"]
            size = 0
            if kind == "http.response.body":
                size = len(message.get("body", b""))
                whole = not message.get("more_body", False)
            elif kind == "http.response.start":
                try:
                    await send(message)
                except OSError:
                    gone = True
                    raise
                if gone:  # nobody is told
                    return
                status = message["status"]
                silent = method == "HEAD" or status in _BODILESS
                return
            elif kind == "http.response.pathsend":
                size = _size_of(message["path"])
                whole = True
            elif kind == "http.response.zerocopysend":
                size = _rest_of(message)
                whole = not message.get("more_body", False)
            else:  # early hints, trailers, debug
                await send(message)
                return
            try:
                await send(message)
            except OSError:
                gone = gone or not done
                raise
            if done:
                return
            last = perf_counter()
            if size and not silent and not gone:
                given += size
                pieces += 1
                if pieces == 1:
                    first = last
            if whole:
                done = True
                # Background tasks are no part of it; what made an error page is raised after it.
                if not gone and status < 500:
                    record(0)

        def record(flags: int) -> None:
            nonlocal noted
            noted = True
            if pieces > 1:
                flags |= STREAMED
            self._note(
                scope,
                place,
                method,
                (status, taken, given, (first or last) - start, last - start),
                flags,
            )

        try:
            await self.app(scope, counted_receive, counted_send)
        except BaseException as error:
            if not noted:
                last = last if done else perf_counter()
                # Servers end a handler whose client left.
                left = gone or isinstance(error, asyncio.CancelledError)
                status = status or (_CLOSED if left else 500)
                record(ABORTED if left else FAILED)
            raise
        if not noted:
            last = last if done else perf_counter()
            status = status or (_CLOSED if gone else 500)
            record(ABORTED if gone else 0 if done else FAILED)

    # -- one session ------------------------------------------------------------------------------

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = perf_counter()
        place = (scope["path"], scope.get("root_path", ""), scope.get("app"))
        status = taken = given = code = 0
        first = last = 0.0

        async def counted_receive() -> Message:
            nonlocal taken, code, last
            message = await receive()
            if message["type"] == "websocket.receive":
                taken += _length(message)
            elif message["type"] == "websocket.disconnect" and not code:
                code = message.get("code") or 1005
                last = perf_counter()
            return message

        async def counted_send(message: Message) -> None:
            nonlocal given, status, code, first, last
            kind = message["type"]
            try:
                await send(message)
            except OSError:
                code = code or 1006
                raise
            if kind == "websocket.send":
                given += _length(message)
            elif kind == "websocket.accept":
                status = 101
                first = perf_counter()
            elif kind == "websocket.close" and not code:
                status = status or 403
                code = message.get("code") or 1000
                last = perf_counter()
            elif kind == "websocket.http.response.start":
                status = message["status"]
            elif kind == "websocket.http.response.body":
                given += len(message.get("body", b""))
                if not message.get("more_body", False):
                    code = 1000
                    last = perf_counter()

        def record(flags: int) -> None:
            nonlocal last
            last = last or perf_counter()
            numbers = (status, taken, given, (first or last) - start, last - start)
            self._note(scope, place, "WEBSOCKET", numbers, flags)

        try:
            await self.app(scope, counted_receive, counted_send)
        except BaseException as error:
            left = code == 1006 or isinstance(error, asyncio.CancelledError)
            status = status or (_CLOSED if left else 500)
            # What a handler raises because the other side hung up is no failure.
            record(ABORTED if left else FAILED if not code else 0)
            raise
        status = status or (_CLOSED if code else 500)
        record(ABORTED if code == 1006 or status == _CLOSED else 0)

    # -- and what they have in common -------------------------------------------------------------

    def _note(
        self,
        scope: Scope,
        place: tuple[str, str, Any],
        method: str,
        numbers: tuple[int, int, int, float, float],
        flags: int,
    ) -> None:
        user = route = None
        if self._user is not None:
            try:
                user = self._user(scope)
            except Exception:
                self.shipper.user_errors += 1
        if self._route is not None:
            try:
                route = self._route(scope)
            except Exception:
                self.shipper.route_errors += 1
        # Who answered; its template is looked up later, in the thread.
        known = route or scope.get("path_template") or scope.get("endpoint")
        self._add((time(), place, known, method, numbers, user, flags))

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def flushing_send(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await asyncio.to_thread(self.close)
            await send(message)

        await self.app(scope, receive, flushing_send)


def _length(message: Message) -> int:
    """Payload bytes of a websocket message (RFC 6455: text is UTF-8)."""
    body: bytes | None = message.get("bytes")
    if body is not None:
        return len(body)
    text: str = message.get("text") or ""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _size_of(path: str) -> int:
    """Bytes of a file that the server sends by itself (ASGI extension http.response.pathsend)."""
    try:
        size: int = os.stat(path).st_size
    except OSError:
        return 0
    return size


def _rest_of(message: Message) -> int:
    """Bytes of an open file that the server sends (ASGI extension http.response.zerocopysend):
    from `offset`, else where the file stands, to its end, at most `count`."""
    try:
        file = message["file"]
        offset = message.get("offset")
        size = os.fstat(file.fileno()).st_size - (file.tell() if offset is None else offset)
    except (OSError, ValueError):
        size = 0
    count = message.get("count")
    rest: int = size if count is None else min(size, count)
    return max(0, rest)
