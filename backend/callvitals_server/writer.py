"""The one thread that writes: group commits, and nothing waits for another's disk.

Pieces are gathered and committed together, at the latest after 200 ms or at 500 messages. A claim
goes behind all that was gathered before it, so that what it reads as `through` is complete.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from .history import History
from .records import Claim, Piece, Saved, StorageError, Summary, Who

FLUSH_SECONDS = 0.2
FLUSH_PIECES = 500

log = logging.getLogger("callvitals")

Done = Callable[[Sequence[Piece], "set[tuple[str, int]] | None"], None]
"""Called after each commit: the pieces, and the owners that lost their session; None when the
disk refused and nothing was stored."""


class Writer:
    """Lives in one event loop. `done` runs in that loop."""

    def __init__(self, history: History, clock: Callable[[], int], done: Done) -> None:
        self.trouble: str | None = None
        """Why the last write failed, None when it went well."""
        self.upkeep: str | None = None
        """Why the last upkeep failed (sealing, tallies, forgetting), None when it went well."""
        self._history = history
        self._clock = clock
        self._done = done
        self._pool = ThreadPoolExecutor(1, "callvitals-writer")
        self._pieces: list[Piece] = []
        self._timer: asyncio.TimerHandle | None = None
        self._running: set[asyncio.Future[None]] = set()

    def add(self, piece: Piece) -> None:
        """Store this soon."""
        self._pieces.append(piece)
        if len(self._pieces) >= FLUSH_PIECES:
            self._flush_soon()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(FLUSH_SECONDS, self._flush_soon)

    async def claim(self, who: Who, conn: int, trusted: bool) -> Claim | None:
        """See History.claim. Raises StorageError."""
        self._flush_soon()
        loop = asyncio.get_running_loop()
        try:
            claim = await loop.run_in_executor(
                self._pool, self._history.claim, who, conn, trusted, self._clock()
            )
        except StorageError as error:
            self._note(str(error))
            raise
        self._note(None)
        return claim

    async def save(self, states: Sequence[Saved], summaries: Sequence[Summary]) -> bool:
        """See History.save. False: the disk refused."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._pool, self._history.save, states, summaries)
        except StorageError as error:
            self._note(str(error))
            return False
        self._note(None)
        return True

    async def tend(self) -> int:
        """See History.tend; between two commits. Returns how much was done, 0 when it failed: what
        is not sealed stays in the journal, and nothing is lost by waiting."""
        loop = asyncio.get_running_loop()
        try:
            done = await loop.run_in_executor(self._pool, self._history.tend, self._clock())
        except StorageError as error:
            if self.upkeep != str(error):
                log.error("history cannot be tended: %s", error)
            self.upkeep = str(error)
            return 0
        self.upkeep = None
        return done

    async def flush(self) -> None:
        """Commit all that was gathered, and wait for it."""
        self._flush_soon()
        while self._running:
            await asyncio.wait(self._running)

    async def close(self) -> None:
        """Commit the rest and end the thread."""
        await self.flush()
        self._pool.shutdown()

    def _flush_soon(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._pieces:
            return
        pieces, self._pieces = self._pieces, []
        # The executor is asked here, not in the task, so that a claim cannot overtake it.
        committed = asyncio.get_running_loop().run_in_executor(
            self._pool, self._history.write, pieces, self._clock()
        )
        task = asyncio.ensure_future(self._finish(pieces, committed))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _finish(
        self, pieces: list[Piece], committed: asyncio.Future[set[tuple[str, int]]]
    ) -> None:
        try:
            lost: set[tuple[str, int]] | None = await committed
        except StorageError as error:
            self._note(str(error))
            lost = None
        else:
            self._note(None)
        self._done(pieces, lost)

    def _note(self, trouble: str | None) -> None:
        if trouble != self.trouble:
            if trouble is None:
                log.warning("history can be written again")
            else:
                log.error("history cannot be written: %s", trouble)
            self.trouble = trouble
