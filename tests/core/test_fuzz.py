"""Whatever a report holds, nothing raises, and what comes out keeps its rules.

Real reports of every dialect are mutated (fields gone, turned into nonsense, moved), truncated,
doubled, and put into another order.
"""

from __future__ import annotations

import copy
import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
from callvitals import fields, report, session, state
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DATA = Path(__file__).parents[1] / "data" / "captures"
FROM = (  # file, lines taken
    ("chromium-events", range(40, 48)),
    ("lab/outage", range(28, 50, 3)),
    ("firefox-events", range(20, 26)),
    ("aiortc-vs-chromium-clean", range(10, 14)),
    ("public/safari-2020-sfu", range(4, 8)),
)
EXAMPLES = 100
LONG_EXAMPLES = 100_000


def _lines() -> list[dict[str, Any]]:
    found = []
    for name, wanted in FROM:
        with gzip.open(DATA / f"{name}.jsonl.gz", "rt") as file:
            lines = [json.loads(text) for text in file]
        found += [lines[index] for index in wanted]
    return found


LINES = _lines()
NAMES = sorted({name for one in LINES for item in one["stats"] for name in item})

NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from(
        [2**31, 2**32 - 1, 2**53 - 1, 2**53, -(2**53) - 1, 1e300, -0.0, math.nan, math.inf]
    ),
)
NONSENSE = st.one_of(
    NUMBERS,
    st.none(),
    st.booleans(),
    st.text(max_size=8),
    st.sampled_from(
        ["audio", "video", "inbound-rtp", "SV0", "succeeded", "", "x" * 5000, "\ud800"]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
SPOT = st.integers(0, 500)
FIELD = st.one_of(
    st.sampled_from(NAMES), st.sampled_from(["id", "type", "timestamp", "ssrc", "kind"])
)
CHANGE = st.one_of(
    st.tuples(st.just("set"), SPOT, FIELD, NONSENSE),
    st.tuples(st.just("drop"), SPOT, FIELD),
    st.tuples(st.just("scale"), SPOT, FIELD, st.sampled_from([-1, 0, 0.5, 2, 1e6, 1e18])),
    st.tuples(st.just("gone"), SPOT),
    st.tuples(st.just("twice"), SPOT, SPOT),
    st.tuples(st.just("item"), SPOT, NONSENSE),
    st.tuples(st.just("cut"), SPOT),
    st.tuples(st.just("turn")),
    st.tuples(st.just("stats"), NONSENSE),
)
# Which real line, how much later (ms), and what is done to it.
TICK = st.tuples(
    st.integers(0, len(LINES) - 1),
    st.one_of(
        st.sampled_from([0, 1, 1000, 1000, 1000, 20000, -5000]), st.integers(-(10**7), 10**7)
    ),
    st.lists(CHANGE, max_size=6),
)


def change(stats: Any, one: tuple[Any, ...]) -> Any:
    """A report after one change; what cannot be done leaves it as it is."""
    what, *rest = one
    if what == "stats":
        return rest[0]
    if not isinstance(stats, list) or not stats:
        return stats
    if what == "cut":
        return stats[: rest[0] % (len(stats) + 1)]
    if what == "turn":
        return stats[::-1]
    at = rest[0] % len(stats)
    if what == "gone":
        del stats[at]
    elif what == "twice":
        stats.insert(rest[1] % len(stats), copy.copy(stats[at]))
    elif what == "item":
        stats[at] = rest[1]
    elif isinstance(stats[at], dict):
        name = rest[1]
        if what == "set":
            stats[at] = stats[at] | {name: rest[2]}
        elif what == "drop":
            stats[at] = {key: value for key, value in stats[at].items() if key != name}
        elif isinstance(stats[at].get(name), int | float):
            stats[at] = stats[at] | {name: stats[at][name] * rest[2]}
    return stats


def feed(ticks: list[tuple[int, int, list[Any]]], watched: bool) -> None:
    """The ticks through a Session; the last one through a restored one, too."""
    one = session.Session()
    t = LINES[ticks[0][0]]["t"]
    for tick, (index, later, changes) in enumerate(ticks):
        stats: Any = list(LINES[index]["stats"])
        for each in changes:
            stats = change(stats, each)
        t += later
        events = [{"type": "watch", "on": True}] if watched and tick == 0 else []
        entry = {"tick": tick, "t": t, "reports": [["0", stats]], "events": events}
        text = one.checkpoint() if tick == len(ticks) - 1 else ""
        row = one.feed(copy.deepcopy(entry) if text else entry)
        if text:
            assert row == session.restore(text).feed(entry), "a checkpoint goes on exactly"
        doc = one.state()
        state.validate(doc)
        for name, value in row["values"].items():
            assert name.split(".")[0] in fields.SERIES
            assert type(value) is int, name
            assert abs(value) < 2**53, name
            if fields.SERIES[name.split(".")[0]][1] == "ratio":
                assert 0 <= value <= 10000, name
    assert len(one.checkpoint()) <= 128 * 1024


RUN = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=EXAMPLES, **RUN)
@given(st.lists(TICK, min_size=1, max_size=5), st.booleans())
def test_mutated_reports_never_raise(ticks: list[Any], watched: bool) -> None:
    feed(ticks, watched)


@pytest.mark.long
@settings(max_examples=LONG_EXAMPLES, **RUN)
@given(st.lists(TICK, min_size=1, max_size=5), st.booleans())
def test_mutated_reports_never_raise_for_long(ticks: list[Any], watched: bool) -> None:
    feed(ticks, watched)


@settings(max_examples=EXAMPLES, **RUN)
@given(NONSENSE, NONSENSE, NONSENSE, NONSENSE)
def test_entries_of_nonsense_never_raise(tick: Any, t: Any, reports: Any, events: Any) -> None:
    one = session.Session()
    for entry in (
        {"tick": tick, "t": t, "reports": reports, "events": events},
        {"tick": 1, "t": 2, "reports": [[tick, reports], ["0", [events]]], "events": [events, t]},
    ):
        one.feed(entry)
        state.validate(one.state())
        one = session.restore(one.checkpoint())


@settings(max_examples=EXAMPLES, **RUN)
@given(
    st.lists(st.one_of(st.floats(), st.integers(0, 12).map(float)), max_size=200),
    st.lists(st.sampled_from(["0", "audio", "inbound-rtp", "x"]), max_size=3),
)
def test_packed_rows_of_nonsense_never_raise(numbers: list[float], strings: list[str]) -> None:
    one = session.Session()
    for tick in range(2):
        reports = report.unpack(fields.SCHEMA, strings, numbers)
        one.feed({"tick": tick, "t": 1000 * tick, "reports": reports, "events": []})
        state.validate(one.state())
