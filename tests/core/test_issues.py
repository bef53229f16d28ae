"""Issues open and close at the right moment, and not without cause."""

from typing import Any

import pytest
from calls import Call
from callvitals import issue, session


class Story:
    """Feeds a call sample by sample and keeps what happened."""

    def __init__(self, call: Call, period: int = 1000) -> None:
        self.call = call
        self.period = period
        self.session = session.Session()
        self.events: list[tuple[int, dict[str, Any]]] = []

    def go(self, seconds: float, **facts: Any) -> int:
        """Sets facts of the call, runs on; gives the time at which the facts were set."""
        for name, value in facts.items():
            setattr(self.call, name, value)
        start = self.call.t
        for _ in range(int(seconds * 1000) // self.period):
            self.call.run(self.period)
            row = self.session.feed(self.call.entry())
            self.events += [(row["t"], event) for event in row["events"]]
        return start

    def of(self, what: str, name: str) -> list[tuple[int, dict[str, Any]]]:
        return [(t, e) for t, e in self.events if e["type"] == what and e["name"] == name]

    def names(self) -> set[str]:
        return {event["name"] for _t, event in self.events if event["type"] == "issue-open"}


@pytest.mark.parametrize("partial", [0, 300, 900])
@pytest.mark.parametrize("length", [6, 12])
@pytest.mark.parametrize("video", [True, False])
def test_an_outage_opens_and_closes_within_three_samples(
    video: bool, length: int, partial: int
) -> None:
    story = Story(Call(video=video, sends_video=video))
    story.go(20)
    story.call.run(partial)  # the outage begins between two samples
    began = story.go(length, down=True)
    ended = story.go(15, down=False)
    opened = story.of("issue-open", "outage")
    closed = story.of("issue-close", "outage")
    assert len(opened) == len(closed) == 1
    # Without video nobody answers at once: there a check must go unanswered (2.5 s apart).
    assert opened[0][0] - began <= (3000 if video else 4500)
    assert abs(opened[0][1]["since"] - began) <= 1000
    assert 0 < closed[0][0] - ended <= 3000
    assert story.names() == {"outage"}, "no high-loss on top of it"
    assert "Nothing has arrived for" in opened[0][1]["sentence"]


def test_the_score_falls_in_an_outage_though_nothing_is_counted_lost() -> None:
    story = Story(Call())
    story.go(20)
    assert story.session.state()["score"] >= 400
    story.go(8, down=True)
    assert story.session.state()["rating"] == "poor"
    assert story.session.state()["issues"]
    assert story.session.state()["sentence"]


@pytest.mark.parametrize("sends_video", [True, False])
def test_a_muted_far_end_is_no_outage(sends_video: bool) -> None:
    story = Story(Call(video=False, sends_video=sends_video))
    story.go(20)
    story.go(30, muted=True)
    story.go(5, muted=False)
    assert story.names() == set()


def test_a_far_end_that_left_is_no_outage() -> None:
    """Its connection is closed: nothing more is expected of it."""
    story = Story(Call())
    story.go(15)
    one = story.session
    call = story.call
    call.down = True
    closed = {"type": "pc", "pc": "0", "connectionState": "closed"}
    for _ in range(20):
        call.run(1000)
        row = one.feed(call.entry(closed))
        assert not [event for event in row["events"] if event["type"] == "issue-open"]


def test_reports_that_stop_coming_are_no_outage() -> None:
    story = Story(Call())
    story.go(15)
    for _ in range(20):
        story.call.run(1000)
        entry = story.call.entry()
        entry["reports"] = []
        row = story.session.feed(entry)
        assert not [event for event in row["events"] if event["type"] == "issue-open"]


def test_a_hole_in_the_samples_is_no_outage() -> None:
    """A suspended laptop: no reports for a minute, and then the call has ended."""
    story = Story(Call())
    story.go(15)
    story.call.down = True
    story.call.run(60000)
    row = story.session.feed(story.call.entry())
    assert not [event for event in row["events"] if event["type"] == "issue-open"]
    assert "download" not in row["values"], "a gap is a gap, never a slope"


@pytest.mark.parametrize("period", [1000, 2000, 5000])
def test_high_loss_opens_closes_and_grows_worse(period: int) -> None:
    story = Story(Call(), period)
    story.go(20)
    story.go(20, loss=0.08)
    story.go(20, loss=0.3)
    story.go(40, loss=0.0)
    opened = story.of("issue-open", "high-loss")
    closed = story.of("issue-close", "high-loss")
    assert len(opened) == len(closed) == 1
    assert closed[0][1]["severity"] == "major"
    assert closed[0][1]["since"] < closed[0][1]["until"]
    assert "incoming packets" in opened[0][1]["sentence"]
    worst = closed[0][1]["evidence"]["loss"]
    assert 2500 < worst < 3500, "what closes tells of the worst"
    assert closed[0][1]["sentence"].startswith("Lost up to ")


def test_little_loss_is_no_issue_and_hysteresis_holds() -> None:
    story = Story(Call())
    story.go(60, loss=0.02)
    assert story.names() == set()
    story.go(20, loss=0.08)
    story.go(60, loss=0.02)
    assert len(story.of("issue-open", "high-loss")) == 1
    assert not story.of("issue-close", "high-loss"), "2 % does not close what 8 % opened"


def test_frozen_video_opens_while_it_is_frozen_and_closes_after() -> None:
    story = Story(Call())
    story.go(15)
    began = story.go(5, stuck=True)
    assert story.of("issue-open", "frozen-video")[0][0] - began <= 3000
    frozen = story.session.state()["net"]["frozen"]
    assert frozen == 1000
    ended = story.go(10, stuck=False)
    assert story.of("issue-close", "frozen-video")[0][0] - ended <= 5000
    assert story.names() == {"frozen-video"}


def test_at_most_32_issues_stay_open_and_the_rest_is_counted() -> None:
    memory = session.memory.fresh()
    for i in range(40):
        memory["pcs"][str(i)] = session.events.pc_record(memory, str(i))
        memory["pcs"][str(i)]["setup"] = {"failed": "ice-failed", "since": 5000}
    now = session.moment.moment(memory, 10000, 1000)
    assert len(issue.judge(memory["issues"], now)) == 32
    assert len(memory["issues"]["open"]) == 32
    for _ in range(3):
        assert issue.judge(memory["issues"], now) == []
    assert memory["issues"]["beyond"] == 8, "counted once, however often it is looked at"
