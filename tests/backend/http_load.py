"""A generator of load: some connections kept open, each asking as fast as it is answered."""

from __future__ import annotations

import asyncio
import time

REQUEST = b"GET /hello/%d HTTP/1.1\r\nHost: x\r\n\r\n"


async def load(port: int, seconds: float, connections: int, rate: float = 0.0) -> list[float]:
    """The time each answer took, s. rate: requests a second, all connections together; 0: as many
    as there is time for."""
    end = time.perf_counter() + seconds
    pause = connections / rate if rate else 0.0
    lanes = [_lane(port, end, pause, n / max(1, connections)) for n in range(connections)]
    return [taken for one in await asyncio.gather(*lanes) for taken in one]


async def _lane(port: int, end: float, pause: float, offset: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken: list[float] = []
    due = time.perf_counter() + offset * pause
    number = 0
    while (now := time.perf_counter()) < end:
        if pause and due > now:
            await asyncio.sleep(due - now)
        start = time.perf_counter()
        number += 1
        writer.write(REQUEST % number)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        taken.append(time.perf_counter() - start)
        due += pause
    writer.close()
    await writer.wait_closed()
    return taken


def percentile(values: list[float], share: float) -> float:
    """By rank."""
    return sorted(values)[int(share * (len(values) - 1))]
