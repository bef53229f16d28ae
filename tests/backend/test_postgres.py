"""The same stories on a real PostgreSQL server, and what only it can do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from callvitals_server.history import History
from callvitals_server.records import StorageError

from . import stories, stories_sealing
from .kit import T0
from .stores import Call, make, tend
from .test_migrations import differences

STEPS = ["chunk", "events", "minutes", "hours", "journal"]


@pytest.fixture
def open_(tmp_path: Path, database: str) -> Iterator[stories.Opened]:
    """Opens the test's history anew, as after a restart."""
    opened = stories.Opened(lambda **more: History(tmp_path, url=database, **more))
    yield opened
    opened.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", STEPS)
def test_a_death_at_any_step_loses_and_doubles_nothing(open_: stories.Opened, step: str) -> None:
    stories_sealing.a_death_at_any_step(open_, step)


def test_more_comes_between_a_death_and_the_next_run(open_: stories.Opened) -> None:
    stories_sealing.more_comes_after_a_death(open_)


def test_who_reads_while_it_is_sealed_sees_every_tick_once(open_: stories.Opened) -> None:
    stories_sealing.reading_meanwhile(open_)


def test_one_that_cannot_be_sealed_does_not_hold_up_the_others(open_: stories.Opened) -> None:
    stories_sealing.a_broken_journal(open_)


def test_hours_and_meetings_are_what_their_sessions_come_to(open_: stories.Opened) -> None:
    stories.hours_and_meetings(open_)


def test_a_meeting_may_come_again(open_: stories.Opened) -> None:
    stories.occurrences(open_)


def test_a_spike_is_there_at_every_zoom_and_level(open_: stories.Opened) -> None:
    stories.a_spike_at_every_zoom(open_)


def test_what_is_old_is_forgotten_level_by_level(open_: stories.Opened) -> None:
    stories.forgetting(open_)


def test_two_processes_seal_the_same_and_nothing_is_doubled(
    open_: stories.Opened, database: str, tmp_path: Path
) -> None:
    history, other = open_(), History(tmp_path, url=database)
    try:
        calls = [Call(f"{n:032d}", "m", f"p{n}") for n in range(3)]
        for call in calls:
            call.claim(history)
            call.store(history, make(range(1250)))
        # One has planned and written; the other does all of it; then the first goes on.
        first = True

        def meanwhile(step: str) -> None:
            nonlocal first
            if step == "chunk" and first:
                first = False
                assert other.tend(calls[0].end) == 0  # one process at a time tends a database,
                while other.sealer.run(calls[0].end):  # but nothing depends on it
                    pass

        history.sealer._step = meanwhile
        tend(history, calls[0].end)
        assert not first
        for call in calls:
            call.check_ticks(history)
            call.check_rollups(other)
    finally:
        other.close()


def test_a_claim_fences_the_other_process(
    open_: stories.Opened, database: str, tmp_path: Path
) -> None:
    history, other = open_(), History(tmp_path, url=database)
    try:
        assert history.secret == other.secret
        call = Call()
        call.claim(history)
        call.store(history, make(range(10)))
        call.claim(other)
        call.conn -= 1
        with pytest.raises(AssertionError):
            call.store(history, make(range(10, 20)))
        call.conn += 1
        call.through = 9
        call.store(other, make(range(10, 20)))
        call.rows = [*make(range(10)), *make(range(10, 20))]
        call.check_ticks(history)
        assert [row["started_at"] for row in history.occurrences("m")] == [T0]
    finally:
        other.close()


def test_its_schema_is_the_code_s(open_: stories.Opened) -> None:
    assert differences(open_().engine) == []


def test_it_is_upgraded_from_the_first_schema(database: str, tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    engine = sa.create_engine(sa.make_url(database).set(drivername="postgresql+psycopg"))
    config = Config()
    folder = Path(stories.__file__).parents[2] / "backend" / "callvitals_server" / "migrations"
    config.set_main_option("script_location", str(folder))
    with engine.begin() as db:
        config.attributes["connection"] = db
        command.upgrade(config, "1")
        db.execute(sa.text("INSERT INTO setting VALUES ('schema_version', '1'), ('secret', '00')"))
        meeting = "('m', 1, 2, false, 1, 400, 'good', '')"
        db.execute(sa.text(f"INSERT INTO meeting VALUES {meeting}"))
        db.execute(sa.text("DROP TABLE alembic_version"))
    history = History(tmp_path, url=database)
    assert differences(history.engine) == []
    assert [row["rating"] for row in history.ended()] == ["good"]
    assert history.ended_counts() == {"good": 1}
    assert history.secret == b"\0"
    call = Call()
    call.claim(history)
    call.store(history, make(range(650)))
    tend(history, call.end)
    call.check_ticks(history)
    history.close()
    engine.dispose()


def test_a_server_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        History(tmp_path, url="postgresql://u:secret@127.0.0.1:1/x")
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    with pytest.raises(StorageError, match="only postgresql"):
        History(tmp_path, url="mysql://127.0.0.1/x")
