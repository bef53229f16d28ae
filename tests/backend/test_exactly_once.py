"""The page's sender against the service's ingest and a real history, over links, disks, services,
engines and pages that fail at random: every tick arrives once, and nobody loses a session."""

from __future__ import annotations

import random
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from callvitals import wire
from callvitals.sender import Sender
from callvitals_server.ingest import Ingest
from callvitals_server.link import Reply
from callvitals_server.live import Live
from callvitals_server.records import Piece, StorageError
from callvitals_server.settings import Settings

from .desk import AUTH, SESSION, Desk
from .kit import rows

TICKS = 150
OVERLAY = {"engine": "cpython", "host": "test", "why": "test"}
Commit = tuple[list[Piece], "set[tuple[str, int]] | None"]


class World(Desk):
    """A service whose parts take their time, and one page."""

    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__(folder)
        self.chance = random.Random(seed)
        self.done: deque[Commit] = deque()  # commits whose outcome ingest has not been told yet
        self.up: dict[str, deque[tuple[str, Any]]] = {}  # what is on its way, by socket
        self.host = 1
        self.count = 0
        self.sid = ""  # the page's socket
        self.token: str | None = None
        self.sender = Sender(OVERLAY)
        self.mirror: dict[int, tuple[dict[str, Any], str]] = {}
        self.through = -1
        self.truth: dict[int, dict[str, Any]] = {}

    # -- the service ------------------------------------------------------------------------

    def flush(self, fails: bool) -> None:
        pieces, self.pieces[:] = list(self.pieces), []
        if pieces:
            lost = None if fails else self.history.write(pieces, self.now)
            self.done.append((pieces, lost))

    def tell(self) -> None:
        self.hear(self.ingest.committed(*self.done.popleft()))

    def take(self, sid: str) -> None:
        event, data = self.up[sid].popleft()
        self.hear(self.ingest.receive(sid, event, [data], self.now))

    def claim(self, conn: int, fails: bool) -> tuple[Any, Any]:
        """As the writer does it: behind all that was gathered."""
        auth = {**AUTH, "conn": conn} | ({"sessionToken": self.token} if self.token else {})
        shake, trusted = self.ingest.admit(auth, None)
        self.flush(fails)
        while self.done:
            self.tell()
        if fails:
            raise StorageError("no room")
        claim = self.history.claim(shake.who, conn, trusted, self.now)
        if claim is None:
            raise self.ingest.refused(shake, self.history.session(SESSION))
        return shake, claim

    def restart(self) -> None:
        self.pieces.clear()
        self.done.clear()
        self.up.clear()
        secret = self.history.secret
        self.ingest = Ingest(Settings(), secret, Live(), self.pieces.append)
        for row in self.history.recover(self.now):
            self.ingest.live.restore(row, None)
        self.cut()

    # -- the page ---------------------------------------------------------------------------

    def cut(self) -> None:
        """The page loses its socket; what it sent may still arrive."""
        if self.sid:
            self.sid = ""
            self.sender.link("disconnect", {}, self.now)

    def dial(self, fails: bool = False) -> None:
        self.count += 1
        sid = f"{self.host}.{self.count}"
        try:
            shake, claim = self.claim(self.host * 65536 + self.count, fails)
            replies = self.ingest.connected(sid, shake, claim, self.now)
        except StorageError:
            return
        self.sid, self.up[sid] = sid, deque()
        self.hear(replies)

    def hear(self, replies: list[Reply]) -> None:
        for reply in replies:
            if reply.sid != self.sid:
                continue
            said = reply.data.get("code")
            assert said != "superseded", "nobody else is there"
            if reply.event == "hello":
                self.token = reply.data["sessionToken"]
            if self.chance.random() < 0.01:
                self.cut()
                return
            self.sender.link(reply.event, reply.data, self.now)

    def poll(self) -> None:
        self.carry_out(self.sender.poll(self.now))

    def carry_out(self, actions: list[dict[str, Any]]) -> None:
        for action in actions:
            if action["do"] == "row":
                self.mirror[action["tick"]] = (self.truth[action["tick"]], action["text"])
            elif action["do"] == "stored":
                self.through = max(self.through, action["through"])
                self.mirror = {t: r for t, r in self.mirror.items() if t > self.through}
            elif action["do"] == "send" and self.sid:
                self.up[self.sid].append((action["event"], action["data"]))
            elif action["do"] == "reconnect":
                self.cut()

    def next_owner(self) -> None:
        """The engine's host dies; the next one gets the mirror."""
        self.sid = ""
        self.host, self.count = self.host + 1, 0
        outbox = [self.mirror[tick] for tick in sorted(self.mirror)]
        self.sender = Sender(OVERLAY, self.through, outbox)
        if self.truth:
            newest = max(self.truth)
            self.sender.push({**self.truth[newest], "notable": False}, {"tick": newest})

    def beacon(self, last: int | None = None) -> None:
        """The page is hidden for good, as it seems."""
        self.cut()
        self.host, self.count = self.host + 1, 0
        data: dict[str, Any] = {} if last is None else {"last": last}
        waiting = [self.mirror[tick][0] for tick in sorted(self.mirror)]
        if waiting:
            log = wire.encode_log(waiting, waiting[0]["tick"] - self.through - 1)
            data["log"] = log
        shake, claim = self.claim(self.host * 65536, False)
        self.hear(self.ingest.last(shake, claim, data, self.now))
        self.next_owner()

    def push(self, tick: int) -> None:
        (row,) = rows([tick])
        self.truth[tick] = row
        notable = self.chance.random() < 0.7
        self.sender.push({**row, "notable": notable}, {"tick": tick})
        self.carry_out(self.sender.drain())  # as every engine does

    # -- all of it ------------------------------------------------------------------------------

    def step(self) -> None:
        """Something happens."""
        roll = self.chance.random()
        busy = [sid for sid, waiting in self.up.items() if waiting]
        if roll < 0.01:
            self.cut()
        elif roll < 0.015:
            self.restart()
        elif roll < 0.02:
            self.next_owner()
        elif roll < 0.025:
            self.beacon()
        elif not self.sid:
            if roll < 0.3:
                self.dial(fails=self.chance.random() < 0.1)
        elif roll < 0.4 and busy:
            self.take(self.chance.choice(busy))
        elif roll < 0.7:
            self.flush(fails=self.chance.random() < 0.1)
        elif roll < 0.8 and self.done:
            self.tell()
        self.poll()


@pytest.mark.parametrize("seed", range(12))
def test_every_tick_arrives_once_whatever_happens(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path, seed)
    for tick in range(TICKS):
        world.push(tick)
        for _ in range(world.chance.randrange(12)):
            world.now += world.chance.randrange(400)
            world.step()
    world.chance = random.Random(0)
    world.chance.random = lambda: 1.0  # type: ignore[method-assign]  # from here on all is well
    world.sender.bye(TICKS - 1)
    for _ in range(500):
        world.now += 500
        if not world.sid:
            world.dial()
        world.poll()
        for sid in world.up:
            while world.up[sid]:
                world.take(sid)
        world.flush(fails=False)
        while world.done:
            world.tell()
        if world.through == TICKS - 1:
            break
    world.poll()
    while world.up[world.sid]:
        world.take(world.sid)
    world.flush(fails=False)
    assert world.ticks() == list(range(TICKS))
    assert world.history.gaps(SESSION) == []
    kept = world.history.session(SESSION)
    assert kept is not None
    assert (kept["through"], kept["left"]) == (TICKS - 1, True)
    assert world.ingest.live.sessions[SESSION].state == world.sender.shared
    world.history.close()
