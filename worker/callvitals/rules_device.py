"""Rules about this device: too busy, a camera or a clock that fails. See `rules_network`."""

from . import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Found = dict[str, dict[str, Any]]

# Shares of 10 s, in 0.01 %
CPU_OPEN = 5000  # ours: limited by the processor for half of the time
CPU_CLOSE = 1000
CPU_LEAST_US = 5000000
ENCODE_OPEN = 8000  # ObserveRTC: encoding takes 0.8 of the time there is
ENCODE_CLOSE = 6000
SLOW = 8500  # and of the camera's frames fewer than this are encoded
FRAMES_LEAST = 20
# capture-bottleneck, 0.1 frames/s. ObserveRTC: below 5; a picture that stands still gives none.
CAPTURE_OPEN = 50
CAPTURE_CLOSE = 70
CAPTURE_LEAST = 10
CAPTURE_ONCE = 100  # a camera that once gave this is no slide show
UNSENT_MS = 5000
ENDED_MS = 1000
JUMP_SHOWN_MS = 10000  # how long a jump is told; it has no length of its own
JUMP_MAJOR_MS = 60000


def _scope(now: "dict[str, Any]", record: "dict[str, Any]", *more: "str") -> "tuple[str, ...]":
    return (record["key"], now["keys"].get(record["pc"], "")) + more


def cpu_limited(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Outgoing video is held back because the processor is too slow, as the browser tells."""
    worst: "Any" = None
    for record in now["videoOut"]:
        window = record["window"]
        if window is not None and window[1][0] >= CPU_LEAST_US:
            share = min(10000, moment.ratio(window[1][2], window[1][0]))
            if worst is None or share > worst[0]:
                worst = (share, record)
    if worst is None or worst[0] < (CPU_CLOSE if is_open("cpu") else CPU_OPEN):
        return {}
    record = worst[1]
    totals = record["window"][1]
    evidence = {"stream": record["key"], "direction": "out", "limited": worst[0]}
    if totals[4] > 0:
        evidence["encoded"] = min(10000, moment.ratio(totals[6], totals[4]))
    since, last = moment.span(now, record, "busy")
    severity = "major" if evidence.get("encoded", 10000) < 5000 else "minor"
    return {"cpu": moment.fact(severity, since, evidence, ("cpu",), last)}


def encoder_bottleneck(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Encoding takes nearly all the time there is, and frames of the camera are left out."""
    found = {}
    for record in now["videoOut"]:
        window = record["window"]
        if window is None or window[1][4] < FRAMES_LEAST or window[1][6] <= 0:
            continue
        totals = window[1]
        opened = is_open(record["key"])
        load = min(10000, moment.ratio(totals[7], totals[0]))
        encoded = min(10000, moment.ratio(totals[6], totals[4]))
        if load >= (ENCODE_CLOSE if opened else ENCODE_OPEN) and (opened or encoded < SLOW):
            evidence = {"stream": record["key"], "direction": "out", "load": load}
            evidence["encoded"] = encoded
            since, last = moment.span(now, record, "labours")
            scope = _scope(now, record, "cpu")
            found[record["key"]] = moment.fact("minor", since, evidence, scope, last)
    return found


def capture_bottleneck(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """The camera gives few frames, though it once gave more."""
    found: "Found" = {}
    if now["hidden"]:
        return found  # hidden pages draw slowly: a canvas may be the source
    for record in now["videoOut"]:
        window = record["window"]
        notes = record["notes"]
        if window is None or window[1][4] < CAPTURE_LEAST or "screen" in notes:
            continue
        totals = window[1]
        if totals[5] < CPU_LEAST_US or notes.get("best", 0) < CAPTURE_ONCE:
            continue
        fps = (20000000 * totals[4] + totals[5]) // (2 * totals[5])
        if fps < (CAPTURE_CLOSE if is_open(record["key"]) else CAPTURE_OPEN):
            evidence = {"stream": record["key"], "direction": "out", "fps": fps}
            since, last = moment.span(now, record, "crawls")
            scope = _scope(now, record, "cpu")
            found[record["key"]] = moment.fact("minor", since, evidence, scope, last)
    return found


def dry_outbound_track(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """A source runs and nothing of it is sent, while other tracks of the connection are: not on
    hold, and no layer of a source that is sent by another."""
    found = {}
    flowing = set()
    for side in ("audioOut", "videoOut"):
        for record in now[side]:
            if "unsent" not in record["notes"] and now["t"] - record["notes"].get("sent", 0) < 2000:
                flowing.add(record["pc"])
                flowing.add(record["pc"] + "\n" + record["track"])
    for side in ("audioOut", "videoOut"):
        for record in now[side]:
            notes = record["notes"]
            since = notes.get("unsent")
            if since is None or now["t"] - since < UNSENT_MS or "sent" not in notes:
                continue
            if record["pc"] in flowing and record["pc"] + "\n" + record["track"] not in flowing:
                evidence: "dict[str, Any]" = {"stream": record["key"], "direction": "out"}
                evidence["kind"] = record["kind"]
                evidence["silentMs"] = now["t"] - since
                pc = now["keys"].get(record["pc"], "")
                found[record["key"]] = moment.fact(
                    "minor", since, evidence, _scope(now, record, pc + " out")
                )
    return found


def capture_track_ended(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """The browser ended a captured track: unplugged, taken by another program, not allowed any
    more. Over when a track of the kind is sent again."""
    found = {}
    ended = now["ended"]
    for kind in sorted(ended):
        since = ended[kind]
        again = False
        for record in now[kind + "Out"]:
            again = again or record["notes"].get("sent", 0) > since + ENDED_MS
        if not again:
            evidence = {"kind": kind, "direction": "out"}
            found[kind] = moment.fact("major", since, evidence, (kind,))
    return found


def clock_jump(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """The page's clock jumped: the device slept, or its clock was set."""
    jump = now["jump"]
    if jump is None or not 0 <= now["t"] - jump[0] < JUMP_SHOWN_MS:
        return {}
    ms = jump[1]
    severity = "major" if ms >= JUMP_MAJOR_MS else "minor"
    since = jump[0] - ms if ms > 0 else jump[0]
    return {"": moment.fact(severity, since, {"jumpMs": ms}, (), jump[0])}
