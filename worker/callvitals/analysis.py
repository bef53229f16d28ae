"""A Session over a recording -> one object that tells how the call was. No browser loads this file.

Every connection has a Session of its own, fed as a page would have fed it, so that each is scored
by itself and says what it would have said live. Base units, times in epoch ms (docs/recordings.md
has the whole shape).
"""

import os

from . import dump, fields, issue, present, score, sentence, setup, totals, values
from .session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Progress = Callable[[int, int], None]  # (bytes read, size of the file)

MAX_CONNECTIONS = 256
MAX_NAME = 64  # as a Session keeps it
MAX_EVENTS = 5000  # told, of each connection
BEFORE_MS = 1000  # a page's ticks while no connection has a report yet
BEFORE_MOST = 90  # of those, filled in
STEP_MS = 15000  # as much time as one score stands for, at most
# Events of the page that concern all of its connections.
_COMMON = ("facts", "label", "page", "clock-jump")


def analyze(
    source: "Any",
    series: "bool" = False,
    progress: "Progress | None" = None,
    most: "int" = 0,
) -> "dict[str, Any]":
    """How the calls in a recording were.

    source: a path, or a binary file that is open. series: tell every tick's values, too. most:
    bytes the recording may have, inflated (0: any number).
    Raises OSError when it cannot be opened, dump.RecordingError (a ValueError) when it is none.
    """
    if hasattr(source, "read"):
        return over(dump.load(source, 0, most), series, progress)
    with open(source, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        return over(dump.load(file, size, most), series, progress)


def over(
    recording: "dump.Recording", series: "bool" = False, progress: "Progress | None" = None
) -> "dict[str, Any]":
    """The same for a recording being read."""
    page = _Line("", series)
    lines: "dict[str, _Line]" = {}
    start: "int | None" = None
    end = 0
    beyond: "set[str]" = set()
    common: "list[Any]" = []  # told so far; who comes later must know
    for moment in recording.moments:
        t = moment["t"]
        if start is None and recording.meta["facts"]:
            common.append((t, {"type": "facts", "facts": _facts(recording)}))
        start = t if start is None else min(start, t)
        end = max(end, t)
        for event in moment.get("events", []):
            name = event.get("pc") if isinstance(event, dict) else None
            if isinstance(name, str):
                line = _line(lines, name, series, common, beyond)
                if line is not None:
                    line.enter(t, event)
                continue
            page.enter(t, event)
            if isinstance(event, dict) and event.get("type") in _COMMON:
                common.append((t, event))
                for name in lines:
                    lines[name].enter(t, event)
        if "pc" in moment:
            line = _line(lines, moment["pc"], series, common, beyond)
            if line is not None:
                line.report(t, moment["stats"])
        if progress is not None:
            progress(recording.done, recording.size)
    page.end(end)
    shared = [(one["type"], one["since"]) for one in page.issues]
    connections = []
    for name in sorted(lines):
        lines[name].end(end)
        told = _connection(lines[name], shared)
        if series:
            told["series"] = _series(lines[name].rows)
        connections.append(told)
    if beyond:
        recording.missing.append(str(len(beyond)) + " connections (too many)")
    return _whole(recording, connections, page, start, end)


def _line(
    lines: "dict[str, _Line]",
    name: "str",
    series: "bool",
    common: "list[Any]",
    beyond: "set[str]",
) -> "_Line | None":
    name = values.clean_text(name, MAX_NAME)
    line = lines.get(name)
    if line is None:
        if len(lines) >= MAX_CONNECTIONS:
            beyond.add(name)
            return None
        line = lines[name] = _Line(name, series)
        for t, event in common:
            line.waiting.append((t, event))
    return line


class _Line:
    """One connection (or, without a name, the page) through time."""

    __slots__ = (
        "events",
        "issues",
        "known",
        "last",
        "name",
        "open",
        "parts",
        "reasons",
        "record",
        "reported",
        "rows",
        "scores",
        "session",
        "start",
        "streams",
        "tick",
        "ticks",
        "until",
        "waiting",
    )

    def __init__(self, name: "str", watched: "bool") -> "None":
        self.name = name
        self.session = Session()
        self.tick = 0
        self.ticks = 0  # that had a report
        self.last: "int | None" = None  # t of the newest tick
        self.start: "int | None" = None
        self.until = 0
        self.reported = False
        self.waiting: "list[Any]" = [(0, {"type": "watch", "on": True})] if watched else []
        self.rows: "list[Any]" = []  # (t, values)
        self.events: "list[dict[str, Any]]" = []
        self.issues: "list[dict[str, Any]]" = []
        self.open: "dict[str, dict[str, Any]]" = {}
        self.streams: "dict[str, totals.Totals]" = {}
        self.known: "dict[str, totals.Totals]" = {}  # the same, by the Session's keys
        self.scores = [0, 0, 0, 0]  # sum of score * ms, ms, the lowest, its t
        self.reasons: "dict[str, int]" = {}  # sum of points * ms
        self.parts: "dict[str, list[int]]" = {}  # by part: sum of score * ms, ms
        self.record: "dict[str, Any]" = {}  # the Session's memory of the connection

    def enter(self, t: "int", event: "Any") -> "None":
        """An event; it belongs to the next tick."""
        if not self.reported:
            self._fill(t)
        self._seen(t)
        self.waiting.append((t, event))

    def report(self, t: "int", stats: "Any") -> "None":
        """A report: a tick."""
        if not self.reported:
            self._fill(t)
        self._seen(t)
        self.reported = True
        self.ticks += 1
        self._feed(t, [[self.name, stats]])

    def end(self, t: "int") -> "None":
        """The recording ends."""
        if not self.reported and self.start is not None:
            self._fill(t)
        if self.start is not None and (self.waiting or not self.tick):
            self._feed(max(self.until, self.last or 0), [])
        known = self.session.memory()["issues"]["open"]
        for key in sorted(self.open):
            one = self.open[key]
            if key in known:
                one.update(_at_the_end(known[key]))
            one["until"] = max(self.until, self.last or 0) if self.name else t
            one["open"] = True

    def _seen(self, t: "int") -> "None":
        self.start = t if self.start is None else min(self.start, t)
        self.until = max(self.until, t)

    def _fill(self, t: "int") -> "None":
        """A page ticks while a connection is being made; a dump tells nothing then."""
        if self.last is None:
            self.last = t if self.start is None else self.start
        if t - self.last > BEFORE_MS * BEFORE_MOST and not self.waiting:
            self.last = t
        for _ in range(BEFORE_MOST):
            if t - self.last <= BEFORE_MS:
                break
            self._feed(self.last + BEFORE_MS, [])

    def _feed(self, t: "int", reports: "list[Any]") -> "None":
        given = []
        for at, event in self.waiting:
            if isinstance(event, dict) and at and at != t:
                event = dict(event)
                event["at"] = at - t
            given.append(event)
        self.waiting = []
        row = self.session.feed({"tick": self.tick, "t": t, "reports": reports, "events": given})
        self.tick += 1
        ms = 0 if self.last is None else max(0, min(row["t"] - self.last, STEP_MS))
        self.last = row["t"]
        if row["values"]:
            self.rows.append((row["t"], row["values"]))
        memory = self.session.memory()
        for name in memory["pcs"]:
            self.record = memory["pcs"][name]
        if "score" in row["values"]:
            self._scored(row["t"], row["values"]["score"], ms, memory)
        if row["events"]:
            self._events(row)
        for record, stream, what in self.session.moved:
            one = self.known.get(record["key"])
            if one is None:  # the Session forgets a stream that is away, and we do not
                key = totals.name_of(stream)
                one = self.streams.get(key)
                if one is None:
                    one = self.streams[key] = totals.Totals(record["key"], stream, row["t"])
                self.known[record["key"]] = one
            one.add(stream, what, row["t"])

    def _scored(self, t: "int", value: "int", ms: "int", memory: "Any") -> "None":
        ms = max(1, ms)
        if not self.scores[1] or value < self.scores[2]:
            self.scores[2] = value
            self.scores[3] = t
        self.scores[0] += value * ms
        self.scores[1] += ms
        for name in memory["reasons"]:
            self.reasons[name] = self.reasons.get(name, 0) + memory["reasons"][name] * ms
        for name in memory["parts"]:
            part = self.parts.setdefault(name, [0, 0])
            part[0] += memory["parts"][name]["score"] * ms
            part[1] += ms

    def _events(self, row: "dict[str, Any]") -> "None":
        told = present.present_row({"t": row["t"], "values": {}, "events": row["events"]})
        for event in told["events"]:
            what = event.get("type")
            if what == "issue-open":
                one = _issue(event)
                self.open[event["issue"]] = one
                self.issues.append(one)
            elif what == "issue-close":
                one = self.open.pop(event["issue"], {})
                one.update(_issue(event))
            elif len(self.events) < MAX_EVENTS:
                event.setdefault("t", row["t"])
                self.events.append(event)


def _issue(event: "dict[str, Any]") -> "dict[str, Any]":
    one = {"type": event["name"], "until": event.get("until"), "open": "until" not in event}
    for name in ("severity", "since", "sentence", "evidence"):
        one[name] = event[name]
    return one


def _at_the_end(one: "dict[str, Any]") -> "dict[str, Any]":
    """What a recording tells of an issue that was open when it ended: the whole of it and its
    worst, as of one that closed, but nothing of a good end."""
    evidence = issue.at_worst(one)
    over = one["type"] not in sentence.CAME_RIGHT
    return {
        "severity": one["severity"],
        "sentence": sentence.sentence(one["type"], evidence, over),
        "evidence": present.evidence(evidence),
    }


# ---------------------------------------------------------------------------------------------
# what is told


def _connection(line: "_Line", shared: "list[Any]") -> "dict[str, Any]":
    issues = [one for one in line.issues if (one["type"], one["since"]) not in shared]
    for one in issues:
        if "pc" in one["evidence"]:
            one["evidence"]["pc"] = line.name
    streams = [line.streams[key].told() for key in sorted(line.streams)]
    mean = None
    reasons = {}
    if line.scores[1]:
        mean = (2 * line.scores[0] + line.scores[1]) // (2 * line.scores[1])
        for name in sorted(line.reasons):
            reasons[name] = line.reasons[name] // line.scores[1] / 100
    rating = score.rating(mean)
    out: "dict[str, Any]" = {
        "pc": line.name,
        "start": line.start,
        "end": line.until,
        "duration": (line.until - (line.start or 0)) / 1000,
        "score": None if mean is None else mean / 100,
        "rating": rating,
        "sentence": _sentence(issues, rating, reasons),
        "reasons": reasons,
        "parts": {
            name: (2 * line.parts[name][0] + line.parts[name][1]) // (2 * line.parts[name][1]) / 100
            for name in sorted(line.parts)
        },
        "lowest": {"score": line.scores[2] / 100, "t": line.scores[3]} if line.scores[1] else None,
        "state": line.record.get("told", {}).get("state"),
        "route": dict(line.record.get("route", {})),
        "setup": _setup(line.record.get("setup", {})),
        "reports": line.ticks,
        "means": _means(line.rows),
        "streams": streams,
        "issues": issues,
        "events": line.events,
    }
    for stream in streams:
        if stream["rtt"] is None:
            stream["rtt"] = out["means"].get("rtt")
    return out


def _setup(known: "dict[str, Any]") -> "dict[str, Any]":
    """How the connection came up: seconds by name, and why it did not."""
    out = setup.shown(known)
    for name in setup.TIMES:
        if name in out:
            out[name] /= 1000
    for name in ("gathered", "errors"):
        if known.get(name):
            out[name] = dict(known[name])
    return out


def _sentence(issues: "list[dict[str, Any]]", rating: "str", reasons: "dict[str, float]") -> "str":
    """The worst issue's (major, then the longest); without one, what the score suffers from."""
    worst: "Any" = None
    for one in issues:
        rank = (one["severity"] == "major", (one["until"] or one["since"]) - one["since"])
        if worst is None or rank > worst[0]:
            worst = (rank, one["sentence"])
    if worst is not None:
        return worst[1]  # type: ignore[no-any-return]
    if rating in ("fair", "poor"):
        return issue.blame({name: int(reasons[name] * 100) for name in reasons})
    return ""


def _facts(recording: "dump.Recording") -> "dict[str, Any]":
    """What the file tells of the browser: text, numbers, booleans."""
    out: "dict[str, Any]" = {}
    given = recording.meta["facts"]
    for name in sorted(given):
        value = given[name]
        if isinstance(value, str):
            out[name] = values.clean_text(value, 128)
        elif isinstance(value, int):
            out[name] = value
    return out


def _means(rows: "list[Any]") -> "dict[str, Any]":
    """The headline series over the recording: means, of the round trip the median."""
    out = {}
    for name in fields.HEADLINE:
        numbers = sorted([row[name] for _t, row in rows if name in row])
        if not numbers or name == "score":
            continue
        if name == "rtt":
            middle = numbers[len(numbers) // 2]
        else:
            total = 0
            for number in numbers:
                total += number
            middle = (2 * total + len(numbers)) // (2 * len(numbers))
        out[name] = present.value(name, middle)
    return out


def _series(rows: "list[Any]") -> "dict[str, Any]":
    """{"t": [...], "series": {name: [...]}}: base units, None where a tick has no value."""
    names = set()
    for _t, row in rows:
        names.update(row)
    return {
        "t": [t for t, _row in rows],
        "series": {
            name: [present.value(name, row.get(name)) for _t, row in rows] for name in sorted(names)
        },
    }


def _whole(
    recording: "dump.Recording",
    connections: "list[dict[str, Any]]",
    page: "_Line",
    start: "int | None",
    end: "int",
) -> "dict[str, Any]":
    out: "dict[str, Any]" = {}
    for name in ("meeting", "participant"):
        if name in recording.meta:
            out[name] = values.clean_text(recording.meta[name], 1024)
    worst: "Any" = None
    for one in connections:
        if one["score"] is not None and (worst is None or one["score"] < worst["score"]):
            worst = one
    facts = _facts(recording)
    facts.update(page.session.memory()["facts"])
    out.update(
        {
            "format": recording.format,
            "start": start,
            "end": end if start is not None else None,
            "duration": (end - start) / 1000 if start is not None else 0,
            "facts": facts,
            "score": worst["score"] if worst else None,
            "rating": worst["rating"] if worst else "unknown",
            "sentence": _sentence(
                page.issues + [one for each in connections for one in each["issues"]],
                worst["rating"] if worst else "unknown",
                worst["reasons"] if worst else {},
            ),
            "missing": [values.clean_text(line, 1024) for line in recording.missing],
            "issues": page.issues,
            "events": page.events,
            "connections": connections,
        }
    )
    return out
