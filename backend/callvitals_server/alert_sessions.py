"""The live sessions as alerts look at them: of this process, or, grown, of all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import sqlalchemy as sa

from .alert_calls import Seen
from .database import read
from .history import state_of
from .live import Live
from .model import ENDED_MS, LOST_MS
from .schema import session

Look = Callable[[int], Awaitable[Sequence[Seen]]]


def here(live: Live) -> Look:
    """Out of the live model. States are replaced, never changed: they may be read in a thread."""

    async def look(now: int) -> list[Seen]:
        return [
            Seen(
                one.meeting_id,
                one.participant_id,
                one.name,
                one.session_id,
                one.joined_at,
                one.presence(now) == "live",
                one.state or {},
            )
            for one in live.sessions.values()
        ]

    return look


def everywhere(engine: sa.Engine) -> Look:
    """Out of the database, where each process leaves its sessions' states every five seconds.
    Raises StorageError."""
    columns = ("meeting_id", "participant_id", "name", "session_id", "started_at", "last_at")
    chosen = sa.select(*(session.c[name] for name in (*columns, "left", "state")))

    def ask(now: int) -> list[Seen]:
        rows = read(engine, chosen.where(session.c.last_at > now - ENDED_MS))
        return [
            Seen(
                row["meeting_id"],
                row["participant_id"],
                row["name"],
                row["session_id"],
                row["started_at"],
                not row["left"] and now - row["last_at"] < LOST_MS,
                state_of(row),
            )
            for row in rows
        ]

    async def look(now: int) -> list[Seen]:
        return await asyncio.to_thread(ask, now)

    return look
