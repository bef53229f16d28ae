"""REST: what is kept of a range, as a file."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.responses import StreamingResponse
from starlette.types import Send

from .api_tools import Ms, known, names
from .codec import CodecError
from .export import Kind, Scope, batches, columns
from .export_files import TYPES, MissingError, pieces
from .records import StorageError
from .service import Service

log = logging.getLogger("callvitals")
_Id = Annotated[str | None, Query(max_length=512)]
_EXAMPLES = {
    "ndjson": '{"meetingId":"standup","participantId":"ada","sessionId":"0123456789abcdef01234567'
    '89abcdef","tick":7,"t":1795448731544,"score":4.32,"rtt":0.031}\n',
    "csv": "meetingId,participantId,sessionId,tick,t,score,rtt\r\n"
    "standup,ada,0123456789abcdef0123456789abcdef,7,1795448731544,4.32,0.031\r\n",
}


class Rows(StreamingResponse):
    """Where history cannot be read any more in the midst of it, the body is left unfinished: who
    reads it must not take a part for the whole."""

    async def stream_response(self, send: Send) -> None:
        """Send it."""
        try:
            await super().stream_response(send)
        except (StorageError, CodecError) as error:
            log.error("an export ended early: %s", error)


def make_export_router(service: Service) -> APIRouter:
    """All routes of this file."""
    router = APIRouter(tags=["export"])
    contents = {
        type_.split(";")[0]: {
            "schema": {"type": "string", "format": "binary"},
            **({"example": _EXAMPLES[form]} if form in _EXAMPLES else {}),
        }
        for form, type_ in TYPES.items()
    }

    @router.get(
        "/api/export",
        response_model=None,
        responses={200: {"description": "The rows, as a file", "content": contents}},
    )
    async def export(
        what: Kind = "ticks",
        form: Annotated[Literal["ndjson", "csv", "parquet"], Query(alias="format")] = "ndjson",
        start: Annotated[Ms, Query(alias="from")] = None,
        end: Annotated[Ms, Query(alias="to")] = None,
        meeting: _Id = None,
        participant: _Id = None,
        session: Annotated[str | None, Query(max_length=64)] = None,
        metrics: Annotated[str, Query(max_length=2048, description="with commas")] = "",
        started: Annotated[Ms, Query(description="startedAt of an occurrence of `meeting`")] = None,
    ) -> Response:
        """All that is kept of a range, in full, however much it is: `what` rows (`ticks`,
        `minutes`, `hours`, `events`, `sessions`, `meetings`, `hourly`: all calls by the hour), as
        NDJSON, CSV or Parquet (needs the extra `parquet`). One session after the other, each in
        order of time; no value: null, or an empty cell. `metrics`: series, the headline ones
        unless it is said. `started`: of all the times `meeting` took place the one that began then,
        else all. A body that ends early (no last chunk) is not whole."""
        scope = Scope(
            what,
            start,
            end,
            known(meeting),
            known(participant),
            known(session),
            tuple(names(metrics)),
            started,
        )
        try:
            table = columns(scope)
            file = pieces(form, table, batches(service.history, scope))
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        except MissingError as error:
            raise HTTPException(501, str(error)) from None
        # The first piece decides about the status: a disk that cannot be read is a problem.
        first: bytes = await asyncio.to_thread(next, file, b"")
        name = "-".join(["callvitals", what, *(str(t) for t in (start, end) if t is not None)])
        shown = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
        return Rows(_all(first, file), headers=shown, media_type=TYPES[form])

    return router


def _all(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    return itertools.chain([first] if first else [], rest)
