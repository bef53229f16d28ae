"""What the core says of a recorded call, beside what the wire did: for docs/accuracy.md."""

from __future__ import annotations

import gzip
import json
import statistics
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from callvitals import measure, memory
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


@dataclass
class Heard:
    """An incoming stream of an end, at the end of the recording."""

    kind: str
    ssrc: int
    lost: int = 0  # as the core counts
    estimated: int = 0  # packets that the core says never came, from the sender's own count
    browser: int = 0  # packetsLost as the browser has it
    lowest: int = 0  # the lowest packetsLost the browser ever said
    received: int = 0  # packetsReceived as the browser has it
    retransmitted: int = 0
    sent: int | None = None  # packetsSent of the other end's stream, where it was recorded
    wire: tuple[int, int] = (0, 0)  # lost on the wire, at least and at most, when it was reported
    passed: int = 0  # handed to the wire


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

    def samples(self, since: int, until: int) -> int:
        """Ticks after `since`, up to `until`."""
        return sum(since < t <= until for t in self.ticks)


@dataclass
class Call:
    """A capture and its truth."""

    name: str
    truth: Truth
    ends: dict[str, End]

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
def call(name: str) -> Call:
    """A capture through the core, each end by itself."""
    path = CAPTURES / f"{name}.jsonl.gz"
    wire = truth.read(_truth_of(path))
    with gzip.open(path, "rt") as file:
        lines = [json.loads(text) for text in file]
    ends = {}
    for end in sorted({line["pc"] for line in lines}):
        ends[end] = _end(end, [line for line in lines if line["pc"] == end], wire)
    sent = {}
    for line in lines:
        for one in line["stats"]:
            if one["type"] == "outbound-rtp" and "packetsSent" in one:
                sent[one["ssrc"]] = one["packetsSent"] - one.get("retransmittedPacketsSent", 0)
    for one in ends.values():
        for stream in one.streams:
            stream.sent = sent.get(stream.ssrc)
    return Call(name, wire, ends)


def _end(name: str, lines: list[dict[str, Any]], wire: Truth) -> End:
    end = End(name)
    one, kept = Session(), memory.fresh()
    heard: dict[tuple[str, int], Heard] = {}
    opened: dict[str, Problem] = {}
    settled = _settled(wire)
    for tick, line in enumerate(lines):
        t = line["t"]
        end.ticks.append(t)
        reports = [[line["pc"], line["stats"]]]
        row = one.feed({"tick": tick, "t": t, "reports": reports, "events": []})
        for event in row["events"]:
            if event["type"] == "issue-open":
                told = (event["name"], t, None, event["evidence"], event["since"])
                opened[event["issue"]] = problem = Problem(*told)
                end.problems.append(problem)
            elif event["type"] == "issue-close":
                opened[event["issue"]].closed = t
                opened[event["issue"]].evidence = event["evidence"]
        if "rtt" in row["values"] and settled <= t:
            end.rtts.append(row["values"]["rtt"] / 10)
        for record, stream in measure.match(kept, measure.views_of(kept, reports, t), t):
            what = measure.step(record, stream)
            if stream["direction"] == "inbound" and "ssrc" in stream:
                key = (stream["kind"], stream["ssrc"])
                _hear(heard.setdefault(key, Heard(*key)), stream, what)
    end.rating = one.state()["rating"]
    for stream in heard.values():
        before, after = wire.counted(stream.ssrc, lines[-1]["t"])
        stream.wire = (before["lost"], after["lost"])
        stream.passed = after["pkts"]
        if after["pkts"]:  # else it is none of the wire's: a probe that never sent
            end.streams.append(stream)
    return end


def _hear(one: Heard, stream: dict[str, Any], what: dict[str, int]) -> None:
    one.lost += what.get("lost", 0)
    one.estimated += what.get("missing", 0)
    one.browser = stream.get("packetsLost", 0)
    one.lowest = min(one.lowest, one.browser)
    one.received = stream.get("packetsReceived", 0)
    one.retransmitted = stream.get("retransmittedPacketsReceived", 0)


def _settled(wire: Truth) -> int:
    """From when on round trips are those of the link with its delay."""
    changes = [one.since for one in wire.spells if one.what == "delay"]
    return max([wire.connected, *changes]) + SETTLED_MS
