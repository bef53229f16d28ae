"""A number at the door: an integer of its scale, or left out and counted."""

import pytest
from callvitals import values


@pytest.mark.parametrize("number", [2**51 + 1, 2**52 - 1, 2**52 + 1, 2**53 - 1])
def test_the_largest_integers_come_through_as_they_are(number: int) -> None:
    """As recordings have them, and as packed rows do. From 2^52 on half a unit has no room in a
    double: added to 2^53 - 1 it would make what no message can carry."""
    for told in (number, float(number)):
        item, bad = values.convert({"type": "inbound-rtp", "id": "a", "bytesReceived": told})
        assert (item, bad) == ({"type": "inbound-rtp", "id": "a", "bytesReceived": number}, 0)


@pytest.mark.parametrize(("told", "kept"), [(0.5, 1), (0.49, 0), (2.0**52 - 0.5, 2**52)])
def test_halves_are_rounded_up(told: float, kept: int) -> None:
    item, _bad = values.convert({"type": "inbound-rtp", "id": "a", "bytesReceived": told})
    assert item is not None
    assert item["bytesReceived"] == kept


def test_what_no_message_carries_is_left_out_and_counted() -> None:
    for told in (2**53, 2.0**53, -1, float("nan"), float("inf"), "9"):
        item, bad = values.convert({"type": "inbound-rtp", "id": "a", "bytesReceived": told})
        assert (item, bad) == ({"type": "inbound-rtp", "id": "a"}, 1)
