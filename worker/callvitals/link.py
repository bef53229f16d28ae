"""A connection between two reports: what its pairs, transports and data channels counted.

Its memory is `record["link"]`; its metrics (rows `pc` of `catalog`) are made only while watched.
"""

from . import metrics, sample, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What is summed over the pairs in use; where they do not tell packets, over the transports.
_PAIR = ("totalRoundTripTime", "responsesReceived", "packetsDiscardedOnSend")
_PACKETS = ("packetsSent", "packetsReceived")
# (name, field of a data channel)
_CHANNEL = (
    ("channelBytesSent", "bytesSent"),
    ("channelBytesReceived", "bytesReceived"),
    ("messagesSent", "messagesSent"),
    ("messagesReceived", "messagesReceived"),
)
NAMES = _PAIR + _PACKETS + tuple([one[0] for one in _CHANNEL])


def fresh() -> "dict[str, Any]":
    """The memory of a connection before its first report."""
    return {
        "pairs": "",  # ids of the pairs in use
        "switches": 0,  # times that others came into use
        "channels": 0,  # data channels counted
        "ts": 0,
        "sums": [],  # in the order of NAMES
        "metrics": {},  # the newest, while watched
    }


def _sum(items: "list[Any]", field: "str") -> "int | None":
    total = None
    for item in items:
        if field in item:
            total = (total or 0) + item[field]
    return total


def _counters(view: "Any") -> "list[int | None]":
    pairs = [view["pairs"][key] for key in view["selected"]]
    transports = [view["transports"][key] for key in sorted(view["transports"])]
    out = [_sum(pairs, name) for name in _PAIR]
    for name in _PACKETS:
        total = _sum(pairs, name)
        out.append(_sum(transports, name) if total is None else total)
    out.extend([_sum(view["channels"], one[1]) for one in _CHANNEL])
    return out


def follow(link: "dict[str, Any]", view: "Any", moved: "list[Any]", watched: "bool") -> "None":
    """Take a report in; link: see `fresh`, changed here. moved: [(stream, what happened), ...]."""
    if not view["ts"] or view["ts"] == link["ts"]:
        return  # the browser's cached report
    was = link["sums"]
    us = view["ts"] - link["ts"]
    pairs = values.clean_text(" ".join(view["selected"]), 96)
    moved_on = pairs and link["pairs"] and pairs != link["pairs"]
    if moved_on:
        link["switches"] += 1
    if pairs:
        link["pairs"] = pairs
    sums = _counters(view)
    channels = len(view["channels"])
    what: "dict[str, int]" = {}
    if watched and was and 0 < us <= sample.HOLE_US:
        what["us"] = us
        for index in range(len(NAMES)):
            # Sums over other pairs or channels than before tell nothing of the interval.
            other = channels != link["channels"] if NAMES[index] in _OF_CHANNELS else moved_on
            old = was[index]
            now = sums[index]
            if not other and old is not None and now is not None and now >= old:
                what[NAMES[index]] = now - old
    link["ts"] = view["ts"]
    link["sums"] = sums
    link["channels"] = channels
    link["metrics"] = _metrics(link, view, moved, what) if what else {}


_OF_CHANNELS = NAMES[len(_PAIR) + len(_PACKETS) :]


def _metrics(
    link: "dict[str, Any]", view: "Any", moved: "list[Any]", what: "dict[str, int]"
) -> "dict[str, int]":
    pair: "dict[str, int]" = {}
    for key in view["selected"]:
        one = view["pairs"][key]
        for name in (
            "currentRoundTripTime",
            "availableOutgoingBitrate",
            "availableIncomingBitrate",
        ):
            if name in one:
                pair[name] = max(pair.get(name, 0), one[name])
    gauges: "dict[str, Any]" = {"timestamp": view["ts"], "pairSwitches": link["switches"]}
    gauges["pair"] = pair
    newest = 0
    for stream, happened in moved:
        inbound = stream["direction"] == "inbound"
        far = stream.get("remote", {})
        newest = max(newest, far.get("timestamp", 0))
        rtt = far.get("roundTripTime")
        fresh_enough = view["ts"] - far.get("timestamp", 0) <= metrics.FRESH_US
        if rtt is not None and not inbound and fresh_enough:
            gauges["rttRtcp"] = max(gauges.get("rttRtcp", 0), rtt)
        if "bytes" in happened:
            name = ("receive" if inbound else "send") + stream["kind"][0].upper()
            name += stream["kind"][1:]
            bits = sample.per_second(happened["bytes"] * 8, happened["us"])
            gauges[name] = gauges.get(name, 0) + bits
        side = "In" if inbound else "Out"
        for name in ("lost", "expected"):
            what[name + side] = what.get(name + side, 0) + happened.get(name, 0)
    if newest:
        gauges["reportAge"] = max(0, view["ts"] - newest)
    return metrics.connection(gauges, what)


def path(route: "dict[str, str]") -> "str":
    """How media travels: direct, direct-tcp, turn-udp, turn-tcp, turn-tls; "" when unknown."""
    if "local" not in route and "remote" not in route:
        return ""
    if route.get("local") == "relay":
        return "turn-" + route.get("relayProtocol", "udp")
    return "direct-tcp" if route.get("protocol") == "tcp" else "direct"
