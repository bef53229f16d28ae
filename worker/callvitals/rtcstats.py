"""rtcstats dumps, format 3 <-> moments (see `dump`). No browser loads this file.

The format: a line `RTCStatsDump`, a line of JSON about the recording, then a JSON array per line,
[method, connection or null, value, ..., ms since the line before]; the first line's are since 1970.
`getStats` carries what changed, by the rules of rtcstats' packages/rtcstats-shared (facts of the
format; names and numbers are in `rtcstats_names`). Chromium's own rtcstats dump carries whole
reports instead, each with its `id`.
"""

import json

from . import traces
from .rtcstats_names import FIELDS, KEYS, METHODS, TIMESTAMP, TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    Moment = dict[str, Any]
    Stats = dict[str, dict[str, Any]]

MAGIC = b"RTCStatsDump"
FILE_FORMAT = 3
PROTOCOL = "rtcstats#5.0"
OWN = ":callvitals:"  # methods of ours: events that rtcstats has no word for
MAX_TIME = 4503599627370496
_NUMBERS = {METHODS[key]: key for key in METHODS if key not in ("1", "68")}
_STATES = ("connectionState", "iceConnectionState", "iceGatheringState", "signalingState")


def is_message(value: "Any") -> "bool":
    """Whether a line's JSON is a message of this format."""
    return (
        isinstance(value, list)
        and len(value) >= 4
        and isinstance(value[0], (int, str))
        and (value[1] is None or isinstance(value[1], str))
        and isinstance(value[-1], (int, float))
    )


# ---------------------------------------------------------------------------------------------
# reading


def moments(lines: "Iterable[bytes]", recording: "Any") -> "Iterator[Moment]":
    """A dump's lines as moments; facts and what is missing go to the recording."""
    base: "dict[str, Stats]" = {}
    now = 0.0
    bad = 0
    cut = False
    header = False
    for raw in lines:
        if raw[: len(MAGIC)] == MAGIC:
            header = True
            continue
        try:
            line = json.loads(raw)
            cut = False
        except (ValueError, RecursionError):
            bad += 1
            cut = True
            continue
        if isinstance(line, dict):
            _about(line, recording)
            continue
        if not is_message(line):
            bad += 1
            continue
        now += line[-1]
        if not 0 <= now <= MAX_TIME:
            bad += 1
            now = 0.0
            continue
        moment = _moment(line, base, recording)
        if moment is not None:
            moment["t"] = int(now)
            yield moment
    if cut:
        bad -= 1
        if not recording.cut:
            recording.missing.append("the last line: it is cut off")
    if bad:
        told = str(bad) + (" lines" if bad > 1 else " line")
        recording.missing.append(told + " (unreadable); differences build on each other")
    if not header:
        recording.missing.append("the first line: what browser and page it was")


def _about(line: "dict[str, Any]", recording: "Any") -> "None":
    own = line.get("callvitals")
    if not isinstance(own, dict):
        recording.meta["facts"].update(traces.facts_of(line.get("userAgent")))
    else:
        for name in ("meeting", "participant"):
            if isinstance(own.get(name), str):
                recording.meta[name] = own[name]
        if isinstance(own.get("facts"), dict):
            recording.meta["facts"].update(own["facts"])
    if line.get("fileFormat") != FILE_FORMAT:
        recording.missing.append("what a dump of another format than 3 has beyond it")


def _moment(line: "list[Any]", base: "dict[str, Stats]", recording: "Any") -> "Moment | None":
    method = METHODS.get(str(line[0]), str(line[0]))
    pc = line[1]
    value = line[2]
    if method == "getStats":
        if not isinstance(pc, str) or not isinstance(value, dict):
            return {}
        base[pc] = decode(base.get(pc, {}), value)
        return {"pc": pc, "stats": _items(base[pc])}
    if method[: len(OWN)] == OWN:
        return {"events": [value]} if isinstance(value, dict) else None
    if method[:1] == ":":  # the host app's own
        event: "dict[str, Any]" = {"type": "mark", "name": method[1:]}
        if isinstance(value, dict):
            event["data"] = value
        return {"events": [event]}
    if method == "create" and pc is None and isinstance(value, dict):
        hints = value.get("userAgentData")
        recording.meta["facts"].update(traces.facts_of(None, hints, value))
        return None
    found = traces.events_of(method, pc, value)
    return {"events": found} if found else None


def _items(stats: "Stats") -> "list[dict[str, Any]]":
    out = []
    for key in stats:
        item = {"id": key}
        for name in stats[key]:
            if stats[key][name] is not None and name[:1] != "[":  # the page's own computing
                item[name] = stats[key][name]
        out.append(item)
    return out


def _named(report: "dict[str, Any]") -> "dict[str, Any]":
    out = {}
    for key in report:
        out[FIELDS.get(key, key)] = report[key]
    kind: "Any" = out.get("type")
    if isinstance(kind, str) and kind.isdigit() and len(kind) < 3:
        kind = int(kind)
    if isinstance(kind, int) and 0 < kind <= len(TYPES):
        out["type"] = TYPES[kind - 1]
    return out


def decode(base: "Stats", delta: "dict[str, Any]") -> "Stats":
    """The connection's whole stats after a message; base is left as it is.

    The newest timestamp stands once, beside the reports, for all that do not carry their own. A
    far end's report without one has not moved: had it, its time (an RTCP packet's, older than the
    newest) would have been sent. Unless its browser always gives it the newest.
    """
    newest: "Any" = delta.get(TIMESTAMP)
    told: "Stats" = {}
    gone = set()
    whole = False
    for key in delta:
        report = delta[key]
        if report is None:
            gone.add(key)
        elif isinstance(report, dict) and key != TIMESTAMP:
            told[key] = _named(report)
            whole = whole or "id" in report
    if whole:
        out = {}
        for key in told:
            ident = told[key].pop("id", key)
            out[ident if isinstance(ident, str) else key] = told[key]
        return out
    out = {}
    times = [base[key].get("timestamp") for key in base]
    before: "Any" = max([at for at in times if isinstance(at, (int, float))], default=None)
    for key in base:
        if key in gone:
            continue
        report = dict(base[key])
        changed: "Any" = told.get(key, {})
        for name in changed:
            value = changed[name]
            if isinstance(value, dict) and isinstance(report.get(name), dict):
                merged = dict(report[name])
                merged.update(value)
                value = merged
            report[name] = value
        still = report.get("type") in traces.FAR and report.get("timestamp") != before
        if newest is not None and "timestamp" not in changed and not still:
            report["timestamp"] = newest
        out[key] = report
    for key in told:
        if key not in out:
            out[key] = told[key]
            if newest is not None and "timestamp" not in out[key]:
                out[key]["timestamp"] = newest
    return out


# ---------------------------------------------------------------------------------------------
# writing


def _same(a: "Any", b: "Any") -> "bool":
    """Equal, and of one kind: True is not 1."""
    return a == b and (a is True or a is False) == (b is True or b is False)


def _changed(old: "dict[str, Any]", new: "dict[str, Any]") -> "dict[str, Any]":
    """What to send of a report: what changed, null for what is gone."""
    out: "dict[str, Any]" = {}
    for name in new:
        value = new[name]
        was = old.get(name)
        if value is None or (name in old and _same(was, value)):
            continue
        if isinstance(value, dict) and isinstance(was, dict):
            value = _changed(was, value)
        out[name] = value
    for name in old:
        if old[name] is not None and new.get(name) is None:
            out[name] = None
    return out


def encode(base: "Stats", stats: "Any") -> "tuple[dict[str, Any], Stats]":
    """(message, base of the next one) for a report (list of stats objects).

    Certificates stay behind, as rtcstats leaves them. Ids are kept: the format allows it, and
    references hold.
    """
    new: "Stats" = {}
    newest: "Any" = None
    for item in stats if isinstance(stats, (list, tuple)) else []:
        if not isinstance(item, dict) or not isinstance(item.get("id"), str):
            continue
        if item.get("type") == "certificate" or item["id"] == TIMESTAMP:
            continue
        kept = {name: item[name] for name in item if name != "id" and item[name] is not None}
        new[item["id"]] = kept
        at = kept.get("timestamp")
        if isinstance(at, (int, float)) and (newest is None or at > newest):
            newest = at
    delta: "dict[str, Any]" = {}
    for key in new:
        report = new[key]
        changed = _changed(base.get(key, {}), report)
        changed.pop("timestamp", None)
        far = report.get("type") in traces.FAR
        if "timestamp" in report and (far or report["timestamp"] != newest):
            changed["timestamp"] = report["timestamp"]
        if changed or key not in base:
            delta[key] = {KEYS.get(name, name): changed[name] for name in changed}
            if report.get("type") in TYPES and "type" in delta[key]:
                delta[key]["type"] = TYPES.index(report["type"]) + 1
    for key in base:
        if key not in new:
            delta[key] = None
    if newest is not None:
        delta[TIMESTAMP] = newest
    return delta, new


def _messages(event: "dict[str, Any]") -> "list[list[Any]]":
    """An event as messages without their time."""
    pc: "Any" = event.get("pc")
    what = event.get("type")
    if what == "pc" and isinstance(pc, str):
        known = [name for name in event if name not in ("type", "pc", "at")]
        if known and all([name in _STATES for name in known]):
            return [["on" + name.lower() + "change", pc, event[name]] for name in known]
    if what == "device":
        return [["navigator.mediaDevices.ondevicechange", None, None]]
    return [[OWN + str(what), pc if isinstance(pc, str) else None, event]]


def write(found: "Iterable[Moment]", meta: "dict[str, Any]") -> "Iterator[str]":
    """The lines of a dump that tells these moments. meta: as of a `dump.Recording`."""
    facts = meta.get("facts", {})
    agent = str(facts.get("browser", "")) + "/" + str(facts.get("browserVersion", ""))
    about = {"fileFormat": FILE_FORMAT, "clientProtocol": PROTOCOL, "callvitals": meta}
    if len(agent) > 1:
        about["userAgent"] = agent
    yield MAGIC.decode() + "\n" + _line(about)
    base: "dict[str, Stats]" = {}
    last = 0
    for moment in found:
        messages: "list[list[Any]]" = []
        for event in moment.get("events", []):
            if isinstance(event, dict):
                messages += _messages(event)
        if "pc" in moment:
            pc = moment["pc"]
            if pc not in base:
                messages.append(["create", pc, {}])
            delta, base[pc] = encode(base.get(pc, {}), moment["stats"])
            messages.append(["getStats", pc, delta])
        for message in messages:
            number = _NUMBERS.get(message[0], message[0])
            message[0] = int(number) if number.isdigit() else number
            yield _line(message + [moment["t"] - last])
            last = moment["t"]
    yield _line(["close", None, 1000, 0])


def _line(value: "Any") -> "str":
    return json.dumps(value, separators=(",", ":")) + "\n"
