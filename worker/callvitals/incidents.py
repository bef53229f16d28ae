"""A meeting's issues from beginning to end, out of what its participants' events tell.

The same steps as live (`together`), replayed over the time that is stored. Pure.
"""

from . import together
from .kinds import kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Person, Together

JOIN, EVENT, LEAVE = 0, 1, 2
EVERYONE = together.SCOPES[0]
MAX_TOLD = 64  # how often an issue may be told anew until it turns out to affect everyone


def over(sessions: "dict[str, list[dict[str, Any]]]") -> "list[dict[str, Any]]":
    """A meeting's issues from beginning to end, out of its participants' stored events.

    sessions: by participantId [{"name"?, "joined", "left", "events": [event, ...]}, ...]; "left" is
    when it was last heard, or None while it goes on; events ("t" and their own times by the
    service's clock) in order, of which `issue-open`, `issue-close`, `rating` and `label` count.
    Gives [{as of `step`, and "until": ms or None}, ...] in order of onset: each with all who had
    it, its sentence and fault as when it was widest. What affects everyone is told apart from what
    led to it and what is left of it.
    """
    held: "dict[str, dict[int, Any]]" = {pid: {} for pid in sessions}
    people: "dict[str, Person]" = {}
    memory = together.fresh()
    going: "dict[str, list[Any]]" = {}
    done: "list[dict[str, Any]]" = []
    points = _points(sessions)
    due: "int | None" = None
    at = 0
    while at < len(points) or due is not None:
        times = [due] if due is not None else []
        now: "int" = min(times + [points[at][0]] if at < len(points) else times)
        while at < len(points) and points[at][0] == now:
            pid = points[at][3]
            _happen(points[at], sessions[pid], held[pid])
            if held[pid]:
                people[pid] = _person(held[pid])
            else:
                people.pop(pid, None)
            at += 1
        due = None
        if memory or [pid for pid in people if people[pid]["issues"]]:
            said, due = together.step(memory, people, now)
            _follow(said, memory, going, done, now)
    done += [going[kind][-1][1] for kind in sorted(going)]
    order = sorted([(done[i]["since"], done[i]["type"], i) for i in range(len(done))])
    return [done[entry[2]] for entry in order]


def _points(sessions: "dict[str, list[dict[str, Any]]]") -> "list[Any]":
    """All that happened, in order: [(t, what, index of the event, participantId, index of the
    session), ...]."""
    out = []
    for pid in sorted(sessions):
        for i in range(len(sessions[pid])):
            one = sessions[pid][i]
            out.append((one["joined"], JOIN, 0, pid, i))
            for j in range(len(one["events"])):
                out.append((max(one["joined"], one["events"][j]["t"]), EVENT, j, pid, i))
            if one["left"] is not None:
                out.append((max(one["joined"], one["left"]), LEAVE, 0, pid, i))
    return sorted(out)


def _happen(point: "Any", sessions: "list[dict[str, Any]]", held: "dict[int, Any]") -> "None":
    """One point changes what is held of a participant's present sessions."""
    _t, what, j, _pid, i = point
    if what == JOIN:
        name = together.text_of(sessions[i], "name")
        held[i] = {"name": name, "rated": False, "open": {}, "senders": {}}
    elif what == LEAVE:
        held.pop(i, None)
    elif i in held:
        event = sessions[i]["events"][j]
        here = held[i]
        key = together.text_of(event, "issue")
        if event.get("type") == "issue-open":
            one = together.issue_of(event, 0, "name")
            if one is not None:
                here["open"][key] = one
        elif event.get("type") == "issue-close":
            here["open"].pop(key, None)
        elif event.get("type") == "rating":
            here["rated"] = event.get("to") != "unknown"
        elif event.get("type") == "label":
            together.receives(here["senders"], event)


def _person(held: "dict[int, Any]") -> "Person":
    """A participant, out of its present sessions."""
    here = [held[i] for i in sorted(held)]
    names = [one["name"] for one in here if one["name"]]
    told = [
        {
            "rated": one["rated"],
            "issues": [one["open"][key] for key in sorted(one["open"])],
            "senders": one["senders"],
        }
        for one in here
    ]
    return together.person(names[-1] if names else "", told)


def _follow(
    said: "list[dict[str, Any]]",
    memory: "Together",
    going: "dict[str, list[Any]]",
    done: "list[dict[str, Any]]",
    now: "int",
) -> "None":
    """What the meeting's issues are now -> what they were from beginning to end.

    going: by kind [[when it was told, the issue as known then, when the one before it ended or 0],
    ...], of which the last one counts.
    """
    seen = {}
    for new in said:
        one = dict(new)
        one["until"] = new.get("until")
        kind = kind_of(one["type"], one.get("direction"))
        seen[kind] = True
        told = going.get(kind, [])
        floor = told[-1][2] if told else 0
        if told and (told[-1][1]["scope"] == EVERYONE) != (one["scope"] == EVERYONE):
            if one["scope"] == EVERYONE:  # who led to it is in it
                told = [entry for entry in told if entry[0] <= one["since"]]
            else:
                was = told[-1][1]
                floor = now if was["until"] is None else was["until"]
            _end(told, max(one["since"], floor), done)
            told = []
        elif told and not [p for p in one["participants"] if p in told[-1][1]["participants"]]:
            _end(told, now, done)  # others came to have it just as it was over
            told = []
        if told:
            one = _joined(told[-1][1], one)
        one["since"] = max(one["since"], floor)
        going[kind] = told[-MAX_TOLD:] + [[now, one, floor]]
    for kind in sorted(going):
        if kind not in seen:
            last = going[kind][-1][1]
            last["until"] = now if last["until"] is None else last["until"]
            if kind not in memory:  # no longer held: it is over for good
                _end(going.pop(kind), now, done)


def _joined(was: "dict[str, Any]", one: "dict[str, Any]") -> "dict[str, Any]":
    """An issue as it is now, with what it was before: the widest of it counts."""
    wider = together.SCOPES.index(one["scope"]) <= together.SCOPES.index(was["scope"])
    out = dict(one if wider else was)
    out["since"] = min(one["since"], was["since"])
    more = [pid for pid in one["participants"] if pid not in was["participants"]]
    out["participants"] = was["participants"] + more
    out["until"] = one["until"]
    return out


def _end(told: "list[Any]", at: "int", done: "list[dict[str, Any]]") -> "None":
    """It is over at `at`, unless it was before."""
    if told:
        last = dict(told[-1][1])
        last["until"] = at if last["until"] is None else min(at, last["until"])
        done.append(last)
