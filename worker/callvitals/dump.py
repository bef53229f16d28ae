"""Recordings of calls: what format a file has, and ours. No browser loads this file.

Every format is read as *moments*, in the order of the file:
    {"t": epoch ms, "pc": name, "stats": [W3C stats objects], "events": [ring events]}
each but `t` only where there is something. Ours is JSON lines of moments, plain or gzipped, after
an optional first line {"callvitals": 1, "meeting"?, "participant"?, "facts"?}; lines that are ring
entries (docs/internals.md) are understood too. What cannot be read is left out and told.
"""

import json
import zlib

from . import internals, rtcstats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    Moment = dict[str, Any]

VERSION = 1
SAME_TICK_MS = 500  # reports of different connections this near belong to one tick
BLOCK = 262144  # bytes read at once
MAX_TIME = 4503599627370496  # 2^52, as a Session's
LOOKED_AT = 64  # lines within which a file must show what it is
TRY = (
    "Try: a recording of callvitals, a dump of chrome://webrtc-internals, or an rtcstats dump,"
    " plain or gzipped."
)


class RecordingError(ValueError):
    """No recording, or one that is too large: one sentence, and what can be tried."""


class Recording:
    """A file being read. `meta`: {"meeting"?, "participant"?, "facts": {...}}; `missing`: what is
    not there, in sentences, complete when all moments were taken; `done` of `size` bytes are read
    (size 0: unknown)."""

    __slots__ = ("cut", "done", "format", "meta", "missing", "moments", "size")

    def __init__(self, size: "int") -> "None":
        self.format = ""
        self.meta: "dict[str, Any]" = {"facts": {}}
        self.missing: "list[str]" = []
        self.cut = False  # already told that the end is missing
        self.size = size
        self.done = 0
        self.moments: "Iterator[Moment]" = iter(())


def load(file: "Any", size: "int" = 0, most: "int" = 0) -> "Recording":
    """The recording in a binary file. most: bytes that it may have, inflated (0: any number).

    Raises RecordingError: empty, too large, or no format that we know.
    """
    recording = Recording(size)
    return of_lines(lines_of(file, recording, most), recording)


def lines_of(file: "Any", recording: "Recording", most: "int" = 0) -> "Iterator[bytes]":
    """A binary file's lines that are not blank, inflated. Raises RecordingError beyond `most`."""
    return _lines(_blocks(file, recording, most))


def of_lines(lines: "Iterator[bytes]", recording: "Recording") -> "Recording":
    """`load` for lines that are being read."""
    head: "list[bytes]" = []
    kind = ""
    for line in lines:
        head.append(line)
        kind = _kind(line)
        if kind or len(head) == LOOKED_AT:
            break
    if not head:
        raise RecordingError("the file is empty. " + TRY)
    joined = b"\n".join(head)
    if not kind and joined[:1] == b"{" and internals.is_one(joined):
        kind = "internals"
    if kind == "internals":
        text = b"\n".join(head + list(lines)).decode("utf-8", "replace")
        recording.moments = internals.moments(text, recording)
    elif kind == "rtcstats":
        recording.moments = rtcstats.moments(_after(head, lines), recording)
    elif kind == "callvitals":
        recording.moments = _ours(_after(head, lines), recording)
    else:
        raise RecordingError("not a recording that can be read. " + TRY)
    recording.format = kind
    return recording


def _after(head: "list[bytes]", lines: "Iterator[bytes]") -> "Iterator[bytes]":
    for line in head:
        yield line
    for line in lines:
        yield line


def parse(line: "bytes | str") -> "Any":
    """The line's JSON; None where it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _kind(line: "bytes") -> "str":
    """What a line shows its file to be; "" if nothing."""
    if line[: len(rtcstats.MAGIC)] == rtcstats.MAGIC:
        return "rtcstats"
    value = parse(line)
    if rtcstats.is_message(value):
        return "rtcstats"
    if isinstance(value, dict):
        if "callvitals" in value or ("t" in value and ("stats" in value or "reports" in value)):
            return "callvitals"
        if isinstance(value.get("PeerConnections"), dict):
            return "internals"
    return ""


# ---------------------------------------------------------------------------------------------
# bytes


def _blocks(file: "Any", recording: "Recording", most: "int") -> "Iterator[bytes]":
    """The file's bytes, inflated. Raises RecordingError beyond `most`."""
    total = 0
    for block in _inflated(file, recording):
        total += len(block)
        if most and total > most:
            raise RecordingError(
                "too large: more than " + str(most // 1000000) + " MB (inflated)."
                " Try: callvitals analyze, which has no such limit."
            )
        yield block


def _inflated(file: "Any", recording: "Recording") -> "Iterator[bytes]":
    raw = _read(file, recording)
    if raw[:3] == b"\xef\xbb\xbf":
        raw = raw[3:]
    if raw[:2] != b"\x1f\x8b":
        while raw:
            yield raw
            raw = _read(file, recording)
        return
    unpack = zlib.decompressobj(31)
    while raw:
        try:
            out = unpack.decompress(raw, BLOCK)
        except zlib.error:
            recording.missing.append("the rest of the file: its compression is damaged")
            recording.cut = True
            return
        if out:
            yield out
        raw = unpack.unconsumed_tail
        if unpack.eof:
            raw = unpack.unused_data.lstrip(b"\0")
            if not raw:
                raw = _read(file, recording).lstrip(b"\0")
            if raw[:2] != b"\x1f\x8b":
                return  # padding, or what is none of ours
            unpack = zlib.decompressobj(31)  # a second part, as made by `cat a.gz b.gz`
        if not raw:
            raw = _read(file, recording)
    if not unpack.eof:
        rest = unpack.flush()
        if rest:
            yield rest
        recording.missing.append("the end of the file: it was cut off while compressed")
        recording.cut = True


def _read(file: "Any", recording: "Recording") -> "bytes":
    block: "bytes" = file.read(BLOCK)
    recording.done += len(block)
    return block


def _lines(blocks: "Iterator[bytes]") -> "Iterator[bytes]":
    """The lines that are not blank."""
    pieces: "list[bytes]" = []
    for block in blocks:
        parts = block.split(b"\n")
        pieces.append(parts[0])
        if len(parts) == 1:
            continue
        parts[0] = b"".join(pieces)
        pieces = [parts.pop()]
        for line in parts:
            if line.strip():
                yield line
    last = b"".join(pieces)
    if last.strip():
        yield last


# ---------------------------------------------------------------------------------------------
# our own


def time_of(value: "Any") -> "int | None":
    """A time in whole ms, or None."""
    if isinstance(value, float) and 0.0 <= value <= MAX_TIME:
        value = int(value)
    if value is True or value is False or not isinstance(value, int):
        return None
    return value if 0 <= value <= MAX_TIME else None


def _ours(lines: "Iterator[bytes]", recording: "Recording") -> "Iterator[Moment]":
    bad = 0
    cut = False
    for raw in lines:
        line = parse(raw)
        cut = line is None
        if isinstance(line, dict) and "callvitals" in line:
            _header(line, recording)
            continue
        found = _moments_of(line)
        if not found:
            bad += 1
        for moment in found:
            yield moment
    if cut:
        bad -= 1
        if not recording.cut:
            recording.missing.append("the last line: it is cut off")
    if bad:
        recording.missing.append(str(bad) + (" lines" if bad > 1 else " line") + " (unreadable)")


def _header(line: "dict[str, Any]", recording: "Recording") -> "None":
    for name in ("meeting", "participant"):
        if isinstance(line.get(name), str):
            recording.meta[name] = line[name]
    if isinstance(line.get("facts"), dict):
        recording.meta["facts"].update(line["facts"])
    if line["callvitals"] != VERSION:
        recording.missing.append("what a recording of another version has beyond ours")


def _moments_of(line: "Any") -> "list[Moment]":
    if not isinstance(line, dict):
        return []
    t = time_of(line.get("t"))
    if t is None:
        return []
    events = line.get("events")
    out: "list[Moment]" = []
    if isinstance(events, list) and events:
        out.append({"t": t, "events": events})
    reports: "Any" = line.get("reports")
    if reports is None and "stats" in line:
        reports = [[line.get("pc"), line["stats"]]]
    for pair in reports if isinstance(reports, list) else []:
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str):
            stats = pair[1]
            if isinstance(stats, dict):  # by id, as some write an RTCStatsReport down
                stats = [stats[key] for key in stats]
            out.append({"t": t, "pc": pair[0], "stats": stats})
    if not out and isinstance(reports, list) and not reports:
        out.append({"t": t})
    return out


def write(moments: "Iterable[Moment]", meta: "dict[str, Any]") -> "Iterator[str]":
    """The lines of a recording of ours. meta: as of a Recording."""
    head = {"callvitals": VERSION}
    head.update(meta)
    yield json.dumps(head, separators=(",", ":")) + "\n"
    for moment in moments:
        yield json.dumps(moment, separators=(",", ":")) + "\n"


# ---------------------------------------------------------------------------------------------
# as a Session takes it


def entries(moments: "Iterable[Moment]") -> "Iterator[dict[str, Any]]":
    """Moments -> ring entries (docs/internals.md), ticks from 0.

    Consecutive reports of different connections within 500 ms are one tick; events belong to the
    next tick.
    """
    tick = 0
    waiting: "list[Any]" = []
    current: "dict[str, Any] | None" = None
    for moment in moments:
        t = moment["t"]
        if "pc" in moment:
            report = [moment["pc"], moment["stats"]]
            if current is not None:
                names = [one[0] for one in current["reports"]]
                if report[0] not in names and 0 <= t - current["t"] <= SAME_TICK_MS:
                    current["reports"].append(report)
                    waiting += moment.get("events", [])
                    continue
                yield current
                tick += 1
            waiting += moment.get("events", [])
            current = {"tick": tick, "t": t, "reports": [report], "events": waiting}
            waiting = []
        else:
            waiting += moment.get("events", [])
    if current is not None:
        yield current
        tick += 1
    if waiting:
        yield {"tick": tick, "t": moment["t"], "reports": [], "events": waiting}


def read(path: "str") -> "Iterator[dict[str, Any]]":
    """A file's ring entries. Raises OSError if it cannot be opened, RecordingError if it is no
    recording."""
    with open(path, "rb") as file:
        for entry in entries(load(file).moments):
            yield entry
