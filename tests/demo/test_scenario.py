from __future__ import annotations

import pytest
from callvitals_demo.scenario import CLEAR, OUTAGE, SCENARIOS, Net, Scenario, Step

LATER = Net(loss=0.1)
THREE = Scenario("three", 10, (Step(0, CLEAR), Step(2, LATER), Step(5, CLEAR, present=False)))


@pytest.mark.parametrize(
    ("second", "index"), [(0, 0), (1.99, 0), (2, 1), (4.9, 1), (5, 2), (9.99, 2), (10, 0), (23, 1)]
)
def test_the_step_in_force_is_the_last_one_begun(second: float, index: int) -> None:
    assert THREE.at(second) is THREE.steps[index]


@pytest.mark.parametrize(("second", "wait"), [(0, 2), (1.5, 0.5), (2, 3), (5, 5), (9, 1), (10, 2)])
def test_until_next_reaches_the_next_step_or_the_beginning(second: float, wait: float) -> None:
    assert THREE.until_next(second) == pytest.approx(wait)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: scenario.name)
def test_scenarios_are_in_order_and_possible(scenario: Scenario) -> None:
    times = [step.at for step in scenario.steps]
    assert times[0] == 0
    assert times == sorted(set(times))
    assert times[-1] < scenario.period
    for step in scenario.steps:
        assert 0 <= step.net.loss <= 1
        assert min(step.net.burst, step.net.delay, step.net.jitter) >= 0


def test_what_the_three_scenarios_promise() -> None:
    clean, wifi, flapping = (SCENARIOS[name] for name in ("clean", "wifi", "flapping"))
    assert {step.net for step in clean.steps} == {CLEAR}
    assert max(step.net.loss for step in wifi.steps if step.net != OUTAGE) >= 0.1
    assert all(step.present for step in wifi.steps)
    assert not all(step.present for step in flapping.steps)
    assert OUTAGE in {step.net for step in flapping.steps}
