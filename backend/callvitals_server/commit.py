"""One commit: how sessions move on, and what is inserted with it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from .columns import MINUTE_MS
from .records import Piece
from .schema import gap, journal, session

# Moves a session on, if it is still its owner's and where the owner left it.
MOVE = (
    sa.update(session)
    .where(
        session.c.session_id == sa.bindparam("of"),
        session.c.conn == sa.bindparam("by"),
        session.c.through == sa.bindparam("before"),
    )
    .values(
        through=sa.bindparam("after"),
        last_at=sa.bindparam("at"),
        left=sa.or_(session.c.left, sa.bindparam("leaves", type_=sa.Boolean)),
        proven=sa.or_(session.c.proven, sa.bindparam("proves", type_=sa.Boolean)),
        offset=sa.func.coalesce(sa.bindparam("clock", type_=sa.BigInteger), session.c.offset),
    )
)


def move(group: list[Piece], now: int) -> dict[str, Any]:
    """The parameters of MOVE for the pieces of one owner, in order."""
    clocks = [piece.offset for piece in group if piece.offset is not None]
    return {
        "of": group[0].session_id,
        "by": group[0].conn,
        "before": group[0].before,
        "after": group[-1].through,
        "at": now,
        "leaves": any(piece.left for piece in group),
        "proves": any(piece.proven for piece in group),
        "clock": clocks[-1] if clocks else None,
    }


def insert(db: sa.Connection, pieces: Sequence[Piece], now: int) -> None:
    """The gaps and rows of pieces whose sessions were moved."""
    soon = now + MINUTE_MS  # whatever a page's clock says
    rows = [
        {**p.rows, "at": now, "t0": min(p.rows["t0"], soon), "t1": min(p.rows["t1"], soon)}
        for p in pieces
        if p.rows is not None
    ]
    gaps = [
        {"session_id": p.session_id, "first": p.gap[0], "last": p.gap[1], "told_at": now}
        for p in pieces
        if p.gap is not None
    ]
    if gaps:
        db.execute(sa.insert(gap), gaps)
    if rows:
        db.execute(sa.insert(journal), rows)


class Fenced(Exception):
    """Undoes a transaction."""
