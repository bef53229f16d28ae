"""Engines, their errors as ours, and the schema brought up to date."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from . import schema_alerts, schema_http, schema_jobs  # noqa: F401  (made with the others)
from .records import StorageError
from .schema import HEAD, alembic_version, metadata, setting, shelves

_LOCK = 0x63616C6C  # of migrations, in PostgreSQL
_migrating = threading.Lock()


def sqlite_engine(path: Path, pragmas: Sequence[str], pool: int = 8) -> sa.Engine:
    """A file; pragmas: of each connection."""
    engine = sa.create_engine(f"sqlite:///{path}", pool_size=pool, max_overflow=32)

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("busy_timeout=5000", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        # SQLite's own knows A to Z only (sqlite.org/lang_corefunc.html#lower); names know more.
        connection.create_function("lower", 1, _lower, deterministic=True)

    return engine


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def postgres_engine(url: str) -> sa.Engine:
    """A PostgreSQL server, by psycopg. Raises StorageError in one line."""
    try:
        place = sa.make_url(url)
        if place.get_backend_name() not in ("postgresql", "postgres"):
            raise StorageError("CALLVITALS_DATABASE_URL: only postgresql://… is supported")
        place = place.set(drivername="postgresql+psycopg")
        return sa.create_engine(place, pool_size=8, max_overflow=32, pool_pre_ping=True)
    except sa.exc.ArgumentError:
        raise StorageError("CALLVITALS_DATABASE_URL: not an address of a database") from None
    except ImportError as error:
        raise StorageError("PostgreSQL needs: pip install 'callvitals[grown]'") from error


def upsert(engine: sa.Engine | sa.Connection, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT."""
    if engine.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


@contextmanager
def storage_errors() -> Iterator[None]:
    """What the disk or the server refuses becomes a StorageError of one line."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        told = StorageError(str(error.orig).strip().split("\n")[0])
        told.passing = isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError))
        raise told from error
    except sa.exc.TimeoutError as error:
        raise StorageError("all connections to the database are taken") from error


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """`with` block of one transaction; raises StorageError."""
    with storage_errors(), engine.begin() as db:
        yield db


def read(
    engine: sa.Engine, query: sa.Executable, given: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """All rows; given: what its parameters are. Raises StorageError."""
    with storage_errors(), engine.connect() as db:
        found = db.execute(query, given)
        names = list(found.keys())
        return [dict(zip(names, row, strict=True)) for row in found]


def prepare(engine: sa.Engine) -> None:
    """Make the tables, or bring those of an earlier release up to date. Raises StorageError when
    they are of a later one."""
    with storage_errors(), engine.begin() as db:
        if version(db) == HEAD:
            return
    with storage_errors(), engine.begin() as db:
        # Several may start at once: one does it, the others find it done.
        if db.dialect.name == "postgresql":
            db.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        else:
            db.exec_driver_sql("BEGIN IMMEDIATE")
        found = version(db)
        if found == HEAD:
            return
        if found is None:
            metadata.create_all(db)
            if db.dialect.name == "postgresql":
                shelves.create_all(db)
            db.execute(sa.insert(alembic_version).values(version_num=HEAD))
            db.execute(sa.insert(setting).values(name="schema_version", value=HEAD))
            return
        _upgrade(db, found)


def version(db: sa.Connection) -> str | None:
    """The schema's version; None: the database is empty."""
    tables = sa.inspect(db).get_table_names()
    if "alembic_version" in tables:
        return db.execute(sa.select(alembic_version.c.version_num)).scalar_one_or_none()
    if "setting" not in tables:
        return None
    query = sa.select(setting.c.value).where(setting.c.name == "schema_version")
    return db.execute(query).scalar_one_or_none()


def _upgrade(db: sa.Connection, found: str) -> None:
    from alembic import command  # slow to load, seldom needed
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found not in known:
        raise StorageError(
            f"this history has schema {found}, made by a newer callvitals; this one knows {HEAD}"
        )
    config.attributes["connection"] = db
    with _migrating:  # alembic keeps what it does in module globals
        if not sa.inspect(db).has_table("alembic_version"):
            command.stamp(config, found)
        command.upgrade(config, "head")
