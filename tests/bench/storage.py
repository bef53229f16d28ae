"""What history costs and gives, beside a table of wide rows with the same data in the same run: a
row per tick, a column per series, which is what one writes without thinking.

The ratios are asserted; the absolute figures are aims, and depend on the machine.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from callvitals import fields
from callvitals_server import listing, lttb, rollup
from callvitals_server.charts import chart
from callvitals_server.columns import DAY_MS, HOUR_MS, MINUTE_MS
from callvitals_server.history import History
from callvitals_server.listing import Filter
from callvitals_server.records import Piece, Summary, Who

from .calls import recorded
from .feed import piece, tend
from .report import Figure, seconds

NAMES = fields.HEADLINE
T0 = 1_795_392_000_000  # a midnight
SESSIONS = 10
TICKS = 86_400
PER_MESSAGE = 60
MEETINGS = 10_000

# How our figure may stand to the reference's: what these benches hold.
MOST = {
    "bytes per value": 0.5,
    "24 h, 10 participants, 12 series": 0.2,
    "ten raw minutes of a session": 4.0,
    "recomputing a day": 0.5,
    "400 series down-sampled": 0.1,
    "commit of the journal": 1.0,
    "start": 1.5,
    "memory": 1.2,
    "list of ended meetings": 2.0,
}


def figures() -> list[Figure]:
    """Everything. About two minutes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = [*_day(folder), *_lists(folder), *_thinning(), *_month(folder)]
    for one in out:
        most = next((most for name, most in MOST.items() if one.name.startswith(name)), None)
        if one.reference is not None and most is not None and one.median > most * one.reference:
            print(*(f"{it.name}: {it.median:.3g} {it.unit}" for it in out), sep="\n")
            raise AssertionError(f"{one.name}: more than {most} of its reference")
    return out


# -- a day of a meeting of ten --------------------------------------------------------------------


def _rows(values: list[dict[str, int]], which: int) -> Iterator[list[dict[str, Any]]]:
    """A day of one participant, in messages. Captures follow on each other in another order for
    each, so that no chunk holds the same twice."""
    chance = random.Random(which)
    parts = [values[at : at + 60] for at in range(0, len(values) - 59, 60)]
    line: list[dict[str, int]] = []
    rows = []
    for tick in range(TICKS):
        if not line:
            line = list(reversed(chance.choice(parts)))
        t = T0 + tick * 1000 + chance.randrange(-3, 4)
        rows.append({"tick": tick, "t": t, "values": line.pop(), "events": []})
        if len(rows) == PER_MESSAGE:
            yield rows
            rows = []


def _day(folder: Path) -> list[Figure]:
    history = History(folder / "day")
    wide = sqlite3.connect(folder / "wide.db")
    wide.execute("PRAGMA journal_mode=WAL")
    columns = ", ".join(f"{name} INTEGER" for name in NAMES)
    wide.execute(f"CREATE TABLE wide (session TEXT, tick INTEGER, t INTEGER, {columns})")
    wide.execute("CREATE UNIQUE INDEX wide_key ON wide (session, tick)")
    insert = f"INSERT INTO wide VALUES ({', '.join('?' * (3 + len(NAMES)))})"
    sids = [f"{n:032d}" for n in range(SESSIONS)]
    for n, sid in enumerate(sids):
        assert history.claim(Who(sid, "day", f"p{n}"), 65537, True, T0) is not None
    every = recorded()
    values = [{k: v for k, v in row["values"].items() if k in NAMES} for row in every]
    streams = [_rows(values, n) for n in range(SESSIONS)]
    spent = {"journal": 0.0, "seal": 0.0, "wide": 0.0}
    through, n_values = -1, 0
    for parts in zip(*streams, strict=True):
        now = parts[0][-1]["t"]
        pieces = []
        for sid, part in zip(sids, parts, strict=True):
            pieces.append(piece(sid, part, through))
            n_values += sum(1 + len(row["values"]) for row in part)
        through += PER_MESSAGE
        last = through == TICKS - 1
        _cpu(spent, "journal", lambda pieces=pieces, now=now: history.write(pieces, now))
        if (through + 1) % 600 == 0:
            later = now + (HOUR_MS if last else 0)
            _cpu(spent, "seal", lambda later=later: tend(history, later))
        flat = [
            (sid, row["tick"], row["t"], *(row["values"].get(name) for name in NAMES))
            for sid, part in zip(sids, parts, strict=True)
            for row in part
        ]
        _cpu(spent, "wide", lambda flat=flat: _wide(wide, insert, flat))
    rows = SESSIONS * TICKS
    tend(history, T0 + DAY_MS + HOUR_MS)
    out = _answers(history, wide, sids)
    _checked(history, sids[0])
    history.close()
    wide.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    wide.close()
    ours = sum(path.stat().st_size for path in (folder / "day").rglob("*") if path.is_file())
    theirs = (folder / "wide.db").stat().st_size
    journal = spent["journal"] / rows * 1e6
    all_in = (spent["journal"] + spent["seal"]) / rows * 1e6
    plain = Figure("reference: wide rows", "us CPU a row", [spent["wide"] / rows * 1e6])
    size = Figure("reference: wide rows", "bytes per value", [theirs / n_values])
    return [
        plain,
        Figure("commit of the journal", "us CPU a row", [journal], plain.median),
        Figure("all in: journal, chunks, rollups", "us CPU a row", [all_in], plain.median),
        Figure("… 5,000 sessions at 1 s", "% of a core", [all_in * 5000 / 1e4], aim=20),
        size,
        Figure("bytes per value, all files", "bytes", [ours / n_values], size.median, 2),
        *out,
    ]


def _cpu(spent: dict[str, float], name: str, work: Callable[[], object]) -> None:
    start = time.process_time()
    work()
    spent[name] += time.process_time() - start


def _wide(db: sqlite3.Connection, insert: str, rows: list[tuple[Any, ...]]) -> None:
    with db:
        db.executemany(insert, rows)


def _answers(history: History, wide: sqlite3.Connection, sids: list[str]) -> list[Figure]:
    def day() -> None:
        for sid in sids:
            said = chart(history, sid, list(NAMES), None, None, 500)
            assert said["level"] == "1m"

    start = T0 + 12 * HOUR_MS

    def minutes() -> None:
        said = chart(history, sids[3], list(NAMES), start, start + 600_000, 500)
        assert said["level"] == "raw"
        assert 599 <= said["total"] <= 601

    def wide_day() -> None:
        for sid in sids:
            _read_wide(wide, sid, T0, T0 + DAY_MS, 500)

    def wide_minutes() -> None:
        _read_wide(wide, sids[3], start, start + 600_000, 500)

    def again() -> None:
        ticks = history.ticks(sids[0], NAMES)
        rollup.of_ticks(ticks, None, MINUTE_MS)

    stats = ", ".join(f"sum({n}), min({n}), max({n}), count({n})" for n in NAMES)

    def wide_again() -> None:
        query = f"SELECT t / 60000, {stats} FROM wide WHERE session = ? GROUP BY t / 60000"
        assert len(wide.execute(query, (sids[0],)).fetchall()) >= 1440

    per = 1e7 / TICKS  # to ten million rows
    pairs = [
        ("24 h, 10 participants, 12 series", "ms", day, wide_day, 1e3, 3, 150),
        ("ten raw minutes of a session", "ms", minutes, wide_minutes, 1e3, 7, 30),
        ("recomputing a day, 10 M rows", "s", again, wide_again, per, 3, 5),
    ]
    out = []
    for name, unit, ours, theirs, scale, repeats, aim in pairs:
        slow = Figure("reference: wide rows", unit, [s * scale for s in seconds(theirs, repeats)])
        mine = [s * scale for s in seconds(ours, repeats)]
        out += [slow, Figure(name, unit, mine, slow.median, aim)]
    return out


def _read_wide(db: sqlite3.Connection, sid: str, start: int, end: int, points: int) -> None:
    """What a chart needs out of wide rows: all of them, thinned."""
    query = f"SELECT t, {', '.join(NAMES)} FROM wide WHERE session = ? AND t BETWEEN ? AND ?"
    table = np.array(db.execute(query, (sid, start, end)).fetchall(), np.float64)
    t = table[:, 0].astype(np.int64)
    for place in range(1, table.shape[1]):
        there = ~np.isnan(table[:, place])
        lttb.thin(t[there], np.ascontiguousarray(table[there, place]), points)


def _checked(history: History, sid: str) -> None:
    """What was measured is right, too: the stored minutes are those of the ticks."""
    stored = history.minutes(sid, 0, 1 << 60)
    fresh = rollup.of_ticks(history.ticks(sid, NAMES), None, MINUTE_MS)
    assert (stored.base == fresh.base).all()
    assert all((stored.series[name] == fresh.series[name]).all() for name in fresh.series)


# -- lists ----------------------------------------------------------------------------------------


def fill(history: History, meetings: int, start: int, span: int) -> None:
    """Meetings of two that ended, spread over a time."""
    for n in range(meetings):
        now = start + span * n // meetings
        for who in "ab":
            one = Who(f"{n:031d}{who}", f"meeting-{n}", f"{who}{n}", "Name")
            history.claim(one, 65537, True, now)
        rating = ("good", "good", "fair", "poor")[n % 4]
        history.save([], [Summary(f"meeting-{n}", False, 2, 400, rating, "", now + 60_000)])


def _lists(folder: Path) -> list[Figure]:
    history = History(folder / "list")
    fill(history, MEETINGS, T0, DAY_MS)

    wanted = Filter(False, rating="poor")
    before = listing.ended(history, wanted, None, 1000)[-1][1]

    def page() -> None:
        assert len(listing.ended(history, wanted, tuple(before), 50)) == 50
        assert listing.count(history, wanted) == MEETINGS // 4

    def by_score() -> None:
        assert len(listing.ended(history, Filter(False, sort="score"), None, 50)) == 50

    db = sqlite3.connect(folder / "list/callvitals.db")

    def bare() -> None:
        where = "FROM meeting WHERE live = 0 AND rating = 'poor'"
        order = "ORDER BY started_at DESC, meeting_id DESC LIMIT 50 OFFSET 1000"
        assert len(db.execute(f"SELECT * {where} {order}").fetchall()) == 50
        db.execute("SELECT rating, count(*) FROM meeting WHERE live = 0 GROUP BY rating").fetchall()

    plain = Figure("reference: bare sqlite3", "ms", [s * 1e3 for s in seconds(bare)])
    mine = [s * 1e3 for s in seconds(page)]
    sorted_ = [s * 1e3 for s in seconds(by_score)]
    db.close()
    history.close()
    return [
        plain,
        Figure("list of ended meetings, 10,000", "ms", mine, plain.median, 5),
        Figure("… by score", "ms", sorted_),
    ]


def _thinning() -> list[Figure]:
    chance = np.random.default_rng(1)
    x = np.arange(8640, dtype=np.int64) * 10_000
    lines = [np.cumsum(chance.normal(0, 1, len(x))) for _ in range(400)]
    fast = [s * 1e3 for s in seconds(lambda: [lttb.thin(x, y, 500) for y in lines], 5)]
    slow = seconds(lambda: lttb.reference(x, lines[0], 500), 3)
    reference = Figure("reference: the package lttb", "ms", [s * 400e3 for s in slow])
    return [reference, Figure("400 series down-sampled", "ms", fast, reference.median, 40)]


# -- a month --------------------------------------------------------------------------------------

_START = """
import sys, time
from pathlib import Path
from callvitals_server.history import History
from callvitals_server.listing import Filter
now = int(sys.argv[2])
begin = time.perf_counter()
history = History(Path(sys.argv[1]))
history.recover(now)
opened = time.perf_counter() - begin
times = []
for _ in range(15):
    begin = time.perf_counter()
    history.ended(limit=50)
    history.ended_counts()
    times.append(time.perf_counter() - begin)
import resource
print(opened, sorted(times)[7], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def month(folder: Path, days: int, meetings: int) -> tuple[float, float, float]:
    """(s to open, s for a list, memory in MB) of a folder with so many days of `meetings` each."""
    history = History(folder)
    values = [{"upload": 50_000 + n % 977, "score": 430} for n in range(600)]
    for day in range(days):
        start = T0 + day * DAY_MS
        for n in range(meetings):
            sid, at = f"{day:016d}{n:016d}", start + n * DAY_MS // (meetings + 1)
            name = f"m{day}-{n}"
            history.claim(Who(sid, name, "p"), 65537, True, at)
            rows = [
                {"tick": k, "t": at + k * 1000, "values": values[k], "events": []}
                for k in range(60)
            ]
            left = Piece(sid, 65537, -1, 59, None, piece(sid, rows, -1).rows, left=True)
            history.write([left], at + 60_000)
            history.save([], [Summary(name, False, 1, 430, "good", "", at + 60_000)])
        tend(history, start + DAY_MS - 1)
    history.close()
    end = T0 + days * DAY_MS
    found = []
    for _ in range(3):
        line = [sys.executable, "-c", _START, str(folder), str(end)]
        done = subprocess.run(line, capture_output=True, text=True, check=True, env=os.environ)
        found.append([float(word) for word in done.stdout.split()])
    opened, listed, memory = (sorted(column)[1] for column in zip(*found, strict=True))
    return opened, listed, memory / 1024


def _month(folder: Path) -> list[Figure]:
    one, many = month(folder / "d1", 1, 100), month(folder / "d30", 30, 100)
    out = []
    names = (("start", "ms", 1e3), ("list of ended meetings", "ms", 1e3), ("memory", "MB", 1.0))
    for (name, unit, scale), few, lots in zip(names, one, many, strict=True):
        plain = Figure("reference: a folder of one day", unit, [few * scale])
        out += [plain, Figure(f"{name}, of 30 days", unit, [lots * scale], plain.median)]
    return out
