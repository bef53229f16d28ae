"""What crosses on its way: commits that fail, claims that overtake, tokens that come late."""

from __future__ import annotations

from typing import Any

import pytest
from callvitals import wire
from callvitals_server.handshake import Refusal

from .desk import AUTH, SESSION, Desk, delta, full
from .kit import log


def beacon(desk: Desk, conn: int, **data: Any) -> None:
    """`POST /ingest/last` whose claim was granted; what follows comes when `desk` says so."""
    shake, trusted = desk.ingest.admit({**AUTH, "conn": conn}, None)
    claim = desk.history.claim(shake.who, shake.conn, trusted, desk.now)
    assert claim is not None
    desk.waiting = lambda: desk.ingest.last(shake, claim, data, desk.now)


def test_pieces_behind_a_refused_one_cost_nobody_the_session(desk: Desk) -> None:
    desk.connect()
    desk.say(full(log=log(0, 1)))
    refused, desk.pieces[:] = list(desk.pieces), []
    desk.say(delta(1, log=log(2, 3)))  # comes while the disk is about to refuse
    assert desk.ingest.committed(refused, None) == []
    # The disk is well again: what stands alone cannot be stored, and the page is not to blame.
    assert desk.commit() == []
    assert desk.ticks() == []
    assert desk.connect("b", conn=65538)["through"] == -1
    desk.say(full(conn=65538, log=log(0, 3)), sid="b")
    assert [r.data["through"] for r in desk.commit()] == [3]
    assert desk.ticks() == [0, 1, 2, 3]


def test_a_token_that_came_with_a_refused_log_counts(desk: Desk) -> None:
    token = desk.connect()["sessionToken"]
    (error,) = desk.say(full(sessionToken=token, offset=7, log=log(5, 6)))
    assert error.data["code"] == "out-of-order"
    assert desk.say(delta(1, log=log(0, 1))) == []
    desk.commit()
    with pytest.raises(Refusal) as refused:
        desk.connect("b", conn=65538)
    assert refused.value.code == "bad-token"
    row = desk.history.session(SESSION)
    assert row is not None
    assert row["offset"] == 7


def test_an_offset_without_a_token_proves_nothing(desk: Desk) -> None:
    desk.connect()
    desk.say(full(offset=7, log=log(0, 1)))
    desk.commit()
    assert desk.connect("b", conn=65538)["through"] == 1


def test_the_former_offset_is_told(desk: Desk) -> None:
    assert "offset" not in desk.connect()
    desk.say(full(offset=-1234, log=log(0, 1)))
    desk.commit()
    assert desk.connect("b", conn=131073)["offset"] == -1234
    (row,) = desk.history.journal(SESSION)
    assert row["offset"] == -1234


def test_a_page_that_came_back_before_its_beacon_keeps_its_session(desk: Desk) -> None:
    desk.connect()
    desk.say(full(log=log(0, 1)))
    desk.commit()
    beacon(desk, 131072, log=log(2, 3))
    desk.connect("b", conn=196609)
    with pytest.raises(Refusal) as refused:
        desk.waiting()
    assert refused.value.code == "superseded"
    assert desk.say(full(conn=196609, log=log(2, 3)), sid="b") == []
    assert [(r.sid, r.event, r.data["through"]) for r in desk.commit()] == [("b", "stored", 3)]
    assert desk.ticks() == [0, 1, 2, 3]


def test_a_beacon_and_its_socket_tell_the_same_rows(desk: Desk) -> None:
    desk.connect()
    desk.say(full(log=log(0, 3)))
    desk.commit()
    desk.say(delta(1, log=log(4, 5)))  # stored, but `stored` will not reach the page
    desk.commit()
    beacon(desk, 131072, log=log(4, 7), last=8)
    (told,) = desk.waiting()
    assert (told.sid, told.data["code"], told.close) == ("a", "superseded", True)
    assert desk.say(delta(2, log=log(6, 7))) == []  # the old socket is over
    desk.commit()
    assert desk.ticks() == list(range(8))
    assert [(g["first"], g["last"]) for g in desk.history.gaps(SESSION)] == [(8, 8)]
    row = desk.history.session(SESSION)
    assert row is not None
    assert (row["through"], row["left"]) == (8, True)


def test_rows_after_bye_are_not_stored_twice_nor_lost(desk: Desk) -> None:
    desk.connect()
    desk.say(full(log=log(0, 1)))
    desk.say({"conn": 65537, "last": 3}, "bye")
    assert desk.say(delta(1, log=log(1, 3))) == []  # on their way already, as a gap
    assert desk.say(delta(2, log=log(4, 5))) == []
    desk.commit()
    assert desk.ticks() == [0, 1, 4, 5]
    assert [(g["first"], g["last"]) for g in desk.history.gaps(SESSION)] == [(2, 3)]


def test_an_older_socket_that_goes_takes_nothing_with_it(desk: Desk) -> None:
    desk.connect()
    desk.connect("b", conn=65538)
    desk.ingest.disconnected("a")
    assert desk.say(full(conn=65538, log=log(0, 1)), sid="b") == []
    assert [(r.sid, r.event) for r in desk.commit()] == [("b", "stored")]
    assert desk.ingest.live.sessions[SESSION].presence(desk.now) == "live"


def test_an_expired_session_asks_for_its_state_and_goes_on(desk: Desk) -> None:
    desk.connect()
    desk.say(full(log=log(0, 1)))
    desk.commit()
    desk.now += 301_000
    for _ in range(2):  # silent ones are lost first, then forgotten
        desk.ingest.live.expire(desk.now)
    assert desk.ingest.live.sessions == {}
    (ask,) = desk.say(delta(1, log=log(2, 2)))
    assert (ask.event, ask.data) == ("resync", {"conn": 65537})
    assert desk.say(full(rev=2)) == []
    assert [r.data["through"] for r in desk.commit()] == [2]


def test_gaps_and_rows_in_one_commit(desk: Desk) -> None:
    desk.connect()
    desk.say(full(log=wire.gap_log(3, 3)))
    desk.say(delta(1, log=log(1, 4)))  # what was given up comes after all, with more
    desk.commit()
    assert desk.ticks() == [3, 4]
    assert [(g["first"], g["last"]) for g in desk.history.gaps(SESSION)] == [(0, 2)]
