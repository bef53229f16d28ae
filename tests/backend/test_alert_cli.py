"""`callvitals alerts`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from callvitals_server.alert_cli import EXAMPLE
from callvitals_server.alert_config import load
from callvitals_server.cli import main
from click.testing import CliRunner

DOCS = Path(__file__).parents[2] / "docs" / "alerts.md"


def run(*line: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["alerts", *line])
    return done.exit_code, done.stdout, done.stderr


def test_the_example_is_a_good_file(tmp_path: Path) -> None:
    code, text, _ = run("example")
    assert (code, text) == (0, EXAMPLE)
    path = tmp_path / "alerts.toml"
    path.write_text(text)
    code, told, _ = run("check", str(path))
    assert code == 0
    assert "channel ops: webhook to ops.example.com\n" in told
    assert "rule many-poor: poor of calls, at least 20 % for 2 min; tells ops, mail\n" in told


def test_the_documents_rules_are_good(tmp_path: Path) -> None:
    for n, text in enumerate(re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.S)):
        path = tmp_path / f"{n}.toml"
        path.write_text(text)
        assert load(str(path), {"OPS_SECRET": "x"}).rules


def test_a_bad_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(EXAMPLE.replace('metric = "p95"', 'metric = "p96"'))
    code, _, told = run("check", str(path))
    assert code == 2
    assert re.fullmatch(
        r"Error: .*alerts.toml: rule api-slow: metric: of endpoints one of .*\n", told
    )


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://127.0.0.1:9", "Error: no service at http://127.0.0.1:9: "),
        ("x", "Error: x: unknown url type"),
    ],
)
def test_no_service_is_one_line(url: str, complaint: str) -> None:
    code, _, told = run("list", "--url", url)
    assert code in (1, 2)
    assert told.startswith(complaint)
    assert told.count("\n") == 1
