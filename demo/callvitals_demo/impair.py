"""A bad network inside the process: one direction of a call, with the truth counted.

It sits where aiortc hands encrypted datagrams to ICE, so RTP and RTCP suffer alike and the RTP
header is still readable. STUN does not pass here: ICE stays up during an outage, as it does for
the first seconds of a real one. DTLS is let through, so that every call comes up.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .scenario import Net

Send = Callable[[bytes], Awaitable[None]]


@dataclass
class Count:
    """Packets of one SSRC that were handed to the link, and those of them that it dropped."""

    sent: int = 0
    dropped: int = 0


class Losses:
    """Which packets a link drops: single losses, or runs of them (Gilbert's two states)."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._bad = False

    def drops(self, net: Net) -> bool:
        """Whether the next packet is lost. In the long run the share of `net.loss` is."""
        if net.loss <= 0 or net.loss >= 1 or net.burst <= 1:
            self._bad = False
            return net.loss > 0 and self._rng.random() < net.loss
        leave = 1 / net.burst
        # Entering is so rare that the time in the bad state is the wanted share: p/(p+leave)=loss.
        enter = min(1.0, leave * net.loss / (1 - net.loss))
        if self._bad:
            self._bad = self._rng.random() >= leave
        else:
            self._bad = self._rng.random() < enter
        return self._bad


def media_ssrc(packet: bytes) -> int | None:
    """The SSRC of an RTP packet; None for RTCP (RFC 5761, section 4) and the rest."""
    if len(packet) < 12 or not 128 <= packet[0] <= 191 or 192 <= packet[1] <= 223:
        return None
    return int.from_bytes(packet[8:12], "big")


class Impairment:
    """Wraps a `send`; `net` may be changed at any time.

    Delayed packets wait in one queue and leave in the order they came, as they do on one path.
    """

    def __init__(self, send: Send, rng: random.Random) -> None:
        self.net = Net()
        self.counts: dict[int, Count] = {}
        self._send = send
        self._rng = rng
        self._losses = Losses(rng)
        self._queue: deque[tuple[float, bytes]] = deque()
        self._pump: asyncio.Task[None] | None = None

    def total(self) -> Count:
        """All media packets of this direction."""
        return Count(
            sum(count.sent for count in self.counts.values()),
            sum(count.dropped for count in self.counts.values()),
        )

    async def send(self, data: bytes) -> None:
        """Send, hold back or drop one datagram."""
        if not 128 <= data[0] <= 191:  # DTLS (RFC 7983)
            await self._send(data)
            return
        dropped = self._losses.drops(self.net)
        ssrc = media_ssrc(data)
        if ssrc is not None:
            count = self.counts.setdefault(ssrc, Count())
            count.sent += 1
            count.dropped += dropped
        if dropped:
            return
        wait = self.net.delay + self._rng.random() * self.net.jitter
        if wait <= 0 and not self._queue:
            await self._send(data)
            return
        due = asyncio.get_running_loop().time() + wait
        if self._queue:
            due = max(due, self._queue[-1][0])
        self._queue.append((due, data))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._queue:
            due, packet = self._queue[0]
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            try:
                await self._send(packet)
            except ConnectionError:  # the call ended while packets were on their way
                self._queue.clear()
                return
            self._queue.popleft()

    async def close(self) -> None:
        """Forget what is still on its way."""
        self._queue.clear()
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
