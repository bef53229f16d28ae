from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from callvitals_demo.machine import Room, measure, plan

from .conftest import CALLVITALS, alive, children, free_port, get, in_time, until

MEETINGS = {"all-hands", "cafe-wifi", "on-the-train"}


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    command = [*CALLVITALS, "demo", "--port", str(port), "--data", str(tmp_path / "data")]
    # The group is ours to signal, as a terminal does on Ctrl-C.
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    yield process, f"http://127.0.0.1:{port}"
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def service_of(pid: int) -> int:
    """The demo's lasting child: loading a library may start short-lived ones beside it."""
    until(lambda: len(children(pid)) == 1, 30)
    (child,) = children(pid)
    return child


def newest_tick(url: str) -> int:
    people = get(f"{url}/api/meetings/cafe-wifi")["participants"]
    tick: int = min(one["state"]["tick"] for person in people for one in person["sessions"])
    return tick


def test_banner_meetings_and_a_clean_end(demo: tuple[subprocess.Popen[str], str]) -> None:
    process, url = demo
    start = time.monotonic()
    assert process.stdout
    lines = [process.stdout.readline().rstrip() for _ in range(4)]
    took = time.monotonic() - start
    assert lines[0].startswith("callvitals "), process.communicate(timeout=30)
    assert f"{url}/" in lines[1]
    assert f"{url}/demo" in lines[2]
    assert f'<script src="{url}/sdk.js" crossorigin data-meeting="my-room"></script>' in lines[3]
    spent = sum(cpu_seconds(pid) for pid in (process.pid, *children(process.pid)))
    print(f"banner after {took:.1f} s; {spent:.1f} s of CPU")
    assert spent < 5
    assert in_time(took, 10)

    def moving() -> bool:
        items = get(f"{url}/api/meetings?live=true")["items"]
        return {item["meetingId"] for item in items} == MEETINGS and all(
            item["participants"] >= 2 for item in items
        )

    banner = time.monotonic()
    until(moving, 30)
    moved = time.monotonic() - banner
    print(f"the dashboard moves {moved:.1f} s after the banner")
    assert in_time(moved, 10)
    pids = children(process.pid)
    assert pids, "the service should be a child"
    before, clock = cpu_seconds(process.pid), time.monotonic()

    def told() -> bool:  # a participant is listed from its connect on, before its first message
        people = get(f"{url}/api/meetings/all-hands")["participants"]
        return all(one["state"] for person in people for one in person["sessions"])

    until(told, 30)
    names = {
        person["participantId"]: person["sessions"][0]
        for person in get(f"{url}/api/meetings/all-hands")["participants"]
    }
    assert names["caller-1"]["engine"] == "cpython"
    assert names["caller-1"]["host"] == "synthetic"
    until(lambda: newest_tick(url) >= 5, 40)
    share = (cpu_seconds(process.pid) - before) / (time.monotonic() - clock)
    print(f"callers take {share:.2f} of a core")
    assert share < 1

    os.killpg(process.pid, signal.SIGINT)
    _out, err = process.communicate(timeout=25)
    assert process.returncode == 0, err
    assert err == ""
    assert not [pid for pid in pids if alive(pid)]
    with socket.create_server(("127.0.0.1", int(url.rsplit(":", 1)[1]))):
        pass  # the port is free again


def test_a_service_that_dies_ends_the_demo_in_one_line(
    demo: tuple[subprocess.Popen[str], str],
) -> None:
    process, url = demo
    until(lambda: get(f"{url}/api/meetings?live=true")["items"], 90)
    child = service_of(process.pid)
    os.kill(child, signal.SIGKILL)
    _out, err = process.communicate(timeout=25)
    assert process.returncode == 1
    assert err == "Error: the service stopped: killed by signal 9\n"


def test_a_killed_demo_takes_its_service_along(
    demo: tuple[subprocess.Popen[str], str],
) -> None:
    process, url = demo
    until(lambda: get(f"{url}/api/meetings"), 90)
    child = service_of(process.pid)
    process.kill()
    until(lambda: not alive(child), 20)


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*CALLVITALS, "demo", "--port", str(port), "--data", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[0].startswith(f"Error: port {port} is in use. Try: ")
    assert "Traceback" not in done.stderr


def test_a_busy_machine_gets_fewer_callers_and_is_told() -> None:
    roomy, busy = plan(Room(cores=4, idle=3.1)), plan(Room(cores=2, idle=0.3))
    assert roomy.clean + roomy.wifi + roomy.flapping == 8
    assert (roomy.video_pairs, roomy.note) == (1, "")
    assert busy.clean + busy.wifi + busy.flapping == 6
    assert busy.video_pairs == 0
    assert "0.3 of 2 cores idle" in busy.note
    assert min(busy.clean, busy.wifi, busy.flapping) >= 2


def test_the_measured_room_is_possible() -> None:
    room = measure(0.05)
    assert room.cores == os.cpu_count()
    assert 0 <= room.idle <= room.cores
