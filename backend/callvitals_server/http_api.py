"""REST of the API's metrics: POST /ingest/http, and /api/endpoints (docs/http.md)."""

from __future__ import annotations

import asyncio
import re
from datetime import tzinfo
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse

from .http_answers import Only
from .http_batch import MAX_BODY, BadBatchError, read, unpack
from .http_collector import Collector
from .problems import not_found, problem
from .records import StorageError
from .security import same, token_in
from .service import Service

_UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LONGEST_MS = 800 * 86_400_000
_INT = 2**53
_AROUND_MS = 60_000
_SORTS: dict[str, tuple[str, ...]] = {
    "busiest": ("count",),
    "slowest": ("latency", "p95"),
    "largest": ("responseBytes",),
    "failing": ("errors",),
}
_FIELDS = (
    "route", "method", "service", "statusClass", "count", "errors", "aborted", "failed",
    "streamed", "requestBytes", "responseBytes", "users", "p50", "p95", "p99", "mean", "max",
)  # fmt: skip

Ms = Annotated[int | None, Query(description="epoch ms", ge=0, le=_INT)]
Range = Annotated[str, Query(description="`90m`, `24h`, `7d`: up to now, or to `to`")]
Text = Annotated[str, Query(max_length=256)]


def make_http_router(service: Service) -> APIRouter:
    """All routes of this file."""
    router = APIRouter()
    collector, settings = service.http, service.settings
    answers = collector.answers

    @router.post("/ingest/http", include_in_schema=False)
    async def ingest(request: Request) -> JSONResponse:
        """A batch of a middleware elsewhere: 202 once it is safe, also when it was before."""
        refusal = _forbidden(request, settings.http_token, settings.loopback)
        if refusal is None:
            refusal = await _take(request, collector)
        if refusal is None:
            return JSONResponse({"stored": True}, 202)
        status, code, message = refusal
        service.counts[f"http-{code}"] += 1
        answer = problem(status, message, code=code)
        if status == 503:
            answer.headers["Retry-After"] = "5"
        return answer

    @router.get("/api/endpoints")
    async def endpoints(
        span: Annotated[Range, Query(alias="range")] = "24h",
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
        service_: Annotated[str | None, Query(alias="service", max_length=64)] = None,
        search: Text = "",
        method: Annotated[str, Query(max_length=16)] = "",
        status: Literal["", "1xx", "2xx", "3xx", "4xx", "5xx"] = "",
        by: Literal["class", "endpoint"] = "class",
        sort: Annotated[str, Query(max_length=32)] = "busiest",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0, le=_INT)] = 0,
    ) -> dict[str, Any]:
        """What each endpoint's requests came to, by class of status (or all of them: by=endpoint).
        `sort`: busiest, slowest (p95), largest (responseBytes), failing (errors), or a field;
        `-field` begins with the largest."""
        key = _sort(sort)
        now = service.clock()
        first, last = _times(span, start, end, now)
        only = _only(service_, None, method, search, status)
        found = await asyncio.to_thread(answers.endpoints, first, last, now, only, by == "class")
        items = sorted(found["items"], key=_names)
        items.sort(key=lambda one: _value(one, key[1:]), reverse=key[0] == "-")
        total = len(items)
        return {**found, "items": items[offset : offset + limit], "total": total}

    @router.get("/api/endpoints/series")
    async def series(
        route: Annotated[str | None, Query(max_length=256)] = None,
        method: Annotated[str, Query(max_length=16)] = "",
        service_: Annotated[str | None, Query(alias="service", max_length=64)] = None,
        status: Literal["", "1xx", "2xx", "3xx", "4xx", "5xx"] = "",
        span: Annotated[Range, Query(alias="range")] = "24h",
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
        tz: Annotated[str, Query(max_length=64, description="days of this zone")] = "",
    ) -> dict[str, Any]:
        """One endpoint over time, or, without `route`, all of them together: minutes (up to 3 h of
        the last 6), hours (up to 10 days), else days."""
        now = service.clock()
        first, last = _times(span, start, end, now)
        only = _only(service_, route, method, "", status)
        return await asyncio.to_thread(answers.series, first, last, now, only, _zone(tz))

    @router.get("/api/endpoints/errors")
    async def errors(
        route: Annotated[str | None, Query(max_length=256)] = None,
        method: Annotated[str, Query(max_length=16)] = "",
        service_: Annotated[str | None, Query(alias="service", max_length=64)] = None,
        status: Literal["", "1xx", "2xx", "3xx", "4xx", "5xx"] = "",
        user: Annotated[str | None, Query(max_length=128)] = None,
        span: Annotated[Range, Query(alias="range")] = "24h",
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """Requests that went wrong, one by one, the newest first: all with a status of 500 and
        above, and where the user is known those with 400 and above and those that broke off."""
        first, last = _times(span, start, end, service.clock())
        only = _only(service_, route, method, "", status)
        found = await asyncio.to_thread(
            answers.errors, first, last, only, None if user is None else _known(user), limit
        )
        return {"items": found}

    @router.get("/api/meetings/{meeting_id}/participants/{participant_id}/api-errors")
    async def beside(
        meeting_id: str,
        participant_id: str,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """What went wrong with the API for a participant (whose id is the requests' user), from a
        minute before they came to a minute after they were last heard, the newest first."""
        rows = await asyncio.to_thread(
            service.history.sessions, _known(meeting_id), _known(participant_id)
        )
        if not rows:
            raise not_found("participant")
        first = min(row["started_at"] for row in rows) - _AROUND_MS
        last = max(row["last_at"] for row in rows) + _AROUND_MS
        found = await asyncio.to_thread(
            answers.errors, first, last, Only(), _known(participant_id), limit
        )
        return {"participantId": participant_id, "from": first, "to": last, "items": found}

    return router


def _only(service: str | None, route: str | None, method: str, search: str, status: str) -> Only:
    return Only(
        None if service is None else _known(service),
        None if route is None else _known(route),
        _known(method).upper(),
        _known(search),
        int(status[0]) if status else 0,
    )


def _known(text: str) -> str:
    return text.replace("\0", "")  # PostgreSQL takes none


def _forbidden(request: Request, token: str, loopback: bool) -> tuple[int, str, str] | None:
    if token:
        if not same(token_in(request.headers.get("authorization"), None), token):
            return 401, "bad-token", "show CALLVITALS_HTTP_TOKEN as `Authorization: Bearer …`"
    elif not loopback:
        return 403, "no-token", "this service takes no requests: set CALLVITALS_HTTP_TOKEN on it"
    return None


async def _take(request: Request, collector: Collector) -> tuple[int, str, str] | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return 413, "too-large", f"a batch has at most {MAX_BODY} bytes"
    encoding = request.headers.get("content-encoding", "").lower()

    def parsed() -> tuple[Any, Any]:
        data = unpack(bytes(body), encoding)
        return data, read(data)

    try:
        data, batch = await asyncio.to_thread(parsed)
        await collector.take(data, batch)
    except BadBatchError as error:
        return (413 if error.code == "too-large" else 422), error.code, error.message
    except StorageError as error:
        return 503, "unavailable", f"history cannot be written: {error}"
    return None


def _times(span: str, start: int | None, end: int | None, now: int) -> tuple[int, int]:
    """Epoch ms. Raises 422."""
    match = re.fullmatch(r"([1-9]\d{0,5})([mhd])", span)
    if match is None:
        raise HTTPException(422, "range: give it as 90m, 24h or 7d")
    last = now if end is None else end
    first = last - int(match[1]) * _UNITS[match[2]] if start is None else start
    if first >= last or last - first > _LONGEST_MS:
        raise HTTPException(422, "range: from is before to, and at most 800 days before")
    return max(0, first), last


def _zone(name: str) -> tzinfo | None:
    if not name or name.upper() == "UTC":
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise HTTPException(422, "tz: no such time zone") from None


def _sort(wanted: str) -> tuple[str, ...]:
    """("-" or "", field, …). Raises 422."""
    if wanted in _SORTS:
        return ("-", *_SORTS[wanted])
    name = wanted.removeprefix("-")
    if name not in _FIELDS:
        raise HTTPException(422, f"sort: one of {', '.join((*_SORTS, *_FIELDS))}")
    path = ("latency", name) if name in ("p50", "p95", "p99", "mean", "max") else (name,)
    return ("-" if wanted.startswith("-") else "", *path)


def _value(one: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = one
    for name in path:
        value = value[name]
    return value if value is not None else ""


def _names(one: dict[str, Any]) -> tuple[str, ...]:
    return one["service"], one["route"], one["method"], one["statusClass"] or ""
