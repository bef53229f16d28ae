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
CAPTURES.append(DATA / "lab" / "outage.jsonl.gz")  # issues open there, losses are estimated
SEEDS = [1, 2]
# Of each seed, plain and packed: `make test-long` comes to 10^5 ticks.
TICKS = [int(os.environ.get("CALLVITALS_GOLDEN_TICKS", "100"))]
LONG_TICKS = 25_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The captures, ungzipped and packed."""
    folder = tmp_path_factory.mktemp("captures")
    for path in CAPTURES:
        target = folder / path.name.removesuffix(".gz")
        target.write_bytes(gzip.decompress(path.read_bytes()))
        packed = target.with_suffix(".packed")
        golden.write_packed(golden.capture_entries(str(target)), str(packed))
    return folder


def answer(output: str) -> dict[str, int]:
    lines = [line for line in output.splitlines() if line.startswith("answer ")]
    assert len(lines) == 1, output
    return json.loads(lines[0].removeprefix("answer "))


def node_command(engine: str, data: Path, ticks: int) -> list[str]:
    node = shutil.which("node")
    assert node is not None, "node is needed to run the core on its browser engines"
    return [
        node,
        str(ROOT / "tests" / "runtimes" / "run.mjs"),
        engine,
        str(CORE),
        str(Path(__file__).parent),
        str(ticks),
        ",".join(map(str, SEEDS)),
        str(data),
    ]


def newest_python() -> str | None:
    """The newest CPython on the path, where it is newer than the one that runs the tests."""
    found: dict[int, str] = {}
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        for path in Path(folder).glob("python3.*") if folder and Path(folder).is_dir() else ():
            match = re.fullmatch(r"python3\.(\d+)", path.name)
            if match and int(match[1]) > sys.version_info.minor:
                found.setdefault(int(match[1]), str(path))
    for minor in sorted(found, reverse=True):
        # A version manager's shim may be there and run nothing.
        if subprocess.run([found[minor], "-c", ""], capture_output=True).returncode == 0:
            return found[minor]
    return None


@pytest.mark.parametrize("ticks", [*TICKS, pytest.param(LONG_TICKS, marks=pytest.mark.long)])
def test_all_engines_agree(data: Path, ticks: int) -> None:
    """Rows, messages, states and checkpoints of all cases have one crc, whatever runs the core."""
    plain = sorted(map(str, data.glob("*.jsonl")))
    packed = sorted(map(str, data.glob("*.packed")))
    running = {}
    for engine in ("micropython", "pyodide"):
        running[engine] = subprocess.Popen(
            node_command(engine, data, ticks),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        expected = golden.run(plain, packed, ticks, SEEDS)
        python = newest_python()
        if python is not None:
            code = (
                "import sys, json; sys.path[:0] = sys.argv[1:3]; import golden; "
                f"answer = golden.run({plain}, {packed}, {ticks}, {SEEDS}); "
                "print('answer ' + json.dumps(answer))"
            )
            running["newest CPython"] = subprocess.Popen(
                [python, "-c", code, str(CORE.parent), str(Path(__file__).parent)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        for engine, process in running.items():
            output, _ = process.communicate(timeout=600 + ticks // 2)
            assert process.returncode == 0, f"{engine}: {output[-2000:]}"
            got = answer(output)
            wanted = {
                name: crc
                for name, crc in expected.items()
                if engine != "micropython" or name.endswith("packed") or "generated" in name
            }
            assert got == wanted, engine
    finally:
        for process in running.values():
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
    # Packed rows and plain reports give the same messages.
    assert len(expected) == 2 * (len(CAPTURES) + len(SEEDS) + 1)
    for name in expected:
        if name.endswith(" plain"):
            assert expected[name] == expected[name.removesuffix("plain") + "packed"], name
