"""Ingest at a desk of its own: no sockets, a real history, commits when the test says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from callvitals import state
from callvitals_server.history import History
from callvitals_server.ingest import Ingest
from callvitals_server.link import Reply
from callvitals_server.live import Live
from callvitals_server.records import Piece
from callvitals_server.settings import Settings

from .kit import T0, document

SESSION = "0123456789abcdef0123456789abcdef"
AUTH = {
    "protocol": 1,
    "meetingId": "m",
    "participantId": "p",
    "sessionId": SESSION,
    "conn": 65537,
}


class Desk:
    """Ingest over a real history, committed when the test says so."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.history = History(folder)
        self.pieces: list[Piece] = []
        self.ingest = Ingest(
            Settings(_env_file=None, **settings), self.history.secret, Live(), self.pieces.append
        )
        self.now = T0
        self.waiting: Callable[[], list[Reply]] = list

    def connect(self, sid: str = "a", **more: Any) -> dict[str, Any]:
        shake, trusted = self.ingest.admit({**AUTH, **more}, None)
        claim = self.history.claim(shake.who, shake.conn, trusted, self.now)
        if claim is None:
            raise self.ingest.refused(shake, self.history.session(shake.who.session_id))
        replies = self.ingest.connected(sid, shake, claim, self.now)
        hello = replies[-1]
        assert hello.event == "hello"
        return hello.data

    def say(self, data: Any, event: str = "meeting:metrics", sid: str = "a") -> list[Reply]:
        return self.ingest.receive(sid, event, [data], self.now)

    def commit(self, fails: bool = False) -> list[Reply]:
        pieces, self.pieces[:] = list(self.pieces), []
        lost = None if fails else self.history.write(pieces, self.now)
        return self.ingest.committed(pieces, lost)

    def ticks(self) -> list[int]:
        """The stored ticks in order; a tick that is there twice is listed twice."""
        out: list[int] = []
        for row in self.history.journal(SESSION):
            out += range(row["first"], row["last"] + 1)
        return out


def full(rev: int = 0, **more: Any) -> dict[str, Any]:
    return {"conn": 65537, "rev": rev, "isFullState": True, "metrics": document(), **more}


def delta(rev: int, **more: Any) -> dict[str, Any]:
    check = state.check(document())
    base = {"conn": 65537, "rev": rev, "isFullState": False, "metrics": {}, "check": check}
    return {**base, **more}
