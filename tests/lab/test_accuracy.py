"""Recorded calls against the truth of the wire beside them: what docs/accuracy.md shows, held."""

from __future__ import annotations

import importlib.util

import pytest

from . import accuracy
from .accuracy import End, Heard
from .laboratory import ROOT

CALLS = accuracy.names()
DOCUMENT = ROOT / "docs" / "accuracy.md"


def streams(name: str, outage: bool) -> list[tuple[End, Heard]]:
    """Incoming streams of ends that were cut off at some time, or that were not."""
    call = accuracy.call(name)
    ends = [end for end in call.ends.values() if bool(call.spells(end.name, "down")) == outage]
    return [(end, one) for end in ends for one in end.streams]


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


@pytest.mark.parametrize("name", CALLS)
def test_packets_lost_equal_the_wire(name: str) -> None:
    """Within one packet, and the second between report and truth where the link was not healed."""
    for end, one in streams(name, outage=False):
        assert one.lost >= 0
        assert one.off <= 1, (end.name, one)


@pytest.mark.parametrize("name", having("loss"))
def test_the_share_lost_is_the_wires(name: str) -> None:
    """Retransmissions do not thin it: within a twentieth of it, or a thousandth of all packets."""
    for end, one in streams(name, outage=False):
        assert one.loss is not None
        share = one.wire[1] / one.passed
        assert abs(one.loss - share) <= max(0.001, 0.05 * share), (end.name, one)


@pytest.mark.parametrize("name", having("down"))
def test_what_an_outage_took_is_estimated(name: str) -> None:
    """The browser itself misses it; ours comes within a tenth, from the receiving end alone."""
    found = streams(name, outage=True)
    assert found
    for end, one in found:
        assert one.never_came is not None
        assert one.never_came > 100, "both ends agree that much is missing"
        assert one.missing is not None, (end.name, one)
        assert abs(one.missing - one.never_came) <= 0.1 * one.never_came, (end.name, one)
        if one.kind == "audio" and "firefox" not in end.name:
            assert one.browser < 0.1 * one.never_came, "else this is no longer needed"


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_estimated_without_an_outage(name: str) -> None:
    """What is missing by the sender's count is what was lost, and a second of what is under way."""
    for end, one in streams(name, outage=False):
        if one.missing is not None:
            assert 0 <= one.missing <= one.wire[1] + 10, (end.name, one)


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
    call = accuracy.call(name)
    for end in call.ends.values():
        spells = call.spells(end.name, "down")
        outages = [one for one in end.problems if one.name == "outage"]
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
            found = end.found("high-loss", spell)
            assert found is not None, (end.name, spell)
            assert found.evidence["direction"] == "in"
        if not spells:
            heard = [one for one in end.problems if one.evidence.get("direction") == "in"]
            assert [one for one in heard if one.name == "high-loss"] == []


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
