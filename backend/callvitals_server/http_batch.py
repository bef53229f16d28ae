"""A batch of requests as a middleware sends it: read, checked, refused with a code. No I/O.

    {"version": 1, "batch": "<id>", "service": "", "at": ms, "dropped": n, "routes": ["/a/{id}"],
     "records": [[t, route, method, status, requestBytes, responseBytes, first, last, user, flags]]}

t: epoch ms at the end; route: index into `routes`; first, last: us to the first and to the last
body byte; user: text or null; flags: 1 aborted, 2 failed, 4 streamed.
"""

from __future__ import annotations

import re
import zlib
from typing import Any, NamedTuple

import orjson

from .http_routes import METHODS

VERSION = 1
MAX_BODY = 1 << 20  # as it comes
MAX_TEXT = 4 << 20  # unpacked
MAX_RECORDS = 1000
MAX_ROUTES = MAX_RECORDS
MAX_DROPPED = 2**40
OLDEST_MS = 14 * 86_400_000
NEWEST_MS = 3_600_000
_MAX = 2**53
_ID = re.compile(r"[0-9A-Za-z_-]{8,64}")
_METHODS = METHODS | {"OTHER"}


class BadBatchError(ValueError):
    """Refused for good; `code` is one of `too-large`, `bad-batch`, `bad-version`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Record(NamedTuple):
    """One request or one websocket session."""

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


class Batch(NamedTuple):
    """What one process saw in a second."""

    batch: str
    service: str
    at: int
    dropped: int
    records: list[Record]


def unpack(body: bytes, encoding: str) -> Any:
    """The JSON of a request's body. Raises BadBatchError."""
    if encoding not in ("", "identity", "gzip"):
        raise BadBatchError("bad-batch", "content-encoding: gzip or none")
    if encoding == "gzip":
        inflate = zlib.decompressobj(wbits=31)
        try:
            text = inflate.decompress(body, MAX_TEXT)
        except zlib.error as error:
            raise BadBatchError("bad-batch", f"not gzip: {error}") from None
        if inflate.unconsumed_tail:
            raise BadBatchError("too-large", f"a batch has at most {MAX_TEXT} bytes unpacked")
        if not inflate.eof:
            raise BadBatchError("bad-batch", "not gzip: cut off")
        body = text
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise BadBatchError("bad-batch", f"not JSON: {error}") from None


def read(data: Any) -> Batch:
    """Check all of it. Raises BadBatchError naming the first thing that makes no sense."""
    if not isinstance(data, dict):
        raise BadBatchError("bad-batch", "a batch is one JSON object")
    if data.get("version") != VERSION:
        raise BadBatchError("bad-version", f"only version {VERSION} is understood")
    batch, service = data.get("batch"), data.get("service", "")
    if not isinstance(batch, str) or not _ID.fullmatch(batch):
        raise BadBatchError("bad-batch", "batch: 8 to 64 letters and digits")
    if not _text(service, 64):
        raise BadBatchError("bad-batch", "service: text of at most 64 characters")
    at, dropped = data.get("at"), data.get("dropped", 0)
    if not (_number(at) and _number(dropped)) or dropped > MAX_DROPPED:
        raise BadBatchError("bad-batch", "at, dropped: integers")
    routes, rows = data.get("routes"), data.get("records")
    if not isinstance(routes, list) or not isinstance(rows, list):
        raise BadBatchError("bad-batch", "routes, records: arrays")
    if len(rows) > MAX_RECORDS or len(routes) > MAX_ROUTES:
        raise BadBatchError("too-large", f"a batch has at most {MAX_RECORDS} records")
    if not all(_text(route, 256) and route for route in routes):
        raise BadBatchError("bad-batch", "routes: texts of at most 256 characters")
    records = []
    assert isinstance(at, int)
    for n, row in enumerate(rows):
        record = _record(row, routes)
        if record is None:
            raise BadBatchError("bad-batch", f"records[{n}]: not a record")
        records.append(record)
    return Batch(batch, service, at, dropped, records)


def _record(row: Any, routes: list[str]) -> Record | None:
    if not isinstance(row, list) or len(row) != 10:
        return None
    t, route, method, status, taken, given, first, last, user, flags = row
    numbers = (t, route, status, taken, given, first, last, flags)
    if not all(type(n) is int and 0 <= n <= _MAX for n in numbers):
        return None
    if route >= len(routes) or not 100 <= status <= 599 or flags > 7 or method not in _METHODS:
        return None
    if user is not None and not _text(user, 128):
        return None
    return Record(t, routes[route], method, status, taken, given, first, last, user, flags)


def _text(value: Any, most: int) -> bool:
    return isinstance(value, str) and len(value) <= most and "\0" not in value


def _number(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _MAX


def timely(batch: Batch, now: int) -> Batch:
    """Without records of a time that cannot be: older than what is kept for late ones, or to come.
    They are counted as dropped."""
    good = [r for r in batch.records if now - OLDEST_MS <= r.t <= now + NEWEST_MS]
    lost = len(batch.records) - len(good)
    return batch._replace(records=good, dropped=batch.dropped + lost) if lost else batch
