"""What the rules find -> issues opened and closed.

One rule, one function, one line in RULES. Where a trouble is already open a rule applies its
closing threshold instead (hysteresis), and it closes only when it has been gone for a while; all
of it by time, never by number of samples. A root cause mutes its symptoms.
"""

from . import rules_audio, rules_device, rules_network, rules_path, rules_video
from .sentence import CAUSES, blame, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["CAUSES", "NAMES", "RULES", "blame", "judge", "sentence", "worst"]

MAX_OPEN = 32

# (name, rule, ms for which it must be gone to close, evidence whose worst its closing tells or "",
# its root causes: while one of them is there, this one is not told). The worst comes first: the
# sentence of a session is that of its first major issue, else of its first minor one.
RULES = (
    ("no-permission", rules_path.no_permission, 0, "", ()),
    ("connect-failed", rules_path.connect_failed, 0, "", ()),
    ("ice-connection-failed", rules_path.ice_connection_failed, 0, "", ()),
    ("outage", rules_network.outage, 0, "silentMs", ()),
    (
        "ice-disconnected",
        rules_path.ice_disconnected,
        0,
        "silentMs",
        ("outage", "ice-connection-failed", "connect-failed"),
    ),
    (
        "ice-transport-stalled",
        rules_path.ice_transport_stalled,
        0,
        "silentMs",
        ("outage", "ice-connection-failed"),
    ),
    ("one-way-audio", rules_audio.one_way_audio, 0, "silentMs", ("outage",)),
    ("capture-track-ended", rules_device.capture_track_ended, 0, "", ()),
    ("high-loss", rules_network.high_loss, 1000, "loss", ("one-way-audio",)),
    ("stuck-decoder", rules_video.stuck_decoder, 1000, "frozenMs", ("outage",)),
    ("video-recovery-failed", rules_video.video_recovery_failed, 1000, "frozenMs", ("outage",)),
    (
        "frozen-video",
        rules_video.frozen_video,
        0,
        "frozenMs",
        (
            "outage",
            "stuck-decoder",
            "video-recovery-failed",
            "cpu-limited",
            "video-decoder-overloaded",
        ),
    ),
    ("high-rtt", rules_network.high_rtt, 3000, "rtt", ()),
    ("high-jitter", rules_network.high_jitter, 3000, "jitter", ()),
    (
        "audio-concealment",
        rules_audio.audio_concealment,
        3000,
        "concealed",
        ("outage", "high-loss", "high-jitter", "synthesized-audio"),
    ),
    ("dry-inbound-track", rules_video.dry_inbound_track, 0, "silentMs", ("outage",)),
    ("silent-audio-source", rules_audio.silent_audio_source, 0, "silentMs", ()),
    ("bandwidth-limited", rules_network.bandwidth_limited, 3000, "limited", ("outage",)),
    ("cpu-limited", rules_device.cpu_limited, 3000, "limited", ()),
    (
        "video-decoder-overloaded",
        rules_video.video_decoder_overloaded,
        3000,
        "dropped",
        ("outage", "high-loss", "cpu-limited"),
    ),
    ("encoder-bottleneck", rules_device.encoder_bottleneck, 3000, "load", ("cpu-limited",)),
    ("capture-bottleneck", rules_device.capture_bottleneck, 3000, "", ("cpu-limited",)),
    ("synthesized-audio", rules_audio.synthesized_audio, 3000, "synthesized", ()),
    (
        "audio-jitter-buffer-stress",
        rules_audio.audio_jitter_buffer_stress,
        3000,
        "jitterBuffer",
        ("outage", "high-loss", "high-jitter"),
    ),
    (
        "audio-desync",
        rules_audio.audio_desync,
        3000,
        "stretched",
        ("outage", "high-loss", "high-jitter", "audio-jitter-buffer-stress"),
    ),
    (
        "keyframe-storm",
        rules_video.keyframe_storm,
        3000,
        "keyFramesAsked",
        ("high-loss", "video-recovery-failed", "stuck-decoder"),
    ),
    (
        "dry-outbound-track",
        rules_device.dry_outbound_track,
        0,
        "silentMs",
        ("outage", "bandwidth-limited"),
    ),
    ("unstable-ice-path", rules_path.unstable_ice_path, 0, "switches", ()),
    ("slow-connect", rules_path.slow_connect, 0, "waitMs", ("connect-failed",)),
    ("relay-tcp", rules_path.relay_tcp, 3000, "", ()),
    ("stale-report", rules_network.stale_report, 0, "ageMs", ("outage", "one-way-audio")),
    ("clock-jump", rules_device.clock_jump, 0, "", ()),
)
NAMES = tuple([rule[0] for rule in RULES])


def _roots(
    found: "dict[str, Any]", open_now: "dict[str, str]", roots: "tuple[str, ...]"
) -> "dict[str, str]":
    """{subject: name of the root cause that holds there}, of those found now or still open."""
    out: "dict[str, str]" = {}
    for root in roots:
        for subject in found.get(root, ()):
            out.setdefault(subject, root)
        for key in open_now:
            name, subject = key.split(" ", 1)
            if name == root:
                out.setdefault(subject, root)
    return out


def _mute(found: "dict[str, Any]", open_now: "dict[str, str]") -> "dict[str, str]":
    """Take what a root cause explains out of found; gives {"name subject": root} of it."""
    muted: "dict[str, str]" = {}
    for name, _rule, _ms, _worse, roots in RULES:
        mine = found[name]
        if not mine or not roots:
            continue
        reach = _roots(found, open_now, roots)
        if not reach:
            continue
        for subject in sorted(mine):
            for place in mine[subject].get("scope", ()):
                if place in reach and name + " " + subject not in muted:
                    muted[name + " " + subject] = reach[place]
                    del mine[subject]
                    break
    return muted


def judge(memory: "dict[str, Any]", now: "dict[str, Any]") -> "list[dict[str, Any]]":
    """Open and close issues; gives the events for it.

    memory: {"open": {key: {"type", "subject", "severity", "since", "evidence", "worst"?: number,
    "last"?: t of the harm last seen, "clear"?: t since when it is gone}}, "next": int,
    "beyond": most that could not be opened for want of room}, changed here.
    now: see `moment.moment`.
    """
    events: "list[dict[str, Any]]" = []
    open_now: "dict[str, str]" = {}
    for key in memory["open"]:
        one = memory["open"][key]
        open_now[one["type"] + " " + one["subject"]] = key
    found = {}
    for name, rule, _ms, _worse, _roots_of in RULES:
        found[name] = rule(now, lambda subject, name=name: name + " " + subject in open_now)
    muted = _mute(found, open_now)
    beyond = 0
    for name, _rule, _ms, worse, _roots_of in RULES:
        for subject in sorted(found[name]):
            fact = found[name][subject]
            fact.pop("scope", None)
            key = open_now.pop(name + " " + subject, "")
            if key:
                _go_on(memory["open"][key], fact, worse)
            elif len(memory["open"]) >= MAX_OPEN:
                beyond += 1
            else:
                events.append(_open(memory, name, subject, fact, worse))
    memory["beyond"] = max(memory["beyond"], beyond)
    for what in sorted(open_now):
        key = open_now[what]
        event = _gone(memory["open"][key], key, muted.get(what, ""), now["t"])
        if event is not None:
            del memory["open"][key]
            events.append(event)
    return events


def _go_on(one: "dict[str, Any]", fact: "dict[str, Any]", worse: "str") -> "None":
    one["evidence"] = fact["evidence"]
    if worse:
        one["worst"] = max(one["worst"], fact["evidence"][worse])
    if fact["severity"] == "major":
        one["severity"] = "major"
    one.pop("clear", None)
    if "last" in fact:
        one["last"] = fact["last"]


def _open(
    memory: "dict[str, Any]", name: "str", subject: "str", fact: "dict[str, Any]", worse: "str"
) -> "dict[str, Any]":
    key = "i" + str(memory["next"])
    memory["next"] += 1
    fact["type"] = name
    fact["subject"] = subject
    if worse:
        fact["worst"] = fact["evidence"][worse]
    memory["open"][key] = fact
    return {
        "type": "issue-open",
        "issue": key,
        "name": name,
        "severity": fact["severity"],
        "since": fact["since"],
        "sentence": sentence(name, fact["evidence"]),
        "evidence": dict(fact["evidence"]),
    }


def _gone(one: "dict[str, Any]", key: "str", root: "str", t: "int") -> "dict[str, Any] | None":
    """The event of an issue that does not hold now, once it has not for long enough, or at once
    where a root cause has taken its place."""
    order = NAMES.index(one["type"])
    wait = RULES[order][2]
    clear = one.setdefault("clear", t)
    if not root and 0 <= t - clear < wait:
        return None
    evidence = at_worst(one)
    event = {
        "type": "issue-close",
        "issue": key,
        "name": one["type"],
        "severity": one["severity"],
        "since": one["since"],
        "until": max(one["since"], min(one.get("last", clear), clear)),
        "sentence": sentence(one["type"], evidence, True),
        "evidence": evidence,
    }
    if root:
        event["because"] = root
    return event


def at_worst(one: "dict[str, Any]") -> "dict[str, Any]":
    """The evidence of an open issue, with the worst that was seen in it."""
    evidence = dict(one["evidence"])
    worse = RULES[NAMES.index(one["type"])][3]
    if worse:
        evidence[worse] = one["worst"]
    return evidence


def worst(open_issues: "dict[str, dict[str, Any]]") -> "str":
    """The sentence of the worst open issue: major before minor, then the order of RULES; or ""."""
    best: "Any" = None
    for key in sorted(open_issues):
        one = open_issues[key]
        rank = (0 if one["severity"] == "major" else 1, NAMES.index(one["type"]), one["since"])
        if best is None or rank < best[0]:
            best = (rank, one)
    return sentence(best[1]["type"], best[1]["evidence"]) if best is not None else ""
