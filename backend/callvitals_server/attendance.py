"""What a session came to in an hour, all sessions of an hour by what they have in common, and what
a meeting came to. Pure: rows in, rows out; a row is always made anew, never added to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from callvitals import wire

from . import rollup
from .columns import HOUR_MS
from .rollup import Rollup
from .timeline import Event, issues_between

Row = dict[str, Any]
SUMS = ("n", "good", "fair", "poor", "joined", "failed", "count")
BY = ("browser", "network", "engine")
STARS = ("1", "2", "3", "4", "5")

# A meeting's verdict is its worst participant's. *Ours*: a minute in ten spoils a call, three
# minutes spoil any; what adds up to less than half a minute is soon forgotten.
SPOILED = 10
NOTICED_MS = 30_000
SPOILED_MS = 180_000
MAX_WHO = 5


def describe(state: Row) -> dict[str, str]:
    """Browser, network and engine of a session, as its state tells; "" unknown."""
    facts = state.get("facts")
    facts = facts if isinstance(facts, dict) else {}
    pcs = state.get("pcs")
    found = [pc.get("networkType") for pc in _objects(pcs)]
    networks = [one for one in found if isinstance(one, str) and one]
    return {
        "browser": _word(facts.get("browser")),
        "network": _word(networks[0] if networks else facts.get("connection")),
        "engine": _word(state.get("engine")),
    }


def _objects(value: Any) -> list[Row]:
    return [o for o in value.values() if isinstance(o, dict)] if isinstance(value, dict) else []


def _word(value: Any) -> str:
    return value.replace("\0", "")[:64] if isinstance(value, str) else ""


def attendance(
    session_id: str,
    hour: int,
    minutes: Rollup,
    open_before: dict[str, list[Any]],
    events: Sequence[Event],
    about: dict[str, str],
    joined: bool,
    last: int,
) -> Row:
    """The row of the table `attendance`. minutes: the hour's; open_before, events: of the chunks
    that touch it; last: the last tick that is in."""
    base = minutes.base.sum(axis=1).tolist() if len(minutes.t) else [0] * len(rollup.BASE)
    heard = int(minutes.t[-1]) + 60_000 if len(minutes.t) else hour
    issues = issues_between(open_before, events, hour, min(hour + HOUR_MS, heard))
    stars: dict[str, int] = {}
    for told in events:
        event = told["event"]
        given = str(event.get("stars")) if event.get("type") == "rate" else ""
        if given in STARS and hour <= told["t"] < hour + HOUR_MS:
            stars[given] = stars.get(given, 0) + 1
    return {
        "session_id": session_id,
        "hour": hour,
        "last": last,
        "n": base[rollup.N],
        "good": base[rollup.GOOD_MS],
        "fair": base[rollup.FAIR_MS],
        "poor": base[rollup.POOR_MS],
        "joined": joined,
        "failed": False,
        **about,
        "issues": wire.text(issues),
        "stars": wire.text(stars),
    }


def tally(hour: int, rows: Iterable[Row]) -> list[Row]:
    """The rows of the table `tally` of an hour, out of all its attendance.

    by `all` (value ""), `browser`, `network`, `engine`: ms covered and rated, sessions that joined
    and failed; by `issue`: sessions' ms with it, how often it opened; by `stars`: how often given.
    """
    found: dict[tuple[str, str], Row] = {}

    def add(by: str, value: str, **more: int) -> None:
        fresh = {"hour": hour, "by": by, "value": value, **dict.fromkeys(SUMS, 0)}
        one = found.setdefault((by, value), fresh)
        for name, number in more.items():
            one[name] += number

    for row in rows:
        sums = {name: int(row[name]) for name in SUMS if name != "count"}
        add("all", "", **sums)
        for by in BY:
            add(by, row[by], **sums)
        for name, issue in orjson.loads(row["issues"]).items():
            add("issue", name, n=issue["ms"], count=issue["n"])
        for stars, n in orjson.loads(row["stars"]).items():
            add("stars", stars, count=n)
    return [found[key] for key in sorted(found)]


def merge(rows: Iterable[Row], width: int) -> list[Row]:
    """Tallies of hours as tallies of longer times (a day: 86,400,000 ms)."""
    found: dict[tuple[int, str, str], Row] = {}
    for row in rows:
        start = row["hour"] // width * width
        fresh = {"hour": start, "by": row["by"], "value": row["value"], **dict.fromkeys(SUMS, 0)}
        one = found.setdefault((start, row["by"], row["value"]), fresh)
        for name in SUMS:
            one[name] += row[name]
    return [found[key] for key in sorted(found)]


# -- a meeting ----------------------------------------------------------------------------------


def verdict(row: Row) -> str:
    """Of ms good, fair, poor: poor if a tenth of the rated time was poor, and at least half a
    minute, or three minutes; fair if that much was fair or poor; unknown without a score."""
    rated = row["good"] + row["fair"] + row["poor"]
    if not rated:
        return "unknown"
    least = min(rated // 2, max(NOTICED_MS, rated // SPOILED), SPOILED_MS)
    if row["poor"] >= least:
        return "poor"
    return "fair" if row["poor"] + row["fair"] >= least else "good"


def summary(people: dict[str, str], rows: Iterable[tuple[str, Row]]) -> Row:
    """What a meeting that ended came to.

    people: names by participant; rows: (participant, attendance) of its sessions. Returns
    `{verdict, minutes, poorMinutes, cause, sentence, who, stars, failed}`: minutes of all together;
    cause: the issue that was open longest where it was not good, and its sentence with whom it
    troubled most; who: those who suffered, the worst first.
    """
    each: dict[str, Row] = {}
    stars: dict[str, int] = {}
    for person, row in rows:
        fresh = {"n": 0, "good": 0, "fair": 0, "poor": 0, "failed": 0, "issues": {}}
        one = each.setdefault(person, fresh)
        for name in ("n", "good", "fair", "poor", "failed"):
            one[name] += int(row[name])
        for name, issue in orjson.loads(row["issues"]).items():
            kept = one["issues"].setdefault(name, {"ms": 0, "longest": -1, "sentence": ""})
            kept["ms"] += issue["ms"]
            if issue["ms"] > kept["longest"]:
                kept["longest"], kept["sentence"] = issue["ms"], issue["sentence"]
        for given, n in orjson.loads(row["stars"]).items():
            stars[given] = stars.get(given, 0) + n
    rank = ("poor", "fair", "good", "unknown")
    verdicts = {person: verdict(one) for person, one in each.items()}
    worst = min((verdicts[person] for person in each), key=rank.index, default="unknown")
    suffered = [p for p in each if verdicts[p] in ("poor", "fair") or each[p]["failed"]]
    suffered.sort(key=lambda p: (rank.index(verdicts[p]), -each[p]["poor"], -each[p]["fair"], p))
    cause, sentence = _cause(suffered, each, people)
    return {
        "verdict": worst,
        "minutes": round(sum(one["n"] for one in each.values()) / 60_000, 1),
        "poorMinutes": round(sum(one["poor"] for one in each.values()) / 60_000, 1),
        "failed": sum(1 for one in each.values() if one["failed"]),
        "cause": cause,
        "sentence": sentence,
        "who": [
            {
                "participantId": person,
                "name": people.get(person, ""),
                "verdict": verdicts[person],
                "minutes": round(each[person]["n"] / 60_000, 1),
                "poorMinutes": round(each[person]["poor"] / 60_000, 1),
            }
            for person in suffered[:MAX_WHO]
        ],
        "suffered": len(suffered),
        "stars": stars,
    }


def _cause(suffered: Sequence[str], each: dict[str, Row], people: dict[str, str]) -> Any:
    """(issue, sentence): the one that those who suffered had longest, and who had it longest."""
    spent: dict[str, int] = {}
    for person in suffered:
        for name, issue in each[person]["issues"].items():
            spent[name] = spent.get(name, 0) + issue["ms"]
    if not spent:
        failed = [person for person in suffered if each[person]["failed"]]
        if not failed:
            return None, ""
        return "failed-join", f"{people.get(failed[0]) or failed[0]} never got a connection."
    cause = min(spent, key=lambda name: (-spent[name], name))
    having = [person for person in suffered if cause in each[person]["issues"]]
    most = min(having, key=lambda person: (-each[person]["issues"][cause]["ms"], person))
    said = each[most]["issues"][cause]["sentence"] or cause
    return cause, f"{people.get(most) or most}: {said}"
