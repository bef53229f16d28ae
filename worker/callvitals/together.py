"""One or all: the issues of a meeting's participants, seen side by side.

An issue *affects everyone* when three or more participants, and at least half of those present,
come to have it within five seconds of each other. Whatever the scope, what closed is held for ten
seconds, so that nothing flaps while issues open and close one by one.

Pure; times are epoch ms by the service's clock. Live, `step` is asked after every change; for what
is stored, `incidents.over` replays the same steps. No browser loads it: a page knows only itself.
"""

from . import fault, values
from .kinds import kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Person, Together

ONSET_MS = 5000  # how far apart those may begin who have it at once
HOLD_MS = 10000  # a closed issue is held so long, in case it opens again
LEAST = 3  # fewer are never everyone
MAX_ISSUES = 64  # of one participant looked at; the Session has 32 open at most
MAX_TEXT = 512

SCOPES = ("everyone", "several", "one")


def fresh() -> "Together":
    """The memory of a meeting in which nothing happened yet: by kind of issue, who has it."""
    return {}


def said(state: "Any", offset: "int") -> "Person":
    """What a session's state says: {"rated": whether there is a verdict on it yet (who came just
    now is not known to be well), "issues", "senders": {participantId: True} of those it receives}.

    offset: ms to the service's clock. Never raises: what a page writes that makes no sense is left
    out.
    """
    senders: "dict[str, bool]" = {}
    labels = _object(state, "labels")
    for track in sorted(labels):
        receives(senders, labels[track])
    found = []
    issues = _object(state, "issues")
    for key in sorted(issues)[:MAX_ISSUES]:
        one = issue_of(issues[key], offset)
        if one is not None:
            found.append(one)
    rated = (text_of(state, "rating") or "unknown") != "unknown"
    return {"rated": rated, "issues": found, "senders": senders}


def person(name: "str", sessions: "list[Person]") -> "Person":
    """A participant: its name and what its present sessions say. Two tabs are one participant."""
    out: "Person" = {"name": name, "rated": False, "issues": [], "senders": {}}
    for one in sessions:
        out["rated"] = out["rated"] or one["rated"]
        out["issues"] += one["issues"]
        out["senders"].update(one["senders"])
    return out


def issue_of(raw: "Any", offset: "int", name: "str" = "type") -> "dict[str, Any] | None":
    """An issue of a state document (or an event, whose type is under `name`), by the service's
    clock: {"kind", "type", "severity", "since", "sentence", "blames"}; None if it is none."""
    if not isinstance(raw, dict) or not isinstance(raw.get(name), str):
        return None
    since = raw.get("since")
    if not isinstance(since, int) or since is True or since is False:
        return None
    evidence = _object(raw, "evidence")
    what = values.clean_text(raw[name], 64)
    return {
        "kind": kind_of(what, text_of(evidence, "direction")),
        "type": what,
        "severity": "major" if raw.get("severity") == "major" else "minor",
        "since": since + offset,
        "sentence": text_of(raw, "sentence"),
        "blames": text_of(evidence, "participant"),
    }


def _object(value: "Any", name: "str") -> "dict[str, Any]":
    inner = value.get(name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def text_of(value: "Any", name: "str") -> "str":
    inner = value.get(name) if isinstance(value, dict) else None
    return values.clean_text(inner, MAX_TEXT) if isinstance(inner, str) else ""


def receives(senders: "dict[str, bool]", label: "Any") -> "None":
    sender = text_of(label, "participant")
    if sender:
        senders[sender] = True


# -- one moment -------------------------------------------------------------------------------


def step(
    memory: "Together", people: "dict[str, Person]", now: "int"
) -> "tuple[list[dict[str, Any]], int | None]":
    """Take in how the present participants are -> (the meeting's issues, the worst first; when to
    ask again at the latest although nothing changed, or None).

    people: by participantId, only those present. An issue: {"type", "direction"?: "in" | "out",
    "scope": "everyone" | "several" | "one", "participants": [participantId, ...] by onset,
    "present": out of how many, "since", "until"?, "severity", "sentence", "fault": {"side",
    "participant"?, "confidence", "because"}}; "until": nobody has it any more since then, and it is
    only held. The memory is changed.
    """
    _take(memory, people, now)
    rated = len([pid for pid in people if people[pid]["rated"]])
    out = []
    due: "int | None" = None
    for kind in sorted(memory):
        trouble = memory[kind]
        who = trouble["who"]
        present = rated + _unrated(who, people)
        _scope(trouble, people, present)
        if not who:
            del memory[kind]
            continue
        for pid in who:
            until = who[pid]["until"]
            if until is not None and (due is None or until + HOLD_MS < due):
                due = until + HOLD_MS
    for kind in sorted(memory):  # all scopes are known now: one trouble may explain another
        found = _issue(memory, kind, people, rated)
        if found is not None:
            out.append(found)
    order = sorted([(_rank(out[i]), i) for i in range(len(out))])
    return [out[i] for _rank_, i in order], due


def _unrated(who: "dict[str, Any]", people: "dict[str, Person]") -> "int":
    """Those of `who` that came just now: their trouble tells that they are well enough known."""
    count = 0
    for pid in who:
        if not people[pid]["rated"]:
            count += 1
    return count


def _take(memory: "Together", people: "dict[str, Person]", now: "int") -> "None":
    """Bring every kind's list of who has it up to date."""
    told: "dict[str, dict[str, Any]]" = {}
    for pid in sorted(people):
        for one in people[pid]["issues"]:
            here = told.setdefault(one["kind"], {})
            if pid not in here or _worse(one) < _worse(here[pid]):
                here[pid] = one
    for kind in told:
        memory.setdefault(kind, {"type": "", "who": {}, "all": None, "group": {}})
    rated = len([pid for pid in people if people[pid]["rated"]])
    for kind in sorted(memory):
        who = memory[kind]["who"]
        here = told.get(kind, {})
        for pid in sorted(who):
            member = who[pid]
            if pid not in people or (
                pid not in here and member["until"] is not None and now - member["until"] >= HOLD_MS
            ):
                del who[pid]
            elif pid not in here and member["until"] is None:
                member["until"] = now
        for pid in here:
            if pid not in who:
                who[pid] = {"since": now, "spent": False, "of": 0, "blames": "", "named": 0}
        present = rated + _unrated(who, people)
        for pid in here:
            memory[kind]["type"] = here[pid]["type"]
            _meet(who[pid], here[pid], present, now)


def _worse(one: "dict[str, Any]") -> "tuple[int, int]":
    return 0 if one["severity"] == "major" else 1, one["since"]


def _meet(member: "dict[str, Any]", one: "dict[str, Any]", present: "int", now: "int") -> "None":
    """A participant has it: since when, how bad, whom they name."""
    member["since"] = min(member["since"], one["since"])
    member["until"] = None
    member["severity"] = one["severity"]
    member["sentence"] = one["sentence"]
    if not member["of"]:
        member["of"] = present  # as many were here when it began: who leaves later changes nothing
    if one["blames"]:
        member["blames"] = one["blames"]
        member["named"] = now
    elif now - member["named"] >= HOLD_MS:
        member["blames"] = ""


def _scope(trouble: "dict[str, Any]", people: "dict[str, Person]", present: "int") -> "None":
    """Does it affect everyone? It begins by onsets close together, and ends when less than half of
    those who began it, or a quarter of those present, are left in it."""
    who = trouble["who"]
    if trouble["all"] is not None:
        begun = trouble["group"]
        for pid in who:  # some tell their onset later than others
            if who[pid]["since"] - trouble["all"] <= ONSET_MS:
                begun[pid] = True
        here = len([pid for pid in begun if pid in people])
        if len(who) >= 2 and 2 * len(who) >= here and 4 * len(who) >= present:
            return
        trouble["all"] = None
        trouble["group"] = {}
        for pid in who:
            who[pid]["spent"] = True  # it takes others, or a new onset, to make it so again
    onsets = sorted([(who[pid]["since"], pid) for pid in who if not who[pid]["spent"]])
    first = 0
    for last in range(len(onsets)):
        while onsets[last][0] - onsets[first][0] > ONSET_MS:
            first += 1
        count = last - first + 1
        if count < LEAST or 2 * count < who[onsets[last][1]]["of"] or 4 * len(who) < present:
            continue
        group = [onset[1] for onset in onsets[first : last + 1]]
        if 2 * count >= max([who[pid]["of"] for pid in group]):
            trouble["all"] = onsets[first][0]
            trouble["group"] = {pid: True for pid in group}
            return


def _issue(
    memory: "Together", kind: "str", people: "dict[str, Person]", rated: "int"
) -> "dict[str, Any] | None":
    trouble = memory[kind]
    who = trouble["who"]
    order = sorted([(who[pid]["since"], pid) for pid in who])
    active = [pid for _since, pid in order if who[pid]["until"] is None]
    if trouble["all"] is not None:
        scope = "everyone"
    elif not active:
        return None  # held in memory, in case it comes back
    else:
        scope = "several" if len(order) > 1 else "one"
    severity = "minor"
    for pid in active or [pid for _since, pid in order]:
        if who[pid]["severity"] == "major":
            severity = "major"
    case = {
        "kind": kind,
        "type": trouble["type"],
        "scope": scope,
        "who": [pid for _since, pid in order],
        "present": rated + _unrated(who, people),
        "blames": who[order[0][1]]["blames"],
    }
    judged = fault.judge(case, memory, people)
    out = {
        "type": trouble["type"],
        "scope": scope,
        "participants": case["who"],
        "present": case["present"],
        "since": trouble["all"] if scope == "everyone" else order[0][0],
        "severity": severity,
        "sentence": fault.sentence(case, who[order[0][1]]["sentence"], people, judged),
        "fault": judged,
    }
    if kind != trouble["type"]:
        out["direction"] = kind.split(":")[-1]
    if not active:
        out["until"] = max([who[pid]["until"] for _since, pid in order])
    return out


def _rank(one: "dict[str, Any]") -> "tuple[int, int, int, int, int, str, str]":
    """Ascending: the worst first."""
    return (
        1 if "until" in one else 0,
        0 if one["severity"] == "major" else 1,
        SCOPES.index(one["scope"]),
        -len(one["participants"]),
        one["since"],
        one["type"],
        one["participants"][0],
    )
