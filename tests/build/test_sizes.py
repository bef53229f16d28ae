"""What a page downloads, held to its budgets: bytes in brotli 11, as a release serves them."""

import json
import pathlib
import shutil
import subprocess
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).parents[2]
KB = 1000
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


@pytest.mark.long
def test_the_known_sizes_are_true(sizes: dict[str, Any]) -> None:
    assert measured("--measure") == sizes
