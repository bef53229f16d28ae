"""Series against a plain list in memory: nothing invented, spikes kept, gaps kept, sums right."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from callvitals import wire
from callvitals_server import lttb, series
from callvitals_server.charts import chart
from callvitals_server.columns import decode
from callvitals_server.history import History
from callvitals_server.records import Piece, Who
from hypothesis import given, settings
from hypothesis import strategies as st

from .kit import T0, log

OFFSET = 250


def journal(rows: list[dict[str, Any]], size: int = 10) -> list[dict[str, Any]]:
    """Rows as the table `journal` has them, in messages of `size` consecutive ticks."""
    out: list[dict[str, Any]] = []
    part: list[dict[str, Any]] = []
    for row in [*rows, None]:
        if part and (row is None or len(part) == size or row["tick"] != part[-1]["tick"] + 1):
            body = wire.text(wire.encode_log(part))
            first, last = part[0]["tick"], part[-1]["tick"]
            out.append({"first": first, "last": last, "offset": OFFSET, "body": body})
            part = []
        if row is not None:
            part.append(row)
    return out


def make(values: dict[int, dict[str, int]], step: int = 1000) -> list[dict[str, Any]]:
    """Rows of these ticks, `step` ms apart."""
    return [
        {"tick": tick, "t": T0 + tick * step, "values": found, "events": []}
        for tick, found in sorted(values.items())
    ]


@st.composite
def sessions(draw: st.DrawFn) -> dict[int, dict[str, int]]:
    """Values by tick: stretches of ticks with holes between, series that come and go."""
    values: dict[int, dict[str, int]] = {}
    tick = draw(st.integers(0, 3))
    for _ in range(draw(st.integers(1, 5))):
        names = draw(st.sets(st.sampled_from(["rtt", "upload", "score"])))
        for _ in range(draw(st.integers(1, 80))):
            values[tick] = {name: draw(st.integers(0, 500)) for name in names}
            tick += 1
        tick += draw(st.integers(0, 20))
    return values


@given(sessions(), st.integers(3, 60), st.integers(1, 30))
@settings(max_examples=80, deadline=None)
def test_an_answer_is_a_true_part_of_the_rows(
    values: dict[int, dict[str, int]], points: int, size: int
) -> None:
    rows = make(values)
    columns = decode(journal(rows, size), ["rtt", "score"])
    said = series.answer(columns, points)
    ticks = sorted(values)
    holes = [(a, b) for a, b in pairwise(ticks) if b > a + 1]
    truth = {T0 + tick * 1000 + OFFSET: values[tick] for tick in ticks}
    for index, t in enumerate(said["t"]):
        shown = {name: column[index] for name, column in said["series"].items()}
        if t not in truth:
            assert all(v is None for v in shown.values())
            continue
        row = truth[t]
        assert shown["rtt"] == (row["rtt"] / 10000 if "rtt" in row else None)
        assert shown["score"] == (row["score"] / 100 if "score" in row else None)
    assert said["t"] == sorted(said["t"])
    assert said["total"] == len(ticks)
    assert said["shown"] == len(said["t"]) - len(marks_in(said, truth))
    assert said["shown"] <= points + len(holes)
    # No line is drawn across a hole: between two ticks shown stands a mark, inside the hole.
    shown_t = [t for t in said["t"] if t in truth]
    marks = marks_in(said, truth)
    edges = [(T0 + a * 1000 + OFFSET, T0 + b * 1000 + OFFSET) for a, b in holes]
    for left, right in pairwise(shown_t):
        between = [mark for mark in marks if left < mark < right]
        crossed = [(low, high) for low, high in edges if left <= low and high <= right]
        assert len(between) == bool(crossed)
        assert all(any(low < mark < high for low, high in crossed) for mark in between)
    if said["total"] <= points:
        assert [tick for tick in said["tick"] if tick is not None] == ticks


def marks_in(said: dict[str, Any], truth: dict[int, Any]) -> list[int]:
    return [t for t in said["t"] if t not in truth]


@given(
    st.integers(200, 3000),
    st.integers(8, 400),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_a_lone_spike_survives(n: int, points: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, n - 1))
    up = data.draw(st.booleans())
    noise = [(tick * 7919) % 50 + 100 for tick in range(n)]
    noise[at] = 5000 if up else 0
    values = {tick: {"rtt": noise[tick], "lossIn": (tick * 31) % 17} for tick in range(n)}
    said = series.answer(decode(journal(make(values), 60), ["rtt", "lossIn"]), points)
    assert (0.5 if up else 0.0) in said["series"]["rtt"]
    assert said["shown"] <= points
    assert said["total"] == n


@pytest.mark.parametrize("zoom", [(0, 3600), (1500, 2500), (1990, 2010)])
def test_a_spike_survives_every_zoom(zoom: tuple[int, int]) -> None:
    values = {tick: {"lossIn": 900 if tick == 2000 else 0} for tick in range(3600)}
    columns = decode(journal(make(values), 60), ["lossIn"])
    part = columns.between(T0 + zoom[0] * 1000 + OFFSET, T0 + zoom[1] * 1000 + OFFSET)
    assert 0.09 in series.answer(part, 50)["series"]["lossIn"]


@pytest.mark.parametrize(
    ("steps", "gaps"),
    [
        ([1000] * 8, []),
        ([1000, 1000, 2900, 1000, 1000], []),
        ([1000, 1000, 3100, 1000, 1000], [2]),
        ([1000] * 4 + [5000] * 4, []),  # hidden: it samples more slowly, that is no gap
        ([5000] * 3 + [10_100] + [5000] * 3, [3]),
        ([30_000] * 5, []),
        ([30_000] * 3 + [50_000] + [30_000] * 3, [3]),
    ],
)
def test_what_a_gap_is(steps: list[int], gaps: list[int]) -> None:
    t = np.cumsum(np.array([0, *steps], np.int64))
    assert np.flatnonzero(series.is_gap(t)).tolist() == gaps


def test_gaps_are_told_with_their_reason() -> None:
    values = {tick: {"upload": 1} for tick in (*range(2, 6), *range(9, 12), *range(40, 44))}
    rows = make(values)
    for row in rows[7:]:
        row["tick"] -= 28  # the ticks go on, the time does not
    columns = decode(journal(rows), ["upload"])
    declared = [
        {"first": 0, "last": 1, "told_at": T0 + 5000},
        {"first": 6, "last": 8, "told_at": T0 + 9000},
        {"first": 16, "last": 20, "told_at": T0 + 99_000},
    ]
    told = series.gaps(columns, declared, T0, 20)
    assert [(g["from"] - T0 - OFFSET, g["to"] - T0 - OFFSET, g["why"]) for g in told] == [
        (-OFFSET, 2000, "lost"),
        (5000, 9000, "lost"),
        (11_000, 40_000, "silent"),
        (43_000, 99_000 - OFFSET, "lost"),
    ]


def test_more_segments_than_points() -> None:
    values = {tick * 3: {"rtt": tick} for tick in range(100)}
    said = series.answer(decode(journal(make(values)), ["rtt"]), 10)
    assert said["shown"] <= 10 + 99
    assert said["series"]["rtt"].count(None) >= 99


@given(sessions(), st.integers(3, 12))
@settings(max_examples=60, deadline=None)
def test_the_ends_stay(values: dict[int, dict[str, int]], points: int) -> None:
    columns = decode(journal(make(values)), ["rtt", "score", "upload"])
    said = series.answer(columns, points)
    ends = [T0 + tick * 1000 + OFFSET for tick in (min(values), max(values))]
    assert [said["t"][0], said["t"][-1]] == ends


def test_numbers_at_the_limit_come_back() -> None:
    values = {tick: {"upload": wire.MAX_INT - tick % 3} for tick in range(5000)}
    columns = decode(journal(make(values), 1), ["upload"])
    assert columns.values["upload"].tolist() == [v["upload"] for v in values.values()]


def test_gaps_across_the_edges_of_a_window_are_told(tmp_path: Path) -> None:
    history = History(tmp_path)
    assert history.claim(Who("s" * 32, "m", "p"), 65537, True, T0) is not None
    before = -1
    for first, last, lost in ((0, 9, 0), (10, 19, 0), (30, 39, 10), (40, 49, 0)):
        body = wire.text(log(first, last, lost))
        row = {"session_id": "s" * 32, "first": first, "last": last, "offset": 0, "body": body}
        row |= {"t0": T0 + first * 1000, "t1": T0 + last * 1000}
        hole = (first - lost, first - 1) if lost else None
        piece = Piece("s" * 32, 65537, before, last, hole, row)
        assert history.write([piece], T0) == set()
        before = last
    gap = {"from": T0 + 19_000, "to": T0 + 30_000, "why": "lost"}
    for start, end, ticks, gaps in [
        (None, None, [*range(20), None, *range(30, 50)], [gap]),
        (25_000, 32_000, [30, 31, 32], [gap]),
        (17_000, 22_000, [17, 18, 19], [gap]),
        (22_000, 27_000, [], [gap]),
        (31_000, 33_000, [31, 32, 33], []),
        (0, 5_000, [0, 1, 2, 3, 4, 5], []),
        (90_000, 95_000, [], []),
    ]:
        edges = [None if edge is None else T0 + edge for edge in (start, end)]
        said = chart(history, "s" * 32, ["upload"], *edges, 500)
        assert (said["tick"], said["gaps"]) == (ticks, gaps)
        inside = [tick for tick in ticks if tick is not None]
        assert (said["level"], said["stats"]["ticks"]) == ("raw", len(inside))
        values = [value for value in said["series"]["upload"] if value is not None]
        told = said["stats"]["series"].get("upload")
        assert (told is None) == (not inside)
        if told:  # the least upload is the worst
            assert told["median"] == sorted(values)[(len(values) - 1) // 2]
            assert told["worst"] == min(values)
            assert told["at"] == T0 + inside[values.index(min(values))] * 1000
    history.close()


def test_nothing_at_all() -> None:
    said = series.answer(decode([], ["rtt"]), 50)
    assert said == {"t": [], "series": {"rtt": []}, "shown": 0, "total": 0, "tick": []}


@given(st.integers(3, 60), st.integers(10, 800), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_the_fast_library_and_the_reference_agree_in_shape(n: int, count: int, seed: int) -> None:
    """Their buckets differ by one place, so points differ; the area between the lines is small."""
    random = np.random.default_rng(seed)
    x = np.cumsum(random.integers(500, 1500, count)).astype(np.int64)
    y = np.cumsum(random.normal(0, 1, count))
    fast, plain = lttb.thin(x, y, n), lttb.reference(x, y, min(n, count))
    for kept in (fast, plain):
        assert (kept[0], kept[-1]) == (0, count - 1)
        assert (np.diff(kept) > 0).all()
        assert len(kept) == min(n, count)
    spread = float(np.ptp(y)) or 1.0
    a, b = np.interp(x, x[fast], y[fast]), np.interp(x, x[plain], y[plain])
    assert float(np.abs(a - b).mean()) <= spread / 2
    assert abs(float(a.mean() - y.mean())) <= spread / 2
