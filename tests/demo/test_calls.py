"""Synthetic callers on a real service: what they report against what the links did."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from callvitals_demo import synth
from callvitals_demo.meeting import Meeting
from callvitals_demo.scenario import CLEAR, Net, Scenario, Step

from .conftest import Service, get, in_time, until

SECONDS = 20
# The ends of a call are clear: a receiver cannot know of packets lost before the first it got, or
# after the last.
LOSSY = Scenario("lossy", 60, (Step(0, CLEAR), Step(2, Net(loss=0.1)), Step(17.5, CLEAR)))
FAR = Scenario("far", 60, (Step(0, Net(delay=0.05)),))
COMING = Scenario("coming", 9, (Step(0, CLEAR), Step(5, CLEAR, present=False), Step(7, CLEAR)))

Results = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def results(service: Service) -> Results:
    """`{meeting/participant: result}` of three meetings held at the same time."""
    meetings = [
        Meeting(service.url, "lossy", 2, LOSSY, seed=11),
        Meeting(service.url, "far", 1, FAR),
        Meeting(service.url, "coming", 2, COMING),
    ]
    asyncio.run(synth.hold(meetings, asyncio.Event(), SECONDS))
    return {
        f"{meeting.name}/{caller.participant}": caller.result()
        for meeting in meetings
        for caller in meeting.callers
    }


@pytest.mark.parametrize("participant", ["caller-1", "caller-2"])
def test_reported_loss_is_the_truth(results: Results, participant: str) -> None:
    result = results[f"lossy/{participant}"]
    truth, reported = result["truth"]["in"], result["reported"]
    print(participant, truth, reported)
    assert truth["dropped"] > 0.05 * truth["sent"]  # there was something to report
    assert reported["packetsLost"] == pytest.approx(truth["dropped"], abs=1)
    # On a busy machine some packets wait in sockets when the last report is made.
    assert reported["packetsReceived"] == pytest.approx(truth["sent"] - truth["dropped"], abs=20)
    assert reported["lossIn"] * reported["expected"] == pytest.approx(truth["dropped"], abs=1.2)
    assert reported["expected"] > 0.9 * truth["sent"]


def test_what_one_sends_the_other_gets(results: Results) -> None:
    first, second = (results[f"lossy/caller-{number}"]["truth"] for number in (1, 2))
    for out, into in ((first["out"], second["in"]), (second["out"], first["in"])):
        # Each was counted at its own last tick, up to a second apart.
        assert into["sent"] == pytest.approx(out["sent"], abs=60)
        assert into["dropped"] == pytest.approx(out["dropped"], abs=8)


def test_every_tick_is_stored_once(results: Results, service: Service) -> None:
    for number in (1, 2):
        result = results[f"lossy/caller-{number}"]
        assert result["ticks"] >= SECONDS - 2
        assert result["through"] == result["ticks"] - 1
        series = get(
            f"{service.url}/api/meetings/lossy/participants/caller-{number}/series"
            f"?metrics=lossIn,download&points=500&session={result['sessionId']}"
        )
        assert series["tick"] == list(range(result["ticks"]))
        stored = [value for value in series["series"]["lossIn"] if value is not None]
        assert sum(stored) / len(stored) == pytest.approx(result["reported"]["lossIn"], abs=0.01)


def test_loss_is_felt_and_delay_is_seen(results: Results, service: Service) -> None:
    lossy, far = results["lossy/caller-1"], results["far/caller-1"]
    assert lossy["rating"] == "poor"
    assert lossy["score"] < far["score"]
    assert far["rating"] == "good"
    series = get(
        f"{service.url}/api/meetings/far/participants/caller-1/series?metrics=rtt&points=500"
    )
    rtts = [value for value in series["series"]["rtt"] if value is not None]
    assert rtts, "no round-trip time was stored"
    assert min(rtts) >= 0.099  # 50 ms each way; never less than the truth
    assert in_time(min(rtts), 0.13)


def test_a_lone_caller_has_a_far_end_nobody_measures(results: Results, service: Service) -> None:
    assert results["far/caller-1"]["truth"]["in"]["sent"] > 40 * (SECONDS - 4)
    meeting = get(f"{service.url}/api/meetings/far")
    assert [someone["participantId"] for someone in meeting["participants"]] == ["caller-1"]


def test_callers_label_whom_they_receive(results: Results, service: Service) -> None:
    """Once for all calls of the session: a caller's tracks keep their names."""
    for participant, other in (("caller-1", "caller-2"), ("caller-2", "caller-1")):
        found = get(f"{service.url}/api/meetings/coming/participants/{participant}/events")
        labels = [one for one in found["events"] if one["type"] == "label"]
        assert labels
        assert {(one["participant"], one["source"], one["track"]) for one in labels} == {
            (other, "microphone", f"{other}-audio")
        }
    found = get(f"{service.url}/api/meetings/far/participants/caller-1/events")
    assert not [one for one in found["events"] if one["type"] == "label"]


def test_who_comes_back_is_a_new_session_and_who_stays_is_not(
    results: Results, service: Service
) -> None:
    goer, stayer = results["coming/caller-1"], results["coming/caller-2"]
    assert len(goer["sessions"]) == 3
    assert len({session["sessionId"] for session in goer["sessions"]}) == 3
    assert len(stayer["sessions"]) == 1
    for session in goer["sessions"] + stayer["sessions"]:
        assert session["through"] == session["ticks"] - 1
        assert session["ended"] == "bye"

    def gone() -> bool:
        meeting = get(f"{service.url}/api/meetings/coming")
        sessions = [one for person in meeting["participants"] for one in person["sessions"]]
        return bool(sessions) and all(one["presence"] == "left" for one in sessions)

    until(gone, 5)
