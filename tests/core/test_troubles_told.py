"""What events tell: connections that fail, captures refused or ended, clocks that jump."""

from typing import Any

import pytest
from callvitals import events, moment, session
from tale import CALM, Tale
from world import T0


def state_of(**states: str) -> dict[str, Any]:
    return {"type": "pc", "pc": "0"} | states


def test_a_connection_that_is_lost_is_told_until_it_is_back() -> None:
    tale = Tale()
    tale.go(CALM)
    lost = state_of(connectionState="disconnected", iceConnectionState="disconnected")
    tale.go(8, lost, held=True)
    assert tale.names() == ["ice-disconnected"], "5 s without it"
    assert 5000 <= tale.told[0][0] - (T0 + CALM * 1000) <= 6000
    tale.go(3, state_of(connectionState="failed", iceConnectionState="failed"))
    assert tale.names() == ["ice-disconnected", "ice-connection-failed"]
    assert len(tale.of("issue-close", "ice-disconnected")) == 1
    back = state_of(connectionState="connected", iceConnectionState="connected")
    tale.go(3, back, held=False)
    assert not tale.session.state()["issues"]


@pytest.mark.parametrize("stays", [False, True])
def test_connecting_slowly_and_in_vain(stays: bool) -> None:
    one = session.Session()
    t = T0

    def tick(number: int, *said: dict[str, Any]) -> dict[str, Any]:
        entry = {"tick": number, "t": t + number * 1000, "reports": [], "events": list(said)}
        row: dict[str, Any] = one.feed(entry)
        return row

    tick(0, state_of(connectionState="new", iceConnectionState="new", signalingState="stable"))
    tick(1, state_of(signalingState="have-local-offer", iceGatheringState="gathering"))
    tick(2, state_of(signalingState="stable", iceConnectionState="checking"))
    told = []
    for number in range(3, 9):
        told += [(number, event["name"]) for event in tick(number)["events"]]
    assert told == [(7, "slow-connect")]
    if stays:
        row = tick(9, state_of(connectionState="connected", iceConnectionState="connected"))
        assert [event["type"] for event in row["events"] if "name" in event] == ["issue-close"]
        return
    row = tick(9, state_of(connectionState="failed", iceConnectionState="failed"))
    names = [(event["type"], event["name"]) for event in row["events"] if "name" in event]
    assert names == [("issue-open", "connect-failed"), ("issue-close", "slow-connect")]
    assert one.state()["sentence"].startswith("The connection failed")
    assert one.state()["issues"]["i1"]["since"] == t + 9000


@pytest.mark.parametrize(
    ("error", "asked", "said"),
    [
        ("NotAllowedError", {"audio": True, "video": True}, "may not use the camera or microphone"),
        ("NotFoundError", {"video": True}, "No camera was found"),
        ("NotReadableError", {"audio": True}, "The microphone cannot be opened"),
        ("TypeError", {"audio": True}, "got no microphone: TypeError"),
    ],
)
def test_no_permission_is_told_until_it_is_given(
    error: str, asked: dict[str, bool], said: str
) -> None:
    media = {"type": "media", "what": "getUserMedia"}
    tale = Tale()
    tale.go(2, media | asked | {"ok": False, "error": error})
    assert tale.names() == ["no-permission"]
    assert said in tale.session.state()["sentence"]
    tale.go(2, media | asked | {"ok": True})
    assert not tale.session.state()["issues"]


def test_who_closes_the_picker_for_screens_is_in_no_trouble() -> None:
    tale = Tale()
    refused = {"type": "media", "what": "getDisplayMedia", "ok": False, "error": "NotAllowedError"}
    tale.go(3, refused)
    assert tale.told == []


def test_a_capture_that_the_browser_ended_is_told_until_another_is_sent() -> None:
    tale = Tale()
    tale.go(CALM)
    ended = tale.go(10, {"type": "media", "what": "ended", "kind": "video"}, unsent=True, camera=0)
    (t, event), *_ = tale.of("issue-open", "capture-track-ended")
    assert t - ended == 1000
    assert "video capture" in event["sentence"]
    tale.go(5, unsent=False, camera=30)
    assert len(tale.of("issue-close", "capture-track-ended")) == 1


@pytest.mark.parametrize(
    ("ms", "since", "severity"), [(90000, -90000, "major"), (-5000, 0, "minor")]
)
def test_a_jump_of_the_clock_is_told_with_its_true_times(
    ms: int, since: int, severity: str
) -> None:
    tale = Tale()
    tale.go(CALM)
    jumped = tale.go(1, {"type": "clock-jump", "ms": ms}) + 1000
    tale.go(12)
    (_t, opened), (closed_at, closed) = tale.told
    assert opened["name"] == "clock-jump"
    assert opened["since"] - jumped == since
    assert opened["severity"] == severity
    assert closed["until"] == jumped
    assert closed_at - jumped == 10000


def test_silence_is_no_fault_of_a_microphone_that_is_muted() -> None:
    tale = Tale()
    tale.go(CALM)
    tale.go(1, state_of(audio="muted"))
    tale.go(60, silent=True)
    assert tale.told == []
    tale.go(29, state_of(audio="live"))
    assert tale.told == [], "since it is on again"
    tale.go(3)
    assert tale.names() == ["silent-audio-source"]


def test_nothing_comes_back_from_the_start() -> None:
    tale = Tale()
    tale.world.down = True
    tale.go(10)
    assert tale.names() == ["ice-transport-stalled"]
    assert 5000 <= tale.told[0][0] - T0 <= 7000
    tale.go(5, down=False)
    assert not tale.session.state()["issues"]


def test_labels_reach_streams_whose_tracks_firefox_puts_in_braces() -> None:
    memory = session.memory.fresh()
    event = {"type": "label", "track": "{t-1}", "participant": "Ann"}
    events.enter(memory, [event])
    record = {"key": "s0", "track": "t-1", "direction": "inbound", "kind": "audio", "seen": 1000}
    memory["streams"]["x"] = record | {"window": None}
    assert moment.moment(memory, 1000, 1000)["who"] == {"s0": "Ann"}
