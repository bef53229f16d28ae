"""The commands `callvitals synth` and `callvitals demo`.

What is heavy (aiortc) is imported where it is needed, so that help and errors come at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from .reach import SynthError, reach
from .scenario import SCENARIOS

if TYPE_CHECKING:
    from .meeting import Meeting


def _service_url(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none, half an IPv6 address
        known = False
    if not known:
        raise click.BadParameter("give it as http://HOST:PORT")
    return value.rstrip("/")


@contextlib.contextmanager
def _live(meeting: Meeting, shown: bool) -> Iterator[Callable[[], None]]:
    """A live table on stderr, if that is a terminal; gives what to call to refresh it."""
    from rich.console import Console
    from rich.live import Live

    from .table import table

    console = Console(stderr=True)
    if not shown or not console.is_terminal:
        yield lambda: None
        return
    with Live(console=console, auto_refresh=False) as live:
        yield lambda: live.update(table([meeting]), refresh=True)


@click.command()
@click.argument("url", callback=_service_url)
@click.option("--meeting", default="synthetic", show_default=True, help="Meeting to join.")
@click.option(
    "--callers",
    type=click.IntRange(1, 32),
    default=2,
    show_default=True,
    help="How many; they call each other in pairs.",
)
@click.option(
    "--scenario",
    type=click.Choice(sorted(SCENARIOS)),
    default="clean",
    show_default=True,
    help="What their network does.",
)
@click.option(
    "--duration", type=click.FloatRange(1), default=60, show_default=True, help="Seconds."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Decides which packets go.")
@click.option("--key", envvar="CALLVITALS_KEY", help="Ingest key, where the service wants one.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as one JSON object.")
def synth(
    url: str,
    meeting: str,
    callers: int,
    scenario: str,
    duration: float,
    seed: int,
    key: str | None,
    as_json: bool,
) -> None:
    """Synthetic callers: real WebRTC calls inside this process, measured like any other.

    Example: callvitals synth http://127.0.0.1:8000 --callers 4 --scenario wifi
    """
    try:
        reach(url)
        from .meeting import Meeting

        group = Meeting(url, meeting, callers, SCENARIOS[scenario], seed=seed, key=key)
        asyncio.run(_synth(url, group, duration, as_json))
    except SynthError as error:
        raise click.ClickException(str(error)) from None


async def _synth(url: str, meeting: Meeting, duration: float, as_json: bool) -> None:
    from . import synth as synthetic
    from .signals import stopping

    stop = asyncio.Event()
    try:
        with stopping(stop), _live(meeting, shown=not as_json) as beat:
            await synthetic.hold([meeting], stop, duration, beat)
    finally:
        if as_json:
            click.echo(json.dumps(synthetic.results(meeting, url)))
    if not as_json:
        rows = sum(caller.rows() for caller in meeting.callers)
        click.echo(f"{len(meeting.callers)} callers, {rows} rows, all stored.", err=True)


@click.command()
@click.option(
    "--port",
    "-p",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port of the service; 0 takes a free one.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("callvitals-data"),
    show_default=True,
    help="Folder of the history.",
)
@click.option("--duration", type=click.FloatRange(1), help="Seconds; without it until Ctrl-C.")
def demo(port: int, data: Path, duration: float | None) -> None:
    """The service with synthetic callers in three meetings, and a meeting for you to join.

    Example: callvitals demo --port 8080
    """
    from . import demo as demonstration
    from .child import DemoError

    try:
        asyncio.run(demonstration.run(port, data, duration))
    except (SynthError, DemoError) as error:
        raise click.ClickException(str(error)) from None
