"""Series of samples -> issues opened and closed.

One rule, one function, one line in RULES. A rule looks at the moment and says which troubles hold;
where a trouble is already open it applies its closing threshold instead (hysteresis), always by
time, never by number of samples. Sentences are made here, for everyone.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Found = dict[str, dict[str, Any]]

MAX_OPEN = 32

# high-loss: share lost over the last 10 s, in 0.01 %. Ours: from 4 % on it is heard even with FEC.
LOSS_OPEN = 400
LOSS_CLOSE = 200
LOSS_MAJOR = 1000
LOSS_LEAST = 5  # packets lost, so that one loss in a quiet moment is none

# outage
STILL_MS = 1500  # two silent samples at one a second
FEEDBACK_MS = 1800  # the slowest feedback on video comes every 1.5 s (aiortc)
CONSENT_MS = 6000  # ICE consent checks come at least this often (RFC 7675: 5 s)
UNANSWERED_MS = 1000  # a living path answers a check sooner

# frozen-video
FROZEN_OPEN_MS = 2000  # frozen within the last 10 s
FROZEN_MAJOR_MS = 4000


def high_loss(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Many packets lost, in one direction, over the last ten seconds."""
    found = {}
    for direction, lost_name, all_name in (
        ("in", "lostIn", "expectedIn"),
        ("out", "lostOut", "expectedOut"),
    ):
        lost = now["sums"][lost_name]
        expected = now["sums"][all_name]
        if expected <= 0 or lost < LOSS_LEAST:
            continue
        share = (20000 * lost + expected) // (2 * expected)
        if share >= (LOSS_CLOSE if is_open(direction) else LOSS_OPEN):
            found[direction] = {
                "severity": "major" if share >= LOSS_MAJOR else "minor",
                "since": now["t"] - now["step"],
                "evidence": {"direction": direction, "loss": share, "packetsLost": lost},
            }
    return found


def _is_dead(pulse: "dict[str, Any]", still_ms: "int") -> "bool":
    """Nothing arrives; is it the path, and not a sender who has nothing to send?"""
    if pulse["answered"]:
        return False  # the far end answered our checks meanwhile: the path lives
    if pulse["pairState"] not in ("", "succeeded"):
        return True
    if pulse["unansweredMs"] >= UNANSWERED_MS:
        return True
    if pulse["feedback"]:
        return still_ms >= FEEDBACK_MS  # we send video, and nobody says how it arrives
    # Without candidate pairs there is no other sign (aiortc, whose RTCP comes every 1.5 s).
    return still_ms >= CONSENT_MS or not pulse["hasPairs"]


def outage(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Nothing arrives on a connection on which media flowed, and its path is dead.

    Loss counters do not show it: Chromium's audio packetsLost stays 0.
    """
    found = {}
    for key in sorted(now["pulses"]):
        pulse = now["pulses"][key]
        still = pulse["still"]
        if pulse["flowed"] and still >= STILL_MS and (is_open(key) or _is_dead(pulse, still)):
            found[key] = {
                "severity": "major",
                "since": pulse["live"],
                "evidence": {"pc": key, "silentMs": still},
            }
    return found


def frozen_video(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """An incoming video stands still though its packets arrive (else it is an outage)."""
    found = {}
    for key in sorted(now["videos"]):
        video = now["videos"][key]
        frozen = video["frozenMs"]
        if video["recentMs"] > 0 and (is_open(key) or frozen >= FROZEN_OPEN_MS):
            found[key] = {
                "severity": "major" if frozen >= FROZEN_MAJOR_MS else "minor",
                "since": video["since"],
                "evidence": {"stream": key, "frozenMs": frozen},
            }
    return found


RULES = (
    ("outage", outage),
    ("high-loss", high_loss),
    ("frozen-video", frozen_video),
)


def _seconds(ms: "int") -> "str":
    return str((ms + 500) // 1000) + " s"


def _percent(steps: "int") -> "str":
    tenths = (steps + 5) // 10
    return str(tenths // 10) + "." + str(tenths % 10) + " %"


def sentence(what: "str", evidence: "dict[str, Any]", over: "bool" = False) -> "str":
    """One plain sentence for an issue, as a support engineer would say it; over: it has closed."""
    if what == "outage":
        length = _seconds(evidence["silentMs"])
        if over:
            return "Nothing arrived for " + length + ": the network was down."
        return "Nothing has arrived for " + length + ": the network is down."
    if what == "high-loss":
        way = "incoming" if evidence["direction"] == "in" else "outgoing"
        verb = "Lost up to " if over else "Losing "
        return verb + _percent(evidence["loss"]) + " of " + way + " packets."
    if what == "frozen-video":
        return "Incoming video stood still for " + _seconds(evidence["frozenMs"]) + " within 10 s."
    return what


# The causes that `score` knows, as a sentence goes on.
CAUSES = {
    "bandwidth": "too little upload for the outgoing video",
    "codec": "incoming sound of a low bitrate",
    "codecOut": "outgoing sound of a low bitrate",
    "concealment": "gaps in the incoming sound",
    "corruption": "a broken picture",
    "cpu": "a processor too slow for the outgoing video",
    "delay": "a long delay",
    "frameRate": "a low frame rate",
    "frameRateOut": "a low frame rate of the outgoing video",
    "frozen": "a picture that stands still",
    "jitter": "an unsteady network",
    "loss": "lost incoming packets",
    "lossOut": "lost outgoing packets",
    "outage": "a network that was down",
    "picture": "a coarse picture",
    "pictureOut": "a coarse outgoing picture",
    "playout": "a device that plays sound with gaps",
}


def blame(reasons: "dict[str, int]") -> "str":
    """What a score suffers from that no issue explains: its dearest cause, and the next where it
    costs at least half as much. reasons: points lost by cause."""
    costs = sorted([(-reasons[name], name) for name in reasons if reasons[name] > 0])
    named = [CAUSES.get(name, name) for cost, name in costs[:2] if 2 * cost <= costs[0][0]]
    return "Quality suffers from " + " and ".join(named) + "." if named else ""


# What makes an issue's evidence worse: the worst is what its closing tells.
WORSE = {"outage": "silentMs", "high-loss": "loss", "frozen-video": "frozenMs"}


def judge(memory: "dict[str, Any]", now: "dict[str, Any]") -> "list[dict[str, Any]]":
    """Open and close issues; gives the events for it.

    memory: {"open": {key: {"type", "subject", "severity", "since", "evidence", "worst": number}},
    "next": int, "beyond": int}, changed here.
    now: {"t", "step": ms since the former tick, "sums", "pulses", "videos"}; see the rules.
    """
    events = []
    by_subject = {}
    for key in memory["open"]:
        one = memory["open"][key]
        by_subject[one["type"] + " " + one["subject"]] = key
    for what, rule in RULES:
        found = rule(now, lambda subject, what=what: what + " " + subject in by_subject)
        for subject in sorted(found):
            key = by_subject.pop(what + " " + subject, None)
            fact = found[subject]
            if key is not None:
                one = memory["open"][key]
                one["evidence"] = fact["evidence"]
                one["worst"] = max(one["worst"], fact["evidence"][WORSE[what]])
                if fact["severity"] == "major":
                    one["severity"] = "major"
                continue
            if len(memory["open"]) >= MAX_OPEN:
                memory["beyond"] += 1
                continue
            key = "i" + str(memory["next"])
            memory["next"] += 1
            fact["type"] = what
            fact["subject"] = subject
            fact["worst"] = fact["evidence"][WORSE[what]]
            memory["open"][key] = fact
            events.append(
                {
                    "type": "issue-open",
                    "issue": key,
                    "name": what,
                    "severity": fact["severity"],
                    "since": fact["since"],
                    "sentence": sentence(what, fact["evidence"]),
                    "evidence": dict(fact["evidence"]),
                }
            )
    for key in sorted(by_subject.values()):
        one = memory["open"].pop(key)
        evidence = dict(one["evidence"])
        evidence[WORSE[one["type"]]] = one["worst"]
        events.append(
            {
                "type": "issue-close",
                "issue": key,
                "name": one["type"],
                "severity": one["severity"],
                "since": one["since"],
                "until": now["t"],
                "sentence": sentence(one["type"], evidence, True),
                "evidence": evidence,
            }
        )
    return events


def worst(open_issues: "dict[str, dict[str, Any]]") -> "str":
    """The sentence of the worst open issue: major before minor, then the order of RULES; or ""."""
    order = [rule[0] for rule in RULES]
    best: "Any" = None
    for key in sorted(open_issues):
        one = open_issues[key]
        rank = (0 if one["severity"] == "major" else 1, order.index(one["type"]), one["since"])
        if best is None or rank < best[0]:
            best = (rank, one)
    return sentence(best[1]["type"], best[1]["evidence"]) if best is not None else ""
