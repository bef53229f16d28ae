"""Rollups equal a recomputation from the raw batches: in any order, doubled, late, through midnight
and changes of the clock; on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from callvitals_server.database import read
from callvitals_server.history import History
from callvitals_server.http_answers import Only, item
from callvitals_server.http_batch import OLDEST_MS, Batch, Record, timely
from callvitals_server.http_rollup import (
    DAY,
    ENDPOINTS,
    HOUR,
    MINUTE,
    MINUTES_KEPT,
    summed,
)
from callvitals_server.http_routes import OTHER
from callvitals_server.schema_http import http_batch, http_endpoint, http_error

from .http_store import Store, at, batches, made

BERLIN = ZoneInfo("Europe/Berlin")
KATHMANDU = ZoneInfo("Asia/Kathmandu")  # UTC+5:45


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = request.getfixturevalue("database") if request.param == "postgres" else ""
    history = History(tmp_path / "data", url=url)
    yield Store(history)
    history.close()


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
