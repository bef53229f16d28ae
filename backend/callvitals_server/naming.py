"""Names for ids in what pages say: a page knows the others of its meeting by their ids only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from callvitals.fault import name_of


def said(sentence: str, evidence: Any, people: dict[str, Any]) -> str:
    """An issue's sentence with the name of whom it comes from (`evidence.participant`)."""
    who = evidence.get("participant") if isinstance(evidence, dict) else None
    if not isinstance(who, str) or not who:
        return sentence
    return sentence.replace(f" from {who}", f" from {name_of(who, people)}", 1)


def state(doc: dict[str, Any], people: dict[str, Any]) -> dict[str, Any]:
    """A session's state, its issues' sentences and its own with names; `doc` stays as it is."""
    issues = doc.get("issues")
    if not isinstance(issues, dict):
        return doc
    named: dict[str, Any] = {}
    swapped: dict[str, str] = {}
    for key, issue in issues.items():
        old = issue.get("sentence") if isinstance(issue, dict) else None
        if not isinstance(old, str):
            continue
        new = said(old, issue.get("evidence"), people)
        if new != old:
            swapped[old] = new
            named[key] = {**issue, "sentence": new}
    if not named:
        return doc
    own = doc.get("sentence")
    return {
        **doc,
        "issues": {**issues, **named},
        **({"sentence": swapped[own]} if own in swapped else {}),
    }


def events(told: Iterable[dict[str, Any]], people: dict[str, Any]) -> list[dict[str, Any]]:
    """A session's events, with names in the sentences of issues."""
    out = []
    for one in told:
        old = one.get("sentence")
        new = said(old, one.get("evidence"), people) if isinstance(old, str) else old
        out.append(one if new == old else {**one, "sentence": new})
    return out


def of_sessions(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """participantId -> {"name"} out of rows of the table `session`, the newest last."""
    people: dict[str, Any] = {}
    for row in rows:
        if row["name"] or row["participant_id"] not in people:
            people[row["participant_id"]] = {"name": row["name"]}
    return people
