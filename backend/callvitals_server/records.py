"""What is handed to history and comes back from it. Plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


class StorageError(Exception):
    """The disk refuses: full, read-only, gone. The message is one line."""

    passing = True
    """False: what was to be stored is the reason, and trying again is of no use."""


@dataclass(frozen=True, slots=True)
class Who:
    """The part of a handshake that says whose session it is."""

    session_id: str
    meeting_id: str
    participant_id: str
    name: str = ""
    key: str = ""
    meta: str = "{}"

    def owns(self, row: dict[str, Any]) -> bool:
        """Is a row of the table `session` about the same meeting, participant and key?"""
        theirs = (row["meeting_id"], row["participant_id"], row["key"])
        return theirs == (self.meeting_id, self.participant_id, self.key)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim that was granted: the session is stored up to `through`."""

    through: int
    proven: bool
    offset: int | None
    started_at: int
    """When the meeting's present occurrence began."""
    written: bool = True
    """False: the disk takes no claims now; nothing can be stored over this connection."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one message adds to a session: a gap, rows, its end, in this order."""

    session_id: str
    conn: int
    before: int  # `through` must be this
    through: int  # and becomes this
    gap: tuple[int, int] | None = None  # first and last tick that will never come
    rows: dict[str, Any] | None = None  # a row of the table `journal`
    left: bool = False
    proven: bool = False
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A session's last known state, for lists after a restart."""

    session_id: str
    conn: int
    state: str | None
    last_at: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A meeting's headline. `score` in 0.01."""

    meeting_id: str
    live: bool
    participants: int
    score: int | None
    rating: str
    sentence: str
    last_at: int


_UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


def duration(text: str) -> int:
    """`48h`, `30d`, `90m` in ms. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{text[:32]!r} is no duration; write 90m, 48h or 30d")
    return int(found[1]) * _UNITS[found[2]]


@dataclass(frozen=True, slots=True)
class Keep:
    """For how long, ms: ticks; minutes, events and states; hours, meetings, sessions, tallies."""

    raw: int = 48 * 3_600_000
    minutes: int = 30 * 86_400_000
    hours: int = 400 * 86_400_000
