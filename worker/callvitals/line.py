"""One connection of a recording (or the page, without a name) through time. No browser loads this.

It has a Session of its own, fed as a page would have fed it, and keeps what that says.
"""

from . import issue, present, sentence, totals
from .session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_EVENTS = 5000  # told, of each connection
BEFORE_MS = 1000  # a page's ticks while no connection has a report yet
BEFORE_MOST = 90  # of those, filled in
STEP_MS = 15000  # as much time as one score stands for, at most


class Line:
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
