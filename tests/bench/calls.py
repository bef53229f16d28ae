"""The call that the core and the wire are measured on: a recorded one, in both its forms."""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CAPTURE = ROOT / "tests/data/captures/chromium-clean.jsonl.gz"
sys.path.append(str(ROOT / "tests/core"))

import golden  # noqa: E402  (it has to be found first)


def entries() -> list[dict[str, Any]]:
    """Ring entries of one end of a call between two Chromiums, about 1 s apart."""
    out: list[dict[str, Any]] = []
    with gzip.open(CAPTURE, "rt") as file:
        for line in map(json.loads, file):
            if line["pc"].startswith("A"):
                reports = [[line["pc"], line["stats"]]]
                out.append({"tick": len(out), "t": line["t"], "events": [], "reports": reports})
    return out


def streams(ticks: list[dict[str, Any]]) -> float:
    """RTP streams per tick, on average."""
    kinds = ("inbound-rtp", "outbound-rtp")
    found = [i for tick in ticks for _pc, stats in tick["reports"] for i in stats]
    return sum(1 for item in found if item["type"] in kinds) / len(ticks)


@contextmanager
def packed(ticks: list[dict[str, Any]]) -> Iterator[Path]:
    """A folder with `call.packed` (doubles) and `call.packed.json` (the rest)."""
    with tempfile.TemporaryDirectory() as folder:
        golden.write_packed(ticks, str(Path(folder, "call.packed")))
        yield Path(folder)
