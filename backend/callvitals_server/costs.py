"""What a config costs one participant, from what was measured (`python -m tests.bench config`).

The call: sound and pictures both ways (4 streams), Chromium or Firefox, one peer connection, all
well. A call in trouble sends about twice as much, a watched one a message a second. Bytes are those
of the messages, without TLS and TCP; processor time is the measuring machine's, a busy server.
"""

from __future__ import annotations

from typing import Any

# Bytes of a message at rest but for its rows: what has changed of the state in so many seconds.
STATE_BYTES = ((1, 790), (2, 950), (5, 1270), (10, 2000))
ROW_BYTES = 40  # a tick's row in a message
# A row at rest, all files, minutes and hours included (docs/storage.md): 12 values.
STORED_BYTES = 12.5
# Processor time a tick, ms: of a warm engine; of the main thread, packing what getStats gave.
ENGINE_MS = {"pyodide": 1.8, "micropython": 5.6}
PAGE_MS = 0.5
# Once, brotli (tests/build/test_sizes.py); memory as docs and README have it.
DOWNLOAD_BYTES = {"pyodide": 3_970_000, "micropython": 240_000}
MEMORY_BYTES = {"pyodide": 125_000_000, "micropython": 20_000_000}
SDK_BYTES = 30_000


def cost(config: dict[str, Any]) -> dict[str, Any]:
    """Per participant and minute, on average over all of them (`share`, `off`):
    {"messages", "samples", "sentBytes", "storedBytes", "workerMs", "pageMs"}, and in bytes, once:
    {"download", "memory"}. `auto` is taken as what most get: a sample a second, Pyodide."""
    part = 0.0 if config["off"] else config["share"] / 100
    engine = "pyodide" if config["engine"] == "auto" else config["engine"]
    every = config["sampleSeconds"] or 1
    samples = 60 / every
    apart = max(config["messageSeconds"], every)
    messages = 60 / apart
    sent = messages * _state_bytes(apart) + samples * ROW_BYTES
    return {
        "messages": round(part * messages, 2),
        "samples": round(part * samples, 2),
        "sentBytes": round(part * sent),
        "storedBytes": round(part * samples * STORED_BYTES),
        "workerMs": round(part * samples * ENGINE_MS[engine], 1),
        "pageMs": round(part * samples * PAGE_MS, 1),
        "download": round(part * DOWNLOAD_BYTES[engine]) + SDK_BYTES,
        "memory": round(part * MEMORY_BYTES[engine]),
    }


def _state_bytes(seconds: float) -> float:
    """Between what was measured; beyond it, the last (most of a state has changed by then)."""
    before = STATE_BYTES[0]
    for point in STATE_BYTES:
        if seconds <= point[0]:
            (s0, b0), (s1, b1) = before, point
            return b0 if s1 == s0 else b0 + (b1 - b0) * (seconds - s0) / (s1 - s0)
        before = point
    return before[1]


CHOICES: dict[str, tuple[Any, ...]] = {
    "messageSeconds": (1, 2, 5, 10, 30, 60),
    "sampleSeconds": (0, 1, 2, 5, 10),
    "share": (100, 50, 25, 10, 1, 0),
    "engine": ("auto", "pyodide", "micropython"),
    "off": (False, True),
}


def choices(config: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """What other values of a setting would cost, all else as it is: [{"value", "cost"}]."""
    values = list(CHOICES[name])
    if config[name] not in values:
        values.append(config[name])
        values.sort(reverse=name == "share")
    return [{"value": value, "cost": cost({**config, name: value})} for value in values]
