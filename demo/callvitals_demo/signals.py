"""Ctrl-C and SIGTERM as an event, so that callers can say goodbye."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def stopping(stop: asyncio.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set `stop`; the second one ends at once, as ever."""
    loop = asyncio.get_running_loop()
    caught: list[signal.Signals] = []

    def end() -> None:
        stop.set()
        for number in caught:
            loop.remove_signal_handler(number)
        caught.clear()

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, ValueError):  # Windows; not the main thread
            loop.add_signal_handler(number, end)
            caught.append(number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
