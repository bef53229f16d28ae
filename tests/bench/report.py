"""Repeat, take the median, and show it beside its reference."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One line: several measurements of one thing in `unit`."""

    name: str
    unit: str
    values: Sequence[float]
    reference: float | None = None
    """The median of what it is compared to; None: it is the reference, or stands alone."""
    aim: float | None = None
    """What it is to come to at most on an idle machine; told, not asserted."""

    @property
    def median(self) -> float:
        return statistics.median(self.values)


def timed(work: Callable[..., object], *arguments: object) -> float:
    """Wall time of one run, s."""
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def seconds(work: Callable[[], object], repeats: int = 7) -> list[float]:
    """Wall time of each of `repeats` runs, after one that warms up."""
    work()
    return [timed(work) for _ in range(repeats)]


def table(title: str, figures: Sequence[Figure]) -> Table:
    """What is printed."""
    out = Table(title=f"\n{title}", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    out.add_column("", no_wrap=True)
    aims = any(one.aim is not None for one in figures)
    for name in ("median", "spread", "ratio", *(["aim"] if aims else [])):
        out.add_column(name, justify="right", no_wrap=True, style="dim" * (name == "spread"))
    for one in figures:
        low, high = min(one.values), max(one.values)
        ratio = "" if one.reference is None else f"{one.median / one.reference:.2f} x"
        spread = "" if low == high else f"{number(low)} to {number(high)}"
        aim = "" if one.aim is None else f"{number(one.aim)} {_mark(one)}"
        out.add_row(
            one.name, f"{number(one.median)} {one.unit}", spread, ratio, *([aim] if aims else [])
        )
    return out


def _mark(one: Figure) -> str:
    return "✓" if one.aim is not None and one.median <= one.aim else "✗"


def number(value: float) -> str:
    """Three digits, no exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
