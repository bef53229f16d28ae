"""REST: what pages are told to do, what that costs them, and the changing of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Response

from .costs import choices, cost
from .remote import Change, Overtaken
from .service import Service
from .settings import Engine

_WHAT = {
    "messageSeconds": "How often a page sends. Problems are told at once whatever this says, and a "
    "participant who is watched here sends every second.",
    "sampleSeconds": "How often a page looks at its calls. Automatic: every second, every 2 with "
    "more than eight connections, every 5 in the background.",
    "share": "How many of the sessions are measured. One that is left out stays so until its page "
    "is loaded again.",
    "engine": "What computes in the page. Automatic: MicroPython on small devices and slow "
    "networks, else Pyodide. An engine that runs is not changed back for it.",
    "off": "Off: all pages stop measuring at once, and go on when this is taken back.",
}


class Wish:
    """A config in a query: what is not given is as it is now."""

    def __init__(
        self,
        message_seconds: Annotated[int | None, Query(alias="messageSeconds", ge=1, le=300)] = None,
        sample_seconds: Annotated[int | None, Query(alias="sampleSeconds", ge=0, le=60)] = None,
        share: Annotated[int | None, Query(ge=0, le=100)] = None,
        engine: Engine | None = None,
        off: bool | None = None,
    ) -> None:
        self.values = {
            "messageSeconds": message_seconds,
            "sampleSeconds": sample_seconds,
            "share": share,
            "engine": engine,
            "off": off,
        }


def make_config_router(service: Service) -> APIRouter:
    """All routes of this file."""
    router = APIRouter(tags=["config"])
    remote = service.remote

    def told(response: Response) -> dict[str, Any]:
        config = remote.config
        response.headers["ETag"] = f'"{remote.stored.version}"'
        response.headers["Cache-Control"] = "no-store"
        return {
            "version": remote.stored.version,
            "changedAt": remote.stored.changed_at,
            "config": config,
            "defaults": remote.defaults,
            "changed": sorted(remote.stored.values),
            "pages": len(service.ingest.links),
            "cost": cost(config),
            "measured": service.traffic.told(),
            "settings": [
                {"name": name, "what": what, "choices": choices(config, name)}
                for name, what in _WHAT.items()
            ],
        }

    @router.get("/api/config")
    async def read_config(response: Response) -> dict[str, Any]:
        """What pages are told (`config`), what this service was started with (`defaults`), which of
        it was `changed` since, how many `pages` are connected to this process; what that costs one
        participant a minute, and what each other value of a setting would. `measured`: the bytes
        that a page of this process really sent a minute, of the last five minutes. The `ETag`
        names the version."""
        return told(response)

    @router.get("/api/config/cost")
    async def cost_of(wish: Annotated[Wish, Depends()]) -> dict[str, Any]:
        """What another config would cost one participant: processor time in ms and bytes a minute,
        download and memory in bytes."""
        given = {name: value for name, value in wish.values.items() if value is not None}
        config = {**remote.config, **given}
        return {"config": config, "cost": cost(config)}

    @router.put("/api/config")
    async def change_config(
        change: Change,
        response: Response,
        if_match: Annotated[str, Header(max_length=64)] = "*",
    ) -> dict[str, Any]:
        """Tell all pages something else, at once, in every process, and from now on. What is null
        or not given goes back to what the service was started with. With `If-Match`: only if nobody
        else changed it meanwhile (412)."""
        version = _version(if_match)
        try:
            await service.configure(change, version)
        except Overtaken:
            raise HTTPException(
                412, "somebody else changed the settings meanwhile: look at them again"
            ) from None
        return told(response)

    return router


def _version(if_match: str) -> int | None:
    """The version an `If-Match` names. Raises 412 where it can be none of ours."""
    tag = if_match.strip().removeprefix("W/").strip('"')
    if tag == "*":
        return None
    if not tag.isascii() or not tag.isdigit():
        raise HTTPException(412, "If-Match: give the ETag of an earlier answer")
    return int(tag)
