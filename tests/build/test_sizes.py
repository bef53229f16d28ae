"""What a page downloads, held to its budgets: bytes in brotli 11, as a release serves them."""

import json
import pathlib
import re
import shutil
import subprocess
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).parents[2]
KB = 1000
README = (ROOT / "README.md").read_text("utf-8")
BUDGETS = {
    "loader": 6 * KB,
    "bridge": 5 * KB,
    "host": 8 * KB,
    "socket": 14 * KB,
    "micropython": 250 * KB,
    "pyodide": 4200 * KB,
    "dashboard": 60 * KB,
}


def measured(*arguments: str) -> dict[str, Any]:
    node = shutil.which("node")
    assert node, "needs Node 20 on the path"
    command = [node, "scripts/budgets.mjs", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    sizes: dict[str, Any] = json.loads(done.stdout)["sizes"]
    return sizes


@pytest.fixture(scope="module")
def sizes() -> dict[str, Any]:
    return measured()


@pytest.mark.parametrize("group", BUDGETS)
def test_budget(sizes: dict[str, Any], group: str) -> None:
    assert sizes[group]["files"], f"no files in {group}: the build has changed its names"
    assert sizes[group]["brotli"] <= BUDGETS[group]


def test_the_readme_tells_them(sizes: dict[str, Any]) -> None:
    told = re.search(r"^\| download.*\| ([\d.]+) MB \| ([\d.]+) MB \|$", README, re.M)
    assert told, "no line of downloads in the README"
    for words, group in zip(told.groups(), ("pyodide", "micropython"), strict=True):
        step = 10.0 ** -len(words.partition(".")[2])  # of the last digit told
        assert abs(float(words) - sizes[group]["brotli"] / 1e6) <= step, group
    loader = re.search(r"tag itself is under (\d+) KB", README)
    rest = re.search(r"the rest of the SDK with its socket (\d+) KB", README)
    assert loader
    assert rest
    assert sizes["loader"]["brotli"] <= int(loader[1]) * KB
    others = sum(sizes[group]["brotli"] for group in ("bridge", "host", "socket"))
    assert others <= int(rest[1]) * KB < others + 3 * KB


@pytest.mark.long
def test_the_known_sizes_are_true(sizes: dict[str, Any]) -> None:
    assert measured("--measure") == sizes
