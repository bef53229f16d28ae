"""Run every check and test, one after the other, with a line of time for each.

python scripts/test.py [--long] [--only lint|python|browser] [pytest arguments]
"""

import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable
CORE = ["worker/callvitals", "backend/callvitals_server", "demo/callvitals_demo"]

ALONE = "tests/browser/main.test.mjs"

# By node itself: where Node comes from PyPI there is no npx.
TSC = ["node", "node_modules/typescript/bin/tsc"]
BIOME = ["node", "node_modules/@biomejs/biome/bin/biome"]

# Their types stand in comments.
TYPED_TESTS = ("tests/browser", "tests/engines", "tests/lab")

LINT = [
    ("ruff", [PYTHON, "-m", "ruff", "check", "."]),
    ("format", [PYTHON, "-m", "ruff", "format", "--check", "-q", "."]),
    ("mypy", [PYTHON, "-m", "mypy", "--strict", *CORE]),
    ("tsc", [*TSC, "--noEmit", "-p", "."]),
    *((f"tsc of {part}", [*TSC, "--noEmit", "-p", part]) for part in TYPED_TESTS),
    ("biome", [*BIOME, "check", "--error-on-warnings", "."]),
]


def steps(only: str | None, long: bool, rest: list[str]) -> list[tuple[str, list[str]]]:
    chosen: list[tuple[str, list[str]]] = []
    if only in (None, "lint"):
        chosen += LINT
    if only in (None, "python"):
        marks = [] if long else ["-m", "not long"]
        workers = ["-n", "2", "--dist", "loadfile"]  # most of them wait for processes and clocks
        chosen.append(("pytest", [PYTHON, "-m", "pytest", *workers, *marks, *rest]))
    if only in (None, "browser"):
        found = sorted((ROOT / "tests").glob("**/*.test.mjs"))
        files = [str(f.relative_to(ROOT)) for f in found if long or ".long." not in f.name]
        # The one that looks at the main thread's time has the machine for itself.
        chosen.append(("the main job", ["node", "--test", ALONE]))
        others = [f for f in files if f != ALONE]
        chosen.append(("browsers", ["node", "--test", "--test-concurrency=2", *others]))
    return chosen


def main() -> int:
    argv = sys.argv[1:]
    long = "--long" in argv
    only = argv[argv.index("--only") + 1] if "--only" in argv else None
    rest = [a for a in argv if a not in ("--long", "--only", only)]
    console = Console(stderr=True)
    failed = []
    for name, command in steps(only, long, rest):
        console.rule(f"[bold]{name}", align="left")
        start = time.monotonic()
        code = subprocess.run(command, cwd=ROOT).returncode
        if code:
            failed.append(name)
        mark = "[red]failed" if code else "[green]passed"
        console.print(f"{mark}[/] {name} in {time.monotonic() - start:.0f} s")
    if failed:
        console.print(f"[red]Error: {', '.join(failed)} failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
