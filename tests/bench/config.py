"""What a config costs a participant: measured, beside what the service tells (costs.py)."""

from __future__ import annotations

import gzip
import json
from typing import Any

from callvitals import wire
from callvitals.sender import Sender
from callvitals.session import Session
from callvitals_server import costs

from . import browsers
from .calls import ROOT, packed
from .core import engines
from .report import Figure

CAPTURES = ROOT / "tests/data/captures"
SETTLED = 20_000  # ms: the first full state, and all that is new in a call, is over
FRAME = len('42/ingest,["meeting:metrics",]') + 8  # Socket.IO's words, and the websocket's head
USUAL: dict[str, Any] = {"share": 100, "engine": "auto", "off": False}


def ticks(capture: str, every: int) -> list[dict[str, Any]]:
    """Ring entries of one end of a call, `every` s apart."""
    out: list[dict[str, Any]] = []
    with gzip.open(CAPTURES / f"{capture}.jsonl.gz", "rt") as file:
        lines = [one for one in map(json.loads, file) if "pc" in one]
    mine = [one for one in lines if one["pc"] == lines[0]["pc"]]
    for tick, line in enumerate(mine[::every]):
        reports = [[line["pc"], line["stats"]]]
        out.append({"tick": tick, "t": line["t"], "events": [], "reports": reports})
    return out


def at_rest(capture: str, sample: int, message: int) -> float:
    """Bytes a minute that a page sends in the steady part of a call with sound and pictures;
    `sample`, `message`: seconds."""
    call = ticks(capture, sample)
    one, sender = Session(), Sender({"engine": "pyodide", "host": "worker", "why": "default"})
    config = {**USUAL, "messageSeconds": message, "sampleSeconds": sample}
    hello = {"conn": 65537, "through": -1, "now": call[0]["t"], "config": config}
    sender.link("hello", {**hello, "sessionToken": "t" * 32}, call[0]["t"])
    sent: list[tuple[int, int]] = []
    for tick in call:
        sender.push(one.feed(tick), one.state())
        for action in sender.poll(tick["t"]):
            if action["do"] != "send":
                continue
            sent.append((tick["t"], len(wire.text(action["data"])) + FRAME))
            if "log" in action["data"]:
                stored = {"conn": 65537, "through": action["data"]["log"]["to"]}
                sender.link("stored", stored, tick["t"])
    settled = [(t, size) for t, size in sent if t - call[0]["t"] >= SETTLED]
    span = settled[-1][0] - settled[0][0]
    return sum(size for _, size in settled[1:]) / span * 60_000


def figures() -> list[Figure]:
    """Bytes a minute beside what is told; ms a tick; the page's own ms a tick in Chromium."""
    out = []
    for sample, message in ((1, 1), (1, 2), (1, 5), (1, 10), (2, 10), (5, 10)):
        config = {**USUAL, "messageSeconds": message, "sampleSeconds": sample}
        told = costs.cost(config)["sentBytes"]
        bytes_ = [at_rest(name, sample, message) for name in ("chromium-clean", "firefox-clean")]
        name = f"samples {sample} s, messages {message} s apart"
        out.append(Figure(name, "bytes/min", bytes_, told))
    call = ticks("chromium-clean", 1)
    with packed(call) as folder:
        for name, spent in engines(folder)[1:]:
            told = costs.ENGINE_MS[name.split()[0].lower()]
            out.append(Figure(name, "ms/tick", [s * 1000 / len(call) for s in spent], told))
    page = browsers.node("tests/bench/page.mjs")
    out.append(Figure("packing, main thread (Chromium)", "ms/tick", page, costs.PAGE_MS))
    return out
