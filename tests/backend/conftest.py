"""A service per test module or per test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .desk import Desk
from .kit import Page, Server, Socket


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
