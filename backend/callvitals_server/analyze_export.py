"""An export of ours, or any recording, as one object that tells how the calls were.

An export holds results: a connection per session, summed up by the functions that do so for a
recording and for history, and nothing judged anew. What needs the reports is said in `missing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from callvitals import analysis, dump, values

from .analyze_rows import Row, kind, kind_of, rows
from .analyze_session import Exported

MOST_VALUES = 12_000_000  # a million ticks of the headline series
SHOWN = ("ticks", "minutes", "events", "sessions")


def analyze(
    file: Any,
    series: bool = False,
    progress: Callable[[int, int], None] | None = None,
    size: int = 0,
    most: int = 0,
) -> dict[str, Any]:
    """As `callvitals.analysis.analyze`, of a binary file that is open, and of exports as well.

    Raises dump.RecordingError: none of them, too large, or an export without sessions.
    """
    recording = dump.Recording(size)
    lines = dump.lines_of(file, recording, most)
    first = next(lines, b"")
    found = kind_of(first)
    lines = chain([first] if first else [], lines)
    if first.startswith(b"PAR1"):
        raise dump.RecordingError("Parquet is not read. Try: the same export as NDJSON or CSV.")
    if found is None:
        return analysis.over(dump.of_lines(lines, recording), series, progress)
    if found not in SHOWN:
        raise dump.RecordingError(
            f"an export of {found}: there is no session in it. Try: an export of ticks."
        )
    return _over(_read(lines, recording, progress), recording, series)


def _read(
    lines: Iterator[bytes],
    recording: dump.Recording,
    progress: Callable[[int, int], None] | None,
) -> dict[str, Exported]:
    sessions: dict[str, Exported] = {}
    beyond: set[str] = set()
    bad = given = 0
    for n, row in enumerate(rows(lines)):
        if progress is not None and n % 1000 == 0:
            progress(recording.done, recording.size)
        if row is None or not _take(row, sessions, beyond):
            bad += 1
            continue
        given += len(row)
        if given > MOST_VALUES:
            raise dump.RecordingError(
                f"too large: more than {MOST_VALUES // 1_000_000} million values."
                " Try: an export of a shorter range, or of minutes."
            )
    if bad:
        recording.missing.append(f"{bad} row{'s' if bad > 1 else ''} (unreadable)")
    if beyond:
        recording.missing.append(f"{len(beyond)} sessions (too many)")
    if not sessions:
        raise dump.RecordingError("the export has no row. Try: one of a longer range.")
    return sessions


def _take(row: Row, sessions: dict[str, Exported], beyond: set[str]) -> bool:
    what, key = kind(row), row.get("sessionId")
    if what not in SHOWN or not isinstance(key, str):
        return False
    if key not in sessions and len(sessions) >= analysis.MAX_CONNECTIONS:
        beyond.add(key[:64])
        return True
    one = sessions.get(key) or Exported()
    if not one.take(what, row):
        return False
    sessions[key] = one
    return True


def _over(sessions: dict[str, Exported], recording: dump.Recording, series: bool) -> dict[str, Any]:
    names = _names(sessions)
    connections = [
        sessions[key].told(names[key], series) for key in sorted(names, key=lambda one: names[one])
    ]
    start = min(one["start"] for one in connections)
    end = max(one["end"] for one in connections)
    scored = [one for one in connections if one["score"] is not None]
    worst = min(scored, key=lambda one: float(one["score"]), default=None)
    rating = worst["rating"] if worst else "unknown"
    issues = [one for each in connections for one in each["issues"]]
    said = analysis.sentence(issues, rating, {}, end - start)
    meetings = {one.meeting for one in sessions.values()}
    return {
        **({"meeting": meetings.pop()} if len(meetings) == 1 else {}),
        "format": "export",
        "start": start,
        "end": end,
        "duration": (end - start) / 1000,
        "facts": {},
        "score": worst["score"] if worst else None,
        "rating": rating,
        "sentence": said or (worst["sentence"] if worst else ""),
        "missing": [*recording.missing, *_missing(sessions)],
        "issues": [],
        "events": [],
        "connections": connections,
    }


def _missing(sessions: dict[str, Exported]) -> Iterator[str]:
    had = {what for one in sessions.values() for what in one.had}
    if not had & {"ticks", "minutes"}:
        yield "series: they are in the export of ticks"
    elif "ticks" not in had:
        yield "single ticks: these are the means of minutes or hours"
    if "events" not in had:
        yield "issues and events: they are in the export of events, which may follow here"
    yield "streams, routes, and what a score suffers from: no export holds them"


def _names(sessions: dict[str, Exported]) -> dict[str, str]:
    """What each is called: by its participant, and by its meeting where there are several; where
    that is not enough, by its session, too. No two alike."""
    several = len({one.meeting for one in sessions.values()}) > 1
    plain = {
        key: f"{one.meeting} · {one.who}" if several and one.meeting else one.who
        for key, one in sessions.items()
    }
    names: dict[str, str] = {}
    taken: set[str] = set()
    for key, name in plain.items():
        short = values.clean_text(name, analysis.MAX_NAME)
        if list(plain.values()).count(name) > 1 or short in taken:
            short = f"{short} ({values.clean_text(key, 8)})"
        while short in taken:
            short += "*"
        taken.add(short)
        names[key] = short
    return names
