"""The life of an alert by a clock of the test: pending, firing, resolved; nothing flaps."""

from __future__ import annotations

import itertools
import random
from typing import Any

from callvitals_server.alert_rules import Rule
from callvitals_server.alert_state import MOST, Alert, Reading, ended, step

from .alert_kit import T0, made


class Life:
    """One rule's alerts, looked at every five seconds."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.now = T0
        self.held: dict[str, Alert] = {}
        self.seen: list[Alert] = []
        self._ids = (f"a{n}" for n in itertools.count())

    def look(self, value: float | None, sample: int = 50, seconds: float = 5) -> str:
        """The state of the only alert after a look; "" for none."""
        readings = [] if value is None else [Reading("x", value, sample, sample >= self.rule.least)]
        return self.looks(readings, seconds)

    def looks(self, readings: list[Reading], seconds: float = 5) -> str:
        self.now += int(seconds * 1000)
        out = step(self.rule, self.held, readings, self.now, lambda: next(self._ids))
        self.seen += out.kept
        self.held = {a.subject: a for a in out.kept if a.state != "resolved"}
        return out.kept[0].state if out.kept else ""

    def run(self, value: float | None, seconds: int, **more: Any) -> list[str]:
        return [self.look(value, **more) for _ in range(seconds // 5)]


def test_it_fires_once_the_condition_has_lasted_and_resolves_once_it_is_well() -> None:
    life = Life(made(**{"for": 30, "hold": 60}))
    assert life.look(0.19) == ""
    assert life.run(0.2, 30) == ["pending"] * 6
    begun = life.now - 25_000
    assert life.run(0.5, 60) == ["firing"] * 12
    (alert,) = life.held.values()
    assert (alert.since, alert.fired, alert.value) == (begun, begun + 30_000, 0.5)
    # Just inside of the limit is not well yet: nothing flaps.
    assert set(life.run(0.19, 600)) == {"firing"}
    assert life.run(0.1, 60) == ["firing"] * 12
    assert life.look(0.1) == "resolved"
    last = life.seen[-1]
    assert (last.id, last.fired, last.resolved) == (alert.id, alert.fired, life.now)
    assert life.look(0.1) == ""
    assert life.look(0.9) == "pending"
    assert life.seen[-1].id != alert.id


def test_a_condition_that_does_not_last_is_forgotten() -> None:
    life = Life(made(**{"for": 30}))
    assert life.run(0.5, 25) == ["pending"] * 5
    assert life.look(0.1) == ""
    assert life.run(0.5, 30) == ["pending"] * 6


def test_for_nothing_means_at_once() -> None:
    assert Life(made()).look(0.3) == "firing"


def test_one_bad_look_begins_the_hold_anew() -> None:
    life = Life(made(hold=60))
    life.look(0.5)
    assert set(life.run(0.0, 55)) == {"firing"}
    assert life.look(0.5) == "firing"
    assert set(life.run(0.0, 60)) == {"firing"}
    assert life.look(0.0) == "resolved"


def test_too_small_a_sample_says_nothing() -> None:
    life = Life(made(minSample=10))
    assert life.look(1.0, sample=9) == ""
    assert life.look(1.0, sample=10) == "firing"
    assert set(life.run(1.0, 60, sample=9)) == {"firing"}
    assert life.look(1.0, sample=9) == "resolved"
    assert life.seen[-1].sentence.startswith("There is too little to tell")
    life = Life(made())
    life.look(1.0)
    assert set(life.run(None, 60)) == {"firing"}
    assert life.look(None) == "resolved"  # the meeting ended


def test_low_values_may_be_what_is_bad() -> None:
    life = Life(made(metric="score", below=3.0, clear=3.5, hold=0))
    assert [life.look(v) for v in (3.0, 2.9, 3.4, 3.5)] == ["", "firing", "firing", "resolved"]


def test_a_time_that_nobody_looked_counts_for_nothing() -> None:
    life = Life(made(**{"for": 120, "hold": 120}))
    life.look(0.5)
    assert life.look(0.5, seconds=3600) == "pending"
    assert life.run(0.5, 125)[-1] == "firing"
    life.look(0.0)
    assert life.look(0.0, seconds=3600) == "firing"
    assert life.run(0.0, 120)[-1] == "resolved"


def test_a_rule_that_goes_ends_its_alerts() -> None:
    life = Life(made(**{"for": 30}))
    life.look(0.5)
    (pending,) = life.held.values()
    assert ended(pending, "Gone.", T0) is None
    life.run(0.5, 60)
    last = ended(next(iter(life.held.values())), "Gone.", life.now)
    assert last is not None
    assert (last.state, last.sentence, last.resolved) == ("resolved", "Gone.", life.now)


def test_a_changed_rule_goes_on_with_its_alerts() -> None:
    life = Life(made())
    life.look(0.3)
    life.rule = made(share=0.5, severity="critical")
    life.look(0.3)
    (alert,) = life.held.values()
    assert (alert.state, alert.threshold, alert.severity) == ("firing", 0.5, "critical")
    assert life.run(0.3, 60)[-1] == "resolved"


def test_a_rule_has_so_many_alerts_and_the_worst_of_them() -> None:
    life = Life(made(per="meeting", minSample=1))
    many = [Reading(f"m{n:03}", 0.3 + n / 1000, 5, True) for n in range(MOST + 20)]
    out = step(life.rule, {}, many, T0, lambda: "x")
    assert out.beyond == 20
    assert {a.subject for a in out.kept} == {f"m{n:03}" for n in range(20, MOST + 20)}
    held = {a.subject: a for a in out.kept}
    again = step(life.rule, held, many, T0 + 5000, lambda: "x")
    assert (len(again.kept), again.beyond) == (MOST, 20)


def test_whatever_comes_states_follow_in_order() -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    life = Life(made(**{"for": 20, "hold": 20}))
    order = {"pending": ("pending", "firing"), "firing": ("firing", "resolved")}
    before: dict[str, Alert] = {}
    value: float | None = None
    for _ in range(3000):
        if chance.random() < 0.2:
            value = chance.choice((None, 0.0, 0.19, 0.2, 0.9))
        life.look(value, 1 if chance.random() < 0.05 else 50)
        for alert in life.seen:
            old = before.get(alert.id)
            assert alert.state in (order[old.state] if old else ("pending", "firing"))
            if old and old.state == "firing":
                assert alert.fired == old.fired
            if alert.state == "firing" and (old is None or old.state == "pending"):
                assert alert.fired == life.now
                assert life.now - alert.since >= 20_000
            before[alert.id] = alert
        life.seen.clear()
    assert {a.state for a in before.values()} >= {"pending", "resolved"}
