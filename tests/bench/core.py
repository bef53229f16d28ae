"""What a tick costs on each engine. The reference: CPython's json.loads of the same report."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

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
        ticks.load(str(folder / "call.packed"))
        spent = seconds(ticks.once, REPEATS)
        out = [Figure("CPython", "µs", [s * each for s in spent], reference.median)]
        for name, engine in (("Pyodide", "pyodide"), ("MicroPython", "micropython")):
            last, spent = _in_node(engine, folder)
            assert last == ticks.once(), f"{name} ends with another row"
            values = [s * each for s in spent]
            out.append(Figure(f"{name} (node)", "µs", values, reference.median))
    count = streams(call)
    slowest = max(out, key=lambda one: one.median)
    per_stream = [value / count for value in slowest.values]
    return [reference, *out, Figure(f"… per stream ({count:.0f} of them)", "µs", per_stream)]


def _in_node(engine: str, folder: Path) -> tuple[str, list[float]]:
    node = shutil.which("node")
    assert node, "needs Node 20 on the path"
    script = str(Path(__file__).with_name("engines.mjs"))
    line = [node, script, engine, str(ROOT / "worker/callvitals"), str(folder), str(REPEATS)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["last"], [ms / 1000 for ms in answer["ms"]]
