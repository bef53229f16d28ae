"""Rows as columns over time, thinned for a chart without losing spikes or bridging gaps. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from callvitals import fields
from callvitals.present import value as in_base_unit

from .lttb import thin

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GAP_MS = 10_000
MIN_POINTS = 3


@dataclass(frozen=True, slots=True)
class Columns:
    """Ticks of one session in order: `t` in ms of the service's clock, never descending; `values`
    at the wire's scale, NaN where a series has none."""

    tick: Ints
    t: Ints
    values: dict[str, Floats]

    def take(self, which: Ints | slice) -> Columns:
        """A part of it."""
        return Columns(
            self.tick[which], self.t[which], {n: v[which] for n, v in self.values.items()}
        )

    def last(self, n: int) -> Columns:
        """The newest `n` ticks."""
        return self.take(slice(max(0, len(self.tick) - n), None))

    def between(self, start: int | None, end: int | None) -> Columns:
        """Those with start <= t <= end."""
        low = 0 if start is None else int(np.searchsorted(self.t, start, "left"))
        high = len(self.t) if end is None else int(np.searchsorted(self.t, end, "right"))
        return self.take(slice(low, high))


def decode(rows: Sequence[dict[str, Any]], names: Iterable[str] | None = None) -> Columns:
    """Rows of the table `journal`, in order, as columns; names: those series only."""
    wanted = None if names is None else {"t", *names}
    found: dict[str, _Flat] = {}
    start = 0
    for row in rows:
        for name, col in orjson.loads(row["body"])["cols"].items():
            if wanted is None or name in wanted:
                found.setdefault(name, _Flat()).add(start, col)
        start += row["last"] - row["first"] + 1
    times = found.pop("t", _Flat())
    columns = {}
    for name in found if names is None else names:
        columns[name] = np.full(start, np.nan)
        if name in found:
            columns[name][found[name].places()] = found[name].values()
    counts = [row["last"] - row["first"] + 1 for row in rows]
    t = times.values() + np.repeat(_ints([row["offset"] for row in rows]), counts)
    ticks = _places(_ints([row["first"] for row in rows]), _ints(counts))
    return Columns(ticks, np.maximum.accumulate(t), columns)


class _Flat:
    """One column of many rows, laid end to end, so that numpy works once and not per row."""

    __slots__ = ("_at", "_d", "_lengths", "_sizes")

    def __init__(self) -> None:
        self._d: list[int] = []  # first value, differences; and so for each row
        self._sizes: list[int] = []  # of each row
        self._at: list[int] = []  # where each run of values starts
        self._lengths: list[int] = []

    def add(self, start: int, col: dict[str, Any]) -> None:
        """A row's column; start: the place of the row's first tick."""
        self._d += col["d"]
        self._sizes.append(len(col["d"]))
        for at, length in col["at"]:
            self._at.append(start + at)
            self._lengths.append(length)

    def values(self) -> Ints:
        """All values. Sums may wrap around on the way and come back: each is within 2^53."""
        sums = np.cumsum(_ints(self._d))
        before = np.cumsum(_ints(self._sizes))[:-1] - 1
        bases = np.concatenate((_ints([0]), sums[before]))[: len(self._sizes)]
        return sums - np.repeat(bases, self._sizes)

    def places(self) -> Ints:
        """Where they belong."""
        return _places(_ints(self._at), _ints(self._lengths))


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)


def _places(starts: Ints, lengths: Ints) -> Ints:
    """start, start + 1, … of each run, in one row."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)


def is_gap(t: Ints) -> npt.NDArray[np.bool_]:
    """For each step between two times: is it more than a sample that came late?

    A gap is longer than three of the intervals around it (the median of five), or than 10 s, or
    than one and a half intervals where sampling is slower than that.
    """
    steps = np.diff(t)
    if len(steps) == 0:
        return np.empty(0, np.bool_)
    padded = np.pad(steps, 2, "edge")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
    limit: Floats = np.minimum(3 * usual, np.maximum(GAP_MS, 1.5 * usual))
    return steps > np.maximum(limit, 1)


def breaks(columns: Columns) -> npt.NDArray[np.bool_]:
    """For each step between two ticks: is it a gap (ticks missing, or time)?"""
    return is_gap(columns.t) | (np.diff(columns.tick) > 1)


def gaps(
    columns: Columns, declared: Sequence[dict[str, Any]], started_at: int, through: int
) -> list[dict[str, Any]]:
    """What is missing: [{from, to, why}] in ms; why: `lost` (ticks the page gave up) or `silent`.

    declared: rows of the table `gap`; through: the last tick of the session that is accounted for.
    """
    out = []
    for at in np.flatnonzero(breaks(columns)).tolist():
        why = "lost" if columns.tick[at + 1] - columns.tick[at] > 1 else "silent"
        out.append({"from": int(columns.t[at]), "to": int(columns.t[at + 1]), "why": why})
    n = len(columns.tick)
    for row in declared:
        leads = row["first"] == 0 and (n == 0 or columns.tick[0] == row["last"] + 1)
        trails = row["last"] == through and (n == 0 or columns.tick[-1] == row["first"] - 1)
        if leads:
            end = row["told_at"] if n == 0 else int(columns.t[0])
            out.append({"from": min(started_at, end), "to": end, "why": "lost"})
        elif trails and n > 0:
            start = int(columns.t[-1])
            out.append({"from": start, "to": max(start, row["told_at"]), "why": "lost"})
    out.sort(key=lambda gap: (gap["from"], gap["to"]))
    return out


def choose(columns: Columns, points: int) -> Ints:
    """Which ticks a chart of `points` points shows, ascending.

    One time axis for all series: the union of what LTTB keeps of each, with as large a share per
    series as fits. Every segment between gaps that has a value keeps at least one tick, so at most
    `points` + gaps come back. The first and the last tick stay, and the highest and the lowest
    value of each series.
    """
    n = len(columns.tick)
    points = max(points, MIN_POINTS)
    if n <= points:
        return np.arange(n)
    broken = breaks(columns)
    kept = np.unique(np.concatenate((_ints([0, n - 1]), _extremes(columns, points))))
    runs = {
        name: found for name, v in columns.values.items() if (found := _runs(columns.t, v, broken))
    }

    def union(share: int) -> Ints:
        parts = [kept]
        for name, found in runs.items():
            parts.append(_share(columns.t, columns.values[name], found, share))
        return np.unique(np.concatenate(parts))

    best = union(1)
    if not runs or len(best) > points:
        return _bare(kept, broken, n, points)
    low, high = 1, points  # `low` fits
    while low < high:
        middle = (low + high + 1) // 2
        chosen = union(middle)
        if len(chosen) <= points:
            low, best = middle, chosen
        else:
            high = middle - 1
    return best


def _extremes(columns: Columns, points: int) -> Ints:
    """Where each series is at its worst and at its best, as far as half the points go (and the
    first and the last tick have their place)."""
    worst, best = [], []
    for name, values in columns.values.items():
        if np.isnan(values).all():
            continue
        sides = [int(np.nanargmax(values)), int(np.nanargmin(values))]
        series = fields.SERIES.get(name.split(".")[0])
        if series is not None and series[2] == "min":
            sides.reverse()
        worst.append(sides[0])
        best.append(sides[1])
    return _ints((worst + best)[: min(points // 2, points - 2)])


def _runs(t: Ints, values: Floats, broken: npt.NDArray[np.bool_]) -> list[Ints]:
    """The places of a series' values, split where there is a gap in it."""
    places = np.flatnonzero(~np.isnan(values))
    if len(places) == 0:
        return []
    before = np.concatenate(([0], np.cumsum(broken)))  # gaps before each tick
    cut = (np.diff(before[places]) > 0) | is_gap(t[places])
    return np.split(places, np.flatnonzero(cut) + 1)


def _share(t: Ints, values: Floats, runs: list[Ints], share: int) -> Ints:
    """About `share` places of one series, by the length of its runs, at least one of each."""
    total = sum(len(run) for run in runs)
    parts = []
    for run in runs:
        n = max(1, share * len(run) // total)
        parts.append(run[thin(t[run], values[run], n)])
    return np.concatenate(parts)


def _bare(kept: Ints, broken: npt.NDArray[np.bool_], n: int, points: int) -> Ints:
    """More segments than points, or nothing but gaps: one tick of each segment."""
    starts = np.concatenate(([0], np.flatnonzero(broken) + 1))
    room = max(0, points - 1)
    chosen = np.unique(np.concatenate((starts, kept[:room], [n - 1])))
    limit = points + len(starts) - 1
    return chosen if len(chosen) <= limit else np.unique(np.concatenate((starts, kept)))[:limit]


def plain(columns: Columns) -> dict[str, Any]:
    """`{t, tick, series}` in base units, None where a series has no value; no gap marks."""
    return {
        "t": columns.t.tolist(),
        "tick": columns.tick.tolist(),
        "series": {name: _base(name, v) for name, v in columns.values.items()},
    }


def answer(columns_: Columns, points: int) -> dict[str, Any]:
    """`{t, series, shown, total, tick?}`: thinned to about `points`, base units.

    Between two segments stands one mark: a time inside the gap where every series is None. `tick`
    comes only when nothing was left out; it is None at a mark.
    """
    total = len(columns_.tick)
    chosen = choose(columns_, points)
    cut = np.flatnonzero(breaks(columns_)) + 1  # the first tick after each gap
    marks, which = np.unique(np.searchsorted(chosen, cut), return_index=True)
    inside = (marks > 0) & (marks < len(chosen))
    marks, cut = marks[inside], cut[which[inside]]
    part = columns_.take(chosen)
    middle = (columns_.t[cut - 1] + columns_.t[cut]) // 2
    out: dict[str, Any] = {
        "t": np.insert(part.t, marks, middle).tolist(),
        "series": {
            name: _base(name, np.insert(v, marks, np.nan)) for name, v in part.values.items()
        },
        "shown": len(chosen),
        "total": total,
    }
    if len(chosen) == total:
        ticks = np.insert(part.tick, marks, -1).tolist()
        out["tick"] = [None if tick < 0 else tick for tick in ticks]
    return out


def _base(name: str, values: Floats) -> list[int | float | None]:
    return [None if v != v else in_base_unit(name, int(v)) for v in values.tolist()]
