"""A meeting of synthetic callers: who calls whom, who comes and goes, on what network.

Callers talk in pairs. With an odd number the last one talks to a far end that nobody measures.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from . import pair
from .caller import Reported, Visit
from .client import Identity
from .impair import Count
from .scenario import CLEAR, Net, Scenario

RETRY_SECONDS = 1.0


@dataclass
class Totals:
    """Sums over a caller's sessions."""

    sent: Count = field(default_factory=Count)
    arriving: Count = field(default_factory=Count)
    reported: Reported = field(default_factory=Reported)

    def add(self, visit: Visit) -> None:
        """Count one more session in."""
        for total, part in ((self.sent, visit.sent), (self.arriving, visit.arriving)):
            total.sent += part.sent
            total.dropped += part.dropped
        self.reported.packetsReceived += visit.reported.packetsReceived
        self.reported.packetsLost += visit.reported.packetsLost
        self.reported.weighted += visit.reported.weighted
        self.reported.expected += visit.reported.expected


class Caller:
    """A participant: its session now, and the sum of those before."""

    def __init__(self, url: str, meeting: str, participant: str, name: str, key: str | None):
        self.participant = participant
        self.name = name
        self.visit: Visit | None = None
        self.sessions: list[dict[str, Any]] = []
        self._last: Visit | None = None
        self._totals = Totals()
        self._url = url
        self._meeting = meeting
        self._key = key

    def join(self, seed: str) -> Visit:
        """Start a session."""
        identity = Identity(
            self._meeting, self.participant, self.name, secrets.token_hex(16), self._key
        )
        self.visit = self._last = Visit(self._url, identity, seed)
        return self.visit

    async def leave(self) -> None:
        """End the session politely: everything stored, `bye` said."""
        visit, self.visit = self.visit, None
        if visit is None:
            return
        await visit.leave()
        self._totals.add(visit)
        self.sessions.append(
            {
                "sessionId": visit.identity.sessionId,
                "ticks": visit.tick + 1,
                "through": visit.sender.through,
                "ended": visit.client.ended,
            }
        )
        del self.sessions[:-100]  # a demo may run for weeks

    def newest(self) -> Visit | None:
        """The session now, else the one before."""
        return self._last

    def result(self) -> dict[str, Any]:
        """What `--json` says of this caller; base units, `score` and `lossIn` null if unknown.

        `truth` is what the links did to media packets up to the last tick with a report, `in` to
        those sent to this caller, `out` to its own. `lossIn` is that of `expected` packets: a
        connection's first tick has nothing to compare with.
        """
        visit = self._last
        doc = visit.doc if visit else {}
        last = self.sessions[-1] if self.sessions else {}
        score = doc.get("score")
        return {
            "participant": self.participant,
            "sessionId": last.get("sessionId"),
            "ticks": last.get("ticks", 0),
            "through": last.get("through", -1),
            "score": score / 100 if score is not None else None,
            "rating": doc.get("rating", "unknown"),
            "sentence": doc.get("sentence", ""),
            "sessions": self.sessions,
            "truth": {
                "in": vars(self._totals.arriving),
                "out": vars(self._totals.sent),
            },
            "reported": {
                "packetsReceived": self._totals.reported.packetsReceived,
                "packetsLost": self._totals.reported.packetsLost,
                "lossIn": self._totals.reported.lossIn(),
                "expected": self._totals.reported.expected,
            },
        }

    def rows(self) -> int:
        """Rows of all sessions."""
        return sum(session["ticks"] for session in self.sessions)

    def all_stored(self) -> bool:
        """Whether the service confirmed every row of every session."""
        return all(session["through"] == session["ticks"] - 1 for session in self.sessions)


class Meeting:
    """`size` callers in one meeting under one scenario; the first caller of a pair suffers it."""

    def __init__(
        self,
        url: str,
        name: str,
        size: int,
        scenario: Scenario,
        *,
        seed: int = 1,
        names: Sequence[str] = (),
        video_pairs: int = 0,
        key: str | None = None,
    ) -> None:
        self.name = name
        self.scenario = scenario
        self.callers = [
            Caller(
                url,
                name,
                f"caller-{number + 1}",
                names[number] if number < len(names) else f"caller-{number + 1}",
                key,
            )
            for number in range(size)
        ]
        self._seed = f"{seed}/{name}"
        self._video_pairs = video_pairs

    async def run(self, stop: asyncio.Event) -> None:
        """Hold the meeting until `stop` is set; returns when everyone has left."""
        pairs = [self.callers[first : first + 2] for first in range(0, len(self.callers), 2)]
        await asyncio.gather(
            *(self._talk(number, callers, stop) for number, callers in enumerate(pairs))
        )

    async def _talk(self, number: int, callers: list[Caller], stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        first, *others = callers
        ends: tuple[pair.End, pair.End] | None = None
        calls = 0
        start = loop.time()
        for caller in others:
            caller.join(f"{self._seed}/{caller.participant}/0")
        while not stop.is_set():
            second = loop.time() - start
            step = self.scenario.at(second)
            wait = self.scenario.until_next(second)
            if not step.present:
                await _hang_up(ends)
                ends = None
                await first.leave()
            elif ends is None:
                calls += 1
                visit = first.visit or first.join(f"{self._seed}/{first.participant}/{calls}")
                try:
                    ends = await pair.connect(
                        f"{self._seed}/{number}/{calls}",
                        video=number < self._video_pairs,
                        owners=(first.participant, others[0].participant if others else ""),
                    )
                except (pair.CallFailed, OSError):
                    wait = RETRY_SECONDS  # a machine too busy to set up a call; the visit stays
                else:
                    visit.attach(ends[0])
                    for caller in others:
                        if caller.visit:
                            caller.visit.attach(ends[1])
            _apply(ends, step.net)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await stop.wait()
        _apply(ends, CLEAR)
        await asyncio.gather(*(caller.leave() for caller in callers))
        await _hang_up(ends)


async def _hang_up(ends: tuple[pair.End, pair.End] | None) -> None:
    await asyncio.gather(*(end.close() for end in ends or ()))


def _apply(ends: tuple[pair.End, pair.End] | None, net: Net) -> None:
    for end in ends or ():
        if end.link:
            end.link.net = net
