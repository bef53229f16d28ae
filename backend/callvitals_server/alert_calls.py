"""What rules on calls look at: moments of the live sessions, kept for each rule's window.

Pure but for the memory of the window. Values are the states' own integers, so that sums are exact
whatever comes and goes; readings are in base units.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from callvitals import fields

from .alert_rules import Rule
from .alert_state import Reading

SLICES = 12  # of a window: it ends with one of them
HALF = 0.5  # of the time poor: counts as poor

Key = tuple[str, str]
"""(meetingId, participantId); of a join its session besides, in the second."""


class Seen(NamedTuple):
    """A session at one moment. live: it was heard within a minute and did not leave."""

    meeting: str
    participant: str
    name: str
    session: str
    joined: int
    live: bool
    state: dict[str, Any]


class Window:
    """Sums of integers by key over a time that goes on. Times in ms."""

    def __init__(self, length: int) -> None:
        self.totals: dict[Key, list[int]] = {}  # [sum, n]
        self._length = length
        self._slice = max(1, length // SLICES)
        self._slices: deque[tuple[int, dict[Key, list[int]]]] = deque()

    def add(self, now: int, values: dict[Key, int]) -> None:
        """A moment; forgets what is older than the window."""
        if not self._slices or now - self._slices[-1][0] >= self._slice:
            self._slices.append((now, {}))
        newest = self._slices[-1][1]
        for into in (newest, self.totals):
            for key, value in values.items():
                sums = into.get(key)
                if sums is None:
                    into[key] = [value, 1]
                else:
                    sums[0] += value
                    sums[1] += 1
        while self._slices[0][0] <= now - self._length:
            _at, old = self._slices.popleft()
            for key, (total, n) in old.items():
                sums = self.totals[key]
                sums[0] -= total
                sums[1] -= n
                if not sums[1]:
                    del self.totals[key]


class Calls:
    """The windows of all rules on calls."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[Rule, Window]] = {}
        self._joins: dict[str, bool] = {}  # sessions whose outcome is known: did they fail?
        self._began: int | None = None

    def look(self, rules: Sequence[Rule], sessions: Sequence[Seen], now: int) -> None:
        """A moment. The windows of rules that changed begin anew; those of others are kept."""
        kept = {rule.name: rule for rule in rules}
        old, self._windows = self._windows, {}
        for name, rule in kept.items():
            before = old.get(name)
            same = before is not None and before[0] == rule
            self._windows[name] = before if same and before else (rule, Window(rule.window * 1000))
        decided = self._decide(sessions, now) if rules else []
        for rule, window in self._windows.values():
            chosen = decided if rule.metric == "failedJoins" else sessions
            if rule.match:
                chosen = [one for one in chosen if matches(rule, one)]
            window.add(now, _values(rule, chosen, self._joins))

    def readings(self, rule: Rule) -> list[Reading]:
        """The rule's value of each subject; after `look`."""
        _rule, window = self._windows[rule.name]
        mean = _mean(rule)
        subjects: dict[tuple[str, ...], list[float]] = {}
        if rule.per == "all":
            values = [mean(total, n) for total, n in window.totals.values()]
            return [_reading(rule, (), values)] if values else []
        depth = 1 if rule.per == "meeting" else 2
        for key, (total, n) in window.totals.items():
            subjects.setdefault(key[:depth], []).append(mean(total, n))
        return [_reading(rule, subject, values) for subject, values in subjects.items()]

    def _decide(self, sessions: Sequence[Seen], now: int) -> list[Seen]:
        """Joins whose outcome is known since now. What was under way when we began looking was
        decided before that, and is not counted."""
        if self._began is None:
            self._began = now
        here = {one.session for one in sessions}
        self._joins = {s: failed for s, failed in self._joins.items() if s in here}
        fresh = []
        for one in sessions:
            if one.session in self._joins:
                continue
            failed = joined_in_vain(one)
            if failed is not None:
                self._joins[one.session] = failed
                if one.joined >= self._began:
                    fresh.append(one)
        return fresh


def _values(rule: Rule, sessions: Iterable[Seen], joins: dict[str, bool]) -> dict[Key, int]:
    """What a rule's members have at one moment: a participant its worst session's value, a meeting
    its worst participant's."""
    if rule.metric == "failedJoins":
        return {
            (s.meeting, f"{s.participant}\n{s.session}"): int(joins[s.session]) for s in sessions
        }
    out: dict[Key, int] = {}
    value_of = _getter(rule)
    together = rule.of == "meetings"
    worse = min if not rule.flag and fields.SERIES[rule.metric][2] == "min" else max
    for one in sessions:
        value = value_of(one.state) if one.live else None
        if value is not None:
            key = (one.meeting, "" if together else one.participant)
            out[key] = worse(value, out[key]) if key in out else value
    return out


def _getter(rule: Rule) -> Callable[[dict[str, Any]], int | None]:
    """A state's value; None: it has none, and is no member. Pages may write what they like."""
    metric = rule.metric
    wanted = {name.strip() for name in rule.match.get("issue", "").split(",")} - {""}

    def poor(state: dict[str, Any]) -> int | None:
        rating = state.get("rating")
        return int(rating == "poor") if rating in ("good", "fair", "poor") else None

    def issue(state: dict[str, Any]) -> int | None:
        issues = state.get("issues")
        held = issues.values() if isinstance(issues, dict) else ()
        types = [one.get("type") for one in held if isinstance(one, dict)]
        return int(any(not wanted or one in wanted for one in types))

    def number(state: dict[str, Any]) -> int | None:
        source = state if metric == "score" else state.get("net")
        found = source.get(metric) if isinstance(source, dict) else None
        return found if type(found) is int else None

    return {"poor": poor, "issue": issue}.get(metric, number)


def joined_in_vain(one: Seen) -> bool | None:
    """Did a session never get a connection? None: it is not known yet."""
    pcs = one.state.get("pcs")
    several = [pc for pc in pcs.values() if isinstance(pc, dict)] if isinstance(pcs, dict) else []
    if any(pc.get("state") == "connected" or "connectTime" in pc for pc in several):
        return False
    captures = one.state.get("capture")
    denied = isinstance(captures, dict) and any(
        isinstance(c, dict) and c.get("state") == "failed" for c in captures.values()
    )
    if any("failed" in pc for pc in several):
        return True
    return True if not one.live and (several or denied) else None


def _mean(rule: Rule) -> Callable[[int, int], float]:
    """A member's value over the window, of (sum, n): the mean; of flags 1 or 0. An issue counts if
    it was there at all, a rating if it was poor for half of the time."""
    if rule.metric == "issue":
        return lambda total, n: float(total > 0)
    if rule.flag:
        return lambda total, n: float(total >= n * HALF)
    steps = fields.SERIES[rule.metric][0]
    return lambda total, n: total / n / steps


def _reading(rule: Rule, subject: tuple[str, ...], values: list[float]) -> Reading:
    n = len(values)
    if rule.share is not None:
        value = sum(values if rule.flag else (rule.beyond(v) for v in values)) / n
    else:
        value = sum(values) / (1 if rule.flag else n)
    about = dict(zip(("meetingId", "participantId"), subject, strict=False))
    return Reading(" / ".join(subject) or "all calls", value, n, n >= rule.least, about)


def matches(rule: Rule, one: Seen) -> bool:
    """Is a session one that the rule is about?"""
    for name, pattern in rule.match.items():
        if name == "meeting":
            text = one.meeting
        elif name == "participant":
            text = one.participant
        elif name == "issue":
            continue
        else:
            facts = one.state if name == "engine" else one.state.get("facts")
            told = facts.get(name) if isinstance(facts, dict) else None
            text = told if isinstance(told, str) else ""
        if not fnmatchcase(text.casefold(), pattern.casefold()):
            return False
    return True
