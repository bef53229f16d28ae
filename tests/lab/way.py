"""One direction of a bad link: which packets it drops, and when the others come out.

Pure: no clock, no I/O; times (s) and the random generator are handed in.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from typing import Any

RTP_LEAST = 12  # bytes of a fixed header (RFC 3550, section 5.1)
UDP = 17


@dataclass
class Settings:
    """What a direction does to packets. The defaults leave them alone."""

    loss: float = 0.0  # share dropped at random, 0-1, in the long run
    burst: float = 1.0  # mean packets of a lossy spell (Gilbert-Elliott); 1: single, independent
    bad: float = 1.0  # share dropped within a lossy spell
    delay: float = 0.0  # ms
    jitter: float = 0.0  # ms: the delay is uniform in delay ± jitter, never below 0
    reorder: bool = False  # whether jitter lets packets overtake each other
    rate: float = 0.0  # kbit/s of IP packets; 0: no limit
    queue: float = 300.0  # ms of waiting that the limited rate's queue holds; what is more drops
    down: bool = False  # an outage: nothing passes


LIMITS = {
    "loss": (0, 1),
    "burst": (1, 10000),
    "bad": (0, 1),
    "delay": (0, 60000),
    "jitter": (0, 60000),
    "rate": (0, 10**7),
    "queue": (0, 60000),
}


def checked(change: dict[str, Any]) -> dict[str, Any]:
    """The change of settings as it may be applied. Raises ValueError in words for a person."""
    known = Settings()
    for name, value in change.items():
        if not hasattr(known, name):
            raise ValueError(f"no setting {name}: one of {', '.join(vars(known))}")
        if isinstance(getattr(known, name), bool):
            if not isinstance(value, bool):
                raise ValueError(f"{name} is true or false, not {value}")
            continue
        low, high = LIMITS[name]
        right = isinstance(value, int | float) and not isinstance(value, bool)
        if not right or not low <= value <= high:
            raise ValueError(f"{name} is a number from {low} to {high}, not {value}")
    return change


def rtp(packet: bytes) -> tuple[int, int] | None:
    """(ssrc, payload type) of an IPv4 UDP packet that carries RTP; None for all else.

    RTCP on the same port is told apart by its types (RFC 5761, section 4), STUN and DTLS by the
    first byte (RFC 7983). SRTP leaves the header readable.
    """
    if len(packet) < 28 or packet[0] >> 4 != 4 or packet[9] != UDP:
        return None
    at = (packet[0] & 15) * 4 + 8
    if len(packet) < at + RTP_LEAST or not 128 <= packet[at] <= 191:
        return None
    if 64 <= packet[at + 1] & 127 <= 95:
        return None
    return int.from_bytes(packet[at + 8 : at + 12], "big"), packet[at + 1] & 127


class Spells:
    """Which packets are lost: Gilbert's two states, with `bad` of the packets lost in the one.

    A spell ends after each packet with 1/burst; it begins so rarely that, in the long run, `loss`
    of all packets are lost.
    """

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._in = False

    def drops(self, with_: Settings) -> bool:
        """Whether the next packet is lost."""
        if with_.loss <= 0:
            self._in = False
            return False
        if with_.burst <= 1 or with_.loss >= with_.bad:
            return self._dice.random() < with_.loss
        share = with_.loss / with_.bad  # of packets that fall into spells
        leave = 1 / with_.burst
        if self._in:
            self._in = self._dice.random() >= leave
        else:
            self._in = self._dice.random() < leave * share / (1 - share)
        return self._in and self._dice.random() < with_.bad


SECOND = ("pkts", "bytes", "lost", "qdrop", "down", "fwd")


@dataclass
class Stream:
    """Totals of one RTP stream on the wire. `lost` is every drop, whatever its reason."""

    pt: int
    pkts: int = 0
    bytes: int = 0  # IP packets, headers included
    lost: int = 0
    qdrop: int = 0  # of these, by the full queue
    down: int = 0  # and by an outage
    last: float = 0.0  # when the last one was handed in


@dataclass
class Way:
    """One direction. `offer` what arrives, then take what is `due`."""

    dice: random.Random
    set: Settings = field(default_factory=Settings)
    streams: dict[int, Stream] = field(default_factory=dict)
    total: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SECOND, 0))

    def __post_init__(self) -> None:
        self._spells = Spells(self.dice)
        self._heap: list[tuple[float, int, float, bytes]] = []
        self._count = 0
        self._line = 0.0  # when the limited line is free again
        self._newest = 0.0  # when the last packet in order comes out
        self._before = dict(self.total)
        self._delays: list[float] = []
        self._late = 0.0

    def offer(self, packet: bytes, now: float) -> None:
        """A packet arrives; it is dropped or waits for its time."""
        self.total["pkts"] += 1
        self.total["bytes"] += len(packet)
        media = rtp(packet)
        stream = None
        if media is not None:
            stream = self.streams.setdefault(media[0], Stream(media[1]))
            stream.pkts += 1
            stream.bytes += len(packet)
            stream.last = now
        reason = self._dropped(packet, now)
        if reason:
            self.total[reason] += 1
            if stream is not None:
                stream.lost += 1
                if reason != "lost":
                    setattr(stream, reason, getattr(stream, reason) + 1)
            return
        out = self._line if self.set.rate else now
        swing = self.dice.uniform(-self.set.jitter, self.set.jitter) if self.set.jitter else 0.0
        out += max(0.0, self.set.delay + swing) / 1000
        if not self.set.reorder:
            out = self._newest = max(out, self._newest)
        self._count += 1
        heapq.heappush(self._heap, (out, self._count, now, packet))

    def _dropped(self, packet: bytes, now: float) -> str:
        """Why the packet is dropped, or "". Takes its place on the limited line if it passes."""
        if self.set.down:
            return "down"
        if self._spells.drops(self.set):
            return "lost"
        if self.set.rate:
            start = max(now, self._line)
            if (start - now) * 1000 > self.set.queue:
                return "qdrop"
            self._line = start + len(packet) * 8 / (self.set.rate * 1000)
        return ""

    def next(self) -> float | None:
        """When the next packet is due."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> list[bytes]:
        """The packets whose time has come, in order."""
        out = []
        while self._heap and self._heap[0][0] <= now:
            when, _, came, packet = heapq.heappop(self._heap)
            self.total["fwd"] += 1
            self._delays.append(now - came)
            self._late = max(self._late, now - when)
            out.append(packet)
        return out

    def second(self) -> dict[str, Any]:
        """What happened since the last call: packets by fate, delays given (ms) and how late
        packets were beyond what was wanted (ms, the worst)."""
        told: dict[str, Any] = {name: self.total[name] - self._before[name] for name in SECOND}
        told["delay_sum_ms"] = round(1000 * sum(self._delays), 1)
        told["delay_max_ms"] = round(1000 * max(self._delays, default=0.0), 1)
        told["late_max_ms"] = round(1000 * self._late, 2)
        self._before = dict(self.total)
        self._delays = []
        self._late = 0.0
        return told

    def by_ssrc(self) -> dict[str, dict[str, int]]:
        """Totals of every stream so far, by its SSRC; parts of `lost` only where there are any."""
        out = {}
        for ssrc in sorted(self.streams):
            one = self.streams[ssrc]
            told = {"pt": one.pt, "pkts": one.pkts, "lost": one.lost, "bytes": one.bytes}
            told |= {name: n for name in ("qdrop", "down") if (n := getattr(one, name))}
            out[str(ssrc)] = told
        return out
