"""One process of several that share a PostgreSQL server: the one that looks after alerts."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa

from .database import storage_errors

_ALERTS = 0x63616C61


class Lease:
    """Held until it is given back, the process dies, or its connection does (a session-level
    advisory lock). On SQLite there is one process, and it holds it. Not for two threads."""

    def __init__(self, engine: sa.Engine, number: int = _ALERTS) -> None:
        self._engine = engine
        self._number = number
        self._connection: sa.Connection | None = None

    def held(self) -> bool:
        """Have it, or take it if nobody has. Raises StorageError."""
        if self._engine.dialect.name != "postgresql":
            return True
        with storage_errors():
            if self._connection is not None:
                try:
                    self._connection.execute(sa.text("SELECT 1"))
                    return True
                except sa.exc.DBAPIError:  # and the lock went with it
                    self._let_go()
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            got = False
            try:
                lock = sa.select(sa.func.pg_try_advisory_lock(self._number))
                got = bool(connection.execute(lock).scalar_one())
            finally:
                if got:
                    self._connection = connection
                else:
                    connection.close()
            return got

    def close(self) -> None:
        """Give it back."""
        if self._connection is not None:
            # The server notices a closed connection a little later, which is well if this fails.
            with contextlib.suppress(sa.exc.DBAPIError):
                self._connection.execute(sa.select(sa.func.pg_advisory_unlock(self._number)))
            self._let_go()

    def _let_go(self) -> None:
        assert self._connection is not None
        # Not back into the pool: the lock is the connection's.
        self._connection.invalidate()
        self._connection.close()
        self._connection = None
