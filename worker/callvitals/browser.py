"""The core's face for the page's TypeScript, on Pyodide and MicroPython alike.

Every function takes and gives JSON text, and packed reports come through one buffer, because text
and bytes are all that both runtimes hand over cheaply. One engine hosts one Session.
"""

import json
import struct

from . import present, report, sender, session, state, wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CHECKPOINT_TICKS = 30

_buffer = bytearray(65536)
_engine: "_Engine | None" = None


class _Engine:
    __slots__ = ("listening", "schema", "sender", "session", "since", "strings")

    def __init__(self, pack: "dict[str, Any]") -> "None":
        self.schema = pack["schema"]
        self.strings = list(pack["strings"])
        self.since = 0  # ticks since the last checkpoint
        self.listening: "tuple[str, ...]" = ()  # to what the host app listens
        checkpoint = pack.get("checkpoint")
        self.session = session.restore(checkpoint) if checkpoint else session.Session()
        outbox = [(json.loads(row_text), row_text) for row_text in pack["outbox"]]
        overlay = {"engine": pack["engine"], "host": pack["host"], "why": pack["why"]}
        if "boot" in pack:
            overlay["boot"] = pack["boot"]
        self.sender = sender.Sender(overlay, pack["through"], outbox)


def _running() -> "_Engine":
    if _engine is None:
        raise RuntimeError("no engine: call boot first")
    return _engine


def buffer() -> "bytearray":
    """The bytearray that packed reports are written into."""
    return _buffer


def reserve(n_bytes: "int") -> "bool":
    """Make the buffer hold n_bytes; True when it is a new one (fetch it again)."""
    global _buffer
    if n_bytes <= len(_buffer):
        return False
    _buffer = bytearray(2 * n_bytes)
    return True


def boot(text: "str") -> "str":
    """Start the engine. text: {"engine", "host", "why", "boot"?: ms, "strings": [..],
    "schema": [[type, [field..]]..], "checkpoint": text | null, "outbox": [row text..],
    "through": tick, "link"?: {"hello": {.., "rev": next revision}, "watch": bool,
    "at": page's time when hello came}}.

    Raises ValueError on an unknown or faulty checkpoint: boot again without it.
    Gives actions, as all that follow.
    """
    global _engine
    pack = json.loads(text)
    engine = _engine = _Engine(pack)
    link_now = pack.get("link")
    if link_now:
        engine.sender.link("hello", link_now["hello"], link_now["at"])
        if link_now.get("watch"):
            engine.sender.link("watch", {"on": True}, link_now["at"])
    return wire.text(engine.sender.drain())


def feed(header_text: "str", n_bytes: "int") -> "str":
    """One tick from the ring. header: {"tick", "t", "events": [..], "strings": {"at", "list"}};
    the packed doubles (little-endian) are the first n_bytes of the buffer."""
    header = json.loads(header_text)
    strings = header["strings"]
    for index in range(len(strings["list"])):
        # A replayed tick brings entries that boot's table held already.
        if strings["at"] + index == len(_running().strings):
            _running().strings.append(strings["list"][index])
    values = struct.unpack_from("<%dd" % (n_bytes // 8), _buffer, 0)
    return _feed(header, report.unpack(_running().schema, _running().strings, values))


def feed_plain(text: "str") -> "str":
    """One tick with plain reports: {"tick", "t", "events", "reports": [[pc, [{..}..]]..]}."""
    entry = json.loads(text)
    return _feed(entry, entry["reports"])


def _feed(header: "dict[str, Any]", reports: "list[Any]") -> "str":
    row = _running().session.feed(
        {
            "tick": header["tick"],
            "t": header["t"],
            "events": header["events"],
            "reports": reports,
        }
    )
    doc = _running().session.state()
    _running().sender.push(row, doc)
    out = _running().sender.drain()  # what to send is poll's to say
    if _running().listening:
        told = _told(_running(), row, doc)
        if told:
            out.append({"do": "tell", "tick": row["tick"], "text": json.dumps(told)})
    _running().since += 1
    if _running().since >= CHECKPOINT_TICKS:
        _running().since = 0
        out.append(
            {"do": "checkpoint", "tick": row["tick"], "text": _running().session.checkpoint()}
        )
    return wire.text(out)


def _told(engine: "_Engine", row: "dict[str, Any]", doc: "dict[str, Any]") -> "list[Any]":
    """What the host app's listeners shall hear of a tick: [[event, data], ...]."""
    offset = engine.sender.offset or 0
    out: "list[Any]" = []
    if "sample" in engine.listening:
        out.append(["sample", present.sample(row, offset)])
    if "score" in engine.listening:
        out.append(["score", present.verdict(doc)])
    if "issue" in engine.listening:
        out.extend([["issue", told] for told in present.issues(row, offset)])
    return out


def listen(text: "str") -> "str":
    """{"what": ["sample", "score", "issue"]}: the host app listens to these, and to no others."""
    _running().listening = tuple(json.loads(text)["what"])
    return wire.text(_running().sender.drain())


def link(text: "str") -> "str":
    """What the socket said: {"event", "data", "now"}."""
    said = json.loads(text)
    _running().sender.link(said["event"], said["data"], said["now"])
    return poll(text)


def poll(text: "str") -> "str":
    """{"now", "buffered"?}: what is to be done by now."""
    at = json.loads(text)
    return wire.text(_running().sender.poll(at["now"], at.get("buffered", 0)))


def bye(text: "str") -> "str":
    """{"last", "now"}: the session has ended with tick `last`."""
    said = json.loads(text)
    _running().sender.bye(said["last"])
    return poll(text)


def ask(text: "str") -> "str":
    """{"what": "state"}: the state as last sent, in base units; "check": its crc32; "score": the
    newest verdict, as listeners get it."""
    what = json.loads(text)["what"]
    if what == "score":
        return json.dumps(present.verdict(_running().session.state()))
    if what == "state":
        return json.dumps(present.present(_running().sender.shared, _running().sender.offset or 0))
    if what == "check":
        return wire.text(state.check(_running().sender.shared))
    return "null"
