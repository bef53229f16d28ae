"""A service whose live model is fed from inside: what a dashboard meets where thousands of meetings
go on, without the pages. For benchmarks only; nothing of the product imports it.

python -m tests.bench.crowd PORT FOLDER MEETINGS PEOPLE

Prints "ready". One session in a hundred says something new each second; all others go on.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path
from typing import Any

import uvicorn
from callvitals import issue
from callvitals_server import app as wiring
from callvitals_server.live import Live
from callvitals_server.service import Service
from callvitals_server.settings import Settings

CHANCE = random.Random(7)
FACTS = {"browser": "Chrome", "browserVersion": "156", "os": "Windows 11", "connection": "wifi"}
WORDS = ("standup", "sales", "design", "support", "interview", "retro", "townhall", "visit")
NAMES = ("Ada", "Lin", "Grace", "Omar", "Noor", "Jules", "Mika", "Priya", "Theo", "Ines")
FRESH_SECONDS = 20.0


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def state(tick: int, score: int, since: int) -> dict[str, Any]:
    """What a page tells: one in twelve loses packets."""
    bad = score < 310
    loss = 400 + (310 - score) * 5
    evidence = {"direction": "in", "loss": loss, "packetsLost": 9}
    said = issue.sentence("high-loss", evidence) if bad else ""
    one = {"type": "high-loss", "severity": "major", "since": since, "sentence": said}
    return {
        "tick": tick,
        "t": now_ms(),
        "rating": "poor" if bad else "fair" if score < 400 else "good",
        "score": score,
        "sentence": said,
        "net": {"upload": 1_300_000 + tick, "download": 2_200_000 + tick, "rtt": 480},
        "facts": FACTS,
        "issues": {"i0": {**one, "evidence": evidence}} if bad else {},
        "engine": "pyodide",
        "host": "worker",
    }


def draw() -> int:
    kind = CHANCE.random()
    return CHANCE.randrange(150, 300) if kind < 0.01 else CHANCE.randrange(330, 450)


class Crowd:
    """The sessions, and what they say."""

    def __init__(self, live: Live, meetings: int, people: int) -> None:
        self.live = live
        self.tick = 0
        now = now_ms()
        for m in range(meetings):
            meeting = f"{WORDS[m % len(WORDS)]}-{m}"
            for p in range(people):
                name = NAMES[(m + p) % len(NAMES)]
                session_id = f"{m:016d}{p:016d}"
                began = now - 1000 * (60 + m % 3000)
                session = live.join(session_id, meeting, f"u{p}", name, 65536, now, began)
                live.full(session, 0, state(0, draw(), now - 5000), now)
        self.all = list(live.sessions.values())

    async def speak(self) -> None:
        """For ever."""
        heard = time.monotonic()
        while True:
            await asyncio.sleep(0.25)
            self.tick += 1
            now = now_ms()
            for session in CHANCE.sample(self.all, max(1, len(self.all) // 400)):
                doc = state(self.tick, draw(), now - 2000)
                self.live.full(session, session.rev + 1, doc, now)
            if time.monotonic() - heard > FRESH_SECONDS:
                heard = time.monotonic()
                for session in self.all:
                    self.live.hear(session.session_id, now)
            self.live.take_unsaved()  # nobody claimed them: history knows nothing of them


def main() -> None:
    port, folder, meetings, people = sys.argv[1:]
    services: list[Service] = []

    class Kept(Service):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            services.append(self)

    wiring.Service = Kept  # type: ignore[misc]
    app = wiring.create_app(Settings(data=Path(folder)))
    crowd = Crowd(services[0].live, int(meetings), int(people))

    class Server(uvicorn.Server):
        async def startup(self, *args: Any, **more: Any) -> None:
            await super().startup(*args, **more)
            print("ready", flush=True)

    async def serve() -> None:
        config = uvicorn.Config(
            app, port=int(port), ws="websockets-sansio", log_level="warning", access_log=False
        )
        task = asyncio.create_task(crowd.speak())
        await Server(config).serve()
        task.cancel()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
