"""/api/endpoints of a real service, fed by the middleware of a real app."""

from __future__ import annotations

import urllib.parse
import urllib.request
from typing import Any

import pytest

from .http_app import app_of, listed, total
from .http_kit import asked, serving
from .kit import Page, Server, until


@pytest.fixture(scope="module")
def used(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The service, after an app was asked some things."""
    app = app_of(server.url, tmp_path_factory.mktemp("spool"), service="shop")
    with serving(app) as port:
        for n in range(30):
            asked(port, f"GET /hello/{n}?user{n % 3} HTTP/1.1")
        for _ in range(4):
            asked(port, "GET /fails?user1 HTTP/1.1")
        asked(port, "GET /stream HTTP/1.1")
        asked(port, "GET /nowhere HTTP/1.1")
    until(lambda: total(server, "shop") == 36)
    return server


def test_endpoints_are_told(used: Server) -> None:
    items = {i["route"]: i for i in listed(used, "range=1h&service=shop")}
    hello = items["/hello/{name}"]
    assert (hello["method"], hello["statusClass"], hello["count"]) == ("GET", "2xx", 30)
    assert hello["responseBytes"] == sum(len(f'{{"hello":"{n}"}}') for n in range(30))
    assert hello["users"] == 3
    assert 0 < hello["latency"]["p50"] <= hello["latency"]["p99"] <= hello["latency"]["max"] < 10
    assert (items["/fails"]["errors"], items["/fails"]["statusClass"]) == (4, "5xx")
    assert (items["/stream"]["streamed"], items["/stream"]["responseBytes"]) == (1, 200_000)
    assert items["<unmatched>"]["statusClass"] == "4xx"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("sort=busiest", "/hello/{name}"),
        ("sort=largest", "/stream"),
        ("sort=failing", "/fails"),
        ("sort=route", "/fails"),
        ("sort=-route", "<unmatched>"),
        ("sort=responseBytes", "<unmatched>"),
        ("search=STR", "/stream"),
        ("search=%25", None),
        ("status=5xx", "/fails"),
        ("method=post", None),
        ("limit=1&offset=1&sort=route", "/hello/{name}"),
        ("by=endpoint&sort=-errors", "/fails"),
    ],
)
def test_sort_and_search(used: Server, query: str, first: str | None) -> None:
    items = listed(used, f"range=1h&service=shop&{query}")
    assert (items[0]["route"] if items else None) == first
    if query.startswith("by=endpoint"):
        assert items[0]["statusClass"] is None


def test_slowest_first(used: Server) -> None:
    found = [i["latency"]["p95"] for i in listed(used, "range=1h&service=shop&sort=slowest")]
    assert found == sorted(found, reverse=True)


def test_one_endpoint_over_time(used: Server) -> None:
    route = urllib.parse.quote("/hello/{name}")
    for span, level in (("1h", "minute"), ("24h", "hour"), ("30d", "day")):
        query = f"route={route}&range={span}&tz=Europe/Berlin&service=shop"
        status, found = used.get(f"/api/endpoints/series?{query}")
        assert (status, found["level"]) == (200, level)
        series = found["series"]
        assert sum(series["count"]) == 30
        assert {len(column) for column in series.values()} == {len(found["t"])}
        assert [p is None for p in series["p95"]] == [not n for n in series["count"]]


def test_the_service_watches_itself(used: Server) -> None:
    used.get("/api/meetings/nobody-knows")
    route = "/api/meetings/{meeting_id}"

    def told() -> Any:
        items = listed(used, "range=1h&service=callvitals&limit=1000")
        return [i for i in items if i["route"] == route and i["statusClass"] == "4xx"]

    assert until(told)[0]["count"] >= 1


async def test_errors_of_a_participant_stand_beside_their_call(used: Server, page: Any) -> None:
    caller: Page = page(used.url, meeting="api-meeting", participant="user1")
    await caller.connect()
    await caller.full({})
    await caller.close()
    path = "/api/meetings/api-meeting/participants/user1/api-errors"
    status, found = used.get(path)
    assert status == 200
    told = [(e["route"], e["status"], e["user"]) for e in found["items"]]
    assert told == [("/fails", 503, "user1")] * 4
    assert used.get("/api/meetings/api-meeting/participants/x/api-errors")[0] == 404


def test_failed_requests_one_by_one(used: Server) -> None:
    status, found = used.get("/api/endpoints/errors?service=shop&user=user1&status=5xx&limit=3")
    assert (status, len(found["items"])) == (200, 3)
    assert used.get("/api/endpoints/errors?user=none")[1]["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        "range=x",
        "range=0h",
        "range=999999d",
        "from=5&to=5",
        "sort=nothing",
        "limit=0",
        "status=6xx",
    ],
)
def test_questions_that_make_no_sense(server: Server, query: str) -> None:
    status, found = server.get(f"/api/endpoints?{query}")
    assert status == 422
    assert found["detail"]
    assert server.get("/api/endpoints/series?tz=Nowhere/Land")[0] == 422
