"""What is old is forgotten, cheaply; what the disk refuses is waited for."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from callvitals_server.history import History
from callvitals_server.records import Keep, StorageError, duration

from . import stories
from .kit import T0
from .stores import Call, make, tend

DAY = 86_400_000


@pytest.fixture
def open_(tmp_path: Path) -> Iterator[stories.Opened]:
    """Opens the test's history anew, as after a restart."""
    opened = stories.Opened(lambda **more: History(tmp_path / "data", **more))
    yield opened
    opened.close()


def test_what_is_old_is_forgotten_level_by_level(open_: stories.Opened) -> None:
    stories.forgetting(open_)


def test_forgetting_deletes_whole_files(tmp_path: Path, open_: stories.Opened) -> None:
    history = open_()
    for day in range(4):
        call = Call(f"{day:032d}", f"m{day}")
        start = T0 // DAY * DAY + day * DAY + DAY // 2
        call.claim(history, start)
        call.store(history, make(range(620), start=start), left=True)
        tend(history, call.end)
    names = sorted(path.name for path in (tmp_path / "data" / "raw").iterdir())
    assert names[0].endswith(".db")
    days = {name[:10] for name in names}
    assert len(days) == 3  # the first was over 48 h ago when the fourth was sealed


@pytest.mark.parametrize("text", ["", "2", "h", "0h", "-1d", "1.5h", "2 days", "1000000h"])
def test_durations_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        duration(text)


def test_durations() -> None:
    assert duration("90m") * 32 == duration("48h") == Keep().raw == 2 * DAY
    assert duration("30d") == Keep().minutes


FULL = """
    import resource, signal, sys
    from pathlib import Path
    from backend.stores import Call, make, tend
    from backend.kit import T0
    from callvitals_server.history import History
    from callvitals_server.records import StorageError

    # Files that cannot grow beyond what they need for the journal: sealing finds no room.
    history = History(Path(sys.argv[1]))
    call = Call()
    call.claim(history)
    call.store(history, make(range(1300)))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
    for _ in range(3):
        try:
            history.tend(call.end)
        except StorageError as error:
            print(error)
        call.check_ticks(history)
        call.check_rollups(history)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    tend(history, call.end)
    call.check_ticks(history)
    call.check_rollups(history)
    left = sum(row["last"] - row["first"] + 1 for row in history.journal(call.session_id))
    history.close()
    print("left", left)
"""


def test_without_room_to_seal_nothing_is_lost_and_it_heals(tmp_path: Path) -> None:
    script = tmp_path / "full.py"
    script.write_text(textwrap.dedent(FULL))
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "data")],
        env={**os.environ, "PYTHONPATH": str(tests)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split("\n")
    assert any("full" in line or "I/O" in line for line in lines[:3]), lines
    assert "left 100" in lines


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    blocked = tmp_path / "data"
    blocked.write_text("a file")
    with pytest.raises(StorageError, match="data"):
        History(blocked)
