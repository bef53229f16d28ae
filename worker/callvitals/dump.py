"""Recordings -> ring entries. No browser loads this file.

Read so far: captures, JSON lines {"t": epoch ms, "pc": name, "stats": [...]}, plain or gzipped.
"""

import gzip
import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SAME_TICK_MS = 500  # lines of different connections this near belong to one tick


def lines_of(path: "str") -> "Iterator[dict[str, Any]]":
    """The lines of a capture that can be read; a truncated or broken rest is left out."""
    with open(path, "rb") as probe:
        packed = probe.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rb") if packed else open(path, "rb") as file:
        try:
            for raw in file:
                try:
                    line = json.loads(raw)
                except ValueError:
                    continue
                if isinstance(line, dict) and "stats" in line and isinstance(line.get("pc"), str):
                    yield line
        except (EOFError, OSError):
            return


def entries(lines: "Iterator[dict[str, Any]]") -> "Iterator[dict[str, Any]]":
    """Capture lines in order of time -> ring entries (docs/internals.md), ticks from 0.

    Consecutive lines of different connections within 500 ms are one tick.
    """
    tick = 0
    current: "dict[str, Any] | None" = None
    for line in lines:
        t = line.get("t")
        if isinstance(t, float):
            t = int(t)
        if not isinstance(t, int):
            continue
        if current is not None:
            names = [report[0] for report in current["reports"]]
            if line["pc"] not in names and 0 <= t - current["t"] <= SAME_TICK_MS:
                current["reports"].append([line["pc"], line["stats"]])
                continue
            yield current
            tick += 1
        current = {"tick": tick, "t": t, "reports": [[line["pc"], line["stats"]]], "events": []}
    if current is not None:
        yield current


def read(path: "str") -> "Iterator[dict[str, Any]]":
    """A capture file's ring entries. Raises OSError if it cannot be opened."""
    return entries(lines_of(path))
