"""Rules about sound: gaps, stretching, silence, one way only. See `rules_network` for the form."""

from . import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Found = dict[str, dict[str, Any]]

# Shares of the samples of 10 s, in 0.01 %. ObserveRTC's client takes the same thresholds over 15 s.
CONCEALED_OPEN = 300
CONCEALED_CLOSE = 100
CONCEALED_MAJOR = 1000
CONCEALED_LEAST = 24000  # samples
CONCEALED_MS = 5000  # ours: harm must last so long; one gap is none, and loss is told first
STRETCHED_OPEN = 1000
STRETCHED_CLOSE = 500
STRETCHED_LEAST_US = 5000000
# audio-jitter-buffer-stress: the buffer wants more than 200 ms and stretches sound to get it
TARGET_OPEN_US = 200000
TARGET_CLOSE_US = 150000
STRESS_OPEN = 500  # ours: a busy device alone brings about ObserveRTC's 2 %
STRESS_CLOSE = 200
# synthesized-audio, share of time. Ours: ObserveRTC's 0 would call each click an issue.
SYNTHESIZED_OPEN = 100
SYNTHESIZED_CLOSE = 20

ONE_WAY_MS = 5000  # ours, as ObserveRTC's dry tracks
MISSED_LEAST = 3  # packets that the far end sent meanwhile
DEAF_MS = 5000
SILENT_MS = 30000  # ObserveRTC


def _scope(now: "dict[str, Any]", record: "dict[str, Any]", *more: "str") -> "tuple[str, ...]":
    return (record["key"], now["keys"].get(record["pc"], "")) + more


def _shares(
    now: "dict[str, Any]", part: "int", least: "tuple[int, int]", close: "int"
) -> "tuple[list[Any], list[str]]":
    """Of the incoming sound [(record, share of its samples), ...] at or above `close`, and their
    keys. part: the column counted; least: (column, what it must have for a share to say much)."""
    out = []
    keys = []
    for record in now["audioIn"]:
        window = record["window"]
        if window is None or window[1][least[0]] < least[1]:
            continue
        share = min(10000, moment.ratio(window[1][part], window[1][5]))
        if share >= close:
            out.append((record, share))
            keys.append(record["key"])
    return out, keys


def _heard(
    now: "dict[str, Any]",
    record: "dict[str, Any]",
    harmed: "list[str]",
    severity: "str",
    note: "str",
    evidence: "dict[str, Any]",
) -> "dict[str, Any]":
    """A fact about one incoming stream of sound, with the participant it comes from if the harm is
    theirs alone."""
    told: "dict[str, Any]" = {"stream": record["key"], "direction": "in"}
    told.update(evidence)
    who = moment.participant(now, harmed, "audio")
    if who:
        told["participant"] = who
    since, last = moment.span(now, record, note)
    return moment.fact(severity, since, told, _scope(now, record, "in"), last)


def audio_concealment(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """An incoming stream plays made-up sound for what did not come in time."""
    found = {}
    bad, harmed = _shares(now, 4, (5, CONCEALED_LEAST), CONCEALED_CLOSE)
    for record, share in bad:
        if not is_open(record["key"]):
            since, last = moment.span(now, record, "conceals")
            if share < CONCEALED_OPEN or last - since < CONCEALED_MS:
                continue
        severity = "major" if share >= CONCEALED_MAJOR else "minor"
        found[record["key"]] = _heard(
            now, record, harmed, severity, "conceals", {"concealed": share}
        )
    return found


def audio_desync(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Sound is played faster or slower than it was spoken, much of the time."""
    found = {}
    bad, harmed = _shares(now, 6, (0, STRETCHED_LEAST_US), STRETCHED_CLOSE)
    for record, share in bad:
        if share >= STRETCHED_OPEN or is_open(record["key"]):
            found[record["key"]] = _heard(
                now, record, harmed, "minor", "stretches", {"stretched": share}
            )
    return found


def audio_jitter_buffer_stress(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """The jitter buffer wants to be long and stretches sound to become so: talk gets late."""
    found = {}
    bad, _ = _shares(now, 6, (0, STRETCHED_LEAST_US), STRESS_CLOSE)
    bad = [one for one in bad if _target(one[0]) >= TARGET_CLOSE_US]
    harmed = [record["key"] for record, _ in bad]
    for record, share in bad:
        target = _target(record)
        if is_open(record["key"]) or (target >= TARGET_OPEN_US and share >= STRESS_OPEN):
            evidence = {"jitterBuffer": target // 100, "stretched": share}
            found[record["key"]] = _heard(now, record, harmed, "minor", "stretches", evidence)
    return found


def _target(record: "dict[str, Any]") -> "int":
    """The buffer's wanted delay (us), the mean over the window."""
    totals = record["window"][1]
    return totals[7] // totals[8] if totals[8] > 0 else 0


def synthesized_audio(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """This device plays made-up sound because it was not given any in time: it is too busy. The
    playout is one for all streams, so the worst stands for it."""
    worst: "Any" = None
    for record in now["audioIn"]:
        window = record["window"]
        if window is None or window[1][0] < STRETCHED_LEAST_US:
            continue
        share = min(10000, moment.ratio(window[1][9], window[1][0]))
        threshold = SYNTHESIZED_CLOSE if is_open("playout") else SYNTHESIZED_OPEN
        if share >= threshold and (worst is None or share > worst[0]):
            worst = (share, record)
    if worst is None:
        return {}
    since, last = moment.span(now, worst[1], "synthesizes")
    evidence = {"direction": "in", "synthesized": worst[0]}
    return {"playout": moment.fact("minor", since, evidence, ("playout",), last)}


def is_sending(now: "dict[str, Any]") -> "bool":
    for record in now["audioOut"]:
        if "sent" in record["notes"] and now["t"] - record["notes"]["sent"] <= ONE_WAY_MS:
            return True
    return False


def _is_hearing(now: "dict[str, Any]") -> "bool":
    for record in now["audioIn"]:
        if "came" in record["notes"] and now["t"] - record["notes"]["came"] <= DEAF_MS:
            return True
    return False


def dry(now: "dict[str, Any]", record: "dict[str, Any]", most_ms: "int") -> "int | None":
    """Since when (t) nothing of an incoming stream arrives though its sender's reports count on."""
    notes = record["notes"]
    since: "int | None" = notes.get("dry")
    if since is None or now["t"] - since < most_ms:
        return None
    return since if notes.get("missed", 0) >= MISSED_LEAST else None


def one_way_audio(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Sound goes one way only: we send and do not hear what the far end says it sends ("in"), or
    hear and the far end says that nothing of ours comes ("out")."""
    found = {}
    t = now["t"]
    if is_sending(now):
        dried = [(record, dry(now, record, ONE_WAY_MS)) for record in now["audioIn"]]
        harmed = [record["key"] for record, since in dried if since is not None]
        for record, since in dried:
            if since is not None:
                evidence: "dict[str, Any]" = {"stream": record["key"], "direction": "in"}
                evidence["silentMs"] = t - since
                evidence["packetsMissed"] = record["notes"]["missed"]
                who = moment.participant(now, harmed, "audio")
                if who:
                    evidence["participant"] = who
                found[record["key"]] = moment.fact("major", since, evidence, _scope(now, record))
    if _is_hearing(now):
        for record in now["audioOut"]:
            deaf = record["notes"].get("deaf")
            if deaf is not None and t - deaf >= DEAF_MS:
                evidence = {"stream": record["key"], "direction": "out", "silentMs": t - deaf}
                scope = _scope(now, record, now["keys"].get(record["pc"], "") + " out")
                found[record["key"]] = moment.fact("major", deaf, evidence, scope)
    return found


def silent_audio_source(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """The microphone is open and not muted, and gives nothing at all: not even noise."""
    found = {}
    for record in now["audioOut"]:
        since = record["notes"].get("silent")
        if since is not None and now["t"] - since >= SILENT_MS:
            evidence = {"stream": record["key"], "direction": "out", "silentMs": now["t"] - since}
            found[record["key"]] = moment.fact("minor", since, evidence, _scope(now, record))
    return found
