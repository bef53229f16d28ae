"""What the service's tests share: a real server process, a page, a dashboard, plain messages."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import aiohttp
import socketio
from callvitals import state, wire

T0 = time.time_ns() // 10**9 * 1000 - 6 * 3_600_000
"""When most calls began: this morning, as a page with a good clock would say."""


def until(what: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait for a true answer."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        assert time.monotonic() < end, f"not in {seconds} s: {what}"
        time.sleep(0.01)


async def eventually(what: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait for a true answer; `what` may be a coroutine function."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return answer
        assert time.monotonic() < end, f"not in {seconds} s: {what}"
        await asyncio.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """`callvitals serve` in a process of its own, restartable on its port and data."""

    def __init__(self, data: Path, *args: str, env: dict[str, str] | None = None) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.args = args
        self.env = env or {}
        self.log = data.parent / f"{data.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CALLVITALS_")}
        line = [sys.executable, "-m", "callvitals_server.cli", "serve", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*line, "--data", str(self.data), *self.args],
                env=kept | self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.data.parent,
            )
        until(self.is_ready, 30)

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.get("/readyz")[0] == 200
        except (OSError, AssertionError):
            return False

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ends it; the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """(status, JSON) of a GET."""
        return self.request(urllib.request.Request(self.url + path, headers=headers or {}))

    def post(self, path: str, body: bytes) -> tuple[int, Any]:
        """(status, JSON) of a POST."""
        return self.request(urllib.request.Request(self.url + path, data=body, method="POST"))

    @staticmethod
    def request(request: urllib.request.Request) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, body = error.code, error.read()
        try:
            return status, json.loads(body) if body else None
        except ValueError:
            return status, body.decode()

    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = self.get("/healthz")[1]["counts"]
        return counts


class Socket:
    """A Socket.IO connection whose events are kept in order of arrival."""

    def __init__(self, url: str, namespace: str) -> None:
        self.url = url
        self.namespace = namespace
        self.events: list[tuple[str, Any]] = []
        self.down = asyncio.Event()
        self.refused: Any = None
        self.http: aiohttp.ClientSession | None = None

    async def open(self, auth: Any = None, headers: dict[str, str] | None = None) -> None:
        await self.close()
        self.http = aiohttp.ClientSession()
        self.sio = socketio.AsyncClient(
            reconnection=False, handle_sigint=False, http_session=self.http
        )
        self.sio.on("*", self._take, namespace=self.namespace)
        self.sio.on("disconnect", self._gone, namespace=self.namespace)
        self.sio.on("connect_error", self._refuse, namespace=self.namespace)
        await self.sio.connect(
            self.url,
            auth=auth,
            headers=headers or {},
            namespaces=[self.namespace],
            transports=["websocket"],
        )

    async def _take(self, event: str, data: Any = None) -> None:
        self.events.append((event, data))

    async def _gone(self, *_: Any) -> None:
        self.down.set()

    async def _refuse(self, data: Any = None) -> None:
        self.refused = data

    async def say(self, event: str, *data: Any) -> None:
        await self.sio.emit(event, tuple(data), namespace=self.namespace)

    async def expect(self, event: str, where: Callable[[Any], Any] = bool) -> Any:
        """The first such event, taken out of what arrived."""

        def find() -> Any:
            for index, (name, data) in enumerate(self.events):
                if name == event and where(data):
                    del self.events[index]
                    return [data]
            return None

        return (await eventually(find))[0]

    async def close(self) -> None:
        if self.http is not None:
            await self.sio.disconnect()
            await self.http.close()


class Page(Socket):
    """The measuring side, driven by hand."""

    def __init__(
        self, url: str, meeting: str = "m1", participant: str = "p1", session: str | None = None
    ) -> None:
        super().__init__(url, "/ingest")
        self.session = session or secrets.token_hex(16)
        self.identity = {
            "protocol": wire.PROTOCOL,
            "meetingId": meeting,
            "participantId": participant,
            "name": participant.title(),
            "sessionId": self.session,
        }
        self.conn = 65536
        self.rev = 0
        self.doc: dict[str, Any] = {}
        self.hello: dict[str, Any] = {}
        self.token: str | None = None

    def auth(self, **more: Any) -> dict[str, Any]:
        said: dict[str, Any] = {**self.identity, "conn": self.conn}
        if self.token:
            said["sessionToken"] = self.token
        return said | more

    async def connect(self, **more: Any) -> dict[str, Any]:
        self.conn += 1
        self.rev = 0
        self.down.clear()
        self.events.clear()
        await self.open(self.auth(**more))
        self.hello = await self.expect("hello")
        return self.hello

    async def full(self, doc: dict[str, Any], log: Any = None) -> None:
        self.doc = doc
        self.token = self.hello["sessionToken"]
        said = {"isFullState": True, "metrics": doc, "sessionToken": self.token, "offset": 0}
        await self.send(said, log)

    async def delta(self, doc: dict[str, Any], log: Any = None) -> None:
        patch = state.diff(self.doc, doc)
        self.doc = doc
        await self.send({"isFullState": False, "metrics": patch, "check": state.check(doc)}, log)

    async def send(self, said: dict[str, Any], log: Any = None) -> None:
        message = {"conn": self.conn, "rev": self.rev, **said}
        self.rev += 1
        if log is not None:
            message["log"] = log
        await self.say("meeting:metrics", message)


def document(tick: int = 0, score: int = 432, rating: str = "good", **more: Any) -> dict[str, Any]:
    """A small state document."""
    return {
        "tick": tick,
        "t": T0 + tick * 1000,
        "rating": rating,
        "score": score,
        "sentence": more.pop("sentence", ""),
        "engine": "cpython",
        "host": "test",
        **more,
    }


def rows(ticks: Iterable[int], **series: Callable[[int], int]) -> list[dict[str, Any]]:
    """Finished rows; `upload` is a function of the tick, so that what is read can be checked."""
    functions: dict[str, Callable[[int], int]] = {"upload": upload, **series}
    return [
        {
            "tick": tick,
            "t": T0 + tick * 1000,
            "values": {name: function(tick) for name, function in functions.items()},
            "events": [],
        }
        for tick in ticks
    ]


def upload(tick: int) -> int:
    return 50_000 + tick * 37 % 1000


def log(first: int, last: int, lost: int = 0) -> dict[str, Any]:
    return wire.encode_log(rows(range(first, last + 1)), lost)
