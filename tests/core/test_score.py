"""Scores: the standard's points, monotony, the same for every polling period."""

import pytest
from calls import Call
from callvitals import issue, measure, score, session
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("r", "expected"), [(93.2, 4.41), (80, 4.02), (70, 3.60), (60, 3.10), (50, 2.58)]
)
def test_r_to_mos_holds_the_points_of_g107_annex_b(r: float, expected: float) -> None:
    assert abs(score.mos(r) - expected) < 0.01


def test_mos_never_falls_with_r() -> None:
    values = [score.mos(r / 10) for r in range(-200, 1200)]
    assert values == sorted(values)
    assert min(values) == 1.0
    assert max(values) == 4.5


def test_ratings_follow_the_public_table() -> None:
    table = {None: "unknown", 100: "poor", 309: "poor", 310: "fair", 399: "fair", 400: "good"}
    assert {value: score.rating(value) for value in table} == table


def audio(lost: int = 0, jitter: int = 0, rtt: int = 0, buffer_ms: int = 40) -> dict[str, int]:
    sums = measure.blank()
    sums.update(
        ms=10000,
        audioUs=10_000_000,
        audioLost=lost,
        audioExpected=500,
        samples=480_000,
        emitted=480_000,
        buffer=480_000 * buffer_ms * 1000,
        jitterSum=jitter * 500,
        jitterWeight=500,
        rttSum=rtt * 10,
        rttWeight=10,
    )
    return sums


def both(lost: int, jitter: int, rtt: int, frozen_ms: int = 0) -> dict[str, int]:
    sums = audio(lost, jitter, rtt)
    sums.update(
        videoUs=10_000_000,
        frames=150,
        videoLost=lost,
        videoExpected=500,
        frozen=frozen_ms * 1000,
        videoJitterSum=jitter * 500,
        videoJitterWeight=500,
        audioOutLost=lost,
        audioOutExpected=500,
        jitterOutSum=jitter * 500,
        jitterOutWeight=500,
        videoOutLost=lost,
        videoOutExpected=500,
    )
    return sums


LOST = st.integers(0, 500)
TENTHS = st.integers(0, 50_000)  # 0 to 5 s
MORE = st.integers(0, 20_000)


@settings(max_examples=300)
@given(lost=LOST, jitter=TENTHS, rtt=TENTHS, frozen=st.integers(0, 10_000), more=MORE)
def test_more_trouble_never_raises_a_score(
    lost: int, jitter: int, rtt: int, frozen: int, more: int
) -> None:
    value, reasons = score.score(both(lost, jitter, rtt, frozen))
    assert value is not None
    assert 100 <= value <= 450
    assert all(points > 0 for points in reasons.values())
    for worse in (
        both(min(500, lost + more % 500), jitter, rtt, frozen),
        both(lost, jitter + more, rtt, frozen),
        both(lost, jitter, rtt + more, frozen),
        both(lost, jitter, rtt, min(10_000, frozen + more)),
    ):
        assert (score.score(worse)[0] or 0) <= value


def test_every_part_feels_loss_and_delay() -> None:
    """A scorer that ignores its input would be monotone too."""
    for part in (score.audio_in, score.audio_out, score.video_in, score.video_out):
        totals = {}
        for name, sums in {
            "calm": both(0, 10, 300),
            "lossy": both(75, 10, 300),
            "slow": both(0, 10, 12000),
        }.items():
            sums["rtt"], sums["jitter"] = sums["rttSum"] // 10, 1
            sums["jitterOut"] = sums["videoJitter"] = 1
            totals[name] = part(sums)[0]
        assert totals["calm"] >= 400
        assert totals["calm"] - totals["lossy"] >= 50, part.__name__
        assert totals["calm"] - totals["slow"] >= 30, part.__name__


def test_reasons_add_up_to_what_is_missing() -> None:
    value, reasons = score.score(audio(lost=25, rtt=3000))
    assert value is not None
    assert value + sum(reasons.values()) == 441
    assert reasons["loss"] > reasons["delay"] > 0


def test_an_outage_counts_though_no_packet_is_counted_lost() -> None:
    sums = audio()
    calm = score.score(sums)[0]
    sums["dead"] = 5000
    assert calm is not None
    assert (score.score(sums)[0] or 0) < 200 < calm


def test_no_media_no_score() -> None:
    assert score.score(measure.blank()) == (None, {})


@settings(max_examples=300)
@given(
    st.integers(0, 400), st.integers(0, 2000), st.integers(0, 30_000), st.integers(0, 10_000),
    st.integers(0, 10_000), st.integers(0, 150),
)  # fmt: skip
def test_a_score_that_is_not_good_says_why(
    lost: int, jitter: int, rtt: int, frozen_ms: int, dead: int, frames: int
) -> None:
    sums = both(lost, jitter, rtt, frozen_ms) | {"dead": dead, "frames": frames}
    value, reasons = score.score(sums)
    assert set(reasons) <= set(issue.CAUSES)
    said = issue.blame(reasons)
    if score.rating(value) in ("fair", "poor"):
        assert said.startswith("Quality suffers from ")


def test_the_dearest_cause_is_named_first() -> None:
    assert issue.blame({}) == ""
    assert issue.blame({"loss": 10, "delay": 70}) == "Quality suffers from a long delay."
    both_told = "Quality suffers from lost incoming packets and a long delay."
    assert issue.blame({"loss": 90, "delay": 45, "frozen": 40}) == both_told


def test_the_state_says_why_where_no_issue_is_open() -> None:
    call = Call()
    call.round_trip = 1.2
    one = session.Session()
    for _ in range(15):
        call.run(1000)
        one.feed(call.entry())
    state = one.state()
    assert (state["rating"], state["issues"]) == ("poor", {})
    assert state["sentence"] == "Quality suffers from a long delay."
