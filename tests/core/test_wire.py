"""Canonical text, log columns, state patches: against json and against plain rows."""

import json
from typing import Any

import pytest
from callvitals import state, wire
from hypothesis import given
from hypothesis import strategies as st

ints = st.integers(-wire.MAX_INT, wire.MAX_INT)
# Lone surrogates are refused by browsers' sockets, so no page can send them.
strings = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
leaves = strings | st.booleans() | ints


def objects(levels: int) -> st.SearchStrategy[dict[str, Any]]:
    value = leaves if levels == 1 else leaves | st.deferred(lambda: objects(levels - 1))
    return st.dictionaries(st.sampled_from("abcdefg\u00e9") | strings, value, max_size=5)


docs = objects(4)


@given(st.recursive(leaves | st.none(), lambda v: st.lists(v) | st.dictionaries(strings, v)))
def test_portable_text_equals_the_fastest_writer(value: Any) -> None:
    expected = json.dumps(value, sort_keys=True, separators=(",", ":"))
    assert wire.portable_text(value) == expected
    assert wire.text(value) == expected


def test_text_refuses_what_has_no_canonical_form() -> None:
    with pytest.raises(wire.WireError):
        wire.portable_text({"a": 1.5})


@given(docs, docs)
def test_a_patch_turns_one_document_into_the_other(a: dict[str, Any], b: dict[str, Any]) -> None:
    before = wire.text(a)
    patch = state.diff(a, b)
    state.validate_patch(patch)
    after = state.apply(a, patch)
    assert wire.text(after) == wire.text(b)  # text tells True from 1
    assert state.check(after) == state.check(b)
    assert wire.text(a) == before
    assert (patch == {}) == (before == wire.text(b))


@given(docs)
def test_valid_documents_pass(doc: dict[str, Any]) -> None:
    state.validate(doc)


@pytest.mark.parametrize(
    "doc",
    [
        [],
        None,
        "text",
        {"a": 1.0},
        {"a": None},
        {"a": [1]},
        {"a": 2**53},
        {"a": {"b": {"c": {"d": {}}}}},
        {"a": float("nan")},
        {"k" * 300: 1},
        {"a": "x" * 140_000},
    ],
)
def test_what_is_no_state_document_is_refused(doc: Any) -> None:
    with pytest.raises(wire.WireError):
        state.validate(doc)


names = st.sampled_from(["score", "upload", "rtt", "bitrate.s0", "fpsIn"])
rows_lists = st.lists(
    st.tuples(
        st.integers(0, 2_000_000_000_000),
        st.dictionaries(names, st.integers(-(10**12), 10**12)),
        st.lists(st.fixed_dictionaries({"type": st.just("mark"), "name": strings}), max_size=2),
    ),
    min_size=1,
    max_size=40,
)


def make_rows(raw: list[Any], first: int) -> list[dict[str, Any]]:
    return [
        {"tick": first + i, "t": t, "values": values, "events": events}
        for i, (t, values, events) in enumerate(raw)
    ]


@given(rows_lists, st.integers(0, 10**6), st.integers(0, 50))
def test_a_log_keeps_its_rows(raw: list[Any], first: int, lost: int) -> None:
    rows = make_rows(raw, first)
    lost = min(lost, first)
    log = json.loads(json.dumps(wire.encode_log(rows, lost)))
    assert wire.decode_log(log) == (first, first + len(rows) - 1, lost, rows)


@given(rows_lists, st.integers(1, 30), st.integers(-1, 80), st.integers(0, 30))
def test_trimming_leaves_what_is_new(raw: list[Any], first: int, through: int, lost: int) -> None:
    rows = make_rows(raw, first)
    log = wire.encode_log(rows, min(lost, first))
    left = [row for row in rows if row["tick"] > through]
    trimmed = wire.trim_log(log, through)
    if not left:
        assert trimmed is None
    else:
        got_first, _to, got_lost, got = wire.decode_log(trimmed)
        assert got == left
        assert got_lost <= max(0, got_first - through - 1)


def test_a_gap_alone() -> None:
    assert wire.decode_log(wire.gap_log(7, 3)) == (7, 6, 3, [])
    assert wire.trim_log(wire.gap_log(7, 3), 6) is None
    assert wire.trim_log(wire.gap_log(7, 3), 4) == wire.gap_log(7, 2)


GOOD = wire.encode_log(make_rows([(1000, {"score": 4}, []), (2000, {}, [])], 5))


@pytest.mark.parametrize(
    "change",
    [
        {"from": -1},
        {"from": "5"},
        {"to": 10**9},
        {"to": True},
        {"cols": []},
        {"cols": {}},
        {"cols": {"t": {"at": [[0, 1]], "d": [1]}}},
        {"cols": {"t": {"at": [[0, 2]], "d": [1, 1.5]}}},
        {"cols": {"t": {"at": [[0, 2]], "d": [1, 2**53]}}},
        {"cols": {"t": {"at": [[0, 2]], "d": [1]}}},
        {"cols": {"t": {"at": [[1, 2]], "d": [1, 1]}}},
        {"cols": {"t": {"at": [[0, 1], [0, 1]], "d": [1, 1]}}},
        {"cols": {"t": {"at": "x", "d": [1, 1]}}},
        {"cols": {"t": GOOD["cols"]["t"], "n" * 65: GOOD["cols"]["t"]}},
        {"events": {}},
        {"events": [{"type": "mark"}]},
        {"events": [{"type": "mark", "tick": 9}]},
        {"events": [{"type": 1, "tick": 5}]},
        {"events": [{"type": "mark", "tick": 5, "data": [1]}]},
        {"lost": 6},
        {"lost": -1},
    ],
)
def test_what_is_no_log_is_refused(change: dict[str, Any]) -> None:
    wire.decode_log(GOOD)
    with pytest.raises(wire.WireError):
        wire.decode_log({**GOOD, **change})
