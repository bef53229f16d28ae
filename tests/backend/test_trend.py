"""The small line of a meeting's score: the worst of each 10 s, held while nothing is told."""

from callvitals_server.trend import STEP_MS, STEPS, Trend

T0 = 1_795_000_000_000


def test_the_worst_of_each_step_is_kept_and_the_last_score_holds() -> None:
    trend = Trend()
    trend.add(T0, 440)
    trend.add(T0 + 2000, 210)
    trend.add(T0 + 4000, 430)
    assert trend.read(T0 + 9000) == [210]
    assert trend.read(T0 + 25_000) == [210, 430, 430]
    trend.add(T0 + 31_000, 300)
    assert trend.read(T0 + 31_000) == [210, 430, 430, 300]


def test_no_score_is_a_hole_and_old_steps_are_forgotten() -> None:
    trend = Trend()
    trend.add(T0, 440)
    trend.add(T0 + STEP_MS, None)
    trend.add(T0 + 3 * STEP_MS, 400)
    assert trend.read(T0 + 3 * STEP_MS) == [440, None, None, 400]
    late = trend.read(T0 + 1000 * STEP_MS)
    assert late == [400] * STEPS
    assert trend.read(T0) == [440, None, None, 400], "reading changes nothing, time never runs back"


def test_nothing_told_is_nothing() -> None:
    trend = Trend()
    assert trend.read(T0) == []
    trend.add(T0, None)
    assert trend.read(T0) == [None]
