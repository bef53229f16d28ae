"""How a connection comes up: from the first description to the first picture, or why it does not.

Fed with the connection's own events, which carry their own time, and with its reports. Pure; what
is kept is one small object of text and integers per connection: `record["setup"]`. Absent keys are
not known (yet). Times are epoch ms by the page's clock.

    late            True: first seen when it was under way already; its times tell nothing
    begun           the first description was applied (signalingState left "stable"; W3C WebRTC 1.0)
    answered        both were (back to "stable"): in between lies signalling, and people who ring
    gathering, complete      iceGatheringState
    checking, ice            iceConnectionState: first "checking", first "connected" or "completed"
    connected       connectionState, the first time
    firstFrame, firstSound   first picture shown, first sound played out
    broken          connectionState or iceConnectionState became "failed"
    closed          the app closed it
    policy          iceTransportPolicy;  stun, stuns, turn, turns: how many servers are configured
    gathered        {"host", "srflx", "prflx", "relay"}: most local candidates seen
    remotes         most remote candidates seen
    errors, relayErrors      icecandidateerror: {errorCode: how often}; those of TURN servers
    failed, since   why there is no connection, in a word (WHYS), and since when
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Setup = dict[str, Any]

# Why a connection is none.
WHYS = (
    "no-candidates",  # gathering ended without one: no network, or relay only and no TURN server
    "turn-unreachable",  # no TURN server answered (W3C: 701), and nothing else got through
    "turn-refused",  # a TURN server said no: credentials, quota (RFC 8656: 4xx, 5xx)
    "no-remote-candidates",  # the other side told no address: signalling lost them
    "ice-failed",  # addresses on both sides, and no way between them (RFC 8445)
    "dtls-failed",  # the way was there, the handshake was not (RFC 8827)
    "abandoned",  # the app gave it up before it was connected
    "lost",  # it was connected, and failed later
)
MAX_ERRORS = 8  # different codes
ABANDONED_MS = 5000  # ours: closed sooner, it was changed plans rather than lost patience
KEPT = 4  # closed connections that never stood
GATHER_MS = 10000  # ours: a server that has not answered by then will not
SOON_MS = 15000  # ours: later than this after connecting, nobody had been sending

_STARTED = ("have-local-offer", "have-remote-offer", "have-local-pranswer", "have-remote-pranswer")
_SERVERS = ("stun", "stuns", "turn", "turns")
_SPANS = (
    # name in the state, from, to
    ("connectTime", "begun", "connected"),
    ("answerTime", "begun", "answered"),
    ("gatherTime", "gathering", "complete"),
    ("iceTime", "checking", "ice"),
    ("dtlsTime", "ice", "connected"),
    ("firstFrameTime", "begun", "firstFrame"),
    ("firstSoundTime", "begun", "firstSound"),
)
TIMES = tuple([span[0] for span in _SPANS])  # in the state; ms there, seconds outside


def _once(setup: "Setup", name: "str", t: "int") -> "None":
    if name not in setup:
        setup[name] = t


def heard(setup: "Setup", told: "dict[str, Any]", event: "dict[str, Any]", t: "int") -> "None":
    """The event `pc`: what changed of a connection's states and servers. told: what was known of
    it before, empty at first sight."""
    state = event.get("connectionState")
    ice = event.get("iceConnectionState")
    gathering = event.get("iceGatheringState")
    signaling = event.get("signalingState")
    if not told and not setup:
        fresh = state in (None, "new") and ice in (None, "new")
        if not fresh or signaling not in (None, "stable") or gathering not in (None, "new"):
            setup["late"] = True
    if isinstance(event.get("iceTransportPolicy"), str):
        setup["policy"] = event["iceTransportPolicy"][:16]
    for name in _SERVERS:
        if _is_count(event.get(name)):
            setup[name] = event[name]
    if signaling in _STARTED or gathering == "gathering" or ice == "checking":
        _once(setup, "begun", t)
    if signaling == "stable" and "begun" in setup:
        _once(setup, "answered", t)
    if gathering in ("gathering", "complete"):
        _once(setup, gathering, t)
    if ice == "checking":
        _once(setup, "checking", t)
    if ice in ("connected", "completed"):
        _once(setup, "ice", t)
        if state is None and "state" not in told:
            state = "connected"  # an old browser without connectionState
    if state == "connected":
        _once(setup, "connected", t)
    if state in ("connected", "connecting") or (state is None and ice in ("connected", "checking")):
        setup.pop("broken", None)
    if state == "failed" or ice == "failed":
        _once(setup, "broken", t)
    if state == "closed" or signaling == "closed":
        _once(setup, "closed", t)


def _is_count(value: "Any") -> "bool":
    return isinstance(value, int) and value is not True and value is not False and 0 <= value <= 999


def error(setup: "Setup", event: "dict[str, Any]") -> "bool":
    """The event `icecandidateerror`; True for the first of its code and kind of server."""
    code = event.get("errorCode")
    if not _is_count(code):
        return False
    name = str(code)
    first = False
    tables = ["errors"]
    if event.get("kind") in ("turn", "turns"):
        tables.append("relayErrors")
    for table in tables:
        counts = setup.setdefault(table, {})
        if name in counts or len(counts) < MAX_ERRORS:
            first = name not in counts
            counts[name] = min(999, counts.get(name, 0) + 1)
    return first


def look(setup: "Setup", view: "dict[str, Any]", t: "int") -> "None":
    """A report read at t (report.read): candidates, and the first picture and sound."""
    if "connected" not in setup:
        _candidates(setup, view, t)
    for kind, name in (("video", "firstFrame"), ("audio", "firstSound")):
        if name not in setup:
            _first(setup, view, t, kind, name)


def _candidates(setup: "Setup", view: "dict[str, Any]", t: "int") -> "None":
    counts: "dict[str, int]" = {}
    for item in view["candidates"]:
        kind = item.get("candidateType", "")[:8]
        counts[kind] = counts.get(kind, 0) + 1
    most = setup.setdefault("gathered", {})
    for kind in counts:
        if kind in most or len(most) < 4:
            most[kind] = max(most.get(kind, 0), counts[kind])
    setup["remotes"] = max(setup.get("remotes", 0), view["remotes"])
    setup["looked"] = t


def _first(setup: "Setup", view: "dict[str, Any]", t: "int", kind: "str", name: "str") -> "None":
    """When the first frame was shown or sound played: as the counters tell it, counted back from
    the report; never before the last report that had none."""
    none_yet = name + "Not"  # timestamp (us) of the newest report without
    found = None
    for stream in view["streams"]:
        if stream["direction"] == "inbound" and stream["kind"] == kind:
            at = _began(stream)
            if at is not None and (found is None or at < found):
                found = at
    if found is None:
        if view["ts"]:
            setup[none_yet] = view["ts"]
        return
    found = max(found, setup.pop(none_yet, 0))
    ago = (2 * (view["ts"] - found) + 1000) // 2000
    if 0 <= ago <= 600000:
        setup[name] = max(t - ago, setup.get("begun", 0))


def _began(stream: "dict[str, Any]") -> "int | None":
    """Timestamp (us) of a stream's first frame or sound; None while there is none.

    Frames: totalInterFrameDelay lies between the first and the last one, and the last one is at
    most one frame old. Sound: what has been played out since, at the clock's rate.
    """
    now: "int" = stream["timestamp"]
    if stream["kind"] == "video":
        if not stream.get("framesDecoded"):
            return None
        return now - stream.get("totalInterFrameDelay", 0)  # type: ignore[no-any-return]
    played = stream.get("jitterBufferEmittedCount", stream.get("packetsReceived", 0))
    if not played:
        return None
    rate = stream.get("clockRate", 0)
    if rate <= 0 or "jitterBufferEmittedCount" not in stream:
        return now
    played += stream.get("concealedSamples", 0)
    return now - (2 * played * 1000000 + rate) // (2 * rate)  # type: ignore[no-any-return]


def judge(setup: "Setup", t: "int") -> "None":
    """Sets or takes back `failed` and `since`; after the tick's events and reports."""
    since, why = _why(setup, t)
    if why:
        setup["failed"] = why
        setup["since"] = since
    elif "closed" not in setup:  # what was closed in trouble is not healed by it
        setup.pop("failed", None)
        setup.pop("since", None)


def _why(setup: "Setup", t: "int") -> "tuple[int, str]":
    broken = setup.get("broken")
    closed = setup.get("closed")
    if "connected" in setup:
        for name in ("gathered", "remotes", "looked"):  # told why not; of no more use
            setup.pop(name, None)
        return (broken, "lost") if broken is not None else (0, "")
    if "begun" not in setup or ("failed" in setup and closed is not None):
        return 0, ""
    if broken is not None:
        return broken, _cause(setup, broken)
    # No candidate, no attempt: browsers then wait for ever and call nothing failed.
    over = setup.get("complete")
    if over is None and "gathering" in setup:
        over = setup["gathering"] + GATHER_MS
    if over is not None and setup.get("looked", 0) >= over and not _any(setup["gathered"]):
        return over, _cause(setup, t)
    if closed is not None and closed - setup["begun"] >= ABANDONED_MS:
        return closed, "abandoned"
    return 0, ""


def _any(counts: "dict[str, int]") -> "bool":
    return any(counts[kind] for kind in counts)


def _cause(setup: "Setup", t: "int") -> "str":
    """Why no connection came about by t: the first of what was not there."""
    gathered = setup.get("gathered", {})
    if "ice" in setup:  # dtlsState tells less: Firefox calls it failed where ICE has
        return "dtls-failed"
    if not gathered.get("relay") and (setup.get("turn") or setup.get("turns")):
        errors = setup.get("relayErrors", {})
        if any(300 <= int(code) < 700 for code in errors):
            return "turn-refused"
        # Not every browser tells such errors, and Chromium waits 40 s for an answer over UDP.
        over = "complete" in setup or t - setup.get("gathering", t) >= GATHER_MS
        if errors or over or (setup.get("policy") == "relay" and not _any(gathered)):
            return "turn-unreachable"
    if "looked" not in setup:
        return "ice-failed"  # it never gave a report
    if not _any(gathered):
        return "no-candidates"
    return "ice-failed" if setup.get("remotes") else "no-remote-candidates"


def waits_for(setup: "Setup") -> "str":
    """What a connection that is coming up waits for: "answer", "candidates", "ice", "dtls"; else
    empty."""
    if "begun" not in setup or "connected" in setup or "closed" in setup or "failed" in setup:
        return ""
    if "answered" not in setup:
        return "answer"
    if "ice" in setup:
        return "dtls"
    return "ice" if "checking" in setup else "candidates"


def shown(setup: "Setup") -> "dict[str, Any]":
    """For the state document: times in ms by their names, `failed`, and what it waits for."""
    out: "dict[str, Any]" = {}
    if not setup.get("late"):
        for name, start, end in _SPANS:
            if start in setup and end in setup and setup[end] >= setup[start]:
                soon = (setup["connected"] if "connected" in setup else setup[end]) + SOON_MS
                if end not in ("firstFrame", "firstSound") or setup[end] <= soon:
                    out[name] = setup[end] - setup[start]
    if "failed" in setup:
        out["failed"] = setup["failed"]
        for name in ("policy", "turn", "turns", "stun"):
            if name in setup:
                out[name] = setup[name]
    return out


def follow(memory: "dict[str, Any]", views: "list[tuple[str, Any]]", t: "int") -> "None":
    """A tick's reports, after its events: all connections of the memory looked at and judged."""
    for name, view in views:
        look(memory["pcs"][name]["setup"], view, t)
    for name in memory["pcs"]:
        judge(memory["pcs"][name]["setup"], t)


def is_kept(memory: "dict[str, Any]", name: "str") -> "bool":
    """Whether a connection that is closed must be remembered: it never stood, and none has stood
    since. Of several the newest, so that a page that tries for ever is no burden."""
    mine = memory["pcs"][name]["setup"]
    if "failed" not in mine or "connected" in mine:
        return False
    newer = 0
    for other in memory["pcs"]:
        setup = memory["pcs"][other]["setup"]
        if setup.get("connected", -1) >= mine["since"]:
            return False
        if "failed" in setup and (setup["since"], other) > (mine["since"], name):
            newer += 1
    return newer < KEPT


def capture(known: "dict[str, Any]", event: "dict[str, Any]", t: "int") -> "None":
    """The event `media` -> known[what] = {"state": "asked", "granted" or "failed", "error"?: its
    name, "audio", "video": what was asked for, "since", "asks"?: what a request asks for whose
    answer is not there yet, "had"?: what was granted before}; the newest answer of each counts."""
    what = event.get("what")
    if what not in ("getUserMedia", "getDisplayMedia"):
        return
    was = known.get(what, {"state": "asked"})
    kinds = [name for name in ("audio", "video") if event.get(name) is True]
    if event.get("asked") is True:
        if was["state"] != "asked":
            # A second request while the first one's answer stands says nothing yet.
            was["asks"] = " ".join(kinds)
            return
        state = "asked"
    else:
        state = "granted" if event.get("ok") is True else "failed"
        # Dumps tell of a failure's request alone what it was for.
        kinds = kinds or _kinds(was.get("asks", ""))
        if not kinds and was["state"] == "asked":
            kinds = [name for name in ("audio", "video") if was.get(name)]
    told: "dict[str, Any]" = {"state": state, "since": t}
    for name in kinds:
        told[name] = True
    had = _kinds(was.get("had", ""))
    if was["state"] == "granted":
        had = [name for name in ("audio", "video") if name in had or was.get(name)]
    if had:
        told["had"] = " ".join(had)
    if state == "failed" and isinstance(event.get("error"), str):
        told["error"] = event["error"][:64]
    known[what] = told


def _kinds(text: "str") -> "list[str]":
    return [name for name in text.split(" ") if name]
