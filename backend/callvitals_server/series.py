"""Columns over time, thinned for a chart without losing spikes or bridging gaps. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from callvitals import fields
from callvitals.present import value as in_base_unit

from .columns import Columns, Floats, Ints, ints
from .lttb import thin

GAP_MS = 10_000
MIN_POINTS = 3
FULL = 0.95  # of the points asked for: good enough


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
    if columns.after_gap is not None:
        return columns.after_gap[1:]
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

    One time axis for all series: the union of what LTTB keeps of each, with about as large a share
    per series as fits. Every segment between gaps that has a value keeps at least one tick, so at
    most `points` + gaps come back. The first and the last tick stay, and the highest and the
    lowest value of each series.
    """
    n = len(columns.tick)
    points = max(points, MIN_POINTS)
    if n <= points:
        return np.arange(n)
    broken = breaks(columns)
    kept = np.unique(np.concatenate((ints([0, n - 1]), _extremes(columns, points))))
    known = columns.after_gap is not None
    runs = {
        name: found
        for name, v in columns.values.items()
        if (found := _runs(columns.t, v, broken, known))
    }

    def union(share: int) -> Ints:
        parts = [kept]
        for name, found in runs.items():
            parts.append(_share(columns.t, columns.values[name], found, share))
        return np.unique(np.concatenate(parts))

    best = union(1)
    if not runs or len(best) > points:
        return _bare(kept, broken, n, points)
    low, high = 1, points + 1  # `low` fits, `high` is not tried
    share = max(1, points // len(runs))
    while high - low > 1 and len(best) < points * FULL:
        share = min(max(share, low + 1), high - 1)
        chosen = union(share)
        if len(chosen) <= points:
            low, best = share, chosen
        else:
            high = share
        # What series share is hard to tell: it is tried in proportion.
        share = share * points // len(chosen)
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
    return ints((worst + best)[: min(points // 2, points - 2)])


def _runs(t: Ints, values: Floats, broken: npt.NDArray[np.bool_], known: bool) -> list[Ints]:
    """The places of a series' values, split where there is a gap in it; known: `broken` knows all
    gaps."""
    places = np.flatnonzero(~np.isnan(values))
    if len(places) == 0:
        return []
    before = np.concatenate(([0], np.cumsum(broken)))  # gaps before each tick
    cut = np.diff(before[places]) > 0
    if not known:
        cut |= is_gap(t[places])
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
        "series": {name: in_base_units(name, v) for name, v in columns.values.items()},
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
            name: in_base_units(name, np.insert(v, marks, np.nan))
            for name, v in part.values.items()
        },
        "shown": len(chosen),
        "total": total,
    }
    if len(chosen) == total and columns_.after_gap is None:
        ticks = np.insert(part.tick, marks, -1).tolist()
        out["tick"] = [None if tick < 0 else tick for tick in ticks]
    return out


def in_base_units(name: str, values: Floats) -> list[int | float | None]:
    """As the answers have them; None for NaN."""
    unit = fields.SERIES.get(name.split(".")[0])
    if unit is None or unit[0] == 1:
        return [None if v != v else in_base_unit(name, int(v)) for v in values.tolist()]
    # As `present` has it: integers up to 2^53, divided once.
    return [None if v != v else v for v in (values / unit[0]).tolist()]
