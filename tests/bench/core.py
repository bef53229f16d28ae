"""What a tick costs on each engine. The reference: CPython's json.loads of the same report."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from . import ticks
from .calls import ROOT, entries, packed, streams
from .report import Figure, seconds

REPEATS = 7


def figures() -> list[Figure]:
    """Microseconds per tick. Raises AssertionError where two engines end with different rows."""
    call = entries()
    texts = [json.dumps(tick["reports"]) for tick in call]
    each = 1e6 / len(call)
    loads = [s * each for s in seconds(lambda: [json.loads(text) for text in texts], REPEATS)]
    reference = Figure("reference: json.loads on CPython", "µs", loads)
    with packed(call) as folder:
        out = [
            Figure(name, "µs", [s * each for s in spent], reference.median)
            for name, spent in engines(folder)
        ]
    count = streams(call)
    slowest = max(out, key=lambda one: one.median)
    per_stream = [value / count for value in slowest.values]
    return [reference, *out, Figure(f"… per stream ({count:.0f} of them)", "µs", per_stream)]


def engines(folder: Path) -> list[tuple[str, list[float]]]:
    """(name, seconds of each run of the whole call) on every engine. folder: of `calls.packed`.

    Raises AssertionError where two engines end with different rows.
    """
    ticks.load(str(folder / "call.packed"))
    out = [("CPython", seconds(ticks.once, REPEATS))]
    script = Path(__file__).with_name("engines.mjs")
    for name, engine in (("Pyodide", "pyodide"), ("MicroPython", "micropython")):
        core = str(ROOT / "worker/callvitals")
        answer = in_node(script, engine, core, str(folder), str(REPEATS))
        assert answer["last"] == ticks.once(), f"{name} ends with another row"
        out.append((f"{name} (node)", [ms / 1000 for ms in answer["ms"]]))
    return out


def in_node(script: Path, *arguments: str) -> Any:
    """What a script of this folder prints last, as JSON."""
    node = shutil.which("node")
    assert node, "needs Node 20 on the path"
    line = [node, str(script), *arguments]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])
