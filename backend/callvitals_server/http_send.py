"""The way to a sink elsewhere: one thread that sends what is spooled, oldest first, and tries
again for ever; by HTTP or through Redis."""

from __future__ import annotations

import gzip
import http.client
import json
import logging
import random
import ssl
import threading
import time
from typing import Any, Protocol
from urllib.parse import urlsplit

from .http_spool import Spool

STREAM = "callvitals:http"
STREAM_LENGTH = 100_000  # batches; Redis forgets the oldest beyond
_PATH = "/ingest/http"
_CONNECT_SECONDS = 5.0
_MAX_WAIT = 30.0
_IDLE_SECONDS = 30.0  # then what others left behind is looked for
_REFUSED = frozenset((400, 409, 410, 413, 415, 422))  # as it is, it will never be taken

log = logging.getLogger("callvitals.http")


class RefusedError(Exception):
    """The sink will never take this batch."""


class AgainError(Exception):
    """Not now; `after` seconds at least, when the sink said so."""

    def __init__(self, why: str, after: float = 0.0) -> None:
        super().__init__(why)
        self.after = after


class Transport(Protocol):
    """Carries one batch at a time. Used by one thread."""

    def send(self, batch: str, body: bytes) -> None:
        """Returns when it is stored there. Raises AgainError, RefusedError."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Remote:
    """Batches go to the spool, and from there to the transport."""

    def __init__(self, transport: Transport, spool: Spool) -> None:
        self._transport = transport
        self._spool = spool
        self._fresh()

    def _fresh(self) -> None:
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._sending = threading.Lock()
        self._tries = 0
        self._trouble = ""

    def put(self, batch: dict[str, Any]) -> None:
        """Spool it; what the spool lost travels with it."""
        batch["dropped"] += self._spool.take_dropped()
        text = json.dumps(batch, separators=(",", ":")).encode()
        self._spool.put(batch["batch"], len(batch["records"]), gzip.compress(text, 5))
        self._wake.set()
        if self._thread is None and not self._stop.is_set():
            thread = threading.Thread(target=self._run, name="callvitals-send", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter shuts down
                return
            self._thread = thread

    def flush(self, seconds: float) -> bool:
        """Send all that is spooled, in the caller's thread; a first failure ends it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self._sending.acquire(timeout=max(0.0, end - time.monotonic())):
                return False
            try:
                if self._step() > 0:
                    return False
            finally:
                self._sending.release()
            if not len(self._spool):
                return True
        return False

    def close(self) -> None:
        """End the thread; what is spooled stays."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(1.0)
        self._transport.close()
        self._fresh()

    def forked(self) -> None:
        """In a child: the connection is the parent's."""
        self._transport.close()
        self._spool.forked()
        self._fresh()

    def _run(self) -> None:
        stop, wake = self._stop, self._wake
        while not stop.is_set():
            try:
                with self._sending:
                    wait = self._step()
            except Exception:
                log.exception("sending failed")
                wait = _MAX_WAIT
            if wait > 0:
                stop.wait(wait)
            elif not len(self._spool):
                wake.wait(_IDLE_SECONDS)
                wake.clear()

    def _step(self) -> float:
        """Send the oldest; how long to wait before the next, s."""
        found = self._spool.oldest()
        if found is None:
            return 0.0
        kept, body = found
        try:
            self._transport.send(kept.batch, body)
        except RefusedError as error:
            self._spool.done(kept, lost=True)
            self._tell(str(error))
            return 0.0
        except AgainError as error:
            self._tell(str(error))
            self._tries += 1
            most = min(_MAX_WAIT, 0.25 * 2 ** min(self._tries, 10))
            return max(error.after, random.uniform(most / 2, most))
        self._spool.done(kept)
        self._tries = 0
        self._tell("")
        return 0.0

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            if trouble:
                log.warning("batches cannot be delivered: %s", trouble)
            elif self._trouble:
                log.warning("batches are delivered again")
            self._trouble = trouble


class Http:
    """POST /ingest/http of a callvitals service, over one connection kept open."""

    def __init__(self, address: str, token: str) -> None:
        parts = urlsplit(address)
        if not parts.hostname or parts.query or parts.fragment:
            raise ValueError("sink: give it as http://HOST:PORT or https://HOST")
        self._host = parts.hostname
        self._port = parts.port
        self._secure = parts.scheme == "https"
        self._path = parts.path.rstrip("/") + _PATH
        self._headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._open: http.client.HTTPConnection | None = None

    def send(self, batch: str, body: bytes) -> None:
        """See Transport."""
        fresh = self._open is None
        try:
            status, after = self._post(batch, body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            # A connection that was kept may have been closed meanwhile.
            if fresh or isinstance(error, TimeoutError):
                raise AgainError(f"{type(error).__name__}: {error}") from error
            try:
                status, after = self._post(batch, body)
            except (OSError, http.client.HTTPException) as second:
                self.close()
                raise AgainError(f"{type(second).__name__}: {second}") from second
        if status in _REFUSED:
            raise RefusedError(f"the service refused a batch with {status}")
        if not 200 <= status < 300:
            raise AgainError(f"the service answered {status}", after)

    def _post(self, batch: str, body: bytes) -> tuple[int, float]:
        if self._open is None:
            if self._secure:
                context = ssl.create_default_context()
                self._open = http.client.HTTPSConnection(
                    self._host, self._port, timeout=_CONNECT_SECONDS, context=context
                )
            else:
                self._open = http.client.HTTPConnection(
                    self._host, self._port, timeout=_CONNECT_SECONDS
                )
        headers = {**self._headers, "Idempotency-Key": batch}
        self._open.request("POST", self._path, body, headers)
        answer = self._open.getresponse()
        answer.read()
        after = answer.getheader("Retry-After", "")
        return answer.status, min(300.0, float(after)) if after.isdigit() else 0.0

    def close(self) -> None:
        """See Transport."""
        if self._open is not None:
            self._open.close()
            self._open = None


class Redis:
    """XADD to a stream that a service in grown mode reads. Needs the package `redis`."""

    def __init__(self, url: str) -> None:
        try:
            import redis
        except ImportError as error:
            raise ImportError("sink redis://…: pip install redis") from error
        self._errors = (redis.exceptions.RedisError, OSError)
        self._redis = redis.Redis.from_url(
            url, socket_timeout=5, socket_connect_timeout=5, socket_keepalive=True
        )

    def send(self, batch: str, body: bytes) -> None:
        """See Transport."""
        try:
            self._redis.xadd(
                STREAM, {"batch": batch, "body": body}, maxlen=STREAM_LENGTH, approximate=True
            )
        except self._errors as error:
            raise AgainError(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """See Transport."""
        self._redis.close()


def transport(sink: str, token: str) -> Transport:
    """By the address' scheme. Raises ValueError."""
    scheme = sink.partition("://")[0]
    if scheme in ("http", "https"):
        return Http(sink, token)
    if scheme in ("redis", "rediss", "unix"):
        return Redis(sink)
    raise ValueError("sink: http://…, https://… or redis://…")
