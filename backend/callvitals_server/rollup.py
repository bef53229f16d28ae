"""What ticks come to by minute and by hour: for each series the milliseconds covered, sum, lowest
and highest, and how long the score was good, fair, poor. Pure; integers only.

A bucket is never added to: it is made of its ticks, or of finer buckets, and put in the place of
what was there before. So doing it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from callvitals import fields
from callvitals.score import FAIR, GOOD

from .codec import CodecError, decode_matrix, encode_matrix
from .columns import Bits, Columns, Floats, Ints, ints

# A bucket's own numbers: `n` ms covered by ticks; first and last tick, how many; ms not covered
# before its ticks (gaps); ms of a good, fair, poor score.
BASE = ("n", "first", "last", "ticks", "gap", "good", "fair", "poor")
N, FIRST, LAST, TICKS, GAP, GOOD_MS, FAIR_MS, POOR_MS = range(len(BASE))
# A series' numbers: ms with a value, sum of value x ms, lowest, highest.
COVERED, SUM, LOW, HIGH = range(4)

USUAL_MS = 1000  # what the first tick of a session stands for
LATE_MS = 10_000  # a step up to this is no gap
SLOWEST_MS = 60_000  # nobody samples more slowly
_LIMIT = 1 << 40  # beyond it a sum could leave 64 bits; no series ever gets there
_NONE = 1 << 62

Before = tuple[int, int, int]
"""The last tick before: its number, its t, the step before it in ms."""


@dataclass(frozen=True, slots=True)
class Rollup:
    """Buckets in order. `base`: (8, buckets); `series`: (4, buckets) each; without a value LOW is
    above HIGH. `t`: where a bucket starts, epoch ms."""

    t: Ints
    base: Ints
    series: dict[str, Ints]

    def between(self, start: int | None, end: int | None, width: int) -> Rollup:
        """The buckets that touch start <= t <= end."""
        low = 0 if start is None else int(np.searchsorted(self.t, start - width, "right"))
        high = len(self.t) if end is None else int(np.searchsorted(self.t, end, "right"))
        return self.take(slice(low, high))

    def take(self, which: slice | Bits) -> Rollup:
        """A part of it."""
        series = {name: stats[:, which] for name, stats in self.series.items()}
        return Rollup(self.t[which], self.base[:, which], series)


EMPTY = Rollup(ints([]), np.empty((len(BASE), 0), np.int64), {})


def covered(columns: Columns, before: Before | None) -> tuple[Ints, Ints]:
    """For each tick the ms it stands for, and the ms before it for which nobody stands.

    A tick stands for the time since the one before, unless that is a gap: ticks are missing, or
    the step is more than 10 s and more than one and a half of the step before. Then, and at the
    start, it stands for one usual step.
    """
    if len(columns.t) == 0:
        return ints([]), ints([])
    tick = np.concatenate((ints([-2 if before is None else before[0]]), columns.tick))
    t = np.concatenate((ints([columns.t[0] if before is None else before[1]]), columns.t))
    step = np.diff(t)
    usual = np.concatenate((ints([USUAL_MS if before is None else before[2]]), step[:-1]))
    if before is None:
        usual[1:2] = USUAL_MS  # the first step is none
    usual = np.clip(usual, 1, SLOWEST_MS)
    gap = (np.diff(tick) != 1) | (step > np.maximum(LATE_MS, usual * 3 // 2))
    stands = np.where(gap, np.minimum(np.minimum(usual, LATE_MS), step), step)
    stands = np.maximum(stands, 1)
    if before is None:
        stands[0] = USUAL_MS
    return stands, np.where(gap, np.maximum(step - stands, 0), 0)


def last_of(columns: Columns, before: Before | None) -> Before | None:
    """The `Before` of what follows on these ticks."""
    n = len(columns.t)
    if n == 0:
        return before
    t = int(columns.t[-1])
    earlier = int(columns.t[-2]) if n > 1 else t - USUAL_MS if before is None else before[1]
    return int(columns.tick[-1]), t, t - earlier


def of_ticks(
    columns: Columns, before: Before | None, width: int, only: Bits | None = None
) -> Rollup:
    """Buckets of `width` ms, of the headline series; only: of these ticks."""
    n, gap = covered(columns, before)
    if only is not None:
        columns, n, gap = columns.take(only), n[only], gap[only]
    if len(columns.t) == 0:
        return EMPTY
    t = columns.t // width * width
    starts = np.flatnonzero(np.concatenate(([True], np.diff(t) > 0)))
    ends = np.append(starts[1:], len(t))

    def add(numbers: Ints) -> Ints:
        return np.add.reduceat(numbers, starts)

    score = columns.values.get("score")
    rated = [np.zeros(len(starts), np.int64)] * 3
    if score is not None:
        # Nothing compares true with NaN.
        good, fair, poor = score >= GOOD, (score >= FAIR) & (score < GOOD), score < FAIR
        rated = [add(np.where(this, n, 0)) for this in (good, fair, poor)]
    total = add(n)
    first, last = columns.tick[starts], columns.tick[ends - 1]
    base = np.stack([total, first, last, ends - starts, add(gap), *rated])
    series = {}
    for name in fields.HEADLINE:
        values = columns.values.get(name)
        if values is None:
            continue
        none = np.isnan(values)
        lows = highs = values
        time = n
        if none.all():
            continue
        stats = np.empty((4, len(starts)), np.int64)
        stats[COVERED] = total
        if none.any():
            values = np.where(none, 0.0, values)
            lows, highs = np.where(none, _NONE, lows), np.where(none, -_NONE, highs)
            time = np.where(none, 0, n)
            stats[COVERED] = add(time)
        whole = values.astype(np.int64)
        if max(-whole.min(), whole.max()) > _LIMIT:
            whole = np.clip(whole, -_LIMIT, _LIMIT)
        stats[SUM] = add(whole * time)
        stats[LOW] = np.minimum.reduceat(lows, starts)
        stats[HIGH] = np.maximum.reduceat(highs, starts)
        series[name] = stats
    return Rollup(t[starts], base, series)


def coarser(parts: Rollup | Sequence[Rollup], width: int) -> Rollup:
    """Buckets of `width` ms out of finer ones, of one or of several lists; no tick may be in two.
    A gap's ms stay with the bucket in which it ends."""
    if isinstance(parts, Rollup):
        parts = [parts]
    parts = [part for part in parts if len(part.t)]
    if not parts:
        return EMPTY
    t = np.concatenate([part.t for part in parts])
    base = np.concatenate([part.base for part in parts], axis=1)
    t = t // width * width
    order = np.argsort(t, kind="stable")
    t = t[order]
    starts = np.flatnonzero(np.concatenate(([True], np.diff(t) > 0)))
    added = np.add.reduceat(base[:, order], starts, axis=1)
    added[FIRST] = np.minimum.reduceat(base[FIRST, order], starts)
    added[LAST] = np.maximum.reduceat(base[LAST, order], starts)
    series = {}
    for name in sorted({name for part in parts for name in part.series}):
        stats = np.concatenate([part.series.get(name, _no(len(part.t))) for part in parts], axis=1)
        stats = stats[:, order]
        out = np.add.reduceat(stats, starts, axis=1)
        out[LOW] = np.minimum.reduceat(stats[LOW], starts)
        out[HIGH] = np.maximum.reduceat(stats[HIGH], starts)
        series[name] = out
    return Rollup(t[starts], added, series)


def replace(old: Rollup, new: Rollup, start: int, end: int, width: int) -> Rollup:
    """`old`, but from start to before end, whole buckets, what `new` says."""
    outside = old.take((old.t < start) | (old.t >= end))
    return coarser([outside, new.take((new.t >= start) & (new.t < end))], width)


def _no(buckets: int) -> Ints:
    stats = np.zeros((4, buckets), np.int64)
    stats[LOW], stats[HIGH] = _NONE, -_NONE
    return stats


# -- what is asked of it ------------------------------------------------------------------------


def worst(rollup: Rollup, names: Sequence[str], width: int) -> Columns:
    """Each bucket's most harmful value: highest loss, lowest score. NaN without a value."""
    values: dict[str, Floats] = {}
    for name in names:
        stats = rollup.series.get(name)
        if stats is None:
            values[name] = np.full(len(rollup.t), np.nan)
            continue
        kind = fields.SERIES[name][2]
        side = stats[LOW] if kind == "min" else stats[HIGH]
        values[name] = np.where(stats[LOW] > stats[HIGH], np.nan, side.astype(np.float64))
    after_gap = rollup.base[GAP] > 0
    after_gap[1:] |= np.diff(rollup.t) > np.maximum(width, SLOWEST_MS * 3 // 2)
    return Columns(rollup.base[FIRST], rollup.t, values, after_gap)


def mean(stats: Ints) -> Floats:
    """The mean over time of each bucket, NaN without a value."""
    n = stats[COVERED].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, stats[SUM] / n, np.nan)


# -- bytes --------------------------------------------------------------------------------------


def encode(rollup: Rollup, width: int) -> bytes:
    """As a blob; `decode` undoes it."""
    names = sorted(rollup.series)
    start = int(rollup.t[0]) if len(rollup.t) else 0
    own = [(rollup.t - start) // width, *rollup.base]
    stats = np.array([rollup.series[name] for name in names], np.int64)
    stats = stats.reshape(len(names), 4, len(rollup.t))
    # What is mostly nothing: how much less is covered than of the bucket; the range.
    empty = stats[:, LOW] > stats[:, HIGH]
    stats[:, HIGH] -= stats[:, LOW]
    stats[:, COVERED] = rollup.base[N] - stats[:, COVERED]
    stats[np.broadcast_to(empty[:, None], stats.shape)] = 0
    stats[:, COVERED][empty] = -1
    about = {"start": start, "width": width, "base": BASE, "series": names}
    matrix = np.concatenate((np.stack(own), stats.reshape(-1, len(rollup.t))))
    return encode_matrix(matrix.T, about)


def decode(data: bytes) -> Rollup:
    """Raises CodecError."""
    matrix, about = decode_matrix(data)
    rows = matrix.T
    names, width = about["series"], about["width"]
    if tuple(about["base"]) != BASE or len(rows) != 1 + len(BASE) + 4 * len(names):
        raise CodecError("a rollup of other columns")
    base = rows[1 : 1 + len(BASE)]
    stats = rows[1 + len(BASE) :].reshape(len(names), 4, len(rows[0]))
    empty = stats[:, COVERED] < 0
    stats[:, HIGH] += stats[:, LOW]
    stats[:, COVERED] = base[N] - stats[:, COVERED]
    stats[:, COVERED][empty] = 0
    stats[:, LOW][empty] = _NONE
    stats[:, HIGH][empty] = -_NONE
    series = dict(zip(names, stats, strict=True))
    return Rollup(rows[0] * width + about["start"], base, series)
