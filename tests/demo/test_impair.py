from __future__ import annotations

import asyncio
import random
import struct

import pytest
from callvitals_demo.impair import Count, Impairment, Losses, media_ssrc
from callvitals_demo.scenario import CLEAR, OUTAGE, Net

RTCP = bytes([128, 200]) + bytes(26)
DTLS = bytes([22]) + bytes(40)


def rtp(seq: int, ssrc: int = 7) -> bytes:
    return struct.pack("!BBHII", 128, 111, seq, seq * 960, ssrc) + b"opus"


class Sink:
    def __init__(self, wanted: int = 0) -> None:
        self.wanted = wanted
        self.full = asyncio.Event()
        self.got: list[bytes] = []
        self.at: list[float] = []
        self.closed = False

    async def send(self, data: bytes) -> None:
        if self.closed:
            raise ConnectionError
        self.got.append(data)
        self.at.append(asyncio.get_running_loop().time())
        if len(self.got) == self.wanted:
            self.full.set()


def runs(flags: list[bool]) -> list[int]:
    lengths = []
    length = 0
    for flag in [*flags, False]:
        if flag:
            length += 1
        elif length:
            lengths.append(length)
            length = 0
    return lengths


@pytest.mark.parametrize("burst", [0, 2, 5])
@pytest.mark.parametrize("loss", [0.02, 0.1, 0.3])
def test_the_share_and_the_length_of_losses(loss: float, burst: float) -> None:
    losses = Losses(random.Random(f"{loss}/{burst}"))
    net = Net(loss=loss, burst=burst)
    flags = [losses.drops(net) for _ in range(400_000)]
    assert sum(flags) / len(flags) == pytest.approx(loss, rel=0.12)
    lengths = runs(flags)
    expected = burst or 1 / (1 - loss)  # singles meet by chance
    assert sum(lengths) / len(lengths) == pytest.approx(expected, rel=0.1)


def test_the_same_seed_drops_the_same_packets() -> None:
    net = Net(loss=0.2, burst=3)
    once, again, other = (Losses(random.Random(seed)) for seed in ("a", "a", "b"))
    first = [once.drops(net) for _ in range(500)]
    assert first == [again.drops(net) for _ in range(500)]
    assert first != [other.drops(net) for _ in range(500)]


def test_the_ssrc_of_media_only() -> None:
    assert media_ssrc(rtp(1, ssrc=0xDEADBEEF)) == 0xDEADBEEF
    for other in (RTCP, DTLS, b"", b"\x80", bytes(20)):
        assert media_ssrc(other) is None


async def test_truth_is_counted_by_ssrc_and_dtls_always_passes() -> None:
    sink = Sink()
    link = Impairment(sink.send, random.Random(1))
    link.net = OUTAGE
    for packet in (rtp(1), rtp(2), rtp(1, ssrc=9), RTCP, DTLS):
        await link.send(packet)
    assert sink.got == [DTLS]
    link.net = CLEAR
    await link.send(rtp(3))
    await link.send(RTCP)
    assert sink.got == [DTLS, rtp(3), RTCP]
    assert link.counts == {7: Count(3, 2), 9: Count(1, 1)}
    assert link.total() == Count(4, 3)


async def test_delay_and_jitter_keep_the_order_and_the_least_delay() -> None:
    sink = Sink(wanted=20)
    link = Impairment(sink.send, random.Random(2))
    link.net = Net(delay=0.03, jitter=0.02)
    packets = [rtp(seq) for seq in range(20)]
    start = asyncio.get_running_loop().time()
    for packet in packets[:19]:
        await link.send(packet)
    link.net = CLEAR  # what comes after a delayed packet may not overtake it
    await link.send(packets[19])
    async with asyncio.timeout(2):
        await sink.full.wait()
    assert sink.got == packets
    assert min(sink.at) - start >= 0.03
    await link.close()


async def test_a_call_that_ends_forgets_what_is_on_its_way() -> None:
    sink = Sink()
    link = Impairment(sink.send, random.Random(3))
    link.net = Net(delay=0.01)
    await link.send(rtp(1))
    sink.closed = True
    await asyncio.sleep(0.03)  # the packet's time comes and the transport is gone: no error
    sink.closed = False
    await link.send(rtp(2))
    await link.close()
    await asyncio.sleep(0.03)
    assert sink.got == []
