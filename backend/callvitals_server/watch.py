"""The dashboards' live windows: each gets the rows it shows, four times a second at most, and only
when they changed. Knows no transport; replies come out of `beat` and `receive`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from .answers import KINDS, SORTS, STORED_SECONDS, Answers, Window
from .columns import decode
from .link import Reply
from .records import Piece, StorageError
from .series import plain

BEAT_SECONDS = 0.25
MAX_COUNT = 500
MAX_WORD = 512
MAX_TIME = 2**53
MAX_ROWS = 600  # rows of one session kept for one beat


class BadRequest(ValueError):
    """What a dashboard asked makes no sense."""


@dataclass(slots=True)
class Viewer:
    """One dashboard."""

    sid: str
    window: Window | None = None
    number: int | None = None  # of its question, told again with each answer
    opened: str | None = None
    target: tuple[str, str, str | None] | None = None  # meeting, participant, session if named
    watching: str | None = None  # the session that was found for it
    seen: dict[str, int] = field(default_factory=dict)  # versions of the live model, by push
    sent: dict[str, bytes] = field(default_factory=dict)  # the last of each push
    stored: tuple[int, frozenset[str], list[dict[str, Any]]] | None = None
    listed_at: int = 0


class Watch:
    """All dashboards of this process. `tell(session_id, on)` passes `watch` on to a page."""

    def __init__(self, answers: Answers, tell: Callable[[str, bool], None]) -> None:
        self.viewers: dict[str, Viewer] = {}
        self._answers = answers
        self._tell = tell
        self._watchers: dict[str, set[str]] = {}  # sessionId -> sids
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def watched(self, session_id: str) -> bool:
        """Does anybody look at this session?"""
        return session_id in self._watchers

    def connected(self, sid: str) -> None:
        """A dashboard came."""
        self.viewers[sid] = Viewer(sid)

    def disconnected(self, sid: str) -> None:
        """It left: what only it watched goes back to its slow rhythm."""
        viewer = self.viewers.pop(sid, None)
        if viewer is not None:
            self._unwatch(viewer)

    def receive(self, sid: str, event: str, data: Any) -> list[Reply]:
        """A dashboard's wish; what it asked for comes with the next beat."""
        viewer = self.viewers.get(sid)
        if viewer is None:
            return []
        try:
            if not isinstance(data, dict):
                raise BadRequest("a request is one object")
            if event == "list":
                viewer.window = None
                viewer.number = _number(data)
                viewer.window = window_of(data) if data else None
                for push in ("list", "error"):
                    viewer.sent.pop(push, None)
                viewer.seen.pop("list", None)
            elif event == "open":
                viewer.opened = _word(data, "meetingId") or None
                viewer.stored = None
                viewer.sent.pop("meeting", None)
                viewer.seen.pop("meeting", None)
            elif event == "watch":
                self._unwatch(viewer)
                meeting_id = _word(data, "meetingId")
                if meeting_id:
                    person = _word(data, "participantId")
                    viewer.target = (meeting_id, person, _word(data, "sessionId") or None)
                    self._aim(viewer)
            else:
                return [Reply(sid, "error", {"code": "unknown-event", "message": "no such event"})]
        except BadRequest as error:
            said = {"code": "bad-request", "message": str(error)}
            return [Reply(sid, "error", {**said, **_about(viewer, event)})]
        return []

    def stored(self, pieces: Sequence[Piece]) -> None:
        """Rows that were committed just now."""
        for piece in pieces:
            if piece.rows is not None and piece.session_id in self._watchers:
                self._rows.setdefault(piece.session_id, []).append(piece.rows)

    async def beat(self, now: int) -> list[Reply]:
        """All that is to be pushed now."""
        replies: list[Reply] = []
        rows, self._rows = self._rows, {}
        for session_id, logs in rows.items():
            push = {"sessionId": session_id, **plain(decode(logs).last(MAX_ROWS))}
            replies += (Reply(sid, "rows", push) for sid in self._watchers.get(session_id, ()))
        for viewer in list(self.viewers.values()):
            self._aim(viewer)
            for event, look in (("list", self._list), ("open", self._meeting)):
                number = viewer.number
                try:
                    await look(viewer, now, replies)
                except StorageError as error:
                    if viewer.number != number:
                        continue  # it asked another question while history was read
                    said = {"code": "unavailable", "message": f"history cannot be read: {error}"}
                    self._push(viewer, "error", {**said, **_about(viewer, event)}, replies)
        return replies

    # -- the three windows ------------------------------------------------------------------------

    async def _list(self, viewer: Viewer, now: int, replies: list[Reply]) -> None:
        window, version = viewer.window, self._answers.live.version
        if window is None:
            return
        aged = window.live is not True and now - viewer.listed_at >= STORED_SECONDS * 1000
        if viewer.seen.get("list") == version and not aged:
            return
        viewer.seen["list"] = version
        viewer.listed_at = now
        page = await self._answers.window(window)
        if viewer.window is window:  # it may have asked for another while history was read
            self._push(viewer, "list", {"n": viewer.number, **page}, replies)

    async def _meeting(self, viewer: Viewer, now: int, replies: list[Reply]) -> None:
        meeting_id = viewer.opened
        if meeting_id is None:
            return
        live = self._answers.live.meetings.get(meeting_id)
        version = live.version if live is not None else -1
        if viewer.seen.get("meeting") == version:
            return
        here = frozenset(s.session_id for s in live.sessions()) if live is not None else frozenset()
        kept = viewer.stored
        if kept is None or kept[1] != here or now - kept[0] >= STORED_SECONDS * 1000:
            sessions = await asyncio.to_thread(self._answers.history.sessions, meeting_id)
            kept = (now, here, sessions)
        page = await self._answers.meeting(meeting_id, kept[2])
        if viewer.opened != meeting_id:
            return
        viewer.seen["meeting"], viewer.stored = version, kept
        if page is None:
            said = {"code": "not-found", "message": "no such meeting", "meetingId": meeting_id}
            self._push(viewer, "error", said, replies)
            return
        self._push(viewer, "meeting", page, replies)

    def _aim(self, viewer: Viewer) -> None:
        """Find the session a viewer means, and ask it for 1 s. One that was found stays the
        target while it lives, so that a view does not hop between two bad sessions."""
        if viewer.target is None:
            return
        meeting_id, participant_id, named = viewer.target
        live = self._answers.live
        if viewer.watching is not None and (named or viewer.watching in live.sessions):
            return
        meeting = live.meetings.get(meeting_id)
        participant = meeting.participants.get(participant_id) if meeting else None
        found = named
        if found is None and participant is not None:
            worst = participant.worst(self._answers.clock()) or participant.newest()
            found = worst.session_id
        if found is None or found == viewer.watching:
            return
        target = viewer.target
        self._unwatch(viewer)
        viewer.target, viewer.watching = target, found
        sids = self._watchers.setdefault(found, set())
        sids.add(viewer.sid)
        if len(sids) == 1:
            self._tell(found, True)

    def _unwatch(self, viewer: Viewer) -> None:
        session_id, viewer.watching, viewer.target = viewer.watching, None, None
        if session_id is None:
            return
        sids = self._watchers.get(session_id, set())
        sids.discard(viewer.sid)
        if not sids and self._watchers.pop(session_id, None) is not None:
            self._rows.pop(session_id, None)
            self._tell(session_id, False)

    def _push(self, viewer: Viewer, event: str, data: dict[str, Any], replies: list[Reply]) -> None:
        text = orjson.dumps(data)
        if viewer.sent.get(event) != text:
            viewer.sent[event] = text
            replies.append(Reply(viewer.sid, event, data))


def _about(viewer: Viewer, event: str) -> dict[str, Any]:
    """Which request an error answers."""
    return {"event": event, "n": viewer.number} if event == "list" else {"event": event}


def window_of(data: dict[str, Any]) -> Window:
    """The request `list {live, search, rating, sort, from, count, since, until}`. Raises
    BadRequest."""
    live, rating, sort = data.get("live"), data.get("rating") or "", data.get("sort") or "worst"
    if live is not None and type(live) is not bool:
        raise BadRequest("live is true, false or null")
    if rating not in ("", *KINDS):
        raise BadRequest(f"rating is one of {', '.join(KINDS)}")
    if sort not in SORTS:
        raise BadRequest(f"sort is one of {', '.join(SORTS)}")
    start, count = data.get("from", 0), data.get("count", 50)
    if type(start) is not int or not 0 <= start <= 10_000_000:
        raise BadRequest("from is a row number")
    if type(count) is not int or not 0 <= count <= MAX_COUNT:
        raise BadRequest(f"count is at most {MAX_COUNT}")
    since, until = _time(data, "since"), _time(data, "until")
    return Window(live, _word(data, "search"), rating, sort, start, count, since, until)


def _number(data: dict[str, Any]) -> int | None:
    value = data.get("n")
    if value is not None and (type(value) is not int or not 0 <= value <= MAX_TIME):
        raise BadRequest("n is a number of a question")
    return value


def _time(data: dict[str, Any], name: str) -> int | None:
    value = data.get(name)
    if value is not None and (type(value) is not int or not 0 <= value <= MAX_TIME):
        raise BadRequest(f"{name} is a time in epoch ms")
    return value


def _word(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_WORD or "\0" in value:
        raise BadRequest(f"{name} is a string of at most {MAX_WORD} characters")
    return value
