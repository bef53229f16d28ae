"""Packets lost that packetsLost leaves out: the estimate, and that it makes nothing up."""

from collections.abc import Callable
from typing import Any

import pytest
from callvitals import sample


def untold(received: Callable[[int], int], sent: Callable[[int], int], step: int = 1) -> int:
    """The estimate after 60 s of a stream with a sender report every 5 s."""
    memory: dict[str, Any] = {"rtcp": None, "ahead": 0, "full": False}
    slots = None
    came = 0
    for second in range(0, 61, step):
        if second - came >= 5 and received(second) > received(second - 1):
            came = second
        far = {"timestamp": came * 1_000_000, "packetsSent": sent(came)}
        stream = {"direction": "inbound", "kind": "audio", "timestamp": second * 1_000_000}
        stream |= {"packetsReceived": received(second), "packetsLost": 0, "remote": far}
        slots = sample.follow(stream, slots, memory)
    assert slots is not None
    return int(slots[sample.UNTOLD])


def flow(second: int) -> int:
    return 50 * second


def cut(second: int) -> int:
    """Nothing comes from 20 s to 28 s."""
    return 50 * (second if second < 20 else max(20, second - 8))


@pytest.mark.parametrize("step", [1, 2, 5])
def test_an_outages_losses_are_estimated(step: int) -> None:
    assert abs(untold(cut, flow, step) - 400) <= 40


@pytest.mark.parametrize(
    ("received", "sent"),
    [
        (flow, flow),
        (lambda s: 50 * s - s % 3, flow),  # reordering
        (lambda s: min(50 * s, 1000), lambda s: min(50 * s, 1000)),  # muted
        (lambda s: 0, flow),  # a layer that is not meant for us
        (lambda s: 50 * s + 300, flow),  # joined late, or a server that counts anew
        (flow, lambda s: 50 * s if s < 30 else 50 * (s - 30)),  # the sender began anew
    ],
)
def test_no_loss_is_made_up(received: Callable[[int], int], sent: Callable[[int], int]) -> None:
    assert untold(received, sent) == 0
