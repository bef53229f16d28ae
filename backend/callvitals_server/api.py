"""REST: all routes but the browser files and the HTTP metrics'.

Base units, epoch ms of the service's clock, null for gaps (docs/api.md).
"""

from __future__ import annotations

from fastapi import APIRouter

from .api_export import make_export_router
from .api_health import make_health_router
from .api_hours import make_hours_router
from .api_meetings import make_meetings_router
from .api_page import make_page_router
from .api_session import make_session_router
from .service import Service


def make_router(service: Service) -> APIRouter:
    """Their parts, one file each."""
    router = APIRouter()
    for make in (
        make_meetings_router,
        make_session_router,
        make_hours_router,
        make_export_router,
        make_page_router,
        make_health_router,
    ):
        router.include_router(make(service))
    return router
