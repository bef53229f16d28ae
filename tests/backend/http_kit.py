"""What the tests of the HTTP middleware share: a real uvicorn on a socket, a bare client."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import uvicorn

from .kit import until


class Told(NamedTuple):
    """A record as a batch has it, its route spelled out."""

    t: int
    route: str
    method: str
    status: int
    request_bytes: int
    response_bytes: int
    first: int
    last: int
    user: str | None
    flags: int


class Taken(list[dict[str, Any]]):
    """A sink: the batches it was given."""

    __call__ = list.append

    def records(self) -> list[Told]:
        """All of them, in order."""
        return [
            Told(row[0], batch["routes"][row[1]], *row[2:])
            for batch in list(self)
            for row in batch["records"]
        ]

    def one(self) -> Told:
        """The only record, once it is there."""
        until(self.records, 10)
        (record,) = self.records()
        return record


@contextlib.contextmanager
def serving(app: Any, **config: Any) -> Iterator[int]:
    """`app` behind uvicorn in a thread; its port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        settings = {
            "log_level": "critical",
            "lifespan": "auto",
            "ws": "websockets-sansio",
            **config,
        }
        server = uvicorn.Server(uvicorn.Config(app, **settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            until(lambda: server.started)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


def asked(port: int, head: str, body: bytes = b"") -> tuple[bytes, bytes]:
    """(head, body) of the answer as it came, to a request without `Host` and `Connection`."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        lines = head.strip().split("\n")
        lines[1:1] = ["Host: x", "Connection: close"]
        client.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    top, _, rest = answer.partition(b"\r\n\r\n")
    return top, unchunked(rest) if b"transfer-encoding: chunked" in top.lower() else rest


def unchunked(raw: bytes) -> bytes:
    """The payload of a chunked body (RFC 9112, 7.1), as far as it came."""
    out = b""
    while raw:
        size, _, raw = raw.partition(b"\r\n")
        length = int(size, 16)
        out += raw[:length]
        raw = raw[length + 2 :]
        if not length:
            break
    return out


def chunked(*parts: bytes) -> bytes:
    """A chunked body."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))
