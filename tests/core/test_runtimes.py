"""The same numbers on every engine: CPython 3.11, the newest CPython, Pyodide, MicroPython."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import golden
import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "worker" / "callvitals"
DATA = ROOT / "tests" / "data" / "captures"
CAPTURES = sorted(
    path
    for folder in (DATA, DATA / "public")
    for path in folder.glob("*.jsonl.gz")
    if ".truth." not in path.name
)
# Short in `make test`; `make test-long` raises it to 10^5 over its seeds.
TICKS = int(os.environ.get("CALLVITALS_GOLDEN_TICKS", "120"))
SEEDS = [1, 2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("captures")
    out = []
    for path in CAPTURES:
        target = folder / path.name.removesuffix(".gz")
        target.write_bytes(gzip.decompress(path.read_bytes()))
        out.append(str(target))
    return out


def answer(output: str) -> dict[str, int]:
    lines = [line for line in output.splitlines() if line.startswith("answer ")]
    assert len(lines) == 1, output
    return json.loads(lines[0].removeprefix("answer "))


def node_command(engine: str) -> list[str]:
    node = shutil.which("node")
    assert node is not None, "node is needed to run the core on its browser engines"
    return [
        node,
        str(ROOT / "tests" / "runtimes" / "run.mjs"),
        engine,
        str(CORE),
        str(Path(__file__).parent),
        str(TICKS),
        ",".join(map(str, SEEDS)),
        *map(str, CAPTURES),
    ]


def newest_python() -> str | None:
    """The newest CPython on the path, where it is not the one that runs the tests."""
    found: dict[int, str] = {}
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        for path in Path(folder).glob("python3.*") if folder and Path(folder).is_dir() else ():
            match = re.fullmatch(r"python3\.(\d+)", path.name)
            if match and os.access(path, os.X_OK):
                found.setdefault(int(match[1]), str(path))
    if not found or max(found) == sys.version_info.minor:
        return None
    return found[max(found)]


def test_all_engines_agree(unpacked: list[str]) -> None:
    """Rows, states and checkpoints of all cases have one crc, whatever runs the core."""
    running = {}
    for engine in ("micropython", "pyodide"):
        running[engine] = subprocess.Popen(
            node_command(engine),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        expected = golden.run(unpacked, TICKS, SEEDS)
        python = newest_python()
        if python is not None:
            code = (
                "import sys, json; sys.path[:0] = sys.argv[1:3]; import golden; "
                f"print('answer ' + json.dumps(golden.run(sys.argv[3:], {TICKS}, {SEEDS})))"
            )
            where = [str(CORE.parent), str(Path(__file__).parent)]
            running["newest CPython"] = subprocess.Popen(
                [python, "-c", code, *where, *unpacked],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        for engine, process in running.items():
            output, _ = process.communicate(timeout=300)
            assert process.returncode == 0, f"{engine}: {output[-2000:]}"
            assert answer(output) == expected, engine
    finally:
        for process in running.values():
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
    # The cases are worth comparing only if they exercise something.
    assert len(expected) == 2 * (len(CAPTURES) + len(SEEDS))
    for name in expected:
        if name.endswith(" plain"):
            assert expected[name] == expected[name.removesuffix("plain") + "packed"], name
