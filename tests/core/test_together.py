"""Who is affected: everyone, several, one; and that it holds, whatever happens."""

from __future__ import annotations

from typing import Any

from callvitals import issue, kinds, together
from gathering import LOSS, SAID, T0, Meeting
from hypothesis import given, settings
from hypothesis import strategies as st


def test_everyone_is_half_of_those_present_and_three_at_least_within_five_seconds() -> None:
    m = Meeting("abcd")
    m.open("a", 10)
    assert m.one(11)["scope"] == "one"
    m.open("b", 12)
    assert m.one(12)["scope"] == "several"
    m.open("c", 15)
    said = m.one(15)
    assert (said["scope"], said["participants"], said["since"]) == (
        "everyone",
        ["a", "b", "c"],
        T0 + 10_000,
    )
    m.open("d", 14.5)
    said = m.one(16)
    assert said["participants"] == ["a", "b", "d", "c"]
    assert said["sentence"] == (
        "All 4 participants lose incoming packets: "
        "the trouble is at the service or on the common path."
    )
    assert said["fault"]["side"] == "path"


def test_six_seconds_apart_or_less_than_half_or_two_are_not_everyone() -> None:
    m = Meeting("abcd")
    for pid, since in zip("abcd", (10, 16, 22, 28), strict=True):
        m.open(pid, since)
    assert m.one(30)["scope"] == "several"
    assert m.one(30)["sentence"] == "All 4 participants lose incoming packets."
    m = Meeting("abcdefg")
    for pid in "abc":
        m.open(pid, 10)
    said = m.one(11)
    assert (said["scope"], said["sentence"]) == (
        "several",
        "Ann, Bob and Cleo lose incoming packets.",
    )
    m = Meeting("ab")
    m.open("a", 10)
    m.open("b", 10)
    assert m.one(11)["sentence"] == "Both participants lose incoming packets."
    assert m.one(11)["fault"]["side"] == "unknown"


def test_order_of_telling_does_not_matter_and_each_clock_counts_by_its_offset() -> None:
    m = Meeting("abc")
    m.offsets = {"a": 86_400_000 * 3, "b": -7_000, "c": 0}
    for pid, since in zip("cba", (13, 10, 11.5), strict=True):
        m.open(pid, since)
        m.at(20)
    said = m.one(20)
    assert (said["scope"], said["participants"]) == ("everyone", ["b", "a", "c"])
    assert said["since"] == T0 + 10_000
    m = Meeting("abc")
    m.offsets = {"a": 9_000}  # taken at its word the page would be nine seconds early
    for pid in "abc":
        m.open(pid, 10)
    m.offsets = {"a": 0}
    assert m.one(20)["scope"] == "several"


def test_an_onset_in_the_future_is_now() -> None:
    m = Meeting("abc")
    for pid in "abc":
        m.open(pid, 10**7)
    assert m.one(5)["since"] == T0 + 5000


def test_only_one_is_told_by_name_in_its_own_words() -> None:
    m = Meeting("abc")
    m.open("a", 10)
    assert m.one(11)["sentence"] == "Only Ann: " + SAID
    assert m.one(11)["fault"]["side"] == "unknown"  # nobody has said who sends what
    alone = Meeting("a")
    alone.open("a", 10)
    assert alone.one(11)["sentence"] == "Ann: " + SAID


def test_the_two_directions_are_two_troubles() -> None:
    m = Meeting("abc")
    m.open("a", 10)
    m.open("b", 10, direction="out")
    assert [(said["direction"], said["participants"]) for said in m.at(11)] == [
        ("in", ["a"]),
        ("out", ["b"]),
    ]


def test_closing_one_by_one_does_not_flap() -> None:
    m = Meeting("abcd")
    for pid in "abcd":
        m.open(pid, 10)
    assert m.one(11)["scope"] == "everyone"
    for second, pid in ((20, "a"), (22, "b"), (24, "c"), (26, "d")):
        m.close(pid)
        assert m.one(second)["scope"] == "everyone"
    m.open("a", 28)
    assert "until" not in m.one(28)
    m.close("a")
    said = m.one(29)
    assert (said["scope"], said["until"]) == ("everyone", T0 + 29_000)
    # b, c, d are let go of ten seconds after they closed; one alone is not everyone.
    assert m.due == T0 + 32_000
    assert m.one(33.9)["scope"] == "everyone"
    assert m.at(36) == []
    assert m.at(39) == []
    assert m.memory == {}
    assert m.due is None


def test_what_is_left_of_everyone_is_told_as_such_and_not_taken_back() -> None:
    m = Meeting("abcdef")
    for pid in "abcdef":
        m.open(pid, 10)
    assert m.one(11)["scope"] == "everyone"
    for pid in "cdef":
        m.close(pid)
    assert m.one(20)["scope"] == "everyone"
    said = m.one(30)
    assert (said["scope"], said["participants"]) == ("several", ["a", "b"])
    assert said["sentence"] == "Ann and Bob lose incoming packets."
    # Those who were well leave: what is left does not become everyone again.
    m.open("c", 31)
    for pid in "def":
        del m.docs[pid]
    assert m.one(32)["scope"] == "several"
    # A new moment does, with those who come to have it anew.
    for pid in "abc":
        m.close(pid)
    m.at(33)
    m.at(43)
    for pid in "abc":
        m.open(pid, 50)
    assert m.one(51)["scope"] == "everyone"


def test_who_left_does_not_count_and_changes_nothing_afterwards() -> None:
    m = Meeting("abcdefgh")
    for pid in "abc":
        m.open(pid, 10)
    assert m.one(11)["scope"] == "several"
    for pid in "defgh":
        del m.docs[pid]
    assert m.one(12)["scope"] == "several"  # five were well when it began
    m = Meeting("abcdefgh")
    for pid in "defgh":
        del m.docs[pid]
    for pid in "abc":
        m.open(pid, 10)
    assert m.one(11)["scope"] == "everyone"
    del m.docs["a"]
    assert m.one(12)["participants"] == ["b", "c"]
    assert m.one(12)["scope"] == "everyone"
    del m.docs["b"]
    assert m.one(13)["scope"] == "one"


def test_late_joiners() -> None:
    m = Meeting("abc")
    for pid in "defg":
        m.join(pid, "unknown")  # no verdict on them yet
    for pid in "abc":
        m.open(pid, 10)
    said = m.one(11)
    assert said["scope"] == "everyone"
    assert said["sentence"].startswith("All 3 participants")
    # They turn out well: three of seven that had it at once stay one trouble …
    for pid in "defg":
        m.docs[pid]["rating"] = "good"
    said = m.one(21)
    assert said["scope"] == "everyone"
    assert said["sentence"].startswith("Ann, Bob and Cleo lose")
    # … but three of thirteen do not.
    for pid in "hijklm":
        m.join(pid)
    assert m.one(22)["scope"] == "several"
    # Who joins into it has it, too.
    m = Meeting("abc")
    for pid in "abc":
        m.open(pid, 10)
    m.at(11)
    m.join("d", "unknown")
    m.open("d", 40)
    said = m.one(41)
    assert (said["scope"], said["participants"]) == ("everyone", ["a", "b", "c", "d"])


def test_two_tabs_are_one_participant() -> None:
    doc = {"rating": "good", "issues": {"i0": {**LOSS, "since": T0}}}
    other = {"rating": "good", "issues": {"i0": {**LOSS, "since": T0 + 2000}}}
    memory = together.fresh()
    people = {"a": together.person("Ann", [together.said(doc, 0), together.said(other, 0)])}
    people["b"] = together.person("Bob", [together.said({"rating": "good"}, 0)])
    (said,), _due = together.step(memory, people, T0 + 3000)
    assert (said["scope"], said["participants"], said["since"]) == ("one", ["a"], T0)


# -- whose fault --------------------------------------------------------------------------------


def test_every_kind_of_issue_has_words() -> None:
    for name in (rule[0] for rule in issue.RULES):
        found = {name, name + ":in", name + ":out"} & set(kinds.KINDS)
        assert found in ({name}, {name + ":in", name + ":out"}), name
    sides = (kinds.RECEIVED, kinds.SENT, kinds.SOURCE, kinds.DEVICE, kinds.PATH, kinds.OTHER)
    for kind, (about, many, one) in kinds.KINDS.items():
        assert about in sides, kind
        for words in (many, one):
            assert words.strip(" .") == words != "", kind
    assert set(kinds.SOUND + kinds.PICTURES + kinds.NETWORK) <= set(kinds.KINDS)


def test_a_silent_microphone_explains_no_frozen_picture() -> None:
    m = Meeting("abc", labels=True)
    m.open("a", 10, "silent-audio-source")
    m.open("b", 10, "frozen-video", participant="a")
    m.open("b", 10, "one-way-audio", direction="in", participant="a")
    found = {said["type"]: said["fault"]["side"] for said in m.at(11)}
    assert found["frozen-video"] == "path"
    assert found["one-way-audio"] == "sender"


def test_a_page_that_names_somebody_is_translated() -> None:
    m = Meeting("abc", labels=True)
    m.open("b", 10, participant="a", sentence="Losing 8.1 % of incoming packets from a.")
    assert m.one(11)["sentence"].startswith("Only Bob: Losing 8.1 % of incoming packets from Ann.")


def test_a_kind_nobody_knows() -> None:
    m = Meeting("abc")
    for pid in "abc":
        m.open(pid, 10, "lip-sync", sentence="")
    said = m.one(11)
    assert said["sentence"] == 'All 3 participants have the issue "lip sync".'
    assert said["fault"]["side"] == "unknown"


def test_what_makes_no_sense_is_left_out() -> None:
    name = "x" * 500 + "\ud800"
    docs: list[Any] = [
        None,
        [],
        {"issues": [1], "labels": 3, "rating": 7},
        {"issues": {"i0": None, "i1": {}, "i2": {"type": 3}, "i3": {"type": "x", "since": True}}},
        {"issues": {"i0": {"type": "x\ud800", "since": 5, "sentence": 4, "evidence": []}}},
        {"labels": {"t": 1, "u": {"participant": 3}}},
    ]
    people = {"p" * 600: together.person(name, [together.said(doc, 0) for doc in docs])}
    (said,), _due = together.step(together.fresh(), people, T0)
    assert said["since"] == 5
    assert len(said["sentence"]) < 200
    assert said["sentence"].isprintable()


MOVES = st.lists(
    st.tuples(
        st.integers(1, 4000),  # ms until it happens
        st.sampled_from("abcdef"),
        st.sampled_from(["open", "open", "close", "leave", "join"]),
        st.integers(0, 6000),  # how late it is told
    ),
    max_size=60,
)


def replay(moves: list[tuple[int, str, str, int]]) -> list[tuple[int, list[dict[str, Any]]]]:
    """The verdicts after each move, and at each time the verdict itself asked for."""
    m = Meeting("abcd")
    out = []
    t = 0
    for wait, pid, what, late in moves:
        while m.due is not None and m.due - T0 < t + wait:
            out.append((m.due, m.at((m.due - T0) / 1000)))
        t += wait
        if what == "join" and pid not in m.docs:
            m.join(pid)
        elif what == "leave":
            m.docs.pop(pid, None)
        elif what == "open" and pid in m.docs:
            m.docs[pid]["issues"].setdefault("high-loss", {**LOSS, "since": T0 + t - late})
        elif what == "close" and pid in m.docs:
            m.docs[pid]["issues"].pop("high-loss", None)
        out.append((T0 + t, m.at(t / 1000)))
    while m.due is not None:
        out.append((m.due, m.at((m.due - T0) / 1000)))
    return out


@settings(deadline=None, max_examples=150)
@given(MOVES)
def test_whatever_happens_the_verdict_holds(moves: list[tuple[int, str, str, int]]) -> None:
    """At most one line; who is in it is present; each time it becomes everyone there are three who
    came to have it in five seconds; and it does not become so again within seconds by itself."""
    was = ""
    for t, said in replay(moves):
        assert len(said) <= 1
        scope = said[0]["scope"] if said else ""
        if said:
            one = said[0]
            assert one["since"] <= t
            assert len(one["participants"]) == len(set(one["participants"]))
            assert (scope == "one") == (len(one["participants"]) == 1)
            if scope == "everyone" and was != "everyone":
                assert len(one["participants"]) >= 3
                assert t - one["since"] <= 60_000
        was = scope


@settings(deadline=None, max_examples=100)
@given(MOVES, st.integers(1, 20_000))
def test_asking_more_often_changes_nothing(
    moves: list[tuple[int, str, str, int]], more: int
) -> None:
    often = [*moves]
    for index in range(len(moves), 0, -3):  # questions in between
        often.insert(index, (0, "z", "close", 0))
    often.append((more, "z", "close", 0))
    last = dict(replay(moves))
    for t, said in replay(often):
        if t in last:
            assert said == last[t]
