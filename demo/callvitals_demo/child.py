"""The service as a child process of the demo. Light: it starts before anything heavy is loaded."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

HOST = "127.0.0.1"
READY_SECONDS = 90.0
STOP_SECONDS = 10.0


class DemoError(Exception):
    """Why the demo cannot go on, in one line."""


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
    It ends when its stdin does, so that it never outlives us.
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
        "--with-parent",
        stdin=PIPE,
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


def last_words(child: Process, said: deque[str]) -> str:
    """The last line that says something, or how it ended."""
    lines = [line for line in said if line.strip()]
    if lines:
        return lines[-1].removeprefix("Error: ")
    code = child.returncode
    return "no answer" if code is None else f"killed by signal {-code}" if code < 0 else "no reason"


async def ready(port: int, child: Process, stop: asyncio.Event) -> bool:
    """Wait until the service answers; False if it ended, took too long or we are to stop."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READY_SECONDS):
            while child.returncode is None and not stop.is_set():
                with contextlib.suppress(OSError):
                    if await _answers(port):
                        return True
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await stop.wait()
    return False


async def _answers(port: int) -> bool:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(f"GET /readyz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        return b" 200 " in await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()
