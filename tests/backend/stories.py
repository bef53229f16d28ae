"""What happens to histories, told once for SQLite and for PostgreSQL; more in stories_sealing."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from callvitals_server.attendance import merge
from callvitals_server.charts import chart
from callvitals_server.history import History
from callvitals_server.reads import summary_of
from callvitals_server.records import Keep
from callvitals_server.schema import attendance, ended, meeting, session, tally

from .kit import T0
from .stores import HOUR, MINUTE, Call, Open, make, over, tend

DAY = 24 * HOUR
NAMES = ["score", "upload", "rtt"]


class Opened:
    """Opens a test's history, again and again, and closes the one before."""

    def __init__(self, make: Open) -> None:
        self._make = make
        self.history: History | None = None

    def __call__(self, **more: Any) -> History:
        self.close()
        self.history = self._make(**more)
        return self.history

    def close(self) -> None:
        if self.history is not None:
            self.history.close()
            self.history = None


def count(history: History, table: sa.Table) -> int:
    """Rows in a table."""
    with history.engine.connect() as db:
        n = db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    return int(n)


# -- rollups, hours, meetings ---------------------------------------------------------------------


def hours_and_meetings(open_: Opened) -> None:
    """Two participants over an hour's edge: attendance, tallies, the summary, late rows."""
    history = open_()
    start = T0 // HOUR * HOUR + 50 * MINUTE
    ada, bob = Call("a" * 32, "m", "ada", "Ada", 0), Call("b" * 32, "m", "bob", "", 0)
    eve = Call("e" * 32, "m", "eve", "Eve", 0)
    told = {
        "facts": {"browser": "Firefox", "connection": "4g"},
        "pcs": {"c0": {"networkType": "wifi"}},
        "engine": "pyodide",
    }

    def rows(first: int, last: int, score: int) -> list[dict[str, Any]]:
        return [
            {"tick": n, "t": start + n * 1000, "values": {"score": score}, "events": []}
            for n in range(first, last)
        ]

    for call in (ada, bob, eve):
        call.claim(history, start)
        call.state(history, start, **told)
    bad = [*rows(0, 600, 440), *rows(600, 900, 200), *rows(900, 1170, 440)]
    bad[610]["events"] = [
        {"type": "issue-open", "issue": "i0", "name": "high-loss", "sentence": "Loses 9 %."}
    ]
    bad[890]["events"] = [{"type": "issue-close", "issue": "i0", "name": "high-loss"}]
    bad[1100]["events"] = [{"type": "rate", "stars": 2}]
    ada.store(history, bad)
    bob.store(history, rows(0, 1200, 440), left=True)
    failing = [{"tick": 0, "t": start, "values": {}, "events": []}]
    failing[0]["events"] = [{"type": "pc", "pc": "0", "connectionState": "failed"}]
    eve.store(history, failing, left=True)
    now = ada.end
    over(history, "m", now, "good")  # at last; what it comes to is another thing
    tend(history, now)
    row = history.meeting("m")
    assert row is not None
    assert summary_of(row) is None  # ada's last ticks are not sealed yet
    assert history.ended_kinds() == {"good": 1} == history.ended_kinds("m")
    now += 300_000
    tend(history, now)
    row = history.meeting("m")
    assert row is not None
    found = summary_of(row)
    assert found is not None
    assert (row["verdict"], row["rating"], row["stale"]) == ("poor", "good", False)
    assert history.ended_kinds() == {"poor": 1} == history.ended_kinds("m")
    assert history.ended_counts() == {"good": 1}
    assert [one["kind"] for one in history.ended(kind="poor")] == ["poor"]
    assert history.ended(kind="good") == []
    assert (found["minutes"], found["poorMinutes"], found["failed"]) == (39.5, 5.0, 1)
    assert (found["cause"], found["sentence"]) == ("high-loss", "Ada: Loses 9 %.")
    assert [one["participantId"] for one in found["who"]] == ["ada", "eve"]
    assert found["stars"] == {"2": 1}

    hourly = history.hourly(start, now)
    by = {(one["hour"] - start + 50 * MINUTE, one["by"], one["value"]): one for one in hourly}
    first, second = by[0, "all", ""], by[HOUR, "all", ""]
    sums = ("n", "good", "fair", "poor", "joined", "failed")
    assert [first[name] for name in sums] == [1_201_000, 1_200_000, 0, 0, 3, 1]
    assert [second[name] for name in sums] == [1_170_000, 870_000, 0, 300_000, 0, 0]
    assert by[HOUR, "issue", "high-loss"]["n"] == 280_000
    assert by[HOUR, "issue", "high-loss"]["count"] == 1
    assert by[HOUR, "stars", "2"]["count"] == 1
    for value in ("Firefox", "wifi", "pyodide"):
        assert (0, {"Firefox": "browser", "wifi": "network"}.get(value, "engine"), value) in by
    (whole,) = [one for one in merge(hourly, 1 << 60) if one["by"] == "all"]
    assert [whole[name] for name in sums] == [2_371_000, 2_070_000, 0, 300_000, 3, 1]

    # Once more of the same changes nothing; late rows change what they touch.
    before = history.hourly(start, now)
    with history.engine.begin() as db:
        db.execute(sa.update(session).values(sealed=session.c.sealed))
        db.execute(sa.update(meeting).values(stale=True))
    tend(history, now + DAY)
    assert history.hourly(start, now) == before
    ada.claim(history, now)
    ada.store(history, rows(1170, 1470, 200), now=now, left=True)
    over(history, "m", now, "poor")
    tend(history, now + 120_000)
    row = history.meeting("m")
    assert row is not None
    late = summary_of(row)
    assert late is not None
    assert (late["minutes"], late["poorMinutes"]) == (44.5, 10.0)
    (again,) = [one for one in history.hourly(start, now, ["all"]) if one["poor"]]
    assert again["poor"] == 600_000


def occurrences(open_: Opened) -> None:
    """The same meetingId on two days is two meetings; each has those who were there."""
    history = open_()
    first = Call("a" * 32, participant="ada", name="Zoë Ångström")
    second = Call("b" * 32, participant="bob", name="")
    first.claim(history, T0)
    first.store(history, make(range(20)), left=True)
    over(history, "m", first.end, "poor")
    second.claim(history, T0 + DAY)
    second.store(history, make(range(20), start=T0 + DAY))
    rows = history.occurrences("m")
    assert [(row["started_at"], row["live"]) for row in rows] == [(T0 + DAY, True), (T0, False)]
    assert [row["meeting_id"] for row in history.ended()] == ["m"]
    assert [one["participant_id"] for one in history.sessions("m")] == ["bob"]
    assert [one["participant_id"] for one in history.sessions("m", None, T0)] == ["ada"]
    assert history.ended_counts() == {"poor": 1}
    assert history.ended_counts(start=first.end + 1) == {}
    over(history, "m", second.end, "good")
    assert history.ended_counts() == {"poor": 1, "good": 1} == history.ended_counts("m")
    assert history.ended_kinds() == {"poor": 1, "good": 1} == history.ended_kinds("m")
    for part in ("ada", "ADA", "ZOË å"):
        assert [row["rating"] for row in history.ended(search=part)] == ["poor"]
    assert [row["rating"] for row in history.ended(end=T0)] == ["poor"]
    # Back within 300 s: the same occurrence goes on.
    second.claim(history, second.end + 299_000)
    assert [row["live"] for row in history.occurrences("m")] == [True, False]
    assert history.ended_counts() == {"poor": 1}


# -- charts ---------------------------------------------------------------------------------------


def a_spike_at_every_zoom(open_: Opened) -> None:
    history = open_()
    call = Call(offset=0)
    start = T0 // HOUR * HOUR
    call.claim(history, start)
    n = 5 * 3600
    rows = [
        {"tick": k, "t": start + k * 1000, "values": {"lossIn": k % 7, "score": 400}, "events": []}
        for k in range(n)
        if not 9000 <= k < 9200
    ]
    at = 7777
    rows[at]["values"] = {"lossIn": 5000, "score": 111}
    call.store(history, rows, size=60)
    tend(history, call.end)
    levels = set()
    for low, high in ((0, n), (3600, 10800), (7000, 8600), (7770, 7790)):
        for points in (4, 20, 60, 500, 5000):
            edges = (start + low * 1000, start + high * 1000)
            said = chart(history, call.session_id, ["lossIn", "score"], *edges, points)
            levels.add(said["level"])
            assert 0.5 in said["series"]["lossIn"], (low, high, points, said["level"])
            assert 1.11 in said["series"]["score"]
            width = {"raw": 1000, "1m": MINUTE, "1h": HOUR}[said["level"]]
            when = said["t"][said["series"]["lossIn"].index(0.5)]
            assert when <= start + at * 1000 < when + width
            marks = sum(1 for loss in said["series"]["lossIn"] if loss is None)
            assert said["shown"] == len(said["t"]) - marks
            if said["level"] != "1h":
                assert marks == (low < 9000 < high)
            starts = {int(row["t"]) // width * width for row in rows}
            wanted = [t for t in starts if edges[0] - width < t <= edges[1]]
            if said["level"] == "raw":
                wanted = [t for t in starts if edges[0] <= t <= edges[1]]
            assert said["total"] == len(wanted)
            assert said["shown"] <= points + marks + 1
            if low < 9000 < high and said["level"] != "1h":
                (gap,) = said["gaps"]
                assert gap["why"] == "lost"
                assert abs(gap["from"] - (start + 8999_000)) <= width
                assert abs(gap["to"] - (start + 9200_000)) <= width
    assert levels == {"raw", "1m", "1h"}


# -- what is old ----------------------------------------------------------------------------------


def forgetting(open_: Opened) -> None:
    keep = Keep(2 * DAY, 4 * DAY, 9 * DAY)
    history = open_(keep=keep)
    call = Call(offset=0)
    noon = T0 // DAY * DAY + DAY // 2
    call.claim(history, noon)
    call.store(history, make(range(1300), start=noon), left=True)
    call.state(history, call.end, sentence="kept for a while")
    over(history, "m", call.end)
    tend(history, call.end)
    (day,) = history.shelves.periods("raw")
    n = count(history, tally)
    assert n > 0

    def levels() -> list[str]:
        asked = [chart(history, call.session_id, ["rtt"], None, None, k) for k in (5, 50, 1000)]
        return [said["level"] if said["total"] else "none" for said in asked]

    def told(points: int) -> tuple[str, int, dict[str, Any]]:
        said = chart(history, call.session_id, ["rtt"], None, None, points)
        return said["level"], said["stats"]["ticks"], said["stats"]["series"]["rtt"]

    assert levels() == ["1m", "raw", "raw"]
    # Of every tick, though fewer are drawn.
    measured = sorted(
        (row["values"]["rtt"], -row["t"]) for row in call.rows if "rtt" in row["values"]
    )
    found = told(1000)
    worst, at = measured[-1][0] / 10000, -measured[-1][1]
    median = measured[(len(measured) - 1) // 2][0] / 10000
    assert found == ("raw", 1300, {"median": median, "worst": worst, "at": at})
    # Buckets know the worst as well, and when it was to the minute.
    coarse = told(5)
    assert coarse[:2] == ("1m", 1300)
    assert coarse[2]["worst"] == worst
    assert 0 <= at - coarse[2]["at"] < 60_000
    assert measured[0][0] / 10000 <= coarse[2]["median"] <= worst
    tend(history, noon + 2 * DAY + DAY // 2 - 1)
    assert history.shelves.periods("raw") == [day]
    tend(history, noon + 2 * DAY + DAY // 2 + 700_000)
    assert history.shelves.periods("raw") == []
    assert levels() == ["1m"] * 3
    assert told(1000) == coarse  # only they are left: nothing else changes
    assert len(history.events(call.session_id)) > 0
    tend(history, noon + 5 * DAY)
    assert history.shelves.periods("minute") == []
    assert levels() == ["1h"] * 3
    assert history.events(call.session_id) == []
    assert count(history, attendance) == 0
    row = history.session(call.session_id)
    assert row is not None
    assert row["state"] is None
    assert count(history, tally) == n
    kept = history.meeting("m")
    assert kept is not None
    assert summary_of(kept) is not None
    tend(history, noon + 50 * DAY)
    assert history.shelves.periods("hour") == []
    assert history.ended() == []
    assert history.ended_counts() == {}
    assert history.session(call.session_id) is None
    for table in (session, meeting, tally, ended):
        assert count(history, table) == 0
