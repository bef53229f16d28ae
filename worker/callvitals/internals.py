"""chrome://webrtc-internals dumps -> moments (see `dump`). No browser loads this file.

Such a dump is one JSON object; per connection a log, and per report and field a series of values, a
JSON text, with the report's time at its first and its last point (Chromium since M117; older logs
have no epoch times). A field that is absent gets no point, so that a series is laid beside its
report's `timestamp` series by those two times. Facts: Chromium's content/browser/webrtc/resources.
"""

import json
from bisect import bisect_left
from datetime import datetime, timezone

from . import fields, salvage, traces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Moment = dict[str, Any]

MARKS = (b'"PeerConnections"', b'"getUserMedia"', b'"UserAgentData"', b'"hardwareConcurrency"')
MOST_POINTS = 1000  # a browser keeps so many per series
SAME_POLL_MS = 200.0  # reports this near are of one getStats
MAX_TIME = 4503599627370496

# How Chromium's ids begin, for old dumps that do not tell the type.
_PREFIXES = (
    ("RTCInboundRTP", "inbound-rtp"),
    ("RTCOutboundRTP", "outbound-rtp"),
    ("RTCRemoteInboundRtp", "remote-inbound-rtp"),
    ("RTCRemoteOutbound", "remote-outbound-rtp"),
    ("RTCIceCandidatePair", "candidate-pair"),
    ("RTCTransport", "transport"),
    ("RTCCodec", "codec"),
    ("RTCAudioSource", "media-source"),
    ("RTCVideoSource", "media-source"),
    ("RTCMediaStreamTrack", "track"),
)


def is_one(head: "bytes") -> "bool":
    """Whether a file that begins so is such a dump."""
    return any([mark in head for mark in MARKS])


def moments(text: "str", recording: "Any") -> "Iterator[Moment]":
    """A dump's text as moments, in order of time; facts and what is missing go to the recording."""
    try:
        doc = json.loads(text)
    except (ValueError, RecursionError):
        doc = salvage.read(text)
        recording.missing.append("what follows a place where the file is cut off or damaged")
    if not isinstance(doc, dict):
        return iter(())
    facts = traces.facts_of(doc.get("UserAgent"), doc.get("UserAgentData"), doc)
    recording.meta["facts"].update(facts)
    found = _captures(doc.get("getUserMedia"))
    pcs: "Any" = doc.get("PeerConnections")
    if not isinstance(pcs, dict):
        pcs = {}
    for name in pcs:
        if isinstance(pcs[name], dict):
            found += _log(name, pcs[name], recording)
            found += _reports(name, pcs[name].get("stats"), recording)
    found.sort(key=lambda one: one["t"])
    return _counted(found, recording)


def _counted(found: "list[Moment]", recording: "Any") -> "Iterator[Moment]":
    """All of them; the file is read at once, so what is done is told in moments."""
    recording.size = len(found)
    recording.done = 0
    for one in found:
        recording.done += 1
        yield one


# ---------------------------------------------------------------------------------------------
# log


def _time(value: "Any") -> "int | None":
    if isinstance(value, (int, float)) and value is not True and 0 < value <= MAX_TIME:
        return int(value)
    return None


def _captures(log: "Any") -> "list[Moment]":
    """getUserMedia's log: requests and, with the same request_id, results."""
    out = []
    for one in log if isinstance(log, list) else []:
        t = _time(one.get("timestamp")) if isinstance(one, dict) else None
        if t is None:
            continue
        told = str(one.get("request_type", ""))
        what = "getDisplayMedia" if "isplay" in told else "getUserMedia"
        error = one.get("error")
        if "origin" in one or "url" in one:  # "" is plain true
            event = traces.media(what, "audio" in one, "video" in one, True)
        elif isinstance(error, str) and error:
            event = traces.refused(what, error)
        else:
            granted = ("audio_track_info" in one, "video_track_info" in one)
            event = traces.media(what, granted[0], granted[1], False)
        out.append({"t": t, "events": [event]})
    return out


def _log(name: "str", pc: "dict[str, Any]", recording: "Any") -> "list[Moment]":
    out: "list[Moment]" = []
    untimed = False
    log = pc.get("updateLog")
    for one in log if isinstance(log, list) else []:
        if not isinstance(one, dict) or not isinstance(one.get("type"), str):
            continue
        t = _time(one.get("timestamp"))
        if t is None:
            untimed = True
            continue
        found = traces.events_of(one["type"], name, one.get("value"))
        if not out:
            found = traces.events_of("create", name, pc.get("rtcConfiguration")) + found
        if found or not out:
            out.append({"t": t, "events": found})
    if untimed:
        recording.missing.append("connection events: this browser's log has no epoch times")
    return out


# ---------------------------------------------------------------------------------------------
# series


def _iso(text: "Any") -> "int | None":
    """Epoch ms of an ISO time."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=timezone.utc)
    try:
        return int(at.timestamp() * 1000 + 0.5)
    except (OverflowError, ValueError):
        return None


def _values(text: "Any") -> "list[Any]":
    values = traces.plain(text)
    return values if isinstance(values, list) else []


def _grouped(stats: "dict[str, Any]") -> "dict[str, Any]":
    """By report: {"type", "fields": {field: (values, first time, last time)}}."""
    out: "dict[str, Any]" = {}
    for key in stats:
        one = stats[key]
        at = key.rfind("-")
        if at <= 0 or "-[" in key or not isinstance(one, dict):
            continue  # in brackets: the page's own computing
        values = _values(one.get("values"))
        if not values:
            continue
        group = out.setdefault(key[:at], {"type": "", "fields": {}})
        if isinstance(one.get("statsType"), str):
            group["type"] = one["statsType"]
        times = (_iso(one.get("startTime")), _iso(one.get("endTime")))
        group["fields"][key[at + 1 :]] = (values, times[0], times[1])
    return out


def _type_of(ident: "str", group: "dict[str, Any]") -> "str":
    told: "Any" = group["fields"].get("type", ([None],))[0][-1]
    if isinstance(told, str):
        return told
    if group["type"]:
        return group["type"]  # type: ignore[no-any-return]
    if ident[:16] == "RTCIceCandidate_":
        far: "Any" = group["fields"].get("isRemote", ([False],))[0][-1]
        return "remote-candidate" if far else "local-candidate"
    for prefix, kind in _PREFIXES:
        if ident[: len(prefix)] == prefix:
            return kind
    return ""


def _stamps(group: "dict[str, Any]") -> "list[float]":
    """A report's own times, ms; where they are not told, spread evenly."""
    values, start, end = group["fields"].get("timestamp", ([], None, None))
    times = [one for one in values if isinstance(one, (int, float)) and 0 < one <= MAX_TIME]
    if times and len(times) == len(values):
        return times
    longest: "Any" = None
    for name in sorted(group["fields"]):
        one = group["fields"][name]
        if longest is None or len(one[0]) > len(longest[0]):
            longest = one
    values, start, end = longest
    if start is None or end is None or end < start:
        return []
    steps = max(1, len(values) - 1)
    return [start + (end - start) * index / steps for index in range(len(values))]


def _polls(groups: "dict[str, Any]") -> "list[float]":
    """When getStats was called: the times of all reports but the far end's, which are RTCP's."""
    times = set()
    for ident in groups:
        if groups[ident]["type"] not in traces.FAR:
            times.update(groups[ident]["stamps"])
    out: "list[float]" = []
    for at in sorted(times):
        if not out or at - out[-1] > SAME_POLL_MS:
            out.append(at)
    return out


def _places(stamps: "list[float]", polls: "list[float]", far: "bool") -> "list[int]":
    """For each point of a report the index of its poll, -1 where there is none.

    A far end's report keeps its time until the next RTCP packet: its points lie one poll after the
    other, each no earlier than its own time.
    """
    out = []
    last = -1
    for at in stamps:
        place = bisect_left(polls, at - (0.0 if far else SAME_POLL_MS))
        if far:
            place = max(place, last + 1)
        last = place
        out.append(place if place < len(polls) else -1)
    return out


def _reports(name: "str", stats: "Any", recording: "Any") -> "list[Moment]":
    groups = _grouped(stats) if isinstance(stats, dict) else {}
    full = False
    for ident in groups:
        groups[ident]["type"] = _type_of(ident, groups[ident])
        groups[ident]["stamps"] = _stamps(groups[ident])
        full = full or len(groups[ident]["stamps"]) >= MOST_POINTS
    polls = _polls(groups)
    items: "list[dict[str, Any]]" = [{} for _poll in polls]
    holes = 0
    for ident in groups:
        group = groups[ident]
        if not group["type"]:
            continue
        places = _places(group["stamps"], polls, group["type"] in traces.FAR)
        for index in range(len(places)):
            if places[index] >= 0:
                head = {"id": ident, "type": group["type"], "timestamp": group["stamps"][index]}
                items[places[index]][ident] = head
        for field in group["fields"]:
            if field in ("timestamp", "type", "id"):
                continue
            holes += _lay(items, ident, places, group["stamps"], field, group["fields"][field])
    if holes:
        told = " series absent for a while: the format does not tell when"
        recording.missing.append(name + ": " + str(holes) + told)
    if full:
        since = datetime.fromtimestamp(polls[0] / 1000, timezone.utc).strftime("%H:%M:%S")
        recording.missing.append(
            name + ": what was before " + since + " UTC (a browser keeps the newest 1000 points)"
        )
    return [
        {"t": int(polls[index]), "pc": name, "stats": list(items[index].values())}
        for index in range(len(polls))
    ]


def _lay(
    items: "list[dict[str, Any]]",
    ident: "str",
    places: "list[int]",
    stamps: "list[float]",
    field: "str",
    series: "Any",
) -> "int":
    """Put a series' values where they belong; 1 if it has a hole somewhere."""
    values, start, end = series
    count = len(values)
    last = len(stamps) - 1
    hole = 0
    if count <= last:
        while last > 0 and end is not None and int(stamps[last]) > end:
            last -= 1
        first = last + 1 - count
        # A far end's report repeats its time: the first point may be any of those.
        if first < 0 or (start is not None and int(stamps[first]) != start):
            hole = 1  # only its last value is sure to belong where it would be put
    text = field in fields.TEXT
    for index in range(count - 1 if hole else 0, count):
        at = last + 1 - count + index
        if at < 0 or places[at] < 0:
            continue
        value = values[index]
        if text and isinstance(value, (int, float)) and value is not True and value is not False:
            value = str(value)  # the page makes numbers of what looks like one, as of mid
        items[places[at]][ident][field] = value
    return hole
