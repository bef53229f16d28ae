"""The questions put to the API's rollups. Synchronous reads; raises StorageError.

Durations in s, times in epoch ms, as everywhere in REST (docs/internals.md).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa

from .database import read
from .http_metrics import ABORTED, FAILED, STREAMED
from .http_rollup import DAY, HOUR, MINUTE, MINUTES_KEPT, Sum, merged, of_row
from .http_sketch import add_packed, empty, quantiles, users
from .schema_http import http_batch, http_endpoint, http_error, http_rollup

_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_MAX_ERRORS = 500
OWN = "callvitals"
"""The service's name for itself."""


@dataclass(frozen=True, slots=True)
class Only:
    """Which endpoints: "" and None mean any. `search` is a part of the route; `without`: a service
    that is not meant."""

    service: str | None = None
    route: str | None = None
    method: str = ""
    search: str = ""
    status_class: int = 0
    without: str = ""


class HttpAnswers:
    """Reads only."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def endpoints(
        self, start: int, end: int, now: int, only: Only, by_class: bool = True
    ) -> dict[str, Any]:
        """What each endpoint's requests came to between two times: {from, to, dropped, items}.
        `from` and `to` are those of the periods that were looked at, whole minutes or hours."""
        periods = cover(start, end, now)
        endpoints = self._endpoints(only)
        parts: dict[tuple[int, int | None], list[Sum]] = {}
        for level, begin, stop in periods:
            for row in self._rows(level, begin, stop, only, endpoints):
                status_class = row["status_class"] if by_class else None
                parts.setdefault((row["endpoint"], status_class), []).append(of_row(row))
        items = [
            {**endpoints[endpoint], **item(merged(some), status_class)}
            for (endpoint, status_class), some in parts.items()
        ]
        begin, stop = periods[0][1], periods[-1][2]
        return {"from": begin, "to": stop, "dropped": self._dropped(begin, stop), "items": items}

    def together(self, start: int, end: int, now: int, only: Only) -> dict[str, Any] | None:
        """The same of all chosen endpoints' requests together: {from, to, …}; None: there were
        none."""
        periods = cover(start, end, now)
        endpoints = self._endpoints(only)
        parts = [of_row(row) for period in periods for row in self._rows(*period, only, endpoints)]
        if not parts:
            return None
        return {"from": periods[0][1], "to": periods[-1][2], **item(merged(parts), None)}

    def series(
        self, start: int, end: int, now: int, only: Only, zone: tzinfo | None
    ) -> dict[str, Any]:
        """Over time, all chosen endpoints together: {level, t, series: {name: [...]}}. Minutes up
        to 3 h, hours up to 10 days, then days, of `zone` where it is given, else of UTC. A zone
        that is not whole hours from UTC has its days begin with the hour its midnight is in."""
        span = end - start
        endpoints = self._endpoints(only)
        if span <= 3 * HOUR and start >= now - MINUTES_KEPT:
            name, level = "minute", MINUTE
        elif span <= 10 * DAY:
            name, level = "hour", HOUR
        else:
            name, level = "day", DAY if zone is None else HOUR
        if name == "day" and zone is not None:
            begins = _days(start, end, zone)
            stop = _midnight(begins[-1], zone, 1)
        else:
            begins = list(range(start // level * level, max(end, start + 1), level))
            stop = begins[-1] + level
        edges = [begin // level * level for begin in begins]
        parts: list[list[Sum]] = [[] for _ in begins]
        for row in self._rows(level, edges[0], stop // level * level, only, endpoints):
            parts[bisect_right(edges, row["at"]) - 1].append(of_row(row))
        return {"level": name, "t": begins, "series": _columns(parts)}

    def errors(
        self, start: int, end: int, only: Only, user: str | None = None, limit: int = 100
    ) -> list[dict[str, Any]]:
        """Requests that went wrong, one by one, the newest first."""
        table = http_error.join(http_endpoint, http_error.c.endpoint == http_endpoint.c.endpoint)
        columns = (http_endpoint.c.service, http_endpoint.c.route, http_endpoint.c.method)
        query = (
            sa.select(http_error, *columns)
            .select_from(table)
            .where(http_error.c.at >= start, http_error.c.at < end, *_chosen(only))
            .order_by(http_error.c.at.desc(), http_error.c.batch, http_error.c.n)
            .limit(min(limit, _MAX_ERRORS))
        )
        if user is not None:
            query = query.where(http_error.c.user == user)
        if only.status_class:
            low = only.status_class * 100
            query = query.where(http_error.c.status >= low, http_error.c.status < low + 100)
        return [_error(row) for row in read(self._engine, query)]

    # -- inside -----------------------------------------------------------------------------------

    def _endpoints(self, only: Only) -> dict[int, dict[str, Any]]:
        rows = read(self._engine, sa.select(http_endpoint).where(*_chosen(only)))
        return {
            row["endpoint"]: {
                "service": row["service"],
                "route": row["route"],
                "method": row["method"],
            }
            for row in rows
        }

    def _rows(
        self, level: int, start: int, end: int, only: Only, endpoints: dict[int, Any]
    ) -> list[dict[str, Any]]:
        query = sa.select(http_rollup).where(
            http_rollup.c.level == level, http_rollup.c.at >= start, http_rollup.c.at < end
        )
        if only.status_class:
            query = query.where(http_rollup.c.status_class == only.status_class)
        if len(endpoints) == 1:
            query = query.where(http_rollup.c.endpoint == next(iter(endpoints)))
        rows = read(self._engine, query.order_by(http_rollup.c.at))
        return [row for row in rows if row["endpoint"] in endpoints]

    def _dropped(self, start: int, end: int) -> int:
        query = sa.select(sa.func.coalesce(sa.func.sum(http_batch.c.dropped), 0).label("n"))
        of_time = (http_batch.c.at >= start, http_batch.c.at < end)
        # Their index is by the time they came; none came before it was made, but for odd clocks.
        came = http_batch.c.taken_at >= start - DAY
        return int(read(self._engine, query.where(came, *of_time))[0]["n"])


def _chosen(only: Only) -> list[sa.ColumnElement[bool]]:
    out: list[sa.ColumnElement[bool]] = []
    if only.service is not None:
        out.append(http_endpoint.c.service == only.service)
    if only.without:
        out.append(http_endpoint.c.service != only.without)
    if only.route is not None:
        out.append(http_endpoint.c.route == only.route)
    if only.method:
        out.append(http_endpoint.c.method == only.method)
    if only.search:
        out.append(http_endpoint.c.route.icontains(only.search, autoescape=True))
    return out


def cover(start: int, end: int, now: int) -> list[tuple[int, int, int]]:
    """The fewest whole periods that hold start to end: [(level, from, to)] in order, without a
    hole. At the edges minutes, where they are still kept, else hours."""
    fine = MINUTE if start >= now - MINUTES_KEPT else HOUR
    start, end = start // fine * fine, -(-max(end, start + 1) // fine) * fine
    out: list[tuple[int, int, int]] = []
    at = start
    while at < end:
        level = next(
            size
            for size in (DAY, HOUR, MINUTE)
            if size == fine or (at % size == 0 and at + size <= end)
        )
        if out and out[-1][0] == level:
            out[-1] = (level, out[-1][1], at + level)
        else:
            out.append((level, at, at + level))
        at += level
    return out


def _midnight(at: int, zone: tzinfo | None, days: int = 0) -> int:
    """The begin of the local day of `at`, or of one some days later."""
    day = datetime.fromtimestamp(at / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    # Days are counted on the calendar, so that one with a change of the clock has 23 or 25 hours.
    local = (day.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=zone)
    return int(local.timestamp() * 1000)


def _days(start: int, end: int, zone: tzinfo) -> list[int]:
    out = [_midnight(start, zone)]
    while (following := _midnight(out[-1], zone, 1)) < end:
        out.append(following)
    return out


def seconds(us: float | None) -> float | None:
    """To 0.1 ms."""
    return None if us is None else round(us / 1e6, 6)


def item(one: Sum, status_class: int | None) -> dict[str, Any]:
    """What is told of an endpoint. `statusClass` is null where all are taken together."""
    count, errors, aborted, failed, streamed, taken, given, total = one.sums
    return {
        "statusClass": None if status_class is None else f"{status_class}xx",
        "count": count,
        "errors": errors,
        "aborted": aborted,
        "failed": failed,
        "streamed": streamed,
        "requestBytes": taken,
        "responseBytes": given,
        "latency": _latency(one.latency, one.longest)
        | {"mean": seconds(total / count), "max": seconds(one.longest)},
        "firstByte": _latency(one.first, one.longest),
        "users": users(one.users),
    }


def _latency(packed: bytes, longest: int) -> dict[str, float | None]:
    counts = empty()
    add_packed(counts, packed)
    found = quantiles(counts, list(_QUANTILES.values()), longest)
    return dict(zip(_QUANTILES, map(seconds, found), strict=True))


def _columns(parts: list[list[Sum]]) -> dict[str, list[Any]]:
    """Counts are 0 where nothing was; latencies null."""
    names = ("count", "errors", "aborted", "requestBytes", "responseBytes", "users")
    out: dict[str, list[Any]] = {name: [] for name in (*names, *_QUANTILES)}
    for some in parts:
        told = item(merged(some), None) if some else None
        for name in names:
            out[name].append(told[name] if told else 0)
        for name in _QUANTILES:
            out[name].append(told["latency"][name] if told else None)
    return out


def _error(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "t": row["at"],
        "service": row["service"],
        "route": row["route"],
        "method": row["method"],
        "status": row["status"],
        "aborted": bool(row["flags"] & ABORTED),
        "failed": bool(row["flags"] & FAILED),
        "streamed": bool(row["flags"] & STREAMED),
        "requestBytes": row["request_bytes"],
        "responseBytes": row["response_bytes"],
        "duration": seconds(row["duration"]),
        "user": row["user"],
    }
