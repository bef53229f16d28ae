"""What the REST routes share: parameters, answers, models and examples in the document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from callvitals import fields
from fastapi import HTTPException, Path, Query, Response
from pydantic import BaseModel

from .listing import MAX_INT

Rating = Literal["good", "fair", "poor", "unknown"]
Ms = Annotated[int | None, Query(description="epoch ms", ge=-MAX_INT, le=MAX_INT)]
Id = Annotated[str, Path(max_length=512)]
Session = Annotated[str | None, Query(max_length=64, description="sessionId")]
Started = Annotated[
    int | None,
    Query(
        description="startedAt of an occurrence, or a time in it; else the newest",
        ge=-MAX_INT,
        le=MAX_INT,
    ),
]


def told(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: what it answers. Its example stands in api_examples."""
    return {200: {"model": model, "description": (model.__doc__ or "").split("\n\n")[0]}}


def answer(value: Any, status: int = 200) -> Response:
    """JSON as it is: what history and the live model give needs no second look."""
    return Response(orjson.dumps(value), status, media_type="application/json")


def known(text: str | None) -> str | None:
    """An id or a search as a database takes it."""
    return None if text is None else text.replace("\0", "")


def names(metrics: str) -> list[str]:
    """The asked-for series, headline ones by default. Raises 422 for names that cannot be."""
    wanted = list(dict.fromkeys(name.strip() for name in metrics.split(",") if name.strip()))
    for name in wanted:
        if name.split(".")[0] not in fields.SERIES:
            raise HTTPException(422, f"metrics: no series is called {name[:64]}")
    return wanted or list(fields.HEADLINE)


def span(start: int | None, end: int | None, now: int, usual: int, longest: int) -> tuple[int, int]:
    """A time range: up to now, `usual` ms long unless it is said. Raises 422."""
    last = now if end is None else end
    first = last - usual if start is None else start
    if first > last or last - first > longest:
        raise HTTPException(
            422, f"from, to: from is before to, and at most {longest // 86_400_000} days before"
        )
    return first, last
