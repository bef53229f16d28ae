"""REST: lists of meetings, one meeting, who was there, its issues, what it came to."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Response

from . import api_models as models
from . import listing
from .answers import Answers, live_item, stored_item
from .api_tools import Id, Ms, Rating, Started, answer, known, told
from .listing import Filter, Place
from .problems import not_found
from .reads import summary_of
from .service import Service
from .shelves import Row
from .told import meeting_events, meeting_issues

SortName = Literal["worst", "score", "started", "participants", "duration", "name"]
Search = Annotated[
    str, Query(max_length=512, description="part of a meetingId, participantId or name")
]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str, Query(max_length=4096, description="`next` of the page before")]


def make_meetings_router(service: Service) -> APIRouter:
    """All routes of this file."""
    router = APIRouter(tags=["meetings"])
    answers, history = service.answers, service.history

    async def sessions(meeting_id: str, started: int | None) -> tuple[Row, list[Row]]:
        """An occurrence's row, and its sessions'."""
        id_ = known(meeting_id) or ""
        row = await asyncio.to_thread(history.meeting, id_, started)
        if row is None:
            raise not_found("meeting")
        rows = await asyncio.to_thread(history.sessions, id_, None, row["started_at"])
        return row, rows

    @router.get("/api/meetings", response_model=None, responses=told(models.Meetings))
    async def meetings(
        live: bool | None = None,
        search: Search = "",
        rating: Rating | None = None,
        verdict: Rating | None = None,
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
        sort: SortName = "worst",
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> Response:
        """Meetings: live ones first, then those that ended. `search` looks at meetings and
        participants; `from`, `to`: those that went on at some time between; `verdict`: of those
        that ended. `sort`: worst (live ones; ended ones the newest first), score, started,
        participants, duration, name. `next` is the cursor of the next page, for the same filter
        and sort."""
        wanted = Filter(live, known(search) or "", rating or "", verdict or "", start, end, sort)
        return answer(await page(answers, wanted, cursor, limit))

    @router.get("/api/summaries", response_model=None, responses=told(models.Meetings))
    async def summaries(
        search: Search = "",
        verdict: Rating | None = None,
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
        sort: SortName = "started",
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> Response:
        """What meetings came to: those that ended, as in /api/meetings."""
        wanted = Filter(False, known(search) or "", "", verdict or "", start, end, sort)
        return answer(await page(answers, wanted, cursor, limit))

    @router.get(
        "/api/meetings/{meeting_id}",
        response_model=None,
        responses=told(models.Meeting),
    )
    async def meeting(meeting_id: Id, started: Started = None) -> Response:
        """One meeting: its participants, the worst first, with their sessions' states; `issues`
        that are open now, the worst first: whom each affects (`scope`, `participants`, `present`)
        and whose `fault` it is. `started`: an earlier occurrence."""
        return answer(await _meeting(answers, meeting_id, started))

    @router.get(
        "/api/meetings/{meeting_id}/occurrences",
        response_model=None,
        responses=told(models.Occurrences),
    )
    async def occurrences(meeting_id: Id, limit: Limit = 100) -> Response:
        """Each time a meeting took place (anew after nobody was there for 300 s), the newest
        first, with what it came to."""
        id_ = known(meeting_id) or ""
        rows = await asyncio.to_thread(history.occurrences, id_, limit)
        items = []
        current = answers.live.meetings.get(id_)
        if current is not None:
            answers.live.refresh(answers.clock())
            rows = [row for row in rows if row["started_at"] != current.started_at]
            items = [live_item(current)]
        items += [stored_item(row) for row in rows]
        if not items:
            raise not_found("meeting")
        return answer({"meetingId": id_, "items": items[:limit]})

    @router.get(
        "/api/meetings/{meeting_id}/participants",
        response_model=None,
        responses=told(models.Participants),
    )
    async def participants(meeting_id: Id, started: Started = None) -> Response:
        """Who is, or was, there."""
        found = await _meeting(answers, meeting_id, started)
        about = {name: found[name] for name in ("meetingId", "startedAt")}
        return answer({**about, "items": found["participants"]})

    @router.get(
        "/api/meetings/{meeting_id}/participants/{participant_id}",
        response_model=None,
        responses=told(models.Participant),
    )
    async def participant(meeting_id: Id, participant_id: Id, started: Started = None) -> Response:
        """One of them, with all of their sessions."""
        found = await _meeting(answers, meeting_id, started)
        for one in found["participants"]:
            if one["participantId"] == participant_id:
                return answer(one)
        raise not_found("participant")

    @router.get(
        "/api/meetings/{meeting_id}/events",
        response_model=None,
        responses=told(models.MeetingEvents),
    )
    async def events(
        meeting_id: Id,
        started: Started = None,
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
        type_: Annotated[
            str, Query(alias="type", max_length=256, description="with commas; else all")
        ] = "",
    ) -> Response:
        """What happened to all who were there, in order: issues, connection states, marks, …"""
        row, rows = await sessions(meeting_id, started)
        wanted = {name.strip() for name in type_.split(",") if name.strip()}
        found = await asyncio.to_thread(meeting_events, history, rows, start, end, wanted)
        about = {"meetingId": row["meeting_id"], "startedAt": row["started_at"]}
        return answer({**about, "events": found})

    @router.get(
        "/api/meetings/{meeting_id}/issues",
        response_model=None,
        responses=told(models.Issues),
    )
    async def issues(
        meeting_id: Id,
        started: Started = None,
        participant: Annotated[str | None, Query(max_length=512)] = None,
    ) -> Response:
        """All issues from beginning to end, of the time of which events are kept: the meeting's
        (whom each affected, whose fault it was) and each session's own. `participant`: those that
        they had."""
        row, rows = await sessions(meeting_id, started)
        whole, own = await asyncio.to_thread(meeting_issues, history, rows, answers.clock())
        if participant is not None:
            whole = [one for one in whole if participant in one["participants"]]
            own = [one for one in own if one["participantId"] == participant]
        about = {"meetingId": row["meeting_id"], "startedAt": row["started_at"]}
        return answer({**about, "issues": whole, "own": own})

    @router.get(
        "/api/meetings/{meeting_id}/summary",
        response_model=None,
        responses=told(models.Summary),
    )
    async def summary(meeting_id: Id, started: Started = None) -> Response:
        """What a meeting that ended came to. 404 while it goes on, and until it is summed up."""
        row = await asyncio.to_thread(history.meeting, known(meeting_id) or "", started)
        found = None if row is None else summary_of(row)
        if found is None:
            raise not_found("meeting" if row is None else "summary of that meeting yet")
        return answer(found)

    return router


async def _meeting(answers: Answers, meeting_id: str, started: int | None) -> dict[str, Any]:
    found = await answers.meeting(known(meeting_id) or "", started=started)
    if found is None:
        raise not_found("meeting")
    return found


async def page(answers: Answers, wanted: Filter, cursor: str, limit: int) -> dict[str, Any]:
    """One page of meetings behind `cursor`. Raises 422."""
    try:
        at = listing.read_cursor(cursor, wanted.sort) if cursor else Place(True, None)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    history = answers.history
    answers.live.refresh(answers.clock())
    found = listing.of_live(answers.live.matching(wanted.search, wanted.rating), wanted)
    total = len(found)
    items: list[dict[str, Any]] = []
    following: Place | None = None
    if at.live:
        key = listing.SORTS[wanted.sort].live
        rest = found if at.key is None else [m for m in found if key(m) > at.key]
        items = [live_item(m) for m in rest[:limit]]
        if len(rest) > limit:
            following = Place(True, key(rest[limit - 1]))
        at = Place(False, None)
    if wanted.live is not True:
        total += await asyncio.to_thread(listing.count, history, wanted)
        if following is None:
            more = limit - len(items)
            rows = await asyncio.to_thread(listing.ended, history, wanted, at.key, more + 1)
            items += [stored_item(row) for row, _ in rows[:more]]
            if len(rows) > more:
                following = Place(False, tuple(rows[more - 1][1]) if more else None)
    next_ = None if following is None else listing.write_cursor(following, wanted.sort)
    return {"items": items, "next": next_, "total": total}
