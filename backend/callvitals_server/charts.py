"""A session's series for a chart: the level that has enough points, thinned, with its gaps, and
what all ticks come to, shown or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from callvitals import fields

from . import rollup, series
from .columns import HOUR_MS, MINUTE_MS, Columns, Floats, Ints
from .reads import FAR, Reads
from .rollup import FIRST, GAP, LAST, TICKS, Rollup
from .shelves import Row

WIDTHS = {"1m": MINUTE_MS, "1h": HOUR_MS}


def level(
    history: Reads, row: Row, names: Sequence[str], start: int | None, end: int | None, points: int
) -> str:
    """`raw`, `1m` or `1h`: the coarsest that has `points` points in this time; a finer one for
    what only that has (streams' own series), a coarser one where the finer is forgotten."""
    span = history.span(row)
    if span is None:
        return "raw"
    low = span[0] if start is None else max(span[0], start)
    high = span[1] if end is None else min(span[1], end)
    wanted = "raw"
    if all(name in fields.HEADLINE for name in names):
        wanted = next((n for n in ("1h", "1m") if (high - low) // WIDTHS[n] >= points), "raw")
    if row["sealed"] < 0:
        return wanted  # all of it is in the journal
    if wanted == "raw" and history.kept_since("raw") > low:
        wanted = "1m"
    if wanted == "1m" and history.kept_since("minute") > low:
        wanted = "1h"
    return wanted


def chart(
    history: Reads,
    session_id: str,
    names: Sequence[str],
    start: int | None,
    end: int | None,
    points: int,
) -> dict[str, Any]:
    """`{level, t, series, shown, total, gaps, stats, tick?}` (docs/internals.md) of a session that
    is there. Raises StorageError."""
    row = history.session(session_id)
    assert row is not None
    which = level(history, row, names, start, end, points)
    if which == "raw":
        found = history.ticks(session_id, names, start, end, around=True)
        missing = series.gaps(found, history.gaps(session_id), row["started_at"], row["through"])
        found = found.between(start, end)
        said = series.answer(found, points)
        stats = _of_ticks(found)
    else:
        read = history.minutes if which == "1m" else history.hours
        buckets = read(session_id, -FAR if start is None else start, FAR if end is None else end)
        missing = _gaps(buckets, WIDTHS[which])
        missing += _ends(history, row, buckets, WIDTHS[which])
        said = series.answer(rollup.worst(buckets, names, WIDTHS[which]), points)
        # Not of the ticks, though they may be kept: a day of them is too much to read for a median.
        stats = _of_buckets(buckets, names, which)
    within = [
        gap
        for gap in missing
        if (start is None or gap["to"] >= start) and (end is None or gap["from"] <= end)
    ]
    return {"level": which, **said, "gaps": within, "stats": stats}


def _of_ticks(columns: Columns) -> dict[str, Any]:
    told = {name: _told(name, columns.t, v, v) for name, v in columns.values.items()}
    return {"ticks": len(columns.t), "series": {k: v for k, v in told.items() if v}}


def _of_buckets(buckets: Rollup, names: Sequence[str], which: str) -> dict[str, Any]:
    worst = rollup.worst(buckets, names, WIDTHS[which]).values
    told = {
        name: _told(name, buckets.t, worst[name], rollup.mean(buckets.series[name]))
        for name in names
        if name in buckets.series
    }
    ticks = int(buckets.base[TICKS].sum())
    return {"ticks": ticks, "series": {k: v for k, v in told.items() if v}}


def _told(name: str, t: Ints, values: Floats, usual: Floats) -> dict[str, Any] | None:
    """`{median, worst, at}` of a series in base units; None without a value. The median is of
    `usual`, of an even number the lower of the two in the middle; `at`: the first worst."""
    if np.isnan(values).all():
        return None
    unit = fields.SERIES.get(name.split(".")[0])
    low_is_bad = unit is not None and unit[2] == "min"
    at = int(np.nanargmin(values) if low_is_bad else np.nanargmax(values))
    known = usual[~np.isnan(usual)]
    middle = (len(known) - 1) // 2
    numbers = np.array([np.partition(known, middle)[middle], values[at]])
    median, worst = series.in_base_units(name, numbers)
    return {"median": median, "worst": worst, "at": int(t[at])}


def _gaps(buckets: Rollup, width: int) -> list[dict[str, Any]]:
    """What is missing between buckets and in them, as exactly as buckets tell."""
    out = []
    t, base = buckets.t, buckets.base
    for at in np.flatnonzero(base[GAP] > 0).tolist():
        whole = base[LAST, at] - base[FIRST, at] + 1 == base[TICKS, at]
        follows = at == 0 or base[FIRST, at] == base[LAST, at - 1] + 1
        start = int(t[at - 1] + width) if at else int(t[at])
        end = min(start + int(base[GAP, at]), int(t[at]) + width)
        why = "silent" if whole and follows else "lost"
        out.append({"from": start, "to": end, "why": why})
    return out


def _ends(history: Reads, row: Row, buckets: Rollup, width: int) -> list[dict[str, Any]]:
    """Ticks that were lost before the first bucket of all, or after the last."""
    n = len(buckets.t)
    if not n:
        return []
    ticks = np.array([buckets.base[FIRST, 0], buckets.base[LAST, -1]], np.int64)
    t = np.array([buckets.t[0], buckets.t[-1] + width], np.int64)
    edge = Columns(ticks, t, {})
    told = series.gaps(edge, history.gaps(row["session_id"]), row["started_at"], row["through"])
    return [gap for gap in told if gap["to"] <= t[0] or gap["from"] >= t[1]]
