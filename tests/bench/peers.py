"""What a stream's sample costs on each engine, beside two libraries that measure in JavaScript.

They are `@peermetrics/webrtc-stats` (rates) and `webrtc-issue-detector` (rates, scores, issues), on
the same reports, in the same run. What each does with them differs: ours keeps a state, windows,
and what a checkpoint needs besides.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from . import core
from .calls import entries, packed, streams
from .report import Figure


def figures() -> list[Figure]:
    """Microseconds per stream and sample; the references are the two libraries."""
    call = entries()
    each = 1e6 / (len(call) * streams(call))
    out = [Figure(f"{name}, node", "µs", [s * each for s in runs]) for name, runs in _peers(call)]
    reference = max(one.median for one in out)
    with packed(call) as folder:
        for name, runs in core.engines(folder):
            out.append(Figure(name, "µs", [s * each for s in runs], reference))
    return out


def _peers(call: list[dict[str, object]]) -> list[tuple[str, list[float]]]:
    """(name, seconds of each run) of either library."""
    reports = [tick["reports"][0][1] for tick in call]  # type: ignore[index]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "call.json")
        file.write_text(json.dumps(reports))
        told = core.in_node(Path(__file__).with_name("peers.mjs"), str(file), str(core.REPEATS))
    return [(name, [ms / 1000 for ms in runs]) for name, runs in told.items()]
