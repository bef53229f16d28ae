"""What rules read out of the live sessions, beside a plain count of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from callvitals_server.alert_calls import Calls, Seen, joined_in_vain
from callvitals_server.alert_rules import Rule
from callvitals_server.alert_state import Reading
from callvitals_server.alert_words import sentence

from .alert_kit import T0, made, seen


def read(rule: Rule, *moments: Sequence[Seen], step: int = 5000) -> dict[str, Reading]:
    calls = Calls()
    for n, sessions in enumerate(moments):
        calls.look([rule], sessions, T0 + n * step)
    return {one.subject: one for one in calls.readings(rule)}


def only(rule: Rule, *moments: Sequence[Seen], step: int = 5000) -> Reading:
    (one,) = read(rule, *moments, step=step).values()
    return one


def said(rule: Rule, one: Reading) -> str:
    return sentence(rule, one.value, one.sample, one.subject if one.about else "")


def rated(*ratings: str, **more: Any) -> list[Seen]:
    return [seen(n, rating=rating, **more) for n, rating in enumerate(ratings)]


def test_share_of_the_poor() -> None:
    one = only(made(), rated("poor", "good", "fair", "poor", "unknown"))
    assert (one.value, one.sample) == (0.5, 4)  # who has no rating yet is not counted
    assert said(made(), one) == ("Rated poor: 50 % of 4 participants in 1 min. Limit: 20 %.")


def test_of_meetings() -> None:
    here = rated("good", "poor") + rated("good", meeting="b") + rated("fair", meeting="c")
    one = only(made(of="meetings"), here)
    assert (round(one.value, 3), one.sample) == (0.333, 3)


def test_each_meeting_by_itself() -> None:
    found = read(made(per="meeting"), rated("good", "poor") + rated("good", meeting="b"))
    assert {name: one.value for name, one in found.items()} == {"m": 0.5, "b": 0.0}
    assert found["m"].about == {"meetingId": "m"}


def test_a_participant_has_the_worst_of_its_sessions() -> None:
    here = [seen(1, rating="good"), seen(1, rating="poor")._replace(session="other")]
    assert only(made(), here).value == 1.0
    rule = made(metric="score", below=3, per="participant")
    two = [seen(1, score=400), seen(1, score=250)._replace(session="other")]
    found = only(rule, two)
    assert (found.value, found.about) == (2.5, {"meetingId": "m", "participantId": "p1"})


def test_poor_for_half_of_the_window() -> None:
    rule = made(window=60)
    assert only(rule, rated("poor"), rated("good"), rated("good")).value == 0.0
    assert only(rule, rated("poor"), rated("poor"), rated("good")).value == 1.0
    # What is older than the window is forgotten.
    moments = [rated("poor")] * 12 + [rated("good")] * 12
    assert only(rule, *moments).value == 0.0


def test_who_left_is_forgotten_with_the_window() -> None:
    rule = made(window=60)
    one = only(rule, rated("poor", "good"), rated("good"))
    assert one.sample == 2
    one = only(rule, rated("poor", "good"), *[rated("good")] * 13)
    assert one.sample == 1
    assert only(rule, rated("good"), [seen(2, live=False, rating="poor")]).sample == 1


def test_values_are_means_over_the_window_in_base_units() -> None:
    rule = made(metric="rtt", above=0.3)
    one = only(rule, [seen(1, net={"rtt": 1000})], [seen(1, net={"rtt": 2000})])
    assert (one.value, one.unit if hasattr(one, "unit") else rule.unit) == (
        pytest.approx(0.15),
        "s",
    )
    both = only(rule, [seen(1, net={"rtt": 1000}), seen(2, net={"rtt": 3000}), seen(3, net={})])
    assert (both.value, both.sample) == (pytest.approx(0.2), 2)
    share = made(metric="lossIn", above=0.05, share=0.5)
    found = only(share, [seen(1, net={"lossIn": 600}), seen(2, net={"lossIn": 400})])
    assert found.value == 0.5
    assert said(share, found) == (
        "Loss in above 5 %: 50 % of 2 participants in 1 min. Limit: 50 %."
    )


def test_issues_count_if_they_were_there() -> None:
    loss = {"i0": {"type": "high-loss", "severity": "major"}}
    here = [seen(1, issues=loss), seen(2, issues={}), seen(3)]
    assert only(made(metric="issue"), here).value == 1
    named = made(metric="issue", match={"issue": "frozen-video, high-loss"}, share=0.3)
    one = only(named, here, [seen(1), seen(2), seen(3)])
    assert (round(one.value, 3), one.sample) == (0.333, 3)
    other = made(metric="issue", match={"issue": "frozen-video"})
    assert only(other, here).value == 0


def test_only_those_that_match() -> None:
    here = [
        seen(1, rating="poor", facts={"browser": "Firefox"}),
        seen(2, rating="good", facts={"browser": "Chromium"}, engine="pyodide"),
        seen(3, meeting="sales-7", rating="good"),
    ]
    for match, sample in (
        ({"browser": "firefox"}, 1),
        ({"engine": "py*"}, 1),
        ({"meeting": "sales-*"}, 1),
        ({"participant": "p?"}, 3),
        ({"os": "Linux"}, 0),
    ):
        found = read(made(match=match), here)
        assert sum(one.sample for one in found.values()) == sample, match


def connection(**more: Any) -> dict[str, Any]:
    return {"pcs": {"c0": more}}


def test_joins_that_failed() -> None:
    well = connection(state="connected", connectTime=300)
    calls, rule = Calls(), made(metric="failedJoins", share=0.2, window=60)
    old = seen(0, joined=T0 - 1, **connection(failed="ice-failed"))
    calls.look([rule], [old], T0)
    assert calls.readings(rule) == []  # decided before we looked
    new = [
        seen(1, **well),
        seen(2, **connection(state="failed", failed="ice-failed")),
        seen(3, **connection(state="connecting")),
    ]
    calls.look([rule], [old, *new], T0 + 5000)
    (one,) = calls.readings(rule)
    assert (one.value, one.sample) == (0.5, 2)
    # Each join counts once, and as it was decided.
    calls.look([rule], [old, *new, seen(4, **well)], T0 + 10_000)
    (one,) = calls.readings(rule)
    assert one.sample == 3
    assert said(rule, one) == "Never connected: 33.3 % of 3 joins in 1 min. Limit: 20 %."


def test_how_a_join_is_judged() -> None:
    assert joined_in_vain(seen(1)) is None
    assert joined_in_vain(seen(1, live=False)) is None  # looked in, and went
    assert joined_in_vain(seen(1, **connection(state="connecting"))) is None
    assert joined_in_vain(seen(1, live=False, **connection(state="connecting"))) is True
    assert joined_in_vain(seen(1, **connection(state="closed", connectTime=1))) is False
    denied = {"capture": {"getUserMedia": {"state": "failed", "error": "NotAllowedError"}}}
    assert joined_in_vain(seen(1, **denied)) is None
    assert joined_in_vain(seen(1, live=False, **denied)) is True


def test_nonsense_of_pages_is_no_value() -> None:
    here = [
        seen(1, rating=5, score="x", net=[], issues=[], pcs=[], facts=1, capture=2),
        seen(2, rating="poor", score=True, net={"rtt": "x"}, issues={"i": 1}, pcs={"c": 1}),
    ]
    for rule in (
        made(),
        made(metric="issue"),
        made(metric="rtt", above=1),
        made(metric="score", below=3),
        made(metric="failedJoins", above=1),
        made(match={"browser": "x"}),
    ):
        for one in read(rule, here).values():
            assert one.value in (0.0, 1.0)


def test_sums_are_those_of_a_plain_list_whatever_comes_and_goes() -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    rule = made(metric="rtt", above=0.1, window=60)
    calls = Calls()
    moments: list[tuple[int, dict[int, int]]] = []
    now = T0
    for _ in range(200):
        now += 5000
        values = {n: chance.randrange(9000) for n in range(9) if chance.random() < 0.5}
        moments.append((now, values))
        calls.look([rule], [seen(n, net={"rtt": v}) for n, v in values.items()], now)
        kept = [v for t, v in moments if t > now - 60_000]
        wanted = []
        for n in range(9):
            mine = [values[n] for values in kept if n in values]
            if mine:
                wanted.append(sum(mine) / len(mine) / 10_000)
        found = calls.readings(rule)
        assert (found[0].sample if found else 0) == len(wanted)
        if found:
            assert found[0].value == pytest.approx(sum(wanted) / len(wanted))


@pytest.mark.parametrize(
    ("rule", "value", "where", "told"),
    [
        ({"metric": "rtt", "above": 0.3}, 0.35, "", "Mean round trip: 350 ms of 7 participants"),
        (
            {"metric": "score", "below": 3, "per": "meeting"},
            2.456,
            "m",
            "Mean score: 2.46 of 7 participants of m",
        ),
        (
            {"metric": "download", "below": 1e5, "per": "participant"},
            64_000,
            "m / p",
            "Download: 64 kbit/s for m / p",
        ),
        ({"metric": "poor", "per": "participant"}, 1, "m / p", "Rated poor: m / p"),
        (
            {"metric": "issue", "match": {"issue": "outage"}},
            3,
            "",
            "With outage: 3 of 7 participants",
        ),
        ({"of": "meetings"}, 0.5, "", "Rated poor: 50 % of 7 meetings"),
        (
            {"on": "endpoints", "metric": "rate", "below": 1},
            0.25,
            "",
            "Requests: 0.25 a second of 7 requests",
        ),
        (
            {"on": "endpoints", "metric": "responseBytes", "above": 1e6, "per": "endpoint"},
            2.5e9,
            "shop GET /a",
            "Bytes sent at shop GET /a: 2.5 GB of 7 requests",
        ),
    ],
)
def test_what_is_said(rule: dict[str, Any], value: float, where: str, told: str) -> None:
    assert sentence(made(**rule), value, 7, where).startswith(f"{told} in 1 min. Limit: ")
