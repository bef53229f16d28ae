"""A session's clock: never runs backwards, follows the wall's clock when that runs ahead."""

from __future__ import annotations

import time
from collections.abc import Callable

_JUMP_MS = 2000


class SessionClock:
    """Epoch ms from a monotonic clock (rule 21 of the protocol's time)."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._base = wall() - monotonic()
        self._back = 0

    def now(self) -> int:
        """Epoch ms."""
        return int((self._base + self._monotonic()) * 1000)

    def check(self) -> int:
        """Once a tick: the ms that the wall's clock has jumped, 0 when it has not.

        Ahead (the machine slept): this clock follows. Backwards: it does not, and the jump is told
        once.
        """
        ahead = int(self._wall() * 1000) - self.now()
        if ahead > _JUMP_MS:
            self._base += ahead / 1000
            self._back = 0
            return ahead
        if abs(ahead - self._back) > _JUMP_MS:
            step, self._back = ahead - self._back, min(0, ahead)
            return min(0, step)
        return 0
