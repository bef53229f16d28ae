"""What the wire did during a capture, read from its truth."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIDES = {"A": "ba", "B": "ab"}  # the way on which an end's incoming packets travel


@dataclass(frozen=True)
class Spell:
    """A time (epoch ms) in which the link did something to the packets of a way."""

    what: str  # "down", "loss", "rate", "jitter", "delay"
    way: str  # "ab" or "ba"
    since: int
    until: int | None  # None: until the end of the recording
    value: Any


class Truth:
    """The relay's account of a capture."""

    def __init__(self, lines: list[dict[str, Any]]) -> None:
        self.seconds = [line for line in lines if "ab_ssrc" in line]
        self.spells = list(_spells(lines))
        self.scene = next((line for line in lines if line.get("note") == "scene"), {})
        self.connected = next((x["t"] for x in lines if x.get("note") == "connected"), 0)
        during = [line for line in self.seconds if line["t"] > self.connected]
        busy = [line["machine_cpu_busy"] for line in during]
        self.busy = sum(busy) / max(1, len(busy))
        self.late_ms = max((line["late_max_ms"] for line in during), default=0.0)

    def counted(self, ssrc: int, t: int) -> tuple[dict[str, int], dict[str, int]]:
        """A stream's totals on the wire some time before and after t (epoch ms).

        The account is made once a second, and packets may be under way, so that a report made at t
        lies between the two.
        """
        empty = {"pkts": 0, "lost": 0, "down": 0, "qdrop": 0}
        seen = [(line["t"], self._of(line, ssrc)) for line in self.seconds]
        before = [one for at, one in seen if at <= t - 1500 and one]
        after = [one for at, one in seen if at >= t + 1500 and one] or [seen[-1][1] or empty]
        return empty | (before[-1] if before else empty), empty | after[0]

    def sent(self, ssrc: int, t: int) -> float:
        """Packets of a stream handed to the link until t (epoch ms), between accounts evenly."""
        at, count = 0, 0.0
        for line in self.seconds:
            now = self._of(line, ssrc).get("pkts", 0)
            if line["t"] >= t:
                share: float = (t - at) / (line["t"] - at)
                return count + share * (now - count)
            at, count = line["t"], float(now)
        return count

    @staticmethod
    def _of(line: dict[str, Any], ssrc: int) -> dict[str, int]:
        return line["ab_ssrc"].get(str(ssrc)) or line["ba_ssrc"].get(str(ssrc)) or {}

    def round_trip_ms(self) -> float | None:
        """The link's fixed round trip, where it had one throughout and no limited rate."""
        odd = [x for x in self.spells if x.what in ("rate", "jitter")]
        delays = {
            way: [s for s in self.spells if s.what == "delay" and s.way == way]
            for way in ("ab", "ba")
        }
        if odd or any(len(found) != 1 for found in delays.values()):
            return None if odd or any(delays.values()) else 0.0
        return float(sum(found[0].value for found in delays.values()))


def _spells(lines: list[dict[str, Any]]) -> list[Spell]:
    """The commands of a truth as spells: from when a value was set until it was changed."""
    out: list[Spell] = []
    running: dict[tuple[str, str], tuple[int, Any]] = {}
    for line in lines:
        if "set" not in line:
            continue
        command = dict(line["set"])
        named = command.pop("way", command.pop("dir", "both"))
        if "ge" in command:
            command["loss"] = command["ge"]
        for way in ("ab", "ba"):
            if named not in (way, "both"):
                continue
            for what in ("down", "loss", "rate", "jitter", "delay"):
                if what not in command:
                    continue
                old = running.pop((what, way), None)
                if old is not None and old[1] == command[what]:
                    running[what, way] = old
                    continue
                if old is not None:
                    out.append(Spell(what, way, old[0], line["t"], old[1]))
                if command[what]:
                    running[what, way] = (line["t"], command[what])
    for (what, way), (since, value) in running.items():
        out.append(Spell(what, way, since, None, value))
    return sorted(out, key=lambda one: (one.since, one.what, one.way))


def read(path: Path) -> Truth:
    """The truth of a capture NAME.jsonl.gz: of NAME.truth.jsonl.gz beside it."""
    with gzip.open(path, "rt") as file:
        return Truth([json.loads(text) for text in file])
