"""Rules about the way between here and there: lost, late, uneven, narrow, gone.

A rule looks at the moment (`moment.moment`) and gives {subject: fact} for the troubles that hold;
is_open(subject) tells it to apply its closing threshold instead. Thresholds carry their source.
"""

from . import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Found = dict[str, dict[str, Any]]

# high-loss: share lost over the last 10 s, in 0.01 %. Twilio Voice insights: a mean above 3 %; that
# is where sound with FEC stops to be good by the E-model, too (docs/scores.md).
LOSS_OPEN = 300
LOSS_CLOSE = 150  # ours: half of it; at Twilio's 1 % it would go on through much of a good call
LOSS_MAJOR = 1000
LOSS_ALONE = 800  # of one stream, where the pooled loss is small
LOSS_LEAST = 5  # packets lost, so that one loss in a quiet moment is none
LOSS_OF = 20  # packets expected, at least

# outage
STILL_MS = 1500  # ours: two silent samples at one a second
FEEDBACK_MS = 1800  # the slowest feedback on video comes every 1.5 s (aiortc)
CONSENT_MS = 6000  # ICE consent checks come at least this often (RFC 7675: 5 s)
UNANSWERED_MS = 1000  # ours: a living path answers a check sooner

# high-rtt, 0.1 ms, time-weighted mean of 10 s
RTT_OPEN = 4000  # Twilio Voice insights: 400 ms
RTT_CLOSE = 3000
RTT_MAJOR = 8000  # G.114: beyond 400 ms one way is unacceptable
RTT_LEAST_MS = 5000

# high-jitter, 0.1 ms, mean over the packets of 10 s
JITTER_OPEN = 300  # Twilio Voice insights, Microsoft CQD: 30 ms
JITTER_CLOSE = 200
JITTER_MAJOR = 1000
JITTER_LEAST = 50  # packets

# bandwidth-limited, share of 10 s in 0.01 %
NARROW_OPEN = 8000
NARROW_CLOSE = 2000
NARROW_LEAST_US = 7000000
ROOM = 150  # percent of what we want to send: with more to be had, the network is not the limit

STALE_MS = 15000  # stale-report, ours: two of the longest regular intervals (RFC 3550: 7.5 s)
CACHED_MS = 5000


def _blamed(now: "dict[str, Any]", close: "int") -> "str":
    """The participant whose streams alone lose packets."""
    harmed = []
    for side in ("audioIn", "videoIn"):
        for record in now[side]:
            window = record["window"]
            if window is not None and moment.ratio(window[1][2], window[1][3]) >= close:
                harmed.append(record["key"])
    return moment.participant(now, harmed, "") if harmed else ""


def _alone(now: "dict[str, Any]", threshold: "int") -> "tuple[int, int]":
    """(share, packets) that the worst incoming stream lost, if it is enough by itself."""
    worst = (0, 0)
    for side in ("audioIn", "videoIn"):
        for record in now[side]:
            window = record["window"]
            if window is not None and window[1][2] >= LOSS_LEAST:
                share = moment.ratio(window[1][2], window[1][3])
                if share >= threshold and share > worst[0]:
                    worst = (share, window[1][2])
    return worst


def high_loss(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Many packets lost, in one direction, over the last ten seconds."""
    found = {}
    pool = now["pool"]
    for direction, lost_name, all_name in (
        ("in", "lostIn", "expectedIn"),
        ("out", "lostOut", "expectedOut"),
    ):
        opened = is_open(direction)
        close = LOSS_CLOSE if opened else LOSS_OPEN
        lost = pool[lost_name]
        share = moment.ratio(lost, pool[all_name])
        if (share < close or lost < LOSS_LEAST) and direction == "in":
            share, lost = _alone(now, LOSS_OPEN if opened else LOSS_ALONE)
            close = LOSS_OPEN if opened else LOSS_ALONE
        if share < close or lost < LOSS_LEAST or pool[all_name] < LOSS_OF:
            continue
        evidence = {"direction": direction, "loss": share, "packetsLost": lost}
        since, last = _span(now, "loses" + direction)
        if direction == "in":
            who = _blamed(now, LOSS_CLOSE)
            if who:
                evidence["participant"] = who
        severity = "major" if share >= LOSS_MAJOR else "minor"
        scope = ()
        if direction == "out":  # sound that does not get through at all is not just lost
            scope = tuple([one["key"] for one in now["audioOut"] if "deaf" in one["notes"]])
        found[direction] = moment.fact(severity, since, evidence, scope, last)
    return found


def _span(now: "dict[str, Any]", name: "str") -> "tuple[int, int]":
    """(since, last) of a harm to everything; not longer ago than the window reaches."""
    began, last = now["harms"].get(name, (now["t"] - now["step"], now["t"]))
    return max(began, now["t"] - 10000), last


def _is_dead(felt: "dict[str, Any]", still_ms: "int") -> "bool":
    """Nothing arrives; is it the path, and not a sender who has nothing to send?"""
    if felt["answered"]:
        return False  # the far end answered our checks meanwhile: the path lives
    if felt["talked"]:
        return True  # regular feedback on what we send stopped with the rest
    if felt["pairState"] not in ("", "succeeded"):
        return True
    if felt["unansweredMs"] >= UNANSWERED_MS:
        return True
    if felt["feedback"]:
        return still_ms >= FEEDBACK_MS  # we send video, and nobody says how it arrives
    # Without candidate pairs there is no other sign (aiortc, whose RTCP comes every 1.5 s).
    return still_ms >= CONSENT_MS or not felt["hasPairs"]


def _is_deaf(felt: "dict[str, Any]", t: "int") -> "bool":
    """We send, things arrive, and nothing of ours does: feedback on it and answers stay away."""
    if felt["deaf"] is None or not felt["sending"] or t - felt["deaf"] < STILL_MS:
        return False
    if felt["pairState"] not in ("", "succeeded"):
        return True
    return felt["lonely"] is not None and t - felt["lonely"] >= UNANSWERED_MS


def outage(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Nothing arrives on a connection on which media flowed, and its path is dead; or, in the
    other direction, nothing of what we send does. Loss counters do not show it."""
    found = {}
    t = now["t"]
    for key in sorted(now["pulses"]):
        felt = now["pulses"][key]
        still = felt["still"]
        deaf = felt["deaf"]
        way = key + " out"
        if deaf is not None and (is_open(way) or (still < STILL_MS and _is_deaf(felt, t))):
            # Some seconds later the far end, unanswered, stops sending too: still the same outage.
            evidence = {"pc": key, "direction": "out", "silentMs": t - deaf}
            found[way] = moment.fact("major", deaf, evidence, (key,))
        elif felt["flowed"] and still >= STILL_MS and (is_open(key) or _is_dead(felt, still)):
            evidence = {"pc": key, "direction": "in", "silentMs": still}
            found[key] = moment.fact("major", felt["live"], evidence, (key,))
    return found


def high_rtt(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """The round trip is long, on average over the last ten seconds."""
    pool = now["pool"]
    if pool["rttWeight"] < RTT_LEAST_MS:
        return {}
    rtt = pool["rttSum"] // pool["rttWeight"]
    if rtt < (RTT_CLOSE if is_open("") else RTT_OPEN):
        return {}
    since, last = _span(now, "delays")
    severity = "major" if rtt >= RTT_MAJOR else "minor"
    return {"": moment.fact(severity, since, {"rtt": rtt}, (), last)}


def high_jitter(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Sound packets arrive unevenly: the worst incoming stream, over the last ten seconds."""
    threshold = JITTER_CLOSE if is_open("in") else JITTER_OPEN
    worst: "Any" = None
    harmed = []
    for record in now["audioIn"]:
        window = record["window"]
        if window is None or window[1][1] < JITTER_LEAST:
            continue
        jitter = window[1][10] // window[1][1]
        if jitter >= JITTER_CLOSE:
            harmed.append(record["key"])
        if jitter >= threshold and (worst is None or jitter > worst[0]):
            worst = (jitter, record)
    if worst is None:
        return {}
    evidence = {"direction": "in", "jitter": worst[0]}
    who = moment.participant(now, harmed, "audio")
    if who:
        evidence["participant"] = who
    since, last = moment.span(now, worst[1], "jitters")
    severity = "major" if worst[0] >= JITTER_MAJOR else "minor"
    return {"in": moment.fact(severity, since, evidence, (), last)}


def bandwidth_limited(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Outgoing video is held back for lack of bandwidth; not where the encoder's own cap or the
    app's is the limit though more could be sent (Chromium calls that "bandwidth", too)."""
    found: "Found" = {}
    rooms = {record["key"]: record["notes"].get("room") for record in now["pcs"]}
    for record in now["videoOut"]:
        window = record["window"]
        if window is None or window[1][0] < NARROW_LEAST_US:
            continue
        key = now["keys"].get(record["pc"])
        share = min(10000, moment.ratio(window[1][3], window[1][0]))
        if key is None or share < (NARROW_CLOSE if is_open(key) else NARROW_OPEN):
            continue
        room = rooms.get(key)
        evidence: "dict[str, Any]" = {"pc": key, "direction": "out", "limited": share}
        if room is not None:
            if room[0] * 100 > room[1] * ROOM:
                continue
            evidence["availableOutgoingBitrate"] = room[0]
        if key not in found or share > found[key]["evidence"]["limited"]:
            since, last = moment.span(now, record, "narrow")
            found[key] = moment.fact("minor", since, evidence, (key, key + " out"), last)
    return found


def stale_report(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """What we know is old: the far end stopped reporting on what we send, though the path lives,
    or the browser gives the same report again and again."""
    found = {}
    t = now["t"]
    for record in now["pcs"]:
        cached = record["notes"].get("cached")
        if cached is not None and t - cached >= CACHED_MS and t - record["seen"] <= CACHED_MS:
            evidence = {"pc": record["key"], "source": "browser", "ageMs": t - cached}
            found[record["key"]] = moment.fact("minor", cached, evidence, (record["key"],))
    heard: "dict[str, int | None]" = {}  # by connection: since when all that is sent is unheard
    for side in ("audioOut", "videoOut"):
        for record in now[side]:
            notes = record["notes"]
            if "told" not in notes or t - notes.get("sent", 0) > CACHED_MS:
                continue  # never reported on, or not sent: nothing is missing
            pc = now["keys"].get(record["pc"], "")
            since = notes.get("unheard")
            if pc not in heard:
                heard[pc] = since
            elif since is None or heard[pc] is None:
                heard[pc] = None
            else:
                heard[pc] = max(since, heard[pc] or 0)
    for pc in sorted(heard):
        began = heard[pc]
        if began is not None and t - began >= STALE_MS:
            evidence = {"pc": pc, "source": "rtcp", "ageMs": t - began}
            found[pc] = moment.fact("minor", began, evidence, (pc, pc + " out"))
    return found
