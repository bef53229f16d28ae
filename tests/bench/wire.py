"""Bytes of a clean call on the wire. The reference: the same reports as JSON, ten at a time."""

from __future__ import annotations

import json
from typing import Any

from callvitals import wire
from callvitals.sender import Sender
from callvitals.session import Session

from .calls import entries
from .report import Figure

OVERLAY = {"engine": "pyodide", "host": "worker", "why": "default"}


def messages(call: list[dict[str, Any]], conn: int = 65537) -> list[dict[str, Any]]:
    """What a page sends during the call to a service that stores at once; the first is full."""
    one, sender = Session(), Sender(OVERLAY)
    config = {"messageSeconds": 10, "sampleSeconds": 0}
    hello = {"conn": conn, "through": -1, "now": call[0]["t"], "config": config}
    sender.link("hello", {**hello, "sessionToken": "t" * 32}, call[0]["t"])
    out = []
    for tick in call:
        sender.push(one.feed(tick), one.state())
        for action in sender.poll(tick["t"]):
            if action["do"] == "send":
                out.append(action["data"])
                if "log" in action["data"]:
                    stored = {"conn": conn, "through": action["data"]["log"]["to"]}
                    sender.link("stored", stored, tick["t"])
    return out


def figures() -> list[Figure]:
    """Bytes of whole messages, uncompressed as they travel."""
    call = entries()
    raw = [len(json.dumps(tick["reports"], separators=(",", ":"))) for tick in call]
    tens = [float(sum(raw[at : at + 10])) for at in range(0, len(raw) - 9, 10)]
    reference = Figure("reference: ten reports as JSON", "bytes", tens)
    said = messages(call)
    full = [float(len(wire.text(m))) for m in said if m["isFullState"]]
    ten = [m for m in said if not m["isFullState"] and rows_of(m) == 10]
    deltas = [float(len(wire.text(m))) for m in ten]
    logs = [float(len(wire.text(m["log"]))) for m in ten]
    return [
        reference,
        Figure("first message, full state", "bytes", full),
        Figure("delta with ten rows", "bytes", deltas, reference.median),
        Figure("… the rows of it", "bytes", logs, reference.median),
        Figure("all, per second", "bytes", [sum(len(wire.text(m)) for m in said) / len(call)]),
    ]


def rows_of(message: dict[str, Any]) -> int:
    """Ticks in a message's log."""
    log = message.get("log")
    return log["to"] - log["from"] + 1 if log else 0
