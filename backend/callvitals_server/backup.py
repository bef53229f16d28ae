"""A copy of a history while the service runs, and back.

On SQLite: nothing is sealed or forgotten meanwhile (turn.py), so that the files with what is
sealed stand still; they are copied first, the database last. What comes in goes to the journal all
the while, and is in the copy up to the moment at which the database was copied. On PostgreSQL:
what pg_dump and pg_restore do.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from .database import postgres_engine, storage_errors
from .records import StorageError
from .shelves import SHELVES
from .stored import Stored
from .turn import FileTurn

MAIN = "callvitals.db"
WAIT = 60.0  # s for a seal that is under way
Step = Callable[[int, int], None]
"""Bytes done, bytes in all."""


def backup(data: Path, out: Path, step: Step = lambda *_: None) -> int:
    """Copy the data folder to `out`, a folder that is not there yet. Returns its bytes. Raises
    StorageError."""
    Stored(data).close()  # is it one, and of this release?
    turn = FileTurn(data, WAIT)
    try:
        with turn.take() as mine:
            if not mine:
                raise StorageError(f"{data}: the service has been sealing for {WAIT:.0f} s")
            return _copy(data, out, step)
    finally:
        turn.close()


def restore(kept: Path, data: Path, step: Step = lambda *_: None) -> int:
    """Make a data folder of a backup, after a look at every file of it. Raises StorageError."""
    Stored(kept).close()
    for path in _files(kept):
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
                said = file.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            said = str(error)
        if said != "ok":
            raise StorageError(f"{path} is damaged: {said}")
    return _copy(kept, data, step)


def _files(folder: Path) -> list[Path]:
    """Shelves first, the database last."""
    shelves = [path for shelf in SHELVES for path in sorted((folder / shelf).glob("*.db"))]
    return [*shelves, folder / MAIN]


def _copy(source: Path, target: Path, step: Step) -> int:
    part = target.with_name(f"{target.name}.part")
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise StorageError(f"{target} is there already: name a folder that is not")
        if part.exists():
            shutil.rmtree(part)
        part.mkdir(parents=True)
        total = sum(path.stat().st_size for path in _files(source))
        room = shutil.disk_usage(part).free
        if room < total:
            raise StorageError(f"{target}: {total >> 20} MB are needed, {room >> 20} MB are free")
        done = 0
        for path in _files(source):
            there = part / path.relative_to(source)
            there.parent.mkdir(exist_ok=True)
            with closing(sqlite3.connect(path)) as file, closing(sqlite3.connect(there)) as copy:
                file.backup(copy)  # in one go: one moment of it, and nobody waits
            done += there.stat().st_size
            step(min(done, total), total)
        if target.exists():
            target.rmdir()
        part.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"{target}: {getattr(error, 'strerror', None) or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return done


# -- PostgreSQL -----------------------------------------------------------------------------------


def dump(url: str, out: Path) -> int:
    """pg_dump's own format. Returns its bytes. Raises StorageError."""
    Stored(url).close()
    if out.exists():
        raise StorageError(f"{out} is there already: name a file that is not")
    part = out.with_name(f"{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _run("pg_dump", url, "--format=custom", f"--file={part}")
        part.rename(out)
        return out.stat().st_size
    except OSError as error:
        raise StorageError(f"{out}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def undump(kept: Path, url: str) -> None:
    """Into an empty database. Raises StorageError."""
    if not kept.is_file():
        raise StorageError(f"{kept}: no such file")
    engine = postgres_engine(url)
    try:
        with storage_errors():
            if sa.inspect(engine).get_table_names():
                raise StorageError("the database is not empty: make a new one for the backup")
    finally:
        engine.dispose()
    _run("pg_restore", url, "--no-owner", "--exit-on-error", "--single-transaction", str(kept))


def _run(program: str, url: str, *arguments: str) -> None:
    """The password goes by the environment: others see a command's arguments."""
    place = sa.make_url(url)
    to = place.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    env = dict(os.environ)
    if place.password:
        env["PGPASSWORD"] = str(place.password)
    try:
        done = subprocess.run(
            [program, f"--dbname={to}", *arguments],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise StorageError(f"{program} is not on the path: install PostgreSQL's client") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise StorageError(lines[0] if lines else f"{program} failed")
