"""The command line: one line for an error, a free port, a locked dashboard."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from callvitals_server.cli import strangers

from .kit import Server


def run(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "callvitals_server.cli", *args]
    return subprocess.run(line, capture_output=True, text=True, timeout=60, env={**env})


def test_help_has_examples() -> None:
    said = run()
    assert said.returncode == 0
    assert "callvitals serve -p 0" in said.stdout
    for command in ("serve", "snippet", "synth", "demo"):
        assert re.search(rf"^  {command} ", said.stdout, re.M)


def test_snippet_escapes() -> None:
    said = run("snippet", "--meeting", 'a"b', "--url", "https://cv.example/")
    tag = '<script src="https://cv.example/sdk.js" crossorigin data-meeting="a&quot;b"></script>\n'
    assert said.stdout == tag


def test_a_snippet_for_no_address() -> None:
    said = run("snippet", "--meeting", "m", "--url", "cv.example")
    assert said.returncode == 2
    assert said.stderr == "Error: --url: give it as https://HOST or http://HOST:PORT\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("nope",), "No such command 'nope'. Try: callvitals --help"),
        (("serve", "--port", "x"), "Try: callvitals serve --help"),
        (("serve", "--prot", "1"), "No such option '--prot'"),
        (("synth",), "Missing argument 'URL'. Try: callvitals synth --help"),
        (("jobs", "retry", "--nope"), "Try: callvitals jobs retry --help"),
        (("alerts", "nope"), "Try: callvitals alerts --help"),
    ],
)
def test_wrong_usage_is_one_line(line: tuple[str, ...], words: str) -> None:
    said = run(*line)
    assert said.returncode == 2
    assert said.stdout == ""
    assert re.fullmatch(r"Error: [^\n]+\n", said.stderr)
    assert words in said.stderr


def test_help_and_version_end_well() -> None:
    for line in (("serve", "--help"), ("--version",)):
        said = run(*line)
        assert (said.returncode, said.stderr) == (0, "")
        assert said.stdout


def test_a_setting_that_is_none_is_told() -> None:
    typos = {"CALLVITALS_KEYZ": "a", "CALLVITALS_KEY": "the callers'", "CALLVITALS_KEYS": "b"}
    assert strangers(typos) == [
        "CALLVITALS_KEYZ is no setting and has no effect. Did you mean CALLVITALS_KEYS?"
    ]


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"CALLVITALS_REDIS_URL": "redis://x"}, "CALLVITALS_DATABASE_URL"),
        ({"CALLVITALS_DATABASE_URL": "postgresql://x"}, "CALLVITALS_REDIS_URL"),
        (
            {"CALLVITALS_REDIS_URL": "redis://x", "CALLVITALS_DATABASE_URL": "mysql://x"},
            "CALLVITALS_DATABASE_URL: give it as postgresql://",
        ),
        ({"CALLVITALS_KEEP_RAW": "two days"}, "CALLVITALS_KEEP_RAW"),
        ({"CALLVITALS_KEEP_RAW": "60d"}, "no longer than minutes"),
        ({"CALLVITALS_PORT": "ninety"}, "CALLVITALS_PORT"),
        ({"CALLVITALS_SYNC": "sometimes"}, "CALLVITALS_SYNC"),
        ({"CALLVITALS_HOST": ""}, "CALLVITALS_HOST"),
        ({"CALLVITALS_TOKEN": "a;b"}, "CALLVITALS_TOKEN: only letters"),
        ({"CALLVITALS_PUBLIC_URL": "cv.example"}, "give it as https://HOST"),
        ({"CALLVITALS_PUBLIC_URL": "https://cv.example/?vitals"}, "give it as https://HOST"),
    ],
)
def test_settings_that_make_no_sense(env: dict[str, str], words: str) -> None:
    said = run("serve", **env)
    assert said.returncode == 2
    assert said.stderr.startswith("Error: ")
    assert len(said.stderr.splitlines()) == 1
    assert words in said.stderr


def test_a_port_in_use(own_server: Server) -> None:
    own_server.start()
    said = run("serve", "--port", str(own_server.port))
    assert said.returncode == 1
    assert said.stderr.splitlines() == [
        f"Error: cannot listen on 127.0.0.1:{own_server.port}: Address already in use. "
        "Try: callvitals serve -p 0"
    ]


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = run("serve", "-p", "0", "--data", str(tmp_path / "file"))
    assert said.returncode == 1
    assert said.stderr.startswith("Error: cannot make the data folder")
    assert len(said.stderr.splitlines()) == 1


def test_a_history_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "callvitals.db").write_text("this is no database, " * 100)
    said = run("serve", "-p", "0", "--data", str(tmp_path))
    assert said.returncode == 1
    assert said.stderr.startswith("Error: ")
    assert "Traceback" not in said.stderr


def test_a_token_locks_the_dashboard(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", "--token", "s3cret")
    server.start()
    try:
        assert server.get("/api/meetings")[0] == 401
        assert server.get("/")[0] == 401
        assert server.get("/api/meetings", {"Authorization": "Bearer wrong"})[0] == 401
        assert server.get("/api/meetings", {"Authorization": "Bearer s3cret"})[0] == 200
        assert server.get("/api/meetings", {"Cookie": "callvitals=s3cret"})[0] == 200
        assert server.get("/healthz")[0] == 200
        assert server.post("/ingest/last", b"{}")[0] == 422
        assert server.post("/api/analyze", b"{}")[0] == 401
    finally:
        server.end()


def test_on_all_interfaces_it_locks_itself(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", "--host", "0.0.0.0")
    server.start()
    try:
        said = server.log.read_text()
        token = re.search(r"\?token=(\S+)", said)
        assert token is not None
        assert "Warning: reachable from other machines" in said
        assert server.get("/api/meetings")[0] == 401
        shown = {"Authorization": f"Bearer {token[1]}"}
        assert server.get("/api/meetings", shown)[0] == 200
    finally:
        server.end()
