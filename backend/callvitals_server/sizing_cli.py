"""`callvitals sizing`: disk, traffic, cores and memory for a load that is still to come."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from typing import Any

import click

from .failing import fail
from .records import duration

EMBEDDED = 0.5  # of a core: beyond, one process has little left for a storm of reconnects


@click.command(
    epilog="\b\nExamples:\n"
    "  callvitals sizing --meetings 2000 --participants 5\n"
    "  callvitals sizing --meetings 2000 --participants 5 --minutes 45 --keep-raw 7d --json\n\n"
    "From figures that were measured on recorded calls, all series of all streams kept; see the"
    " documentation's page on storage. Reckon with a quarter more or less."
)
@click.option("--meetings", type=click.IntRange(1), required=True, help="Meetings a day.")
@click.option(
    "--participants", type=click.FloatRange(1), required=True, help="In a meeting, on average."
)
@click.option(
    "--minutes",
    type=click.FloatRange(0.1, 1440),
    default=30.0,
    help="How long a meeting takes, on average.  [default: 30]",
)
@click.option(
    "--busiest",
    type=click.FloatRange(4.2, 100),
    default=15.0,
    help="Percent of the day's minutes that lie in its busiest hour.  [default: 15]",
)
@click.option(
    "--sample",
    type=click.FloatRange(1, 60),
    default=1.0,
    help="Seconds between samples.  [default: 1]",
)
@click.option("--keep-raw", help="How long ticks are kept.  [default: as the settings say]")
@click.option("--keep-minutes", help="… minutes, events, last states.")
@click.option("--keep-hours", help="… hours, meetings, tallies.")
@click.option("--json", "as_json", is_flag=True, help="Bytes, bit/s, cores.")
def sizing(
    meetings: int,
    participants: float,
    minutes: float,
    busiest: float,
    sample: float,
    as_json: bool,
    **kept: str | None,
) -> None:
    """Reckon disk, traffic, cores and memory for so many calls."""
    from .settings import Settings
    from .sizing import Load, need

    nothing: dict[str, Any] = {}
    try:
        keep = Settings(**nothing).keep()
        given = {name.removeprefix("keep_"): duration(age) for name, age in kept.items() if age}
        keep = replace(keep, **given)
    except ValueError as error:
        fail(str(error).splitlines()[-1], 2)
    if not keep.raw <= keep.minutes <= keep.hours:
        fail("keep ticks no longer than minutes, and minutes no longer than hours", 2)
    found = need(Load(meetings, participants, minutes, busiest / 100, sample), keep)
    if as_json:
        indent = 2 if sys.stdout.isatty() else None
        click.echo(json.dumps({**asdict(found), "disk": found.disk}, indent=indent))
        return
    days = {name: getattr(keep, name) / 86_400_000 for name in ("raw", "minutes", "hours")}
    lines = [
        ("participants at once, busiest hour", f"{found.live:,.0f}"),
        ("ticks a day", f"{found.ticks:,.0f}"),
        (f"disk: ticks, {days['raw']:g} days", size(found.raw)),
        (f"disk: minutes, events, states, {days['minutes']:g} days", size(found.minutes)),
        (f"disk: hours, meetings, {days['hours']:g} days", size(found.hours)),
        ("disk: journal", size(found.journal)),
        ("disk, all", size(found.disk)),
        ("traffic in, busiest hour", f"{found.traffic / 1e6:,.1f} Mbit/s"),
        ("cores, busiest hour", f"{found.cores:.2f}"),
        ("memory, busiest hour", size(found.memory)),
    ]
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        click.echo(f"{name:{width}}  {value:>12}")
    if found.cores > EMBEDDED:
        click.echo("One process is too few for that: set PostgreSQL and Redis, and run several.")


def size(value: float) -> str:
    """Bytes in three digits."""
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if value >= scale:
            amount = value / scale
            return f"{amount:,.0f} {unit}" if amount >= 100 else f"{amount:.3g} {unit}"
    return f"{value / 1e3:.3g} kB"
