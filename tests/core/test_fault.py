"""Whose fault it is, where labels tell who sends what; else it is unknown."""

from __future__ import annotations

from gathering import SAID, Meeting


def test_several_receivers_that_name_the_same_sender() -> None:
    m = Meeting("abcd", labels=True)
    for pid in "bc":
        m.open(pid, 10, participant="a")
    found = m.one(11)["fault"]
    assert (found["side"], found["participant"], found["confidence"]) == ("sender", "a", "medium")
    assert found["because"] == (
        "The trouble is on Ann's side: 2 receivers have it with Ann's streams alone."
    )
    m.open("d", 10, participant="a")
    said = m.one(12)
    assert said["fault"]["confidence"] == "high"
    assert said["sentence"] == (
        "Bob, Cleo and Dan lose incoming packets. The trouble is on Ann's side: "
        "3 receivers have it with Ann's streams alone."
    )


def test_the_senders_own_state_makes_it_sure() -> None:
    m = Meeting("abcd", labels=True)
    m.open("b", 10, participant="a")
    assert m.one(11)["fault"]["side"] == "path"  # Cleo and Dan receive Ann well
    m.open("a", 10, direction="out", sentence="Losing 9.0 % of outgoing packets.")
    by_direction = {said["direction"]: said["fault"] for said in m.at(12)}
    assert by_direction["in"]["side"] == "sender"
    assert by_direction["in"]["participant"] == "a"
    assert by_direction["in"]["confidence"] == "high"
    assert by_direction["in"]["because"] == (
        "The trouble is on Ann's side: Bob has it with Ann's streams alone, "
        "and Ann loses outgoing packets."
    )
    assert by_direction["out"]["side"] == "sender"


def test_a_busy_device_explains_pictures_but_not_lost_packets() -> None:
    m = Meeting("abc", labels=True)
    m.open("a", 10, "cpu-limited", sentence="CPU.")
    m.open("b", 10, "frozen-video", participant="a")
    m.open("c", 30, participant="a")
    found = {said["type"]: said["fault"] for said in m.at(31)}
    assert found["frozen-video"]["side"] == "sender"
    assert found["frozen-video"]["participant"] == "a"
    assert found["high-loss"]["side"] == "path"
    assert found["cpu-limited"] == {
        "side": "sender",
        "participant": "a",
        "confidence": "high",
        "because": "The trouble is on Ann's own device.",
    }


def test_one_receiver_that_has_it_with_several_senders() -> None:
    m = Meeting("abc", labels=True)
    m.open("b", 10)
    said = m.one(11)
    assert (said["fault"]["side"], said["fault"]["participant"]) == ("receiver", "b")
    assert said["fault"]["confidence"] == "high"
    assert said["sentence"] == (
        "Only Bob: " + SAID + " The trouble is on Bob's side: it is not one sender's "
        "streams alone, and Ann receives the same well."
    )


def test_one_receiver_and_one_sender_whom_nobody_else_receives() -> None:
    m = Meeting("ab", labels=True)
    m.open("b", 10)
    assert m.one(11)["fault"]["side"] == "unknown"
    m = Meeting("abc", labels=True)
    m.docs["c"]["labels"] = {}
    m.open("b", 10, participant="a")
    assert m.one(11)["fault"]["side"] == "unknown"
    # Between two it is known only where the sender's device says so itself.
    m = Meeting("ab", labels=True)
    m.open("b", 10, "frozen-video")
    m.open("a", 10, "bandwidth-limited")
    assert {said["fault"]["side"] for said in m.at(11)} == {"unknown"}
    m.open("a", 10, "cpu-limited")
    found = {said["type"]: said["fault"] for said in m.at(11)}
    assert (found["frozen-video"]["side"], found["frozen-video"]["participant"]) == ("sender", "a")


def test_receivers_that_name_different_senders_say_nothing() -> None:
    m = Meeting("abcd", labels=True)
    m.open("a", 10, participant="c")
    m.open("b", 40, participant="d")
    said = m.one(41)
    assert (said["scope"], said["fault"]["side"]) == ("several", "unknown")


def test_all_but_one_may_be_that_ones_fault() -> None:
    m = Meeting("abcd")
    for pid in "bcd":
        m.open(pid, 10)
    said = m.one(11)
    assert said["scope"] == "everyone"
    assert said["fault"]["side"] == "unknown"
    assert "what Ann sends" in said["fault"]["because"]
    labelled = Meeting("abcd", labels=True)
    for pid in "bcd":
        labelled.open(pid, 10)  # with several senders' streams, it says
    assert labelled.one(11)["fault"]["side"] == "path"


def test_a_named_sender_is_held_against_a_moment_of_silence() -> None:
    m = Meeting("abc", labels=True)
    for pid in "bc":
        m.open(pid, 10, participant="a")
    assert m.one(11)["fault"]["side"] == "sender"
    for pid in "bc":
        m.open(pid, 10)
    assert m.one(15)["fault"]["side"] == "sender"
    assert m.one(22)["fault"]["side"] == "unknown"  # everyone but Ann, with several senders


def test_an_outage_of_one_is_its_own_connection_and_of_all_the_common_path() -> None:
    m = Meeting("abc")
    m.open("a", 10, "outage", sentence="Nothing has arrived for 3 s: the network is down.")
    found = m.one(11)["fault"]
    assert (found["side"], found["participant"]) == ("receiver", "a")
    for pid in "bc":
        m.open(pid, 11, "outage")
    assert m.one(12)["fault"]["side"] == "path"
