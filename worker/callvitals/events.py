"""What enters a Session beside reports: events, checked, cleaned and cut to size.

Values are text, integers, booleans or objects of these; anything else is nonsense and counted.
"""

from . import setup, values, wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Memory

MAX_EVENTS = 256  # a tick
MAX_LEVELS = 4  # of objects, the event counted
MAX_KEYS = 64
MAX_KEY = 64
MAX_TEXT = 1024
MAX_SIZE = 4096  # characters of one event, about
MAX_FACTS = 32
MAX_LABELS = 256
MAX_LABELS_SIZE = 24576  # characters of canonical text
MAX_SHOWN = 128  # characters of a fact or label in the state
MAX_PCS = 64
MAX_INT = 9007199254740991

# What a checkpoint (at most 128 kB) takes up, in characters and about: beyond STREAMS_ROOM no new
# stream is followed, beyond LABELS_ROOM no new label kept.
STREAMS_ROOM = 120000
LABELS_ROOM = 130000
A_STREAM = 330
A_FULL = 480  # more, where it is remembered with all counters
A_PC = 1000
THE_REST = 12000
MAX_AT = 600000  # ms between an event and its tick

# Kept in the row; the others only change the Session.
KEPT = (
    "pc",
    "icecandidateerror",
    "media",
    "device",
    "page",
    "clock-jump",
    "engine",
    "engine-reset",
    "mark",
    "label",
    "rate",
    "lost",
    "stop",
)
SILENT = ("facts", "watch", "config")

_PC_STATES = (
    ("connectionState", "state"),
    ("iceConnectionState", "ice"),
)


def is_int(value: "Any") -> "bool":
    """A whole number that JavaScript can hold, and no boolean."""
    if value is True or value is False or not isinstance(value, int):
        return False
    return -MAX_INT <= value <= MAX_INT


def _clean(value: "dict[Any, Any]", level: "int", room: "list[int]") -> "dict[str, Any]":
    """The object's sound members; room: [characters left, nonsense found], changed here."""
    out: "dict[str, Any]" = {}
    names = sorted([name for name in value if isinstance(name, str)])
    room[1] += len(value) - len(names) + max(0, len(names) - MAX_KEYS)
    for name in names[:MAX_KEYS]:
        inner = value[name]
        key = values.clean_text(name, MAX_KEY)
        if isinstance(inner, str):
            inner = values.clean_text(inner, MAX_TEXT)
            room[0] -= len(inner)
        elif isinstance(inner, dict):
            inner = _clean(inner, level + 1, room) if level < MAX_LEVELS else None
        elif inner is not True and inner is not False and not is_int(inner):
            inner = None
        room[0] -= len(key) + 8
        if inner is None or room[0] < 0:
            room[1] += 1
        else:
            out[key] = inner
    return out


def enter(memory: "Memory", events: "Any") -> "tuple[list[dict[str, Any]], bool]":
    """Take a tick's events in -> (those to keep in the row, whether a connection's state changed).

    Changes facts, labels, watch, counts of the memory; connection states through "pcs".
    """
    kept: "list[dict[str, Any]]" = []
    changed = False
    counts = memory["counts"]
    if not isinstance(events, (list, tuple)):
        counts["nonsense"] += 0 if events is None else 1
        return kept, changed
    counts["nonsense"] += max(0, len(events) - MAX_EVENTS)
    for raw in events[:MAX_EVENTS]:
        if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
            counts["nonsense"] += 1
            continue
        room = [MAX_SIZE, 0]
        event = _clean(raw, 1, room)
        counts["nonsense"] += room[1]
        what = event.get("type")
        if what == "icecandidateerror":
            # One for each server and network interface: the first of a kind tells all.
            if _error(memory, event):
                kept.append(event)
        elif what in KEPT:
            changed = _apply(memory, event) or changed
            kept.append(event)
        elif what in SILENT:
            _apply(memory, event)
        else:
            counts["nonsense"] += 1
    return kept, changed


def _apply(memory: "Memory", event: "dict[str, Any]") -> "bool":
    what = event["type"]
    if what == "pc" and isinstance(event.get("pc"), str):
        return _pc(memory, event)
    if what == "facts" and isinstance(event.get("facts"), dict):
        _facts(memory["facts"], event["facts"])
    elif what == "watch":
        memory["watch"] = event.get("on") is True
    elif what == "label" and isinstance(event.get("track"), str):
        _label(memory, event)
    elif what == "media":
        setup.capture(memory["capture"], event, time_of(memory, event))
        if event.get("what") == "ended" and event.get("kind") in ("audio", "video"):
            memory["ended"][event["kind"]] = time_of(memory, event)
    elif what == "lost" and is_int(event.get("count")):
        memory["counts"]["rowsLost"] += max(0, event["count"])
    elif what == "clock-jump":
        memory["counts"]["clockJumps"] += 1
        if is_int(event.get("ms")):
            memory["jump"] = [memory["t"], event["ms"]]
    elif what == "page":
        _page(memory, event.get("what"))
    elif what == "engine-reset":
        memory["counts"]["engineResets"] += 1
    return False


def _page(memory: "Memory", what: "Any") -> "None":
    if what in ("hidden", "frozen", "pagehide"):
        memory["hidden"] = True
    elif what in ("visible", "pageshow"):
        memory["hidden"] = False


def time_of(memory: "Memory", event: "dict[str, Any]") -> "int":
    """When it happened (ms by the page's clock): `at` ms after its tick."""
    at = event.get("at")
    now: "int" = memory["t"]
    return now + at if is_int(at) and -MAX_AT <= at <= MAX_AT else now  # type: ignore[operator]


def plain(track: "str") -> "str":
    """A track's id as everyone writes it: Firefox puts some in braces."""
    return track.strip("{}")[:MAX_SHOWN]


def whose(memory: "Memory", track: "str") -> "dict[str, str]":
    """What the host app said of a track: {"participant"?, "source"?}."""
    label: "dict[str, str]" = memory["labels"].get(plain(track), {})
    return label


def _error(memory: "Memory", event: "dict[str, Any]") -> "bool":
    name = event.get("pc")
    record = pc_record(memory, name[:MAX_KEY]) if isinstance(name, str) else None
    return record is not None and setup.error(record["setup"], event)


def _facts(facts: "dict[str, Any]", told: "dict[str, Any]") -> "None":
    for name in sorted(told):
        value = told[name]
        if isinstance(value, dict) or (name not in facts and len(facts) >= MAX_FACTS):
            continue
        facts[name] = value[:MAX_SHOWN] if isinstance(value, str) else value


def taken(memory: "Memory", labels: "int") -> "int":
    """Characters that a checkpoint has now, about; labels: those of the labels."""
    out = THE_REST + labels + A_PC * len(memory["pcs"])
    for name in memory["streams"]:
        out += A_STREAM + (A_FULL if memory["streams"][name]["full"] else 0)
    return out


def _label(memory: "Memory", event: "dict[str, Any]") -> "None":
    labels = memory["labels"]
    label = {}
    for name in ("participant", "source"):
        if isinstance(event.get(name), str):
            label[name] = event[name][:MAX_SHOWN]
    track = plain(event["track"])
    was = labels.get(track)
    labels[track] = label
    # The state has room for much, but not for everything a page could say.
    size = len(wire.text(labels))
    full = taken(memory, size) > LABELS_ROOM
    if len(labels) > MAX_LABELS or size > MAX_LABELS_SIZE or full:
        memory["counts"]["nonsense"] += 1
        del labels[track]
        if was is not None:
            labels[track] = was


def pc_record(memory: "Memory", name: "str") -> "dict[str, Any] | None":
    """The memory of a peer connection, made at first mention; None beyond the limit."""
    record: "dict[str, Any] | None" = memory["pcs"].get(name)
    if record is None and len(memory["pcs"]) < MAX_PCS:
        record = {
            "key": "c" + str(memory["nextPc"]),
            "told": {},  # connection states
            "route": {},
            "sources": {},  # pairs and transports: [timestamp, bytesSent, bytesReceived]
            "ts": 0,  # newest timestamp of the newest report
            "seen": None,  # t of the newest report
            "live": None,  # t at which something last arrived
            "quiet": False,  # nothing arrived for a while
            "back": None,  # t at which it last came back from that
            "media": None,  # t at which media last arrived
            "stun": [0, 0],  # checks sent, checks and answers received, at `live`
            "asked": None,  # t since when a check goes unanswered
            "pulse": {},
            "setup": {},  # how it came up: setup.py
            "path": "",  # the selected pair
            "switches": [],  # t at which it changed
            "notes": {},  # what `pulse` and `trend` seldom need
        }
        memory["nextPc"] += 1
        memory["pcs"][name] = record
    return record


def _pc(memory: "Memory", event: "dict[str, Any]") -> "bool":
    record = pc_record(memory, event["pc"][:MAX_KEY])
    if record is None:
        memory["counts"]["pcsBeyond"] += 1
        return False
    setup.heard(record["setup"], record["told"], event, time_of(memory, event))
    changed = False
    for name, key in _PC_STATES:
        value = event.get(name)
        if isinstance(value, str) and record["told"].get(key) != value[:32]:
            record["told"][key] = value[:32]
            changed = True
    for kind in ("audio", "video"):
        if event.get(kind) in ("live", "muted"):
            record["told"][kind] = event[kind]
    return changed
