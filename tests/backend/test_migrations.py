"""Histories of earlier releases become one of this; later ones are refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from callvitals_server import schema
from callvitals_server.charts import chart
from callvitals_server.history import History
from callvitals_server.records import StorageError

from .stores import tend

FIXTURES = Path(__file__).parents[1] / "data" / "history"
DAY = 86_400_000


# One of every release whose schema was another: add the one that a release freezes.
@pytest.fixture(params=["schema-1"])
def old(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A data folder as an earlier release left it."""
    with sqlite3.connect(tmp_path / "callvitals.db") as db:
        db.executescript((FIXTURES / f"{request.param}.sql").read_text())
    db.close()
    return tmp_path


@pytest.fixture
def history(old: Path) -> Iterator[History]:
    """It, opened."""
    history = History(old)
    yield history
    history.close()


def differences(engine: sa.Engine) -> list[object]:
    """What stands between a database and schema.py."""
    wanted = sa.MetaData()
    here = engine.dialect.name == "postgresql"  # on SQLite shelves are files of their own
    for table in (*schema.metadata.sorted_tables, *(schema.shelves.sorted_tables if here else ())):
        table.to_metadata(wanted)
    with engine.connect() as db:
        options = {"compare_type": True, "include_object": _no_partition}
        context = MigrationContext.configure(db, opts=options)
        return list(compare_metadata(context, wanted))


def _no_partition(_thing: object, name: str | None, kind: str, *_more: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith(("raw_", "minute_")))


def tables(engine: sa.Engine) -> dict[str, object]:
    """Columns, keys and indexes, as the database has them."""
    look = sa.inspect(engine)
    out: dict[str, object] = {}
    for name in sorted(look.get_table_names()):
        columns = [(c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(name)]
        indexes = sorted((i["name"], i["column_names"]) for i in look.get_indexes(name))
        key = look.get_pk_constraint(name)["constrained_columns"]
        out[name] = (sorted(columns), key, indexes)
    return out


def test_an_upgraded_history_is_like_a_new_one(history: History, tmp_path: Path) -> None:
    assert differences(history.engine) == []
    fresh = History(tmp_path / "fresh")
    assert differences(fresh.engine) == []
    assert tables(history.engine) == tables(fresh.engine)
    fresh.close()


def test_what_was_kept_is_kept(history: History) -> None:
    assert history.secret == b"\0"
    ada, bob = "a" * 32, "b" * 32
    before = {one: history.ticks(one) for one in (ada, bob)}
    assert [len(found.tick) for found in before.values()] == [75, 40]
    told = [event["event"]["type"] for event in history.events(ada)]
    assert "mark" in told
    (item,) = history.ended()
    assert (item["meeting_id"], item["rating"], item["participants"]) == ("standup", "fair", 2)
    assert history.ended_counts() == {"fair": 1} == history.ended_kinds()
    row = history.session(ada)
    assert row is not None
    tend(history, row["last_at"] + DAY // 2)
    for one, found in before.items():
        again = history.ticks(one)
        assert again.tick.tolist() == found.tick.tolist()
        assert again.t.tolist() == found.t.tolist()
        assert history.journal(one) == []
    assert [event["event"]["type"] for event in history.events(ada)] == told
    (item,) = history.ended()
    assert item["verdict"] in ("good", "fair", "poor")
    assert history.ended_kinds() == {item["verdict"]: 1}
    said = chart(history, bob, ["upload"], None, None, 500)
    assert [gap["why"] for gap in said["gaps"]] == ["lost"]
    assert history.meeting("retro") is not None


def test_many_at_once_upgrade_it_once(old: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        opened = list(pool.map(lambda _: History(old), range(3)))
    for history in opened:
        assert [row["meeting_id"] for row in history.ended()] == ["standup"]
        history.close()


def test_a_later_one_is_refused_in_one_line(old: Path) -> None:
    History(old).close()
    with sqlite3.connect(old / "callvitals.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '99'")
    db.close()
    with pytest.raises(StorageError, match=r"schema 99, made by a newer callvitals") as caught:
        History(old)
    assert "\n" not in str(caught.value)


def test_a_service_of_before_refuses_it(history: History) -> None:
    with history.engine.connect() as db:
        kept = db.execute(sa.text("SELECT value FROM setting WHERE name = 'schema_version'"))
        assert kept.scalar_one() == schema.HEAD
