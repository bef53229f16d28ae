"""The running service remembers: what it seals while it runs, on SQLite and on PostgreSQL, and a
folder that has grown for a month."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from callvitals_server.history import History
from callvitals_server.records import Summary

from .kit import Page, Server, document, eventually, log, upload
from .stores import DAY, Call, make, tend

Pages = Callable[..., Page]


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A service in either mode."""
    env = {}
    if request.param == "postgres":
        address = request.getfixturevalue("database")
        env = {"CALLVITALS_DATABASE_URL": address, "CALLVITALS_REDIS_URL": "redis://127.0.0.1:1"}
    server = Server(tmp_path / "data", env=env)
    server.start()
    yield server
    server.end()
    assert "Traceback" not in server.log.read_text()


async def test_a_session_is_sealed_while_it_runs_and_when_it_left(
    server: Server, page: Pages
) -> None:
    ada = page(server.url, "long", "ada")
    await ada.connect()
    await ada.full(document(), log(0, 699))
    await ada.expect("stored", lambda d: d["through"] == 699)
    where = "/api/meetings/long/participants/ada/series?metrics=upload&points=20000"

    async def ticks() -> list[int]:
        found = (await asyncio.to_thread(server.get, where))[1]
        assert [u for u in found["series"]["upload"] if u is not None] == [
            upload(tick) for tick in found["tick"] if tick is not None
        ]
        return [tick for tick in found["tick"] if tick is not None]

    assert await ticks() == list(range(700))
    await ada.delta(document(1), log(700, 720))
    await ada.expect("stored", lambda d: d["through"] == 720)
    await ada.say("bye", {"conn": ada.conn, "last": 720})

    def sealed() -> bool:
        kept = _open(server)
        try:
            row = kept.session(ada.session)
            return row is not None and row["sealed"] == 720 and not kept.journal(ada.session)
        finally:
            kept.close()

    await eventually(lambda: asyncio.to_thread(sealed))

    def summed() -> Any:
        return server.get("/api/meetings/long")[1]["summary"]

    summary = await eventually(lambda: asyncio.to_thread(summed))
    assert summary["minutes"] == 12.0
    assert summary == (await asyncio.to_thread(server.get, "/api/meetings/long/summary"))[1]
    assert await ticks() == list(range(721))
    health = (await asyncio.to_thread(server.get, "/healthz"))[1]
    assert health["history"] == "ok"
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    assert await ticks() == list(range(721))


def _open(server: Server) -> History:
    return History(server.data, url=server.env.get("CALLVITALS_DATABASE_URL", ""))


def test_a_database_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    env = {
        "CALLVITALS_DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/x",
        "CALLVITALS_REDIS_URL": "redis://127.0.0.1:1",
    }
    server = Server(tmp_path / "data", env=env)
    with pytest.raises(AssertionError):
        server.start()
    said = server.log.read_text().strip()
    assert "Traceback" not in said
    assert "secret" not in said
    assert len(said.split("\n")) == 1


def test_a_month_costs_what_a_day_does(tmp_path: Path) -> None:
    """To open, and to list; the bench measures memory, too, with more meetings."""
    times: dict[int, list[float]] = {}
    for days in (1, 30):
        folder = tmp_path / str(days)
        history = History(folder)
        now = 0
        for day in range(days):
            for n in range(2):
                now = day * DAY + n * 3_600_000
                call = Call(f"{day:016d}{n:016d}", f"m{day}-{n}", offset=0)
                call.claim(history, now)
                call.store(history, make(range(2), start=now), left=True)
                history.save([], [Summary(call.meeting, False, 1, 400, "good", "", now + 5000)])
            tend(history, now + 3_600_000)
        assert len(history.shelves.periods("raw")) <= 4
        history.close()
        for _ in range(7):
            begin = time.process_time()
            history = History(folder)
            history.recover(now)
            assert len(history.ended(limit=2)) == 2
            assert history.ended_counts() == {"good": 2 * days}
            times.setdefault(days, []).append(time.process_time() - begin)
            history.close()
    day, month = (statistics.median(times[days]) for days in (1, 30))
    assert month < 1.5 * day + 0.002
