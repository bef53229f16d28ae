"""REST: lists by filter and order, page by page; one meeting; hours and days; health."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callvitals_server.records import StorageError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from .archive import RATED, STANDUP, Archive, Client, Known
from .stores import DAY, HOUR, MINUTE

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """Shared; only read."""
    archive = Archive(tmp_path_factory.mktemp("archive"))
    yield archive
    archive.close()


@pytest.fixture(scope="module")
def client(archive: Archive) -> Iterator[Client]:
    """Asks its REST."""
    client = Client(archive.app())
    yield client
    client.close()


def get(client: Client, path: str, status: int = 200, **query: Any) -> Any:
    given = {name.rstrip("_"): value for name, value in query.items() if value is not None}
    answer = client.get(path, **given)
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


# -- lists ----------------------------------------------------------------------------------------

# Ascending keys, live ones before those that ended.
ORDERS: dict[str, Any] = {
    "worst": lambda m: (_rank(m), m.score or 0, m.id) if m.live else (-m.started, _desc(m.id)),
    "score": lambda m: (_value(m), m.id) if m.live else (_value(m), -m.started, _desc(m.id)),
    "started": lambda m: (-m.started, m.id if m.live else _desc(m.id)),
    "participants": lambda m: (
        (-len(m.people), m.id) if m.live else (-len(m.people), -m.started, _desc(m.id))
    ),
    "duration": lambda m: (
        (m.started, m.id) if m.live else (m.started - m.last, -m.started, _desc(m.id))
    ),
    "name": lambda m: (m.id, m.started),
}


def _rank(m: Known) -> int:
    return ("poor", "fair", "good", "unknown").index(m.rating)


def _value(m: Known) -> float:
    return math.inf if m.score is None else m.score


def _desc(text: str) -> tuple[int, ...]:
    """For falling order. No id here begins another."""
    return tuple(-ord(letter) for letter in text)


def _fits(m: Known, filter_: dict[str, Any]) -> bool:
    needle = (filter_.get("search") or "").casefold()
    words = [m.id, *m.people, *m.people.values()]
    live, rating, verdict = (filter_.get(name) for name in ("live", "rating", "verdict"))
    return (
        live in (None, m.live)
        and rating in (None, m.rating)
        and (verdict is None or (not m.live and m.verdict == verdict))
        and any(needle in word.casefold() for word in words)
        and (filter_.get("to") is None or m.started <= filter_["to"])
        and (filter_.get("from") is None or m.live or m.last >= filter_["from"])
    )


_TIMES = st.one_of(st.none(), st.integers(-22 * DAY, DAY))


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(sorted(ORDERS)),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, *RATED]),
    st.sampled_from([None, None, "good", "poor"]),
    st.sampled_from(["", "ada", "RETRO", "%", "room 1", "nobody"]),
    st.tuples(_TIMES, _TIMES),
    st.sampled_from([1, 3, 7, 50]),
)
def test_every_list_is_what_a_plain_list_gives(
    archive: Archive,
    client: Client,
    sort: str,
    live: bool | None,
    rating: str | None,
    verdict: str | None,
    search: str,
    times: tuple[int | None, int | None],
    limit: int,
) -> None:
    low, high = (None if t is None else archive.now + t for t in times)
    asked = {"live": live, "rating": rating, "verdict": verdict, "search": search}
    asked |= {"from": low, "to": high}
    found = [m for m in archive.meetings if _fits(m, asked)]
    wanted = sorted((m for m in found if m.live), key=ORDERS[sort])
    wanted += sorted((m for m in found if not m.live), key=ORDERS[sort])
    seen: list[tuple[str, int]] = []
    cursor = ""
    while cursor is not None:
        said = get(client, "/api/meetings", **asked, sort=sort, limit=limit, cursor=cursor)
        assert said["total"] == len(wanted)
        assert len(said["items"]) <= limit
        seen += [(item["meetingId"], item["startedAt"]) for item in said["items"]]
        cursor = said["next"]
        assert cursor is None or len(said["items"]) == limit
    assert seen == [(m.id, m.started) for m in wanted]


def test_a_row_of_the_list(client: Client, archive: Archive) -> None:
    (item,) = get(client, "/api/meetings", search="standup")["items"]
    summary = item.pop("summary")
    assert item == {
        "meetingId": "standup",
        "live": False,
        "startedAt": STANDUP,
        "endedAt": STANDUP + 1_200_000,
        "participants": 3,
        "score": 2.0,
        "rating": "poor",
        "sentence": "Ada suffers.",
    }
    assert summary == get(client, "/api/meetings/standup/summary")
    said = get(client, "/api/meetings", live=True, sort="worst", limit=1)["items"][0]
    assert (said["live"], said["endedAt"], said["summary"]) == (True, None, None)
    assert said["rating"] == "poor"


def test_summaries_are_of_those_that_ended(client: Client, archive: Archive) -> None:
    said = get(client, "/api/summaries", verdict="poor", limit=500)
    assert {item["summary"]["verdict"] for item in said["items"]} == {"poor"}
    everything = get(client, "/api/summaries", limit=500)
    assert everything["total"] == sum(1 for m in archive.meetings if not m.live)
    starts = [item["startedAt"] for item in everything["items"]]
    assert starts == sorted(starts, reverse=True)


@pytest.mark.parametrize(
    "cursor", ["x", "W10=", "bnVsbA==", "WzEsMl0=", "W3RydWUsIm5hbWUiLFsxXV0="]
)
def test_cursors_that_are_none(client: Client, cursor: str) -> None:
    assert "cursor" in get(client, "/api/meetings", 422, cursor=cursor, sort="name")["detail"]


def test_a_cursor_is_of_one_order(client: Client) -> None:
    cursor = get(client, "/api/meetings", limit=1)["next"]
    get(client, "/api/meetings", 422, sort="name", cursor=cursor)


# -- one meeting ----------------------------------------------------------------------------------


def test_who_was_there(client: Client) -> None:
    said = get(client, "/api/meetings/standup")
    assert [p["participantId"] for p in said["participants"]] == ["ada", "bob", "eve"]
    assert (said["live"], said["rating"], said["issues"]) == (False, "poor", [])
    listed = get(client, "/api/meetings/standup/participants")
    assert listed["items"] == said["participants"]
    ada = get(client, "/api/meetings/standup/participants/ada")
    assert ada == said["participants"][0]
    assert [s["sessionId"] for s in ada["sessions"]] == ["a" * 32]
    get(client, "/api/meetings/standup/participants/nobody", 404)
    get(client, "/api/meetings/none/participants", 404)


def test_what_a_meeting_came_to(client: Client) -> None:
    said = get(client, "/api/meetings/standup/summary")
    assert (said["verdict"], said["poorMinutes"], said["cause"]) == ("poor", 5.0, "high-loss")
    assert said["sentence"] == "Ada: Losing 9 % of incoming packets."
    assert (said["failed"], said["stars"]) == (1, {"2": 1})
    assert [who["participantId"] for who in said["who"]] == ["ada", "eve"]
    problem = get(client, "/api/meetings/live 1/summary", 404)
    assert "yet" in problem["detail"]


def test_issues_from_beginning_to_end(client: Client) -> None:
    said = get(client, "/api/meetings/standup/issues")
    (own,) = [one for one in said["own"] if one["type"] == "high-loss"]
    assert (own["participantId"], own["severity"]) == ("ada", "major")
    assert (own["since"], own["until"]) == (STANDUP + 605_000, STANDUP + 885_000)
    (whole,) = [one for one in said["issues"] if one["type"] == "high-loss"]
    assert (whole["scope"], whole["participants"]) == ("one", ["ada"])
    of_bob = get(client, "/api/meetings/standup/issues", participant="bob")
    assert (of_bob["issues"], of_bob["own"]) == ([], [])
    get(client, "/api/meetings/none/issues", 404)


def test_events_of_all_and_of_one(client: Client) -> None:
    said = get(client, "/api/meetings/standup/events")
    told = [(one["participantId"], one["type"]) for one in said["events"]]
    assert told == [("eve", "pc"), ("ada", "issue-open"), ("ada", "issue-close"), ("ada", "rate")]
    assert [one["t"] for one in said["events"]] == sorted(one["t"] for one in said["events"])
    some = get(client, "/api/meetings/standup/events", type="rate,pc", to=STANDUP + 5000)
    assert [one["type"] for one in some["events"]] == ["pc"]
    own = get(client, "/api/meetings/standup/participants/ada/events")
    assert [one["type"] for one in own["events"]] == ["issue-open", "issue-close", "rate"]
    assert own["events"][0]["evidence"]["loss"] == 0.09


def test_each_time_it_took_place(client: Client, archive: Archive) -> None:
    wanted = sorted((m.started for m in archive.meetings if m.id == "retro"), reverse=True)
    assert len(wanted) > 1
    said = get(client, "/api/meetings/retro/occurrences")
    assert [item["startedAt"] for item in said["items"]] == wanted
    oldest = get(client, "/api/meetings/retro", started=wanted[-1])
    (truth,) = [m for m in archive.meetings if (m.id, m.started) == ("retro", wanted[-1])]
    assert {p["participantId"] for p in oldest["participants"]} == set(truth.people)
    assert oldest["endedAt"] == truth.last
    get(client, "/api/meetings/retro", 404, started=1)
    # Any time in it means it, too, as long as nobody could have begun another.
    for then in (truth.started + 1, truth.last, truth.last + 5 * MINUTE):
        assert get(client, "/api/meetings/retro", started=then)["startedAt"] == truth.started
    get(client, "/api/meetings/retro", 404, started=truth.started - 1)
    get(client, "/api/meetings/retro", 404, started=truth.last + 6 * MINUTE)
    (live,) = get(client, "/api/meetings/live 2/occurrences")["items"]
    assert live["live"]


# -- hours and days -------------------------------------------------------------------------------


def test_hours_and_days(client: Client) -> None:
    edge = STANDUP // HOUR * HOUR + HOUR
    range_ = {"from": STANDUP, "to": STANDUP + 1_200_000}
    said = get(client, "/api/hourly", **range_)
    assert said["width"] == HOUR
    first, second = [item for item in said["items"] if item["start"] in (edge - HOUR, edge)]
    assert (first["joined"], first["failed"], first["poorMinutes"]) == (3, 1, 0)
    assert (second["joined"], second["failed"], second["poorMinutes"]) == (0, 0, 5.0)
    assert second["poorShare"] == 0.25
    assert first["minutes"] + second["minutes"] == pytest.approx(40.0, abs=0.1)
    day = get(client, "/api/daily", **range_, by="all,browser,network,engine,issue,stars")
    by = {(item["by"], item["value"]): item for item in day["items"]}
    assert {item["start"] for item in day["items"]} == {STANDUP // DAY * DAY}
    assert by["issue", "high-loss"]["count"] == 1
    assert by["issue", "high-loss"]["minutes"] == pytest.approx(280 / 60, abs=0.01)
    assert by["stars", "2"]["count"] == 1
    assert by["browser", "Firefox"]["failed"] == 1
    assert ("network", "wifi") in by
    assert by["engine", "pyodide"]["poorMinutes"] == 5.0
    get(client, "/api/hourly", 422, by="weather")
    get(client, "/api/hourly", 422, **{"from": 5, "to": 4})
    get(client, "/api/hourly", 422, **{"from": 0, "to": 40 * DAY})


def test_days_are_their_hours(client: Client, archive: Archive) -> None:
    range_ = {"from": archive.now - 25 * DAY, "to": archive.now}
    sums: dict[int, float] = {}
    for item in get(client, "/api/hourly", **range_)["items"]:
        day = item["start"] // DAY * DAY
        sums[day] = sums.get(day, 0) + item["minutes"]
    days = {item["start"]: item["minutes"] for item in get(client, "/api/daily", **range_)["items"]}
    assert days == pytest.approx(sums, abs=0.2)
    assert len(days) > 10


# -- health ---------------------------------------------------------------------------------------


def test_metrics_are_openmetrics(client: Client, archive: Archive) -> None:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    families = {f.name: f for f in text_string_to_metric_families(answer.text)}
    live = {s.labels["rating"]: s.value for s in families["callvitals_meetings"].samples}
    assert live == {r: sum(1 for m in archive.meetings if m.live and m.rating == r) for r in RATED}
    (up,) = families["callvitals_history_writable"].samples
    assert up.value == 1
    assert families["callvitals_build"].samples[0].labels["version"]
    for name in ("participant_seconds", "poor_seconds", "joins", "failed_joins", "issues"):
        assert f"callvitals_last_hour_{name}" in families


def test_the_last_hour_of_metrics(archive: Archive, client: Client) -> None:
    now = archive.now
    archive.now = STANDUP // HOUR * HOUR + 2 * HOUR + MINUTE
    try:
        text = client.get("/metrics").text
    finally:
        archive.now = now
    families = {f.name: f for f in text_string_to_metric_families(text)}
    spent = {
        s.labels["rating"]: s.value
        for s in families["callvitals_last_hour_participant_seconds"].samples
    }
    assert spent["poor"] == 300
    (issue,) = families["callvitals_last_hour_issue_seconds"].samples
    assert (issue.labels["type"], issue.value) == ("high-loss", 280)


def test_grafanas_dashboard_asks_for_what_there_is(client: Client) -> None:
    board = json.loads((ROOT / "deploy/grafana/callvitals.json").read_text())
    families = {f.name: f for f in text_string_to_metric_families(client.get("/metrics").text)}
    suffix = {"counter": "_total", "info": "_info"}
    there = {name + suffix.get(f.type, "") for name, f in families.items()}
    labels = {
        name + suffix.get(f.type, ""): {label for s in f.samples for label in s.labels}
        for name, f in families.items()
    }
    asked = [t["expr"] for panel in board["panels"] for t in panel.get("targets", [])]
    assert len(asked) > 15
    for expr in asked:
        for name, inner in re.findall(r"(callvitals_\w+)\{([^}]*)\}", expr):
            assert name in there, name
            used = set(re.findall(r"(\w+)=", inner)) - {"job"}
            assert used <= labels[name] or not families_have_samples(families, name), expr
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))


def families_have_samples(families: dict[str, Any], name: str) -> bool:
    bare = re.sub("_(total|info)$", "", name)
    return bool(families.get(name, families.get(bare)).samples)


def test_health(client: Client) -> None:
    assert get(client, "/healthz")["status"] == "ok"
    assert get(client, "/readyz") == {"status": "ready"}


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [(StorageError("disk I/O error"), 503, "disk I/O error"), (ValueError("x"), 500, "its log")],
)
def test_what_fails_inside_is_a_problem(
    archive: Archive,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    words: str,
) -> None:
    def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(archive.history, "occurrences", fails)
    said = get(client, "/api/meetings/retro/occurrences", status)
    assert said["status"] == status
    assert words in said["detail"]
    assert "Traceback" not in said["detail"]
