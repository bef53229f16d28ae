"""Meetings of synthetic callers against a running service, from start to the last stored row."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from .meeting import Meeting
from .reach import SynthError

BEAT_SECONDS = 0.5


async def hold(
    meetings: Sequence[Meeting],
    stop: asyncio.Event,
    seconds: float | None = None,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Hold meetings for `seconds` (for ever if None) or until `stop` is set, then see all rows
    stored and everyone gone. `beat` is called twice a second.

    Raises SynthError when the service refuses a caller for good, or did not store everything.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds if seconds is not None else None
    tasks = [asyncio.create_task(meeting.run(stop)) for meeting in meetings]
    refused: str | None = None
    try:
        while not stop.is_set() and not any(task.done() for task in tasks):
            beat()
            refused = refused or _refusal(meetings)
            if refused or (end is not None and loop.time() >= end):
                stop.set()
            wait = BEAT_SECONDS if end is None else min(BEAT_SECONDS, max(0, end - loop.time()))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await stop.wait()
    finally:
        stop.set()
        await asyncio.gather(*tasks)
    beat()
    if refused:
        raise SynthError(refused)
    callers = [caller for meeting in meetings for caller in meeting.callers]
    unsure = ", ".join(caller.participant for caller in callers if not caller.all_stored())
    if unsure:
        raise SynthError(f"the service has not confirmed every row of {unsure}.")


def _refusal(meetings: Sequence[Meeting]) -> str | None:
    for meeting in meetings:
        for caller in meeting.callers:
            visit = caller.visit
            if visit and visit.client.ended and visit.client.refused:
                said = visit.client.refused
                reason = said.get("message") or said["code"]
                return f"the service refuses {caller.participant}: {reason} ({said['code']})."
    return None


def results(meeting: Meeting, url: str) -> dict[str, Any]:
    """The one object that `--json` prints."""
    return {
        "url": url,
        "meeting": meeting.name,
        "scenario": meeting.scenario.name,
        "callers": [caller.result() for caller in meeting.callers],
    }
