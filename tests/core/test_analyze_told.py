"""What is told beside streams: how connections came up, the page, marks, limits, errors."""

import io
import time
from pathlib import Path
from typing import Any

import callvitals
import longcall
import pytest
from calls import Call
from callvitals import analysis
from made import audio, of

DATA = Path(__file__).parents[1] / "data"


def states(t: int, **more: Any) -> dict[str, Any]:
    return {"t": t, "events": [{"type": "pc", "pc": "0", **more}]}


NEW = {"connectionState": "new", "iceConnectionState": "new", "iceGatheringState": "new"}


def test_how_a_connection_came_up() -> None:
    moments = [
        states(1000, signalingState="stable", **NEW),
        states(1100, signalingState="have-local-offer"),
        states(1150, iceGatheringState="gathering"),
        states(1300, signalingState="stable", iceConnectionState="checking"),
        states(1400, iceGatheringState="complete", iceConnectionState="connected"),
        states(1450, connectionState="connected"),
        *[audio(2000 + 1000 * n, packetsReceived=50 * n) for n in range(3)],
    ]
    (one,) = of(moments)["connections"]
    assert one["setup"]["connectTime"] == 0.35
    assert one["setup"]["iceTime"] == 0.1
    assert one["state"] == "connected"
    assert one["start"] == 1000
    assert [event["t"] for event in one["events"]] == [1000, 1100, 1150, 1300, 1400, 1450]


def test_the_mean_score_is_over_time_however_often_it_was_looked() -> None:
    """Half a minute of good sound, and as much of bad that was reported on less often."""
    means = []
    for seldom in (1, 5):
        call = Call(video=False, sends_video=False)
        moments = []
        for second in range(1, 61):
            call.loss = 0.3 if second > 30 else 0.0
            call.run(1000)
            if second <= 30 or second % seldom == 0:
                entry = call.entry()
                moments += [
                    {"t": entry["t"], "pc": pc, "stats": raw} for pc, raw in entry["reports"]
                ]
        means.append(of(moments)["connections"][0]["score"])
    assert abs(means[0] - means[1]) < 0.15, means
    assert 2.0 < means[0] < 3.8


def test_a_connection_that_never_came_about() -> None:
    """A dump has no report of it: time alone must pass, as in a page."""
    moments = [
        states(1000, signalingState="stable", stun=1, **NEW),
        states(1100, signalingState="have-local-offer", iceGatheringState="gathering"),
        states(1300, signalingState="stable", iceConnectionState="checking"),
        states(1400, iceGatheringState="complete"),
        states(16400, iceConnectionState="failed", connectionState="failed"),
        {"t": 30000, "events": [{"type": "page", "what": "hidden"}]},
    ]
    result = of(moments)
    (one,) = result["connections"]
    assert (one["reports"], one["score"], one["streams"]) == (0, None, [])
    assert one["setup"]["failed"] == "ice-failed"
    (failed,) = [issue for issue in one["issues"] if issue["type"] == "connect-failed"]
    assert failed["since"] == 16400
    assert result["sentence"] == one["sentence"] == failed["sentence"]
    assert failed["sentence"].startswith("The connection failed:"), "nothing of a good end"


def test_a_camera_that_was_refused_is_the_pages_not_a_connections() -> None:
    refused = {"type": "media", "what": "getUserMedia", "ok": False, "error": "NotAllowedError"}
    asked = {"type": "media", "what": "getUserMedia", "asked": True, "audio": True}
    moments = [
        {"t": 500, "events": [asked]},
        {"t": 900, "events": [refused]},
        *[audio(1000 * n, packetsReceived=50 * n) for n in range(1, 30)],
    ]
    result = of(moments)
    assert [issue["type"] for issue in result["issues"]] == ["no-permission"]
    assert result["connections"][0]["issues"] == []
    alone = of(moments[:2])
    assert alone["connections"] == []
    assert [event["type"] for event in alone["events"]] == ["media", "media"]


def test_another_camera_that_is_refused_leaves_the_first() -> None:
    """Its request alone tells what it was for; the call has a camera, so it is minor."""
    both = {"type": "media", "what": "getUserMedia", "audio": True, "video": True}
    third = {"type": "media", "what": "getUserMedia", "video": True, "asked": True}
    refused = {"type": "media", "what": "getUserMedia", "ok": False}
    told = {"type": "media", "what": "getUserMedia", "error": "OverconstrainedError", **refused}
    for first, severity in (({**both, "ok": True}, "minor"), ({**both, "asked": True}, "major")):
        moments = [
            {"t": 500, "events": [{**both, "asked": True}]},
            {"t": 600, "events": [first]},
            {"t": 900, "events": [third]},
            {"t": 950, "events": [told]},
            *[audio(1000 * n, packetsReceived=50 * n) for n in range(1, 30)],
        ]
        (issue,) = of(moments)["issues"]
        assert (issue["type"], issue["severity"]) == ("no-permission", severity)
        assert issue["sentence"] == "No camera here is what the page asked for."


@pytest.mark.parametrize(("lasts", "major", "said"), [(2, False, 1), (9, False, 0), (2, True, 0)])
def test_a_short_and_minor_issue_is_not_the_reason_of_a_poor_score(
    lasts: int, major: bool, said: int
) -> None:
    issue = {"severity": "major" if major else "minor", "since": 1000, "until": 1000 + 1000 * lasts}
    sentences = ("Frozen for a moment.", "Quality suffers from a long delay.")
    issues = [{**issue, "sentence": sentences[0]}]
    assert analysis.sentence(issues, "poor", {"delay": 1.2}, 80_000) == sentences[said]
    assert analysis.sentence(issues, "good", {"delay": 0.2}, 80_000) == sentences[0]


def test_marks_meeting_and_facts() -> None:
    mark = {"type": "mark", "name": "hand raised"}
    facts = {"browser": "Firefox", "os": "\ud800Linux", "nested": {"no": 1}}
    moments = [audio(1000), {"t": 1500, "events": [mark]}, audio(2000)]
    result = of(moments, meeting="standup", participant="ann", facts=facts)
    assert (result["meeting"], result["participant"]) == ("standup", "ann")
    assert result["facts"] == {"browser": "Firefox", "os": "\ufffdLinux"}
    assert result["events"] == [{**mark, "t": 1500}]


def test_too_many_connections_are_told() -> None:
    moments = [{"t": n, "pc": str(n), "stats": []} for n in range(analysis.MAX_CONNECTIONS + 2)]
    result = of(moments)
    assert len(result["connections"]) == analysis.MAX_CONNECTIONS
    assert result["missing"] == ["2 connections (too many)"]


def test_progress_is_told(tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    path = DATA / "captures" / "firefox-clean.jsonl.gz"
    analysis.analyze(str(path), False, lambda done, size: said.append((done, size)))
    assert said[-1] == (path.stat().st_size, path.stat().st_size)
    assert said == sorted(said)


def test_what_cannot_be_analysed(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        callvitals.analyze(str(tmp_path / "none"))
    with pytest.raises(IsADirectoryError):
        callvitals.analyze(str(tmp_path))
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ValueError, match="not a recording"):
        callvitals.analyze(str(tmp_path / "text"))


def test_faster_than_a_hundred_times_real_time() -> None:
    """Of processor time; `make bench` measures an hour."""
    data = "".join(longcall.lines(120, 10)).encode()
    began = time.process_time()
    result = analysis.analyze(io.BytesIO(data))
    spent = time.process_time() - began
    assert len(result["connections"][0]["streams"]) == 10
    assert 120 / spent > 100


def test_without_series_there_are_none() -> None:
    assert "series" not in of([audio(1000)])["connections"][0]
