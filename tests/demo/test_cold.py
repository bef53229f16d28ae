"""What a newcomer does first: a fresh clone, `make demo`, on a machine that has next to nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import free_port, get, in_time, until

ROOT = Path(__file__).parents[2]
# What would build the browser files; browsers and databases.
NODE = r"node|npm|npx|corepack"
HIDDEN = NODE + r"|chrom|google-chrome|firefox|redis|valkey|postgres|psql"


def without(hidden: str, tmp_path: Path) -> dict[str, str]:
    """An environment whose path has all programs of this one but those, and an empty home."""
    programs, home = tmp_path / "bin", tmp_path / "home"
    programs.mkdir()
    home.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).glob("*") if folder else ():
            link = programs / program.name
            # A version manager's starters look for their other files beside them.
            if (
                not re.match(hidden, program.name)
                and not link.is_symlink()
                and "shims" not in folder
            ):
                link.symlink_to(program)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CALLVITALS_", "VIRTUAL_"))}
    return {**kept, "PATH": str(programs), "HOME": str(home)}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    target = tmp_path / "callvitals"
    subprocess.run(["git", "clone", "-q", ROOT, target], check=True)
    return target


def demo(clone: Path, bare: dict[str, str], log: Path) -> Iterator[str]:
    """Runs `make demo`; gives the service's address as soon as the banner is there."""
    port = free_port()
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["make", "demo", f"ARGS=--port {port}"],
            cwd=clone,
            env=bare,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def banner() -> bool:
        assert process.poll() is None, log.read_text()
        return "Snippet" in log.read_text()

    try:
        until(banner, 600)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)


@pytest.mark.long
def test_a_fresh_clone_can_be_checked_without_node(clone: Path, tmp_path: Path) -> None:
    made = subprocess.run(
        ["make", "lint"],
        cwd=clone,
        env=without(NODE, tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert made.returncode == 0, made.stdout
    passed = re.findall(r"^passed (\w+) in", made.stdout, re.M)
    assert passed == ["ruff", "format", "mypy", "tsc", "biome"]


@pytest.mark.long
def test_a_fresh_clone_shows_the_demo(clone: Path, tmp_path: Path) -> None:
    bare = without(HIDDEN, tmp_path)
    for name, limit in (("cold", 180), ("warm", 10)):
        start = time.monotonic()
        for url in demo(clone, bare, tmp_path / f"{name}.log"):
            took = time.monotonic() - start
            live = f"{url}/api/meetings?live=true"
            until(lambda live=live: len(get(live)["items"]) == 3, 60)
            moved = time.monotonic() - start - took
            print(f"{name}: banner after {took:.0f} s, three meetings {moved:.1f} s later")
            assert in_time(took, limit)
            assert in_time(moved, 10)
    status = ["git", "status", "--porcelain"]
    left = subprocess.run(status, cwd=clone, capture_output=True, text=True, check=True).stdout
    assert left == "", "what it makes is ignored by git"
