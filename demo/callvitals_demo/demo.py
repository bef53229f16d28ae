"""`callvitals demo`: the service as a child process, and callers in three meetings."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.markup import escape

from . import machine, synth
from .meeting import Meeting
from .reach import SynthError
from .scenario import CLEAN, FLAPPING, WIFI

HOST = "127.0.0.1"
READY_SECONDS = 30.0
STOP_SECONDS = 10.0


class DemoError(Exception):
    """Why the demo cannot go on, in one line."""


async def run(port: int, data: Path, seconds: float | None) -> None:
    """The demo, for `seconds` or until a signal. Raises DemoError, SynthError."""
    began = time.monotonic()
    console = Console(highlight=False)
    port = free_port(port)
    plan = machine.plan(machine.measure())
    stop = asyncio.Event()
    with synth.stopping(stop):
        async with service(port, data) as (child, said):
            url = f"http://{HOST}:{port}"
            if not await ready(url, child, stop):
                if stop.is_set():
                    return
                raise DemoError(f"the service did not start: {last_words(said)}")
            banner(console, url, data, time.monotonic() - began)
            if plan.note:
                console.print(plan.note, style="dim")
            watch = asyncio.create_task(_until_gone(child, stop))
            try:
                await synth.hold(meetings(url, plan, ingest_key()), stop, seconds)
            except SynthError:
                if child.returncode is None:
                    raise
            finally:
                watch.cancel()
            if child.returncode is not None:
                raise DemoError(f"the service stopped: {last_words(said)}")


def ingest_key() -> str | None:
    """A key that the service, our child, takes from the same environment."""
    return os.environ.get("CALLVITALS_KEYS", "").split(",")[0].strip() or None


def meetings(url: str, plan: machine.Plan, key: str | None = None) -> list[Meeting]:
    """One clean meeting, one on failing Wi-Fi, one whose caller comes and goes."""
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
    tag = f'<script src="{url}/sdk.js" data-meeting="my-room"></script>'
    console.print(
        f"[bold]callvitals {version('callvitals')}[/]  ready in {seconds:.1f} s"
        f"        data: {escape(str(data))}"
    )
    console.print(f"├─ Dashboard   {url}/", soft_wrap=True)
    console.print(f"├─ Meeting     {url}/demo        open it in two tabs", soft_wrap=True)
    console.print(f"└─ Snippet     {escape(tag)}", soft_wrap=True)


def free_port(port: int) -> int:
    """The port, or a free one for 0. Raises DemoError if it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            what = "in use" if error.errno == errno.EADDRINUSE else "not allowed"
            other = port + 1 if 1024 <= port < 65535 else 8000
            raise DemoError(f"port {port} is {what}. Try: callvitals demo --port {other}") from None
        number: int = probe.getsockname()[1]
        return number


@contextlib.asynccontextmanager
async def service(port: int, data: Path) -> AsyncIterator[tuple[Process, deque[str]]]:
    """`callvitals serve` as a child, and what it said last; ended on the way out.

    In a session of its own, so that Ctrl-C reaches us alone and the callers can say goodbye first.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "callvitals_server.cli",
        "serve",
        "--host",
        HOST,
        "--port",
        str(port),
        "--data",
        str(data),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        start_new_session=True,
    )
    said: deque[str] = deque(maxlen=20)
    reader = asyncio.create_task(_listen(child, said))
    try:
        yield child, said
    finally:
        if child.returncode is None:
            child.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()
        await reader


async def _listen(child: Process, said: deque[str]) -> None:
    assert child.stderr is not None
    async for line in child.stderr:
        said.append(line.decode(errors="replace").rstrip())


def last_words(said: deque[str]) -> str:
    """The last line that says something."""
    lines = [line for line in said if line.strip()]
    return lines[-1].removeprefix("Error: ") if lines else "it said nothing"


async def ready(url: str, child: Process, stop: asyncio.Event) -> bool:
    """Wait until the service answers; False if it ended, took 30 s or we are to stop."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as http:
            while child.returncode is None and not stop.is_set():
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    async with http.get(f"{url}/readyz") as answer:
                        if answer.status == 200:
                            return True
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await stop.wait()
    return False


async def _until_gone(child: Process, stop: asyncio.Event) -> None:
    await child.wait()
    stop.set()
