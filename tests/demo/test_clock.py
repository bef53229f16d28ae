from __future__ import annotations

from callvitals_demo.clock import SessionClock


class Times:
    def __init__(self) -> None:
        self.wall = 1_795_448_731.5
        self.steady = 50.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def make() -> tuple[Times, SessionClock]:
    times = Times()
    return times, SessionClock(lambda: times.wall, lambda: times.steady)


def test_runs_with_the_steady_clock() -> None:
    times, clock = make()
    times.pass_by(1.25)
    times.wall += 1.5  # a small correction of the wall's clock changes nothing
    assert clock.check() == 0
    assert clock.now() == 1_795_448_732_750


def test_follows_a_wall_that_ran_ahead() -> None:
    times, clock = make()
    times.wall += 3600
    assert clock.check() == 3_600_000
    assert clock.now() == 1_795_452_331_500
    assert clock.check() == 0


def test_never_runs_backwards_and_tells_a_backward_step_once() -> None:
    times, clock = make()
    before = clock.now()
    times.wall -= 3600
    assert clock.check() == -3_600_000
    assert clock.check() == 0
    assert clock.now() == before
    times.wall += 3600
    assert clock.check() == 0
    times.wall -= 3600
    assert clock.check() == -3_600_000
