"""What the rules look at: the Session's memory at one tick, in the shape they need.

Nothing is computed twice and nothing decided here. Records are those of the memory: rules read
them and change nothing.
"""

from . import events, pulse, trend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Memory

HERE_MS = 5000  # a stream without a report for so long is gone


def moment(m: "Memory", t: "int", step: "int") -> "dict[str, Any]":
    """What the rules read:

    t, step      now, and ms since the former tick (0 across a hole)
    hidden       nobody sees the page
    pool         the window over everything, by name (trend.POOL)
    harms        {name: [since, last]} of what harms everything
    pulses       by connection key, as `pulse` feels it, with "live" and "still" (ms)
    pcs, keys    connection records; connection key by name
    audioIn, videoIn, audioOut, videoOut      stream records
    who          participant by stream key, where the app labelled it
    setups       by connection key, closed ones that never stood included (setup.py)
    capture      what was asked for and given (setup.capture)
    ended        {kind: t at which the browser ended its capture}
    jump         [t, ms] of the clock, or None
    """
    now: "dict[str, Any]" = {
        "t": t,
        "step": step,
        "hidden": m["hidden"],
        "pool": trend.pooled(m),
        "pulses": {},
        "pcs": [],
        "keys": {},
        "audioIn": [],
        "videoIn": [],
        "audioOut": [],
        "videoOut": [],
        "who": {},
        "harms": m["harms"],
        "jump": m["jump"],
        "ended": m["ended"],
        "capture": m["capture"],
        "setups": {m["pcs"][name]["key"]: m["pcs"][name]["setup"] for name in m["pcs"]},
    }
    for name in m["pcs"]:
        record = m["pcs"][name]
        now["keys"][name] = record["key"]
        if record["told"].get("state") == "closed":
            continue
        now["pcs"].append(record)
        here = record["seen"] is not None and t - record["seen"] <= pulse.SILENT_PC_MS
        if here and record["pulse"]:
            felt = dict(record["pulse"])
            felt["live"] = record["live"]
            felt["still"] = record["notes"].get("fresh", t) - record["live"]  # no repeated one
            now["pulses"][record["key"]] = felt
    labels = m["labels"]
    for name in m["streams"]:
        record = m["streams"][name]
        if t - record["seen"] > HERE_MS:
            continue
        side = "In" if record["direction"] == "inbound" else "Out"
        now[record["kind"] + side].append(record)
        if labels and record["track"]:
            label = labels.get(events.plain(record["track"]))
            if label is not None and label.get("participant"):
                now["who"][record["key"]] = label["participant"]
    return now


def participant(now: "dict[str, Any]", harmed: "list[str]", kind: "str") -> "str":
    """The one participant whose streams alone are harmed, or "".

    harmed: keys of incoming streams; all must be theirs by label, and another labelled
    participant's stream of the kind ("audio", "video" or "" for both) must play unharmed.
    """
    who = now["who"]
    if not who:
        return ""
    names = set()
    for key in harmed:
        names.add(who.get(key, ""))
    if len(names) != 1 or "" in names:
        return ""
    blamed: "str" = sorted(names)[0]
    for side in ("audioIn", "videoIn"):
        if side[:5] != kind and kind:
            continue
        for record in now[side]:
            other = who.get(record["key"], "")
            window = record["window"]
            plays = window is not None and window[1][1] > 0
            if other and other != blamed and plays and record["key"] not in harmed:
                return blamed
    return ""


def span(now: "dict[str, Any]", record: "dict[str, Any]", name: "str") -> "tuple[int, int]":
    """(since, last) of a stream's harm by its note; not longer ago than the window reaches."""
    began, last = record["notes"].get(name, (now["t"], now["t"]))
    return max(began, now["t"] - 10000), last


def fact(
    severity: "str",
    since: "int",
    evidence: "dict[str, Any]",
    scope: "tuple[str, ...]" = (),
    last: "int | None" = None,
) -> "dict[str, Any]":
    """What a rule finds: severity "major" or "minor"; since when, ms; evidence: integers and text;
    scope: subjects whose trouble, if it is a root of this one, explains it; last: when the harm was
    last seen, where that is not now."""
    out: "dict[str, Any]" = {"severity": severity, "since": since, "evidence": evidence}
    if scope:
        out["scope"] = scope
    if last is not None:
        out["last"] = last
    return out


def ratio(part: "int", whole: "int") -> "int":
    """part / whole in 0.01 %, rounded half up; 0 without a whole."""
    return (20000 * part + whole) // (2 * whole) if whole > 0 else 0
