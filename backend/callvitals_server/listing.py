"""Lists of meetings with a filter and an order, page by page; live ones first, then those that
ended. A cursor names the last meeting seen, so that pages do not shift while meetings come and go.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .database import read
from .model import Meeting
from .reads import Reads
from .schema import meeting
from .shelves import Row

MAX_INT = 2**62  # what a database holds; a JavaScript integer is well within
_NO_SCORE = 1 << 30


@dataclass(frozen=True, slots=True)
class Sort:
    """An order. live: ascending keys of a meeting in the live model; ended: the columns by which
    rows are compared, all of them `falling` or all rising."""

    live: Callable[[Meeting], tuple[Any, ...]]
    live_types: tuple[type, ...]
    ended: Callable[[], tuple[sa.ColumnElement[Any], ...]]
    ended_types: tuple[type, ...]
    falling: bool = True


def _score(m: Meeting) -> int:
    return _NO_SCORE if m.headline.score is None else m.headline.score


_AGE = (meeting.c.started_at, meeting.c.meeting_id)
SORTS: dict[str, Sort] = {
    "worst": Sort(Meeting.order, (int, int, str), lambda: _AGE, (int, str)),
    "score": Sort(
        lambda m: (_score(m), m.meeting_id),
        (int, str),
        lambda: (-sa.func.coalesce(meeting.c.score, _NO_SCORE), *_AGE),
        (int, int, str),
    ),
    "started": Sort(lambda m: (-m.started_at, m.meeting_id), (int, str), lambda: _AGE, (int, str)),
    "participants": Sort(
        lambda m: (-m.present, m.meeting_id),
        (int, str),
        lambda: (meeting.c.participants, *_AGE),
        (int, int, str),
    ),
    "duration": Sort(
        lambda m: (m.started_at, m.meeting_id),
        (int, str),
        lambda: (meeting.c.last_at - meeting.c.started_at, *_AGE),
        (int, int, str),
    ),
    "name": Sort(
        lambda m: (m.meeting_id,),
        (str,),
        lambda: (meeting.c.meeting_id, meeting.c.started_at),
        (str, int),
        falling=False,
    ),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which meetings. live: True, False, or None for both; start, end: those that went on at some
    time between; verdict: of those that ended only."""

    live: bool | None = None
    search: str = ""
    rating: str = ""
    verdict: str = ""
    start: int | None = None
    end: int | None = None
    sort: str = "worst"


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which meeting a page begins; key None: at the beginning."""

    live: bool
    key: tuple[Any, ...] | None


def of_live(found: list[Meeting], wanted: Filter) -> list[Meeting]:
    """Those live meetings, already searched and rated, that belong into the list, in order."""
    if wanted.live is False or wanted.verdict:
        return []
    low = -MAX_INT if wanted.start is None else wanted.start
    high = MAX_INT if wanted.end is None else wanted.end
    some = [m for m in found if m.started_at <= high and (m.active or m.last_at >= low)]
    return sorted(some, key=SORTS[wanted.sort].live)


def ended(
    history: Reads, wanted: Filter, after: tuple[Any, ...] | None, limit: int
) -> list[tuple[Row, list[Any]]]:
    """Rows of the table `meeting` that belong into the list, in order, each with its key."""
    sort = SORTS[wanted.sort]
    columns = sort.ended()
    where = _where(wanted)
    if after is not None:
        here, there = sa.tuple_(*columns), sa.tuple_(*map(sa.literal, after))
        where.append(here < there if sort.falling else here > there)
    order = [column.desc() if sort.falling else column.asc() for column in columns]
    keys = [column.label(f"key{n}") for n, column in enumerate(columns)]
    query = sa.select(meeting, *keys).where(*where).order_by(*order).limit(limit)
    rows = read(history.engine, query)
    return [(row, [row.pop(f"key{n}") for n in range(len(keys))]) for row in rows]


def count(history: Reads, wanted: Filter) -> int:
    """How many ended meetings belong into the list."""
    if not wanted.verdict:
        counts = history.ended_counts(wanted.search, wanted.start, wanted.end)
        return counts.get(wanted.rating, 0) if wanted.rating else sum(counts.values())
    query = sa.select(sa.func.count().label("n")).select_from(meeting).where(*_where(wanted))
    return int(read(history.engine, query)[0]["n"])


def _where(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    where = Reads._ended(wanted.search, wanted.start, wanted.end)
    if wanted.rating:
        where.append(meeting.c.rating == wanted.rating)
    if wanted.verdict:
        where.append(meeting.c.verdict == wanted.verdict)
    return where


# -- cursors ------------------------------------------------------------------------------------


def write_cursor(place: Place, sort: str) -> str:
    """As text for an address."""
    kept = [place.live, sort, None if place.key is None else list(place.key)]
    return base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()


def read_cursor(text: str, sort: str) -> Place:
    """What `write_cursor` wrote for this order. Raises ValueError."""
    try:
        live, of, key = json.loads(base64.urlsafe_b64decode(text.encode()))
        if type(live) is bool and of == sort:
            if key is None:
                return Place(live, None)
            types = SORTS[sort].live_types if live else SORTS[sort].ended_types
            fits = isinstance(key, list) and tuple(type(part) for part in key) == types
            if fits and all(type(part) is str or abs(part) <= MAX_INT for part in key):
                return Place(live, tuple(_plain(part) for part in key))
    except (ValueError, TypeError, RecursionError):
        pass
    raise ValueError("cursor: not one of ours, or of another sort")


def _plain(part: Any) -> Any:
    """What no database takes cannot have come from it."""
    if isinstance(part, str):
        part.encode()  # UnicodeEncodeError, a ValueError, of half a surrogate pair
        if "\0" in part:
            raise ValueError
    return part
