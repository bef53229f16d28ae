"""The dashboard's list: calls that never started, the small line of the score, the time range."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from callvitals_server.answers import Answers, Window
from callvitals_server.history import History
from callvitals_server.live import Live
from callvitals_server.records import Saved, StorageError, Summary, Who
from callvitals_server.retention import recount
from callvitals_server.schema import meeting
from callvitals_server.watch import BadRequest, Watch, window_of

from .kit import T0, document

WHY = "The TURN server did not answer."


def lives(live: Live, meeting: str, **doc: Any) -> None:
    session = live.join(f"s-{meeting}", meeting, "ada", "Ada", 65536, T0)
    assert live.full(session, 0, document(**doc), T0)


def never_started() -> dict[str, Any]:
    """The state of somebody who could not get in: an issue and no score."""
    issue = {"type": "connect-failed", "severity": "major", "since": T0, "sentence": WHY}
    doc = document(rating="unknown", issues={"i0": {**issue, "evidence": {"why": "turn"}}})
    del doc["score"]
    return doc


async def test_calls_that_never_started_come_first_and_are_a_kind_of_their_own(
    tmp_path: Path,
) -> None:
    live, history = Live(), History(tmp_path)
    for name, score, rating in (("a", 432, "good"), ("b", 210, "poor")):
        lives(live, name, score=score, rating=rating)
    session = live.join("s-c", "c", "lin", "Lin", 65536, T0)
    assert live.full(session, 0, never_started(), T0)
    live.join("s-d", "d", "omar", "Omar", 65536, T0)  # nothing told yet: unknown, not failed
    answers = Answers(live, history, lambda: T0 + 1000)
    page = await answers.window(Window(True))
    assert [one["meetingId"] for one in page["items"]] == ["c", "b", "a", "d"]
    assert [one["failed"] for one in page["items"]] == [True, False, False, False]
    assert page["items"][0]["sentence"] == f"Lin: {WHY}"
    assert page["counts"] == {"poor": 1, "fair": 0, "good": 1, "unknown": 1, "failed": 1}
    failed = await answers.window(Window(True, rating="failed"))
    assert [one["meetingId"] for one in failed["items"]] == ["c"]
    assert failed["counts"] == page["counts"]
    unknown = await answers.window(Window(True, rating="unknown"))
    assert [one["meetingId"] for one in unknown["items"]] == ["d"]
    history.close()


async def test_the_list_has_the_scores_of_the_last_minutes(tmp_path: Path) -> None:
    live, history, now = Live(), History(tmp_path), T0
    answers = Answers(live, history, lambda: now)
    session = live.join("s", "m", "ada", "Ada", 65536, T0)
    for rev, score in enumerate((440, 215, 430)):
        now = T0 + 10_000 * rev
        live.full(session, rev, document(rev, score, "good"), now)
        page = await answers.window(Window(True))
    assert page["items"][0]["trend"] == [4.4, 2.15, 4.3]
    history.close()


async def test_ended_ones_by_kind_and_time(tmp_path: Path) -> None:
    live, history = Live(), History(tmp_path)
    said = [("a", "good", 430, ""), ("b", "unknown", None, WHY), ("c", "unknown", None, "")]
    for i, (name, rating, score, sentence) in enumerate(said):
        began = T0 + i * 60_000
        assert history.claim(Who(name * 32, name, "p"), 65537, False, began) is not None
        history.save(
            [Saved(name * 32, 65537, None, began)],
            [Summary(name, False, 1, score, rating, sentence, began + 1000)],
        )
    answers = Answers(live, history, lambda: T0 + 3_600_000)

    async def names(**asked: Any) -> list[str]:
        page = await answers.window(Window(False, **asked))
        assert page["total"] == len(page["items"])
        return [one["meetingId"] for one in page["items"]]

    assert await names() == ["c", "b", "a"]
    assert await names(rating="failed") == ["b"]
    assert await names(rating="unknown") == ["c"]
    assert await names(since=T0 + 2000) == ["c", "b"]
    assert await names(since=T0 + 2000, until=T0 + 60_000) == ["b"]
    counts = (await answers.window(Window(False)))["counts"]
    assert counts == {"poor": 0, "fair": 0, "good": 1, "unknown": 1, "failed": 1}
    history.close()


async def test_ended_ones_are_rated_by_what_they_came_to(tmp_path: Path) -> None:
    history = History(tmp_path)
    for name, rating, verdict in (("a", "poor", "good"), ("b", "good", "poor"), ("c", "fair", "")):
        assert history.claim(Who(name * 32, name, "p"), 65537, False, T0) is not None
        summed = Summary(name, False, 1, 300, rating, "", T0 + 1000)
        history.save([Saved(name * 32, 65537, None, T0)], [summed])
        if verdict:
            with history.engine.begin() as db:
                own = sa.update(meeting).where(meeting.c.meeting_id == name)
                db.execute(own.values(verdict=verdict))
                recount(db, {T0})
    answers = Answers(Live(), history, lambda: T0 + 3_600_000)

    async def rated(**asked: Any) -> list[tuple[str, str]]:
        page = await answers.window(Window(False, **asked))
        assert page["total"] == len(page["items"])
        counts = {kind: n for kind, n in page["counts"].items() if n}
        assert counts == {"good": 1, "poor": 1, "fair": 1}
        return [(one["meetingId"], one["rating"]) for one in page["items"]]

    every = [("c", "fair"), ("b", "poor"), ("a", "good")]
    for more in ({}, {"since": T0}):  # counted by day, and one by one
        assert await rated(**more) == every
        for name, kind in every:
            assert await rated(rating=kind, **more) == [(name, kind)]
    history.close()


@pytest.mark.parametrize("wrong", [-1, True, "today", 2**60, 1.5])
def test_a_time_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(BadRequest, match="since is a time"):
        window_of({"since": wrong})


async def test_each_answer_tells_which_question_it_answers(tmp_path: Path) -> None:
    live, history = Live(), History(tmp_path)
    lives(live, "a", score=432, rating="good")
    watch = Watch(Answers(live, history, lambda: T0), lambda *_: None)
    watch.connected("eve")
    watch.receive("eve", "list", {"n": 7, "live": True})
    (said,) = await watch.beat(T0)
    assert (said.event, said.data["n"], said.data["total"]) == ("list", 7, 1)
    watch.receive("eve", "list", {"n": 8, "live": True})  # the same rows, told again
    (said,) = await watch.beat(T0 + 250)
    assert (said.data["n"], said.data["total"]) == (8, 1)
    (said,) = watch.receive("eve", "list", {"n": 9, "search": 5})
    told = {name: said.data[name] for name in ("code", "event", "n")}
    assert told == {"code": "bad-request", "event": "list", "n": 9}
    history.close()


async def test_an_empty_list_ends_it(tmp_path: Path) -> None:
    live, history = Live(), History(tmp_path)
    watch = Watch(Answers(live, history, lambda: T0), lambda *_: None)
    watch.connected("eve")
    watch.receive("eve", "list", {"n": 1, "live": True})
    assert len(await watch.beat(T0)) == 1
    watch.receive("eve", "list", {})
    lives(live, "a", score=432, rating="good")
    assert await watch.beat(T0 + 250) == []
    history.close()


async def test_history_that_cannot_be_read_is_told_at_each_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(tmp_path)
    watch = Watch(Answers(Live(), history, lambda: T0), lambda *_: None)
    watch.connected("eve")

    def broken(*_: Any) -> Any:
        raise StorageError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(history, "ended_kinds", broken)
        for n in (1, 2):
            watch.receive("eve", "list", {"n": n, "live": False})
            (said,) = await watch.beat(T0 + n)
            assert said.event == "error"
            told = {name: said.data[name] for name in ("code", "event", "n")}
            assert told == {"code": "unavailable", "event": "list", "n": n}
    (said,) = await watch.beat(T0 + 6000)  # by itself, once it can be read again
    assert (said.event, said.data["n"]) == ("list", 2)
    history.close()
