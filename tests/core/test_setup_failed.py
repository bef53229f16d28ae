"""Calls that never start: why, as far as the page can tell, and that it is remembered."""

from typing import Any

import pytest
from callvitals import setup
from page import BEGIN, NEW, Page, begin, candidates, come_up, fail, ice_error


@pytest.mark.parametrize("period", [200, 1000, 10000])
@pytest.mark.parametrize(
    ("why", "kinds", "remotes", "errors", "policy", "turn"),
    [
        ("ice-failed", ["host", "srflx"], 2, [], "all", 0),
        ("ice-failed", ["host", "relay"], 2, [(701, "turn")], "all", 1),
        ("ice-failed", ["host"], 2, [(701, "stun")], "all", 1),
        ("no-remote-candidates", ["host"], 0, [], "all", 0),
        ("turn-unreachable", ["host"], 2, [(701, "turn")], "all", 1),
        ("turn-refused", ["host"], 2, [(701, "turn"), (401, "turn")], "all", 2),
        ("turn-unreachable", [], 2, [(701, "turn")], "relay", 1),
        ("turn-unreachable", [], 2, [], "relay", 1),
        ("no-candidates", [], 2, [], "relay", 0),
        ("no-candidates", [], 0, [], "all", 0),
    ],
)
def test_why_ice_failed(
    period: int,
    why: str,
    kinds: list[str],
    remotes: int,
    errors: list[tuple[int, str]],
    policy: str,
    turn: int,
) -> None:
    page = Page(period)
    begin(page, iceTransportPolicy=policy, turn=turn)
    # As Firefox has it where ICE failed.
    transport = {"type": "transport", "id": "T", "timestamp": 1, "dtlsState": "failed"}
    page.stats["0"] = lambda ms: [*candidates(*kinds, remotes=remotes), transport]
    for code, kind in errors:
        ice_error(page, 700, code, kind)
    page.pc(800, iceConnectionState="checking", connectionState="connecting")
    fail(page)
    state = page.until(20000)
    assert state["pcs"]["c0"]["failed"] == why
    assert why in setup.WHYS
    assert page.session.memory()["pcs"]["0"]["setup"]["since"] == BEGIN + 9000


@pytest.mark.parametrize("period", [1000, 10000])
def test_gathering_that_ends_without_a_candidate_has_failed_though_no_browser_says_so(
    period: int,
) -> None:
    page = Page(period)
    begin(page, iceTransportPolicy="relay", turn=1)
    page.stats["0"] = lambda ms: candidates(remotes=1)
    ice_error(page, 5300, 701)
    page.pc(5400, iceGatheringState="complete")
    state = page.until(20000)
    assert state["pcs"]["c0"]["failed"] == "turn-unreachable"
    assert page.session.memory()["pcs"]["0"]["setup"]["since"] == BEGIN + 5400


@pytest.mark.parametrize("period", [1000, 10000])
def test_gathering_that_does_not_end_is_given_up_after_ten_seconds(period: int) -> None:
    page = Page(period)
    begin(page, iceTransportPolicy="relay", turn=1)
    found: list[dict[str, Any]] = []
    page.stats["0"] = lambda ms: found
    assert "failed" not in page.until(10000)["pcs"]["c0"]
    assert page.until(20000)["pcs"]["c0"]["failed"] == "turn-unreachable"
    assert page.session.memory()["pcs"]["0"]["setup"]["since"] == BEGIN + 10210
    found.extend(candidates("relay"))  # it answered after all
    assert "failed" not in page.until(30000)["pcs"]["c0"]


def test_candidates_that_come_with_a_later_gathering_take_it_back() -> None:
    page = Page(1000)
    begin(page)
    found: list[dict[str, Any]] = []
    page.stats["0"] = lambda ms: found
    page.pc(1500, iceGatheringState="complete")
    assert page.until(3000)["pcs"]["c0"]["failed"] == "no-candidates"
    found.extend(candidates("host"))
    assert "failed" not in page.until(5000)["pcs"]["c0"]


def test_dtls() -> None:
    page = Page(1000)
    begin(page)
    page.stats["0"] = lambda ms: candidates("host", remotes=1)
    page.pc(800, iceConnectionState="connected")
    page.pc(9000, connectionState="failed")
    assert page.until(12000)["pcs"]["c0"]["failed"] == "dtls-failed"


def test_a_connection_that_stood_is_lost_until_it_stands_again() -> None:
    page = Page(1000)
    come_up(page)
    page.pc(8000, iceConnectionState="disconnected", connectionState="disconnected")
    assert "failed" not in page.until(9000)["pcs"]["c0"]
    fail(page, 12000)
    assert page.until(13000)["pcs"]["c0"]["failed"] == "lost"
    page.pc(15000, iceConnectionState="checking", connectionState="connecting")
    page.pc(16000, iceConnectionState="connected", connectionState="connected")
    told = page.until(17000)["pcs"]["c0"]
    assert "failed" not in told
    assert told["connectTime"] == 0.78, "the first time it stood"


def test_what_failed_is_remembered_when_the_app_closes_it_until_another_stands() -> None:
    page = Page(1000)
    begin(page)
    page.stats["0"] = lambda ms: candidates("host", remotes=1)
    fail(page)
    page.until(10000)
    page.stats.clear()
    page.pc(10500, connectionState="closed", signalingState="closed")
    state = page.until(120000)
    assert state["pcs"]["c0"]["failed"] == "ice-failed"
    assert state["pcs"]["c0"]["state"] == "closed"
    come_up(page, "1", 125000)
    assert list(page.until(130000)["pcs"]) == ["c1"]


def test_a_page_that_tries_for_ever_is_no_burden() -> None:
    page = Page(1000)
    for n in range(100):
        pc = str(n)
        page.pc(1000 * n + 100, pc, **NEW, signalingState="stable")
        page.pc(1000 * n + 200, pc, signalingState="have-local-offer")
        fail(page, 1000 * n + 800, pc)
        page.pc(1000 * n + 900, pc, connectionState="closed")
    state = page.until(101000)
    assert sorted(state["pcs"]) == ["c96", "c97", "c98", "c99"]
    assert state["counts"]["pcsBeyond"] == 0


def test_given_up_early_is_a_change_of_plans_and_later_lost_patience() -> None:
    page = Page(1000)
    for pc, at in (("0", 3000), ("1", 9000)):
        begin(page, pc)
        page.pc(at, pc, connectionState="closed", signalingState="closed")
    state = page.until(20000)
    assert {one["name"]: one["failed"] for one in state["pcs"].values()} == {"1": "abandoned"}


def test_never_begun_is_no_attempt() -> None:
    page = Page(1000)
    page.pc(100, **NEW, signalingState="stable")
    page.pc(90000, connectionState="closed", signalingState="closed")
    assert page.until(95000)["pcs"] == {}
