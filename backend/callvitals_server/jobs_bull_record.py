"""A job as BullMQ keeps it, a hash in Redis: what goes in, and what is shown of it."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import orjson

from .jobs import DEATHS, Job, State

FIELDS = ("opts", "timestamp", "atm", "progress", "processedOn", "finishedOn", "failedReason")
_LARGE = 2048  # bytes
_SCORE = 0x1000  # a delayed job's score is its time, times this
_STALLED = "job stalled more than allowable limit"


def packed(payload: dict[str, Any]) -> dict[str, Any]:
    """What is large takes a quarter of Redis' memory, and of the time to get there."""
    text = orjson.dumps(payload)
    if len(text) < _LARGE and "deflated" not in payload:
        return payload
    return {"deflated": base64.b64encode(zlib.compress(text, 1)).decode()}


def unpacked(data: dict[str, Any]) -> dict[str, Any]:
    """What `packed` made, as it was."""
    if [*data] != ["deflated"]:
        return data
    payload: dict[str, Any] = orjson.loads(zlib.decompress(base64.b64decode(data["deflated"])))
    return payload


def shown(job_id: str, state: State, row: list[str | None], score: float | None) -> Job:
    """row: the values of FIELDS; score: of a delayed job."""
    options, created, attempts, progress, started, finished, error = row
    told = json.loads(options or "{}")
    kind, _, key = job_id.partition(".")
    if error == _STALLED:
        error = f"its process died {DEATHS + 1} times"
    return Job(
        job_id,
        kind,
        key,
        told.get("title", ""),
        state,
        int(attempts or 0),
        told.get("attempts", 1),
        float(progress) if progress else None,
        int(created or 0),
        int(score) // _SCORE if score is not None else int(created or 0),
        int(started) if started else None,
        int(finished) if finished else None,
        None if state == "completed" else error,
    )
