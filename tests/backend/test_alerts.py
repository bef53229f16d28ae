"""Alerts over a real database: what is kept, told once, silenced, and goes on after a restart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from callvitals_server import alert_message, attendance
from callvitals_server.alert_calls import Seen
from callvitals_server.alert_config import Config
from callvitals_server.alert_rules import Rule
from callvitals_server.alert_sessions import everywhere, here
from callvitals_server.alert_state import MOST
from callvitals_server.alert_store import AlertStore
from callvitals_server.alerts import Alerts
from callvitals_server.history import History
from callvitals_server.http_answers import HttpAnswers
from callvitals_server.http_batch import Batch, Record
from callvitals_server.http_rollup import Rollups
from callvitals_server.lease import Lease
from callvitals_server.live import Live
from callvitals_server.records import Keep, Piece, Saved, StorageError, Who
from callvitals_server.schema import meeting

from .alert_kit import T0, made, seen

OPS = {"channels": {"ops": {"type": "webhook", "url": "http://127.0.0.1:9/x"}}}


class Queue:
    """The jobs that were added: the same key is the same job."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.refuses = False

    async def add(
        self, kind: str, payload: dict[str, Any], key: str | None = None, title: str = ""
    ) -> str:
        assert kind == "alert"
        assert title
        if self.refuses:
            raise StorageError("the disk is full")
        assert key is not None
        self.jobs.setdefault(key, payload)
        return key

    def told(self) -> list[tuple[str, str, str]]:
        """(channel, type, subject or meeting) of each."""
        events = [(p["channel"], p["event"]) for p in self.jobs.values()]
        return [
            (c, e["type"], e["data"].get("subject") or e["data"]["meetingId"]) for c, e in events
        ]


class Desk:
    """Alerts with a clock and sessions of the test."""

    def __init__(self, history: History, *rules: Rule, **config: Any) -> None:
        self.history = history
        self.now = T0
        self.here: list[Seen] = []
        self.queue = Queue()
        self.config = Config.model_validate({**OPS, **config, "rules": rules})
        self.lease = Lease(history.engine)
        self.restart()

    def restart(self) -> None:
        engine = self.history.engine
        self.lease.close()  # as the death of a process does
        self.lease = Lease(engine)
        self.counts: Counter[str] = Counter()

        async def sessions(_now: int) -> list[Seen]:
            return self.here

        self.store = AlertStore(engine)
        self.alerts = Alerts(
            self.config,
            self.store,
            self.lease,
            sessions,
            HttpAnswers(engine),
            self.queue,
            lambda: self.now,
            self.counts,
            "http://vitals",
            Keep().hours,
        )

    async def looks(self, ratings: str, seconds: int = 5) -> list[tuple[str, str]]:
        """So many seconds with participants that are poor (p) or good (g): (subject, state) of all
        alerts."""
        self.here = [
            seen(n, rating={"p": "poor", "g": "good"}[one]) for n, one in enumerate(ratings)
        ]
        for _ in range(0, seconds, 5):
            self.now += 5000
            await self.alerts.look()
        return self.states()

    def states(self) -> list[tuple[str, str]]:
        return [(a.subject, a.state) for a, _, _ in self.store.page("", "", None, 500)]


@pytest.fixture(params=["sqlite", "postgresql"])
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[History]:
    url = request.getfixturevalue("database") if request.param == "postgresql" else ""
    history = History(tmp_path, url=url)
    yield history
    history.close()


Make = Callable[..., Desk]


@pytest.fixture
def at_desk(history: History) -> Iterator[Make]:
    """Makes desks, one after the other."""
    made: list[Desk] = []

    def make(*rules: Rule, **config: Any) -> Desk:
        for old in made:
            old.lease.close()
        made.append(Desk(history, *rules, **config))
        return made[-1]

    yield make
    for old in made:
        old.lease.close()


def poor(**more: Any) -> Rule:
    return made(**{"for": 10, "hold": 30, "window": 10, "minSample": 1, "deliver": ["ops"]} | more)


async def test_from_pending_to_resolved_told_once_each(at_desk: Make) -> None:
    desk = at_desk(poor())
    assert await desk.looks("ggg") == []
    assert await desk.looks("pgg", 10) == [("all calls", "pending")]
    assert desk.queue.jobs == {}
    assert await desk.looks("pgg", 60) == [("all calls", "firing")]
    assert await desk.looks("ggg", 60) == [("all calls", "resolved")]
    assert await desk.looks("ggg", 60) == [("all calls", "resolved")]
    assert desk.queue.told() == [
        ("ops", "alert.firing", "all calls"),
        ("ops", "alert.resolved", "all calls"),
    ]
    firing, resolved = (p["event"]["data"] for p in desk.queue.jobs.values())
    assert firing["id"] == resolved["id"]
    assert firing["sentence"] == ("Rated poor: 33.3 % of 3 participants in 10 s. Limit: 20 %.")
    assert (firing["resolvedAt"], firing["url"]) == (None, "http://vitals/alerts")
    assert resolved["resolvedAt"] > firing["firedAt"]


async def test_what_only_threatened_leaves_nothing(at_desk: Make) -> None:
    desk = at_desk(poor(window=10))
    await desk.looks("pgg")
    assert desk.states() == [("all calls", "pending")]
    assert await desk.looks("ggg", 15) == []
    assert desk.queue.jobs == {}


async def test_a_restart_forgets_nothing_and_tells_nothing_twice(at_desk: Make) -> None:
    desk = at_desk(poor())
    await desk.looks("pgg", 15)
    told = dict(desk.queue.jobs)
    assert len(told) == 1
    desk.restart()
    assert await desk.looks("pgg", 5) == [("all calls", "firing")]
    assert desk.queue.jobs == told
    desk.restart()
    assert await desk.looks("", 30) == [("all calls", "firing")]  # nobody is back yet
    assert await desk.looks("ggg", 60) == [("all calls", "resolved")]
    assert len(desk.queue.jobs) == 2


async def test_a_pending_alert_goes_on_after_a_short_restart(at_desk: Make) -> None:
    desk = at_desk(poor(**{"for": 60}))
    await desk.looks("pgg", 40)
    desk.restart()
    assert await desk.looks("pgg", 20) == [("all calls", "pending")]
    assert await desk.looks("pgg", 5) == [("all calls", "firing")]


async def test_a_death_between_saving_and_telling_is_made_good(at_desk: Make) -> None:
    desk = at_desk(poor())
    desk.queue.refuses = True
    await desk.looks("pgg", 5)
    with pytest.raises(StorageError):
        await desk.looks("pgg", 15)
    assert desk.states() == [("all calls", "firing")]
    desk.restart()
    desk.queue.refuses = False
    await desk.looks("pgg")
    assert desk.queue.told() == [("ops", "alert.firing", "all calls")]
    # The same, had it died after telling and before noting so.
    with desk.history.engine.begin() as db:
        db.execute(sa.text("UPDATE alert SET fired_told = NULL"))
    desk.restart()
    await desk.looks("pgg")
    assert len(desk.queue.jobs) == 1


async def test_silences(at_desk: Make) -> None:
    desk = at_desk(poor())
    row = desk.store.silence("r", "all*", T0, T0 + 60_000, "works", T0)
    other = desk.store.silence("r", "m", T0, T0 + 600_000, "", T0)
    assert await desk.looks("pgg", 50) == [("all calls", "firing")]
    assert desk.queue.jobs == {}
    # It still fires when the silence is over: now it is told.
    await desk.looks("pgg", 10)
    assert desk.queue.told() == [("ops", "alert.firing", "all calls")]
    assert [s["id"] for s in desk.store.silences(desk.now)] == [other["id"]]
    # A silence does not keep an end from who was told of the beginning.
    row = desk.store.silence("*", "*", desk.now, desk.now + 600_000, "", desk.now)
    await desk.looks("ggg", 60)
    assert len(desk.queue.jobs) == 2
    # And what began and ended in silence is not told at all.
    await desk.looks("pgg", 60)
    await desk.looks("ggg", 60)
    assert [s for _, s in desk.states()] == ["resolved", "resolved"]
    assert desk.store.end_silence(row["id"])
    assert not desk.store.end_silence(row["id"])
    await desk.looks("ggg", 30)
    assert len(desk.queue.jobs) == 2


async def test_rules_of_rest_come_and_go(at_desk: Make) -> None:
    desk = at_desk()
    assert desk.store.put_rule(poor(name="mine"), T0)
    assert await desk.looks("pgg", 20) == [("all calls", "firing")]
    desk.store.put_rule(poor(name="mine", enabled=False), T0)
    assert await desk.looks("pgg") == [("all calls", "resolved")]
    assert [t for _, t, _ in desk.queue.told()] == ["alert.firing", "alert.resolved"]
    assert desk.store.delete_rule("mine")
    assert not desk.store.delete_rule("mine")
    # The file's rule wins over one of the same name.
    desk = at_desk(poor(name="both", severity="critical"))
    desk.store.put_rule(poor(name="both", severity="info"), T0)
    assert [(r.severity, s) for r, s in desk.alerts.rules()] == [("critical", "file")]


async def test_many_alerts_in_pages(at_desk: Make) -> None:
    desk = at_desk(poor(per="meeting"))
    desk.here = [seen(1, meeting=f"m{n:03}", rating="poor") for n in range(MOST + 5)]
    for _ in range(3):
        desk.now += 5000
        await desk.alerts.look()
    assert desk.counts["alerts-beyond"] == 15
    names: list[str] = []
    place = None
    while rows := desk.store.page("firing", "r", place, 7):
        names += [a.subject for a, _, _ in rows]
        place = rows[-1][2]
    assert len(names) == len(set(names)) == MOST
    assert len(desk.queue.jobs) == MOST


async def test_on_endpoints(at_desk: Make) -> None:
    rule = {"name": "api", "on": "endpoints", "deliver": ["ops"], "for": 0, "hold": 0}
    rules = [
        Rule.model_validate({**rule, **more})
        for more in (
            {"name": "errors", "metric": "errorShare", "above": 0.1, "per": "endpoint"},
            {"name": "slow", "metric": "p95", "above": 0.5, "match": {"service": "shop"}},
            {"name": "silent", "metric": "rate", "below": 0.1, "window": 60},
            {"name": "many", "metric": "errorShare", "above": 0.1, "share": 0.5},
        )
    ]
    desk = at_desk(*rules)
    rollups = Rollups(desk.history.engine, Keep())

    def ask(name: str, n: int, status: int, last: int, service: str = "shop") -> None:
        record = Record(desk.now, f"/{name}", "GET", status, 0, 100, last, last, None, 0)
        batch = Batch(f"{name}-{status}-{desk.now}", service, desk.now, 0, [record] * n)
        assert rollups.apply(batch, desk.now)

    assert await desk.looks("") == [("all endpoints", "firing")]  # nobody asks for anything
    ask("a", 40, 200, 900_000)
    ask("b", 30, 200, 10_000)
    ask("b", 10, 503, 10_000)
    ask("c", 5, 503, 10_000)  # too few to tell
    ask("own", 50, 503, 10_000, "callvitals")  # nobody asked about us
    await desk.looks("")
    found = {(a.rule, a.subject): a for a, _, _ in desk.store.page("", "", None, 100)}
    assert {key: a.state for key, a in found.items()} == {
        ("silent", "all endpoints"): "resolved",
        ("errors", "shop GET /b"): "firing",
        ("slow", "all endpoints"): "firing",
        ("many", "all endpoints"): "firing",
    }
    errors = found["errors", "shop GET /b"]
    assert errors.value == 0.25
    assert errors.about == {"service": "shop", "method": "GET", "route": "/b"}
    assert errors.sentence == (
        "Share of errors at shop GET /b: 25 % of 40 requests in 5 min. Limit: 10 %."
    )
    assert found["slow", "all endpoints"].value == pytest.approx(0.9, rel=0.01)
    assert found["many", "all endpoints"].value == 0.5
    desk.now += 400_000
    await desk.looks("")
    states = {a.rule: a.state for a, _, _ in desk.store.page("", "", None, 3)}
    assert states["silent"] == "firing"
    assert len([s for _, s in desk.states() if s == "resolved"]) == 4


async def test_meetings_that_ended_are_told_once(at_desk: Make) -> None:
    desk = at_desk(meetings={"deliver": ["ops"], "verdicts": ["poor"]})
    suffered = {
        "n": 570_000, "good": 390_000, "fair": 0, "poor": 180_000, "failed": False, "stars": "{}",
        "issues": '{"high-loss": {"n": 1, "ms": 180000, "sentence": "Losing 9 % of packets."}}',
    }  # fmt: skip
    summary = orjson.dumps(attendance.summary({"p1": "Ada"}, [("p1", suffered)])).decode()

    def ended(name: str, verdict: str = "poor", stale: bool = False, last: int = 0) -> None:
        with desk.history.engine.begin() as db:
            row = {
                "meeting_id": name, "started_at": T0 - 600_000, "last_at": last or desk.now,
                "live": False, "participants": 3, "score": 250, "rating": "poor",
                "sentence": "", "stale": stale, "verdict": verdict, "summary": summary,
            }  # fmt: skip
            db.execute(sa.insert(meeting).values(row))

    ended("before", last=T0 - 1000)
    await desk.looks("")
    assert desk.queue.jobs == {}  # it ended before anybody was to be told
    ended("a")
    ended("b", verdict="good")
    ended("c", stale=True)  # not summed up yet
    await desk.looks("", 30)
    desk.restart()
    await desk.looks("", 30)
    assert desk.queue.told() == [("ops", "meeting.ended", "a")]
    (job,) = desk.queue.jobs.values()
    data = job["event"]["data"]
    assert (data["poorMinutes"], data["url"]) == (
        3,
        f"http://vitals/m/a?started={T0 - 600_000}",
    )
    assert alert_message.title_of(job["event"]) == "Meeting a ended: poor"
    assert alert_message.lines_of(job["event"])[1:] == [
        "Ada: Losing 9 % of packets.",
        "Ada: poor, 3.0 of 9.5 minutes poor",
    ]
    with desk.history.engine.begin() as db:
        db.execute(sa.update(meeting).where(meeting.c.meeting_id == "c").values(stale=False))
    await desk.looks("", 30)
    assert [name for _, _, name in desk.queue.told()] == ["a", "c"]


async def test_one_process_of_several_looks(database: str, tmp_path: Path) -> None:
    one, two = (History(tmp_path / n, url=database) for n in "ab")
    first, second = Lease(one.engine), Lease(two.engine)
    assert [first.held(), second.held(), first.held(), second.held()] == [True, False, True, False]
    with two.engine.begin() as db:  # its connection is cut
        db.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        )
    assert second.held()
    assert not first.held()
    second.close()
    assert first.held()
    first.close()
    one.close()
    two.close()


async def test_sessions_are_seen_alike_in_memory_and_in_the_database(history: History) -> None:
    live = Live()
    state = {"rating": "poor", "score": 210, "net": {"rtt": 4000}}
    for name, conn in (("a", 1), ("b", 1)):
        who = Who(name * 32, "m", f"p-{name}", name.title())
        assert history.claim(who, conn, True, T0) is not None
        session = live.join(who.session_id, "m", who.participant_id, who.name, conn, T0)
        assert live.full(session, 1, state, T0)
        history.save([Saved(who.session_id, conn, orjson.dumps(state).decode(), T0)], [])
    piece = Piece("b" * 32, 1, -1, -1, left=True)
    assert history.write([piece], T0) == set()
    live.leave("b" * 32, 1, T0)
    for now, alive in ((T0 + 1000, [True, False]), (T0 + 61_000, [False, False])):
        found = [await look(now) for look in (here(live), everywhere(history.engine))]
        assert sorted(found[0]) == sorted(found[1])
        assert [one.live for one in sorted(found[0])] == alive
        assert {one.state["rating"] for one in found[0]} == {"poor"}
    assert await everywhere(history.engine)(T0 + 300_000) == []


def test_what_ended_long_ago_is_forgotten(history: History) -> None:
    store = AlertStore(history.engine)
    store.silence("*", "*", 1, 2, "", 0)
    store.forget(T0, 1000)
    assert store.silences(0) == []
