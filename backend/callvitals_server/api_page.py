"""REST: what is handed in. A page's last words, recordings to be analysed."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from callvitals import wire
from fastapi import APIRouter, HTTPException, Query, Request, Response

from .analyze_upload import Desk
from .api_session import MAX_POINTS
from .handshake import Refusal
from .service import Service

MAX_BEACON = 131_072
_STATUS = {"too-many": 503, "unavailable": 503, "superseded": 409, "bad-request": 422}


def make_page_router(service: Service) -> APIRouter:
    """All routes of this file."""
    router = APIRouter()
    desk = Desk()

    @router.post(
        "/api/analyze",
        tags=["recordings"],
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
                },
            }
        },
        responses={200: {"description": "docs/recordings.md has its shape"}},
    )
    async def analyze(
        request: Request,
        series: bool = False,
        points: Annotated[int, Query(ge=0, le=MAX_POINTS)] = 0,
    ) -> Response:
        """A recording as the body (ours, a webrtc-internals or an rtcstats dump, what `/api/export`
        writes as NDJSON or CSV; plain or gzipped) -> what `callvitals analyze --json` prints.
        `series`: every tick's values, too, thinned to about `points` where that is not 0."""
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

    return router


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
