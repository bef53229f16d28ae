"""Examples for the OpenAPI document: a meeting in which Ada lost packets."""

from __future__ import annotations

from typing import Any

from . import __version__

SESSION_ID = "0123456789abcdef0123456789abcdef"
ITEM: dict[str, Any] = {
    "meetingId": "standup",
    "live": False,
    "startedAt": 1795448731544,
    "endedAt": 1795450531544,
    "participants": 3,
    "score": 2.8,
    "rating": "poor",
    "sentence": "Ada: 9 % of the packets from Ada are lost.",
    "summary": {
        "verdict": "poor",
        "minutes": 88.5,
        "poorMinutes": 12.0,
        "cause": "high-loss",
        "sentence": "Ada: 9 % of the packets from Ada are lost.",
        "who": [
            {
                "participantId": "ada",
                "name": "Ada",
                "verdict": "poor",
                "minutes": 29.5,
                "poorMinutes": 12.0,
            }
        ],
        "suffered": 1,
        "failed": 0,
        "stars": {"2": 1},
    },
}
SERIES = {
    "sessionId": SESSION_ID,
    "sessions": [SESSION_ID],
    "level": "1m",
    "t": [1795448700000, 1795448760000],
    "series": {"rtt": [0.031, 0.24], "score": [4.32, 3.4]},
    "shown": 2,
    "total": 2,
    "gaps": [],
    "stats": {
        "ticks": 120,
        "series": {
            "rtt": {"median": 0.029, "worst": 0.24, "at": 1795448791000},
            "score": {"median": 4.35, "worst": 3.4, "at": 1795448793000},
        },
    },
}
TALLIES = {
    "from": 1795446000000,
    "to": 1795449600000,
    "width": 3600000,
    "items": [
        {
            "start": 1795446000000,
            "by": "all",
            "value": "",
            "minutes": 540.0,
            "goodMinutes": 500.0,
            "fairMinutes": 20.0,
            "poorMinutes": 20.0,
            "poorShare": 0.037,
            "joined": 12,
            "failed": 1,
            "count": 0,
        }
    ],
}
ISSUE = {
    "type": "high-loss",
    "direction": "in",
    "scope": "one",
    "participants": ["ada"],
    "present": 3,
    "since": 1795448800000,
    "until": 1795449100000,
    "severity": "major",
    "sentence": "Ada: losing 9 % of incoming packets.",
    "fault": {
        "side": "receiver",
        "participant": "ada",
        "confidence": "medium",
        "because": "Ada has it with several senders.",
    },
}
ISSUES = {
    "meetingId": "standup",
    "startedAt": 1795448731544,
    "issues": [ISSUE],
    "own": [
        {
            "participantId": "ada",
            "sessionId": SESSION_ID,
            "type": "high-loss",
            "severity": "major",
            "since": 1795448800000,
            "until": 1795449100000,
            "sentence": "Losing 9 % of incoming packets.",
            "evidence": {"direction": "in", "loss": 0.09},
        }
    ],
}
PARTICIPANT = {
    "participantId": "ada",
    "name": "Ada",
    "anonymous": False,
    "score": 2.8,
    "rating": "poor",
    "sentence": "Losing 9 % of incoming packets.",
    "sessions": [
        {
            "sessionId": SESSION_ID,
            "name": "Ada",
            "presence": "left",
            "engine": "pyodide",
            "host": "worker",
            "startedAt": 1795448731544,
            "lastAt": 1795450531544,
            "clockWrong": False,
            "state": {"tick": 1800, "rating": "poor", "score": 2.8, "net": {"rtt": 0.031}},
        }
    ],
}
PARTICIPANTS = {"meetingId": "standup", "startedAt": 1795448731544, "items": [PARTICIPANT]}
MEETING = {**ITEM, "issues": [], "participants": [PARTICIPANT]}
PAGE = {"items": [ITEM], "next": None, "total": 1}
OCCURRENCES = {"meetingId": "standup", "items": [ITEM]}
_EVENT = {"t": 1795448739544, "tick": 7, "type": "rating", "from": "good", "to": "fair"}
EVENTS = {"sessionId": SESSION_ID, "sessions": [SESSION_ID], "events": [_EVENT]}
MEETING_EVENTS = {
    "meetingId": "standup",
    "startedAt": 1795448731544,
    "events": [{**_EVENT, "participantId": "ada", "sessionId": SESSION_ID}],
}

HEALTH = {
    "status": "ok",
    "version": __version__,
    "history": "ok",
    "jobs": "ok",
    "sockets": 12,
    "dashboards": 1,
    "meetings": 4,
    "sessions": 12,
    "counts": {"beacons": 3},
}

JOB = {
    "id": "http-batch.5f0c9a",
    "kind": "http-batch",
    "key": "5f0c9a",
    "title": "500 requests of shop",
    "state": "failed",
    "attempts": 3,
    "maxAttempts": 3,
    "progress": None,
    "createdAt": 1795448731544,
    "runAt": 1795448737544,
    "startedAt": 1795448737550,
    "finishedAt": 1795448737561,
    "error": "integer out of range",
}
JOBS = {
    "items": [JOB],
    "next": None,
    "counts": {"active": 0, "waiting": 0, "delayed": 0, "failed": 1, "completed": 100},
    "trouble": None,
}

# By the name of the model (api_models).
EXAMPLES: dict[str, Any] = {
    "Meetings": PAGE,
    "Meeting": MEETING,
    "Occurrences": OCCURRENCES,
    "Participants": PARTICIPANTS,
    "Participant": PARTICIPANT,
    "Issues": ISSUES,
    "Summary": ITEM["summary"],
    "Series": SERIES,
    "Events": EVENTS,
    "MeetingEvents": MEETING_EVENTS,
    "Tallies": TALLIES,
    "Job": JOB,
    "Jobs": JOBS,
    "Health": HEALTH,
    "Ready": {"status": "ready"},
}
