"""A relay and the programs at its ends: start them, change the link, read the truth."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STUCK_S = 60.0


class Unable(Exception):
    """There can be no laboratory here; says why."""


class Laboratory:
    """`with Laboratory() as lab:`; afterwards the namespaces are gone. `truth` grows meanwhile.

    every: s between the relay's accounts. Raises Unable where there is no root, no TUN device, or
    no right to make namespaces.
    """

    def __init__(self, seed: int = 1, every: float = 1.0) -> None:
        self.truth: list[dict[str, Any]] = []
        told = ["--seed", str(seed), "--every", str(every)]
        self._line = [sys.executable, "-m", "tests.lab.relay", *told]

    def __enter__(self) -> Laboratory:
        self._relay = subprocess.Popen(
            self._line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._relay.stdout is not None
        ready = json.loads(self._relay.stdout.readline() or "{}")
        if "ready" not in ready:
            self._relay.communicate()
            raise Unable(ready.get("error", f"the relay ended ({self._relay.returncode})"))
        self.paths: dict[str, str] = {"a": ready["a"], "b": ready["b"]}
        self.addresses: list[str] = ready["addresses"]
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def _read(self) -> None:
        assert self._relay.stdout is not None
        for line in self._relay.stdout:
            self.truth.append(json.loads(line))

    def set(self, **change: Any) -> None:
        """Change the link: see `python -m tests.lab.relay --help`."""
        assert self._relay.stdin is not None
        self._relay.stdin.write(json.dumps(change) + "\n")
        self._relay.stdin.flush()

    def inside(self, end: str, *command: str) -> list[str]:
        """The command as it runs at end `a` or `b`."""
        return ["nsenter", f"--net={self.paths[end]}", "--", *command]

    def __exit__(self, *_: object) -> None:
        self.close()

    def kill(self) -> None:
        """End the relay as `kill -9` does."""
        self._relay.kill()
        self._relay.wait()

    def close(self) -> None:
        """End the relay; `truth` is whole then."""
        assert self._relay.stdin is not None
        assert self._relay.stdout is not None
        if self._relay.stdin.closed:
            return
        self._relay.stdin.close()  # the end of its commands
        try:
            self._relay.wait(10)
        except subprocess.TimeoutExpired:
            self._relay.kill()
            self._relay.wait()
        self._reader.join()
        self._relay.stdout.close()


class Driver:
    """A script of this folder that drives browsers, run by Node at end a: lines of JSON both ways.

    first: its first order; the path of b's namespace is added.
    """

    def __init__(self, lab: Laboratory, script: str, first: dict[str, Any]) -> None:
        node = shutil.which("node")
        if node is None:
            raise RuntimeError("needs Node on the path")
        self._said: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._process = subprocess.Popen(
            lab.inside("a", node, str(Path(__file__).with_name(script))),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.order(**first, space=lab.paths["b"])

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(json.loads(line))
        self._said.put(None)

    def order(self, **what: Any) -> None:
        """Tell it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """The next thing it says. Raises RuntimeError for its errors, its end, and for silence."""
        try:
            said = self._said.get(timeout=STUCK_S)
        except queue.Empty:
            raise RuntimeError(f"the browsers say nothing for {STUCK_S:.0f} s") from None
        if said is None:
            raise RuntimeError("the browsers' driver is gone")
        if "error" in said:
            raise RuntimeError(said["error"])
        return said

    def close(self) -> None:
        """It ends by itself when its orders end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # it may be gone already
            self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._process.stdout.close()
