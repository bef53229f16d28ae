"""A Session over a recording -> one object that tells how the call was. No browser loads this file.

Every connection has a Session of its own, fed as a page would have fed it, so that each is scored
by itself and says what it would have said live. Base units, times in epoch ms (docs/recordings.md
has the whole shape).
"""

import os

from . import dump, fields, issue, present, score, setup, values
from .line import Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Progress = Callable[[int, int], None]  # (bytes read, size of the file)

MAX_CONNECTIONS = 256
MAX_NAME = 64  # as a Session keeps it
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
    page = Line("", series)
    lines: "dict[str, Line]" = {}
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
    lines: "dict[str, Line]",
    name: "str",
    series: "bool",
    common: "list[Any]",
    beyond: "set[str]",
) -> "Line | None":
    name = values.clean_text(name, MAX_NAME)
    line = lines.get(name)
    if line is None:
        if len(lines) >= MAX_CONNECTIONS:
            beyond.add(name)
            return None
        line = lines[name] = Line(name, series)
        for t, event in common:
            line.waiting.append((t, event))
    return line


# ---------------------------------------------------------------------------------------------
# what is told


def _connection(line: "Line", shared: "list[Any]") -> "dict[str, Any]":
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
        "sentence": sentence(issues, rating, reasons, line.until - (line.start or 0)),
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


def sentence(
    issues: "list[dict[str, Any]]", rating: "str", reasons: "dict[str, float]", ms: "int"
) -> "str":
    """The worst issue's (major, then the longest); without one, what the score suffers from, and
    also where it is minor and was there for less than a tenth of the time, which is ms."""
    worst: "Any" = None
    for one in issues:
        rank = (one["severity"] == "major", (one["until"] or one["since"]) - one["since"])
        if worst is None or rank > worst[0]:
            worst = (rank, one["sentence"])
    blamed = ""
    if rating in ("fair", "poor"):
        blamed = issue.blame({name: int(reasons[name] * 100) for name in reasons})
    if worst is None or (blamed and not worst[0][0] and worst[0][1] * 10 < ms):
        return blamed
    return worst[1]  # type: ignore[no-any-return]


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
    """The headline series over the recording."""
    out = {}
    for name in fields.HEADLINE:
        numbers = [row[name] for _t, row in rows if name in row]
        if numbers and name != "score":
            out[name] = mean(name, numbers)
    return out


def mean(name: "str", numbers: "list[int]") -> "int | float | None":
    """What a series came to, in its base unit: the mean; of the round trip the median. numbers:
    at least one."""
    if name == "rtt":
        return present.value(name, sorted(numbers)[len(numbers) // 2])
    total = 0
    for number in numbers:
        total += number
    return present.value(name, (2 * total + len(numbers)) // (2 * len(numbers)))


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
    page: "Line",
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
            "sentence": sentence(
                page.issues + [one for each in connections for one in each["issues"]],
                worst["rating"] if worst else "unknown",
                worst["reasons"] if worst else {},
                end - start if start is not None else 0,
            ),
            "missing": [values.clean_text(line, 1024) for line in recording.missing],
            "issues": page.issues,
            "events": page.events,
            "connections": connections,
        }
    )
    return out
