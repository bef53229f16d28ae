"""REST: all calls by hour and by day, from history's tallies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response

from . import api_models as models
from .api_tools import Ms, answer, span, told
from .attendance import merge
from .columns import DAY_MS, HOUR_MS
from .reads import Reads
from .service import Service

BY = ("all", "browser", "network", "engine", "issue", "stars")
By = Annotated[
    str,
    Query(max_length=64, description="with commas: all, browser, network, engine, issue, stars"),
]


def make_hours_router(service: Service) -> APIRouter:
    """All routes of this file."""
    router = APIRouter(tags=["hours and days"])

    async def tallied(
        start: int | None, end: int | None, by: str, width: int, usual: int, longest: int
    ) -> Response:
        wanted = tuple(word.strip() for word in by.split(",") if word.strip()) or ("all",)
        for word in wanted:
            if word not in BY:
                raise HTTPException(422, f"by: one or some of {', '.join(BY)}")
        first, last = span(start, end, service.clock(), usual, longest)
        return answer(await asyncio.to_thread(tallies, service.history, first, last, wanted, width))

    @router.get("/api/hourly", response_model=None, responses=told(models.Tallies))
    async def hourly(
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
        by: By = "all",
    ) -> Response:
        """All calls of each hour, the last 24 h unless it is said, 32 days at most: minutes of
        all participants, how many of them were good, fair, poor, who joined, who never got a
        connection; by browser, network, engine; issues and stars. Up to a minute behind what is
        sealed, which is up to 10 minutes behind what happens."""
        return await tallied(start, end, by, HOUR_MS, DAY_MS, 32 * DAY_MS)

    @router.get("/api/daily", response_model=None, responses=told(models.Tallies))
    async def daily(
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
        by: By = "all",
    ) -> Response:
        """The same by day (UTC), the last 30 days unless it is said."""
        return await tallied(start, end, by, DAY_MS, 30 * DAY_MS, 800 * DAY_MS)

    return router


def tallies(history: Reads, start: int, end: int, by: Iterable[str], width: int) -> dict[str, Any]:
    """The hours or days that touch the range, whole: models.Tallies."""
    low = start // width * width
    high = end // width * width + width - 1
    rows = merge(history.hourly(low, high, tuple(by)), width)
    items = [tally(row) for row in rows if row["hour"] >= low]
    return {"from": start, "to": end, "width": width, "items": items}


def tally(row: dict[str, Any]) -> dict[str, Any]:
    """A merged row of the table `tally`: models.Tally."""
    rated = row["good"] + row["fair"] + row["poor"]
    return {
        "start": row["hour"],
        "by": row["by"],
        "value": row["value"],
        "minutes": round(row["n"] / 60_000, 2),
        "goodMinutes": round(row["good"] / 60_000, 2),
        "fairMinutes": round(row["fair"] / 60_000, 2),
        "poorMinutes": round(row["poor"] / 60_000, 2),
        "poorShare": round(row["poor"] / rated, 4) if rated else None,
        "joined": row["joined"],
        "failed": row["failed"],
        "count": row["count"],
    }
