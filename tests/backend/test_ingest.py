"""The wire's rules, without a socket: what is refused, what is stored, what is answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from callvitals import state, wire
from callvitals_server.handshake import Refusal, parse

from .desk import AUTH, SESSION, Desk, delta, full
from .kit import document, log


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"protocol": 2}, "bad-protocol"),
        ({"protocol": True}, "bad-protocol"),
        ({"protocol": None}, "bad-protocol"),
        ({"sessionId": "short"}, "bad-request"),
        ({"sessionId": ["x" * 32]}, "bad-request"),
        ({"sessionId": "'; DROP TABLE session; --"}, "bad-request"),
        ({"meetingId": ""}, "bad-request"),
        ({"meetingId": 7}, "bad-request"),
        ({"meetingId": "x" * 513}, "bad-request"),
        ({"meetingId": "a\0b"}, "bad-request"),
        ({"participantId": {}}, "bad-request"),
        ({"conn": -1}, "bad-request"),
        ({"conn": 2**60}, "bad-request"),
        ({"conn": 1.5}, "bad-request"),
        ({"conn": True}, "bad-request"),
        ({"name": 5}, "bad-request"),
        ({"meta": [1]}, "bad-request"),
        ({"meta": {"a": {"b": {"c": 1}}}}, "bad-request"),
        ({"meta": {"a": 0.5}}, "bad-request"),
        ({"meta": {"a": "x" * 5000}}, "bad-request"),
        ({"sessionToken": "nonsense"}, "bad-token"),
    ],
)
def test_a_bad_handshake_is_refused(desk: Desk, change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        desk.connect(**change)
    assert refused.value.data["code"] == code
    assert desk.ingest.counts == {code: 1}
    assert not desk.ingest.live.sessions


@pytest.mark.parametrize("auth", [None, [], "x", 5, {}])
def test_an_auth_that_is_none(desk: Desk, auth: Any) -> None:
    with pytest.raises(Refusal):
        desk.ingest.admit(auth, None)


def test_keys_and_origins(tmp_path: Path) -> None:
    desk = Desk(tmp_path, keys="k1,k2", origins="https://a.example,https://*.b.example")
    for origin, key, code in [
        (None, "k2", None),
        ("https://a.example", "k1", None),
        ("https://x.b.example", "k1", None),
        ("https://b.example.evil", "k1", "bad-origin"),
        ("http://x.b.example", "k1", "bad-origin"),
        (None, "k3", "bad-key"),
        (None, "", "bad-key"),
    ]:
        try:
            desk.ingest.admit({**AUTH, "key": key}, origin)
            seen = None
        except Refusal as refusal:
            seen = refusal.code
        assert seen == code
    desk.history.close()


def test_a_participant_without_id_is_made(desk: Desk) -> None:
    who = parse({**AUTH, "participantId": None}).who
    assert who.participant_id.startswith("anon-")
    assert who == parse({k: v for k, v in AUTH.items() if k != "participantId"}).who


BAD_MESSAGES: list[tuple[Any, str]] = [
    (None, "bad-message"),
    ([], "bad-message"),
    ("x" * 1_000_000, "bad-message"),
    ({}, "bad-message"),
    ({"conn": 65537}, "bad-message"),
    (full(conn=65536), "bad-message"),
    (full(conn=65537.0), "bad-message"),
    (full(rev=-1), "bad-message"),
    (full(rev=True), "bad-message"),
    (full(rev=2**70), "bad-message"),
    (full(isFullState=1), "bad-message"),
    (full(metrics=None), "bad-state"),
    (full(metrics=[]), "bad-state"),
    (full(metrics={"a": None}), "bad-state"),
    (full(metrics={"a": 0.5}), "bad-state"),
    (full(metrics={"a": float("nan")}), "bad-state"),
    (full(metrics={"a": 2**53}), "bad-state"),
    (full(metrics={"a": [1]}), "bad-state"),
    (full(metrics={"a": {"b": {"c": {"d": {}}}}}), "bad-state"),
    (full(metrics={"a": "x" * 140_000}), "too-large"),
    (full(sessionToken="wrong"), "bad-token"),
    (full(sessionToken=5), "bad-token"),
    (full(offset="x"), "bad-message"),
    (full(offset=1.5), "bad-message"),
    (delta(1, check=None), "bad-message"),
    (delta(1, check="1"), "bad-message"),
    (delta(1, metrics={"a": 1.0}), "bad-state"),
    (full(log=[]), "bad-log"),
    (full(log={}), "bad-log"),
    (full(log={**log(0, 1), "cols": {}}), "bad-log"),
    (full(log={**log(0, 1), "to": 10**9}), "bad-log"),
    (full(log={**log(0, 1), "lost": -1}), "bad-log"),
    (full(log={**log(0, 1), "events": [{"tick": 5, "type": "x"}]}), "bad-log"),
    (full(log={**log(0, 0), "cols": {"t": {"at": [[0, 1]], "d": [1.5]}}}), "bad-log"),
    (full(log={**log(0, 0), "cols": {"t": {"at": [[0, 1]], "d": [2**80]}}}), "bad-log"),
    (full(log=log(5, 6)), "out-of-order"),
]


@pytest.mark.parametrize(("data", "code"), BAD_MESSAGES)
def test_a_bad_message_is_answered_and_harms_nobody(desk: Desk, data: Any, code: str) -> None:
    desk.connect()
    replies = desk.say(data)
    assert [(r.event, r.data["code"], r.close) for r in replies] == [("error", code, False)]
    assert desk.ingest.counts[code] == 1
    assert desk.pieces == []
    assert desk.commit() == []
    # The session goes on as if nothing had been said.
    assert desk.say(full(rev=10, log=log(0, 1))) == []
    assert [r.data for r in desk.commit()] == [{"conn": 65537, "through": 1}]
    assert desk.ticks() == [0, 1]


@pytest.mark.parametrize("event", ["nonsense", "meeting:reports", "malformed", "hello"])
def test_an_unknown_event(desk: Desk, event: str) -> None:
    desk.connect()
    (reply,) = desk.say({}, event)
    expected = "bad-message" if event == "malformed" else "unknown-event"
    assert reply.data["code"] == expected


def test_nested_without_end(desk: Desk) -> None:
    desk.connect()
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert desk.say(full(metrics=deep))[0].data["code"] == "bad-state"


def test_a_flood_is_told_to_wait(desk: Desk) -> None:
    desk.connect()
    desk.say(full())
    events = [r.event for rev in range(1, 200) for r in desk.say(delta(rev))]
    assert set(events) == {"busy"}
    assert desk.ingest.counts["too-many"] == len(events) > 50
    desk.now += 5000
    assert [r.event for r in desk.say(delta(500))] == ["resync"]


def test_rows_are_stored_once_whatever_overlaps(desk: Desk) -> None:
    desk.connect()
    assert desk.say(full(log=log(0, 3))) == []
    assert desk.say(delta(1, log=log(2, 5))) == []  # before the commit
    assert [r.data["through"] for r in desk.commit()] == [5]
    assert desk.say(delta(2, log=log(4, 5)))[0].data == {"conn": 65537, "through": 5}
    assert desk.say(delta(3, log=log(0, 7))) == []
    desk.commit()
    assert desk.ticks() == list(range(8))


def test_a_declared_hole_is_a_gap(desk: Desk) -> None:
    desk.connect()
    desk.say(full(log=log(0, 1)))
    (refused,) = desk.say(delta(1, log=log(5, 6, lost=2)))
    assert (refused.data["code"], refused.data["through"]) == ("out-of-order", -1)
    desk.commit()
    (refused,) = desk.say(delta(2, log=log(5, 6)))
    assert (refused.data["code"], refused.data["through"]) == ("out-of-order", 1)
    assert desk.say(delta(3, log=log(5, 6, lost=3))) == []
    assert desk.say(delta(4, log=wire.gap_log(9, 2))) == []
    assert [r.data["through"] for r in desk.commit()] == [8]
    assert desk.ticks() == [0, 1, 5, 6]
    holes = [(g["first"], g["last"]) for g in desk.history.gaps(SESSION)]
    assert holes == [(2, 4), (7, 8)]
    # What was declared lost and comes after all is dropped.
    assert desk.say(delta(5, log=log(2, 4)))[0].event == "stored"


def test_bye_closes_the_account(desk: Desk) -> None:
    desk.connect()
    desk.say(full(log=log(0, 1)))
    assert desk.say({"conn": 65537, "last": 4}, "bye") == []
    desk.commit()
    row = desk.history.session(SESSION)
    assert row is not None
    assert (row["through"], row["left"]) == (4, True)
    assert [(g["first"], g["last"]) for g in desk.history.gaps(SESSION)] == [(2, 4)]
    assert desk.connect("b", conn=65538)["through"] == 4
    row = desk.history.session(SESSION)
    assert row is not None
    assert not row["left"]


def test_claims_are_fenced_by_conn(desk: Desk) -> None:
    desk.connect()
    for conn in (65536, 65537):
        with pytest.raises(Refusal) as refused:
            desk.connect("b", conn=conn)
        assert refused.value.code == "superseded"
    for change in ({"meetingId": "other"}, {"participantId": "other"}):
        with pytest.raises(Refusal) as refused:
            desk.connect("b", conn=65540, **change)
        assert refused.value.code == "bad-request"
    desk.say(full(log=log(0, 1)))  # on its way when the next owner claims
    shake, trusted = desk.ingest.admit({**AUTH, "conn": 131072}, None)
    claim = desk.history.claim(shake.who, shake.conn, trusted, desk.now)
    assert claim is not None
    assert [(r.data["code"], r.close) for r in desk.commit()] == [("superseded", True)]
    assert desk.ticks() == []
    assert desk.say(delta(1, log=log(0, 1))) == []  # that socket is over


def test_the_token_is_asked_for_once_it_was_seen(desk: Desk) -> None:
    token = desk.connect()["sessionToken"]
    assert desk.connect(conn=65538)["sessionToken"] == token
    desk.say(full(conn=65538, sessionToken=token, offset=7))
    desk.commit()
    with pytest.raises(Refusal) as refused:
        desk.connect(conn=65539)
    assert refused.value.code == "bad-token"
    assert desk.connect(conn=65539, sessionToken=token)["through"] == -1


def test_a_disk_that_refuses_stops_stored_and_nothing_else(desk: Desk) -> None:
    desk.connect()
    desk.say(full(log=log(0, 1)))
    assert desk.commit(fails=True) == []
    newer = document(5, 200, "poor")
    patch = state.diff(document(), newer)
    said = delta(1, metrics=patch, check=state.check(newer), log=log(2, 3))
    assert desk.say(said) == []
    assert desk.pieces == []
    session = desk.ingest.live.sessions[SESSION]
    assert session.state == newer
    # The page connects anew, as it does when nothing is stored, and goes on where the disk is.
    assert desk.connect("b", conn=65538)["through"] == -1
    desk.ingest.receive("b", "meeting:metrics", [full(conn=65538, log=log(0, 3))], desk.now)
    assert [r.data["through"] for r in desk.commit()] == [3]
    assert desk.ticks() == [0, 1, 2, 3]


def test_one_lost_session_takes_no_other_with_it(desk: Desk) -> None:
    other = "f" * 32
    desk.connect()
    desk.connect("b", sessionId=other, participantId="q")
    desk.say(full(log=log(0, 1)))
    desk.say(full(log=log(0, 2)), sid="b")
    shake, trusted = desk.ingest.admit({**AUTH, "conn": 131072}, None)
    assert desk.history.claim(shake.who, shake.conn, trusted, desk.now) is not None
    replies = desk.commit()
    assert {r.sid: r.event for r in replies} == {"a": "error", "b": "stored"}
    assert desk.ticks() == []
    assert [(r["first"], r["last"]) for r in desk.history.journal(other)] == [(0, 2)]
