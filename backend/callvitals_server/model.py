"""Meetings ▸ participants ▸ sessions ▸ state, and the headlines they come to. Plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from callvitals.together import fresh, said

from .trend import Trend

LOST_MS = 60_000
ENDED_MS = 300_000

RATINGS = ("poor", "fair", "good", "unknown")  # worst first
_RANK = {rating: rank for rank, rating in enumerate(RATINGS)}
_NO_SCORE = 1 << 30
# Issues of who never got into the call (docs/issues.md).
NEVER_STARTED = frozenset(("connect-failed", "no-permission"))


@dataclass(slots=True)
class Headline:
    """The worst of what it stands for. `score` in 0.01."""

    rating: str = "unknown"
    score: int | None = None
    sentence: str = ""

    def key(self) -> tuple[int, int]:
        """Ascending: the worst first."""
        return _RANK[self.rating], _NO_SCORE if self.score is None else self.score


@dataclass(slots=True)
class Session:
    """One SDK run. `state` is None until a full state has come over this process's socket."""

    session_id: str
    meeting_id: str
    participant_id: str
    name: str
    conn: int
    joined_at: int
    last_at: int
    rev: int = -1
    state: dict[str, Any] | None = None
    offset: int = 0
    left: bool = False
    told: tuple[dict[str, Any] | None, int, dict[str, Any]] = (None, 0, {})  # see `said`

    def presence(self, now: int) -> str:
        """`live`, `lost` (60 s of silence), `ended` (300 s) or `left` (said bye)."""
        if self.left:
            return "left"
        silent = now - self.last_at
        return "ended" if silent >= ENDED_MS else "lost" if silent >= LOST_MS else "live"

    def said(self) -> dict[str, Any]:
        """What its state says for the meeting's verdict; worked out once for each state."""
        if self.told[0] is not self.state or self.told[1] != self.offset:
            self.told = (self.state, self.offset, said(self.state, self.offset))
        return self.told[2]

    def headline(self) -> Headline:
        """What its state says."""
        state = self.state or {}
        rating, score, sentence = state.get("rating"), state.get("score"), state.get("sentence")
        return Headline(
            rating if isinstance(rating, str) and rating in _RANK else "unknown",
            score if type(score) is int else None,
            sentence if isinstance(sentence, str) else "",
        )


@dataclass(slots=True)
class Participant:
    """The set of its sessions."""

    participant_id: str
    sessions: dict[str, Session] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As its newest session says."""
        return next((s.name for s in reversed(self.sessions.values()) if s.name), "")

    def newest(self) -> Session:
        """The session that joined last."""
        return max(self.sessions.values(), key=lambda s: (s.joined_at, s.session_id))

    def worst(self, now: int) -> Session | None:
        """The worst live session."""
        live = [s for s in self.sessions.values() if s.presence(now) == "live"]
        return min(live, key=lambda s: s.headline().key(), default=None)

    def headline(self, now: int) -> Headline:
        """The worst live session's."""
        worst = self.worst(now)
        return Headline() if worst is None else worst.headline()


@dataclass(slots=True)
class Meeting:
    """The participants under one meetingId, with the headline worked out at the last refresh."""

    meeting_id: str
    started_at: int
    participants: dict[str, Participant] = field(default_factory=dict)
    headline: Headline = field(default_factory=Headline)
    present: int = 0
    active: bool = True
    last_at: int = 0
    version: int = 0
    haystack: str = ""
    together: dict[str, Any] = field(default_factory=fresh)  # who has which issue, since when
    issues: list[dict[str, Any]] = field(default_factory=list)  # the worst first: together.step
    failed: bool = False  # it never started: somebody could not get in, and nobody has a score
    trend: Trend = field(default_factory=Trend)

    def order(self) -> tuple[int, int, str]:
        """Ascending: the worst first, and before them those that never started. By tenths of a
        score: places that changed with each hundredth would be a list that nobody can read."""
        if self.failed:
            return 0, -1, self.meeting_id
        rank, score = self.headline.key()
        return rank, score // 10, self.meeting_id

    @property
    def kind(self) -> str:
        """Its rating, or `failed`: it never started."""
        return "failed" if self.failed else self.headline.rating

    def sessions(self) -> Iterator[Session]:
        """All of its sessions."""
        for participant in self.participants.values():
            yield from participant.sessions.values()
