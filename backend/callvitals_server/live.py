"""What is happening now: meetings ▸ participants ▸ sessions ▸ state. Memory only, no I/O.

Presence is derived from a session's last message. Sessions lie in the order of that message, so a
beat looks only at those whose time has come; headlines are worked out only where something changed.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from callvitals import state as core
from callvitals import together, wire

from .model import (
    ENDED_MS,
    LOST_MS,
    NEVER_STARTED,
    RATINGS,
    Headline,
    Meeting,
    Participant,
    Session,
)

MAX_GONE = 10_000  # sessions that ended while history could not be written


class Live:
    """The live model. `now`: epoch ms of the service's clock, in every call that needs it."""

    def __init__(self) -> None:
        self.meetings: dict[str, Meeting] = {}
        self.sessions: dict[str, Session] = {}
        self.version = 0  # grows whenever a headline changed or a meeting came or went
        self._fresh: OrderedDict[str, None] = OrderedDict()  # by last message, oldest first
        self._silent: OrderedDict[str, None] = OrderedDict()
        self._dirty: set[str] = set()
        self._timed: dict[str, int] = {}  # meetings whose verdict changes by time alone
        self._unsaved: set[str] = set()  # sessions
        self._closed: dict[str, Meeting] = {}  # meetings that ended and are not saved yet
        self._gone: dict[str, Session] = {}  # sessions that ended and are not saved yet
        self._order: list[Meeting] | None = None

    # -- what happens ---------------------------------------------------------------------------

    def join(
        self,
        session_id: str,
        meeting_id: str,
        participant_id: str,
        name: str,
        conn: int,
        now: int,
        started_at: int | None = None,
    ) -> Session:
        """A granted claim. A session that is held keeps its state until the new one comes."""
        session = self.sessions.get(session_id)
        if session is None:
            session = Session(session_id, meeting_id, participant_id, name, conn, now, now)
            self.sessions[session_id] = session
            meeting = self.meetings.get(meeting_id)
            if meeting is None:
                meeting = Meeting(meeting_id, now if started_at is None else started_at)
                self.meetings[meeting_id] = meeting
                self._closed.pop(meeting_id, None)
                self._order = None
                self.version += 1
            participant = meeting.participants.setdefault(
                participant_id, Participant(participant_id)
            )
            participant.sessions[session_id] = session
        session.name = name
        session.conn = conn
        session.rev = -1
        session.left = False
        self._heard(session, now)
        return session

    def restore(self, row: dict[str, Any], state: dict[str, Any] | None) -> None:
        """A session as history knew it before a restart (`History.recover`), to be called in the
        order of last messages. Its state is shown, but nothing is merged into it."""
        session = self.join(
            row["session_id"],
            row["meeting_id"],
            row["participant_id"],
            row["name"],
            row["conn"],
            row["last_at"],
            row["began"],
        )
        session.joined_at = row["started_at"]
        session.offset = row["offset"] or 0
        session.state = state

    def hear(self, session_id: str, now: int) -> Session | None:
        """A message of a session that changes no state. None: it is not held."""
        session = self.sessions.get(session_id)
        if session is not None:
            self._heard(session, now)
        return session

    def full(self, session: Session, rev: int, doc: dict[str, Any], now: int) -> bool:
        """A full state. False: it is not newer than what is held. `doc` was validated."""
        if rev <= session.rev:
            return False
        self._changed(session, rev, doc, now)
        return True

    def delta(
        self, session: Session, rev: int, patch: dict[str, Any], check: int, now: int
    ) -> bool:
        """A merge patch onto the state held. False: the page must send a full state.

        `patch` was validated. Raises WireError when the result is no state document.
        """
        if session.state is None or session.rev < 0 or rev != session.rev + 1:
            return False
        doc = core.apply(session.state, patch)
        text = wire.text(doc)
        if wire.crc(text) != check:
            session.rev = -1  # nothing may be built on it any more
            return False
        if len(text) > wire.MAX_STATE:
            session.rev = -1
            raise wire.WireError("too-large", "a state has at most 128 kB")
        self._changed(session, rev, doc, now)
        return True

    def leave(self, session_id: str, conn: int, now: int) -> None:
        """The session said bye over `conn`."""
        session = self.sessions.get(session_id)
        if session is None or session.conn != conn:
            return
        session.left = True
        session.last_at = now
        self._fresh.pop(session_id, None)
        self._silent[session_id] = None
        self._silent.move_to_end(session_id)
        self._touch(session)

    def expire(self, now: int) -> None:
        """Let time pass: silent sessions are lost after 60 s and forgotten after 300 s."""
        for session_id in self._due(self._fresh, now - LOST_MS):
            del self._fresh[session_id]
            # Those who left lie here by the time they left: order by `last_at` is kept only
            # roughly, which delays a removal by no more than LOST_MS.
            self._silent[session_id] = None
            self._touch(self.sessions[session_id])
        for session_id in self._due(self._silent, now - ENDED_MS):
            del self._silent[session_id]
            self._forget(self.sessions[session_id])
        for meeting_id in [m for m, at in self._timed.items() if at <= now]:
            del self._timed[meeting_id]
            self._dirty.add(meeting_id)

    def _due(self, order: OrderedDict[str, None], until: int) -> list[str]:
        due = []
        for session_id in order:
            if self.sessions[session_id].last_at > until:
                break
            due.append(session_id)
        return due

    def _heard(self, session: Session, now: int) -> None:
        revived = session.session_id not in self._fresh
        session.last_at = now
        session.left = False
        self._silent.pop(session.session_id, None)
        self._fresh[session.session_id] = None
        self._fresh.move_to_end(session.session_id)
        if revived:
            self._touch(session)

    def _changed(self, session: Session, rev: int, doc: dict[str, Any], now: int) -> None:
        session.rev = rev
        session.state = doc
        self._heard(session, now)
        self._touch(session)

    def _touch(self, session: Session) -> None:
        self._dirty.add(session.meeting_id)
        self._unsaved.add(session.session_id)

    def _forget(self, session: Session) -> None:
        del self.sessions[session.session_id]
        self._gone[session.session_id] = session
        meeting = self.meetings[session.meeting_id]
        participant = meeting.participants[session.participant_id]
        del participant.sessions[session.session_id]
        if not participant.sessions:
            del meeting.participants[session.participant_id]
        self._dirty.add(meeting.meeting_id)

    # -- what it comes to -------------------------------------------------------------------------

    def refresh(self, now: int) -> set[str]:
        """Work out the headlines that changed; returns the meetings that did, gone ones too."""
        changed, self._dirty = self._dirty, set()
        for meeting_id in changed:
            meeting = self.meetings.get(meeting_id)
            if meeting is None:
                continue
            self._judge(meeting, now)
            self._summarise(meeting, now)
            self.version += 1
            meeting.version = self.version
            self._order = None
            if not meeting.active:
                self._closed[meeting_id] = meeting
            else:
                self._closed.pop(meeting_id, None)
            if not meeting.participants:
                del self.meetings[meeting_id]
        return changed

    def _judge(self, meeting: Meeting, now: int) -> None:
        """The meeting's issues: who has which together, and whose fault it is."""
        self._timed.pop(meeting.meeting_id, None)
        if not meeting.together and not any(
            (s.state or {}).get("issues") for s in meeting.sessions()
        ):
            return  # as most meetings are
        people = {}
        for pid, participant in meeting.participants.items():
            told = [
                s.said()
                for s in participant.sessions.values()
                if s.state is not None and s.presence(now) == "live"
            ]
            if told:
                people[pid] = together.person(participant.name, told)
        meeting.issues, due = together.step(meeting.together, people, now)
        if due is not None:
            self._timed[meeting.meeting_id] = due

    @staticmethod
    def _summarise(meeting: Meeting, now: int) -> None:
        worst: tuple[Headline, Participant] | None = None
        present = 0
        heard = False
        words = [meeting.meeting_id]
        for participant in meeting.participants.values():
            words += (participant.participant_id, participant.name)
            presences = {s.presence(now) for s in participant.sessions.values()}
            if "live" in presences or "lost" in presences:
                present += 1
            heard = heard or "live" in presences
            headline = participant.headline(now)
            if worst is None or headline.key() < worst[0].key():
                worst = (headline, participant)
        meeting.present = present
        meeting.active = present > 0
        meeting.haystack = "\n".join(words).casefold()
        last = max((s.last_at for s in meeting.sessions()), default=meeting.last_at)
        meeting.last_at = max(meeting.last_at, last)
        if worst is None or not (heard or meeting.active):
            return  # it ended: the last verdict stands
        headline, participant = worst
        sentence = _sentence(meeting, headline, participant)
        meeting.headline = Headline(headline.rating, headline.score, sentence)
        unrated = headline.rating == "unknown"
        meeting.failed = unrated and any(i["type"] in NEVER_STARTED for i in meeting.issues)
        meeting.trend.add(now, headline.score)

    def ordered(self) -> list[Meeting]:
        """The live meetings, the worst first. Do not change the list."""
        if self._order is None:
            active = (m for m in self.meetings.values() if m.active)
            self._order = sorted(active, key=Meeting.order)
        return self._order

    def matching(self, search: str = "", rating: str = "") -> list[Meeting]:
        """The live meetings that a filter lets through, the worst first."""
        found = self.ordered()
        if search:
            needle = search.casefold()
            found = [m for m in found if needle in m.haystack]
        if rating:
            found = [m for m in found if m.headline.rating == rating]
        return found

    def counts(self) -> dict[str, int]:
        """Live meetings by rating."""
        counts = dict.fromkeys(RATINGS, 0)
        for meeting in self.ordered():
            counts[meeting.headline.rating] += 1
        return counts

    @property
    def closing(self) -> bool:
        """Meetings ended that were not taken by `take_unsaved` yet."""
        return bool(self._closed)

    def take_unsaved(self) -> tuple[list[Session], list[tuple[Meeting, bool]]]:
        """What changed since the last call: sessions, and their meetings with "still live?"."""
        sessions = [self.sessions[s] for s in self._unsaved if s in self.sessions]
        sessions += self._gone.values()
        meetings = {
            s.meeting_id: (self.meetings[s.meeting_id], True)
            for s in sessions
            if s.meeting_id in self.meetings and self.meetings[s.meeting_id].active
        }
        meetings |= {m.meeting_id: (m, False) for m in self._closed.values()}
        self._unsaved, self._gone, self._closed = set(), {}, {}
        return sessions, list(meetings.values())

    def put_back(self, sessions: list[Session], meetings: list[tuple[Meeting, bool]]) -> None:
        """What `take_unsaved` gave could not be saved: it is kept for the next time. Of sessions
        that ended meanwhile so many as memory can bear."""
        for session in sessions:
            if session.session_id in self.sessions:
                self._unsaved.add(session.session_id)
            elif len(self._gone) < MAX_GONE:
                self._gone[session.session_id] = session
        for meeting, active in meetings:
            now_held = self.meetings.get(meeting.meeting_id, meeting)
            if not active and now_held is meeting and not meeting.active:
                self._closed[meeting.meeting_id] = meeting


def _sentence(meeting: Meeting, headline: Headline, worst: Participant) -> str:
    """What the meeting suffers from: the worst issue where it affects everyone, else what the
    worst participant has, else the worst issue there is; "" where all is well."""
    bad = headline.rating in ("poor", "fair")
    issues = [i for i in meeting.issues if "until" not in i and (bad or i["severity"] == "major")]
    if issues and issues[0]["scope"] == "everyone":
        return str(issues[0]["sentence"])
    if bad:
        for issue in issues:
            if worst.participant_id in issue["participants"]:
                return str(issue["sentence"])
    elif issues:
        return str(issues[0]["sentence"])
    # Of somebody unknown it says why nothing is measured.
    if headline.sentence and headline.rating != "good":
        return f"{worst.name or worst.participant_id}: {headline.sentence}"
    return str(issues[0]["sentence"]) if issues else ""
