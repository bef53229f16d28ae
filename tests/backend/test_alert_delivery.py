"""From a rule to its receivers, through the durable queue: each message once, whatever the receiver
does."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callvitals_server import alert_send
from callvitals_server.alert_calls import Seen
from callvitals_server.alert_config import Config
from callvitals_server.alert_store import AlertStore
from callvitals_server.alerts import ATTEMPTS, KIND, Alerts
from callvitals_server.history import History
from callvitals_server.http_answers import HttpAnswers
from callvitals_server.jobs import Pace
from callvitals_server.jobs_sql import SqlJobs
from callvitals_server.lease import Lease

from .alert_kit import Receiver, made, receiving, seen
from .kit import eventually


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


class Site:
    """Alerts and jobs over one history, in this process; `open` again is a restart."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        self.folder = folder
        self.here: list[Seen] = []
        self.config = Config.model_validate(
            {
                "channels": {"ops": {"type": "webhook", "url": receiver.url}},
                "rules": [made(hold=0, window=10, minSample=1, per="meeting", deliver=["ops"])],
            }
        )

    async def open(self, attempts: int = ATTEMPTS) -> None:
        self.history = History(self.folder)
        engine = self.history.engine
        self.counts: Counter[str] = Counter()
        pace = Pace(backoff=0.05, grace=0.1)
        self.jobs = SqlJobs(engine, self.clock, self.counts, pace, alone=True)

        async def sessions(_now: int) -> list[Seen]:
            return self.here

        self.alerts = Alerts(
            self.config,
            AlertStore(engine),
            Lease(engine),
            sessions,
            HttpAnswers(engine),
            self.jobs,
            self.clock,
            self.counts,
            "http://vitals",
            10**9,
        )
        self.jobs.on(KIND, self.alerts.handle, attempts)
        self.jobs.start()

    async def close(self) -> None:
        await self.alerts.close()
        await self.jobs.close()
        self.history.close()

    @staticmethod
    def clock() -> int:
        return time.time_ns() // 1_000_000

    async def poor(self, *meetings: str) -> None:
        self.here = [seen(1, meeting=meeting, rating="poor") for meeting in meetings]
        await self.alerts.look()

    async def states(self) -> list[tuple[str, str | None]]:
        jobs, _ = await self.jobs.page()
        return [(one.state, one.error) for one in jobs]


def types(receiver: Receiver) -> list[tuple[str, str]]:
    return sorted((b["data"]["subject"], b["type"]) for b in receiver.bodies().values())


async def test_a_receiver_that_is_down_slow_then_back_gets_each_once(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_send, "SECONDS", 1.0)
    site = Site(tmp_path, receiver)
    await site.open()
    receiver.down()
    await site.poor("a", "b")
    await eventually(lambda: site.counts["alerts-undelivered"] >= 2)
    assert receiver.requests == []
    receiver.answers = ["slow", "slow", 503, 200]
    receiver.up()

    async def all_done() -> bool:
        return (await site.jobs.counts())["completed"] == 2

    await eventually(all_done)
    # The slow answers were for messages that had arrived: they came again, under the same key.
    assert len(receiver.requests) == 5
    assert types(receiver) == [("a", "alert.firing"), ("b", "alert.firing")]
    await site.poor("a", "b")
    assert (await site.jobs.counts())["waiting"] == 0
    await site.close()


async def test_a_restart_with_messages_under_way_loses_and_doubles_none(
    tmp_path: Path, receiver: Receiver
) -> None:
    site = Site(tmp_path, receiver)
    await site.open()
    receiver.down()
    await site.poor("a", "b", "c")
    await eventually(lambda: site.counts["alerts-undelivered"] >= 1)
    await site.close()
    receiver.up()
    await site.open()
    await site.poor("a", "b", "c")
    await eventually(lambda: len(receiver.bodies()) == 3)
    await site.poor("a", "b", "c")

    async def all_done() -> bool:
        return (await site.jobs.counts())["completed"] == 3

    await eventually(all_done)
    assert len(receiver.requests) == 3
    await site.close()


async def test_what_nobody_takes_is_shown_and_can_be_sent_by_hand(
    tmp_path: Path, receiver: Receiver
) -> None:
    site = Site(tmp_path, receiver)
    await site.open(attempts=2)
    receiver.answers = [500]
    await site.poor("a")

    async def state() -> Any:
        jobs, _ = await site.jobs.page("failed")
        return jobs[0] if jobs else None

    job = await eventually(state)
    assert (job.kind, job.error, job.attempts) == ("alert", "127.0.0.1 answered 500", 2)
    assert job.title == "Firing: r (a) to ops"
    receiver.answers = [200]
    await site.jobs.retry(job.id)
    await eventually(lambda: len(receiver.requests) == 3)
    assert types(receiver) == [("a", "alert.firing")]
    await site.close()


async def test_a_channel_that_is_gone_is_given_up(tmp_path: Path, receiver: Receiver) -> None:
    site = Site(tmp_path, receiver)
    await site.open()
    receiver.down()
    await site.poor("a")
    await eventually(lambda: site.counts["alerts-undelivered"] >= 1)
    await site.close()
    site.config = Config()
    await site.open()

    async def failed() -> bool:
        return await site.states() == [("failed", "there is no channel ops any more")]

    await eventually(failed)
    await site.close()
