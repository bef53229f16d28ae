"""Messages between page and service: canonical text, the log's columns, limits, protocol number.

A leaf of the core: imports nothing of it. docs/protocol.md has every message byte for byte.
"""

import binascii
import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PROTOCOL = 1

# An integer must survive a JavaScript double.
MAX_INT = 9007199254740991
MAX_LEVELS = 4  # of objects in a state document, the root counted
MAX_STATE = 131072  # bytes of a state's canonical text
MAX_LOG = 32768  # bytes of log a sender puts into one message
MAX_MESSAGE = 262144  # bytes a service accepts
MAX_SPAN = 4096  # ticks a log may cover
MAX_COLUMNS = 4096
MAX_EVENTS = 2048
MAX_NAME = 64
MAX_IN_FLIGHT = 4


class WireError(ValueError):
    """A message that breaks the protocol; `code` is what the sender of it is told."""

    def __init__(self, code: "str", message: "str") -> "None":
        ValueError.__init__(self, message)
        self.code = code
        self.message = message


# ---------------------------------------------------------------------------------------------
# canonical text: sorted keys, ASCII, no spaces. The same as json.dumps(sort_keys=True,
# separators=(",", ":")) of CPython, which is used where it is to be had; MicroPython's lacks
# sort_keys and leaves non-ASCII as it is.

_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_quoted: "dict[str, str]" = {}


def _quote(string: "str") -> "str":
    known = _quoted.get(string)
    if known is not None:
        return known
    out = ['"']
    for char in string:
        code = ord(char)
        if char in _SHORT:
            out.append(_SHORT[char])
        elif 32 <= code <= 126:
            out.append(char)
        elif code < 65536:
            out.append("\\u%04x" % code)
        else:
            code -= 65536
            out.append("\\u%04x\\u%04x" % (55296 + (code >> 10), 56320 + (code & 1023)))
    out.append('"')
    result = "".join(out)
    if len(_quoted) > 4096:
        _quoted.clear()
    _quoted[string] = result
    return result


def portable_text(value: "Any") -> "str":
    """Canonical text by our own writer; see `text`."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return (
            "{" + ",".join([_quote(k) + ":" + portable_text(value[k]) for k in sorted(value)]) + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ",".join([portable_text(item) for item in value]) + "]"
    raise WireError("bad-value", "no canonical text for " + str(type(value)))


def _dumps(value: "Any") -> "str":
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def text(value: "Any") -> "str":
    """Canonical JSON text: sorted keys, ASCII, no spaces; None, bool, int, str, dict, list.

    Raises WireError (portable writer) or TypeError for anything else. Floats do not belong here;
    `state.validate` refuses them.
    """
    return _writer(value)


try:
    _writer = (
        _dumps if _dumps({"b": "\u00e9", "a": 1}) == '{"a":1,"b":"\\u00e9"}' else portable_text
    )
except TypeError:  # MicroPython: no sort_keys
    _writer = portable_text


def crc(string: "str") -> "int":
    """crc32 of an ASCII text, as an unsigned integer."""
    return binascii.crc32(string.encode()) & 0xFFFFFFFF


# ---------------------------------------------------------------------------------------------
# the log: rows by column, differences along it


def encode_log(rows: "list[dict[str, Any]]", lost: "int" = 0) -> "dict[str, Any]":
    """Rows of consecutive ticks as the message field `log` (rule 8).

    rows: [{"tick", "t", "values": {series: int}, "events": [..]}, ...], at least one.
    lost: ticks missing right before the first (rule 10).
    """
    first = rows[0]["tick"]
    cols: "dict[str, Any]" = {}
    events = []
    for index in range(len(rows)):
        row = rows[index]
        _extend(cols, "t", index, row["t"])
        values = row["values"]
        for name in sorted(values):
            _extend(cols, name, index, values[name])
        for event in row["events"]:
            event = dict(event)
            event["tick"] = row["tick"]
            events.append(event)
    out = {}
    for name in sorted(cols):
        at, diffs, _last = cols[name]
        out[name] = {"at": at, "d": diffs}
    log = {"from": first, "to": first + len(rows) - 1, "cols": out, "events": events}
    if lost > 0:
        log["lost"] = lost
    return log


def _extend(cols: "dict[str, Any]", name: "str", index: "int", value: "int") -> "None":
    col = cols.get(name)
    if col is None:
        cols[name] = [[[index, 1]], [value], value]
        return
    run = col[0][-1]
    if run[0] + run[1] == index:
        run[1] += 1
    else:
        col[0].append([index, 1])
    col[1].append(value - col[2])
    col[2] = value


def gap_log(next_tick: "int", lost: "int") -> "dict[str, Any]":
    """A log without rows: the `lost` ticks before `next_tick` are gone."""
    return {"from": next_tick, "to": next_tick - 1, "cols": {}, "events": [], "lost": lost}


def _is_int(value: "Any") -> "bool":
    return isinstance(value, int) and value is not True and value is not False


def _bad(message: "str") -> "WireError":
    return WireError("bad-log", message)


def _count(log: "dict[str, Any]", name: "str") -> "int":
    value: "Any" = log.get(name)
    if not _is_int(value) or value < -1 or value > MAX_INT:
        raise _bad("log." + name + " must be an integer")
    return int(value)


def decode_cols(
    log: "Any",
) -> "tuple[int, int, int, dict[str, tuple[list[int], list[int]]], list[dict[str, Any]]]":
    """A received log's columns: (from, to, lost, {name: (ticks, values)}, events).

    Everything is checked; raises WireError("bad-log").
    """
    if not isinstance(log, dict):
        raise _bad("log must be an object")
    first = _count(log, "from")
    last = _count(log, "to")
    lost = _count(log, "lost") if "lost" in log else 0
    span = last - first + 1
    if first < 0 or span < 0 or span > MAX_SPAN or lost < 0 or lost > first:
        raise _bad("log covers no possible range of ticks")
    raw = log.get("cols")
    if not isinstance(raw, dict) or len(raw) > MAX_COLUMNS:
        raise _bad("log.cols must be an object of columns")
    cols = {}
    for name in raw:
        if not isinstance(name, str) or not name or len(name) > MAX_NAME:
            raise _bad("a column needs a name of 1 to 64 characters")
        cols[name] = _decode_col(name, raw[name], first, span)
    if span > 0:
        if "t" not in cols or len(cols["t"][0]) != span:
            raise _bad("column t must cover every tick")
    elif cols or not lost:
        raise _bad("a log without rows has no columns and says what is lost")
    events = log.get("events")
    if not isinstance(events, list) or len(events) > MAX_EVENTS:
        raise _bad("log.events must be a list")
    for event in events:
        _check_event(event, first, last)
    return first, last, lost, cols, events


def _decode_col(
    name: "str", col: "Any", first: "int", span: "int"
) -> "tuple[list[int], list[int]]":
    if not isinstance(col, dict):
        raise _bad("column " + name + " must be an object")
    at = col.get("at")
    diffs = col.get("d")
    if not isinstance(at, list) or not isinstance(diffs, list):
        raise _bad("column " + name + " needs the lists at and d")
    ticks: "list[int]" = []
    end = 0
    for run in at:
        if not isinstance(run, list) or len(run) != 2 or not _is_int(run[0]) or not _is_int(run[1]):
            raise _bad("column " + name + ": a run is [offset, count]")
        if run[0] < end or run[1] < 1 or run[0] + run[1] > span:
            raise _bad("column " + name + ": runs must ascend within the log")
        end = run[0] + run[1]
        ticks.extend(range(first + run[0], first + end))
    if len(ticks) != len(diffs) or not diffs:
        raise _bad("column " + name + ": as many values as ticks are needed")
    values = []
    value = 0
    for diff in diffs:
        if not _is_int(diff):
            raise _bad("column " + name + ": values are integers")
        value += diff
        if value > MAX_INT or value < -MAX_INT:
            raise _bad("column " + name + ": value beyond 2^53")
        values.append(value)
    return ticks, values


def _check_event(event: "Any", first: "int", last: "int") -> "None":
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise _bad("an event is an object with a type")
    tick: "Any" = event.get("tick")
    if not _is_int(tick) or tick < first or tick > last:
        raise _bad("an event's tick lies within its log")
    check_values(event, 1, MAX_LEVELS, False)


def check_values(value: "Any", level: "int", levels: "int", nulls: "bool") -> "None":
    """Rule 7: objects, strings, booleans, integers within 2^53, at most `levels` deep.

    nulls: allow null (a merge patch). Raises WireError("bad-state").
    """
    if isinstance(value, dict):
        if level > levels:
            raise WireError("bad-state", "more than " + str(levels) + " levels of objects")
        for key in value:
            if not isinstance(key, str) or len(key) > 256:
                raise WireError("bad-state", "a key is a string of at most 256 characters")
            check_values(value[key], level + 1, levels, nulls)
    elif value is True or value is False or isinstance(value, str):
        return
    elif value is None:
        if not nulls:
            raise WireError("bad-state", "null is for patches only")
    elif not isinstance(value, int):
        raise WireError("bad-state", "only objects, strings, booleans and integers")
    elif abs(value) > MAX_INT:
        raise WireError("bad-state", "integer beyond 2^53")


def decode_log(log: "Any") -> "tuple[int, int, int, list[dict[str, Any]]]":
    """A received log as rows: (from, to, lost, rows). Raises WireError("bad-log")."""
    first, last, lost, cols, events = decode_cols(log)
    rows: "list[dict[str, Any]]" = []
    for tick in range(first, last + 1):
        rows.append({"tick": tick, "t": 0, "values": {}, "events": []})
    for name in sorted(cols):
        ticks, values = cols[name]
        for index in range(len(ticks)):
            row = rows[ticks[index] - first]
            if name == "t":
                row["t"] = values[index]
            else:
                row["values"][name] = values[index]
    for event in events:
        event = dict(event)
        row = rows[event.pop("tick") - first]
        row["events"].append(event)
    return first, last, lost, rows


def trim_log(log: "Any", through: "int") -> "dict[str, Any] | None":
    """The part of a valid log after tick `through`, or None when nothing is left (rule 9)."""
    first, last, lost, rows = decode_log(log)
    if last <= through and (last >= first or first - 1 <= through):
        return None
    if first > through:
        lost = min(lost, first - through - 1)
        if not rows:
            return gap_log(first, lost) if lost else None
        return encode_log(rows, lost)
    return encode_log([row for row in rows if row["tick"] > through])
