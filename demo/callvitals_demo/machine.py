"""How much of this machine is free, and how many callers it may carry."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

# Measured on one core of a shared x86 server: a call between two callers, both ends in this
# process, takes 0.12 of a core with sound and 0.18 with pictures too.
FULL_NEEDS = 1.0
_STAT = Path("/proc/stat")


@dataclass(frozen=True)
class Room:
    """Cores of the machine, and how many of them are idle."""

    cores: int
    idle: float


@dataclass(frozen=True)
class Plan:
    """Callers in the three meetings, the pairs among them that have pictures, and why so few."""

    clean: int
    wifi: int
    flapping: int
    video_pairs: int
    note: str = ""


def _ticks() -> tuple[int, int] | None:
    """(all, idle) jiffies since boot; None where the system does not tell."""
    try:
        fields = [int(word) for word in _STAT.read_text().split("\n", 1)[0].split()[1:9]]
    except (OSError, ValueError):
        return None
    return sum(fields), fields[3] + fields[4]


def measure(seconds: float = 0.3) -> Room:
    """Look at the machine for a moment; by its load average where it has no /proc/stat."""
    cores = os.cpu_count() or 1
    before = _ticks()
    if before is None:
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        return Room(cores, max(0.0, cores - load))
    time.sleep(seconds)
    after = _ticks() or before
    total = after[0] - before[0]
    return Room(cores, cores * (after[1] - before[1]) / total if total else float(cores))


def plan(room: Room) -> Plan:
    """Three meetings that take well under one core, and less on a busy machine."""
    if room.idle >= FULL_NEEDS:
        return Plan(clean=4, wifi=2, flapping=2, video_pairs=1)
    return Plan(
        clean=2,
        wifi=2,
        flapping=2,
        video_pairs=0,
        note=f"This machine is busy ({room.idle:.1f} of {room.cores} cores idle): "
        "6 callers without pictures instead of 8.",
    )
