"""What a session told, out of history: events by the service's clock, issues from open to close."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from callvitals import incidents
from callvitals.present import present_row

from . import naming
from .model import ENDED_MS
from .reads import Reads
from .shelves import Row

MAX_SESSIONS = 500


def events(
    history: Reads, session_id: str, start: int | None = None, end: int | None = None
) -> list[Row]:
    """[{t, tick, type, ...}] in order, base units, times by the service's clock."""
    out = []
    for one in history.events(session_id, start, end):
        said = {name: value for name, value in one["event"].items() if name != "t"}
        row = {"t": one["t"] - one["offset"], "values": {}, "events": [said]}
        shown = present_row(row, one["offset"])
        out += [{"t": shown["t"], **e, "tick": one["tick"]} for e in shown["events"]]
    return out


def meeting_events(
    history: Reads,
    sessions: list[Row],
    start: int | None = None,
    end: int | None = None,
    types: Collection[str] = (),
) -> list[Row]:
    """The events of these rows of the table `session` (the newest 500), in order, each with
    participantId and sessionId; types: these only."""
    out = []
    names = naming.of_sessions(sessions)
    for row in sessions[-MAX_SESSIONS:]:
        who = {"participantId": row["participant_id"], "sessionId": row["session_id"]}
        told = naming.events(events(history, row["session_id"], start, end), names)
        out += [{**one, **who} for one in told if not types or one.get("type") in types]
    out.sort(key=lambda one: (one["t"], one["sessionId"], one["tick"]))
    return out


def own_issues(session: Row, told: Iterable[Row]) -> list[Row]:
    """A session's issues out of its events: [{participantId, sessionId, type, severity, since,
    until, sentence, evidence}] in order of onset."""
    found: dict[str, Row] = {}
    out: list[Row] = []
    for event in told:
        key = _text(event, "issue")
        if event["type"] == "issue-open":
            since, evidence = event.get("since"), event.get("evidence")
            found[key] = {
                "participantId": session["participant_id"],
                "sessionId": session["session_id"],
                "type": _text(event, "name"),
                "severity": _text(event, "severity") or None,
                "since": since if type(since) is int else event["t"],
                "until": None,
                "sentence": _text(event, "sentence"),
                "evidence": evidence if isinstance(evidence, dict) else {},
            }
            out.append(found[key])
        elif event["type"] == "issue-close" and key in found:
            until = event.get("until")
            found.pop(key)["until"] = until if type(until) is int else event["t"]
    return out


def meeting_issues(history: Reads, sessions: list[Row], now: int) -> tuple[list[Row], list[Row]]:
    """(the meeting's issues, its sessions' own) of these rows of the table `session`, from
    beginning to end; of the newest 500 sessions."""
    people: dict[str, list[Row]] = {}
    own: list[Row] = []
    names = naming.of_sessions(sessions)
    for row in sessions[-MAX_SESSIONS:]:
        told = [one for one in events(history, row["session_id"]) if _text(one, "type")]
        over = row["left"] or now - row["last_at"] >= ENDED_MS
        attended = {
            "name": row["name"],
            "joined": row["started_at"],
            "left": row["last_at"] if over else None,
            "events": told,
        }
        people.setdefault(row["participant_id"], []).append(attended)
        own += own_issues(row, naming.events(told, names))
    own.sort(key=lambda one: (one["since"], one["sessionId"], one["type"]))
    return incidents.over(people), own


def _text(event: Row, name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""
