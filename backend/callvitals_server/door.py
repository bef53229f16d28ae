"""The Socket.IO server, made strict: what is not a message never gets further than this file.

python-socketio trusts its peers: a frame it cannot read costs a stack trace or the connection's
bookkeeping. Here such frames become the event `malformed` or vanish, each of them counted.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

import orjson
import socketio
from callvitals import wire
from socketio.packet import CONNECT, DISCONNECT, EVENT, Packet
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/socket.io/"
MAX_FRAME = wire.MAX_MESSAGE
# Larger frames end the connection unread; those between are answered.
MAX_READ = 8 * MAX_FRAME
_RESERVED = ("connect", "disconnect")
_TOO_LARGE = b"a message has at most %d bytes" % MAX_FRAME


class Json:
    """orjson under the names python-socketio calls."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        """JSON text."""
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_: Any) -> Any:
        """Strict: no NaN, no lone surrogates. Raises ValueError."""
        return orjson.loads(text)


class StrictPacket(Packet):  # type: ignore[misc]
    """What is no packet reads as the event `malformed`."""

    json = Json

    def decode(self, encoded_packet: Any) -> int:
        """Never raises, never waits for attachments."""
        try:
            super().decode(encoded_packet)
        except (ValueError, TypeError, IndexError, RecursionError):
            self._malformed(self.namespace)
            return 0
        if self.packet_type in (CONNECT, DISCONNECT):
            return 0
        named = isinstance(self.data, list) and self.data and isinstance(self.data[0], str)
        if self.packet_type != EVENT or not named or self.data[0] in _RESERVED:
            self._malformed(self.namespace)
        return 0

    def _malformed(self, namespace: Any) -> None:
        self.packet_type = EVENT
        self.namespace = namespace
        self.id = None
        self.data = ["malformed"]


class OneLine(logging.LoggerAdapter[logging.Logger]):
    """Errors of the library as one line each, and counted."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(logging.getLogger("callvitals.socket"), {})
        self._counts = counts

    def exception(self, msg: object, *args: object, **_: Any) -> None:
        """Without the stack, which is of interest at level debug only."""
        self._counts["socket-error"] += 1
        self.warning(msg, *args, exc_info=self.isEnabledFor(logging.DEBUG))


def make_server(counts: Counter[str]) -> socketio.AsyncServer:
    """The server of /ingest and /watch: websocket only, messages in order."""
    logger = OneLine(counts)
    return socketio.AsyncServer(
        async_mode="asgi",
        # The handler only appends to memory; its turn keeps the deltas in order.
        async_handlers=False,
        transports=["websocket"],
        # Pages of all origins; each namespace looks at the origin itself.
        cors_allowed_origins="*",
        cors_credentials=False,
        serializer=StrictPacket,
        json=Json,
        ping_interval=10,
        ping_timeout=10,
        max_http_buffer_size=MAX_FRAME,
        namespaces=["/ingest", "/watch"],
        logger=logger,
        engineio_logger=logger,
    )


_INGEST = "42/ingest,"  # an event of a measured page


class Guard:
    """ASGI: lets through only frames that Engine.IO can read."""

    def __init__(self, app: ASGIApp, counts: Counter[str]) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return

        async def guarded() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                text = message.get("text")
                if not text or text[0] not in "0123456":
                    self._counts["bad-frame"] += 1
                elif len(text) > MAX_FRAME:
                    self._counts["too-large"] += 1
                    await send({"type": "websocket.send", "text": _refusal(text)})
                else:
                    if text.startswith(_INGEST):
                        self._counts["bytes"] += len(text)
                    return message

        try:
            await self._app(scope, guarded, send)
        except (OSError, ValueError) as error:
            self._counts["socket-error"] += 1
            logging.getLogger("callvitals.socket").warning("socket: %s", error)


def _refusal(text: str) -> str:
    """The event `error` for a frame that was too large to be read."""
    namespace = text[2 : text.find(",", 0, 32)] if text.startswith("42/") else ""
    prefix = f"42{namespace}," if namespace in ("/ingest", "/watch") else "42"
    data = {"code": "too-large", "message": _TOO_LARGE.decode()}
    return prefix + orjson.dumps(["error", data]).decode()
