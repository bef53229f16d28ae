"""docs/protocol.md is true: the conversation is run and every block compared byte for byte."""

import json
import re
from pathlib import Path
from typing import Any

from callvitals import state, wire
from callvitals.sender import Sender

DOC = Path(__file__).parents[2] / "docs" / "protocol.md"
BLOCKS = dict(re.findall(r"^```json ([a-z-]+)\n(.*?)\n```$", DOC.read_text(), re.M | re.S))
T0 = 1795448731000


def said(name: str) -> Any:
    return json.loads(BLOCKS[name])


def row(tick: int, values: dict[str, int], *events: dict[str, Any]) -> dict[str, Any]:
    return {
        "tick": tick,
        "t": T0 + tick * 1000,
        "values": values,
        "events": list(events),
        "notable": bool(events),
    }


def test_every_block_is_canonical_text() -> None:
    for name, block in BLOCKS.items():
        assert wire.text(json.loads(block)) == block, name


def test_the_conversation() -> None:
    now = T0 + 10
    sender = Sender({"engine": "pyodide", "host": "worker", "why": "default"})
    sent: list[str] = []

    def poll(at: int) -> None:
        sent.extend(
            wire.text(action["data"]) for action in sender.poll(at) if action["do"] == "send"
        )

    engine = {"type": "engine", "engine": "pyodide", "host": "worker", "why": "default"}
    sender.push(
        row(0, {"upload": 0}, engine), {"tick": 0, "rating": "unknown", "net": {"upload": 0}}
    )
    sender.link("hello", said("hello"), now)
    poll(now)
    assert sent.pop() == BLOCKS["first"]
    sender.link("stored", said("stored"), now)

    poor = {
        "tick": 3,
        "rating": "poor",
        "net": {"upload": 63100, "rtt": 220},
        "issues": {"i0": {"type": "high-loss", "since": T0 + 3000}},
    }
    opened = {"type": "issue-open", "issue": "i0", "severity": "major"}
    sender.push(row(1, {"upload": 64000, "rtt": 213}), {})
    sender.push(row(2, {"upload": 62800}), {})
    sender.push(row(3, {"upload": 63100, "rtt": 220}, opened), poor)
    poll(T0 + 3000)
    delta = sent.pop()
    assert delta == BLOCKS["delta"], delta
    first = said("first")["metrics"]
    assert state.check(state.apply(first, said("delta")["metrics"])) == said("delta")["check"]
    sender.link("stored", {"conn": 65537, "through": 3}, T0 + 3000)

    sender.push(row(6, {}), {**poor, "tick": 6})
    sender.bye(6)
    poll(T0 + 6000)
    gap = sent.pop()
    assert gap == BLOCKS["gap"], gap
    sender.link("stored", {"conn": 65537, "through": 6}, T0 + 6000)
    poll(T0 + 6001)
    assert sent == [BLOCKS["bye"]]


def test_refusals_and_resync_are_understood() -> None:
    sender = Sender({})
    sender.link("hello", said("hello"), T0 + 1010)
    sender.push(row(0, {}), {})
    sender.poll(T0)
    sender.link("resync", said("resync"), T0)
    (again,) = [a["data"] for a in sender.poll(T0) if a["do"] == "send"]
    assert again["isFullState"]
    sender.link("error", said("out-of-order"), T0)
    assert sender.through == 3
    log = said("none")["log"]
    assert log == wire.gap_log(10, 10)
    assert wire.decode_log(log) == (10, 9, 10, [])
    for name in ("first", "delta", "gap"):
        wire.decode_log(said(name)["log"])
    for name in ("first", "starting", "none"):
        state.validate(said(name)["metrics"])
