"""Jobs: work that gets done though a process dies, a disk is full or a server is away.

One interface, two back ends: a table with leases (jobs_sql.py) and BullMQ on Redis (jobs_bull.py).
A job is done at least once, so handlers are idempotent. What is kept, and how to look at it:
docs/jobs.md.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

ATTEMPTS = 3
KEPT = {"completed": 100, "failed": 500}
DEATHS = 3  # so often may its process die under a job; then it may be the job
PROGRESS_SECONDS = 0.25
_ERROR = 1000  # characters

State = Literal["active", "waiting", "delayed", "failed", "completed"]
STATES: tuple[State, ...] = ("active", "waiting", "delayed", "failed", "completed")
"""In the order in which they are listed."""

_KIND = re.compile(r"[a-z][a-z0-9-]{0,31}")
_KEY = re.compile(r"[0-9A-Za-z_.~-]{1,200}")
_CURSOR = re.compile(rf"({'|'.join(STATES)})\.([0-9]{{1,9}})")

log = logging.getLogger("callvitals.jobs")


class Later(Exception):
    """Raised by a handler: not now, and that is not the job's fault. It is tried again after so
    many seconds, and no attempt is counted."""

    def __init__(self, seconds: float, why: str = "") -> None:
        super().__init__(why)
        self.seconds = seconds


class GiveUp(Exception):
    """Raised by a handler: no other attempt will do better. The job has failed."""


class NoJobError(LookupError):
    """There is no such job (any more)."""


class NotFailedError(ValueError):
    """Only failed jobs can be retried; the message is the state it is in."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds."""

    lease: float = 30.0  # a job whose process says nothing for so long is taken up by another
    backoff: float = 2.0  # after the first failure; doubles
    grace: float = 5.0  # what is under way may take so long when the service ends
    at_once: int = 16


class Job(NamedTuple):
    """A job as it is shown. Times in epoch ms."""

    id: str
    kind: str
    key: str
    title: str
    state: State
    attempts: int  # that ended
    max_attempts: int
    progress: float | None  # 0 to 1
    created_at: int
    run_at: int  # not before
    started_at: int | None  # the newest attempt
    finished_at: int | None
    error: str | None  # of the newest attempt that failed

    def shown(self) -> dict[str, Any]:
        """JSON of the REST API."""
        return {
            "id": self.id,
            "kind": self.kind,
            "key": self.key,
            "title": self.title,
            "state": self.state,
            "attempts": self.attempts,
            "maxAttempts": self.max_attempts,
            "progress": self.progress,
            "createdAt": self.created_at,
            "runAt": self.run_at,
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "error": self.error,
        }


class Run:
    """A job under way, as its handler gets it."""

    def __init__(
        self,
        job_id: str,
        payload: dict[str, Any],
        attempt: int,
        max_attempts: int,
        tell: Callable[[float], Awaitable[None]],
    ) -> None:
        self.id = job_id
        self.kind, _, self.key = job_id.partition(".")
        self.payload = payload
        self.attempt = attempt
        """1, 2, 3"""
        self.is_last = attempt >= max_attempts
        self._tell = tell
        self._told = float("-inf")

    async def progress(self, share: float) -> None:
        """Show how much is done, 0 to 1. May be called often: four times a second it is stored."""
        now = time.monotonic()
        if now - self._told >= PROGRESS_SECONDS or share >= 1:
            self._told = now
            await self._tell(min(1.0, max(0.0, share)))


Handler = Callable[[Run], Awaitable[None]]


class Kind(NamedTuple):
    """What is done with jobs of one kind."""

    handler: Handler
    attempts: int


class Outcome(NamedTuple):
    """How an attempt ended."""

    what: Literal["done", "failed", "hopeless", "later"]
    error: str = ""
    seconds: float = 0.0


class Jobs(ABC):
    """Lives in one event loop. `on` for every kind, then `start`; `close` at the end. Without
    `start` jobs are only looked at, added and retried."""

    def __init__(self, counts: Counter[str], pace: Pace) -> None:
        self.trouble: str | None = None
        """Why jobs are not being done now; None: they are."""
        self._counts = counts
        self._pace = pace
        self._kinds: dict[str, Kind] = {}

    def on(self, kind: str, handler: Handler, attempts: int = ATTEMPTS) -> None:
        """Have `handler` do the jobs of a kind (lower case, digits, dashes). It may be called
        again for the same job, after a death or a lost lease even while an earlier call goes on
        somewhere. What it raises is a failed attempt, but for Later and GiveUp."""
        if _KIND.fullmatch(kind) is None:
            raise ValueError(f"not the name of a kind: {kind!r}")
        self._kinds[kind] = Kind(handler, attempts)

    async def add(
        self, kind: str, payload: dict[str, Any], key: str | None = None, title: str = ""
    ) -> str:
        """Durable when it returns; the job's id, `kind.key`. The same key again is the same job,
        as long as that is kept: nothing is added. key: 1 to 200 of A-Z a-z 0-9 _ . ~ - (none:
        one is made). title: for people. Raises StorageError."""
        name = secrets.token_hex(12) if key is None else key
        if _KEY.fullmatch(name) is None:
            raise ValueError(f"not a key: {name[:64]!r}")
        plain = " ".join(title.replace("\0", "").split())[:200]
        return await self._add(f"{kind}.{name}", payload, self._kinds[kind].attempts, plain)

    @abstractmethod
    async def _add(self, job_id: str, payload: dict[str, Any], attempts: int, title: str) -> str:
        """Store it."""

    @abstractmethod
    def start(self) -> None:
        """Do jobs."""

    @abstractmethod
    async def close(self) -> None:
        """Begin nothing new, wait for what is under way (`Pace.grace`), and give back what is not
        ready: it is done after the next start, or by another process."""

    @abstractmethod
    async def counts(self) -> dict[State, int]:
        """How many jobs are in each state. Raises StorageError."""

    @abstractmethod
    async def get(self, job_id: str) -> Job | None:
        """One job. Raises StorageError."""

    @abstractmethod
    async def page(
        self, state: State | None = None, kind: str = "", limit: int = 50, cursor: str = ""
    ) -> tuple[list[Job], str | None]:
        """Some jobs and the cursor of the next page: active ones, those that wait and those that
        wait for their time (the next first), failed and completed ones (the newest first). Jobs
        move between pages. Raises StorageError; ValueError: not a cursor."""

    @abstractmethod
    async def retry(self, job_id: str) -> Job:
        """Do a failed job again, with all its attempts. Raises NoJobError, NotFailedError,
        StorageError."""

    async def _attempt(self, run: Run) -> Outcome:
        """Call the handler."""
        kind = self._kinds.get(run.kind)
        try:
            if kind is None:
                raise GiveUp("nothing here does jobs of this kind")
            await kind.handler(run)
        except Later as later:
            return Outcome("later", _text(later), later.seconds)
        except GiveUp as error:
            outcome = Outcome("hopeless", _text(error))
        except Exception as error:
            outcome = Outcome("failed", _text(error))
        else:
            return Outcome("done")
        level = logging.WARNING if run.is_last or outcome.what == "hopeless" else logging.INFO
        log.log(level, "job %s, attempt %d: %s", run.id, run.attempt, outcome.error)
        return outcome


def _text(error: Exception) -> str:
    """A line for people; of Python's own errors with their name, which says more than `'x'`."""
    name = type(error).__name__
    told = str(error) or name
    if type(error).__module__ == "builtins" and told != name:
        told = f"{name}: {told}"
    return " ".join(told.replace("\0", "").split())[:_ERROR]


def place(cursor: str, state: State | None) -> tuple[tuple[State, ...], int]:
    """The states to list, and how many of the first to leave out. Raises ValueError."""
    states = STATES if state is None else (state,)
    if not cursor:
        return states, 0
    found = _CURSOR.fullmatch(cursor)
    if found is None or found[1] not in states:
        raise ValueError("cursor: not one of ours")
    return states[[*states].index(found[1]) :], int(found[2])
