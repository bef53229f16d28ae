"""A meeting's score over the last five minutes, for the small line in the list. Plain values."""

from __future__ import annotations

STEP_MS = 10_000
STEPS = 30


class Trend:
    """The worst score of each 10 s, in 0.01; None while there was none. A score holds until the
    next one is told, as a page tells one only when something changes."""

    __slots__ = ("_last", "_step", "_worst")

    def __init__(self) -> None:
        self._step = -1  # which 10 s the last value of `_worst` stands for
        self._worst: list[int | None] = []
        self._last: int | None = None  # the newest score: what the next step begins with

    def add(self, now: int, score: int | None) -> None:
        """The score is this from `now` (epoch ms) on."""
        step = max(now // STEP_MS, self._step)
        worst = self._until(now)
        before = worst[-1] if step == self._step else None
        worst[-1] = score if before is None or (score is not None and score < before) else before
        self._step, self._worst, self._last = step, worst, score

    def read(self, now: int) -> list[int | None]:
        """At most STEPS values, oldest first, the last one of the step that `now` lies in."""
        return self._until(now) if self._worst else []

    def _until(self, now: int) -> list[int | None]:
        new = now // STEP_MS - self._step if self._step >= 0 else 1
        return [*self._worst, *[self._last] * min(max(new, 0), STEPS)][-STEPS:]
