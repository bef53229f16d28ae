"""The relay with real packets in real namespaces: what it tells is what it did."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .laboratory import Laboratory

SSRC = 4711
# Sends as many packets of a stream as each line says, one every 2 ms; ends with its input.
SENDER = f"""
import socket, struct, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for line in sys.stdin:
    for number in range(int(line)):
        stamp = struct.pack(">d", time.monotonic())
        out.sendto(struct.pack(">BBHII", 128, 111, number, 0, {SSRC}) + stamp, ("10.99.0.2", 5004))
        time.sleep(0.002)
"""
# Prints how long each packet took, in ms.
LISTENER = """
import socket, struct, time
near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
near.bind(("10.99.0.2", 5004))
print("ready", flush=True)
while True:
    packet = near.recv(2048)
    print(1000 * (time.monotonic() - struct.unpack(">d", packet[12:])[0]), flush=True)
"""


def until(fact: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.02)


@pytest.mark.root
def test_what_is_told_is_what_happened(laboratory: Laboratory) -> None:
    lab = laboratory

    def counted() -> dict[str, int]:
        seconds = [line["ab_ssrc"] for line in lab.truth if "ab_ssrc" in line]
        return seconds[-1].get(str(SSRC), {}) if seconds else {}

    listener = subprocess.Popen(
        lab.inside("b", sys.executable, "-c", LISTENER), stdout=subprocess.PIPE, text=True
    )
    sender = subprocess.Popen(
        lab.inside("a", sys.executable, "-c", SENDER), stdin=subprocess.PIPE, text=True
    )
    try:
        assert listener.stdout is not None
        assert sender.stdin is not None
        assert listener.stdout.readline() == "ready\n"

        def send(count: int) -> None:
            before = counted().get("pkts", 0)
            assert sender.stdin is not None
            sender.stdin.write(f"{count}\n")
            sender.stdin.flush()
            until(lambda: counted().get("pkts", 0) == before + count)

        lab.set(loss=0.3, delay=30)
        send(200)
        lost = counted()["lost"]
        assert 30 <= lost <= 90
        lab.set(down=True)
        send(50)
        assert counted() == {
            "pt": 111,
            "pkts": 250,
            "lost": lost + 50,
            "bytes": 250 * 48,
            "down": 50,
        }
        lab.set(clear=True)
        send(10)
        took = [float(listener.stdout.readline()) for _ in range(200 - lost + 10)]
        delayed, direct = sorted(took[:-10]), sorted(took[-10:])
        assert delayed[0] >= 30
        # The median: a busy machine wakes a listener late now and then.
        assert delayed[len(delayed) // 2] < 45
        assert direct[5] < 15
        assert lab.truth[-1]["ab_tot"]["down"] == 50
        lab.set(losss=1)
        until(lambda: "error" in lab.truth[-1])
        assert "no setting losss" in lab.truth[-1]["error"]
    finally:
        for process in (listener, sender):
            process.kill()
            process.communicate()


@pytest.mark.root
def test_nothing_gets_out_and_nothing_is_left(laboratory: Laboratory) -> None:
    """Only the other end can be reached; and a killed relay takes its namespaces along."""
    lab = laboratory
    code = """
import socket, struct
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for address in ("192.0.2.1", "10.99.0.3", "10.99.0.2"):
    out.sendto(struct.pack(">BBHII", 128, 111, 1, 0, 7), (address, 5004))
"""
    subprocess.run(lab.inside("a", sys.executable, "-c", code), check=True)
    until(lambda: any(line.get("ab_ssrc") for line in lab.truth))
    assert lab.truth[-1]["ab_ssrc"]["7"]["pkts"] == 1
    assert os.stat(lab.paths["a"]).st_ino != os.stat("/proc/self/ns/net").st_ino
    lab.kill()
    assert not Path(lab.paths["a"]).exists()
    links = subprocess.run(["ip", "address"], capture_output=True, text=True, check=True).stdout
    assert "10.99.0" not in links
