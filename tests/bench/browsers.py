"""What a page loads, and how soon each engine is ready in a real browser."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
from typing import Any

from .calls import ROOT
from .report import Figure


def node(*arguments: str) -> Any:
    node = shutil.which("node")
    assert node, "needs Node 20 on the path"
    done = subprocess.run(
        [node, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def sizes() -> list[Figure]:
    """kB (1,000 bytes) by group of files; the reference is the limit that the tests hold."""
    from ..build.test_sizes import BUDGETS

    groups = node("scripts/budgets.mjs")["sizes"]
    return [
        Figure(name, "kB", [group["brotli"] / 1000], BUDGETS[name] / 1000)
        for name, group in groups.items()
    ]


def boots() -> list[Figure]:
    """Milliseconds from the order to boot to the first tick computed; then what the whole browser
    takes more than before, beside MicroPython."""
    told = node("tests/bench/boot.mjs")
    times, sizes = told["ms"], told["mb"]
    reference = Figure("reference: an empty worker", "ms", times.pop("worker"))
    small = statistics.median(sizes["MicroPython in the worker"])
    return [
        reference,
        *(Figure(name, "ms", ms, reference.median) for name, ms in times.items()),
        *(Figure(f"{name}: memory", "MB", mb, small) for name, mb in sizes.items()),
    ]


def screens() -> list[Figure]:
    """The list under 500 and 5,000 live meetings of ten, and a day of ten participants; the script
    itself fails where one of its bounds is broken."""
    return [_screen(name, values) for name, values in node("tests/bench/dashboard.mjs").items()]


def _screen(name: str, values: list[float]) -> Figure:
    what, unit = name.rsplit(", ", 1) if ", " in name else (name, "")
    return Figure(what, unit, values)
