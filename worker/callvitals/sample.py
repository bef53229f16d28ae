"""Two reports -> what happened between them: deltas, rates and ratios, in integers.

A stream's memory is a list of ever-growing sums (slots below). What happened between any two
moments is their difference, so a tick and a ten-second step are computed alike. Rates use the
reports' own timestamps, never the timer's; over a hole there is no value.
"""

from . import counted, fields, metrics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Item, Slots

HOLE_US = 15000000  # reports further apart than this are a hole: nothing is said across it
HUSH_US = 1800000  # silence of a far end that is no freeze: a network's is an outage by then
LIVE_BITRATE = 10000  # bit/s above which a video that shows no frame is frozen, not idle

# Slots of a stream's sums. None where the browser does not tell.
TS = 0  # report's timestamp, us
PACKETS = 1  # packetsReceived or packetsSent
RTX = 2  # of these, retransmissions (video)
LOST = 3  # inbound: the highest packetsLost so far; outbound: the sum of what RTCP told
EXPECTED = 4  # outbound: packets sent in the RTCP intervals that LOST covers
BYTES = 5  # payload + headers
BUFFER = 6  # jitterBufferDelay, us
EMITTED = 7  # jitterBufferEmittedCount
CONCEALED = 8
SILENT = 9
SAMPLES = 10
FRAMES = 11  # decoded or sent
FREEZES = 12  # totalFreezesDuration as reported, us
FROZEN = 13  # frozen time as we count it, us
UNTOLD = 14  # packets lost that LOST leaves out, as the far end's count tells; estimated
SLOTS = 15  # from here on the counters of `counted`, for streams remembered in full

# The far end's newest receiver report on an outbound stream.
RTCP_TS = 0
RTCP_LOST = 1  # highest so far
RTCP_SENT = 2  # our media packets when it was seen
RTCP_RECEIVED = 3

# The far end's newest sender report on an inbound stream.
SR_ID = 0  # the far end's time in it; without, the time it came
SR_TS = 1  # when it came
SR_SENT = 2
SR_RECEIVED = 3  # our packets by then
SR_LOST = 4  # of LOST by then
SR_MISSING = 5  # what was found missing at it, to be counted at the next
UNTOLD_LEAST = 20  # packets; less than this is how reports and bursts fall, not an outage
FLOW_LEAST = 5  # packets that came between the two reports
UNTOLD_US = 1500000  # and it is more than came in such a time


half_up = metrics.half_up


def per_second(delta: "int", us: "int") -> "int":
    """A rise over `us` microseconds as a rate per second."""
    return half_up(delta * 1000000, us)


def _sum(stream: "Item", names: "tuple[str, ...]") -> "int | None":
    total = None
    for name in names:
        if name in stream:
            total = (total or 0) + stream[name]
    return total


def counters(stream: "Item", full: "bool" = True) -> "Slots":
    """The slots as this report has them; LOST is the bare packetsLost, FROZEN and UNTOLD are 0.

    full: with the counters of `counted`.
    """
    slots: "Slots" = [None] * SLOTS
    slots[TS] = stream["timestamp"]
    slots[UNTOLD] = 0
    video = stream["kind"] == "video"
    if stream["direction"] == "inbound":
        slots[PACKETS] = stream.get("packetsReceived")
        # Chromium counts RTX as received (Firefox does not, and has no such field).
        slots[RTX] = stream.get("retransmittedPacketsReceived") if video else 0
        slots[LOST] = stream.get("packetsLost")
        slots[BYTES] = _sum(stream, ("bytesReceived", "headerBytesReceived"))
        slots[BUFFER] = stream.get("jitterBufferDelay")
        slots[EMITTED] = stream.get("jitterBufferEmittedCount")
        slots[CONCEALED] = stream.get("concealedSamples")
        slots[SILENT] = stream.get("silentConcealedSamples")
        slots[SAMPLES] = stream.get("totalSamplesReceived")
        slots[FRAMES] = stream.get("framesDecoded") if video else None
        slots[FREEZES] = stream.get("totalFreezesDuration") if video else None
        slots[FROZEN] = None if slots[FRAMES] is None and slots[FREEZES] is None else 0
    else:
        slots[PACKETS] = stream.get("packetsSent")
        slots[RTX] = stream.get("retransmittedPacketsSent") if video else 0
        slots[LOST] = 0
        slots[EXPECTED] = 0
        slots[BYTES] = _sum(stream, ("bytesSent", "headerBytesSent"))
        slots[FRAMES] = stream.get("framesSent", stream.get("framesEncoded")) if video else None
    return slots + counted.read(stream) if full else slots


def _media(slots: "Slots") -> "int":
    return (slots[PACKETS] or 0) - (slots[RTX] or 0)


def was_reset(old: "Slots", new: "Slots") -> "bool":
    """A counter that can only grow fell: the stream began anew (codec switch, restart)."""
    for slot in (TS, PACKETS, BYTES):
        if old[slot] is not None and new[slot] is not None and new[slot] < old[slot]:
            return True
    return False


def follow(stream: "Item", old: "Slots | None", memory: "dict[str, Any]") -> "Slots":
    """The stream's sums now, given those of before (None at first sight or after a reset).

    memory: {"rtcp": [...] or None, "ahead": us, "hush"?: us, "full"?: bool}, kept by the caller,
    changed here; rtcp is the far end's newest report: RTCP_... of an outbound, SR_... of an inbound
    stream.
    """
    new = counters(stream, memory.get("full", True))
    if stream["direction"] == "outbound":
        _follow_rtcp(stream, old, new, memory)
        return new
    if new[LOST] is not None:
        # packetsLost may fall and be negative (late and doubled packets): only rises above the
        # highest value so far are loss.
        new[LOST] = max(new[LOST], 0)
        if old is not None and old[LOST] is not None:
            new[LOST] = max(new[LOST], old[LOST])
    elif old is not None:
        new[LOST] = old[LOST]
    if old is not None and old[FROZEN] is not None:
        _follow_freeze(stream, old, new, memory)
    _follow_sender(stream, old, new, memory)
    return new


def _follow_rtcp(
    stream: "Item", old: "Slots | None", new: "Slots", memory: "dict[str, Any]"
) -> "None":
    if old is not None:
        new[LOST] = old[LOST]
        new[EXPECTED] = old[EXPECTED]
    remote = stream.get("remote")
    if remote is None or "timestamp" not in remote or "packetsLost" not in remote:
        return
    was = memory["rtcp"] if old is not None else None
    high = max(remote["packetsLost"], 0)
    received = remote.get("packetsReceived")
    if was is not None:
        if remote["timestamp"] <= was[RTCP_TS]:
            return  # the same report again: it says nothing new
        lost = max(0, high - was[RTCP_LOST])
        high = max(high, was[RTCP_LOST])
        expected = _media(new) - was[RTCP_SENT]
        if received is not None and was[RTCP_RECEIVED] is not None:
            expected = received - was[RTCP_RECEIVED] + lost
        new[LOST] = (new[LOST] or 0) + lost
        new[EXPECTED] = (new[EXPECTED] or 0) + max(expected, lost)
    memory["rtcp"] = [remote["timestamp"], high, _media(new), received]


def _follow_sender(
    stream: "Item", old: "Slots | None", new: "Slots", memory: "dict[str, Any]"
) -> "None":
    """Packets lost that packetsLost leaves out, from what the sender says it sent.

    Chromium's audio packetsLost stays 0 through an outage. From one sender report to the next, what
    was sent and neither came nor was told lost is missing. Counted only where so much is missing
    that an outage must be the cause, and at the next report, when what a burst between two of our
    samples pretended is no longer missing; of sound, which flows evenly, all but such a burst at
    once. An estimate: our count at its time is interpolated.
    """
    if old is not None:
        new[UNTOLD] = old[UNTOLD]
    remote = stream.get("remote", {})
    sent = remote.get("packetsSent")
    came = remote.get("timestamp")
    if sent is None or came is None or new[PACKETS] is None:
        return
    ident = remote.get("remoteTimestamp", came)
    was = memory["rtcp"]
    if was is not None and (ident == was[SR_ID] or came <= was[SR_TS]):
        return  # the same report again
    received = new[PACKETS]
    lost = new[LOST] or 0
    gap = True
    if old is not None and old[PACKETS] is not None:
        us = new[TS] - old[TS]
        gap = us <= 0 or us > HOLE_US
        if not gap:
            share = min(max(0, came - old[TS]), us)
            received = old[PACKETS] + half_up(max(0, received - old[PACKETS]) * share, us)
            before = old[LOST] or 0
            lost = before + half_up(max(0, lost - before) * share, us)
    found = 0
    if was is not None and not gap and sent >= was[SR_SENT] and received >= was[SR_RECEIVED]:
        missing = sent - was[SR_SENT] - (received - was[SR_RECEIVED]) - (lost - was[SR_LOST])
        rate = per_second((sent - was[SR_SENT]) * 10, came - was[SR_TS])
        new[UNTOLD] += max(0, was[SR_MISSING] + min(0, missing))
        much = missing >= UNTOLD_LEAST and missing * 10000000 >= rate * UNTOLD_US
        # A layer that is not meant for us, of which a probe comes now and then, is no outage.
        if much and received - was[SR_RECEIVED] >= FLOW_LEAST:
            found = missing
            if stream["kind"] == "audio":
                found = min(missing, half_up(rate * us, 10000000))
                new[UNTOLD] += missing - found
    memory["rtcp"] = [ident, came, sent, received, lost, found]


def _follow_freeze(stream: "Item", old: "Slots", new: "Slots", memory: "dict[str, Any]") -> "None":
    """Frozen time. totalFreezesDuration moves only when a freeze is over; while it lasts, a video
    that receives but shows nothing is counted by the clock, and that is taken off afterwards.

    Browsers call it a freeze, too, when the far end sent nothing (a pause, a camera off, a network
    that was down, which has its own issue): what is told after a long silence is none, unless it
    is longer than the silence and the intervals around it.
    """
    us = new[TS] - old[TS]
    hush = memory.get("hush", 0)
    if us <= 0 or us > HOLE_US:
        memory["hush"] = 0
    elif _media(new) == _media(old):
        memory["hush"] = hush + us
    else:
        ago = new[TS] - stream.get("lastPacketReceivedTimestamp", new[TS])
        memory["hush"] = max(0, min(ago, us))
    frozen = 0
    told = _rise(old, new, FREEZES) or 0
    still = _rise(old, new, FRAMES) == 0 and bool(new[FRAMES])
    if 0 < us <= HOLE_US:
        if told and hush >= HUSH_US and told <= hush + 2 * us:
            memory["ahead"] = 0
        elif told:
            frozen = max(0, min(told - memory["ahead"], us))
            memory["ahead"] = 0
        elif still and _plays(old, new, us):
            frozen = us
            memory["ahead"] += us
        elif not still:
            memory["ahead"] = 0
    new[FROZEN] = old[FROZEN] + frozen


def _plays(old: "Slots", new: "Slots", us: "int") -> "bool":
    """Packets of a moving picture come. Padding and retransmissions do not count: senders probe the
    bandwidth with them while a shared screen stands still."""
    if _media(new) <= _media(old):
        return False
    return per_second((_rise(old, new, BYTES) or 0) * 8, us) >= LIVE_BITRATE


def _rise(old: "Slots", new: "Slots", slot: "int") -> "int | None":
    if old[slot] is None or new[slot] is None or new[slot] < old[slot]:
        return None
    return new[slot] - old[slot]  # type: ignore[no-any-return]


def between(direction: "str", kind: "str", old: "Slots", new: "Slots") -> "dict[str, int]":
    """What happened to a stream between two moments; {} where nothing can be said.

    Keys as they apply: us, packets, lost, expected, bytes, buffer (us), emitted, concealed,
    samples, frames, frozen (us), untold (inbound, packets); of streams remembered in full the names
    of `counted` besides, in the scale of `fields`, where the browser tells them and they did not
    begin anew.
    """
    us = new[TS] - old[TS]
    out: "dict[str, int]" = {}
    if us <= 0 or us > HOLE_US:
        return out
    out["us"] = us
    packets = _rise(old, new, PACKETS)
    out["packets"] = packets or 0
    lost = _rise(old, new, LOST)
    if direction == "inbound":
        if packets is not None and lost is not None:
            received = max(0, _media(new) - _media(old))
            out["lost"] = lost
            out["expected"] = received + lost
        untold = _rise(old, new, UNTOLD)
        if untold:
            out["untold"] = untold
    elif _rise(old, new, EXPECTED):
        out["lost"] = lost or 0
        out["expected"] = _rise(old, new, EXPECTED) or 0
    for name, slot in (
        ("bytes", BYTES),
        ("buffer", BUFFER),
        ("emitted", EMITTED),
        ("samples", SAMPLES),
        ("frames", FRAMES),
        ("frozen", FROZEN),
    ):
        rise = _rise(old, new, slot)
        if rise is not None:
            out[name] = rise
    concealed = _rise(old, new, CONCEALED)
    if concealed is not None:
        out["concealed"] = max(0, concealed - (_rise(old, new, SILENT) or 0))
    if len(old) > SLOTS and len(old) == len(new):
        at = SLOTS
        for name in counted.NAMES[direction + kind]:
            was = old[at]
            now = new[at]
            at += 1
            if was is not None and now is not None and now >= was:
                out[name] = now - was
    return out


def put_ratio(out: "dict[str, int]", name: "str", part: "int", whole: "int") -> "None":
    """out[name] = part / whole in the series' steps, if there is a whole."""
    if whole > 0:
        out[name] = half_up(part * fields.SERIES[name][0], whole)


# ---------------------------------------------------------------------------------------------
# bandwidth: sums of sources, each [timestamp, bytesSent, bytesReceived]


def source(item: "Item") -> "Slots | None":
    """A pair's or transport's sums, or None when it has none."""
    if "timestamp" not in item or ("bytesSent" not in item and "bytesReceived" not in item):
        return None
    return [item["timestamp"], item.get("bytesSent"), item.get("bytesReceived")]


def bandwidth(
    out: "dict[str, int]", names: "list[str]", old: "dict[str, Slots]", new: "dict[str, Slots]"
) -> "None":
    """Add the sources' rates to out["upload"], out["download"] (bit/s).

    A source that was not in the previous report, one whose counter fell, or one of equal timestamp
    adds nothing.
    """
    for name in names:
        if name not in old or name not in new:
            continue
        us = new[name][0] - old[name][0]
        if us <= 0 or us > HOLE_US:
            continue
        for key, slot in (("upload", 1), ("download", 2)):
            rise = _rise(old[name], new[name], slot)
            if rise is not None:
                out[key] = out.get(key, 0) + per_second(rise * 8, us)
