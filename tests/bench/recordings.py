"""How fast a recording is analysed. The reference: json.loads of its lines."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from callvitals import analysis

from .calls import ROOT  # noqa: F401  (makes tests/core importable)
from .report import Figure, timed

SECONDS = 3600
STREAMS = 10
FASTER = 100  # times real time, at least


def figures() -> list[Figure]:
    """One hour, ten streams. Raises AssertionError below 100 times real time (of processor time:
    the machine may be busy with other things)."""
    import longcall

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "hour.jsonl")
        with path.open("w") as file:
            file.writelines(longcall.lines(SECONDS, STREAMS))
        size = path.stat().st_size
        with path.open("rb") as lines:
            loads = timed(lambda: [json.loads(line) for line in lines])
        began = time.process_time()
        wall = timed(lambda: _check(analysis.analyze(str(path))))
        spent = time.process_time() - began
    ratio = SECONDS / spent
    assert ratio > FASTER, f"only {ratio:.0f} times real time"
    return [
        Figure(f"reference: json.loads of its {size / 1e6:.0f} MB", "s", [loads]),
        Figure(f"{SECONDS // 60} minutes, {STREAMS} streams", "s", [wall], loads),
        Figure("… real time over wall time", "x", [SECONDS / wall]),
        Figure(f"… real time over processor time (at least {FASTER})", "x", [ratio]),
    ]


def _check(result: dict[str, object]) -> None:
    connections = result["connections"]
    assert isinstance(connections, list)
    assert len(connections[0]["streams"]) == STREAMS
    assert connections[0]["score"] is not None
