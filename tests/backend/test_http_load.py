"""An app under load, beside the same one bare: every request counted once, memory flat."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .http_load import load, percentile
from .kit import Server, free_port, until

CONNECTIONS = 32
APP = """
import sys
from fastapi import FastAPI
from callvitals_server.http_metrics import ApiMetricsMiddleware

app = FastAPI()

@app.get("/hello/{name}")
async def hello(name: str) -> dict[str, str]:
    return {"hello": name}

import uvicorn
port, sink = int(sys.argv[1]), sys.argv[2]
if sink:
    app.add_middleware(ApiMetricsMiddleware, sink=sink, service="load", spool=sys.argv[3])
uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical")
"""


@contextmanager
def running(sink: str, folder: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    path = os.pathsep.join(p for p in sys.path if p)
    process = subprocess.Popen(
        [sys.executable, "-c", APP, str(port), sink, str(folder)],
        env={**os.environ, "PYTHONPATH": path},
    )

    def up() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            return False
        return True

    try:
        until(up)
        yield port, process.pid
    finally:
        process.terminate()
        assert process.wait(30) in (0, -15)


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def counted(server: Server) -> int:
    items: list[dict[str, Any]] = server.get("/api/endpoints?range=1h&service=load")[1]["items"]
    assert {i["route"] for i in items} <= {"/hello/{name}"}
    return sum(i["count"] for i in items)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.long)])
def test_under_load_every_request_counts_once(
    seconds: int, own_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = own_server
    server.start()
    with running("", tmp_path) as (port, _):
        bare = asyncio.run(load(port, seconds * 0.3, CONNECTIONS))
    with running(server.url, tmp_path / "spool") as (port, pid):
        warm = asyncio.run(load(port, seconds * 0.2, CONNECTIONS))
        memory = resident(pid)
        ours = asyncio.run(load(port, seconds * 0.8, CONNECTIONS))
        grown = resident(pid) - memory
    assert not list((tmp_path / "spool").rglob("*.batch"))  # it was in time
    asked = len(warm) + len(ours)
    until(lambda: counted(server) >= asked, 30)
    found = server.get("/api/endpoints?range=1h&service=load")[1]
    assert counted(server) == asked
    assert found["dropped"] == 0
    rates = [len(bare) / (seconds * 0.3), len(ours) / (seconds * 0.8)]
    p99 = [percentile(taken, 0.99) * 1000 for taken in (bare, ours)]
    with capsys.disabled():
        print(
            f"\n  {rates[0]:.0f} requests/s bare, {rates[1]:.0f} counted;"
            f" p99 {p99[0]:.1f} ms bare, {p99[1]:.1f} ms counted; {grown / 2**20:+.1f} MiB"
        )
    assert grown < 16 * 2**20
