"""A bad link between two network namespaces, with the truth of what it did.

Needs root and /dev/net/tun; no kernel module for impairment, no package. Run a program at one end
with `nsenter --net=PATH`, where PATH is told on the first line of standard output:

  {"ready": true, "a": PATH, "b": PATH, "addresses": ["10.99.0.1", "10.99.0.2"]}

Commands are lines of JSON on standard input, obeyed at once:

  {"way": "ab", "loss": 0.05, "burst": 8}      from a to b; "ba", or "both" (the default)
  {"down": true}                               an outage, until {"down": false}
  {"delay": 50, "jitter": 20, "reorder": true} ms, each way; overtaking allowed
  {"rate": 120, "queue": 300}                  kbit/s, and ms of queue before it drops
  {"clear": true}                              a perfect link again
  {"quit": true}                               or the end of standard input

The truth, lines of JSON (--truth FILE, else standard output): {"t", "set"} for each command, and
each second (--every) {"t": epoch ms, "machine_cpu_busy": 0-1, "load1", "late_max_ms", "ab", "ba":
what happened in that time, "ab_tot", "ba_tot": since the start, "ab_ssrc", "ba_ssrc": per RTP
stream since the start}. In that time and in all: pkts and bytes handed in, lost at random, qdrop
(queue overflow), down (outage), fwd (forwarded); delays in ms. Per stream `lost` is the sum of all
drops.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import sys
import time
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from .spaces import NoSpaces, Space, pair
from .way import Settings, Way, checked

EXAMPLES = """
examples:
  python -m tests.lab.relay --loss 0.05 --delay 50 --truth truth.jsonl
  nsenter --net=/proc/4711/fd/5 ping 10.99.0.2
"""


class Machine:
    """How busy the machine was, from /proc/stat."""

    def __init__(self) -> None:
        self._was = self._read()

    @staticmethod
    def _read() -> list[int]:
        with open("/proc/stat") as file:
            return [int(part) for part in file.readline().split()[1:9]]

    def busy(self) -> float:
        """Share of all cores' time since the last call, 0-1."""
        now = self._read()
        spent = sum(now) - sum(self._was)
        idle = now[3] + now[4] - self._was[3] - self._was[4]
        self._was = now
        return round(1 - idle / max(1, spent), 3)


class Link:
    """Both ways, moved by `step`."""

    def __init__(self, a: Space, b: Space, seed: int, truth: TextIO) -> None:
        self.ways = {"ab": Way(random.Random(seed)), "ba": Way(random.Random(seed + 1))}
        self._flows = ((a, b, self.ways["ab"]), (b, a, self.ways["ba"]))
        self._truth = truth
        self._machine = Machine()

    def step(self, until: float, also: list[int]) -> list[int]:
        """Move packets; comes back at `until` (monotonic s) or when one of `also` is readable."""
        now = time.monotonic()
        wake = min([until, *(when for _, _, way in self._flows if (when := way.next()))])
        tuns = [source.tun for source, _, _ in self._flows]
        readable, _, _ = select.select(tuns + also, [], [], max(0.0, wake - now))
        for source, target, way in self._flows:
            if source.tun in readable:
                self._take(source.tun, target, way)
            for packet in way.due(time.monotonic()):
                with suppress(OSError):  # a full device queue: a real one would drop it, too
                    os.write(target.tun, packet)
        return [one for one in also if one in readable]

    def _take(self, tun: int, target: Space, way: Way) -> None:
        wanted = bytes(int(part) for part in target.address.split("."))
        with suppress(BlockingIOError):
            while True:
                packet = os.read(tun, 2048)
                # Whatever is for another address goes nowhere.
                if packet[0] >> 4 == 4 and packet[16:20] == wanted:
                    way.offer(packet, time.monotonic())

    def apply(self, command: dict[str, Any]) -> None:
        """A command's settings. Raises ValueError."""
        change = dict(command)
        named = change.pop("way", "both")
        if named not in ("ab", "ba", "both"):
            raise ValueError(f"way is ab, ba or both, not {named}")
        clear = change.pop("clear", False)
        change = checked(change)
        for name, way in self.ways.items():
            if named in (name, "both"):
                way.set = replace(Settings() if clear else way.set, **change)
        self.write({"set": command})

    def second(self) -> None:
        """Write the truth of the second, or of what --every says, that ends."""
        line: dict[str, Any] = {"machine_cpu_busy": self._machine.busy()}
        line["load1"] = os.getloadavg()[0]
        line["late_max_ms"] = 0.0
        for name, way in self.ways.items():
            line[name] = way.second()
            line["late_max_ms"] = max(line["late_max_ms"], line[name].pop("late_max_ms"))
            line[f"{name}_tot"] = dict(way.total)
            line[f"{name}_ssrc"] = way.by_ssrc()
        self.write(line)

    def write(self, line: dict[str, Any]) -> None:
        """One line of truth, with its time."""
        text = json.dumps({"t": int(time.time() * 1000), **line}, separators=(",", ":"))
        self._truth.write(text + "\n")
        self._truth.flush()


def obey(link: Link, lines: list[bytes]) -> bool:
    """Commands as they came; False when one says to end."""
    for line in filter(None, map(bytes.strip, lines)):
        try:
            command = json.loads(line)
            if not isinstance(command, dict):
                raise ValueError("a command is a JSON object")
            if command.get("quit"):
                return False
            link.apply(command)
        except ValueError as error:
            link.write({"error": str(error), "command": line.decode(errors="replace")[:200]})
    return True


def run(link: Link, commands: int, every: float) -> None:
    """Until a command or the end of the commands' file says so; every: s between accounts."""
    pending = b""
    second = time.monotonic() + every
    while True:
        if link.step(second, [commands]):
            chunk = os.read(commands, 65536)
            *lines, pending = (pending + chunk).split(b"\n")
            if not obey(link, lines) or not chunk:
                return
        if time.monotonic() >= second:
            second += every
            link.second()


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.lab.relay",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--truth", type=Path, help="file that the truth is appended to")
    parser.add_argument("--seed", type=int, default=1, help="of the dice (default 1)")
    parser.add_argument("--every", type=float, default=1.0, help="s between accounts (default 1)")
    for name, unit in (("loss", "0-1"), ("delay", "ms"), ("jitter", "ms"), ("rate", "kbit/s")):
        parser.add_argument(f"--{name}", type=float, metavar=unit, help="from the start, each way")
    return parser


def main() -> int:
    """0; 1 where the machine cannot do it."""
    told = options().parse_args()
    with suppress(OSError, AttributeError):  # in time even when the machine is busy
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    # A terminal's interrupt, or a polite kill, ends it like {"quit": true}.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        a, b = pair()
    except NoSpaces as error:
        why = f"{error}. Try it as root, with /dev/net/tun."
        print(f"Error: {why}", file=sys.stderr)
        print(json.dumps({"error": why}), flush=True)
        return 1
    with told.truth.open("a") if told.truth else nullcontext(sys.stdout) as truth:
        return _serve(told, Link(a, b, told.seed, truth), a, b)


def _serve(told: argparse.Namespace, link: Link, a: Space, b: Space) -> int:
    names = ("loss", "delay", "jitter", "rate")
    first = {name: value for name in names if (value := getattr(told, name)) is not None}
    try:
        if told.every <= 0:
            raise ValueError(f"--every is more than 0 s, not {told.every}")
        link.apply(first) if first else None
    except ValueError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    ready = {"ready": True, "a": a.path, "b": b.path, "addresses": [a.address, b.address]}
    print(json.dumps(ready), flush=True)
    run(link, sys.stdin.fileno(), told.every)
    return 0


if __name__ == "__main__":
    sys.exit(main())
