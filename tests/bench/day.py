"""Fills a folder with a day of a meeting of ten, at one tick a second, and one tick of long round
trip in the middle of it. For benchmarks; the service then finds it as it would any other.

python -m tests.bench.day FOLDER [HOURS]

Prints JSON: {"meeting", "participants", "from", "to", "spike": {"participant", "t", "rtt"}}.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

from callvitals import wire
from callvitals_server.history import History
from callvitals_server.records import Saved, Summary, Who

from .feed import piece, tend

PEOPLE = 10
PER_MESSAGE = 600
MEETING = "round-the-clock"
SPIKE = 9_000  # 0.1 ms: 900 ms, where 50 ms are usual


def row(tick: int, t0: int, which: int, spike: bool) -> dict[str, Any]:
    def wave(k: int, size: float) -> int:
        x = tick + 977 * which
        return int(size * (math.sin(x / 47 + k) + 0.6 * math.sin(x / 5.3 + 2 * k)))

    values = {
        "score": 430 + wave(1, 9),
        "upload": 1_350_000 + wave(2, 90_000),
        "download": 2_250_000 + wave(3, 150_000),
        "rtt": SPIKE if spike else 500 + wave(4, 60),
        "lossIn": max(0, 20 + wave(5, 18)),
        "lossOut": max(0, 12 + wave(6, 12)),
        "jitter": 62 + wave(7, 20),
        "jitterBuffer": 610 + wave(8, 60),
        "concealed": max(0, 6 + wave(9, 8)),
        "fpsIn": 300 + wave(10, 6),
        "fpsOut": 300 + wave(11, 5),
        "frozen": 0,
    }
    return {"tick": tick, "t": t0 + 1000 * tick, "values": values, "events": []}


def main() -> None:
    folder = Path(sys.argv[1])
    ticks = int(float(sys.argv[2] if len(sys.argv) > 2 else "24") * 3600)
    end = time.time_ns() // 1_000_000 - 600_000  # long enough ago to be over
    t0 = end - 1000 * ticks
    history = History(folder)
    whose = [(f"{n:032d}", f"p{n}") for n in range(PEOPLE)]
    for session_id, person in whose:
        assert history.claim(Who(session_id, MEETING, person, person), 65537, True, t0) is not None
    spike = ticks // 2 + 137
    for first in range(0, ticks, PER_MESSAGE):
        span = range(first, min(ticks, first + PER_MESSAGE))
        now = t0 + 1000 * span[-1]
        pieces = []
        for n, (session_id, _person) in enumerate(whose):
            rows = [row(tick, t0, n, n == 3 and tick == spike) for tick in span]
            pieces.append(piece(session_id, rows, first - 1))
        history.write(pieces, now)
        tend(history, now)
    document = {"tick": ticks - 1, "t": end, "rating": "good", "score": 430, "sentence": ""}
    text = wire.text({**document, "engine": "pyodide", "host": "worker"})
    history.save(
        [Saved(session_id, 65537, text, end) for session_id, _ in whose],
        [Summary(MEETING, False, PEOPLE, 430, "good", "", end)],
    )
    tend(history, end + 3_600_000)
    history.close()
    at = {"participant": "p3", "t": t0 + 1000 * spike, "rtt": SPIKE / 10_000}
    told = {"meeting": MEETING, "participants": [p for _, p in whose], "spike": at}
    print(json.dumps({**told, "from": t0, "to": end - 1000}))


if __name__ == "__main__":
    main()
