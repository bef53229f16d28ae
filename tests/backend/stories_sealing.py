"""Sealing, told once for SQLite and for PostgreSQL: deaths, reading meanwhile, what is broken."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from callvitals_server.history import History
from callvitals_server.schema import journal, raw

from .kit import T0
from .stores import Call, Died, make, tend
from .stories import Opened, count


def _dies(history: History, step: str) -> None:
    def maybe(done: str) -> None:
        if done == step:
            raise Died

    history.sealer._step = maybe


def a_death_at_any_step(open_: Opened, step: str) -> None:
    history = open_()
    call = Call()
    call.claim(history)
    rows = make([*range(700), *range(720, 1500)])
    call.store(history, rows[:650])
    _dies(history, step)
    with pytest.raises(Died):
        history.sealer.run(call.end)
    call.check_ticks(history)
    call.check_rollups(history)
    history = open_()
    call.check_ticks(history)
    call.check_rollups(history)
    tend(history, call.end)
    call.check_ticks(history)
    call.check_rollups(history)
    call.store(history, rows[650:], left=True)
    _dies(history, step)
    with pytest.raises(Died):
        history.sealer.run(call.end)
    history = open_()
    tend(history, call.end)
    assert count(history, journal) == 0
    call.check_ticks(history)
    call.check_rollups(history)
    gaps = [(gap["first"], gap["last"]) for gap in history.gaps(call.session_id)]
    assert gaps == [(700, 719)]


def a_death_among_equal_times(open_: Opened, step: str) -> None:
    """Of a page whose clock cannot be all ticks of a message have the same time."""
    history = open_()
    call = Call()
    call.claim(history)
    rows = make(range(900))
    for row in rows:
        row["t"] = T0 + row["tick"] // 35 * 35_000
    call.store(history, rows, now=call.offset + rows[-1]["t"])
    _dies(history, step)
    with pytest.raises(Died):
        history.sealer.run(call.end)
    call.check_ticks(history)
    call.check_rollups(history)
    history = open_()
    tend(history, call.end)
    call.check_ticks(history)
    call.check_rollups(history)


def more_comes_after_a_death(open_: Opened) -> None:
    """A chunk of an ended session was written, then it came back: the chunk's end stands."""
    history = open_()
    call = Call()
    call.claim(history)
    rows = make(range(900))
    call.store(history, rows[:123], left=True)
    _dies(history, "chunk")
    with pytest.raises(Died):
        history.sealer.run(call.end)
    history = open_()
    call.claim(history, call.end + 1000)
    call.store(history, rows[123:])
    tend(history, call.end)
    lasts = [row["last"] for row in history.shelves.find(raw, call.session_id, 0, 1 << 60)]
    assert lasts == [122, 722]  # whole messages
    call.check_ticks(history)
    call.check_rollups(history)
    assert history.sealer.run(call.end) == 0


def many_sessions(open_: Opened) -> None:
    history = open_()
    calls = [Call(f"{n:032d}", "m", f"p{n}", offset=n) for n in range(4)]
    for n, call in enumerate(calls):
        call.claim(history)
        call.store(history, make(range(1205 + n), seed=n), size=7)
    now = max(call.end for call in calls)
    assert tend(history, now) >= 8
    for call in calls:
        left_over = history.journal(call.session_id)
        assert 0 < sum(row["last"] - row["first"] + 1 for row in left_over) < 600
        call.check_ticks(history)
        call.check_rollups(history)


def reading_meanwhile(open_: Opened) -> None:
    history = open_()
    call = Call()
    call.claim(history)
    call.store(history, make(range(2400)), size=20)
    over_ = threading.Event()
    wrong: list[BaseException] = []
    looks = 0

    def look() -> None:
        nonlocal looks
        try:
            while not over_.is_set():
                call.check_ticks(history)
                call.check_rollups(history)
                looks += 1
        except BaseException as error:
            wrong.append(error)

    reader = threading.Thread(target=look)
    reader.start()
    try:
        while history.sealer.run(call.end, limit=1):
            seen = looks
            while looks == seen and reader.is_alive():
                over_.wait(0.001)
    finally:
        over_.set()
        reader.join()
    assert not wrong, wrong
    assert looks >= 4


def a_broken_journal(open_: Opened) -> None:
    history = open_()
    bad, good = Call("b" * 32, "m", "bad"), Call("g" * 32, "m", "good")
    for call in (bad, good):
        call.claim(history)
        call.store(history, make(range(610)))
    with history.engine.begin() as db:
        nonsense = '{"cols":{"t":{"at":[[0,9]],"d":[1]}},"events":[],"from":0,"to":9}'
        first = sa.and_(journal.c.session_id == bad.session_id, journal.c.first == 0)
        db.execute(sa.update(journal).where(first).values(body=nonsense))
    tend(history, good.end)
    assert (history.session(good.session_id) or {})["sealed"] == 599
    assert (history.session(bad.session_id) or {})["sealed"] == -1
    good.check_ticks(history)
