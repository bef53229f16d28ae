"""From the middleware to whoever takes its batches: a bounded queue, a thread that makes batches,
and for sinks elsewhere a spool and a thread that sends. Standard library only.

A batch leaves with 500 records or after a second. Its id is its idempotency key: sent twice, it
counts once. What did not fit into the queue is told by the next batch (`dropped`).
"""

from __future__ import annotations

import atexit
import logging
import os
import secrets
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from .http_routes import METHODS, Place
from .http_send import Remote, transport
from .http_spool import open_spool

QUEUE = 20_000
BATCH = 500
FLUSH_SECONDS = 0.9  # and a little for the way: within a second
VERSION = 1
_USER = 128
_ROUTE = 256
_SERVICE = 64

log = logging.getLogger("callvitals.http")

Record = tuple[float, Place, Any, str, tuple[int, int, int, float, float], Any, int]
"""epoch s, place, known, method, (status, request bytes, response bytes, s to the first and to the
last body byte), user, flags."""
Template = Callable[[Place, Any, str], str]
Sink = str | Callable[[dict[str, Any]], Any]


class Taker(Protocol):
    """Where batches go. Called by one thread; may block, must not need the event loop to go on."""

    def put(self, batch: dict[str, Any]) -> None:
        """Take a batch for good. Raises when it cannot: it is tried again."""
        ...

    def flush(self, seconds: float) -> bool:
        """Wait until all is delivered; False: it took longer."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...

    def forked(self) -> None:
        """This is a child process now; the threads stayed behind."""
        ...


class Direct:
    """A callable in this process. What it raises is logged and the batch counted as dropped."""

    def __init__(self, call: Callable[[dict[str, Any]], Any]) -> None:
        self.put = call

    def flush(self, _seconds: float) -> bool:
        """Nothing waits."""
        return True

    def close(self) -> None:
        """Nothing is held."""

    def forked(self) -> None:
        """Nothing is held."""


class Shipper:
    """The queue and its thread, which starts with the first record: also in a worker that was
    forked, and under servers without lifespan."""

    def __init__(
        self,
        sink: Sink,
        template: Template,
        *,
        service: str,
        token: str,
        spool: str | Path | bool | None,
        limit: int,
    ) -> None:
        if limit < 1:
            raise ValueError("limit: at least 1")
        self.dropped = 0
        self.user_errors = 0
        self.route_errors = 0
        self._template = template
        self._service = _clean(service, _SERVICE)
        self._limit = limit
        self._taker: Taker
        if isinstance(sink, str):
            self._taker = Remote(transport(sink, token), open_spool(spool, sink))
        elif callable(sink):
            self._taker = Direct(sink)
        else:
            raise TypeError("sink: an address or a callable")
        self._queue: deque[Record] = deque()
        self._fresh()
        _all.add(self)

    def _fresh(self) -> None:
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._stop = False
        self._starting = threading.Lock()
        self._making = threading.Lock()  # one makes batches at a time

    def add(self, record: Record) -> None:
        """Called by requests: takes a microsecond, never waits."""
        queue = self._queue
        if len(queue) >= self._limit:
            self.dropped += 1
            return
        queue.append(record)
        if len(queue) == BATCH:
            self._wake.set()
        if self._thread is None:
            self._start()

    def flush(self, seconds: float) -> bool:
        """Make batches of all that waits, and wait until they are delivered."""
        end = time.monotonic() + seconds
        if not self._making.acquire(timeout=seconds):
            return False
        try:
            self._ship()
        finally:
            self._making.release()
        return self._taker.flush(max(0.0, end - time.monotonic()))

    def close(self, seconds: float) -> None:
        """Flush and end the threads."""
        self._stop = True
        self._wake.set()
        self.flush(seconds)
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)
        self._taker.close()
        self._fresh()

    def forked(self) -> None:
        """In a child: what waits is the parent's to send."""
        self._queue.clear()
        self.dropped = 0
        self._fresh()
        self._taker.forked()

    def _start(self) -> None:
        with self._starting:
            if self._thread is not None or self._stop:
                return
            thread = threading.Thread(target=self._run, name="callvitals-http", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter shuts down; atexit flushes
                return
            self._thread = thread

    def _run(self) -> None:
        wake = self._wake
        while not self._stop:
            full = wake.wait(FLUSH_SECONDS)
            wake.clear()
            try:
                with self._making:
                    # Full ones only, while there are: many small ones would cost the sink more.
                    self._ship(BATCH if full and not self._stop else 1)
            except Exception:
                log.exception("a batch could not be made")

    def _ship(self, least: int = 1) -> None:
        """Make batches of at least so many records."""
        queue = self._queue
        while len(queue) >= least or (self.dropped and least == 1):
            records: list[Record] = []
            while queue and len(records) < BATCH:
                records.append(queue.popleft())
            dropped, self.dropped = self.dropped, 0
            made = self._batch(records, dropped)
            try:
                self._taker.put(made)
            except Exception as error:
                self.dropped += dropped + len(records)
                log.warning("the sink refused a batch: %s: %s", type(error).__name__, error)
                return

    def _batch(self, records: list[Record], dropped: int) -> dict[str, Any]:
        places: dict[str, int] = {}
        rows = []
        for at, place, known, method, numbers, user, flags in records:
            method = method if method in METHODS else "OTHER"
            try:
                template = _clean(self._template(place, known, method), _ROUTE)
            except Exception:
                self.route_errors += 1
                template = "<error>"
            status, taken, given, first, last = numbers
            status = min(599, max(100, int(status)))
            rows.append(
                [
                    int(at * 1000),
                    places.setdefault(template, len(places)),
                    method,
                    status,
                    taken,
                    given,
                    max(0, int(first * 1e6)),
                    max(0, int(last * 1e6)),
                    None if user is None else _clean(user, _USER),
                    flags,
                ]
            )
        return {
            "version": VERSION,
            "batch": secrets.token_hex(16),
            "service": self._service,
            "at": time.time_ns() // 1_000_000,
            "dropped": dropped,
            "routes": list(places),
            "records": rows,
        }


def _clean(value: object, most: int) -> str:
    """Text that every JSON reader and database takes."""
    text = str(value)[:most]
    if not text.isascii() or "\0" in text:
        text = text.encode("utf-8", "replace").decode().replace("\0", "?")
    return text


_all: weakref.WeakSet[Shipper] = weakref.WeakSet()


@atexit.register
def _at_exit() -> None:
    for shipper in list(_all):
        shipper.close(2.0)


def _in_child() -> None:
    for shipper in list(_all):
        shipper.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
