"""The live model: presence follows from silence, headlines from the worst, beats stay cheap."""

from __future__ import annotations

from pathlib import Path

import pytest
from callvitals import state, wire
from callvitals_server.history import History, state_of
from callvitals_server.live import Live
from callvitals_server.model import Headline, Session
from callvitals_server.records import Saved, StorageError, Summary, Who
from callvitals_server.service import Service
from callvitals_server.settings import Settings

from .kit import T0, document


def join(live: Live, session: str, meeting: str = "m", who: str = "p", at: int = 0) -> Session:
    return live.join(session, meeting, who, who.title(), 65536, T0 + at)


def test_presence_follows_from_silence() -> None:
    live = Live()
    session = join(live, "s")
    live.full(session, 0, document(), T0)
    seen = []
    for seconds in range(0, 400, 10):
        live.expire(T0 + seconds * 1000)
        changed = live.refresh(T0 + seconds * 1000)
        if changed:
            here = live.meetings.get("m")
            seen.append((seconds, here.headline.rating if here else None))
    assert seen == [(0, "good"), (60, "unknown"), (300, None)]
    assert not live.sessions
    gone, meetings = live.take_unsaved()
    assert [s.session_id for s in gone] == ["s"]
    assert [(m.meeting_id, active) for m, active in meetings] == [("m", False)]


def test_a_return_revives() -> None:
    live = Live()
    session = join(live, "s")
    live.full(session, 0, document(), T0)
    live.expire(T0 + 61_000)
    live.refresh(T0 + 61_000)
    assert session.presence(T0 + 61_000) == "lost"
    live.hear("s", T0 + 62_000)
    live.refresh(T0 + 62_000)
    assert live.meetings["m"].headline.rating == "good"
    live.leave("s", 65536, T0 + 63_000)
    live.refresh(T0 + 63_000)
    assert (session.presence(T0 + 63_000), live.ordered()) == ("left", [])
    join(live, "s", at=64_000)
    live.refresh(T0 + 64_000)
    assert session.presence(T0 + 64_000) == "live"
    assert [m.meeting_id for m in live.ordered()] == ["m"]


def test_an_older_connection_cannot_leave() -> None:
    live = Live()
    session = join(live, "s")
    live.leave("s", 65535, T0)
    assert not session.left


def test_the_headline_is_the_worst_live_session() -> None:
    live = Live()
    for index, (who, score, rating) in enumerate(
        [("ada", 430, "good"), ("ada", 210, "poor"), ("bob", 350, "fair")]
    ):
        session = join(live, f"s{index}", who=who)
        live.full(session, 0, document(score=score, rating=rating, sentence="loss"), T0)
    live.refresh(T0)
    assert live.meetings["m"].headline == Headline("poor", 210, "Ada: loss")
    live.leave("s1", 65536, T0)
    live.refresh(T0)
    assert live.meetings["m"].headline == Headline("fair", 350, "Bob: loss")
    assert live.meetings["m"].present == 2


def test_lists_are_worst_first_and_searched() -> None:
    live = Live()
    scores = {"a": (430, "good"), "b": (210, "poor"), "c": (220, "poor"), "d": (350, "fair")}
    for name, (score, rating) in scores.items():
        live.full(join(live, name, name, f"who-{name}"), 0, document(0, score, rating), T0)
    join(live, "e", "e")
    live.refresh(T0)
    assert [m.meeting_id for m in live.ordered()] == ["b", "c", "d", "a", "e"]
    assert live.counts() == {"poor": 2, "fair": 1, "good": 1, "unknown": 1}
    assert [m.meeting_id for m in live.matching(search="WHO-C")] == ["c"]
    assert [m.meeting_id for m in live.matching(rating="poor")] == ["b", "c"]


def test_a_delta_needs_the_state_before_it() -> None:
    live = Live()
    session = join(live, "s")
    old, new = document(0), document(1, 300, "poor")
    patch, check = state.diff(old, new), state.check(new)
    assert not live.delta(session, 0, patch, check, T0)
    assert live.full(session, 0, old, T0)
    assert not live.full(session, 0, old, T0)
    assert not live.delta(session, 2, patch, check, T0)
    assert not live.delta(session, 1, patch, check + 1, T0)
    assert not live.delta(session, 1, patch, check, T0)  # what failed its check is not built upon
    assert live.full(session, 5, old, T0)
    assert live.delta(session, 6, patch, check, T0)
    assert session.state == new


def test_a_state_must_not_grow_beyond_its_limit() -> None:
    live = Live()
    session = join(live, "s")
    doc = document(labels={f"k{i}": "x" * 1000 for i in range(100)})
    live.full(session, 0, doc, T0)
    bigger = document(labels={f"k{i}": "x" * 1000 for i in range(140)})
    with pytest.raises(wire.WireError, match="128 kB"):
        live.delta(session, 1, state.diff(doc, bigger), state.check(bigger), T0)
    assert not live.delta(session, 2, {}, state.check(doc), T0)


def test_a_beat_looks_only_at_what_changed() -> None:
    live = Live()
    sessions = [join(live, f"s{i}", f"m{i}") for i in range(3000)]
    for session in sessions:
        live.full(session, 0, document(), T0)
    assert len(live.refresh(T0)) == 3000
    live.full(sessions[7], 1, document(1, 200, "poor"), T0 + 1000)
    live.expire(T0 + 2000)
    assert live.refresh(T0 + 2000) == {"m7"}
    assert live.refresh(T0 + 2250) == set()
    assert [s.session_id for s in live.take_unsaved()[0]].count("s7") == 1
    assert live.take_unsaved() == ([], [])


async def test_what_ends_while_the_disk_refuses_is_saved_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = T0
    service = Service(Settings(data=tmp_path), lambda: now)
    saving = service.history.save

    def refuse(*_: object) -> None:
        raise StorageError("no room")

    claim = await service.writer.claim(Who("s" * 32, "m", "p"), 65537, True)
    assert claim is not None
    session = service.live.join("s" * 32, "m", "p", "", 65537, now)
    service.live.full(session, 0, document(7, 222, "poor"), now)
    monkeypatch.setattr(service.history, "save", refuse)
    for seconds in (1, 301, 302):  # it ends, unsaved
        now = T0 + seconds * 1000
        await service._beat()
        await service._save()
    assert service.live.sessions == {}
    assert service.writer.trouble == "no room"
    assert service.history.ended() == []
    monkeypatch.setattr(service.history, "save", saving)
    await service._save()
    assert service.writer.trouble is None
    assert [row["score"] for row in service.history.ended()] == [222]
    kept = service.history.session("s" * 32)
    assert kept is not None
    assert state_of(kept) == document(7, 222, "poor")
    await service.close()


def test_after_a_restart_silence_goes_on_counting(tmp_path: Path) -> None:
    history = History(tmp_path)
    for name in ("a", "b"):
        assert history.claim(Who(name * 32, name, "p"), 65537, False, T0) is not None
    old = Summary("a", True, 1, 400, "good", "", T0)
    history.save([Saved("a" * 32, 65537, wire.text(document()), T0)], [old])
    history.save([Saved("b" * 32, 65537, None, T0 + 200_000)], [])
    live = Live()
    for row in history.recover(T0 + 250_000):
        live.restore(row, state_of(row) or None)
    presence = {s.meeting_id: s.presence(T0 + 250_000) for s in live.sessions.values()}
    assert presence == {"a": "lost", "b": "live"}
    live.expire(T0 + 300_000)
    live.expire(T0 + 300_001)
    assert {s.meeting_id for s in live.sessions.values()} == {"b"}
    assert history.recover(T0 + 500_000) == []
    assert [row["meeting_id"] for row in history.ended()] == ["b", "a"]
    # Who connects and says nothing yet keeps what it said before.
    history.save([Saved("a" * 32, 65537, None, T0)], [])
    kept = history.session("a" * 32)
    assert kept is not None
    assert state_of(kept) == document()
    history.close()


@pytest.mark.parametrize(("sync", "level"), [("normal", 1), ("full", 2)])
def test_how_sure_a_commit_is(tmp_path: Path, sync: str, level: int) -> None:
    history = History(tmp_path, sync)
    with history.engine.connect() as db:
        assert db.exec_driver_sql("PRAGMA synchronous").scalar() == level
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    history.close()
