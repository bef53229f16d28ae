"""`callvitals demo`: the service as a child process, and callers in three meetings."""

from __future__ import annotations

import asyncio
import os
import time
from asyncio.subprocess import Process
from pathlib import Path
from typing import TYPE_CHECKING

from callvitals import __version__
from rich.console import Console
from rich.markup import escape

from . import machine
from .child import HOST, DemoError, free_port, last_words, ready, service
from .reach import SynthError
from .scenario import CLEAN, FLAPPING, WIFI
from .signals import stopping

if TYPE_CHECKING:
    from .meeting import Meeting


async def run(port: int, data: Path, seconds: float | None) -> None:
    """The demo, for `seconds` or until a signal. Raises DemoError, SynthError."""
    began = time.monotonic()
    console = Console(highlight=False)
    port = free_port(port)
    plan = machine.plan(machine.measure())
    stop = asyncio.Event()
    with stopping(stop):
        async with service(port, data) as (child, said):
            url = f"http://{HOST}:{port}"
            if not await ready(port, child, stop):
                if stop.is_set():
                    return
                raise DemoError(f"the service did not start: {last_words(child, said)}")
            banner(console, url, data, time.monotonic() - began)
            if plan.note:
                console.print(plan.note, style="dim", soft_wrap=True)
            from . import synth  # after the banner: aiortc is heavy

            held = meetings(url, plan, ingest_key())
            watch = asyncio.create_task(_until_gone(child, stop, held))
            try:
                await synth.hold(held, stop, seconds)
            except SynthError:
                if child.returncode is None:
                    raise
            finally:
                watch.cancel()
            if child.returncode is not None:
                raise DemoError(f"the service stopped: {last_words(child, said)}")


def ingest_key() -> str | None:
    """A key that the service, our child, takes from the same environment."""
    return os.environ.get("CALLVITALS_KEYS", "").split(",")[0].strip() or None


def meetings(url: str, plan: machine.Plan, key: str | None = None) -> list[Meeting]:
    """One clean meeting, one on failing Wi-Fi, one whose caller comes and goes."""
    from .meeting import Meeting

    return [
        Meeting(
            url,
            "all-hands",
            plan.clean,
            CLEAN,
            names=("Ada", "Grace", "Edsger", "Barbara"),
            video_pairs=plan.video_pairs,
            key=key,
        ),
        Meeting(url, "cafe-wifi", plan.wifi, WIFI, names=("Linus", "Margaret"), key=key),
        Meeting(url, "on-the-train", plan.flapping, FLAPPING, names=("Alan", "Katherine"), key=key),
    ]


def banner(console: Console, url: str, data: Path, seconds: float) -> None:
    """Three lines with what to open, and nothing else."""
    tag = f'<script src="{url}/sdk.js" crossorigin data-meeting="my-room"></script>'
    console.print(
        f"[bold]callvitals {__version__}[/]  ready in {seconds:.1f} s"
        f"        data: {escape(str(data))}",
        soft_wrap=True,
    )
    console.print(f"├─ Dashboard   {url}/", soft_wrap=True)
    console.print(f"├─ Meeting     {url}/demo        open it in two tabs", soft_wrap=True)
    console.print(f"└─ Snippet     {escape(tag)}", soft_wrap=True)


async def _until_gone(child: Process, stop: asyncio.Event, held: list[Meeting]) -> None:
    await child.wait()
    stop.set()
    for meeting in held:  # nobody is left to say goodbye to
        for caller in meeting.callers:
            if caller.visit:
                caller.visit.client.stop()
