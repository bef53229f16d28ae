"""One socket that holds a session, and what its messages add to history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from callvitals import wire

from .records import Piece, Who
from .security import Bucket

Span = tuple[int, int, int, dict[str, tuple[list[int], list[int]]], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Reply:
    """An event for one socket; `close`: and then the socket is closed."""

    sid: str
    event: str
    data: dict[str, Any]
    close: bool = False


@dataclass(slots=True)
class Link:
    """One socket that holds a session."""

    sid: str
    who: Who
    conn: int
    bucket: Bucket
    through: int  # durable
    pending: int  # on its way to the disk
    offset: int | None = None
    proven: bool = False
    news: bool = False  # token or offset came and are not on their way to the disk yet
    asked: bool = False  # for a full state
    stalled: bool = False  # the disk refused rows: nothing more until it connects anew
    gone: bool = False


def at(link: Link) -> tuple[str, int, int]:
    """Where a piece of this link starts: session, conn, `before`."""
    return link.who.session_id, link.conn, link.pending


def journal_piece(link: Link, log: dict[str, Any], span: Span, now: int) -> Piece | None:
    """What a log adds to what is stored or on its way; None: nothing.

    Raises WireError out-of-order when ticks are missing that the log does not declare lost.
    """
    first, last, lost, cols, _events = span
    if first - lost > link.pending + 1:
        missing = f"ticks {link.pending + 1} to {first - lost - 1} are missing"
        raise wire.WireError("out-of-order", missing)
    hole = (max(link.pending + 1, first - lost), first - 1)
    gap = hole if hole[0] <= hole[1] else None
    if last < first:
        if gap is None:
            return None
        return Piece(*at(link), through=first - 1, gap=gap, offset=link.offset)
    if last <= link.pending:
        return None
    if first <= link.pending:
        log = wire.trim_log(log, link.pending) or {}
        first = link.pending + 1
        cols = wire.decode_cols(log)[3]
    times = cols["t"][1]
    offset = link.offset
    if offset is None:  # a beacon of a session that never said its clock
        offset = now - times[-1]
    rows = {
        "session_id": link.who.session_id,
        "first": first,
        "last": last,
        "t0": min(times) + offset,
        "t1": max(times) + offset,
        "offset": offset,
        "body": wire.text({k: log[k] for k in ("cols", "events", "from", "to")}),
    }
    return Piece(*at(link), through=last, gap=gap, rows=rows, offset=link.offset)


def closing_piece(link: Link, last: int) -> Piece:
    """The end of a session: ticks up to `last` that never came are a gap."""
    gap = (link.pending + 1, last) if last > link.pending else None
    return Piece(*at(link), through=max(last, link.pending), gap=gap, left=True)
