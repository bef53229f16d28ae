"""Rollups equal a recomputation from the raw batches: in any order, doubled, late, through midnight
and changes of the clock; on SQLite and on PostgreSQL."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from callvitals_server.database import read
from callvitals_server.history import History
from callvitals_server.http_answers import HttpAnswers, Only, cover, item
from callvitals_server.http_batch import OLDEST_MS, Batch, Record, timely
from callvitals_server.http_rollup import (
    DAY,
    ENDPOINTS,
    HOUR,
    LEVELS,
    MINUTE,
    MINUTES_KEPT,
    Rollups,
    Sum,
    merged,
    of_row,
    summed,
)
from callvitals_server.http_routes import OTHER
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
from callvitals_server.records import Keep
from callvitals_server.schema_http import http_batch, http_endpoint, http_error, http_rollup
from hypothesis import given, settings
from hypothesis import strategies as st

BERLIN = ZoneInfo("Europe/Berlin")
KATHMANDU = ZoneInfo("Asia/Kathmandu")  # UTC+5:45


def at(text: str, zone: Any = None) -> int:
    """Epoch ms of an ISO time; UTC without a zone."""
    when = datetime.fromisoformat(text)
    return int(when.replace(tzinfo=zone or ZoneInfo("UTC")).timestamp() * 1000)


class Store:
    """A database, and the plain list of batches that it is compared to."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.rollups = Rollups(history.engine, Keep())
        self.answers = HttpAnswers(history.engine)
        self.raw: dict[str, Batch] = {}

    def apply(self, batch: Batch, now: int) -> None:
        fresh = batch.batch not in self.raw
        assert self.rollups.apply(batch, now) is fresh
        self.raw.setdefault(batch.batch, batch)

    def records(self, start: int = 0, end: int = 1 << 60) -> list[tuple[str, Record]]:
        return [
            (batch.service, record)
            for batch in self.raw.values()
            for record in batch.records
            if start <= record.t < end
        ]

    def rows(self) -> dict[tuple[Any, ...], Sum]:
        table = http_rollup.join(http_endpoint, http_rollup.c.endpoint == http_endpoint.c.endpoint)
        names = (http_endpoint.c.service, http_endpoint.c.route, http_endpoint.c.method)
        query = sa.select(http_rollup, *names).select_from(table)
        return {
            (r["level"], r["at"], r["service"], r["route"], r["method"], r["status_class"]): (
                of_row(r)
            )
            for r in read(self.history.engine, query)
        }

    def recomputed(self) -> dict[tuple[Any, ...], Sum]:
        groups: dict[tuple[Any, ...], list[Record]] = {}
        for service, r in self.records():
            for level in LEVELS:
                key = (level, r.t // level * level, service, r.route, r.method, r.status // 100)
                groups.setdefault(key, []).append(r)
        return {key: summed(some) for key, some in groups.items()}


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = request.getfixturevalue("database") if request.param == "postgres" else ""
    history = History(tmp_path / "data", url=url)
    yield Store(history)
    history.close()


def made(rng: random.Random, t: int) -> Record:
    status = rng.choice([200, 200, 201, 304, 404, 500, 503])
    last = round(math.exp(rng.uniform(5, 16)))
    return Record(
        t,
        rng.choice(["/a/{id}", "/b", "<unmatched>"]),
        rng.choice(["GET", "POST", "WEBSOCKET"]),
        status,
        rng.randrange(10_000),
        rng.randrange(10**9),
        rng.randrange(last + 1),
        last,
        rng.choice([None, "ann", "bob", f"u{rng.randrange(900)}"]),
        rng.randrange(8),
    )


def batches(rng: random.Random, count: int, start: int, end: int) -> list[Batch]:
    out = []
    for n in range(count):
        near = rng.randrange(start, end)
        records = [made(rng, near + rng.randrange(3_000)) for _ in range(rng.randrange(1, 40))]
        out.append(
            Batch(
                f"{rng.random()}-{n:06d}", rng.choice(["", "api"]), near, rng.randrange(3), records
            )
        )
    return out


SPANS = {
    "through midnight": (at("2026-11-23T23:40:00"), at("2026-11-24T00:20:00")),
    "clocks go back": (at("2026-10-25T00:00:00"), at("2026-10-25T04:00:00")),
    "clocks go forward": (at("2026-03-28T22:00:00"), at("2026-03-29T03:00:00")),
}


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
def test_rollups_equal_a_recomputation(store: Store, span: tuple[int, int]) -> None:
    rng = random.Random(span[0])
    start, end = span
    some = batches(rng, 40, start, end)
    some += rng.sample(some, 10)  # sent again
    rng.shuffle(some)  # and late
    for batch in some:
        store.apply(batch, end)
    assert store.rows() == store.recomputed()
    told = store.answers.endpoints(start, end, end, Only())
    assert told["dropped"] == sum(
        b.dropped for b in store.raw.values() if told["from"] <= b.at < told["to"]
    )
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for service, r in store.records(told["from"], told["to"]):
        groups.setdefault((service, r.route, r.method, r.status // 100), []).append(r)
    wanted = {key: item(summed(rs), key[3]) for key, rs in groups.items()}
    found = {
        (i.pop("service"), i.pop("route"), i.pop("method"), int(i["statusClass"][0])): i
        for i in told["items"]
    }
    assert found == wanted


@pytest.mark.parametrize("zone", [None, BERLIN, KATHMANDU], ids=str)
def test_local_days_are_merged_through_changes_of_the_clock(store: Store, zone: Any) -> None:
    start, end = at("2026-10-18T00:00:00", zone), at("2026-11-02T00:00:00", zone)
    rng = random.Random(7)
    for batch in batches(rng, 40, start, end):
        store.apply(batch, end)
    told = store.answers.series(start, end, end, Only(), zone)
    assert told["level"] == "day"
    days = [at(f"2026-10-{d:02d}T00:00:00", zone) for d in range(18, 32)]
    days.append(at("2026-11-01T00:00:00", zone))
    assert told["t"] == days
    if zone is BERLIN:
        assert days[8] - days[7] == 25 * HOUR
    # A day begins with the (UTC) hour that its midnight is in.
    edges = [day // HOUR * HOUR for day in [*days, end]]
    for n, (begin, stop) in enumerate(pairwise(edges)):
        records = [r for _, r in store.records(begin, stop)]
        series = told["series"]
        assert series["count"][n] == len(records)
        assert series["responseBytes"][n] == sum(r.response_bytes for r in records)
        assert series["errors"][n] == sum(r.status >= 500 or bool(r.flags & 2) for r in records)
        expected = item(summed(records), None)["latency"]["p95"] if records else None
        assert series["p95"][n] == expected


def test_late_batches_need_nothing_special(store: Store) -> None:
    now = at("2026-11-24T12:00:00")
    rng = random.Random(3)
    record = made(rng, now)
    for n, age in enumerate((0, HOUR, 2 * DAY, 13 * DAY)):
        batch = Batch(f"batch-{n}", "", now, 0, [record._replace(t=now - age)])
        store.apply(timely(batch, now), now)
    old = Batch("too-late", "", now, 2, [record._replace(t=now - OLDEST_MS - 1), record])
    early = Batch("too-early", "", now, 0, [record._replace(t=now + 2 * HOUR)])
    assert timely(old, now) == Batch("too-late", "", now, 3, [record])
    store.apply(timely(early, now), now)
    told = store.answers.endpoints(now - 14 * DAY, now + MINUTE, now, Only(), by_class=False)
    assert [i["count"] for i in told["items"]] == [4]
    assert told["dropped"] == 1
    # No minute is made that is no longer kept.
    levels = [row[0] for row in store.rows()]
    assert (levels.count(MINUTE), levels.count(HOUR), levels.count(DAY)) == (2, 4, 3)
    hour = store.answers.series(now - HOUR, now + MINUTE, now, Only(), None)
    assert (hour["level"], sum(hour["series"]["count"])) == ("minute", 2)


def test_two_processes_at_once(store: Store) -> None:
    now = at("2026-11-24T12:00:00")
    some = batches(random.Random(5), 24, now - MINUTE, now)
    with ThreadPoolExecutor(4) as pool:
        twice = list(pool.map(lambda b: store.rollups.apply(b, now), [*some, *some]))
    assert twice.count(True) == 24
    store.raw = {batch.batch: batch for batch in some}
    assert store.rows() == store.recomputed()


def test_endpoints_are_bounded(store: Store) -> None:
    now = at("2026-11-24T12:00:00")
    record = made(random.Random(1), now)._replace(method="GET")
    with store.history.engine.begin() as db:
        db.execute(
            sa.insert(http_endpoint),
            [{"service": "", "route": f"/{n}", "method": "GET"} for n in range(ENDPOINTS - 2)],
        )
    records = [record._replace(route=f"/new/{n}") for n in range(10)]
    store.apply(Batch("more-of-them", "", now, 0, records), now)
    store.apply(Batch("and-again", "", now, 0, records), now)
    told = store.answers.endpoints(now - HOUR, now + MINUTE, now, Only())
    counts = {i["route"]: i["count"] for i in told["items"]}
    assert counts == {"/new/0": 2, "/new/1": 2, OTHER: 16}
    store.apply(Batch("of-another", "b", now, 0, records), now)  # each service has its own
    told = store.answers.endpoints(now - HOUR, now + MINUTE, now, Only(service="b"))
    assert len(told["items"]) == 10


def test_what_is_old_is_forgotten(store: Store) -> None:
    now = at("2026-11-24T12:00:00")
    rng = random.Random(2)
    for n, age in enumerate((0, MINUTES_KEPT + HOUR, 31 * DAY, 401 * DAY)):
        records = [made(rng, now - age)._replace(status=500, user="ann")]
        store.apply(Batch(f"batch-{n}", "", now - age, 0, records), now - age)
    while store.rollups.forget(now):
        pass
    left = sorted((level, (now - when) // DAY) for level, when, *_ in store.rows())
    assert left == [(MINUTE, 0), (HOUR, 0), (HOUR, 0), (HOUR, 31), (DAY, 0), (DAY, 0), (DAY, 31)]
    engine = store.history.engine
    assert len(read(engine, sa.select(http_error))) == 2
    assert len(read(engine, sa.select(http_batch))) == 2


def test_errors_are_kept_one_by_one(store: Store) -> None:
    now = at("2026-11-24T12:00:00")
    one = Record(now, "/a", "GET", 200, 1, 2, 3, 4_000, "ann", 0)
    records = [
        one,
        one._replace(status=404),  # hers: kept
        one._replace(status=404, user=None),  # anybody's: not
        one._replace(status=500, user=None),
        one._replace(flags=1),
        one._replace(flags=2, user=None, t=now + 5),
    ]
    store.apply(Batch("some-errors", "s", now, 0, records), now)
    told = store.answers.errors(now, now + 10, Only())
    assert [(e["status"], e["user"], e["aborted"], e["failed"]) for e in told] == [
        (200, None, False, True),
        (404, "ann", False, False),
        (500, None, False, False),
        (200, "ann", True, False),
    ]
    assert told[0]["duration"] == 0.004
    hers = store.answers.errors(now, now + 10, Only(route="/a"), "ann")
    assert [e["status"] for e in hers] == [404, 200]
    assert store.answers.errors(now, now + 10, Only(route="/b"), "ann") == []
    assert len(store.answers.errors(now, now + 10, Only(status_class=5))) == 1


# -- pure ---------------------------------------------------------------------------------------

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
