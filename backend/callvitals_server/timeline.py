"""Events of a session as blobs, and what a session carries from one chunk to the next: issues
that are open, whether it ever connected. Pure."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from .codec import CodecError
from .columns import Columns
from .rollup import Before, last_of

VERSION = b"\x01"
CONNECTED = ("connected", "completed")
MAX_OPEN = 256
_NO_EVENTS = ',"events":[],"from":'  # in canonical text; within a string quotes are escaped

Event = dict[str, Any]
"""`{tick, t, offset, event}`: the event as the page told it, the time of its tick by the service's
clock, and what was added to the page's clock to come to that."""


@dataclass(frozen=True, slots=True)
class Carry:
    """What is known of a session after its last sealed tick."""

    before: Before | None = None  # that tick
    start: int | None = None  # t of its first tick
    tried: bool = False  # to connect
    connected: bool = False  # ever
    issues: dict[str, list[Any]] = field(default_factory=dict)  # open: id → [name, since, sentence]


def write_carry(carry: Carry) -> str:
    """As text for the table `session`."""
    return json.dumps(asdict(carry), separators=(",", ":"))


def read_carry(text: str | None) -> Carry:
    """What `write_carry` wrote; a fresh one for None."""
    if not text:
        return Carry()
    kept = orjson.loads(text)
    before = kept.pop("before")
    return Carry(before=None if before is None else tuple(before), **kept)


def fold(carry: Carry, columns: Columns, events: Sequence[Event]) -> Carry:
    """The carry after a chunk and its events."""
    if len(columns.t) == 0:
        return carry
    issues = dict(carry.issues)
    tried, connected = carry.tried, carry.connected
    for told in events:
        event = told["event"]
        kind = event.get("type")
        if kind == "pc":
            tried = True
            states = (event.get("connectionState"), event.get("iceConnectionState"))
            connected = connected or any(state in CONNECTED for state in states)
        elif kind == "media" and event.get("ok") is False:
            tried = True
        elif kind == "issue-open" and len(issues) < MAX_OPEN:
            issues[str(event.get("issue"))] = _opened(told)
        elif kind == "issue-close":
            issues.pop(str(event.get("issue")), None)
    start = int(columns.t[0]) if carry.start is None else carry.start
    # A session that sends sound or pictures is connected, whoever told so.
    connected = connected or any(name in columns.values for name in ("upload", "download", "score"))
    return Carry(last_of(columns, carry.before), start, tried, connected, issues)


def _opened(told: Event) -> list[Any]:
    event = told["event"]
    sentence = event.get("sentence")
    return [str(event.get("name"))[:64], told["t"], sentence if isinstance(sentence, str) else ""]


def pack(carry: Carry, events: Sequence[Event]) -> bytes:
    """Events of a chunk, and the issues that were open before it; version byte first."""
    rows = [[told["tick"], told["t"], told["offset"], told["event"]] for told in events]
    text = orjson.dumps({"issues": carry.issues, "events": rows})
    return VERSION + zlib.compress(text, 6)


def unpack(body: bytes) -> tuple[dict[str, list[Any]], list[Event]]:
    """(issues open before, events). Raises CodecError."""
    if body[:1] != VERSION:
        raise CodecError("events of an unknown version")
    try:
        kept = orjson.loads(zlib.decompress(body[1:]))
        names = ("tick", "t", "offset", "event")
        events = [dict(zip(names, row, strict=True)) for row in kept["events"]]
        return kept["issues"], events
    except (zlib.error, ValueError, LookupError, TypeError) as error:
        raise CodecError(f"broken events: {error}") from error


def of_journal(rows: Iterable[dict[str, Any]], columns: Columns) -> Iterator[Event]:
    """The events of journal rows, in order; `columns` has the ticks of these rows."""
    times = dict(zip(columns.tick.tolist(), columns.t.tolist(), strict=True))
    for row in rows:
        if _NO_EVENTS in row["body"]:  # as in nearly all of them
            continue
        told = sorted(orjson.loads(row["body"])["events"], key=lambda event: int(event["tick"]))
        for event in told:
            tick = event.pop("tick")
            yield {"tick": tick, "t": times[tick], "offset": row["offset"], "event": event}


def issues_between(
    open_before: dict[str, list[Any]], events: Sequence[Event], start: int, end: int
) -> dict[str, dict[str, Any]]:
    """Issues in start <= t < end: {name: {"n": opened here, "ms": open here, "sentence": of the one
    that was open longest here}}. Two of a name at once count twice.

    events: all from the moment on at which `open_before` was so. An issue counts from the tick at
    which it was told, so that a page's own times cannot reach beyond its ticks.
    """
    out: dict[str, dict[str, Any]] = {}
    longest: dict[str, int] = {}

    def add(name: str, since: int, until: int, sentence: str) -> None:
        low, high = max(since, start), min(until, end)
        began = start <= since < end
        if low >= high and not began:
            return
        one = out.setdefault(name, {"n": 0, "ms": 0, "sentence": sentence})
        spent = max(0, high - low)
        one["n"] += began
        one["ms"] += spent
        if spent > longest.get(name, -1):
            longest[name] = spent
            one["sentence"] = sentence

    issues = dict(open_before)
    for told in events:
        event = told["event"]
        key = str(event.get("issue"))
        if event.get("type") == "issue-open" and len(issues) < MAX_OPEN:
            issues[key] = _opened(told)
        elif event.get("type") == "issue-close" and key in issues:
            name, since, sentence = issues.pop(key)
            add(name, since, told["t"], sentence)
    for name, since, sentence in issues.values():
        add(name, since, end, sentence)
    return out
