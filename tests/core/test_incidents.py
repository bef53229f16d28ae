"""A stored meeting from beginning to end: who was affected when."""

from __future__ import annotations

import itertools
from typing import Any

from callvitals import incidents
from gathering import LOSS, SAID, T0
from hypothesis import given, settings
from hypothesis import strategies as st


def told(since: float, until: float | None, n: int = 0, **more: Any) -> list[dict[str, Any]]:
    """The events of one issue as they are stored."""
    event = {**LOSS, "name": "high-loss", "issue": f"i{n}", "sentence": SAID, **more}
    events = [{**event, "type": "issue-open", "t": T0 + int(1000 * since) + 1000}]
    events[0]["since"] = T0 + int(1000 * since)
    if until is not None:
        t = T0 + int(1000 * until)
        events.append({**event, "type": "issue-close", "t": t, "since": t - 1, "until": t})
    return events


def session(*events: list[dict[str, Any]], left: float | None = None) -> dict[str, Any]:
    rated = [{"type": "rating", "from": "unknown", "to": "good", "t": T0}]
    return {
        "name": "",
        "joined": T0,
        "left": None if left is None else T0 + int(1000 * left),
        "events": sum(events, rated),
    }


def test_a_stored_meeting_tells_what_was_told_live() -> None:
    sessions = {
        "a": [session(told(10, 30), told(200, 210, 1))],
        "b": [session(told(11, 32))],
        "c": [session(told(12, 31), left=100)],
        "d": [session(), session(told(12.5, 28), left=40)],
        "e": [session(left=5)],
    }
    first, second = incidents.over(sessions)
    assert (first["scope"], first["participants"]) == ("everyone", ["a", "b", "c", "d"])
    assert (first["since"], first["until"]) == (T0 + 10_000, T0 + 32_000)
    assert first["fault"]["side"] == "path"
    assert (second["scope"], second["participants"]) == ("one", ["a"])
    assert (second["since"], second["until"]) == (T0 + 200_000, T0 + 210_000)


def test_what_affects_everyone_stands_apart_from_what_went_on_before_and_after() -> None:
    sessions = {
        "a": [session(told(10, 300))],
        "b": [session(told(100, 120))],
        "c": [session(told(101, 120))],
        "d": [session(told(102, 120))],
    }
    lines = incidents.over(sessions)
    assert [(one["scope"], one["participants"]) for one in lines] == [
        ("one", ["a"]),
        ("everyone", ["a", "b", "c", "d"]),
        ("one", ["a"]),
    ]
    times = [((one["since"] - T0) / 1000, (one["until"] - T0) / 1000) for one in lines]
    assert times == [(10, 100), (100, 130), (130, 300)]  # what closed is held for ten seconds


def test_what_goes_on_has_no_end_and_who_vanishes_ends_theirs() -> None:
    (one,) = incidents.over({"a": [session(told(10, None))], "b": [session()]})
    assert one["until"] is None
    (one,) = incidents.over({"a": [session(told(10, None), left=50)], "b": [session()]})
    assert one["until"] == T0 + 50_000
    assert incidents.over({}) == []


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), max_size=6),
    )
)
def test_stored_incidents_cover_every_issue_once(
    spans: dict[str, list[tuple[int, int]]],
) -> None:
    sessions = {}
    covered = []
    for pid, found in spans.items():
        events = []
        at = 0
        for n, (wait, length) in enumerate(found):
            since, at = at + wait + 2, at + wait + 2 + length
            events.append(told(since, at, n))
            covered.append((pid, T0 + since * 1000, T0 + at * 1000))
        sessions[pid] = [session(*events)]
    lines = incidents.over(sessions)
    for pid, since, until in covered:
        # An issue is heard of a second after it began; one that was over by then never was open.
        if until - since > 1000:
            at = since
            for one in lines:
                if one["since"] <= at <= one["until"] and pid in one["participants"]:
                    at = max(at, one["until"])
            assert at >= until, (pid, since, until, lines)
    for one, after in itertools.pairwise(lines):
        assert after["since"] >= one["until"]
