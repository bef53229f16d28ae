"""/metrics: OpenMetrics 1.0 text (https://prometheus.io/docs/specs/om/open_metrics_spec/).

Gauges of what is live now; counters of the process; and `callvitals_last_hour_*`, what the last
full hour (UTC) came to. No label has ids of meetings or people: their number is without bound, and
they are nobody's business in a metrics store.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from . import __version__
from .columns import HOUR_MS
from .jobs import Jobs
from .model import RATINGS
from .reads import Reads
from .records import StorageError
from .service import Service

TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

Labels = dict[str, str]
_BEGAN = time.time()


@dataclass(slots=True)
class Family:
    """A metric. kind: gauge, counter (its samples get `_total`) or info (`_info`)."""

    name: str
    kind: str
    help: str
    samples: list[tuple[Labels, float]] = field(default_factory=list)
    unit: str = ""

    def add(self, value: float, /, **labels: str) -> None:
        """One sample."""
        self.samples.append((labels, value))


_SUFFIX = {"gauge": "", "counter": "_total", "info": "_info"}


def text(families: Iterable[Family]) -> str:
    """As Prometheus reads it."""
    lines = []
    for one in families:
        lines.append(f"# TYPE {one.name} {one.kind}")
        if one.unit:
            lines.append(f"# UNIT {one.name} {one.unit}")
        lines.append(f"# HELP {one.name} {_escaped(one.help)}")
        for labels, value in one.samples:
            inner = ",".join(f'{name}="{_escaped(said)}"' for name, said in labels.items())
            inner = f"{{{inner}}}" if inner else ""
            lines.append(f"{one.name}{_SUFFIX[one.kind]}{inner} {_number(value)}")
    return "\n".join([*lines, "# EOF", ""])


def _escaped(said: str) -> str:
    clean = said.encode("utf-8", "replace").decode()
    return clean.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def of_service(service: Service) -> list[Family]:
    """The process and what is live. Call it from the event loop."""
    service.live.refresh(service.clock())
    info = Family("callvitals_build", "info", "The version that runs.")
    info.add(1, version=__version__)
    up = Family("callvitals_history_writable", "gauge", "1 while history can be written, else 0.")
    up.add(1 if service.writer.trouble is None else 0)
    tended = Family("callvitals_history_tended", "gauge", "1 while it is sealed and forgotten.")
    tended.add(1 if service.writer.upkeep is None else 0)
    sockets = Family("callvitals_sockets", "gauge", "Pages and dashboards that are connected.")
    sockets.add(len(service.ingest.links), namespace="ingest")
    sockets.add(len(service.watch.viewers), namespace="watch")
    events = Family("callvitals_events", "counter", "What the service counts, as /healthz has it.")
    for name in sorted(service.counts):
        events.add(service.counts[name], event=name)
    return [info, *_process(), up, tended, sockets, events, *_live(service)]


def _process() -> list[Family]:
    began = Family(
        "callvitals_process_start_time_seconds", "gauge", "When it began.", unit="seconds"
    )
    began.add(round(_BEGAN, 3))
    spent = Family("callvitals_process_cpu_seconds", "counter", "Of all cores.", unit="seconds")
    spent.add(round(time.process_time(), 3))
    held = Family("callvitals_process_resident_memory_bytes", "gauge", "In RAM.", unit="bytes")
    with contextlib.suppress(OSError, ValueError, AttributeError):  # only Linux tells it so
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        held.add(pages * os.sysconf("SC_PAGE_SIZE"))
    return [began, spent, held]


async def of_jobs(jobs: Jobs) -> list[Family]:
    """How many jobs there are; nothing while they are out of reach."""
    try:
        counts = await jobs.counts()
    except StorageError:
        return []
    family = Family("callvitals_jobs", "gauge", "Jobs, by their state (docs/jobs.md).")
    for state, n in counts.items():
        family.add(n, state=state)
    return [family]


def _live(service: Service) -> list[Family]:
    meetings = Family("callvitals_meetings", "gauge", "Live meetings, by their rating.")
    for rating, n in service.live.counts().items():
        meetings.add(n, rating=rating)
    now = service.clock()
    people = dict.fromkeys(RATINGS, 0)
    open_: dict[tuple[str, str], int] = {}
    for meeting in service.live.ordered():
        for participant in meeting.participants.values():
            if any(s.presence(now) in ("live", "lost") for s in participant.sessions.values()):
                people[participant.headline(now).rating] += 1
        for issue in meeting.issues:
            if "until" not in issue:
                key = (str(issue["type"]), str(issue["scope"]))
                open_[key] = open_.get(key, 0) + 1
    present = Family("callvitals_participants", "gauge", "Those present, by their rating.")
    for rating, n in people.items():
        present.add(n, rating=rating)
    issues = Family("callvitals_open_issues", "gauge", "Meetings that have an issue now, by kind.")
    for (kind, scope), n in sorted(open_.items()):
        issues.add(n, type=kind, scope=scope)
    sessions = Family("callvitals_sessions", "gauge", "Sessions in memory.")
    sessions.add(len(service.live.sessions))
    return [meetings, present, sessions, issues]


def of_history(history: Reads, now: int) -> list[Family]:
    """What the last full hour came to; nothing while history cannot be read."""
    start = now // HOUR_MS * HOUR_MS - HOUR_MS
    try:
        rows = [row for row in history.hourly(start, start + HOUR_MS - 1) if row["hour"] == start]
    except StorageError:
        return []
    spent = Family(
        "callvitals_last_hour_participant_seconds",
        "gauge",
        "Seconds of all participants in the last full hour, by rating.",
        unit="seconds",
    )
    by = Family(
        "callvitals_last_hour_poor_seconds",
        "gauge",
        "Those of them that were poor, by browser, network, engine.",
        unit="seconds",
    )
    joined = Family("callvitals_last_hour_joins", "gauge", "Sessions that began in that hour.")
    failed = Family("callvitals_last_hour_failed_joins", "gauge", "… and never got a connection.")
    issues = Family(
        "callvitals_last_hour_issue_seconds",
        "gauge",
        "Seconds for which sessions had an issue.",
        unit="seconds",
    )
    opened = Family("callvitals_last_hour_issues", "gauge", "Issues that opened in that hour.")
    stars = Family("callvitals_last_hour_stars", "gauge", "Ratings that people gave.")
    whole = {"good": 0, "fair": 0, "poor": 0, "n": 0, "joined": 0, "failed": 0}
    for row in rows:
        kind, value = row["by"], row["value"]
        if kind == "all":
            whole = row
        elif kind == "issue":
            issues.add(row["n"] / 1000, type=value)
            opened.add(row["count"], type=value)
        elif kind == "stars":
            stars.add(row["count"], stars=value)
        else:
            by.add(row["poor"] / 1000, by=kind, value=value or "unknown")
    for rating in ("good", "fair", "poor"):
        spent.add(whole[rating] / 1000, rating=rating)
    rated = whole["good"] + whole["fair"] + whole["poor"]
    spent.add(max(0, whole["n"] - rated) / 1000, rating="unknown")
    joined.add(whole["joined"])
    failed.add(whole["failed"])
    return [spent, by, joined, failed, issues, opened, stars]
