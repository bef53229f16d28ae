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

from callvitals.session import Session

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


def recorded(pattern: str = "*") -> list[dict[str, Any]]:
    """Rows of recorded calls, one after the other, a Session for each end of each."""
    out = []
    for path in sorted(CAPTURE.parent.glob(f"{pattern}.jsonl.gz")):
        if "truth" in path.name:
            continue
        sessions: dict[str, Session] = {}
        with gzip.open(path, "rt") as file:
            for n, line in enumerate(map(json.loads, file)):
                one = sessions.setdefault(line["pc"][:1], Session())
                reports = [[line["pc"], line["stats"]]]
                out.append(one.feed({"tick": n, "t": line["t"], "events": [], "reports": reports}))
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
