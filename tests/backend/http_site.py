"""An app with every kind of response, and what its middleware tells."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from callvitals_server.http_metrics import ApiMetricsMiddleware
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from .http_kit import Taken, asked
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
