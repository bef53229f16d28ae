"""REST: one session's series and events."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response

from . import api_models as models
from . import naming, series
from .api_tools import Id, Ms, Session, answer, known, names, told
from .charts import chart
from .problems import not_found
from .service import Service
from .told import events as events_of

MAX_POINTS = 20_000


def make_session_router(service: Service) -> APIRouter:
    """All routes of this file."""
    router = APIRouter(tags=["sessions"])
    answers, history = service.answers, service.history

    async def chosen(meeting: str, participant: str, session: str | None) -> tuple[str, list[str]]:
        one, all_ = await answers.session_of(
            known(meeting) or "", known(participant) or "", known(session)
        )
        if one is None:
            raise not_found("session" if all_ else "participant")
        return one, all_

    @router.get(
        "/api/meetings/{meeting_id}/participants/{participant_id}/series",
        response_model=None,
        responses=told(models.Series),
    )
    async def series_(
        meeting_id: Id,
        participant_id: Id,
        session: Session = None,
        metrics: Annotated[str, Query(max_length=2048, description="with commas")] = "",
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
        points: Annotated[int, Query(ge=series.MIN_POINTS, le=MAX_POINTS)] = 50,
    ) -> Response:
        """Columns over time of one session: the one that is named, else the worst live one, else
        the newest. The coarsest `level` that has enough points, thinned to `points`, spikes kept;
        `shown` of `total` are there."""
        wanted = names(metrics)
        one, all_ = await chosen(meeting_id, participant_id, session)
        found = await asyncio.to_thread(chart, history, one, wanted, start, end, points)
        return answer({"sessionId": one, "sessions": all_, **found})

    @router.get(
        "/api/meetings/{meeting_id}/participants/{participant_id}/events",
        response_model=None,
        responses=told(models.Events),
    )
    async def events(
        meeting_id: Id,
        participant_id: Id,
        session: Session = None,
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
    ) -> Response:
        """What happened to one session: issues, connection states, marks, …"""
        one, all_ = await chosen(meeting_id, participant_id, session)
        found = await asyncio.to_thread(events_of, history, one, start, end)
        there = await asyncio.to_thread(history.sessions, meeting_id)
        named = naming.events(found, naming.of_sessions(there))
        return answer({"sessionId": one, "sessions": all_, "events": named})

    return router
