"""Scenarios: what a link suffers and who is there, second by second, as data.

A scenario repeats itself every `period` seconds for as long as the call lasts, so that the same
list serves a ten-second test and a demo that runs all night. Pure: seconds in, settings out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Net:
    """What one direction of a link does to its packets."""

    loss: float = 0.0
    """Share of packets dropped, 0 to 1."""
    burst: float = 0.0
    """Mean length of a run of lost packets; 0 means that every packet is drawn by itself."""
    delay: float = 0.0
    """Seconds added to every packet."""
    jitter: float = 0.0
    """Seconds, the most that is added on top, at random; packets keep their order."""


@dataclass(frozen=True)
class Step:
    """From second `at` on the link is `net`, and the caller is there or not."""

    at: float
    net: Net
    present: bool = True


@dataclass(frozen=True)
class Scenario:
    """A timeline for the first caller of every pair; the other end is always on a clean link."""

    name: str
    period: float
    """Seconds after which the steps start again; must be beyond the last step."""
    steps: tuple[Step, ...]
    """In order of `at`; the first one at 0."""

    def at(self, second: float) -> Step:
        """The step in force `second` seconds after the start."""
        inside = second % self.period
        now = self.steps[0]
        for step in self.steps:
            if step.at <= inside:
                now = step
        return now

    def until_next(self, second: float) -> float:
        """Seconds from `second` to the next step (or to the beginning again); more than 0."""
        inside = second % self.period
        return min([step.at for step in self.steps if step.at > inside] + [self.period]) - inside


CLEAR = Net()
OUTAGE = Net(loss=1.0)

CLEAN = Scenario("clean", 60, (Step(0, CLEAR),))

# A person who walks away from the access point, loses it for three seconds, and comes back.
WIFI = Scenario(
    "wifi",
    90,
    (
        Step(0, CLEAR),
        Step(6, Net(loss=0.03, delay=0.02, jitter=0.02)),
        Step(14, Net(loss=0.12, burst=3, delay=0.06, jitter=0.05)),
        Step(45, OUTAGE),
        Step(48, Net(loss=0.08, burst=2, delay=0.04, jitter=0.04)),
        Step(62, Net(loss=0.02, delay=0.02, jitter=0.01)),
        Step(70, CLEAR),
    ),
)

# Short outages; then the caller hangs up and returns as a new session.
FLAPPING = Scenario(
    "flapping",
    40,
    (
        Step(0, CLEAR),
        Step(8, OUTAGE),
        Step(11, CLEAR),
        Step(18, OUTAGE),
        Step(20, CLEAR),
        Step(26, CLEAR, present=False),
        Step(33, CLEAR),
    ),
)

SCENARIOS = {scenario.name: scenario for scenario in (CLEAN, WIFI, FLAPPING)}
