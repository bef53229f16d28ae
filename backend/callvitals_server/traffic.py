"""What pages really send, beside what it is said to cost: bytes per page and minute. Pure."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

WINDOW_MS = 300_000
LEAST_MS = 60_000  # of all pages together: less tells nothing


class Traffic:
    """Fed once a second or so with the bytes that came in all, and how many pages are here."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int, int]] = deque()  # t, bytes, pages since then

    def note(self, now: int, received: int, pages: int) -> None:
        """now: ms; received: bytes since the service began."""
        self._seen.append((now, received, pages))
        while len(self._seen) > 2 and now - self._seen[1][0] >= WINDOW_MS:
            self._seen.popleft()

    def told(self) -> dict[str, float] | None:
        """{"sentBytes" of a page in a minute, "pages" on average, "seconds" it is of}, or None
        where there was too little."""
        if len(self._seen) < 2:
            return None
        seen = list(self._seen)
        spent = sum(pages * (later - t) for (t, _, pages), (later, _, _) in pairwise(seen))
        span = seen[-1][0] - seen[0][0]
        if spent < LEAST_MS or span <= 0:
            return None
        sent = seen[-1][1] - seen[0][1]
        return {
            "sentBytes": round(sent * 60_000 / spent),
            "pages": round(spent / span, 1),
            "seconds": round(span / 1000),
        }
