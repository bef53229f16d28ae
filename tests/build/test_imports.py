"""Who may import whom, beyond the core: TypeScript's parts, the service's pure ones, the demo.

The core's own rules are in tests/core/test_rules.py.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SDK = ROOT / "sdk" / "src"
DASHBOARD = ROOT / "backend" / "dashboard"
SERVER = ROOT / "backend" / "callvitals_server"
DEMO = ROOT / "demo" / "callvitals_demo"

IMPORT = re.compile(
    r'^(?:import|export)\s+(?P<what>[^;"]*?)\s*from\s+"(?P<name>[^"]+)"'
    r'|^import\s+"(?P<bare>[^"]+)"'
    r'|\bimport\(\s*"(?P<later>[^"]+)"',
    re.MULTILINE,
)
TYPES_ONLY = re.compile(r"type\b.*|\{\s*(type\s+\w+\s*,?\s*)+\}", re.DOTALL)
WEB = {"fastapi", "starlette", "socketio", "engineio", "uvicorn"}


def typescript(path: Path, types: bool = True) -> Iterator[str]:
    """What a file imports; without `types` only what is there at run time."""
    for match in IMPORT.finditer(path.read_text("utf-8")):
        what = match["what"]
        if types or what is None or not TYPES_ONLY.fullmatch(what):
            yield match["name"] or match["bare"] or match["later"]


def found(path: Path, name: str) -> Path | None:
    """The file of a relative import."""
    for end in (".ts", ".tsx", ""):
        file = (path.parent / f"{name}{end}").resolve()
        if name.startswith(".") and file.is_file():
            return file
    return None


def reach(*entries: Path, types: bool) -> set[str]:
    """All files that these and their imports bring along."""
    seen: set[Path] = set()
    waiting = list(entries)
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        waiting += filter(None, (found(path, name) for name in typescript(path, types)))
    return {path.relative_to(ROOT).as_posix() for path in seen}


PAGE = [SDK / "loader.ts", SDK / "index.ts", SDK / "bridge.ts"]
HOST = [SDK / "host" / "host.ts", ROOT / "worker" / "worker.ts"]


def test_worker_and_page_share_their_messages_only() -> None:
    page, host = reach(*PAGE, types=True), reach(*HOST, types=True)
    assert {"sdk/src/collect.ts", "sdk/src/hosts.ts"} <= page
    assert {"sdk/src/engines/pyodide.ts", "sdk/src/host/socket.ts"} <= host
    assert page & host == {"sdk/src/messages.ts", "sdk/src/generated/fields.ts"}


def test_every_file_of_the_sdk_is_used() -> None:
    used = reach(*PAGE, *HOST, types=True)
    assert {path.relative_to(ROOT).as_posix() for path in SDK.rglob("*.ts")} <= used


def test_the_page_never_touches_the_network_library() -> None:
    for name in reach(*PAGE, types=False):
        assert "socket.io-client" not in set(typescript(ROOT / name)), name


def test_the_dashboard_imports_nothing_of_the_sdk() -> None:
    files = [path for path in DASHBOARD.rglob("*.ts*") if "node_modules" not in path.parts]
    assert len(files) > 10
    for path in files:
        for name in typescript(path):
            if name.startswith("."):
                assert (path.parent / name).resolve().is_relative_to(DASHBOARD), (path, name)
            else:
                assert "callvitals" not in name, (path, name)


def test_micropython_gets_each_module_behind_those_that_it_imports() -> None:
    static = SERVER / "static"
    (built,) = [
        name
        for name in json.loads((static / "manifest.json").read_text())["files"]
        if name.endswith("/core.json")
    ]
    core = json.loads((static / built).read_text("utf-8"))
    names = list(core)
    assert names[-1] == "browser.py"
    for place, name in enumerate(names):
        for node in ast.walk(ast.parse(core[name])):
            if isinstance(node, ast.ImportFrom) and node.level:
                wanted = [node.module] if node.module else [one.name for one in node.names]
                behind = {*names[:place], "shapes.py"}  # that one is for the type checker
                assert {f"{one}.py" for one in wanted} <= behind, name


# -- Python -------------------------------------------------------------------------------------


def python(path: Path) -> Iterator[tuple[str, bool]]:
    """(module, is it a neighbour?) of all imports, also those inside of functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module), False
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, True
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.name, True) for alias in node.names)


def closure(path: Path) -> set[str]:
    """The modules outside of its package that a module brings along, by their top names."""
    seen: set[Path] = set()
    outside: set[str] = set()
    waiting = [path]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for name, near in python(one):
            file = one.parent / f"{name.replace('.', '/')}.py"
            if near and file.is_file():
                waiting.append(file)
            elif not near:
                outside.add(name.split(".")[0])
    return outside


@pytest.mark.parametrize("name", ["live", "history", "ingest", "series", "charts", "reads"])
def test_what_keeps_and_answers_knows_no_web_framework(name: str) -> None:
    brought = closure(SERVER / f"{name}.py")
    assert brought, name
    assert not brought & WEB


def test_callers_need_the_core_aiortc_and_a_socket() -> None:
    allowed = {"callvitals", "aiortc", "aioice", "av", "socketio", "aiohttp", "click", "rich"}
    brought = {name for path in DEMO.glob("*.py") for name in closure(path)}
    assert {"callvitals", "aiortc", "socketio"} <= brought
    assert brought <= allowed | sys.stdlib_module_names
