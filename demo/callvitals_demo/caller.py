"""A synthetic caller: one participant with its own Session, Sender and socket.

It measures itself as a page does, once a second, from its peer's getStats(); it reaches the service
through the public wire like anyone.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import callvitals
from callvitals.sender import Sender
from callvitals.session import Session

from .client import Client, Identity
from .clock import SessionClock
from .impair import Count
from .pair import End

Report = list[dict[str, Any]]

SAMPLE_SECONDS = 1.0
FLUSH_SECONDS = 10.0


@dataclass
class Reported:
    """What getStats() and the Session said about incoming loss."""

    packetsReceived: int = 0
    packetsLost: int = 0
    weighted: float = 0.0
    expected: int = 0
    """Packets of the ticks that had a `lossIn`: all but a connection's first."""

    def lossIn(self) -> float | None:
        """The series `lossIn` over the whole session, 0 to 1, each tick weighted by its packets."""
        return self.weighted / self.expected / 10_000 if self.expected else None


@dataclass
class Inbound:
    """Counters of the inbound streams of one peer connection."""

    received: int = 0
    lost: int = 0


def inbound(report: Report) -> Inbound:
    """The sums over the inbound streams of a report."""
    streams = [stats for stats in report if stats["type"] == "inbound-rtp"]
    return Inbound(
        sum(stats["packetsReceived"] for stats in streams),
        sum(stats["packetsLost"] for stats in streams),
    )


@dataclass
class Measured:
    """A peer connection of a session, and what had been seen of it at the last tick."""

    pc: str
    end: End
    streams: Inbound = field(default_factory=Inbound)
    sent: Count = field(default_factory=Count)
    arriving: Count = field(default_factory=Count)


class Visit:
    """One session of a caller: from joining the meeting to leaving it."""

    def __init__(self, url: str, identity: Identity, seed: str) -> None:
        self.identity = identity
        self.tick = -1
        self.doc: dict[str, Any] = {}
        self.reported = Reported()
        self.sent = Count()
        self.arriving = Count()
        self._clock = SessionClock()
        self._session = Session()
        self.sender = Sender(
            {"engine": "cpython", "host": "synthetic", "why": "a synthetic caller"}
        )
        self.client = Client(
            url, identity, self.sender, self._clock.now, self._take, random.Random(seed)
        )
        self._facts = {
            "browser": "aiortc",
            "browserVersion": version("aiortc"),
            "sdk": callvitals.__version__,
        }
        self._connections: list[Measured] = []
        self._named = 0
        self._interval = SAMPLE_SECONDS
        self._leaving = asyncio.Event()
        self._events: list[dict[str, Any]] = [
            {"type": "facts", "facts": self._facts},
            {
                "type": "engine",
                "engine": "cpython",
                "host": "synthetic",
                "why": "a synthetic caller",
            },
        ]
        self._tasks = [asyncio.create_task(self.client.run()), asyncio.create_task(self._sample())]

    def attach(self, end: End) -> None:
        """Measure this peer connection from the next tick on."""
        self._connections.append(Measured(str(self._named), end))
        self._events += end.labels()
        self._named += 1

    async def leave(self, seconds: float = FLUSH_SECONDS) -> None:
        """The last tick, `bye`, and everything stored; waits `seconds` for that at most."""
        self._leaving.set()
        run, sample = self._tasks
        await sample
        self._feed([], [{"type": "stop"}])
        self.sender.bye(self.tick)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.client.ended is None:
                    await self.client.act()
                    await asyncio.wait([run], timeout=0.5)
        self.client.stop()
        await run

    async def abandon(self) -> None:
        """Vanish, as a caller does whose machine dies."""
        self._leaving.set()
        self.client.stop()
        await asyncio.gather(*self._tasks)

    def stored(self) -> bool:
        """Whether the service has confirmed every row."""
        return self.sender.through >= self.tick

    # -- measuring ----------------------------------------------------------------------------

    async def _sample(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while self.client.ended is None:
            await self._measure()
            await self.client.act()
            # A beat that was missed is skipped, never made up for.
            due = max(due + self._interval, loop.time())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._leaving.wait()
            if self._leaving.is_set():
                return

    async def _measure(self) -> None:
        reports: list[tuple[str, Report]] = []
        events, self._events = self._events, []
        jump = self._clock.check()
        if jump:
            events.append({"type": "clock-jump", "ms": jump})
        expected = 0
        for measured in list(self._connections):
            report = await measured.end.report()
            events += [{**event, "pc": measured.pc} for event in measured.end.events()]
            if measured.end.closed:
                self._connections.remove(measured)
                continue
            reports.append((measured.pc, report))
            expected += self._account(measured, inbound(report))
        values = self._feed(reports, events)
        if "lossIn" in values and expected > 0:
            self.reported.weighted += values["lossIn"] * expected
            self.reported.expected += expected

    def _account(self, measured: Measured, streams: Inbound) -> int:
        """Add what is new since the last tick; the packets that should have come in it."""
        received = streams.received - measured.streams.received
        lost = streams.lost - measured.streams.lost
        measured.streams = streams
        self.reported.packetsReceived += received
        self.reported.packetsLost += lost
        for total, now, before in (
            (self.sent, measured.end.sent(), measured.sent),
            (self.arriving, measured.end.arriving(), measured.arriving),
        ):
            total.sent += now.sent - before.sent
            total.dropped += now.dropped - before.dropped
        measured.sent = measured.end.sent()
        measured.arriving = measured.end.arriving()
        return received + lost

    def _feed(
        self, reports: list[tuple[str, Report]], events: list[dict[str, Any]]
    ) -> dict[str, int]:
        self.tick += 1
        row = self._session.feed(
            {
                "tick": self.tick,
                "t": self._clock.now(),
                "reports": [[pc, report] for pc, report in reports],
                "events": events,
            }
        )
        self.doc = self._session.state()
        self.sender.push(row, self.doc)
        values: dict[str, int] = row["values"]
        return values

    def _take(self, action: dict[str, Any]) -> None:
        if action["do"] == "enter":
            self._events.append(action["event"])
        elif action["do"] == "config":
            config = action["config"]
            self._interval = float(config.get("sampleSeconds") or SAMPLE_SECONDS)
            if config.get("off"):
                self.client.stop()
