"""What happened to one stream over a whole recording. No browser loads this file.

Counters are followed through resets from the stream's beginning, as far as it is told: what its
first report counts belongs to it. Ratios and rates are over all that the core says happened between
reports (`sample.between`), so that they are what the live series showed.
"""

from . import fields, metrics, present, sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Item

_GAUGES = ("mid", "rid", "codec", "trackIdentifier", "frameWidth", "frameHeight")


def _counters(type_name: "str") -> "dict[str, int]":
    found = [one for one in fields.FIELDS[type_name] if one[1] == fields.COUNTER]
    return {one[0]: one[2] for one in found if one[0] != "packetsLost"}


COUNTERS = {"inbound": _counters("inbound-rtp"), "outbound": _counters("outbound-rtp")}


def name_of(stream: "Item") -> "str":
    """What makes a stream the same through a recording; sorts as people read: in, audio first."""
    ssrc = stream.get("ssrc", -1)
    ident = str(ssrc) if ssrc >= 0 else stream["id"]
    return "\n".join([stream["direction"], stream["kind"], stream.get("mid", ""), ident])


class Totals:
    """One stream's sums."""

    __slots__ = (
        "counts",
        "item",
        "jitter",
        "key",
        "last",
        "lost",
        "rtcp",
        "rtts",
        "start",
        "sum",
        "until",
    )

    def __init__(self, key: "str", stream: "Item", t: "int") -> "None":
        self.key = key  # the Session's, as evidence names it
        self.item: "Item" = {}
        self.start = t
        self.until = t
        self.sum: "dict[str, int]" = {}  # all that happened
        self.counts: "dict[str, int]" = {}
        self.last: "dict[str, int]" = {}
        self.lost = [0, 0, 0]  # lost before a reset, the counter since, whether anybody told
        self.jitter = [0, 0]  # sum of jitter * us, us
        self.rtts: "list[int]" = []  # 0.1 ms
        self.rtcp = -1  # timestamp of the far end's newest report

    def add(self, stream: "Item", what: "dict[str, int]", t: "int") -> "None":
        """A tick. what: as `sample.between` gives it."""
        self.until = max(self.until, t)
        self.item = stream
        inbound = stream["direction"] == "inbound"
        last = self.last
        packets = "packetsReceived" if inbound else "packetsSent"
        size = "bytesReceived" if inbound else "bytesSent"
        reset = False
        for name in (packets, size):
            reset = reset or (name in last and stream.get(name, last[name]) < last[name])
        counts = self.counts
        for name in COUNTERS[stream["direction"]]:
            now = stream.get(name)
            was = last.get(name)
            if now is not None and (reset or now != was):
                was = was or 0
                counts[name] = counts.get(name, 0) + (now if reset or now < was else now - was)
                last[name] = now
        far = stream.get("remote", {})
        self._loss(stream if inbound else far, reset)
        for name in what:
            self.sum[name] = self.sum.get(name, 0) + what[name]
        fresh = far.get("timestamp", -1) > self.rtcp
        if fresh:
            self.rtcp = far["timestamp"]
            if "roundTripTime" in far:
                self.rtts.append(far["roundTripTime"])
        near = stream if inbound else far
        if what and what.get("packets") and "jitter" in near and (inbound or fresh):
            self.jitter[0] += near["jitter"] * what["us"]
            self.jitter[1] += what["us"]

    def _loss(self, near: "Item", reset: "bool") -> "None":
        """A packet that comes late is taken off packetsLost again, and so it is here; live series,
        which cannot take back, count the rises alone. Doubled packets may make it negative."""
        if reset:
            self.lost[0] += max(0, self.lost[1])
            self.lost[1] = 0
        if "packetsLost" in near:
            self.lost[2] = 1
            self.lost[1] = near["packetsLost"]

    def _lost(self) -> "int":
        return self.lost[0] + max(0, self.lost[1])

    def told(self) -> "dict[str, Any]":
        """The stream in base units. packetsLost is 0 and `loss` None where nobody told."""
        item = self.item
        counts = self.counts
        us = self.sum.get("us", 0)
        out: "dict[str, Any]" = {
            "key": self.key,
            "direction": item["direction"],
            "kind": item["kind"],
            "ssrc": item.get("ssrc"),
            "start": self.start,
            "end": self.until,
            "packetsLost": self._lost(),
            "packetsLostEstimated": None,
            "loss": self._ratio(),
            "jitter": None,
            "rtt": None,
            "bitrate": None,
            "freezeCount": counts.get("freezeCount"),
            "frozen": self._seconds("frozen") if "freezeCount" in counts else None,
            "concealed": self._share("concealed", "samples"),
            "jitterBuffer": None,
            "fps": None,
        }
        for name in _GAUGES:
            if item.get(name):
                out[name] = item[name]
        if self.jitter[1]:
            value = sample.half_up(self.jitter[0], self.jitter[1])
            out["jitter"] = present.value("jitter", value)
        if self.rtts:
            middle = sorted(self.rtts)[len(self.rtts) // 2]
            out["rtt"] = present.value("rtt", middle)
        if item["direction"] == "inbound":
            # With what an outage took and packetsLost leaves out (`sample`).
            out["packetsLostEstimated"] = self._lost() + self.sum.get("untold", 0)
        if us and "bytes" in self.sum:
            out["bitrate"] = sample.per_second(self.sum["bytes"] * 8, us)
        if us and "frames" in self.sum:
            out["fps"] = sample.per_second(self.sum["frames"] * 10, us) / 10
        if self.sum.get("emitted"):
            buffer = sample.half_up(self.sum.get("buffer", 0), self.sum["emitted"] * 100)
            out["jitterBuffer"] = present.value("jitterBuffer", buffer)
        derived = metrics.of(item, self.sum)
        out["metrics"] = {name: present.value(name, derived[name]) for name in sorted(derived)}
        scales = COUNTERS[item["direction"]]
        out["counters"] = {
            name: counts[name] / scales[name] if scales[name] != 1 else counts[name]
            for name in sorted(counts)
        }
        return out

    def _seconds(self, name: "str") -> "float | None":
        return self.sum[name] / 1000000 if name in self.sum else None

    def _share(self, part: "str", whole: "str") -> "float | None":
        if not self.sum.get(whole):
            return None
        return sample.half_up(self.sum.get(part, 0) * 10000, self.sum[whole]) / 10000

    def _ratio(self) -> "float | None":
        """Lost of what should have arrived. Inbound: what arrived without retransmissions."""
        counts = self.counts
        if self.item["direction"] == "outbound":
            return self._share("lost", "expected")
        got = counts.get("packetsReceived", 0)
        if self.item["kind"] == "video":  # Chromium counts RTX as received
            got -= counts.get("retransmittedPacketsReceived", 0)
        lost = self._lost()
        whole = max(0, got) + lost
        if not self.lost[2] or whole <= 0:
            return None
        return sample.half_up(lost * 10000, whole) / 10000
