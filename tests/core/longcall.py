"""A long recording made of a real report: its streams multiplied, its counters going on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from callvitals import dump, fields

CAPTURE = Path(__file__).parents[1] / "data" / "captures" / "chromium-clean.jsonl.gz"


def lines(seconds: int, streams: int = 10) -> Iterator[str]:
    """The lines of a recording of one connection, a report a second."""
    with CAPTURE.open("rb") as file:
        mine = [one for one in dump.load(file).moments if one["pc"][0] == "A"]
    first, last = mine[20], mine[50]
    before = {item["id"]: item for item in first["stats"]}
    rises = {item["id"]: _rise(before.get(item["id"], item), item, 30) for item in last["stats"]}
    near = [item for item in first["stats"] if item["type"] in ("inbound-rtp", "outbound-rtp")]
    for second in range(seconds):
        stats = [_moved(item, rises.get(item["id"], {}), second) for item in first["stats"]]
        for extra in range(streams - len(near)):
            item = near[extra % len(near)]
            copy = _moved(item, rises[item["id"]], second)
            stats.append({**copy, "id": f"{item['id']}x{extra}", "ssrc": item["ssrc"] + 1 + extra})
        moment = {"t": first["t"] + 1000 * second, "pc": "0", "stats": stats}
        yield json.dumps(moment, separators=(",", ":")) + "\n"


def _rise(a: dict[str, Any], b: dict[str, Any], seconds: int) -> dict[str, float]:
    counters = {f[0] for f in fields.FIELDS.get(b["type"], ()) if f[1] == fields.COUNTER}
    return {name: (b[name] - a.get(name, 0)) / seconds for name in counters & set(b)}


def _moved(item: dict[str, Any], rise: dict[str, float], second: int) -> dict[str, Any]:
    out = dict(item)
    out["timestamp"] = item["timestamp"] + 1000 * second
    for name, each in rise.items():
        value = item.get(name, 0) + each * second
        out[name] = int(value) if isinstance(item.get(name, 0), int) else value
    return out
