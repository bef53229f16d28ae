from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from callvitals_demo.cli import synth
from click.testing import CliRunner

from .conftest import CALLVITALS, Service, free_port, in_time


def run(*words: str, seconds: float = 30) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CALLVITALS, *words], capture_output=True, text=True, timeout=seconds, check=False
    )


@pytest.fixture
def silent() -> Iterator[str]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def stranger() -> Iterator[str]:
    """A web server, but not ours."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<h1>It works!</h1>")

        def log_message(self, *_args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def one_line(text: str) -> str:
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


def test_nobody_there_is_one_line_and_exit_1_at_once() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    start = time.monotonic()
    done = run("synth", url, "--json")
    assert in_time(time.monotonic() - start, 5)
    assert done.returncode == 1
    assert one_line(done.stderr).startswith(f"Error: cannot reach {url} (")
    assert done.stdout == ""


def test_a_silent_port_is_given_up(silent: str) -> None:
    start = time.monotonic()
    result = CliRunner().invoke(synth, [silent])
    assert in_time(time.monotonic() - start, 5)
    assert result.exit_code == 1
    assert one_line(result.stderr) == f"Error: {silent} does not answer within 4 s."


def test_another_server_is_told_apart(stranger: str) -> None:
    result = CliRunner().invoke(synth, [stranger])
    assert result.exit_code == 1
    assert one_line(result.stderr) == f"Error: {stranger} answers, but it is no callvitals service."


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["127.0.0.1:8000"],
        ["ftp://127.0.0.1"],
        ["http://"],
        ["http://[::1"],
        ["http://127.0.0.1:port"],
        ["http://127.0.0.1:9", "--callers", "0"],
        ["http://127.0.0.1:9", "--duration", "-1"],
        ["http://127.0.0.1:9", "--scenario", "earthquake"],
    ],
)
def test_bad_usage_is_exit_2(words: list[str]) -> None:
    result = CliRunner().invoke(synth, words)
    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_json_is_one_object_and_everything_is_stored(service: Service) -> None:
    done = run(
        *("synth", service.url, "--meeting", "cli", "--callers", "3", "--scenario", "wifi"),
        *("--duration", "4", "--json"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert (report["meeting"], report["scenario"]) == ("cli", "wifi")
    assert [caller["participant"] for caller in report["callers"]] == [
        "caller-1",
        "caller-2",
        "caller-3",
    ]
    for caller in report["callers"]:
        assert caller["through"] == caller["ticks"] - 1 >= 3
        assert caller["rating"] == "unknown"  # less than 10 s
        assert caller["truth"]["in"]["sent"] > 50
        assert caller["reported"]["packetsLost"] == 0
