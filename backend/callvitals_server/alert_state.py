"""The life of an alert: pending, firing, resolved. Pure; fed with readings and the time.

A rule's condition that is met makes an alert *pending*; met for the rule's `for` it is *firing*.
It is *resolved* once the value has been well (inside of `clear`, which lies a little inside of the
limit), or there was nothing to tell it by, for the rule's `hold`. In between nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from .alert_rules import Rule
from .alert_words import sentence

PENDING, FIRING, RESOLVED = "pending", "firing", "resolved"
SILENT_MS = 60_000  # not looked at for longer than this, nothing is known to have lasted
MOST = 100  # open alerts of one rule


@dataclass(frozen=True, slots=True)
class Reading:
    """What a rule's value is now, for one subject. sample: how many it was made of, and whether
    that is enough to tell; about: ids, to link to; none: it is all of them."""

    subject: str
    value: float
    sample: int
    enough: bool
    about: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. Times in epoch ms; well: since when its value has been well."""

    id: str
    rule: str
    subject: str
    state: str
    since: int
    seen: int
    value: float
    threshold: float
    unit: str
    sentence: str
    severity: str
    deliver: tuple[str, ...]
    about: dict[str, str]
    fired: int | None = None
    resolved: int | None = None
    well: int | None = None

    def told(self, silenced: bool) -> dict[str, Any]:
        """As REST tells it."""
        return {
            "id": self.id,
            "rule": self.rule,
            "subject": self.subject,
            "about": self.about,
            "state": self.state,
            "since": self.since,
            "firedAt": self.fired,
            "resolvedAt": self.resolved,
            "value": self.value,
            "threshold": self.threshold,
            "unit": self.unit,
            "sentence": self.sentence,
            "severity": self.severity,
            "silenced": silenced,
        }


@dataclass(slots=True)
class Steps:
    """What became of a rule's alerts: those that changed, those that never fired and are over, and
    how many subjects were too many to keep."""

    kept: list[Alert] = field(default_factory=list)
    dropped: list[Alert] = field(default_factory=list)
    beyond: int = 0


def step(
    rule: Rule,
    held: dict[str, Alert],
    readings: Iterable[Reading],
    now: int,
    new_id: Callable[[], str],
) -> Steps:
    """A rule's open alerts, by subject, one look later. Every open one is in the answer."""
    out = Steps()
    found = {one.subject: one for one in readings}
    for subject, alert in held.items():
        after = _next(rule, alert, found.get(subject), now)
        (out.dropped if after is None else out.kept).append(after or alert)
    places = MOST - sum(one.state != RESOLVED for one in out.kept)
    new = [r for r in found.values() if r.subject not in held and _met(rule, r)]
    new.sort(key=lambda r: (r.value if rule.falling else -r.value, r.subject))
    out.beyond = max(0, len(new) - places)
    for one in new[: max(0, places)]:
        out.kept.append(_raised(_fresh(rule, one, now, new_id()), rule, now))
    return out


def ended(alert: Alert, why: str, now: int) -> Alert | None:
    """An alert whose rule is gone, or switched off. None: it never fired."""
    if alert.state != FIRING:
        return None
    return replace(alert, state=RESOLVED, resolved=now, seen=now, sentence=why)


def _met(rule: Rule, one: Reading) -> bool:
    return one.enough and rule.met(one.value)


def _fresh(rule: Rule, one: Reading, now: int, new: str) -> Alert:
    return Alert(
        new, rule.name, one.subject, PENDING, now, now, one.value, rule.limit, rule.unit,
        _said(rule, one), rule.severity, rule.deliver, one.about,
    )  # fmt: skip


def _next(rule: Rule, alert: Alert, one: Reading | None, now: int) -> Alert | None:
    """None: it was pending and is over."""
    unwatched = now - alert.seen > SILENT_MS
    enough = one is not None and one.enough
    met = one is not None and enough and rule.met(one.value)
    if one is not None and enough:
        alert = replace(alert, value=one.value, sentence=_said(rule, one), about=one.about)
    alert = replace(
        alert,
        seen=now,
        threshold=rule.limit,
        unit=rule.unit,
        severity=rule.severity,
        deliver=rule.deliver,
    )
    if alert.state == PENDING:
        if not met:
            return None
        return _raised(replace(alert, since=now) if unwatched else alert, rule, now)
    well = not met and (one is None or not enough or rule.back(one.value))
    if not well:
        return replace(alert, well=None)
    began = now if alert.well is None or unwatched else alert.well
    if now - began < rule.hold * 1000:
        return replace(alert, well=began)
    why = alert.sentence if enough else f"There is too little to tell by now. {alert.sentence}"
    return replace(alert, state=RESOLVED, resolved=now, well=began, sentence=why)


def _raised(alert: Alert, rule: Rule, now: int) -> Alert:
    """Firing, if it has lasted."""
    if now - alert.since >= rule.lasting * 1000:
        return replace(alert, state=FIRING, fired=now)
    return alert


def _said(rule: Rule, one: Reading) -> str:
    return sentence(rule, one.value, one.sample, one.subject if one.about else "")
