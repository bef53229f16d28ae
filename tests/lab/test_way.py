"""A direction of the bad link, without a network: what it drops, delays and counts."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .way import Settings, Spells, Way, checked, rtp


def packet(ssrc: int, size: int = 100, pt: int = 111, first: int = 0x80) -> bytes:
    """An IPv4 UDP packet with an RTP header of that stream."""
    head = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, size, 0, 0, 64, 17, 0, b"\n\x63\0\1", b"\n\x63\0\2"
    )
    udp = struct.pack(">HHHH", 5000, 5001, size - 20, 0)
    media = struct.pack(">BBHII", first, pt, 1, 0, ssrc)
    return (head + udp + media).ljust(size, b"\0")


def through(way: Way, times: list[float], ssrc: int = 7) -> dict[float, list[float]]:
    """Packets handed in at these times -> when each came out, by when it was handed in."""
    out: dict[float, list[float]] = {}
    for index, when in enumerate(times):
        way.offer(packet(ssrc, 100 + index), when)
    while (due := way.next()) is not None:
        for one in way.due(due):
            out.setdefault(times[len(one) - 100], []).append(due)
    return out


def test_a_perfect_link_passes_at_once() -> None:
    way = Way(random.Random(1))
    times = [index / 50 for index in range(100)]
    assert through(way, times) == {when: [when] for when in times}
    assert way.by_ssrc() == {
        "7": {"pt": 111, "pkts": 100, "lost": 0, "bytes": sum(range(100, 200))}
    }


def test_only_rtp_is_counted_as_a_stream() -> None:
    assert rtp(packet(7)) == (7, 111)
    assert rtp(packet(7, pt=0x80 | 111)) == (7, 111), "with the marker bit"
    assert rtp(packet(7, pt=200)) is None, "RTCP"
    assert rtp(packet(7, first=0)) is None, "STUN"
    assert rtp(packet(7, first=22)) is None, "DTLS"
    assert rtp(b"\x60" + packet(7)[1:]) is None, "IPv6"
    assert rtp(packet(7)[:30]) is None, "cut short"


@pytest.mark.parametrize("burst", [1, 8])
@pytest.mark.parametrize("bad", [1.0, 0.6])
def test_loss_is_the_wished_share_in_runs_of_the_wished_length(burst: float, bad: float) -> None:
    spells, wish = Spells(random.Random(3)), Settings(loss=0.05, burst=burst, bad=bad)
    fates = [spells.drops(wish) for _ in range(200_000)]
    assert abs(sum(fates) / len(fates) - 0.05) < 0.005
    begins = sum(now and not before for before, now in zip([False, *fates], fates, strict=False))
    mean = sum(fates) / begins
    if bad == 1:
        assert abs(mean - (burst if burst > 1 else 1 / 0.95)) < 0.1 * burst
    elif burst > 1:
        assert 1.5 < mean < burst, "spells have gaps"


def test_an_outage_passes_nothing_and_is_counted_apart() -> None:
    way = Way(random.Random(1), Settings(down=True))
    way.offer(packet(7), 0.0)
    assert way.next() is None
    assert way.total["down"] == 1
    assert way.by_ssrc()["7"] == {"pt": 111, "pkts": 1, "lost": 1, "bytes": 100, "down": 1}


def test_a_narrow_link_delays_then_drops() -> None:
    """800 bit at 8 kbit/s is 0.1 s of line; 0.31 s may wait."""
    way = Way(random.Random(1), Settings(rate=8, queue=310))
    for _ in range(10):
        way.offer(packet(7), 0.0)
    left = []
    while (when := way.next()) is not None:
        left += [round(when, 3)] * len(way.due(when))
    assert left == [0.1, 0.2, 0.3, 0.4]
    assert way.total["qdrop"] == 6
    assert way.by_ssrc()["7"]["qdrop"] == 6


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**16), st.booleans())
def test_jitter_keeps_its_bounds_and_the_order(seed: int, reorder: bool) -> None:
    way = Way(random.Random(seed), Settings(delay=50, jitter=30, reorder=reorder))
    times = [index / 50 for index in range(100)]
    out = {when: came[0] for when, came in through(way, times).items()}
    assert all(out[when] - when >= 0.02 - 1e-9 for when in times)
    if reorder:
        assert all(out[when] - when <= 0.08 + 1e-9 for when in times)
    else:
        assert [out[when] for when in times] == sorted(out.values())
        # Who waits for the one before is no later than that one.
        assert all(out[when] - when <= 0.08 + 1e-9 for when in times)


def test_every_packet_has_one_fate() -> None:
    way = Way(random.Random(5), Settings(loss=0.1, burst=3, rate=300, queue=20, delay=5))
    for index in range(2000):
        way.offer(packet(7 + index % 2, 400), index / 200)
    while (when := way.next()) is not None:
        way.due(when)
    total = way.total
    assert total["pkts"] == 2000
    assert total["pkts"] == total["lost"] + total["qdrop"] + total["down"] + total["fwd"]
    assert total["lost"] > 0
    assert total["qdrop"] > 0
    streams = way.by_ssrc().values()
    assert sum(one["lost"] for one in streams) == total["lost"] + total["qdrop"]


def test_a_second_tells_what_happened_in_it() -> None:
    way = Way(random.Random(1), Settings(delay=40))
    for when in (0.0, 0.5):
        way.offer(packet(7), when)
    way.due(0.05)  # due at 0.04: a hundredth late
    first = way.second()
    assert (first["pkts"], first["fwd"], first["late_max_ms"]) == (2, 1, 10.0)
    assert first["delay_max_ms"] == 50.0
    way.due(0.54)
    second = way.second()
    assert (second["pkts"], second["fwd"], second["late_max_ms"]) == (0, 1, 0.0)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"los": 0.1}, "los"),
        ({"loss": 2}, "0 to 1"),
        ({"loss": True}, "number"),
        ({"loss": float("nan")}, "0 to 1"),
        ({"down": 1}, "true or false"),
        ({"delay": "50"}, "number"),
        ({"burst": 0}, "from 1"),
    ],
)
def test_nonsense_is_refused_in_words(change: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        checked(change)
