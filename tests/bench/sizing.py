"""What `callvitals sizing` reckons with, measured anew: recorded calls with sound and pictures, all
of their series, as a page sends them. Beside each figure the one that it uses."""

from __future__ import annotations

import itertools
import json
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from callvitals import wire
from callvitals.session import Session
from callvitals_server.columns import HOUR_MS
from callvitals_server.history import History
from callvitals_server.live import Live
from callvitals_server.records import Piece, Saved, Summary, Who
from callvitals_server.sizing import Measured

from ..backend.kit import Server
from .calls import entries, recorded
from .report import Figure
from .wire import messages

T0 = 1_795_392_000_000  # a midnight
# TCP, IP, WebSocket and Socket.IO around a message, and its `stored`.
FRAMES = 40 + 8 + 25 + 40 + 70
# Of python-socketio, uvicorn and our ingest for a message of ten ticks (tests/bench/service.py).
MESSAGE_CPU = 150e-6
SOCKET = 28 * 1024  # of a connection in python-socketio and uvicorn, measured with 1,000 of them


def measure(sessions: int, minutes: int, rows: int) -> Measured:
    """By that many sessions of that many minutes; `rows`: short ones, in meetings of four, for what
    each has in the database."""
    values, state = recorded("chromium-*"), wire.text(_state())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        history = History(folder)
        sids = [f"{n:032d}" for n in range(sessions)]
        for n, sid in enumerate(sids):
            assert history.claim(Who(sid, "m", f"p{n}"), 65537, True, T0) is not None
        streams = [_endless(values, n) for n in range(sessions)]
        end = T0 + minutes * 60_000
        begin = time.process_time()
        for step in range(minutes * 6):
            parts = [list(itertools.islice(stream, 10)) for stream in streams]
            pieces = [piece(sid, part) for sid, part in zip(sids, parts, strict=True)]
            history.write(pieces, parts[0][-1]["t"])
            if step == 59:
                kept = sum(len(row["body"]) + 90 for row in history.journal(sids[0])) / 600
        while history.tend(end + HOUR_MS):
            pass
        seconds = time.process_time() - begin
        history.close()
        ticks, spent = sessions * minutes * 60, sessions * minutes
        session, bare, meeting = _rows(folder / "rows", rows, state)
        return Measured(
            tick=_size(folder / "raw") / ticks,
            minute=_size(folder / "minute") / spent,
            hour=_size(folder / "hour") / (sessions * (minutes // 60 + 1)),
            session=session,
            bare=bare,
            meeting=meeting,
            journal=kept,
            wire=_wire(),
            cpu=seconds / ticks + MESSAGE_CPU / 10,
            connection=_live() + SOCKET,
            base=_base(folder / "bare"),
        )


def _rows(folder: Path, sessions: int, state: str) -> tuple[float, float, float]:
    """Bytes in the database of a session, of one without its state, of a meeting."""
    sizes = []
    history = History(folder)

    def size() -> int:
        with history.engine.connect() as db:
            db.exec_driver_sql("VACUUM")
            db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return (folder / "callvitals.db").stat().st_size

    for told in (None, state):
        before = size()
        for n in range(sessions):
            who = Who(f"{told is None}{n:030d}", f"m{n // 4}", f"participant-{n}", "Ada Lovelace")
            now = T0 + n // 4 * 600_000
            assert history.claim(who, 65537, True, now) is not None
            rows = [{"tick": 0, "t": now, "values": {"score": 350}, "events": []}]
            last = piece(who.session_id, rows)
            history.write([Piece(*[getattr(last, f.name) for f in fields(Piece)][:6], True)], now)
            history.save([Saved(who.session_id, 65537, told, now)], [])
        while history.tend(T0):
            pass
        sizes.append((size() - before) / sessions)
    before = size()
    for n in range(sessions // 4):
        said = Summary(f"m{n}", False, 0, 350, "fair", "Loses 3 %.", T0 + n * 600_000)
        history.save([], [said])
    while history.tend(T0 + 400 * HOUR_MS):
        pass
    meeting = (size() - before) / (sessions // 4)
    history.close()
    bare = sizes[0]
    return sizes[1], bare, max(meeting, 1.0)


def _endless(values: list[dict[str, Any]], which: int) -> Iterator[dict[str, Any]]:
    """Rows from another place for each."""
    start = which * 997 % len(values)
    for n, row in enumerate(itertools.cycle([*values[start:], *values[:start]])):
        yield {**row, "tick": n, "t": T0 + n * 1000 + n * 7919 % 7 - 3}


def piece(sid: str, part: list[dict[str, Any]]) -> Piece:
    """A message's rows."""
    log = wire.encode_log(part)
    row = {
        "session_id": sid,
        "first": log["from"],
        "last": log["to"],
        "offset": 0,
        "body": wire.text({k: log[k] for k in ("cols", "events", "from", "to")}),
        "t0": part[0]["t"],
        "t1": part[-1]["t"],
    }
    return Piece(sid, 65537, log["from"] - 1, log["to"], None, row)


def _state() -> dict[str, Any]:
    one = Session()
    for tick in entries():
        one.feed(tick)
    return one.state()


def _wire() -> float:
    call = entries()
    said = messages(call)
    return sum(len(wire.text(message)) + FRAMES for message in said) / len(call)


def _live() -> float:
    live, state = Live(), wire.text(_state())
    tracemalloc.start()
    for n in range(200):
        session = live.join(f"{n:032d}", f"m{n // 4}", f"p{n}", "Ada Lovelace", 65537, T0)
        assert live.full(session, 1, json.loads(state), T0)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return held / 200


def _base(folder: Path) -> float:
    """Resident bytes of a service that nobody uses yet (Linux)."""
    server = Server(folder)
    server.start()
    try:
        assert server.process is not None
        status = Path(f"/proc/{server.process.pid}/status").read_text()
    finally:
        server.end()
    return 1024.0 * int(status.split("VmRSS:")[1].split()[0])


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.db"))


def figures() -> list[Figure]:
    """Measured, over what the calculator uses."""
    found, used = measure(40, 60, 800), Measured()
    units = {"cpu": ("us", 1e6), "connection": ("kB", 1e-3), "base": ("MB", 1e-6)}
    out = []
    for one, now, then in zip(fields(Measured), astuple(found), astuple(used), strict=True):
        unit, scale = units.get(one.name, ("bytes", 1.0))
        out.append(Figure(one.name, unit, [now * scale], then * scale))
    return out
