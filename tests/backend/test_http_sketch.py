"""Sketches and sums merge exactly; ranges are covered without a hole."""

from __future__ import annotations

import math
import random

import pytest
from callvitals_server.http_answers import cover
from callvitals_server.http_rollup import (
    DAY,
    HOUR,
    MINUTE,
    MINUTES_KEPT,
    merged,
    summed,
)
from callvitals_server.http_sketch import (
    USERS,
    add_packed,
    counted,
    empty,
    hashed,
    merged_users,
    pack,
    quantiles,
    users,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from .http_store import at, made

durations = st.lists(st.integers(0, 10**13), max_size=60)


@given(st.lists(durations, min_size=1, max_size=6))
def test_sketches_merge_exactly(parts: list[list[int]]) -> None:
    together = empty()
    for part in parts:
        add_packed(together, pack(counted(part)))
    everything = counted([value for part in parts for value in part])
    assert (together == everything).all()
    assert pack(together) == pack(everything)


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=300), st.floats(0, 1))
def test_quantiles_are_at_most_one_percent_off(values: list[int], q: float) -> None:
    (found,) = quantiles(counted(values), [q], max(values))
    exact = sorted(values)[math.floor(q * (len(values) - 1))]
    assert found is not None
    assert abs(found - exact) <= 0.0101 * exact


def test_sketches_of_nothing_and_of_nonsense() -> None:
    assert quantiles(empty(), [0.5], 0) == [None]
    for packed in (b"", b"\x02\x01", b"\x01\x03", b"\x01\x01\x00"):
        with pytest.raises(ValueError, match="sketch"):
            add_packed(empty(), packed)
    many = empty()
    many[7] = 2**40
    again = empty()
    add_packed(again, pack(many))
    assert (again == many).all()


@given(st.lists(st.sets(st.integers(0, 2000).map(str), max_size=500), max_size=6))
@settings(max_examples=40)
def test_users_merge_exactly(parts: list[set[str]]) -> None:
    everybody = set().union(*parts)
    packed = merged_users([hashed(part) for part in parts])
    assert packed == hashed(everybody)
    if len(everybody) < USERS:
        assert users(packed) == len(everybody)


def test_many_users_are_estimated() -> None:
    for count in (1000, 20_000):
        assert abs(users(hashed(f"user {n}" for n in range(count))) / count - 1) < 0.15


@given(st.integers(0, 2**31), st.lists(st.integers(0, 3), min_size=1, max_size=40))
@settings(max_examples=50)
def test_sums_merge_exactly(seed: int, groups: list[int]) -> None:
    rng = random.Random(seed)
    records = [(group, made(rng, 0)) for group in groups]
    parts = [[r for g, r in records if g == group] for group in sorted(set(groups))]
    assert merged([summed(part) for part in parts]) == summed([r for part in parts for r in part])


NOW = at("2026-11-24T12:34:56")


@given(st.integers(0, 800 * DAY), st.integers(1, 800 * DAY))
def test_a_range_is_covered_without_hole_or_overlap(age: int, length: int) -> None:
    start = NOW - age
    found = cover(start, start + length, NOW)
    fine = MINUTE if age <= MINUTES_KEPT else HOUR
    assert found[0][1] == start // fine * fine
    assert found[-1][2] - (start + length) in range(fine)
    for (level, begin, stop), following in zip(found, [*found[1:], None], strict=True):
        assert begin % level == stop % level == 0
        assert begin < stop
        assert following is None or following[1] == stop
    assert len(found) <= 5
