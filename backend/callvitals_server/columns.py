"""Rows as columns over time, out of the journal's text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Columns:
    """Ticks of one session in order: `t` in ms of the service's clock, never descending; `values`
    at the wire's scale, NaN where a series has none.

    after_gap: which of them come after a gap, where that is known better than from `tick`, `t`.
    """

    tick: Ints
    t: Ints
    values: dict[str, Floats]
    after_gap: Bits | None = None

    def take(self, which: Ints | Bits | slice) -> Columns:
        """A part of it."""
        return Columns(
            self.tick[which],
            self.t[which],
            {n: v[which] for n, v in self.values.items()},
            None if self.after_gap is None else self.after_gap[which],
        )

    def last(self, n: int) -> Columns:
        """The newest `n` ticks."""
        return self.take(slice(max(0, len(self.tick) - n), None))

    def between(self, start: int | None, end: int | None) -> Columns:
        """Those with start <= t <= end."""
        low = 0 if start is None else int(np.searchsorted(self.t, start, "left"))
        high = len(self.t) if end is None else int(np.searchsorted(self.t, end, "right"))
        return self.take(slice(low, high))


def join(parts: Sequence[Columns], names: Iterable[str] | None = None) -> Columns:
    """Parts that follow on each other, as one; names: those series (else: all there are)."""
    if names is None:
        names = dict.fromkeys(name for part in parts for name in part.values)
    values = {}
    for name in names:
        found = [part.values.get(name) for part in parts]
        filled = [
            np.full(len(part.t), np.nan) if v is None else v
            for part, v in zip(parts, found, strict=True)
        ]
        values[name] = np.concatenate(filled) if filled else np.empty(0)
    none: list[Ints] = [ints([])]
    tick = np.concatenate([part.tick for part in parts] or none)
    t = np.concatenate([part.t for part in parts] or none)
    return Columns(tick, np.maximum.accumulate(t), values)


def decode(
    rows: Sequence[dict[str, Any]], names: Iterable[str] | None = None, floor: int | None = None
) -> Columns:
    """Rows of the table `journal`, in order, as columns; names: those series only.

    A page's clock may be wrong by years: no tick is later than a minute after it was stored (`at`,
    where the row tells), and none before `floor`.
    """
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
    t = times.values() + np.repeat(ints([row["offset"] for row in rows]), counts)
    ticks = places(ints([row["first"] for row in rows]), ints(counts))
    if floor is not None:
        t = np.maximum(t, floor)
    if rows and "at" in rows[0]:
        t = np.minimum(t, np.repeat(ints([row["at"] + MINUTE_MS for row in rows]), counts))
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
        sums = np.cumsum(ints(self._d))
        before = np.cumsum(ints(self._sizes))[:-1] - 1
        bases = np.concatenate((ints([0]), sums[before]))[: len(self._sizes)]
        return sums - np.repeat(bases, self._sizes)

    def places(self) -> Ints:
        """Where they belong."""
        return places(ints(self._at), ints(self._lengths))


def ints(values: Sequence[int]) -> Ints:
    """As numpy has them."""
    return np.array(values, np.int64)


def places(starts: Ints, lengths: Ints) -> Ints:
    """start, start + 1, … of each run, in one row."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)


def runs(ticks: Ints) -> list[list[int]]:
    """Ascending ticks as [[first, count], …]: what `places` undoes."""
    cuts = np.flatnonzero(np.diff(ticks) != 1) + 1
    return [[int(part[0]), len(part)] for part in np.split(ticks, cuts) if len(part)]
