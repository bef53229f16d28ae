"""Rules about incoming pictures: frozen, never recovering, not decoded. See `rules_network`."""

from . import moment, rules_audio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Found = dict[str, dict[str, Any]]

# frozen-video, within the last 10 s. Ours: 2 s are noticed by everyone.
FROZEN_OPEN_MS = 2000
FROZEN_MAJOR_MS = 4000
FROZEN_RECENT_MS = 3000  # it is over when nothing froze for so long
FROZEN_NOW_MS = 1000

# Thresholds of ObserveRTC's client where no other source is named.
RECOVER_MS = 5000
DECODE_MS = 4000
ASKED_LEAST = 2  # key frames asked for
STORM_MS = 20000  # at least one key frame asked for every 2 s, for so long; closes below 0.15/s
OVERLOAD_OPEN = 8000  # share of the time that decoding takes, in 0.01 %
OVERLOAD_CLOSE = 6000
SLOW = 9000  # and fewer frames come out than came in: hardware takes its time without harm
DROPPED_OPEN = 1000  # share of frames dropped
DROPPED_CLOSE = 500
FRAMES_LEAST = 10
CALM_LOSS = 200  # with more lost than this the network is the cause
DRY_MS = 5000


def _scope(now: "dict[str, Any]", record: "dict[str, Any]", *more: "str") -> "tuple[str, ...]":
    return (record["key"], now["keys"].get(record["pc"], "")) + more


def _evidence(
    now: "dict[str, Any]", record: "dict[str, Any]", harmed: "list[str]"
) -> "dict[str, Any]":
    out = {"stream": record["key"], "direction": "in"}
    who = moment.participant(now, harmed, "video")
    if who:
        out["participant"] = who
    return out


def _frozen(now: "dict[str, Any]", record: "dict[str, Any]") -> "tuple[int, int]":
    """(ms frozen within the last 10 s, when last)."""
    total = 0
    last = 0
    for at, ms in record["frozen"]:
        if at > now["t"] - 10000:
            total += ms
            last = max(last, at)
    return total, last


def frozen_video(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """An incoming video stands still though its packets arrive (else it is an outage, or the far
    end sends none). A shared screen may stand still."""
    found = {}
    bad = []
    for record in now["videoIn"]:
        if record["frozen"] and "screen" not in record["notes"]:
            total, last = _frozen(now, record)
            if last > now["t"] - FROZEN_RECENT_MS - now["step"] and total > 0:
                bad.append((record, total, last))
    harmed = [record["key"] for record, _, _ in bad]
    for record, total, last in bad:
        freezes = last >= now["t"] - now["step"] - FROZEN_NOW_MS
        if not is_open(record["key"]) and (total < FROZEN_OPEN_MS or not freezes):
            continue
        evidence = _evidence(now, record, harmed)
        evidence["frozenMs"] = total
        severity = "major" if total >= FROZEN_MAJOR_MS else "minor"
        since = record["frozen"][0][0] - record["frozen"][0][1]
        scope = _scope(now, record, "cpu")
        found[record["key"]] = moment.fact(severity, since, evidence, scope, last)
    return found


def _stuck(now: "dict[str, Any]", decoder: "bool") -> "Found":
    found = {}
    bad = []
    for record in now["videoIn"]:
        notes = record["notes"]
        if "stuck" not in notes or "screen" in notes:
            continue
        if notes["asked"] >= ASKED_LEAST and (notes["whole"] > 0) == decoder:
            bad.append(record)
    harmed = [record["key"] for record in bad]
    for record in bad:
        lasts = now["t"] - record["notes"]["stuck"]
        if lasts >= (DECODE_MS if decoder else RECOVER_MS):
            evidence = _evidence(now, record, harmed)
            evidence["frozenMs"] = lasts
            evidence["keyFramesAsked"] = record["notes"]["asked"]
            since = record["notes"]["stuck"]
            found[record["key"]] = moment.fact("major", since, evidence, _scope(now, record))
    return found


def video_recovery_failed(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Packets come, key frames were asked for again and again, and no whole frame comes."""
    return _stuck(now, False)


def stuck_decoder(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Whole frames come, key frames were asked for, and nothing is decoded."""
    return _stuck(now, True)


def keyframe_storm(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Key frames are asked for all the time: each costs the bits of many."""
    found = {}
    bad = []
    for record in now["videoIn"]:
        storm = record["notes"].get("storm")
        if storm is not None and record["window"] is not None:
            bad.append(record)
    harmed = [record["key"] for record in bad]
    for record in bad:
        since = record["notes"]["storm"]
        if now["t"] - since >= STORM_MS:
            evidence = _evidence(now, record, harmed)
            evidence["keyFramesAsked"] = record["window"][1][8]
            last = moment.span(now, record, "asks")[1]
            scope = _scope(now, record, "in")
            found[record["key"]] = moment.fact("minor", since, evidence, scope, last)
    return found


def video_decoder_overloaded(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """This device cannot decode what arrives in time: the network is fine and frames are dropped,
    or decoding takes nearly all the time there is."""
    found: "Found" = {}
    if now["hidden"]:
        return found  # nobody looks: browsers then save work
    for record in now["videoIn"]:
        window = record["window"]
        if window is None or "screen" in record["notes"]:
            continue
        totals = window[1]
        if totals[5] < FRAMES_LEAST or moment.ratio(totals[2], totals[3]) >= CALM_LOSS:
            continue
        opened = is_open(record["key"])
        load = moment.ratio(totals[7], totals[0])
        dropped = min(10000, moment.ratio(totals[6], totals[5]))
        slow = moment.ratio(totals[4], totals[5]) < SLOW
        busy = load >= (OVERLOAD_CLOSE if opened else OVERLOAD_OPEN) and slow
        if busy or dropped >= (DROPPED_CLOSE if opened else DROPPED_OPEN):
            evidence = {"stream": record["key"], "direction": "in", "load": min(10000, load)}
            evidence["dropped"] = dropped
            since, last = moment.span(now, record, "drops")
            scope = _scope(now, record, "cpu", "in")
            found[record["key"]] = moment.fact("minor", since, evidence, scope, last)
    return found


def dry_inbound_track(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Nothing of an incoming track arrives though its sender counts on. (Sound that is missing
    while we send some is `one-way-audio`.)"""
    found = {}
    one_way = rules_audio.is_sending(now)
    for kind in ("audioIn", "videoIn"):
        if kind == "audioIn" and one_way:
            continue
        dried = [(record, rules_audio.dry(now, record, DRY_MS)) for record in now[kind]]
        harmed = [record["key"] for record, since in dried if since is not None]
        for record, since in dried:
            if since is not None:
                evidence: "dict[str, Any]" = {"stream": record["key"], "direction": "in"}
                evidence["kind"] = record["kind"]
                evidence["silentMs"] = now["t"] - since
                evidence["packetsMissed"] = record["notes"]["missed"]
                who = moment.participant(now, harmed, kind[:5])
                if who:
                    evidence["participant"] = who
                found[record["key"]] = moment.fact("major", since, evidence, _scope(now, record))
    return found
