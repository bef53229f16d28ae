"""The Session's memory -> the state document (rule 7 of the wire; docs/internals.md).

Objects, text, booleans and integers only: no null, no float, no list; at most 4 levels of objects.
"""

from . import events, issue, link, setup, telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Memory

NET_MS = 15000  # a headline value older than this is no longer shown


def document(m: "Memory") -> "dict[str, Any]":
    """A fresh state document."""
    t = m["t"]
    doc: "dict[str, Any]" = {
        "tick": m["tick"],
        "t": t,
        "rating": m["rating"],
        "sentence": _sentence(m),
        "reasons": dict(m["reasons"]),
        "parts": {name: dict(m["parts"][name]) for name in m["parts"]},
        "net": {name: m["net"][name][1] for name in m["net"] if t - m["net"][name][0] <= NET_MS},
        "facts": dict(m["facts"]),
        "labels": {track: dict(m["labels"][track]) for track in m["labels"]},
        "media": dict(m["active"]),
        "video": dict(m["video"]),
        "counts": dict(m["counts"]),
        "capture": {what: _captured(m["capture"][what]) for what in m["capture"]},
        "issues": {},
        "pcs": {},
    }
    doc["counts"]["issuesBeyond"] = m["issues"]["beyond"]
    doc["net"].pop("score", None)
    if m["score"] is not None:
        doc["score"] = m["score"]
    for key in m["issues"]["open"]:
        one = m["issues"]["open"][key]
        doc["issues"][key] = {
            "type": one["type"],
            "severity": one["severity"],
            "since": one["since"],
            "sentence": issue.sentence(one["type"], one["evidence"]),
            "evidence": dict(one["evidence"]),
        }
    for name in m["pcs"]:
        record = m["pcs"][name]
        shown = dict(record["route"])
        shown["name"] = name
        told = setup.shown(record["setup"])
        for key in told:
            shown[key] = told[key]
        way = link.path(record["route"])
        if way:
            shown["path"] = way
        if "link" in record:
            for key in record["link"]["metrics"]:
                shown[key] = record["link"]["metrics"][key]
            if record["link"]["switches"]:
                shown["pairSwitches"] = record["link"]["switches"]
        if "iceSeen" in record:
            shown["ice"] = record["iceSeen"]
        for key in record["told"]:
            shown[key] = record["told"][key]
        doc["pcs"][record["key"]] = shown
    if m["watch"]:
        doc["streams"] = _streams(m)
    return doc


def _captured(told: "dict[str, Any]") -> "dict[str, Any]":
    """What was asked for and given, without what only the rules need."""
    return {key: told[key] for key in told if key not in ("asks", "had")}


def _sentence(m: "Memory") -> "str":
    """The worst open issue's; without one, what a score that is not good suffers from."""
    said = issue.worst(m["issues"]["open"])
    if not said and m["rating"] in ("fair", "poor"):
        said = issue.blame(m["reasons"])
    return said


def _streams(m: "Memory") -> "dict[str, Any]":
    out = {}
    for name in m["streams"]:
        record = m["streams"][name]
        if record["seen"] != m["t"]:
            continue
        shown: "dict[str, Any]" = telling.shown(record)
        shown["pc"] = m["pcs"][record["pc"]]["key"] if record["pc"] in m["pcs"] else ""
        for key in ("direction", "kind", "codec", "mid", "rid", "track"):
            if record.get(key):
                shown[key] = record[key]
        if record["ssrc"] >= 0:
            shown["ssrc"] = record["ssrc"]
        label = events.whose(m, record["track"])
        for key in label:
            shown[key] = label[key]
        out[record["key"]] = shown
    return out
