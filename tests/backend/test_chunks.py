"""Chunks: the codec against plain lists, and the way from the journal to them, with a death at
every step."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from callvitals import wire
from callvitals_server import chunks, codec
from callvitals_server.chunks import Chunk
from callvitals_server.codec import CodecError
from callvitals_server.columns import Columns, ints
from callvitals_server.history import History
from hypothesis import given, settings
from hypothesis import strategies as st

from . import stories, stories_sealing
from .kit import T0

LIMIT = wire.MAX_INT
STEPS = ["chunk", "events", "minutes", "hours", "journal"]


# -- the codec ------------------------------------------------------------------------------------

numbers = st.one_of(
    st.integers(-LIMIT, LIMIT),
    st.integers(-5, 5),
    st.sampled_from([0, LIMIT, -LIMIT, LIMIT - 1, 1 << 31, 255, 256]),
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, dict[str, list[int | None]]]:
    """Rows, and columns with holes in any pattern: noise, runs, none, all."""
    n = draw(st.integers(0, 90))
    columns = {}
    for name in draw(st.sets(st.text(min_size=1, max_size=8), max_size=6)):
        kind = draw(st.sampled_from(["any", "full", "empty", "grid", "constant", "smooth"]))
        values: list[int | None]
        if kind == "any":
            values = draw(st.lists(st.none() | numbers, min_size=n, max_size=n))
        elif kind == "full":
            values = list(draw(st.lists(numbers, min_size=n, max_size=n)))
        elif kind == "grid":
            values = [draw(numbers) if at % 10 == 3 else None for at in range(n)]
        elif kind == "smooth":
            start, slope = draw(st.integers(-1000, 1000)), draw(st.integers(-7, 7))
            values = [start + slope * at for at in range(n)]
        else:
            values = [None if kind == "empty" else draw(st.just(LIMIT))] * n
        columns[name] = values
    return n, columns


def column(values: list[int | None]) -> codec.Column:
    there = np.array([v is not None for v in values], np.bool_)
    return there, ints([v for v in values if v is not None])


@given(tables(), st.data())
@settings(max_examples=80, deadline=None)
def test_a_table_comes_back(table: tuple[int, dict[str, Any]], data: st.DataObject) -> None:
    n, columns = table
    packed = codec.encode(n, {k: column(v) for k, v in columns.items()}, {"a": [1, "é"]})
    assert packed[0] == codec.VERSION
    some = data.draw(st.none() | st.sets(st.sampled_from([*columns, "not there"])))
    rows, found, about = codec.decode(packed, some)
    assert (rows, about) == (n, {"a": [1, "é"]})
    assert set(found) == {name for name in columns if some is None or name in some}
    for name, (there, values) in found.items():
        whole: list[int | None] = [None] * n
        for place, value in zip(np.flatnonzero(there).tolist(), values.tolist(), strict=True):
            whole[place] = value
        assert whole == columns[name]


@given(
    st.integers(1, 40).flatmap(
        lambda k: st.lists(
            st.lists(st.integers(-(2**63), 2**63 - 1), min_size=k, max_size=k), min_size=1
        )
    )
)
@settings(max_examples=60, deadline=None)
def test_a_matrix_comes_back(rows: list[list[int]]) -> None:
    matrix, about = codec.decode_matrix(codec.encode_matrix(np.array(rows, np.int64), {"w": 1}))
    assert (matrix.tolist(), about) == (rows, {"w": 1})


@given(tables(), st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_broken_is_refused_and_nothing_else(
    table: tuple[int, dict[str, Any]], data: st.DataObject
) -> None:
    packed = bytearray(codec.encode(table[0], {k: column(v) for k, v in table[1].items()}, {}))
    if data.draw(st.booleans()):
        packed = packed[: data.draw(st.integers(0, len(packed) - 1))]
    else:
        packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        codec.decode(bytes(packed))  # a flipped bit may read as other numbers
    except CodecError:
        return


def test_a_later_version_is_named() -> None:
    packed = codec.encode(1, {"a": column([1])}, {})
    with pytest.raises(CodecError, match="version 9"):
        codec.decode(b"\x09" + packed[1:])


def test_a_chunk_keeps_ticks_times_offsets_and_what_was_before() -> None:
    tick, t = ints([5, 6, 9, 12, 13]), ints([10, 20, 20, 50, 99]) + T0
    rtt = np.array([1.0, np.nan, 3.0, float(LIMIT), -7.0])
    chunk = Chunk(Columns(tick, t, {"rtt": rtt}), (4, T0, 1000), [(5, 250), (9, -3)])
    again = chunks.unpack(chunks.pack(chunk), ["rtt", "jitter"])
    assert again.columns.tick.tolist() == tick.tolist()
    assert again.columns.t.tolist() == t.tolist()
    np.testing.assert_array_equal(again.columns.values["rtt"], rtt)
    assert np.isnan(again.columns.values["jitter"]).all()
    assert (again.before, again.offsets) == (chunk.before, chunk.offsets)


# -- from the journal to chunks -------------------------------------------------------------------


@pytest.fixture
def open_(tmp_path: Path) -> Iterator[stories.Opened]:
    """Opens the test's history anew, as after a restart."""
    opened = stories.Opened(lambda **more: History(tmp_path, **more))
    yield opened
    opened.close()


@pytest.mark.parametrize("step", STEPS)
def test_a_death_at_any_step_loses_and_doubles_nothing(open_: stories.Opened, step: str) -> None:
    stories_sealing.a_death_at_any_step(open_, step)


@pytest.mark.parametrize("step", ["chunk", "minutes", "hours"])
def test_ticks_of_one_time_are_counted_once_after_a_death(open_: stories.Opened, step: str) -> None:
    stories_sealing.a_death_among_equal_times(open_, step)


def test_more_comes_between_a_death_and_the_next_run(open_: stories.Opened) -> None:
    stories_sealing.more_comes_after_a_death(open_)


def test_many_sessions_are_sealed_in_turn(open_: stories.Opened) -> None:
    stories_sealing.many_sessions(open_)


def test_who_reads_while_it_is_sealed_sees_every_tick_once(open_: stories.Opened) -> None:
    stories_sealing.reading_meanwhile(open_)


def test_what_is_sealed_lies_in_files_of_its_day(tmp_path: Path, open_: stories.Opened) -> None:
    stories_sealing.many_sessions(open_)
    (raw,) = (tmp_path / "raw").glob("*.db")
    with sqlite3.connect(raw) as db:
        (n,) = db.execute("SELECT count(*) FROM raw").fetchone()
    db.close()
    assert n == 8


def test_one_that_cannot_be_sealed_does_not_hold_up_the_others(
    open_: stories.Opened, caplog: pytest.LogCaptureFixture
) -> None:
    stories_sealing.a_broken_journal(open_)
    assert "cannot seal session" in caplog.text
