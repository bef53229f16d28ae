"""How connections come up: facts from events with their own time, and from reports."""

from typing import Any

import pytest
from callvitals import present, setup
from page import BEGIN, Page, begin, candidates, come_up, ice_error, video


@pytest.mark.parametrize("period", [200, 1000, 5000, 10000])
def test_times_are_those_of_the_events_whatever_the_polling_period(period: int) -> None:
    page = Page(period)
    come_up(page)
    state = page.until(20000)
    told = state["pcs"]["c0"]
    assert {name: told[name] for name in told if name.endswith("Time")} == {
        "connectTime": 0.78,
        "answerTime": 0.2,
        "gatherTime": 0.696,
        "iceTime": 0.44,
        "dtlsTime": 0.13,
    }
    assert "failed" not in told


def audio(ms: int, first: int, concealed: int = 0) -> list[dict[str, Any]]:
    """An inbound audio stream played from `first` on, 48 kHz, some of it concealed."""
    codec = {"type": "codec", "id": "C", "timestamp": 1, "mimeType": "audio/opus"}
    played = max(0, ms + 3 - first) * 48
    gap = min(played, concealed)
    stats = {
        "type": "inbound-rtp",
        "id": "A",
        "kind": "audio",
        "ssrc": 8,
        "codecId": "C",
        "timestamp": BEGIN + ms + 3,
        "jitterBufferEmittedCount": played - gap,
        "concealedSamples": gap,
    }
    return [{**codec, "clockRate": 48000}, stats]


@pytest.mark.parametrize("period", [200, 1000, 5000, 10000])
def test_first_frame_and_sound_are_found_within_a_frame(period: int) -> None:
    page = Page(period)
    come_up(page)
    page.stats["0"] = lambda ms: video(ms, 2311, 25) + audio(ms, 2150, concealed=960)
    told = page.until(20000)["pcs"]["c0"]
    assert 1.081 <= told["firstFrameTime"] <= 1.081 + 0.04
    assert abs(told["firstSoundTime"] - 0.92) <= 0.005


def test_a_picture_that_nobody_sent_until_later_is_no_slow_start() -> None:
    page = Page(1000)
    come_up(page)
    page.stats["0"] = lambda ms: video(ms, 40000, 25)
    assert "firstFrameTime" not in page.until(45000)["pcs"]["c0"]


def test_without_delays_told_the_first_frame_lies_in_its_interval() -> None:
    page = Page(1000)
    come_up(page)

    def bare(ms: int) -> list[dict[str, Any]]:
        stats = video(ms, 2311, 25)
        stats[0].pop("totalInterFrameDelay", None)
        return stats

    page.stats["0"] = bare
    told = page.until(5000)["pcs"]["c0"]
    assert 1.081 <= told["firstFrameTime"] <= 2.081


def test_a_connection_seen_late_has_no_times() -> None:
    page = Page(1000)
    page.pc(500, connectionState="connecting", signalingState="stable", iceConnectionState="new")
    page.pc(900, iceConnectionState="connected")
    page.pc(1500, connectionState="connected")
    told = page.until(3000)["pcs"]["c0"]
    assert not [name for name in told if name.endswith("Time")]


def test_what_a_connection_waits_for() -> None:
    page = Page(100)
    come_up(page)
    seen = []
    for ms in (1000, 1300, 1435, 1500, 1950, 2100):
        page.until(ms)
        seen.append(setup.waits_for(page.session.memory()["pcs"]["0"]["setup"]))
    assert seen == ["", "answer", "answer", "ice", "dtls", ""]


def test_errors_are_counted_and_the_first_of_a_kind_is_kept() -> None:
    page = Page(1000)
    begin(page, turn=2, stun=1)
    for ms in range(300, 340):
        ice_error(page, ms, 701)
    ice_error(page, 350, 401)
    ice_error(page, 360, 701, "stun")
    for code in ("x", -1, True, 10**6):
        page.says(400, type="icecandidateerror", pc="0", errorCode=code)
    page.until(2000)
    kept = [event for row in page.rows for event in row["events"]]
    told = [event["errorCode"] for event in kept if event["type"] == "icecandidateerror"]
    assert told == [701, 401]
    known = page.session.memory()["pcs"]["0"]["setup"]
    assert known["errors"] == {"701": 41, "401": 1}
    assert known["relayErrors"] == {"701": 40, "401": 1}


def test_capture_tells_the_newest_answer() -> None:
    page = Page(1000)
    asked = {"type": "media", "what": "getUserMedia", "audio": True, "video": True}
    page.says(1200, **asked, asked=True)
    state = page.until(2000)
    base = {"audio": True, "video": True}
    assert state["capture"] == {"getUserMedia": {"state": "asked", "since": BEGIN + 1200, **base}}
    page.says(4300, **asked, ok=False, error="NotAllowedError")
    page.says(4400, **asked, asked=True)
    state = page.until(5000)
    denied = {"state": "failed", "error": "NotAllowedError", "since": BEGIN + 4300, **base}
    assert state["capture"] == {"getUserMedia": denied}
    page.says(5500, type="media", what="getUserMedia", ok=True, audio=True)
    page.says(5500, type="media", what="nonsense", ok=True)
    state = page.until(6000)
    granted = {"state": "granted", "since": BEGIN + 5500, "audio": True}
    assert state["capture"] == {"getUserMedia": granted}
    assert present.present(page.session.state(), 40)["capture"]["getUserMedia"]["since"] == (
        BEGIN + 5540
    )


def test_labels_reach_streams_by_track_also_in_firefoxs_braces() -> None:
    page = Page(1000)
    braced = "{0a1b2c3d-0000-4000-8000-000000000000}"
    page.says(100, type="watch", on=True)
    page.says(100, type="label", track=braced, participant="ada", source="camera")
    page.stats["0"] = lambda ms: [{**video(ms, 0, 25)[0], "trackIdentifier": braced}]
    state = page.until(3000)
    assert state["labels"] == {braced.strip("{}"): {"participant": "ada", "source": "camera"}}
    (stream,) = state["streams"].values()
    assert (stream["participant"], stream["source"]) == ("ada", "camera")


@pytest.mark.parametrize("at", [None, "soon", True, 10**7, 1.5, {}])
def test_a_time_that_is_none_is_the_ticks(at: Any) -> None:
    page = Page(1000)
    page.says(1000, type="media", what="getUserMedia", ok=True, at=at)
    assert page.until(1000)["capture"]["getUserMedia"]["since"] == BEGIN + 1000


def test_a_checkpoint_with_all_connections_has_room() -> None:
    page = Page(1000)
    for n in range(64):
        come_up(page, str(n))
        for code in range(300, 330):
            page.says(1500, type="icecandidateerror", pc=str(n), errorCode=code, kind="turn")
    page.stats = {str(n): lambda ms: candidates("host", "srflx") for n in range(64)}
    page.until(3000)
    assert len(page.session.checkpoint()) < 80_000
