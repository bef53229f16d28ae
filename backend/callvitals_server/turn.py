"""Whose turn it is to tend a history: one process at a time seals and forgets, and nobody does
while a backup is made. Who dies lets go."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from .database import storage_errors
from .records import StorageError

_TEND = 0x63616C74


class Turn(Protocol):
    """How to take it."""

    def take(self) -> AbstractContextManager[bool]:
        """`with` block; False: another has it."""

    def close(self) -> None:
        """Let go of what is open."""


class FileTurn:
    """By a lock on a file of the data folder; SQLite's own, which every system knows."""

    def __init__(self, folder: Path, wait: float = 0.0) -> None:
        self._path = folder / "tend.lock"
        self._wait = wait
        self._mutex = threading.Lock()
        self._file: sqlite3.Connection | None = None

    @contextmanager
    def take(self) -> Iterator[bool]:
        """See Turn."""
        with self._mutex:
            mine = self._begin()
            try:
                yield mine
            finally:
                if mine and self._file is not None:
                    self._file.execute("ROLLBACK")

    def _begin(self) -> bool:
        try:
            if self._file is None:
                self._file = sqlite3.connect(
                    self._path, timeout=self._wait, isolation_level=None, check_same_thread=False
                )
            self._file.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise StorageError(f"{self._path}: {error}") from error
        return True

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


class ServerTurn:
    """By a lock in the PostgreSQL server that the processes share."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def take(self) -> Iterator[bool]:
        """See Turn."""
        with storage_errors(), self._engine.begin() as db:
            yield bool(db.execute(sa.select(sa.func.pg_try_advisory_xact_lock(_TEND))).scalar_one())

    def close(self) -> None:
        """Nothing to do."""
