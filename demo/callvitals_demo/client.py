"""The socket of one session: carries out what the core's Sender says, and reconnects.

The protocol itself (what is sent, and when) is `callvitals.sender`, the same code that runs in a
page. Here text is moved: Socket.IO, namespace /ingest, websocket only.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import socketio
from callvitals import wire
from callvitals.sender import Sender
from socketio.exceptions import SocketIOError

NAMESPACE = "/ingest"
HELLO_SECONDS = 10.0
MAX_WAIT = 20.0
_CLOSE_SECONDS = 3.0
_FROM_SERVER = ("hello", "config", "watch", "resync", "stored", "busy", "error")
_TRANSIENT = ("busy", "too-many", "unavailable", "not-ready")

_log = logging.getLogger("callvitals.demo.socket")
_log.setLevel(logging.CRITICAL)  # a lost connection is our daily bread, not news


@dataclass(frozen=True)
class Identity:
    """Who speaks: the part of the handshake that stays the same for a whole session."""

    meetingId: str
    participantId: str
    name: str
    sessionId: str
    key: str | None = None

    def auth(self, conn: int, token: str | None) -> dict[str, Any]:
        """The handshake's `auth` (docs/protocol.md)."""
        auth: dict[str, Any] = {
            "protocol": wire.PROTOCOL,
            "meetingId": self.meetingId,
            "participantId": self.participantId,
            "name": self.name,
            "sessionId": self.sessionId,
            "conn": conn,
        }
        if self.key:
            auth["key"] = self.key
        if token:
            auth["sessionToken"] = token
        return auth


def refusal(data: Any) -> dict[str, Any]:
    """The `{code, message, retryAfter?}` in what a refused connect brings, else `{}`."""
    seen = 0
    while isinstance(data, dict) and seen < 4:
        if isinstance(data.get("code"), str):
            return data
        data = data.get("data")
        seen += 1
    return {}


def backoff(failures: int, after: float, rng: random.Random) -> float:
    """Seconds to wait before connecting anew (rule 12), never less than `after`."""
    return max(after, rng.uniform(0, min(MAX_WAIT, 2.0 ** min(failures, 10))))


class Client:
    """Keeps a Sender connected. `clock` gives the page's time in epoch ms.

    `take` gets the actions that are not the socket's: row, stored, checkpoint, enter, config.
    """

    def __init__(
        self,
        url: str,
        identity: Identity,
        sender: Sender,
        clock: Callable[[], int],
        take: Callable[[dict[str, Any]], None],
        rng: random.Random,
        host_number: int = 1,
    ) -> None:
        self.ended: str | None = None
        """Why the session is over for this socket: "bye", "superseded", a refusal's code."""
        self.refused: dict[str, Any] = {}
        """The last refusal of a connect."""
        self.connects = 0
        self._url = url
        self._identity = identity
        self._sender = sender
        self._clock = clock
        self._take = take
        self._rng = rng
        self._base = host_number * 65536
        self._token: str | None = None
        self._sio: socketio.AsyncClient | None = None
        self._sizes: deque[int] = deque(maxlen=256)
        self._hello = asyncio.Event()
        self._down = asyncio.Event()
        self._over = asyncio.Event()
        self._after = 0.0
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        """Connect, and again when the link breaks, until the session has ended."""
        failures = 0
        async with aiohttp.ClientSession() as http:
            while not self._over.is_set():
                self._after = 0.0
                await self._connection(http)
                failures = 0 if self._hello.is_set() else failures + 1
                await _wait(self._over, backoff(failures, self._after, self._rng))

    async def act(self) -> None:
        """Do all that is due by now. Called after every row and at least once a second."""
        # The lock keeps the messages' order: Sender numbers them when it is polled.
        async with self._lock:
            for action in self._sender.poll(self._clock(), self._buffered()):
                await self._carry_out(action)

    def stop(self) -> None:
        """Let go of the socket at once, without `bye`."""
        self._end("stopped")

    # -- one connection ---------------------------------------------------------------------

    async def _connection(self, http: aiohttp.ClientSession) -> None:
        self._hello.clear()
        self._down.clear()
        self._sizes.clear()
        self.connects += 1
        sio = socketio.AsyncClient(
            reconnection=False,
            logger=_log,
            engineio_logger=_log,
            handle_sigint=False,
            http_session=http,
        )
        joined = asyncio.Event()
        for event in _FROM_SERVER:
            sio.on(event, self._heard(event, sio, joined), namespace=NAMESPACE)
        sio.on("connect", _setter(joined), namespace=NAMESPACE)
        sio.on("disconnect", self._on_disconnect, namespace=NAMESPACE)
        sio.on("connect_error", self._on_refused, namespace=NAMESPACE)
        self._sio = sio
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                await sio.connect(
                    self._url,
                    auth=self._identity.auth(self._base + self.connects, self._token),
                    namespaces=[NAMESPACE],
                    transports=["websocket"],
                    wait_timeout=HELLO_SECONDS,
                )
                await _first(self._hello, self._down, self._over)
            if sio.connected:
                await _first(self._down, self._over)
        except (SocketIOError, TimeoutError, OSError, aiohttp.ClientError, ValueError):
            pass  # no connection, no hello, or an answer that is not Socket.IO: try again later
        finally:
            self._sio = None
            joined.set()
            self._sender.link("disconnect", {}, self._clock())
            await _close(sio)

    def _heard(
        self, event: str, sio: socketio.AsyncClient, joined: asyncio.Event
    ) -> Callable[..., Any]:
        async def heard(data: Any = None) -> None:
            # What a server says in its connect handler comes before the answer to our connect.
            await joined.wait()
            if self._sio is not sio:
                return
            if event == "hello":
                if data["conn"] != self._base + self.connects:
                    return
                self._token = data["sessionToken"]
                self._hello.set()
            self._sender.link(event, data or {}, self._clock())
            await self.act()

        return heard

    async def _on_disconnect(self, *_reason: Any) -> None:
        self._down.set()

    async def _on_refused(self, data: Any = None) -> None:
        said = refusal(data)
        if not said:
            return
        self.refused = said
        self._after = float(said.get("retryAfter") or 0)
        if self._after == 0 and said["code"] not in _TRANSIENT:
            self._end(said["code"])

    def _buffered(self) -> int:
        """Bytes that wait in the socket: the newest messages, as many as are queued."""
        if self._sio is None:
            return 0
        queued = self._sio.eio.queue.qsize()
        return sum(list(self._sizes)[-queued:]) if queued else 0

    async def _carry_out(self, action: dict[str, Any]) -> None:
        do = action["do"]
        if do == "send":
            if self._sio is None:
                return
            self._sizes.append(len(wire.text(action["data"])))
            try:
                await self._sio.emit(action["event"], action["data"], namespace=NAMESPACE)
            except SocketIOError:
                self._down.set()
        elif do == "reconnect":
            self._after = max(self._after, float(action.get("after", 0)))
            self._down.set()
        elif do == "end":
            self._end(action["why"])
        else:
            self._take(action)

    def _end(self, why: str) -> None:
        if self.ended is None:
            self.ended = why
        self._over.set()
        self._down.set()


def _setter(event: asyncio.Event) -> Callable[..., Any]:
    async def handler(*_data: Any) -> None:
        event.set()

    return handler


async def _first(*events: asyncio.Event) -> None:
    """Until one of the events is set."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event is set, `seconds` at most."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


async def _close(sio: socketio.AsyncClient) -> None:
    """Close politely: what was handed over (a `bye`) goes out first."""
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            if sio.connected:
                await sio.eio.queue.join()
            await sio.disconnect()
    except (SocketIOError, TimeoutError, OSError, aiohttp.ClientError):
        pass
