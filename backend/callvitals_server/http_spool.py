"""What a sink could not take yet: files in a folder, one per batch, oldest first, bounded.

A batch is written before it is sent and removed once it was taken, so that a restart of either
side loses none. Several processes share a folder, each with its own batches; those of one that is
no more are the others'. A batch that two of them send counts once all the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import NamedTuple

MAX_BYTES = 64 * 2**20
MEMORY_BYTES = 8 * 2**20
SCAN_SECONDS = 30.0
ADOPT_SECONDS = 600.0  # whoever wrote it is no more, even if somebody has its number
_SUFFIX = ".batch"

log = logging.getLogger("callvitals.http")


class Kept(NamedTuple):
    """A batch that waits: its id, its records, its file (or, in memory, its text)."""

    batch: str
    records: int
    size: int
    path: Path | None
    body: bytes | None


class Spool:
    """`folder` None: in memory. Thread-safe."""

    def __init__(self, folder: Path | None, limit: int | None = None) -> None:
        self._folder = folder
        self._limit = limit or (MEMORY_BYTES if folder is None else MAX_BYTES)
        self._waiting: deque[Kept] = deque()
        self._size = 0
        self._dropped = 0
        self._adopted = float("-inf")
        self._lock = threading.Lock()
        self._last = 0

    def put(self, batch: str, records: int, body: bytes) -> None:
        """Keep a batch. When there is no room, the oldest ones go, and are counted."""
        kept = Kept(batch, records, len(body), None, body)
        if self._folder is not None:
            # One process' batches in order; names sort by time.
            self._last = max(self._last + 1, time.time_ns())
            path = self._folder / f"{self._last:020d}-{os.getpid()}-{records}-{batch}{_SUFFIX}"
            draft = path.with_suffix(".new")
            try:
                draft.write_bytes(body)
                draft.replace(path)
                kept = Kept(batch, records, len(body), path, None)
            except OSError as error:  # disk full: it waits in memory
                log.warning("a batch could not be spooled: %s", error)
                with contextlib.suppress(OSError):
                    draft.unlink()
        with self._lock:
            self._waiting.append(kept)
            self._size += kept.size
            while self._size > self._limit and len(self._waiting) > 1:
                gone = self._waiting.popleft()
                self._size -= gone.size
                self._dropped += gone.records
                _remove(gone)

    def oldest(self) -> tuple[Kept, bytes] | None:
        """The next to be sent, and its text."""
        self._adopt()
        while True:
            with self._lock:
                if not self._waiting:
                    return None
                kept = self._waiting[0]
            if kept.body is not None:
                return kept, kept.body
            assert kept.path is not None
            try:
                return kept, kept.path.read_bytes()
            except FileNotFoundError:  # another process sent it
                self.done(kept)
            except OSError as error:
                log.warning("a spooled batch could not be read: %s", error)
                self.done(kept, lost=True)

    def done(self, kept: Kept, lost: bool = False) -> None:
        """It was taken; `lost`: it never will be."""
        with self._lock:
            with contextlib.suppress(ValueError):
                self._waiting.remove(kept)
                self._size -= kept.size
            if lost:
                self._dropped += kept.records
        _remove(kept)

    def take_dropped(self) -> int:
        """Records lost since the last question."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        return dropped

    def __len__(self) -> int:
        return len(self._waiting)

    def forked(self) -> None:
        """In a child: what the parent keeps is the parent's."""
        self._lock = threading.Lock()
        self._waiting.clear()
        self._size = self._dropped = 0

    def _adopt(self) -> None:
        """Take over what processes left that are no more."""
        now = time.monotonic()
        if self._folder is None or now - self._adopted < SCAN_SECONDS:
            return
        self._adopted = now
        with self._lock:
            mine = {kept.batch for kept in self._waiting}
        found = []
        with contextlib.suppress(OSError):
            for entry in os.scandir(self._folder):
                parts = entry.name.removesuffix(_SUFFIX).split("-")
                if not entry.name.endswith(_SUFFIX) or len(parts) != 4 or parts[3] in mine:
                    continue
                try:
                    status = entry.stat()
                    age = time.time() - status.st_mtime
                    if age >= ADOPT_SECONDS or not _lives(int(parts[1])):
                        path = Path(entry.path)
                        found.append(Kept(parts[3], int(parts[2]), status.st_size, path, None))
                except (OSError, ValueError):
                    continue
        if found:
            with self._lock:
                everything = [*found, *self._waiting]
                self._waiting = deque(sorted(everything, key=_by_age))
                self._size = sum(kept.size for kept in everything)


def _by_age(kept: Kept) -> str:
    return kept.path.name if kept.path is not None else "~"


def _lives(pid: int) -> bool:
    """Another process. (Our number, but not our batch: it was somebody's before us, as in
    containers, where the first process always has the same.)"""
    if pid == os.getpid() or os.name != "posix":  # elsewhere, asking would end it
        return pid != os.getpid()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _remove(kept: Kept) -> None:
    if kept.path is not None:
        with contextlib.suppress(OSError):
            kept.path.unlink(missing_ok=True)


def open_spool(wanted: str | Path | bool | None, sink: str) -> Spool:
    """`wanted`: a folder, False for memory, None or True for CALLVITALS_SPOOL or the user's cache
    folder. A folder that cannot be used is told in one line, and memory used."""
    if wanted is False:
        return Spool(None)
    where = os.environ.get("CALLVITALS_SPOOL") if wanted in (None, True) else wanted
    folder = Path(str(where)) if where else _cache()
    # One address' batches must not reach another.
    folder /= hashlib.sha256(sink.encode()).hexdigest()[:12]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        log.warning("no spool on disk (%s): what waits, waits in memory", error)
        return Spool(None)
    return Spool(folder)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    home = Path(base) if base else Path(os.path.expanduser("~")) / ".cache"
    return home / "callvitals" / "spool"
