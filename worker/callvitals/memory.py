"""A Session's whole memory: its shape, and its text as a checkpoint.

Text, integers, booleans, None, lists and objects only, so that what is read back is what was
written. Streams are written as lists without names, since there may be 256 of them and a
checkpoint has at most 128 kB.
"""

import json

from . import measure, trend, values, wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Memory

VERSION = 6


def fresh() -> "Memory":
    """A Session's memory before its first tick."""
    return {
        "tick": -1,
        "t": 0,
        "facts": {},
        "labels": {},
        "watch": False,
        "pcs": {},
        "nextPc": 0,
        "streams": {},
        "nextStream": 0,
        "window": [],  # [t, sums in the order of tally.SUMS]
        "capture": {},  # getUserMedia and getDisplayMedia: setup.capture
        "media": None,  # t at which media was first seen
        "pool": None,  # see trend.pool
        "harms": {},
        "jump": None,  # [t, ms] of the newest jump of the clock
        "ended": {},  # kind of capture: t at which the browser ended it
        "hidden": False,
        "issues": {"open": {}, "next": 0, "beyond": 0},
        "net": {},  # headline series: [t, newest value]
        "score": None,
        "reasons": {},
        "parts": {},
        "rating": "unknown",
        "active": {},
        "video": {},
        "grid": None,
        "counts": {
            "clockJumps": 0,
            "engineResets": 0,
            "nonsense": 0,
            "pcsBeyond": 0,
            "rowsLost": 0,
            "streamsBeyond": 0,
            "streamsBrief": 0,
        },
    }


def write(memory: "Memory") -> "str":
    """The memory as text: version, crc32 and canonical JSON (ASCII)."""
    packed = dict(memory)
    streams = memory["streams"]
    packed["streams"] = [_pack(streams[name], memory["t"]) for name in sorted(streams)]
    text = wire.text(packed)
    return str(VERSION) + " " + str(wire.crc(text)) + " " + text


def read(text: "str") -> "Memory":
    """The memory that `write` wrote. Raises ValueError on an unknown version or a broken text."""
    parts = text.split(" ", 2)
    if len(parts) != 3 or parts[0] != str(VERSION):
        raise ValueError("unknown checkpoint")
    if parts[1] != str(wire.crc(parts[2])):
        raise ValueError("broken checkpoint")
    memory: "Memory" = json.loads(parts[2])
    if "\\ud" in parts[2]:
        memory = _joined(memory)
    records = [_unpack(packed, memory["t"]) for packed in memory["streams"]]
    memory["streams"] = {measure.name_of(record): record for record in records}
    return memory


def _joined(value: "Any") -> "Any":
    """The same with surrogate pairs joined: MicroPython's json leaves them apart, and such text is
    unequal to what it was written from."""
    if isinstance(value, str):
        return values.clean_text(value, len(value))
    if isinstance(value, dict):
        return {_joined(key): _joined(value[key]) for key in value}
    if isinstance(value, list):
        return [_joined(item) for item in value]
    return value


# As they are; what else a record has is written shorter.
_NAMES = (
    "key",
    "pc",
    "ssrc",
    "ident",
    "codec",
    "mid",
    "track",
    "rid",
    "origin",
    "ahead",
    "hush",
    "notes",
)


def _pack(record: "dict[str, Any]", t: "int") -> "list[Any]":
    sort = record["direction"][0] + record["kind"][0]
    out = [sort if record["full"] else sort.upper(), t - record["seen"]]
    out.append([number for at, ms in record["frozen"] for number in (t - at, ms)])
    base = record["a"]
    told = record["b"]
    # What was told last lies near the newest sums: differences are shorter.
    out.append(None if base is None else _thin(_moved(base, 1, -t * 1000)))
    out.append(None if told is None else _minus(told, base))
    out.append(trend.pack(record["window"], t))
    rtcp = record["rtcp"]
    out.append(None if rtcp is None else _moved(rtcp, _stamps(sort), -t * 1000))
    out.append(_thin(record["told"]))
    out.extend([record[name] for name in _NAMES])
    return out


def _stamps(sort: "str") -> "int":
    """How many times a report of the far end begins with (sample.RTCP_..., sample.SR_...)."""
    return 2 if sort[0] == "i" else 1


def _moved(numbers: "list[Any]", count: "int", by: "int") -> "list[Any]":
    """The list with its first numbers, which are times, moved: the clocks are near each other."""
    return [number + by for number in numbers[:count]] + numbers[count:]


def _thin(numbers: "list[Any]") -> "list[Any]":
    """The list with each run of None written as its length, a text."""
    out: "list[Any]" = []
    run = 0
    for number in numbers:
        if number is None:
            run += 1
            continue
        if run:
            out.append(str(run))
            run = 0
        out.append(number)
    if run:
        out.append(str(run))
    return out


def _thick(numbers: "list[Any]") -> "list[Any]":
    out: "list[Any]" = []
    for number in numbers:
        if isinstance(number, str):
            out.extend([None] * int(number))
        else:
            out.append(number)
    return out


def _minus(slots: "list[Any]", base: "list[Any]") -> "Any":
    """slots - base; 0 where they are equal, as they are while every tick is told."""
    if slots == base:
        return 0
    out = []
    for index in range(len(slots)):
        number = slots[index]
        out.append(None if number is None else number - (base[index] or 0))
    return _thin(out)


def _plus(thin: "Any", base: "list[Any]") -> "list[Any]":
    if thin == 0:
        return list(base)
    slots = _thick(thin)
    out = []
    for index in range(len(slots)):
        number = slots[index]
        out.append(None if number is None else number + (base[index] or 0))
    return out


def _unpack(packed: "list[Any]", t: "int") -> "dict[str, Any]":
    record = {_NAMES[i]: packed[8 + i] for i in range(len(_NAMES))}
    sort = packed[0].lower()
    record["full"] = packed[0] == sort
    record["direction"] = "inbound" if sort[0] == "i" else "outbound"
    record["kind"] = "audio" if sort[1] == "a" else "video"
    record["seen"] = t - packed[1]
    flat = packed[2]
    record["frozen"] = [[t - flat[i], flat[i + 1]] for i in range(0, len(flat), 2)]
    base = None if packed[3] is None else _moved(_thick(packed[3]), 1, t * 1000)
    record["a"] = base
    record["b"] = None if packed[4] is None or base is None else _plus(packed[4], base)
    record["window"] = trend.unpack(packed[5], t)
    rtcp = packed[6]
    record["rtcp"] = None if rtcp is None else _moved(rtcp, _stamps(sort), t * 1000)
    record["told"] = _thick(packed[7])
    return record
