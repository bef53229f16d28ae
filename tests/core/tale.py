"""A world, the Session that listens, and what it told."""

from typing import Any

import troubles
import world
from callvitals import session

CALM = 15  # s before a trouble comes
SLOW = {"stale-report": 22, "silent-audio-source": 36, "keyframe-storm": 30}
LONG_GONE = {"unstable-ice-path": 35}


class Tale:
    """A world, the Session that listens, and what it told: [(t, event), ...]."""

    def __init__(self, period: int = 1000) -> None:
        self.world = world.World()
        self.session = session.Session()
        self.period = period
        self.told: list[tuple[int, dict[str, Any]]] = []
        self.rows: list[dict[str, Any]] = []
        self.restore = False

    def go(self, seconds: float, *said: dict[str, Any], **knobs: Any) -> int:
        for name, value in knobs.items():
            setattr(self.world, name, value)
        start = self.world.t
        for _ in range(int(seconds * 1000) // self.period):
            self.world.run(self.period)
            first = troubles.began() if self.world.tick < 0 else []
            row = self.session.feed(self.world.entry(*first, *said))
            said = ()
            self.rows.append(row)
            for event in row["events"]:
                if event["type"].startswith("issue-"):
                    self.told.append((row["t"], event))
            if self.restore:
                self.session = session.restore(self.session.checkpoint())
        return start

    def names(self) -> list[str]:
        return [event["name"] for _t, event in self.told if event["type"] == "issue-open"]

    def of(self, what: str, name: str) -> list[tuple[int, dict[str, Any]]]:
        return [
            (t, event) for t, event in self.told if (event["type"], event["name"]) == (what, name)
        ]


def have(tale: Tale, name: str, knobs: dict[str, Any], seconds: int = 0) -> tuple[int, int]:
    """The trouble comes and goes; (when it came, when it went)."""
    before = {knob: getattr(tale.world, knob) for knob in knobs}
    if not tale.rows:
        tale.go(CALM)
    came = tale.go(seconds or SLOW.get(name, 20), **knobs)
    went = tale.go(LONG_GONE.get(name, 20), **before)
    return came, went
