"""An app under load, beside the same one bare: every request counted once, memory flat.

The load is wrk's where that is on the path, else our own generator's, which needs as much CPU as
the app does.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .http_kit import asked
from .http_load import load, percentile
from .kit import Server, free_port, until

CONNECTIONS = 32
APP = """
import sys
from fastapi import FastAPI
from callvitals_server.http_metrics import ApiMetricsMiddleware

app = FastAPI()
served = 0

@app.get("/hello/{name}")
async def hello(name: str) -> dict[str, str]:
    global served
    served += 1
    return {"hello": name}

@app.get("/served")
async def told() -> int:
    return served

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


def drive(port: int, seconds: float) -> tuple[int, float]:
    """As much load as the machine bears: how many were answered, and the 99th percentile, ms."""
    wrk = shutil.which("wrk")
    if wrk is None:
        taken = asyncio.run(load(port, seconds, CONNECTIONS))
        return len(taken), percentile(taken, 0.99) * 1000
    url = f"http://127.0.0.1:{port}/hello/world"
    line = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--latency", url]
    told = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in told, told
    answered = re.search(r"(\d+) requests in", told)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", told)
    assert answered is not None, told
    assert p99 is not None, told
    return int(answered[1]), float(p99[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]]


def counted(server: Server) -> int:
    items: list[dict[str, Any]] = server.get("/api/endpoints?range=1h&service=load")[1]["items"]
    assert {i["route"] for i in items} <= {"/hello/{name}", "/served"}
    return sum(i["count"] for i in items if i["route"] != "/served")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.long)])
def test_under_load_every_request_counts_once(
    seconds: int, own_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = own_server
    server.start()
    with running("", tmp_path) as (port, _):
        bare = drive(port, seconds * 0.3)
    with running(server.url, tmp_path / "spool") as (port, pid):
        warm = drive(port, seconds * 0.2)
        memory = resident(pid)
        began = time.monotonic()
        ours = drive(port, seconds * 0.8)
        took = time.monotonic() - began
        grown = resident(pid) - memory
        _, body = asked(port, "GET /served HTTP/1.1")
        served = int(body)
    assert not list((tmp_path / "spool").rglob("*.batch"))  # it was in time
    # A generator that stops does not wait for what it asked last.
    assert 0 <= served - warm[0] - ours[0] <= 2 * CONNECTIONS
    until(lambda: counted(server) >= served, 30)
    found = server.get("/api/endpoints?range=1h&service=load")[1]
    assert counted(server) == served
    assert found["dropped"] == 0
    rate = ours[0] / took
    with capsys.disabled():
        print(
            f"\n  {rate:.0f} requests/s; p99 {bare[1]:.1f} ms bare, {ours[1]:.1f} ms counted;"
            f" {grown / 2**20:+.1f} MiB"
        )
    assert grown < 16 * 2**20
    if seconds >= 60 and shutil.which("wrk"):
        assert rate >= 1000
