"""Histories to be written by hand: plain sessions, stored as ingest would, and the plain list they
are compared to. On SQLite and on PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from callvitals import fields, wire
from callvitals_server.columns import Columns
from callvitals_server.history import History
from callvitals_server.records import Piece, Saved, Summary, Who

from .kit import T0

Open = Callable[..., History]
"""Opens the history of a test anew, as after a restart."""
CONN = 65537
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


class Died(Exception):
    """The service was killed here."""


@dataclass
class Call:
    """One session: what is stored of it, and the same as a list."""

    session_id: str = "s" * 32
    meeting: str = "m"
    participant: str = "p"
    name: str = "Ada"
    offset: int = 250
    through: int = -1
    rows: list[dict[str, Any]] = field(default_factory=list)

    def claim(self, history: History, now: int = T0) -> None:
        who = Who(self.session_id, self.meeting, self.participant, self.name)
        row = history.session(self.session_id)
        conn = CONN if row is None else row["conn"] + 1
        assert history.claim(who, conn, True, now) is not None
        self.conn = conn

    def store(
        self,
        history: History,
        rows: list[dict[str, Any]],
        size: int = 10,
        now: int | None = None,
        left: bool = False,
    ) -> None:
        """Rows in messages of `size`; ticks that are missing between are declared lost."""
        parts: list[list[dict[str, Any]]] = []
        for row in rows:
            fits = parts and len(parts[-1]) < size and row["tick"] == parts[-1][-1]["tick"] + 1
            if fits:
                parts[-1].append(row)
            else:
                parts.append([row])
        for place, part in enumerate(parts):
            last = place == len(parts) - 1
            self._one(history, part, now, left and last)
        self.rows += rows

    def _one(
        self, history: History, part: list[dict[str, Any]], now: int | None, left: bool
    ) -> None:
        first, last = part[0]["tick"], part[-1]["tick"]
        log = wire.encode_log(part)
        times = [row["t"] + self.offset for row in part]
        row = {
            "session_id": self.session_id,
            "first": first,
            "last": last,
            "offset": self.offset,
            "body": wire.text({k: log[k] for k in ("cols", "events", "from", "to")}),
            "t0": min(times),
            "t1": max(times),
        }
        hole = (self.through + 1, first - 1) if first > self.through + 1 else None
        piece = Piece(self.session_id, self.conn, self.through, last, hole, row, left)
        assert history.write([piece], max(times) if now is None else now) == set()
        self.through = last

    def state(self, history: History, now: int, **doc: Any) -> None:
        text = wire.text({"rating": "good", **doc})
        history.save([Saved(self.session_id, self.conn, text, now)], [])

    @property
    def end(self) -> int:
        """The time of its last tick."""
        return int(self.rows[-1]["t"]) + self.offset

    # -- against the list -----------------------------------------------------------------------

    def check_ticks(self, history: History) -> None:
        """Every tick is there once, with its values."""
        found = history.ticks(self.session_id)
        assert found.tick.tolist() == [row["tick"] for row in self.rows]
        assert found.t.tolist() == [row["t"] + self.offset for row in self.rows]
        names = {name for row in self.rows for name in row["values"]}
        assert set(found.values) == names
        for name in names:
            wanted = [row["values"].get(name, np.nan) for row in self.rows]
            np.testing.assert_array_equal(found.values[name], np.array(wanted, np.float64))
        told = [(e["tick"], e["event"]) for e in history.events(self.session_id)]
        assert told == [(row["tick"], event) for row in self.rows for event in row["events"]]

    def check_rollups(self, history: History) -> None:
        """Minutes and hours are what the list comes to."""
        for width, found in (
            (MINUTE, history.minutes(self.session_id, 0, 1 << 60)),
            (HOUR, history.hours(self.session_id, 0, 1 << 60)),
        ):
            wanted = buckets(self.rows, self.offset, width)
            assert found.t.tolist() == sorted(wanted)
            for place, t in enumerate(found.t.tolist()):
                bucket = dict(wanted[t])
                assert found.base[:, place].tolist() == bucket.pop("base"), (width, place)
                stats = {name: one[:, place].tolist() for name, one in found.series.items()}
                there = {name: one for name, one in stats.items() if one[2] <= one[3]}
                assert there == bucket


def buckets(rows: list[dict[str, Any]], offset: int, width: int) -> dict[int, dict[str, Any]]:
    """Rollups of a list, slowly: {start: {"base": [8 numbers], series: [n, sum, low, high]}}."""
    out: dict[int, dict[str, Any]] = {}
    tick, t, step = -2, 0, 1000
    for row in rows:
        now = row["t"] + offset
        if tick == -2:
            n, missing = 1000, 0
        else:
            usual = min(max(step, 1), 60_000)
            gap = row["tick"] != tick + 1 or now - t > max(10_000, usual * 3 // 2)
            n = min(usual, 10_000) if gap else now - t
            n = max(1, min(n, max(now - t, 1)))
            missing = max(0, now - t - n) if gap else 0
        tick, step, t = row["tick"], (now - t if tick != -2 else 1000), now
        fresh: dict[str, Any] = {"base": [0, tick, tick, 0, 0, 0, 0, 0]}
        bucket = out.setdefault(now // width * width, fresh)
        base = bucket["base"]
        base[0] += n
        base[2] = tick
        base[3] += 1
        base[4] += missing
        score = row["values"].get("score")
        if score is not None:
            base[5 if score >= 400 else 6 if score >= 310 else 7] += n
        for name, value in row["values"].items():
            if name in fields.HEADLINE:
                stats = bucket.setdefault(name, [0, 0, value, value])
                stats[0] += n
                stats[1] += value * n
                stats[2], stats[3] = min(stats[2], value), max(stats[3], value)
    return out


def make(
    ticks: Iterable[int], seed: int = 1, start: int = T0, step: int = 1000
) -> list[dict[str, Any]]:
    """Rows like a call's: noise, holes in series, an event now and then."""
    chance = random.Random(seed)
    rows = []
    for tick in ticks:
        values = {
            "upload": 50_000 + chance.randrange(9000),
            "score": chance.choice((432, 350, 280)),
        }
        if chance.random() < 0.8:
            values["rtt"] = 300 + chance.randrange(60)
        if tick % 10 == 0:
            values["loss.s0"] = chance.randrange(5)
        events = [{"type": "mark", "name": f"at {tick}"}] if chance.random() < 0.01 else []
        t = start + tick * step + chance.randrange(-3, 4)
        rows.append({"tick": tick, "t": t, "values": values, "events": events})
    return rows


def tend(history: History, now: int) -> int:
    """All upkeep that is due."""
    done = 0
    while some := history.tend(now):
        done += some
    return done


def over(history: History, meeting: str, now: int, rating: str = "good") -> None:
    """The meeting ended, as the live model says."""
    history.save([], [Summary(meeting, False, 0, 400, rating, "", now)])


def same(a: Columns, b: Columns) -> None:
    """The same ticks and values."""
    assert a.tick.tolist() == b.tick.tolist()
    assert a.t.tolist() == b.t.tolist()
    assert set(a.values) == set(b.values)
    for name in a.values:
        np.testing.assert_array_equal(a.values[name], b.values[name])
