"""A page whose connections come up, or do not, as a Session hears of it."""

from typing import Any

from callvitals import present, session
from callvitals.session import Session

BEGIN = 1795448731000
NEW = {"connectionState": "new", "iceConnectionState": "new", "iceGatheringState": "new"}


class Page:
    """A session fed every `period` ms; what happens is told at its own time."""

    def __init__(self, period: int) -> None:
        self.session = Session()
        self.period = period
        self.now = 0  # ms since BEGIN, of the next tick
        self.tick = 0
        self.waiting: list[dict[str, Any]] = []
        self.stats: dict[str, Any] = {}  # by pc: ms -> its report
        self.events: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = []

    def says(self, ms: int, **event: Any) -> None:
        """An event that happens at `ms`."""
        self.waiting.append({"ms": ms, **event})

    def pc(self, ms: int, pc: str = "0", **states: Any) -> None:
        self.says(ms, type="pc", pc=pc, **states)

    def until(self, ms: int) -> dict[str, Any]:
        """Ticks up to `ms`; the state document in base units."""
        while self.now <= ms:
            here = [event for event in self.waiting if event["ms"] <= self.now]
            self.waiting = [event for event in self.waiting if event["ms"] > self.now]
            events = []
            for event in sorted(here, key=lambda event: event["ms"]):
                told = {key: event[key] for key in event if key != "ms"}
                if event["ms"] != self.now:
                    told["at"] = event["ms"] - self.now
                events.append(told)
            reports = [[pc, self.stats[pc](self.now)] for pc in sorted(self.stats)]
            entry = {"tick": self.tick, "t": BEGIN + self.now, "reports": reports}
            self.rows.append(self.session.feed({**entry, "events": events}))
            # What a new engine would go on with must be the same at any moment.
            self.session = session.restore(self.session.checkpoint())
            self.now += self.period
            self.tick += 1
        return present.present(self.session.state())


def candidates(*kinds: str, remotes: int = 0) -> list[dict[str, Any]]:
    """Stats objects of local candidates of these kinds, and of remote ones."""
    out = [
        {"type": "local-candidate", "id": f"L{n}", "timestamp": 1, "candidateType": kind}
        for n, kind in enumerate(kinds)
    ]
    far = {"type": "remote-candidate", "timestamp": 1}
    return out + [{**far, "id": f"R{n}"} for n in range(remotes)]


def come_up(page: Page, pc: str = "0", begun: int = 1230) -> None:
    """The events of a connection that is offered at `begun` and stands 780 ms later."""
    page.pc(begun - 1000, pc, **NEW, signalingState="stable", iceTransportPolicy="all", turn=1)
    page.pc(begun, pc, signalingState="have-local-offer")
    page.pc(begun + 4, pc, iceGatheringState="gathering")
    page.pc(begun + 200, pc, signalingState="stable")
    page.pc(begun + 210, pc, iceConnectionState="checking", connectionState="connecting")
    page.pc(begun + 650, pc, iceConnectionState="connected")
    page.pc(begun + 700, pc, iceGatheringState="complete")
    page.pc(begun + 780, pc, connectionState="connected")


def fail(page: Page, at: int = 9000, pc: str = "0") -> None:
    page.pc(at, pc, connectionState="failed", iceConnectionState="failed")


def begin(page: Page, pc: str = "0", **servers: Any) -> None:
    page.pc(100, pc, **NEW, signalingState="stable", **servers)
    page.pc(200, pc, signalingState="have-local-offer")
    page.pc(210, pc, iceGatheringState="gathering")
    page.pc(400, pc, signalingState="stable")


def ice_error(page: Page, ms: int, code: int, kind: str = "turn") -> None:
    page.says(ms, type="icecandidateerror", pc="0", errorCode=code, kind=kind, transport="udp")


def video(ms: int, first: int, fps: int) -> list[dict[str, Any]]:
    """An inbound video whose first frame was shown at `first`, reported at `ms`."""
    stats: dict[str, Any] = {
        "type": "inbound-rtp",
        "id": "V",
        "kind": "video",
        "ssrc": 7,
        "timestamp": BEGIN + ms + 3,  # getStats answers a little after the tick
        "framesDecoded": 0,
    }
    if ms + 3 >= first:
        frames = (ms + 3 - first) * fps // 1000 + 1
        stats["framesDecoded"] = frames
        stats["totalInterFrameDelay"] = (frames - 1) / fps
    return [stats]
