"""REST: meetings, one meeting, series, events, health, and the page's last words.

Base units, epoch ms of the service's clock, null for gaps (docs/internals.md, section 3).
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Annotated, Any, Literal

import orjson
from callvitals import fields, wire
from callvitals.present import present_row
from fastapi import APIRouter, HTTPException, Query, Request, Response

from . import __version__, series
from .analyze_upload import Desk
from .answers import Answers, Window, live_item, stored_item
from .charts import chart
from .handshake import Refusal
from .history import History
from .problems import not_found
from .service import Service

MAX_BEACON = 131_072
MAX_POINTS = 20_000
_STATUS = {"too-many": 503, "unavailable": 503, "superseded": 409, "bad-request": 422}

Rating = Literal["good", "fair", "poor", "unknown"]
# What a database holds; a JavaScript integer is well within.
_INT = 2**62
Ms = Annotated[int | None, Query(description="epoch ms", ge=-_INT, le=_INT)]


def make_router(service: Service) -> APIRouter:
    """All routes but the browser files."""
    router = APIRouter()
    answers, history = service.answers, service.history

    @router.get("/api/meetings")
    async def meetings(
        live: bool | None = None,
        search: Annotated[str, Query(max_length=512)] = "",
        rating: Rating | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        cursor: Annotated[str, Query(max_length=4096)] = "",
    ) -> dict[str, Any]:
        """Meetings: live ones first, the worst first; then those that ended, the newest first.
        `search` looks at meetings and participants. `next` is the cursor of the next page."""
        window = Window(live, search.replace("\0", ""), rating or "", "worst", 0, limit)
        return await _page(answers, window, _read_cursor(cursor))

    @router.get("/api/meetings/{meeting_id}")
    async def meeting(meeting_id: str) -> dict[str, Any]:
        """One meeting: its participants, the worst first, with their sessions' states; `issues`
        that are open now, the worst first: whom each affects (`scope`, `participants`, `present`)
        and whose `fault` it is."""
        found = await answers.meeting(meeting_id)
        if found is None:
            raise not_found("meeting")
        return found

    @router.get("/api/meetings/{meeting_id}/participants/{participant_id}/series")
    async def series_(
        meeting_id: str,
        participant_id: str,
        session: str | None = None,
        metrics: Annotated[str, Query(max_length=2048)] = "",
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
        points: Annotated[int, Query(ge=series.MIN_POINTS, le=MAX_POINTS)] = 50,
    ) -> dict[str, Any]:
        """Columns over time of one session: the one that is named, else the worst live one, else
        the newest. Thinned to `points`; `shown` of `total` ticks are there."""
        chosen, all_ = await answers.session_of(meeting_id, participant_id, session)
        if chosen is None:
            raise not_found("session" if all_ else "participant")
        names = _names(metrics)
        found = await asyncio.to_thread(chart, history, chosen, names, start, end, points)
        return {"sessionId": chosen, "sessions": all_, **found}

    @router.get("/api/meetings/{meeting_id}/participants/{participant_id}/events")
    async def events(
        meeting_id: str,
        participant_id: str,
        session: str | None = None,
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
    ) -> dict[str, Any]:
        """What happened to one session: issues, connection states, marks, …"""
        chosen, all_ = await answers.session_of(meeting_id, participant_id, session)
        if chosen is None:
            raise not_found("session" if all_ else "participant")
        found = await asyncio.to_thread(_events, history, chosen, start, end)
        return {"sessionId": chosen, "sessions": all_, "events": found}

    desk = Desk()

    @router.post(
        "/api/analyze",
        openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}}},
    )
    async def analyze(
        request: Request,
        series: bool = False,
        points: Annotated[int, Query(ge=0, le=MAX_POINTS)] = 0,
    ) -> Response:
        """A recording as the body (ours, a webrtc-internals or an rtcstats dump, plain or gzipped)
        -> what `callvitals analyze --json` prints. `series`: every tick's values, too, thinned to
        about `points` where that is not 0."""
        return await desk.take(request, series, points)

    @router.post("/ingest/last", include_in_schema=False)
    async def last(request: Request) -> Response:
        """A page's last words, sent as a beacon while it is being unloaded (rule 19)."""
        data = _beacon(await _body(request))
        origin = request.headers.get("origin")
        try:
            await service.last(data, origin)
        except Refusal as refusal:
            status = _STATUS.get(refusal.code, 403)
            raise HTTPException(status, f"{refusal.code}: {refusal.data['message']}") from None
        except wire.WireError as error:
            service.counts[error.code] += 1
            raise HTTPException(422, f"{error.code}: {error.message}") from None
        return Response(status_code=204, headers={"Access-Control-Allow-Origin": "*"})

    @router.get("/healthz")
    async def healthz(response: Response) -> dict[str, Any]:
        """How the service is: counters, and whether history can be written."""
        trouble = service.writer.trouble
        if trouble is not None:
            response.status_code = 503
        return {
            "status": "ok" if trouble is None else "degraded",
            "version": __version__,
            "history": trouble or "ok",
            "sockets": len(service.ingest.links),
            "dashboards": len(service.watch.viewers),
            "meetings": len(service.live.ordered()),
            "sessions": len(service.live.sessions),
            "counts": dict(sorted(service.counts.items())),
        }

    @router.get("/readyz")
    async def readyz() -> dict[str, str]:
        """Connections are taken."""
        return {"status": "ready"}

    return router


# -- lists ------------------------------------------------------------------------------------


async def _page(answers: Answers, window: Window, cursor: list[Any] | None) -> dict[str, Any]:
    """One page of meetings behind `cursor`: ["live", rank, score, id] or ["ended", ms, id]."""
    limit = window.count
    history = answers.history
    found = answers.live_matching(window)
    total = len(found)
    items: list[dict[str, Any]] = []
    place: list[Any] | None = None
    if cursor is None or cursor[0] == "live":
        after = None if cursor is None else tuple(cursor[1:])
        rest = found if after is None else [m for m in found if m.order() > after]
        items = [live_item(m) for m in rest[:limit]]
        if len(rest) > limit:
            place = ["live", *rest[limit - 1].order()]
        cursor = None
    if window.live is not True:
        counts = await asyncio.to_thread(history.ended_counts, window.search)
        total += counts.get(window.rating, 0) if window.rating else sum(counts.values())
        if place is None:
            start = None if cursor is None else (cursor[1], cursor[2])
            more = limit - len(items)
            rows = await asyncio.to_thread(
                history.ended, window.search, window.rating, start, 0, more + 1
            )
            items += [stored_item(row) for row in rows[:more]]
            if len(rows) > more:
                if more:
                    place = ["ended", rows[more - 1]["started_at"], rows[more - 1]["meeting_id"]]
                else:
                    place = ["ended", rows[0]["started_at"] + 1, ""]
    return {"items": items, "next": None if place is None else _cursor(place), "total": total}


def _cursor(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _read_cursor(text: str) -> list[Any] | None:
    """A cursor as `_cursor` made it. Raises 422."""
    if not text:
        return None
    shapes = {"live": [int, int, str], "ended": [int, str]}
    try:
        place = json.loads(base64.urlsafe_b64decode(text.encode()))
        numbers = [part for part in place[1:] if type(part) is int]
        shaped = [type(part) for part in place[1:]] == shapes[place[0]]
        if shaped and all(abs(number) <= _INT for number in numbers):
            assert isinstance(place, list)
            return place
    except (ValueError, TypeError, LookupError, RecursionError):
        pass
    raise HTTPException(422, "cursor: not one of ours")


# -- one session ------------------------------------------------------------------------------


def _names(metrics: str) -> list[str]:
    """The asked-for series, headline ones by default. Raises 422 for names that cannot be."""
    names = list(dict.fromkeys(name.strip() for name in metrics.split(",") if name.strip()))
    for name in names:
        if name.split(".")[0] not in fields.SERIES:
            raise HTTPException(422, f"metrics: no series is called {name[:64]}")
    return names or list(fields.HEADLINE)


def _events(
    history: History, session_id: str, start: int | None, end: int | None
) -> list[dict[str, Any]]:
    """[{t, tick, type, ...}] in order, times by the service's clock."""
    out = []
    for told in history.events(session_id, start, end):
        said = {name: value for name, value in told["event"].items() if name != "t"}
        row = {"t": told["t"] - told["offset"], "values": {}, "events": [said]}
        shown = present_row(row, told["offset"])
        out += [{"t": shown["t"], **e, "tick": told["tick"]} for e in shown["events"]]
    return out


# -- the beacon -------------------------------------------------------------------------------


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BEACON:
            raise HTTPException(413, f"too-large: a beacon has at most {MAX_BEACON} bytes")
    return bytes(body)


def _beacon(body: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(body)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise HTTPException(422, "bad-message: a beacon is one JSON object")
    return data
