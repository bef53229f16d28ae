"""What the core says of a recorded call, beside what the wire did: for docs/accuracy.md."""

from __future__ import annotations

import gzip
import json
import statistics
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import callvitals
from callvitals.session import Session

from . import truth
from .truth import SIDES, Spell, Truth

CAPTURES = Path(__file__).parents[1] / "data" / "captures"
# A capture and the truth it goes with, where the names differ.
SHARED = {
    "chromium-vs-aiortc-clean": "chromium-aiortc-clean",
    "aiortc-vs-chromium-clean": "chromium-aiortc-clean",
}
SETTLED_MS = 6000  # after a change of delay; browsers ask for the round trip every 2.5 s

LATE_MS = 200  # one way: the round trip from which on people talk over each other (high-rtt)
AFTER_MS = 10000  # a rule that looks back over ten seconds may find something that late


@dataclass
class Heard:
    """An incoming stream of an end, at the end of the recording."""

    kind: str
    ssrc: int
    lost: int = 0  # packetsLost as the analysis tells it
    loss: float | None = None  # and as a share
    missing: int = 0  # packetsLostEstimated: with what an outage took
    browser: int = 0  # packetsLost as the browser has it
    highest: int = 0  # the highest packetsLost the browser ever said
    received: int = 0  # packetsReceived as the browser has it
    never_came: int | None = None  # as both ends together know, where the other was recorded
    wire: tuple[int, int] = (0, 0)  # lost on the wire, at least and at most, when it was reported
    passed: int = 0  # handed to the wire

    @property
    def off(self) -> int:
        """By how many packets `lost` misses the wire."""
        low, high = self.wire
        return max(low - self.lost, self.lost - high, 0)


@dataclass
class Problem:
    """An issue as the Session told it. Times are epoch ms of the ticks that opened, closed it."""

    name: str
    opened: int
    closed: int | None
    evidence: dict[str, Any]
    since: int


@dataclass
class End:
    """One end of a call."""

    name: str
    streams: list[Heard] = field(default_factory=list)
    rtts: list[float] = field(default_factory=list)  # ms, once the link had settled
    problems: list[Problem] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)
    rating: str = ""

    @property
    def rtt_ms(self) -> float | None:
        """The median."""
        return statistics.median(self.rtts) if self.rtts else None

    def heard(self, name: str) -> list[Problem]:
        """Issues of that name with what comes in."""
        named = [one for one in self.problems if one.name == name]
        return [one for one in named if one.evidence.get("direction", "in") == "in"]

    def found(self, name: str, spell: Spell) -> Problem | None:
        """The first of them that opened in the spell, or up to ten seconds after."""
        last = self.ticks[-1] if spell.until is None else spell.until + AFTER_MS
        within = (one for one in self.heard(name) if spell.since <= one.opened <= last)
        return next(within, None)

    def samples(self, since: int, until: int) -> int:
        """Ticks after `since`, up to `until`."""
        return sum(since < t <= until for t in self.ticks)


@dataclass
class Call:
    """A capture and its truth."""

    name: str
    truth: Truth
    ends: dict[str, End]

    @property
    def cut(self) -> bool:
        """Whether nothing passed for a while, one way at least."""
        return any(one.what == "down" for one in self.truth.spells)

    @property
    def troubled(self) -> bool:
        """Whether the link did more than delay a little."""
        return any(one.what != "delay" or one.value >= LATE_MS for one in self.truth.spells)

    def spells(self, end: str, what: str) -> list[Spell]:
        """What the link did to packets that come in at an end."""
        way = SIDES[end[0]]
        return [one for one in self.truth.spells if one.what == what and one.way == way]


def names() -> list[str]:
    """Every capture that has a truth, in order."""
    found = sorted([*CAPTURES.glob("*.jsonl.gz"), *CAPTURES.glob("lab/*.jsonl.gz")])
    told = [path for path in found if ".truth." not in path.name and _truth_of(path).exists()]
    return [str(path.relative_to(CAPTURES)).removesuffix(".jsonl.gz") for path in told]


def _truth_of(path: Path) -> Path:
    name = path.name.removesuffix(".jsonl.gz")
    return path.with_name(f"{SHARED.get(name, name)}.truth.jsonl.gz")


@cache
def truth_of(name: str) -> Truth:
    """What the wire did in a call."""
    return truth.read(_truth_of(CAPTURES / f"{name}.jsonl.gz"))


@cache
def call(name: str) -> Call:
    """A capture through the core, each end by itself."""
    path = CAPTURES / f"{name}.jsonl.gz"
    wire = truth_of(name)
    with gzip.open(path, "rt") as file:
        lines = [json.loads(text) for text in file]
    told = {one["pc"]: one for one in callvitals.analyze(str(path))["connections"]}
    ends = {}
    for end in sorted({line["pc"] for line in lines}):
        ends[end] = _end(end, [line for line in lines if line["pc"] == end], wire)
        _hear(ends[end], told[end]["streams"], lines, wire)
    return Call(name, wire, ends)


def _end(name: str, lines: list[dict[str, Any]], wire: Truth) -> End:
    """What a Session tells, tick by tick, that is fed as a page would feed it."""
    end, one = End(name), Session()
    opened: dict[str, Problem] = {}
    changes = [spell.since for spell in wire.spells if spell.what == "delay"]
    settled = max([wire.connected, *changes]) + SETTLED_MS
    for tick, line in enumerate(lines):
        t = line["t"]
        end.ticks.append(t)
        reports = [[line["pc"], line["stats"]]]
        row = one.feed({"tick": tick, "t": t, "reports": reports, "events": []})
        for event in row["events"]:
            if event["type"] == "issue-open":
                told = (event["name"], t, None, event["evidence"], event["since"])
                opened[event["issue"]] = Problem(*told)
                end.problems.append(opened[event["issue"]])
            elif event["type"] == "issue-close":
                opened[event["issue"]].closed = t
                opened[event["issue"]].evidence = event["evidence"]
        if "rtt" in row["values"] and settled <= t:
            end.rtts.append(row["values"]["rtt"] / 10)
    end.rating = one.state()["rating"]
    return end


def _hear(end: End, told: list[dict[str, Any]], lines: list[dict[str, Any]], wire: Truth) -> None:
    """The end's incoming streams: the analysis, the browser's bare counters, the wire."""
    near: dict[int, list[dict[str, Any]]] = {}
    far: dict[int, list[dict[str, Any]]] = {}
    for line in lines:
        here = line["pc"] == end.name
        for item in line["stats"]:
            if item["type"] == ("inbound-rtp" if here else "outbound-rtp"):
                (near if here else far).setdefault(item["ssrc"], []).append(item)
    last = max(line["t"] for line in lines if line["pc"] == end.name)
    for stream in told:
        ssrc = stream["ssrc"]
        before, after = wire.counted(ssrc, last)
        if stream["direction"] != "inbound" or not after["pkts"]:
            continue  # none of the wire's: it never carried a packet
        one = Heard(stream["kind"], ssrc, stream["packetsLost"], stream["loss"])
        one.missing = stream["packetsLostEstimated"]
        losses = [item["packetsLost"] for item in near[ssrc]]
        one.browser, one.highest = losses[-1], max(losses)
        one.received = near[ssrc][-1]["packetsReceived"]
        one.wire = (before["lost"], after["lost"])
        one.passed = after["pkts"]
        # Firefox leaves retransmissions out of what it received: its pictures compare with nothing.
        if ssrc in far and (one.kind == "audio" or "firefox" not in end.name):
            one.never_came = _never_came(far[ssrc], near[ssrc])
        end.streams.append(one)


def _never_came(far: list[dict[str, Any]], near: list[dict[str, Any]]) -> int:
    """Packets sent, less those received, in the time that both ends tell of."""
    since = max(far[0]["timestamp"], near[0]["timestamp"])
    until = min(far[-1]["timestamp"], near[-1]["timestamp"])
    sent = _at(far, "packetsSent", until) - _at(far, "packetsSent", since)
    return round(sent - _at(near, "packetsReceived", until) + _at(near, "packetsReceived", since))


def _at(items: list[dict[str, Any]], name: str, t: float) -> float:
    """A counter at time t (ms), evenly between two reports."""
    for old, new in pairwise(items):
        if t <= new["timestamp"]:
            share = (t - old["timestamp"]) / (new["timestamp"] - old["timestamp"])
            return float(old[name] + share * (new[name] - old[name]))
    return float(items[-1][name])
