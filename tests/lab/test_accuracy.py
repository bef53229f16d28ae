"""Recorded calls against the truth of the wire beside them: what docs/accuracy.md shows, held."""

from __future__ import annotations

import importlib.util

import pytest

from . import accuracy
from .accuracy import End, Heard
from .laboratory import ROOT

CALLS = accuracy.names()
DOCUMENT = ROOT / "docs" / "accuracy.md"


# Firefox counts up to ten packets as lost at an ICE restart that the wire delivered.
RESTARTED = {"firefox-events": 10}
LOSS_OPENS = 0.03  # high-loss: see docs/issues.md
CLOSED_MS = 12000  # after the loss is over: the ten seconds looked at, and two samples


def heard(name: str) -> list[tuple[End, Heard]]:
    """Every incoming stream of both ends."""
    return [(end, one) for end in accuracy.call(name).ends.values() for one in end.streams]


def having(what: str) -> list[str]:
    """Calls in which the link did that."""
    found = []
    for name in CALLS:
        wire = accuracy.truth_of(name)
        if any(spell.what == what for spell in wire.spells):
            found.append(name)
    return found


def test_there_is_enough_to_compare() -> None:
    assert len(CALLS) >= 20
    for what, least in (("loss", 8), ("down", 5), ("rate", 2), ("jitter", 1), ("delay", 12)):
        assert len(having(what)) >= least, what


@pytest.mark.parametrize("name", sorted(set(CALLS) - set(having("down"))))
def test_packets_lost_equal_the_wire(name: str) -> None:
    """Within one packet, and the second between report and truth where the link was not healed."""
    for end, one in heard(name):
        assert one.lost >= 0
        assert one.off <= RESTARTED.get(name, 1), (end.name, one)
        # Nor is anything estimated that was not lost.
        assert one.missing == one.lost


@pytest.mark.parametrize("name", having("loss"))
def test_the_share_lost_is_the_wires(name: str) -> None:
    """Retransmissions do not thin it: within a twentieth of it, or a thousandth of all packets."""
    for end, one in heard(name):
        assert one.loss is not None
        share = one.wire[1] / one.passed
        assert abs(one.loss - share) <= max(0.001, 0.05 * share), (end.name, one)


@pytest.mark.parametrize("name", having("down"))
def test_what_an_outage_took_is_estimated(name: str) -> None:
    """The browser itself misses it; ours comes within a tenth, from the receiving end alone."""
    call = accuracy.call(name)
    ends = [end for end in call.ends.values() if call.spells(end.name, "down")]
    assert ends
    for end in ends:
        for one in end.streams:
            assert one.missing >= one.wire[0] * 0.9, (end.name, one)
            if one.never_came is not None:
                assert one.never_came >= one.wire[0] - 20, "both ends miss what the wire dropped"
                assert abs(one.missing - one.never_came) <= 0.1 * one.never_came, (end.name, one)
            if one.kind == "audio":
                assert one.browser < 0.1 * one.wire[0], "else this is no longer needed"


@pytest.mark.parametrize("name", CALLS)
def test_the_round_trip_is_the_links(name: str) -> None:
    call = accuracy.call(name)
    link = call.truth.round_trip_ms()
    for end in call.ends.values():
        if link is not None:
            assert end.rtt_ms is not None
            assert abs(end.rtt_ms - link) <= 10, (end.name, end.rtt_ms, link)


@pytest.mark.parametrize("name", having("down"))
def test_an_outage_opens_and_closes_within_three_samples(name: str) -> None:
    """At the end that hears nothing; the issue itself names its beginning."""
    call = accuracy.call(name)
    for end in call.ends.values():
        spells, outages = call.spells(end.name, "down"), end.heard("outage")
        assert len(outages) == len(spells), (end.name, outages)
        for spell, one in zip(spells, outages, strict=True):
            assert spell.until is not None
            assert one.closed is not None
            assert 1 <= end.samples(spell.since, one.opened) <= 3, (end.name, spell, one)
            assert 1 <= end.samples(spell.until, one.closed) <= 3, (end.name, spell, one)
            assert abs(one.since - spell.since) <= 1500, (end.name, spell, one)


@pytest.mark.parametrize("name", having("loss"))
def test_high_loss_is_found_where_it_is(name: str) -> None:
    """At the end that hears it, while it lasts."""
    call = accuracy.call(name)
    for end in call.ends.values():
        spells = call.spells(end.name, "loss")
        for spell in spells:
            if spell.value >= LOSS_OPENS:
                found = end.found("high-loss", spell)
                assert found is not None, (end.name, spell)
                assert abs(found.since - spell.since) <= 4000, (end.name, spell, found)
                if spell.until is not None and end.ticks[-1] - spell.until > CLOSED_MS:
                    assert found.closed is not None, (end.name, spell)
                    assert found.closed - spell.until <= CLOSED_MS, (end.name, spell)
        if not spells:
            assert end.heard("high-loss") == [], end.name


@pytest.mark.parametrize("name", having("delay"))
def test_a_long_round_trip_is_found_where_it_is(name: str) -> None:
    """Within the ten seconds that are looked at, and it names its beginning."""
    call = accuracy.call(name)
    for end in call.ends.values():
        late = [one for one in call.spells(end.name, "delay") if one.value >= accuracy.LATE_MS]
        for spell in late:
            found = end.found("high-rtt", spell)
            assert found is not None, (end.name, spell)
            assert found.opened - spell.since <= 10000, (end.name, spell)
            assert abs(found.since - spell.since) <= 2500, (end.name, spell, found)
        if not late:
            assert end.heard("high-rtt") == [], end.name


@pytest.mark.parametrize("name", CALLS)
def test_a_call_without_trouble_has_no_issue(name: str) -> None:
    call = accuracy.call(name)
    if not call.troubled:
        for end in call.ends.values():
            assert end.problems == [], end.name


def test_the_document_says_so() -> None:
    """Made anew by its command: `python scripts/gen-accuracy.py > docs/accuracy.md`."""
    spec = importlib.util.spec_from_file_location("gen", ROOT / "scripts" / "gen-accuracy.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    # The script imports this package by its own name: one reading of the captures is enough.
    assert DOCUMENT.read_text() == made.document([accuracy.call(name) for name in CALLS])
