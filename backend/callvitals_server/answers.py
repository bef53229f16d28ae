"""The questions REST and the dashboard ask, answered from the live model and from history.

Shapes and units: docs/internals.md. The live model belongs to the event loop; history is read in
threads, so that a slow disk never holds up a page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from callvitals.present import present

from . import naming
from .history import History, state_of
from .live import Live
from .model import ENDED_MS, LOST_MS, RATINGS, Meeting, Participant, Session
from .reads import summary_of

SORTS: dict[str, Callable[[Meeting], Any]] = {
    "worst": Meeting.order,
    "started": lambda m: (-m.started_at, m.meeting_id),
    "participants": lambda m: (-m.present, m.meeting_id),
    "name": lambda m: m.meeting_id.casefold(),
}
KINDS = (*RATINGS, "failed")  # what a list can be narrowed to
DAY_MS = 86_400_000
STORED_SECONDS = 5  # how old what a live view says of history may be


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the list of meetings. live: True, False, or None for both, the live ones first;
    rating: `failed`, too, for those that never started; since, until: of those that ended, those
    that went on in this time."""

    live: bool | None = None
    search: str = ""
    rating: str = ""
    sort: str = "worst"
    start: int = 0
    count: int = 50
    since: int | None = None
    until: int | None = None


class Answers:
    """`clock` gives epoch ms."""

    def __init__(self, live: Live, history: History, clock: Callable[[], int]) -> None:
        self.live = live
        self.history = history
        self.clock = clock

    # -- lists ----------------------------------------------------------------------------------

    def live_matching(self, window: Window) -> list[Meeting]:
        """The live meetings that belong into a list, in its order."""
        if window.live is False:
            return []
        self.live.refresh(self.clock())
        found = self.live.matching(window.search, window.rating)
        return found if window.sort == "worst" else sorted(found, key=SORTS[window.sort])

    async def window(self, window: Window) -> dict[str, Any]:
        """The push `list` of /watch."""
        counts = dict.fromkeys(KINDS, 0)
        ended: dict[str, int] = {}
        if window.live is not True:
            asked = (window.search, window.since, window.until)
            ended = await asyncio.to_thread(self.history.ended_kinds, *asked)
        # Awaited first: what follows is one consistent look at the live model.
        now = self.clock()
        every = self.live_matching(replace(window, rating=""))
        for meeting in every:
            counts[meeting.kind] += 1
        for kind, n in ended.items():
            counts[kind] = counts.get(kind, 0) + n
        found = [m for m in every if m.kind == window.rating] if window.rating else every
        items = [live_row(m, now) for m in found[window.start : window.start + window.count]]
        total = len(found)
        if window.live is not True:
            total += ended.get(window.rating, 0) if window.rating else sum(ended.values())
            missing = window.count - len(items)
            if missing > 0:
                rows = await asyncio.to_thread(
                    self.history.ended,
                    window.search,
                    window.rating,
                    None,
                    max(0, window.start - len(found)),
                    missing,
                    window.since,
                    window.until,
                )
                items += [stored_row(row) for row in rows]
        return {
            "total": total,
            "counts": counts,
            "meetings": len(self.live.ordered()),
            "participants": sum(m.present for m in self.live.ordered()),
            "from": window.start,
            "items": items,
        }

    # -- one meeting ----------------------------------------------------------------------------

    async def meeting(
        self,
        meeting_id: str,
        stored: list[dict[str, Any]] | None = None,
        started: int | None = None,
    ) -> dict[str, Any] | None:
        """A meeting as in REST, states included; None when nobody knows it.

        stored: its sessions as `History.sessions` gave them a moment ago; started: the occurrence
        that began or went on then, else the newest.
        """
        live = self.live.meetings.get(meeting_id)
        if started is not None and (live is None or started < live.started_at):
            past = await asyncio.to_thread(self.history.meeting, meeting_id, started)
            if past is None:
                return None
            there = await asyncio.to_thread(self.history.sessions, meeting_id, None, started)
            return self.compose(meeting_id, past, there, past=True)
        row = None
        if live is None or not live.active:
            row = await asyncio.to_thread(self.history.meeting, meeting_id)
        if stored is None:
            stored = await asyncio.to_thread(self.history.sessions, meeting_id)
        return self.compose(meeting_id, row, stored)

    def compose(
        self,
        meeting_id: str,
        row: dict[str, Any] | None,
        stored: list[dict[str, Any]],
        past: bool = False,
    ) -> dict[str, Any] | None:
        """A meeting out of what is live and what is stored of it; past: of what is stored only."""
        now = self.clock()
        self.live.refresh(now)
        live = None if past else self.live.meetings.get(meeting_id)
        if live is None and row is None:
            return None
        people: dict[str, list[dict[str, Any]]] = {}
        held: dict[str, Participant] = live.participants if live is not None else {}
        for old in stored:
            if past or old["session_id"] not in self.live.sessions:
                said = stored_session(old, now)
                people.setdefault(old["participant_id"], []).append(said)
        for participant_id, participant in held.items():
            said_live = [live_session(s, now) for s in participant.sessions.values()]
            people.setdefault(participant_id, []).extend(said_live)
        item = live_item(live) if live is not None else stored_item(row or {})
        if live is not None and row is not None and row["started_at"] == live.started_at:
            item["summary"] = summary_of(row)  # it ended a moment ago, and is summed up already
        item["issues"] = live.issues if live is not None else []
        for sessions in people.values():
            sessions.sort(key=lambda s: (s["startedAt"], s["sessionId"]))
        names: dict[str, Any] = {pid: {"name": _name(sessions)} for pid, sessions in people.items()}
        for one in (one for sessions in people.values() for one in sessions):
            one["state"] = naming.state(one["state"], names)
        item["participants"] = [
            _person(pid, sessions, held.get(pid), now) for pid, sessions in people.items()
        ]
        item["participants"].sort(key=_worst_first)
        return item

    async def session_of(
        self, meeting_id: str, participant_id: str, session_id: str | None
    ) -> tuple[str | None, list[str]]:
        """Which session a question is about, and all there are, oldest first: the one that is
        named, else the worst live one, else the newest. (None, []) when there is none."""
        rows = await asyncio.to_thread(self.history.sessions, meeting_id, participant_id)
        known = [row["session_id"] for row in rows]
        if session_id is not None:
            return (session_id if session_id in known else None), known
        meeting = self.live.meetings.get(meeting_id)
        participant = meeting.participants.get(participant_id) if meeting else None
        worst = participant.worst(self.clock()) if participant else None
        if worst is not None and worst.session_id in known:
            return worst.session_id, known
        return (known[-1] if known else None), known


def score(value: int | None) -> float | None:
    """0.01 steps to 1.0 to 5.0."""
    return None if value is None else value / 100


def live_item(meeting: Meeting) -> dict[str, Any]:
    """A row of the list, of a meeting in the live model."""
    headline = meeting.headline
    return {
        "meetingId": meeting.meeting_id,
        "live": meeting.active,
        "startedAt": meeting.started_at,
        "endedAt": None if meeting.active else meeting.last_at,
        "participants": meeting.present if meeting.active else len(meeting.participants),
        "score": score(headline.score),
        "rating": headline.rating,
        "sentence": headline.sentence,
        "summary": None,
    }


def stored_item(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the list, of a row of the table `meeting`."""
    return {
        "meetingId": row["meeting_id"],
        "live": False,
        "startedAt": row["started_at"],
        "endedAt": row["last_at"],
        "participants": row["participants"],
        "score": score(row["score"]),
        "rating": row["rating"],
        "sentence": row["sentence"],
        "summary": summary_of(row),
    }


def live_row(meeting: Meeting, now: int) -> dict[str, Any]:
    """What the dashboard's list shows of a live meeting: `trend`, the worst score of each 10 s, the
    newest last; `failed`: it never started."""
    trend = [score(value) for value in meeting.trend.read(now)]
    return {**live_item(meeting), "failed": meeting.failed, "trend": trend}


def stored_row(row: dict[str, Any]) -> dict[str, Any]:
    """Likewise, of one that ended, as `Reads.ended` gave it: `rating` is what it came to."""
    failed = row["kind"] == "failed"
    return {**stored_item(row), "rating": "unknown" if failed else row["kind"], "failed": failed}


def live_session(session: Session, now: int) -> dict[str, Any]:
    """A session in the live model."""
    state = session.state or {}
    return {
        "sessionId": session.session_id,
        "name": session.name,
        "presence": session.presence(now),
        "engine": state.get("engine"),
        "host": state.get("host"),
        "startedAt": session.joined_at,
        "lastAt": session.last_at,
        "clockWrong": abs(session.offset) > DAY_MS,
        "state": present(state, session.offset),
    }


def stored_session(row: dict[str, Any], now: int) -> dict[str, Any]:
    """A session of which only the stored part is known."""
    state = state_of(row)
    silent = now - row["last_at"]
    presence = "lost" if LOST_MS <= silent < ENDED_MS else "live" if silent < LOST_MS else "ended"
    return {
        "sessionId": row["session_id"],
        "name": row["name"],
        "presence": "left" if row["left"] else presence,
        "engine": state.get("engine"),
        "host": state.get("host"),
        "startedAt": row["started_at"],
        "lastAt": row["last_at"],
        "clockWrong": abs(row["offset"] or 0) > DAY_MS,
        "state": present(state, row["offset"] or 0),
    }


def _name(sessions: list[dict[str, Any]]) -> str:
    """Of whose sessions these are, the newest last: as the newest that has one says."""
    return next((s["name"] for s in reversed(sessions) if s["name"]), "")


def _person(
    participant_id: str,
    sessions: list[dict[str, Any]],
    live: Participant | None,
    now: int,
) -> dict[str, Any]:
    worst = None if live is None else live.worst(now)
    about = (
        sessions[-1]
        if worst is None
        else next(s for s in sessions if s["sessionId"] == worst.session_id)
    )
    state = about["state"]
    rating, value, sentence = state.get("rating"), state.get("score"), state.get("sentence")
    if rating not in RATINGS:
        rating = "unknown"
    if worst is None and about["presence"] in ("live", "lost"):
        rating = "unknown"  # what it said before it fell silent is no longer a verdict
    return {
        "participantId": participant_id,
        "name": _name(sessions),
        "anonymous": participant_id.startswith("anon-"),
        "score": value if rating != "unknown" and isinstance(value, float) else None,
        "rating": rating,
        "sentence": sentence if isinstance(sentence, str) else "",
        "sessions": sessions,
    }


def _worst_first(person: dict[str, Any]) -> tuple[bool, int, float, str]:
    here = any(s["presence"] in ("live", "lost") for s in person["sessions"])
    value = person["score"] if person["score"] is not None else 9.0
    return not here, RATINGS.index(person["rating"]), value, person["participantId"]
