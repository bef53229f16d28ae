from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from callvitals_demo.machine import measure

# As the `callvitals` script does it, without asking where it is installed.
CALLVITALS = [sys.executable, "-m", "callvitals_server.cli"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def until(condition: Callable[[], Any], seconds: float) -> Any:
    """What `condition` gives, as soon as it is true; a service that starts may refuse for now."""
    end = time.monotonic() + seconds
    while True:
        try:
            value = condition()
        except (urllib.error.URLError, OSError):
            value = None
        if value:
            return value
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def ready(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/readyz", timeout=1) as answer:
        return bool(answer.status == 200)


@dataclass
class Service:
    url: str
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A real service on a free port."""
    port = free_port()
    data = tmp_path_factory.mktemp("data")
    command = [*CALLVITALS, "serve", "--port", str(port), "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    running = Service(f"http://127.0.0.1:{port}", process)
    try:
        until(lambda: ready(running.url), 60)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) is not None


def in_time(seconds: float, limit: float) -> bool:
    """Whether that was quick enough; a machine that was busy with other things proves nothing."""
    return seconds < limit or measure().idle < 1


def children(pid: int) -> list[int]:
    """All descendants of a process."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    if not path.exists():
        return []
    direct = [int(word) for word in path.read_text().split()]
    return direct + [below for child in direct for below in children(child)]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
