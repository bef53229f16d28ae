"""One or all, on the service: the live model's verdict, its due times, REST and the dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from callvitals_server.answers import Answers
from callvitals_server.history import History
from callvitals_server.live import Live
from callvitals_server.records import Summary, Who
from hypothesis import given, settings
from hypothesis import strategies as st

from .kit import T0, document

SAID = "Losing 8.1 % of incoming packets."


def losing(since: int, **more: Any) -> dict[str, Any]:
    """The open issues of a state."""
    evidence = {"direction": "in", "loss": 812, **more}
    said = {"type": "high-loss", "severity": "major", "sentence": SAID, "evidence": evidence}
    return {"i0": {**said, "since": since}}


class Room:
    """A live model with one meeting, `m`."""

    def __init__(self, people: str) -> None:
        self.live = Live()
        self.rev = 0
        for who in people:
            self.live.join(f"s-{who}", "m", who, who.upper(), 65536, T0)
            self.tell(who, T0)

    def tell(self, who: str, now: int, offset: int = 0, **more: Any) -> None:
        session = self.live.sessions[f"s-{who}"]
        session.offset = offset
        self.rev += 1
        assert self.live.full(session, self.rev, document(**more), now)

    def issues(self, now: int) -> list[dict[str, Any]]:
        self.live.expire(now)
        self.live.refresh(now)
        return self.live.meetings["m"].issues


def test_everyone_over_a_meeting_by_the_services_clock() -> None:
    room = Room("abcd")
    assert room.issues(T0) == []
    offsets = {"a": 0, "b": 3_600_000, "c": -90_000_000}
    for who, offset in offsets.items():
        began = T0 + 30_000 - offset
        room.tell(who, T0 + 31_000, offset, score=210, rating="poor", issues=losing(began))
    (said,) = room.issues(T0 + 31_000)
    assert (said["scope"], said["participants"]) == ("everyone", ["a", "b", "c"])
    assert said["since"] == T0 + 30_000
    meeting = room.live.meetings["m"]
    assert meeting.headline.sentence == said["sentence"]
    assert said["sentence"].startswith("A, B and C lose incoming packets")


def test_the_sentence_names_the_one_who_suffers() -> None:
    room = Room("abc")
    room.tell("a", T0 + 1000, score=210, rating="poor", sentence=SAID, issues=losing(T0))
    room.tell("b", T0 + 1000, score=300, rating="poor", sentence="A low frame rate hurts.")
    room.issues(T0 + 1000)
    assert room.live.meetings["m"].headline.sentence == f"Only A: {SAID}"
    room.tell("a", T0 + 2000)
    room.issues(T0 + 2000)
    assert room.live.meetings["m"].headline.sentence == "B: A low frame rate hurts."


def test_what_is_minor_for_everyone_is_not_told_before_what_is_major_for_one() -> None:
    room = Room("abc")
    minor = {"i1": {"type": "relay-tcp", "severity": "minor", "since": T0, "sentence": "Relayed."}}
    for who in "abc":
        room.tell(who, T0, issues=minor)
    assert room.issues(T0)[0]["scope"] == "everyone"
    assert room.live.meetings["m"].headline.sentence == ""  # all is well
    both = {**minor, **losing(T0)}
    room.tell("b", T0, score=210, rating="poor", sentence=SAID, issues=both)
    assert [said["type"] for said in room.issues(T0)] == ["high-loss", "relay-tcp"]
    assert room.live.meetings["m"].headline.sentence == f"Only B: {SAID}"


def test_trouble_before_there_is_a_rating_is_told_too() -> None:
    room = Room("a")
    issues = {"i0": {"type": "no-permission", "severity": "major", "since": T0, "sentence": "No."}}
    room.tell("a", T0 + 1000, rating="unknown", issues=issues)
    room.issues(T0 + 1000)
    assert room.live.meetings["m"].headline.sentence == "A: No."


def test_a_meeting_that_never_got_going_keeps_why(tmp_path: Path) -> None:
    history = History(tmp_path)
    assert history.claim(Who("s" * 32, "m", "p"), 65537, False, T0) is not None
    history.save([], [Summary("m", True, 1, None, "unknown", "Only P: no camera.", T0)])
    history.save([], [Summary("m", False, 0, None, "unknown", "", T0 + 1)])
    (row,) = history.ended()
    history.close()
    assert (row["rating"], row["score"], row["sentence"]) == ("unknown", None, "Only P: no camera.")


def test_time_alone_brings_the_verdict_to_an_end() -> None:
    room = Room("abcd")
    for who in "abcd":
        room.tell(who, T0 + 1000, issues=losing(T0 + 1000))
    assert room.issues(T0 + 1000)[0]["scope"] == "everyone"
    for who in "abcd":
        room.tell(who, T0 + 5000)
    (said,) = room.issues(T0 + 5000)
    assert said["until"] == T0 + 5000
    live = room.live
    live.expire(T0 + 14_999)
    assert live.refresh(T0 + 14_999) == set()
    live.expire(T0 + 15_000)
    assert live.refresh(T0 + 15_000) == {"m"}
    assert live.meetings["m"].issues == []
    live.expire(T0 + 40_000)
    assert live.refresh(T0 + 40_000) == set()


def test_who_fell_silent_or_left_does_not_count() -> None:
    room = Room("abcdef")
    now = T0 + 61_000
    for who in "abc":
        room.tell(who, now, issues=losing(now))
    room.live.leave("s-d", 65536, now)
    # e and f have said nothing for a minute: nobody knows how they are.
    (said,) = room.issues(now)
    assert said["scope"] == "everyone"
    assert said["sentence"].startswith("All 3 participants")
    for who in "abc":
        room.live.leave(f"s-{who}", 65536, now + 1000)
    assert room.issues(now + 1000) == []


def test_two_sessions_of_a_participant_are_one() -> None:
    room = Room("ab")
    room.live.join("s-a2", "m", "a", "A", 65536, T0)
    room.live.full(room.live.sessions["s-a2"], 0, document(issues=losing(T0)), T0)
    room.tell("a", T0, issues=losing(T0))
    (said,) = room.issues(T0 + 1000)
    assert (said["scope"], said["participants"]) == ("one", ["a"])


def test_labels_tell_whose_fault_it_is() -> None:
    room = Room("abcd")
    for who in "abcd":
        others = [other for other in "abcd" if other != who]
        labels = {f"t-{other}": {"participant": other} for other in others}
        issues = losing(T0, participant="a") if who in "bc" else {}
        room.tell(who, T0, labels=labels, issues=issues)
    (said,) = room.issues(T0 + 1000)
    assert (said["fault"]["side"], said["fault"]["participant"]) == ("sender", "a")
    assert "A's streams alone" in said["sentence"]


def test_the_verdict_survives_a_restart() -> None:
    """Out of stored states alone: onsets are in them."""
    room = Room("abc")
    for who in "abc":
        room.tell(who, T0, issues=losing(T0))
    again = Live()
    for session in room.live.sessions.values():
        row = {
            "session_id": session.session_id,
            "meeting_id": "m",
            "participant_id": session.participant_id,
            "name": session.name,
            "conn": 65536,
            "last_at": T0,
            "began": T0,
            "started_at": T0,
            "offset": 0,
        }
        again.restore(row, session.state)
    again.refresh(T0 + 1000)
    assert again.meetings["m"].issues == room.issues(T0 + 1000)
    assert again.meetings["m"].issues[0]["scope"] == "everyone"


def test_whatever_a_page_writes_the_beat_goes_on() -> None:
    room = Room("ab")
    for bad in (
        {"issues": 3},
        {"issues": {"i0": 1, "i1": {"type": 1}, "i2": {"type": "x", "since": "now"}}},
        {"issues": {"i0": {"type": "x", "since": -(2**53), "evidence": 1}}, "labels": "all"},
        {"issues": {f"i{n}": {"type": f"t{n}", "since": n} for n in range(500)}, "rating": 1},
    ):
        room.tell("a", T0, **bad)
        assert len(room.issues(T0)) <= 64


async def test_rest_and_pushes_have_it(tmp_path: Path) -> None:
    """Both are composed here; an ended meeting has none open."""
    room = Room("abc")
    now = T0 + 1000
    for who in "abc":
        room.tell(who, now, score=210, rating="poor", issues=losing(now))
    history = History(tmp_path)
    answers = Answers(room.live, history, lambda: now)
    page = await answers.meeting("m", [])
    assert page is not None
    assert page["sentence"].startswith("All 3 participants lose incoming packets")
    assert page["issues"] == [
        {
            "type": "high-loss",
            "direction": "in",
            "scope": "everyone",
            "participants": ["a", "b", "c"],
            "present": 3,
            "since": now,
            "severity": "major",
            "sentence": page["sentence"],
            "fault": {
                "side": "path",
                "confidence": "high",
                "because": "The trouble is at the service or on the common path.",
            },
        }
    ]
    assert history.claim(Who("s" * 32, "old", "p"), 65537, False, T0) is not None
    history.save([], [Summary("old", False, 1, 210, "poor", "Only P: gone.", T0)])
    over = await answers.meeting("old")
    history.close()
    assert over is not None
    assert (over["issues"], over["sentence"]) == ([], "Only P: gone.")


MOVES = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.sampled_from(["sick", "sick", "well", "leave", "silent"]),
        st.integers(0, 20_000),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=60)
@given(MOVES)
def test_only_who_is_there_is_told_and_all_ends(moves: list[tuple[str, str, int]]) -> None:
    room = Room("abcdef")
    live = room.live
    now = T0
    for who, what, wait in moves:
        now += wait
        live.expire(now)
        if what == "leave" and f"s-{who}" in live.sessions:
            live.leave(f"s-{who}", 65536, now)
        elif what != "silent":
            if f"s-{who}" not in live.sessions:
                live.join(f"s-{who}", "m", who, who.upper(), 65536, now)
            room.tell(who, now, issues=losing(now) if what == "sick" else {})
        live.refresh(now)
        meeting = live.meetings.get("m")
        here = set() if meeting is None else set(meeting.participants)
        for said in meeting.issues if meeting is not None else ():
            assert set(said["participants"]) <= here
            for pid in said["participants"]:
                assert live.sessions[f"s-{pid}"].presence(now) == "live"
            assert len(said["participants"]) <= said["present"] <= len(here)
    for wait in (0, 61_000, 11_000, 300_000):
        now += wait
        live.expire(now)
        live.refresh(now)
        assert wait < 61_000 or "m" not in live.meetings or live.meetings["m"].issues == []
    assert live.meetings == {}
    assert live._timed == {}
