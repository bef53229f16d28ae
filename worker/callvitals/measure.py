"""One tick's reports into the Session's memory: streams followed, connections felt, sums made.

Everything kept is text, integers, booleans, None, lists and objects, so that a checkpoint is the
memory written down.
"""

from . import counted, events, pulse, report, sample, setup, wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Item, Memory

MAX_STREAMS = 256
MAX_FULL = 32  # streams remembered with all counters, the first that came; see counted.py
MAX_SOURCES = 256  # pairs and transports remembered, over all connections
FORGET_MS = 30000  # a stream that is gone for so long does not come back as the same
FRESH_US = 10000000  # a receiver report older than this tells nothing of now


def _who(pc: "str", stream: "Item") -> "tuple[str, str, str, str, int, str]":
    ssrc = stream.get("ssrc", -1)
    ident = "" if ssrc >= 0 else stream["id"][:128]
    return (pc, stream["direction"], stream["kind"], stream.get("mid", "")[:32], ssrc, ident)


def name_of(record: "dict[str, Any]") -> "str":
    """What a stream's memory is filed under. Without the mid: it may become known later."""
    names = (record["pc"], record["direction"], record["kind"], str(record["ssrc"]))
    return "\n".join(names + (record["ident"],))


def match(memory: "Memory", views: "list[tuple[str, Any]]", t: "int") -> "list[Any]":
    """This tick's streams with their memories: [(record, stream), ...], sorted.

    New ones get the next keys in the order of (pc, direction, kind, mid, ssrc).
    """
    found = []
    for pc, view in views:
        for stream in view["streams"]:
            found.append((_who(pc, stream), stream))
    order = sorted([(found[i][0], i) for i in range(len(found))])
    out = []
    beyond = 0
    brief = 0
    left = 0
    room = -1
    for who, index in order:
        stream = found[index][1]
        fresh = {
            "key": "s" + str(memory["nextStream"]),
            "pc": who[0],
            "direction": who[1],
            "kind": who[2],
            "ssrc": who[4],  # -1: the browser does not tell, then the id stands for it
            "ident": who[5],
            "codec": "",
            "mid": "",
            "track": "",
            "full": True,
            "rid": "",
            "origin": "",  # id of the media source or playout that counts for it, too
            "a": None,  # sums at the former report
            "b": None,  # sums when its series were last told
            "rtcp": None,  # the far end's newest receiver report
            "ahead": 0,  # frozen time counted before the browser told it
            "hush": 0,  # time (us) in which none of its media has come, until now
            "frozen": [],  # [t, ms] of the last ten seconds
            "window": None,  # what happened in them: trend.py
            "notes": {},  # since when what holds
            "told": [],  # its newest metrics, while watched: telling.py
        }
        name = name_of(fresh)
        record = memory["streams"].get(name)
        if record is None:
            if room < 0:
                left = MAX_FULL - _full(memory)
                room = events.STREAMS_ROOM - events.taken(memory, len(wire.text(memory["labels"])))
            if len(memory["streams"]) >= MAX_STREAMS or room < events.A_STREAM + events.A_FULL:
                beyond += 1
                continue
            fresh["full"] = left > 0
            left -= 1
            room -= events.A_STREAM + (events.A_FULL if fresh["full"] else 0)
            record = memory["streams"][name] = fresh
            memory["nextStream"] += 1
        record["seen"] = t
        brief += 0 if record["full"] else 1
        out.append((record, stream))
    memory["counts"]["streamsBeyond"] = beyond
    memory["counts"]["streamsBrief"] = brief
    return out


def _full(memory: "Memory") -> "int":
    count = 0
    for name in memory["streams"]:
        count += 1 if memory["streams"][name]["full"] else 0
    return count


def step(record: "dict[str, Any]", stream: "Item") -> "dict[str, int]":
    """Follow a stream to this report: what happened since the former one; {} if unknown."""
    old = record["a"]
    if old is not None and sample.was_reset(old, sample.counters(stream, False)):
        old = None
    origin = counted.origin(stream) if record["full"] else ""
    if origin != record["origin"]:
        record["origin"] = origin
        for slots in (old, record["b"]):
            if slots is not None:
                counted.cut(stream["direction"] + stream["kind"], slots, sample.SLOTS)
    if old is not None and old[sample.TS] == stream["timestamp"]:
        return {}  # the browser's cached report: nothing new
    new = sample.follow(stream, old, record)
    record["a"] = new
    if old is None:
        record["b"] = new
        record["ahead"] = 0
        record["hush"] = 0
        return {}
    return sample.between(stream["direction"], stream["kind"], old, new)


def rate(
    values: "dict[str, int]",
    record: "dict[str, Any]",
    view: "Any",
    moved: "list[Any]",
    room: "int",
) -> "None":
    """Add a connection's bandwidth to values: selected pairs, else transports, else RTP.

    room: how many pairs may be remembered beside those in use.
    """
    new: "dict[str, Any]" = {}
    names: "dict[str, list[str]]" = {"p": [], "t": []}
    for prefix, items in (("p", view["pairs"]), ("t", view["transports"])):
        for key in sorted(items):
            source = sample.source(items[key])
            chosen = prefix == "t" or key in view["selected"]
            if source is not None and (chosen or len(new) < room):
                new[prefix + key] = source
                if chosen:
                    names[prefix].append(prefix + key)
    if names["p"] or names["t"]:
        sample.bandwidth(values, names["p"] or names["t"], record["sources"], new)
    else:
        for stream, what in moved:
            if "bytes" in what:
                key = "download" if stream["direction"] == "inbound" else "upload"
                rise = sample.per_second(what["bytes"] * 8, what["us"])
                values[key] = values.get(key, 0) + rise
    record["sources"] = new


def round_trip(view: "Any") -> "int | None":
    """Round-trip time (0.1 ms): the worst selected pair, else the worst fresh receiver report."""
    worst = None
    for key in view["selected"]:
        rtt = view["pairs"][key].get("currentRoundTripTime")
        if rtt is not None and (worst is None or rtt > worst):
            worst = rtt
    if worst is not None:
        return worst  # type: ignore[no-any-return]
    for stream in view["streams"]:
        remote = stream.get("remote", {})
        rtt = remote.get("roundTripTime")
        fresh = view["ts"] - remote.get("timestamp", 0) <= FRESH_US
        if rtt is not None and fresh and (worst is None or rtt > worst):
            worst = rtt
    return worst


def forget(memory: "Memory", t: "int") -> "None":
    """Drop streams and connections that are gone."""
    for name in sorted(memory["streams"]):
        if t - memory["streams"][name]["seen"] > FORGET_MS:
            del memory["streams"][name]
    for name in sorted(memory["pcs"]):
        record = memory["pcs"][name]
        gone = record["seen"] is None or t - record["seen"] > pulse.SILENT_PC_MS
        closed = record["told"].get("state") == "closed"
        if record["seen"] is not None and t - record["seen"] > FORGET_MS:
            closed = True
        if gone and closed and not setup.is_kept(memory, name):
            del memory["pcs"][name]


def views_of(memory: "Memory", reports: "Any", t: "int") -> "list[tuple[str, Any]]":
    """A tick's reports read: [(pc, view), ...] sorted; connections get their records."""
    pairs, bad = report.entries(reports)
    out = []
    for pc, raw in pairs:
        record = events.pc_record(memory, pc)
        if record is None:
            memory["counts"]["pcsBeyond"] += 1
            continue
        view = report.read(raw)
        bad += view["nonsense"]
        if view["route"]:
            record["route"] = view["route"]
        out.append((pc, view))
    memory["counts"]["nonsense"] += bad
    return out
