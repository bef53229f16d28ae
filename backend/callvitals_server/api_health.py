"""REST: how the service is, for load balancers, people and Prometheus."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response

from . import __version__, openmetrics
from . import api_models as models
from .api_tools import answer, told
from .service import Service

_DEGRADED = {"model": models.Health, "description": "history cannot be written"}


def make_health_router(service: Service) -> APIRouter:
    """All routes of this file."""
    router = APIRouter(tags=["service"])

    @router.get(
        "/healthz",
        response_model=None,
        responses={**told(models.Health), 503: _DEGRADED},
    )
    async def healthz() -> Response:
        """How the service is: counters, whether history can be written and jobs are done."""
        trouble, jobs = service.writer.trouble, service.jobs.trouble
        health = {
            "status": "ok" if trouble is jobs is None else "degraded",
            "version": __version__,
            "history": trouble or "ok",
            "jobs": jobs or "ok",
            "sockets": len(service.ingest.links),
            "dashboards": len(service.watch.viewers),
            "meetings": len(service.live.ordered()),
            "sessions": len(service.live.sessions),
            "counts": dict(sorted(service.counts.items())),
        }
        return answer(health, 200 if trouble is None else 503)

    @router.get("/readyz", response_model=None, responses=told(models.Ready))
    async def readyz() -> Response:
        """Connections are taken."""
        return answer({"status": "ready"})

    @router.get(
        "/metrics",
        response_model=None,
        responses={200: {"description": "OpenMetrics 1.0", "content": {openmetrics.TYPE: {}}}},
    )
    async def metrics() -> Response:
        """The service's own health, calls that are live, and the last full hour's, as OpenMetrics
        text for Prometheus."""
        live = openmetrics.of_service(service)
        live += await openmetrics.of_jobs(service.jobs)
        hour = await asyncio.to_thread(openmetrics.of_history, service.history, service.clock())
        return Response(openmetrics.text([*live, *hour]), media_type=openmetrics.TYPE)

    return router
