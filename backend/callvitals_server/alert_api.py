"""REST of alerts: what fires, rules, silences, a test (docs/alerts.md)."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from .alert_rules import CALLS, ENDPOINTS, FLAGS, ISSUES, BadRuleError, Seconds, rule
from .alert_state import RESOLVED
from .alert_store import Row, silenced
from .problems import not_found
from .service import Service

_INT = 2**53
_LONGEST_MS = 366 * 86_400_000

RuleName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class NewSilence(BaseModel):
    """What is not to be told of: until a time, or for some seconds."""

    model_config = ConfigDict(extra="forbid")

    rule: Annotated[str, Field(pattern=r"^(\*|[a-z0-9][a-z0-9_-]{0,63})$")] = "*"
    subject: Annotated[str, Field(min_length=1, max_length=512, description="with * and ?")] = "*"
    start: Annotated[int | None, Field(alias="from", ge=0, le=_INT)] = None
    until: Annotated[int | None, Field(ge=0, le=_INT)] = None
    lasting: Annotated[Seconds | None, Field(alias="for")] = None
    comment: Annotated[str, Field(max_length=512)] = ""

    @model_validator(mode="after")
    def _end(self) -> NewSilence:
        if (self.until is None) == (self.lasting is None):
            raise ValueError("give until (epoch ms) or for (`2h`), one of them")
        return self


def make_alert_router(service: Service) -> APIRouter:
    """All routes of this file."""
    alerts, store = service.alerts, service.alerts.store
    router = APIRouter(prefix="/api/alerts")

    @router.get("")
    async def list_(
        state: Literal["", "pending", "firing", "resolved"] = "",
        rule: Annotated[str, Query(max_length=64)] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[str, Query(max_length=512)] = "",
    ) -> dict[str, Any]:
        """Alerts: the firing, the pending, those that ended; each the newest first."""
        after = _read_cursor(cursor)
        now = service.clock()
        rows = await asyncio.to_thread(store.page, state, _known(rule), after, limit + 1)
        silences = await asyncio.to_thread(store.silences, now)
        items = [
            one.told(untold if one.state == RESOLVED else silenced(silences, one, now))
            for one, untold, _place in rows[:limit]
        ]
        return {"items": items, "next": _cursor(rows[limit - 1][2]) if len(rows) > limit else None}

    @router.get("/rules")
    async def rules() -> dict[str, Any]:
        """All rules by name, with what was left out filled in; `source`: file or api."""
        found = await asyncio.to_thread(alerts.rules)
        return {"items": [one.told(source) for one, source in found]}

    @router.put("/rules/{name}")
    async def put(name: RuleName, data: dict[str, Any]) -> dict[str, Any]:
        """Make or change a rule: the body as `GET` tells it. Those of the file are the file's."""
        _changeable(name)
        told = {key: value for key, value in data.items() if key not in ("source", "unit")}
        if told.setdefault("name", name) != name:
            raise HTTPException(422, "name: it is another one in the address")
        try:
            one = rule(told)
        except BadRuleError as error:
            raise HTTPException(422, str(error)) from None
        missing = alerts.config.missing(one.deliver)
        if missing:
            raise HTTPException(422, missing)
        if not await asyncio.to_thread(store.put_rule, one, service.clock()):
            raise HTTPException(409, "there are too many rules")
        return one.told("api")

    @router.delete("/rules/{name}", status_code=204)
    async def delete(name: RuleName) -> None:
        """Its alerts are resolved."""
        _changeable(name)
        if not await asyncio.to_thread(store.delete_rule, name):
            raise not_found("rule")

    def _changeable(name: str) -> None:
        if any(one.name == name for one in alerts.config.rules):
            raise HTTPException(409, "this rule stands in the file CALLVITALS_ALERTS names")

    @router.post("/rules/{name}/test")
    async def test(name: RuleName) -> dict[str, Any]:
        """Send a test to the rule's channels, once, now: {results: [{channel, ok, error}]}."""
        found = {one.name: one for one, _ in await asyncio.to_thread(alerts.rules)}
        if name not in found:
            raise not_found("rule")
        return {"results": await alerts.test(found[name])}

    @router.get("/channels")
    async def channels() -> dict[str, Any]:
        """What rules may deliver to. Addresses of webhooks and all passwords are left out."""
        items = [
            {"name": name, "type": one.type, "target": one.target}
            for name, one in sorted(alerts.config.channels.items())
        ]
        return {"items": items}

    @router.get("/metrics")
    async def metrics() -> dict[str, Any]:
        """What rules may look at; `flag`: counted, with `share` or `above`."""

        def told(on: dict[str, Any]) -> list[dict[str, Any]]:
            return [
                {"name": name, "unit": one.unit, "what": one.words, "flag": name in FLAGS}
                for name, one in on.items()
            ]

        return {"calls": told(CALLS), "endpoints": told(ENDPOINTS), "issues": ISSUES}

    @router.get("/silences")
    async def silences() -> dict[str, Any]:
        """Those that are not over."""
        return {"items": [_silence(row) for row in await _silences()]}

    async def _silences() -> list[Row]:
        return await asyncio.to_thread(store.silences, service.clock())

    @router.post("/silences", status_code=201)
    async def silence(new: NewSilence) -> dict[str, Any]:
        """Alerts that match are seen, but nobody is told of them."""
        now = service.clock()
        start = now if new.start is None else new.start
        end = new.until if new.until is not None else start + (new.lasting or 0) * 1000
        if end <= max(start, now) or end - start > _LONGEST_MS:
            raise HTTPException(422, "until: after from and now, and within a year")
        told = (new.rule, _known(new.subject), start, end, _known(new.comment), now)
        return _silence(await asyncio.to_thread(store.silence, *told))

    @router.delete("/silences/{number}", status_code=204)
    async def end(number: Annotated[str, Path(max_length=32)]) -> None:
        """It is over."""
        if not await asyncio.to_thread(store.end_silence, _known(number)):
            raise not_found("silence")

    return router


def _silence(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "rule": row["rule"],
        "subject": row["subject"],
        "from": row["starts_at"],
        "until": row["ends_at"],
        "comment": row["comment"],
    }


def _known(text: str) -> str:
    return text.replace("\0", "")  # PostgreSQL takes none


def _cursor(place: tuple[int, int, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[int, int, str] | None:
    """Raises 422."""
    if not text:
        return None
    try:
        rank, since, number = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not (type(rank) is int and type(since) is int and isinstance(number, str)):
            raise ValueError
        if not (0 <= rank <= 2 and 0 <= since <= _INT):
            raise ValueError
    except (ValueError, TypeError):
        raise HTTPException(422, "cursor: give the `next` of the page before") from None
    return rank, since, _known(number)
