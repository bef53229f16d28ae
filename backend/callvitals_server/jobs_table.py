"""What is asked of and written to the table of jobs. Times in epoch ms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .database import read, transaction
from .jobs import KEPT, STATES, Job, NoJobError, NotFailedError, State
from .schema_jobs import job

LOCK = 0x63616C6A

SHOWN = [c for c in job.c if c.name not in ("payload", "lease_until", "taken")]
MINE = (
    job.c.n == sa.bindparam("of"),
    job.c.taken == sa.bindparam("by"),
    job.c.state == "active",
)
DONE = (
    sa.update(job)
    .where(*MINE)
    .values(
        state="completed",
        attempts=job.c.attempts + 1,
        finished_at=sa.bindparam("now"),
        payload=None,
        error=None,
    )
)
FAILED = (
    sa.update(job)
    .where(*MINE)
    .values(
        state="failed",
        attempts=job.c.attempts + 1,
        finished_at=sa.bindparam("now"),
        error=sa.bindparam("why"),
    )
)
WAITS = (
    sa.update(job)
    .where(*MINE)
    .values(
        state="waiting",
        attempts=job.c.attempts + sa.bindparam("counted"),
        run_at=sa.bindparam("at"),
        error=sa.func.coalesce(sa.bindparam("why"), job.c.error),
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A job that this process has."""

    n: int
    taken: int
    id: str
    payload: dict[str, Any]
    attempts: int
    max_attempts: int


ORDER: dict[State, tuple[sa.ColumnElement[Any], ...]] = {
    "active": (job.c.started_at, job.c.n),
    "waiting": (job.c.run_at, job.c.n),
    "delayed": (job.c.run_at, job.c.n),
    "failed": (job.c.finished_at.desc(), job.c.n.desc()),
    "completed": (job.c.finished_at.desc(), job.c.n.desc()),
}


def state_of(now: int) -> sa.ColumnElement[str]:
    """The state that is shown."""
    later = sa.and_(job.c.state == "waiting", job.c.run_at > now)
    return sa.case((later, "delayed"), else_=job.c.state)


def shown(row: Any, now: int) -> Job:
    """A row as it is told."""
    kind, _, key = row["id"].partition(".")
    later = row["state"] == "waiting" and row["run_at"] > now
    return Job(
        row["id"],
        kind,
        key,
        row["title"],
        "delayed" if later else row["state"],
        row["attempts"],
        row["max_attempts"],
        None if row["progress"] is None else row["progress"] / 1000,
        row["created_at"],
        row["run_at"],
        row["started_at"],
        row["finished_at"],
        row["error"],
    )


def counts(engine: sa.Engine, now: int) -> dict[State, int]:
    """How many jobs are in each state."""
    state = state_of(now).label("state")
    rows = read(engine, sa.select(state, sa.func.count().label("n")).group_by(state))
    found = {row["state"]: row["n"] for row in rows}
    return {one: found.get(one, 0) for one in STATES}


def get(engine: sa.Engine, job_id: str, now: int) -> Job | None:
    """One job."""
    rows = read(engine, sa.select(*SHOWN).where(job.c.id == job_id.replace("\0", "")))
    return shown(rows[0], now) if rows else None


def page(
    engine: sa.Engine, states: tuple[State, ...], skip: int, kind: str, limit: int, now: int
) -> tuple[list[Job], str | None]:
    """Jobs in these states, in order, the first `skip` left out; the next page's cursor."""
    prefix = kind.replace("\0", "")
    out: list[Job] = []
    for state in states:
        query = sa.select(*SHOWN).where(state_of(now) == state).order_by(*ORDER[state])
        if prefix:
            query = query.where(job.c.id.startswith(f"{prefix}.", autoescape=True))
        room = limit - len(out)
        rows = read(engine, query.offset(skip).limit(room + 1))
        out += [shown(row, now) for row in rows[:room]]
        if len(rows) > room:
            return out, f"{state}.{skip + room}"
        skip = 0
    return out, None


def retry(engine: sa.Engine, job_id: str, now: int) -> Job:
    """Have a failed job done again, with all its attempts. Raises NoJobError, NotFailedError."""
    this = job.c.id == job_id.replace("\0", "")
    again = sa.update(job).where(this, job.c.state == "failed")
    again = again.values(
        state="waiting",
        attempts=0,
        deaths=0,
        run_at=now,
        error=None,
        progress=None,
        started_at=None,
        finished_at=None,
    )
    with transaction(engine) as db:
        changed = db.execute(again).rowcount
        row = db.execute(sa.select(*SHOWN).where(this)).mappings().first()
    if row is None:
        raise NoJobError(job_id)
    found = shown(row, now)
    if not changed:
        raise NotFailedError(found.state)
    return found


def alone(db: sa.Connection) -> None:
    """Those who end jobs do so one after the other: two would each leave one too many."""
    if db.dialect.name == "postgresql":
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def trim(db: sa.Connection, state: str) -> None:
    """Keep the newest only."""
    older = (
        sa.select(job.c.n)
        .where(job.c.state == state)
        .order_by(job.c.finished_at.desc(), job.c.n.desc())
        .offset(KEPT[state])
    )
    db.execute(sa.delete(job).where(job.c.n.in_(older)))
