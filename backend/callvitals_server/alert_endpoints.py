"""What rules on endpoints look at: the rollups' answers of the last minutes (docs/http.md).

Rollups are of whole minutes, so that a window reaches up to a minute further back than it says.
"""

from __future__ import annotations

from typing import Any

from .alert_rules import COUNTS, Rule
from .alert_state import Reading
from .http_answers import OWN, HttpAnswers, Only

_LATENCY = ("p50", "p95", "p99", "mean", "max")
Found = tuple[list[dict[str, Any]], int]
"""Items of http_answers, and from when on they are (epoch ms)."""


class Endpoints:
    """One look at all rules: what they ask alike is asked once. Raises StorageError."""

    def __init__(self, answers: HttpAnswers, now: int) -> None:
        self._answers = answers
        self._now = now
        self._found: dict[tuple[Any, ...], Found] = {}

    def readings(self, rule: Rule) -> list[Reading]:
        """The rule's value of each subject."""
        items, began = self._items(rule)
        length = max(1.0, (self._now - began) / 1000)
        if rule.share is not None:
            # One that was asked too little says nothing.
            items = [one for one in items if one["count"] >= rule.least]
            if not items:
                return []
            value = sum(rule.beyond(of(rule, one, length)) for one in items) / len(items)
            return [Reading("all endpoints", value, len(items), True)]
        if rule.per == "endpoint":
            return [self._reading(rule, one, length) for one in items]
        if items:
            return [self._reading(rule, items[0], length, whole=True)]
        if rule.metric not in COUNTS:
            return []
        return [Reading("all endpoints", 0.0, 0, not rule.least)]

    def _items(self, rule: Rule) -> Found:
        each = rule.per == "endpoint" or rule.share is not None
        wanted = (each, rule.window, tuple(sorted(rule.match.items())))
        if wanted not in self._found:
            self._found[wanted] = self._ask(each, rule)
        return self._found[wanted]

    def _ask(self, each: bool, rule: Rule) -> Found:
        match = rule.match
        service = match.get("service")
        only = Only(
            service,
            match.get("route"),
            match.get("method", "").upper(),
            # Dashboards that are open would hide that nobody asks for anything else.
            without=OWN if service is None else "",
        )
        start = self._now - rule.window * 1000
        if each:
            found = self._answers.endpoints(start, self._now, self._now, only, False)
            return found["items"], found["from"]
        one = self._answers.together(start, self._now, self._now, only)
        return ([] if one is None else [one]), (start if one is None else one["from"])

    def _reading(
        self, rule: Rule, one: dict[str, Any], length: float, whole: bool = False
    ) -> Reading:
        value = of(rule, one, length)
        if whole:
            place, about = "", {}
        else:
            about = {name: one[name] for name in ("service", "route", "method")}
            place = " ".join(filter(None, (one["service"], one["method"], one["route"])))
        n = one["count"]
        return Reading(place or "all endpoints", value, n, n >= rule.least, about)


def of(rule: Rule, one: dict[str, Any], length: float) -> float:
    """The rule's value of an item of http_answers, counted in `length` s."""
    if rule.metric in _LATENCY:
        return float(one["latency"][rule.metric] or 0)
    if rule.metric == "errorShare":
        return float(one["errors"] / one["count"])
    if rule.metric == "abortedShare":
        return float(one["aborted"] / one["count"])
    return float(one["count"] / length if rule.metric == "rate" else one[rule.metric])
