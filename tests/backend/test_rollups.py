"""Minutes, hours, tallies, meetings, and charts over them, against plain lists."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from callvitals_server import rollup, timeline
from callvitals_server.attendance import tally, verdict
from callvitals_server.columns import Columns, ints
from callvitals_server.history import History
from hypothesis import given, settings
from hypothesis import strategies as st

from . import stories
from .kit import T0
from .stores import HOUR, MINUTE, buckets


@pytest.fixture
def open_(tmp_path: Path) -> Iterator[stories.Opened]:
    """Opens the test's history anew, as after a restart."""
    opened = stories.Opened(lambda **more: History(tmp_path, **more))
    yield opened
    opened.close()


@st.composite
def calls(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Ticks with steps of all sizes, lost ones between, series that come and go."""
    rows = []
    tick, t = draw(st.integers(0, 3)), T0
    limit = (1 << 40) - 1
    for _ in range(draw(st.integers(1, 60))):
        values = {}
        if draw(st.booleans()):
            values["score"] = draw(st.integers(100, 500))
        if draw(st.booleans()):
            values["upload"] = draw(st.integers(-limit, limit))
        rows.append({"tick": tick, "t": t, "values": values, "events": []})
        tick += draw(st.sampled_from([1, 1, 1, 1, 5]))
        t += draw(st.sampled_from([0, 1, 999, 1000, 1000, 2000, 5000, 10_001, 60_000, 4_000_000]))
    return rows


def columns(rows: list[dict[str, Any]]) -> Columns:
    values = {
        name: np.array([row["values"].get(name, np.nan) for row in rows], np.float64)
        for name in ("score", "upload")
    }
    return Columns(ints([r["tick"] for r in rows]), ints([r["t"] for r in rows]), values)


@given(calls(), st.lists(st.integers(1, 59), max_size=4), st.sampled_from([MINUTE, HOUR]))
@settings(max_examples=80, deadline=None)
def test_buckets_are_what_the_ticks_come_to_however_they_are_cut(
    rows: list[dict[str, Any]], cuts: list[int], width: int
) -> None:
    edges = [0, *sorted({cut for cut in cuts if cut < len(rows)}), len(rows)]
    before = None
    parts = []
    for start, end in pairwise(edges):
        part = columns(rows[start:end])
        minutes = rollup.of_ticks(part, before, MINUTE)
        parts.append(rollup.decode(rollup.encode(minutes, MINUTE)))
        before = rollup.last_of(part, before)
    found = rollup.coarser(parts, width)
    wanted = buckets(rows, 0, width)
    assert found.t.tolist() == sorted(wanted)
    for place, t in enumerate(found.t.tolist()):
        bucket = dict(wanted[t])
        assert found.base[:, place].tolist() == bucket.pop("base")
        for name, stats in found.series.items():
            one = stats[:, place].tolist()
            assert (one if one[2] <= one[3] else None) == bucket.get(name)


def test_values_beyond_all_bounds_do_not_wrap_sums() -> None:
    rows = [
        {"tick": n, "t": T0 + n * 1000, "values": {"upload": 2**53 - 1}, "events": []}
        for n in range(3600)
    ]
    found = rollup.of_ticks(columns(rows), None, HOUR)
    assert (found.series["upload"][rollup.SUM] > 0).all()
    assert int(found.series["upload"][rollup.HIGH].max()) == 2**53 - 1


@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.booleans(), st.sampled_from("ab"), st.integers(0, 3)),
        max_size=30,
    ),
    st.integers(0, 100),
    st.integers(1, 100),
)
@settings(max_examples=100, deadline=None)
def test_issues_in_a_time_are_those_of_a_list(
    told: list[tuple[int, bool, str, int]], start: int, length: int
) -> None:
    end = start + length
    events, spans, going = [], [], {}
    for t, opens, name, key in sorted(told, key=lambda one: one[0]):
        kind = "issue-open" if opens else "issue-close"
        event = {"type": kind, "issue": f"i{key}", "name": name, "sentence": f"{name}."}
        events.append({"tick": t, "t": t, "offset": 0, "event": event})
        if opens:
            going[key] = (name, t)
        elif key in going:
            spans.append((*going.pop(key), t))
    spans += [(*one, 1 << 40) for one in going.values()]
    wanted: dict[str, list[int]] = {}
    for name, since, until in spans:
        opened = start <= since < end
        inside = max(0, min(until, end) - max(since, start))
        if opened or inside:
            one = wanted.setdefault(name, [0, 0])
            one[0] += opened
            one[1] += inside
    found = timeline.issues_between({}, events, start, end)
    assert {name: [one["n"], one["ms"]] for name, one in found.items()} == wanted


@pytest.mark.parametrize(
    ("good", "fair", "poor", "wanted"),
    [
        (0, 0, 0, "unknown"),
        (600, 0, 0, "good"),
        (600, 0, 29, "good"),
        (600, 0, 70, "poor"),
        (600, 50, 20, "fair"),
        (36_000, 0, 179, "good"),
        (36_000, 0, 180, "poor"),
        (36_000, 170, 20, "fair"),
        (3, 0, 5, "poor"),
    ],
)
def test_verdicts(good: int, fair: int, poor: int, wanted: str) -> None:
    assert verdict({"good": good * 1000, "fair": fair * 1000, "poor": poor * 1000}) == wanted


def test_a_tally_of_nobody_is_empty() -> None:
    assert tally(0, []) == []


def test_hours_and_meetings_are_what_their_sessions_come_to(open_: stories.Opened) -> None:
    stories.hours_and_meetings(open_)


def test_a_meeting_may_come_again(open_: stories.Opened) -> None:
    stories.occurrences(open_)


def test_a_spike_is_there_at_every_zoom_and_level(open_: stories.Opened) -> None:
    stories.a_spike_at_every_zoom(open_)
