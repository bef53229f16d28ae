"""Is a connection alive? What arrives, what is answered, and since when it is still.

Loss counters do not show an outage (Chromium's audio packetsLost stays 0 through it), so it is
felt: nothing arrives, and it is the path, not a far end who has nothing to say. Four signs tell
the one from the other; `rules_network.outage` weighs them. Times are ms, kept in the connection's
record (`events.pc_record`): "live", "quiet", "back", "media", "stun", "asked", "pulse", and in
"notes" what is seldom there.
"""

from . import sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


SILENT_PC_MS = 5000  # a connection without reports for so long is gone
RECENT_MS = 3000
QUIET_MS = 1500  # silence from which on a connection comes back rather than goes on
AFTERMATH_MS = 6000  # receiver reports tell of an outage up to this much later
# Feedback is what comes beside media. Chromium answers every sound packet within 250 ms
# (transport-wide congestion control): 8 to 25 a second, 3 while Opus sends silence (DTX).
TALK = 20  # in 10 s: less is no regular feedback
LOUD = 50  # in 10 s: feedback so frequent that it is missed at once
SENDING = 10  # packets/s that we send: fewer (DTX) get little feedback
TALK_MS = 3000  # feedback is regular when it came that long without a gap
SWITCH_MS = 30000  # path switches are remembered so long
MAX_SWITCHES = 8


def feel(
    record: "dict[str, Any]", before: "dict[str, Any]", view: "Any", moved: "list[Any]", t: "int"
) -> "None":
    """Update the record and its pulse with a report.

    before: its sources ([timestamp, bytesSent, bytesReceived]) at the former report.
    moved: [(stream, what happened), ...] of its streams.
    """
    notes = record["notes"]
    if view["ts"] and view["ts"] == record["ts"]:
        notes.setdefault("cached", record["seen"] if record["seen"] is not None else t)
        return  # a cached report says nothing
    notes.pop("cached", None)
    notes["fresh"] = t
    media = False
    feedback = False
    sending = False
    packets = 0
    mine = 0
    us = 0
    last = 0  # when the newest packet came, by the report's clock (us)
    for stream, what in moved:
        rise = what.get("packets", 0)
        if stream["direction"] == "inbound":
            packets += rise
            if rise > 0:
                media = True
                last = max(last, stream.get("lastPacketReceivedTimestamp", 0))
        elif rise > 0:
            sending = True
            mine += rise
            feedback = feedback or (stream["kind"] == "video" and "remote" in stream)
        us = max(us, what.get("us", 0))
    heard = media
    sources = record["sources"]
    for key in sources:
        was = before.get(key)
        if was is not None and (sources[key][2] or 0) > (was[2] or 0):
            heard = True
    sent = 0
    answers = 0
    responses = 0
    state = ""
    for key in view["selected"]:
        pair = view["pairs"][key]
        sent += pair.get("requestsSent", 0)
        responses += pair.get("responsesReceived", 0)
        answers += pair.get("responsesReceived", 0) + pair.get("requestsReceived", 0)
        state = pair.get("state", state)
        was = before.get("p" + key)  # after an ICE restart the pair told may be an old one
        if was is not None and pair.get("bytesReceived", 0) > (was[2] or 0):
            last = max(last, pair.get("lastPacketReceivedTimestamp", 0))
    others = _others(notes, view, packets)
    _room(notes, view, moved)
    hole = record["seen"] is None or t - record["seen"] > SILENT_PC_MS * 3
    if heard or hole or record["live"] is None:
        if heard and record["quiet"]:
            record["back"] = t
        record["live"] = _moment_of(last, view["ts"], t, record) if heard else t
        record["stun"] = [sent, answers]
    if hole:
        _hush(notes)
    if media:
        record["media"] = t
    closed = record["told"].get("state") == "closed"
    for key in view["transports"]:
        closed = closed or view["transports"][key].get("dtlsState") == "closed"
    if answers > record["stun"][1] or sent <= record["stun"][0]:
        record["asked"] = None
    elif record["asked"] is None:
        record["asked"] = t
    record["ts"] = view["ts"]
    record["quiet"] = t - record["live"] >= QUIET_MS
    if _talk(notes, others, us, heard, mine, t):
        record["back"] = t
    _ask(notes, sent, responses, heard, t)
    _switch(record, view, t)
    talked = notes.get("talked", 0)
    flowed = record["media"] is not None and record["live"] - record["media"] <= RECENT_MS
    record["pulse"] = {
        # Media came until just now, or regular feedback on what we send (a sender's connection).
        "flowed": (flowed or talked > 0) and not closed,
        "answered": answers > record["stun"][1],
        "unansweredMs": 0 if record["asked"] is None else t - record["asked"],
        "pairState": state if view["selected"] or not view["pairs"] else "none",
        "feedback": feedback,
        "hasPairs": len(view["pairs"]) > 0,
        "talked": sending and talked > 0,
        "sending": sending,
        "deaf": notes.get("deaf"),
        "lonely": notes.get("lonely"),
    }


def _others(notes: "dict[str, Any]", view: "Any", media: "int") -> "int | None":
    """Packets that came since the former report and were no media: feedback. None: not told."""
    total = None
    for key in view["selected"]:
        received = view["pairs"][key].get("packetsReceived")
        if received is not None:
            total = (total or 0) + received
    was = notes.pop("received", None)
    path = " ".join(view["selected"])[:64]
    same = notes.get("path") == path
    notes["path"] = path
    if total is None:
        return None
    notes["received"] = total
    if was is None or not same or total < was:
        return None
    return max(0, total - was - media)  # type: ignore[no-any-return]


def _room(notes: "dict[str, Any]", view: "Any", moved: "list[Any]") -> "None":
    """notes["room"] = [bit/s that the browser thinks it could send, bit/s that it wants to]."""
    notes.pop("room", None)
    for key in view["selected"]:
        available = view["pairs"][key].get("availableOutgoingBitrate")
        if available is not None:
            wanted = 0
            for stream, what in moved:
                if stream["direction"] == "outbound" and what.get("packets"):
                    wanted += stream.get("targetBitrate", 0)
            notes["room"] = [available, wanted]
            return


def _moment_of(last: "int", ts: "int", t: "int", record: "dict[str, Any]") -> "int":
    """When the newest packet came (t's clock), where it is told; else now.

    Something came since the former report: a time well before that one cannot be true."""
    if not last or not ts:
        return t
    ago = sample.half_up(ts - last, 1000)
    since = record["seen"] if record["seen"] is not None else t
    if t - ago < since - QUIET_MS:
        return t
    return max(t - max(0, ago), min(since, t))


def _hush(notes: "dict[str, Any]") -> "None":
    for name in ("talk", "talked", "usual", "deaf", "lonely"):
        notes.pop(name, None)


def _talk(
    notes: "dict[str, Any]",
    others: "int | None",
    us: "int",
    heard: "bool",
    sent: "int",
    t: "int",
) -> "bool":
    """Follow the feedback on what we send: since when it is regular ("talk"), whether it was so
    until now ("talked"), how much of it is usual (packets in 10 s), and since when it has broken
    down though media still comes ("deaf"). others: packets of it; sent: of ours meanwhile. True
    where it has come back."""
    if sent == 0:
        _hush(notes)  # who sends nothing gets no feedback
        return False
    if others is None or us <= 0:
        return False
    back = False
    rate = sample.half_up(others * 10000000, us)
    usual = notes.get("usual", 0)
    if heard and usual >= LOUD and rate * 3 < usual and sent * 1000000 >= SENDING * us:
        notes.setdefault("deaf", t - sample.half_up(us, 1000))
    elif rate >= TALK:
        notes.setdefault("talk", t)
        back = notes.pop("deaf", None) is not None
        if t - notes["talk"] >= TALK_MS:
            notes["talked"] = t
            notes["usual"] = rate if usual == 0 else usual + sample.half_up(rate - usual, 4)
    elif heard:
        _hush(notes)
    return back


def _ask(notes: "dict[str, Any]", sent: "int", responses: "int", heard: "bool", t: "int") -> "None":
    """Since when our checks go unanswered though something arrives ("lonely")."""
    was = notes.get("checks")
    notes["checks"] = [sent, responses]
    if was is None or sent < was[0]:
        notes.pop("lonely", None)
    elif responses > was[1]:
        notes.pop("lonely", None)
        if notes.pop("deaf", None) is not None:
            notes.pop("usual", None)  # less feedback than was usual, and yet all is well
    elif not heard:
        pass  # nothing at all comes: the other direction's trouble
    elif sent > was[0]:
        notes.setdefault("lonely", t)


def _switch(record: "dict[str, Any]", view: "Any", t: "int") -> "None":
    """Remember when the selected pair changed; the first choice is none."""
    chosen = " ".join(view["selected"])[:128]
    if chosen and chosen != record["path"]:
        if record["path"]:
            record["switches"].append(t)
        record["path"] = chosen
    if record["switches"]:
        fresh = [at for at in record["switches"] if t - SWITCH_MS < at <= t]
        record["switches"] = fresh[-MAX_SWITCHES:]


def states(record: "dict[str, Any]", t: "int") -> "None":
    """Since when the connection is disconnected, failed, or goes through a relay over TCP."""
    told = record["told"]
    ice = told.get("ice", record.get("iceSeen", ""))
    route = record["route"]
    tcp = route.get("local") == "relay" and route.get("relayProtocol") in ("tcp", "tls")
    for name, holds in (
        ("disconnected", ice == "disconnected" or told.get("state") == "disconnected"),
        ("failed", ice == "failed" or told.get("state") == "failed"),
        ("tcp", tcp),
    ):
        if holds:
            record["notes"].setdefault(name, t)
        else:
            record["notes"].pop(name, None)


def excused(record: "dict[str, Any]", direction: "str", t: "int") -> "bool":
    """Whether loss told now belongs to an outage, which has its own issue. Ask before `feel`."""
    if record["quiet"] or (direction == "outbound" and "deaf" in record["notes"]):
        return True
    back = record["back"]
    return direction == "outbound" and back is not None and t - back <= AFTERMATH_MS
