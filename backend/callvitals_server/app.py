"""The wiring: one ASGI app out of the parts. No globals; two apps may live in one process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from socketio import ASGIApp
from starlette.types import ASGIApp as App

from . import __version__
from .alert_api import make_alert_router
from .api import make_router
from .api_config import make_config_router
from .api_jobs import make_jobs_router
from .assets import mount_assets
from .door import PATH, Guard, make_server
from .gate import Gate
from .http_answers import OWN
from .http_api import make_http_router
from .http_metrics import ApiMetricsMiddleware, Scope
from .openapi import mount_openapi
from .problems import mount_problems
from .service import Service
from .settings import Settings


def epoch_ms() -> int:
    """The service's clock."""
    return time.time_ns() // 1_000_000


def create_app(settings: Settings) -> App:
    """The whole service. Raises StorageError when the data folder cannot be used."""
    service = Service(settings, epoch_ms)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        if watcher is not None:
            await asyncio.to_thread(watcher.flush)
        await service.close()

    # No docs page: FastAPI's loads its scripts from elsewhere. /openapi.json is there.
    app = FastAPI(
        title="callvitals", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    mount_problems(app)
    app.include_router(make_router(service))
    app.include_router(make_http_router(service))
    app.include_router(make_config_router(service))
    app.include_router(make_jobs_router(service))
    app.include_router(make_alert_router(service))
    mount_assets(app)
    mount_openapi(app)

    server = make_server(service.counts)
    server.register_namespace(service.pages)
    server.register_namespace(service.dashboards)
    sockets = ASGIApp(server, other_asgi_app=app, socketio_path=PATH)
    whole: App = Gate(Guard(sockets, service.counts), settings.token, settings.public_url)
    watcher = None
    if settings.watch_self:
        whole = watcher = ApiMetricsMiddleware(
            whole, service.http.put, service=OWN, route=_sockets, spool=False
        )
    return whole


def _sockets(scope: Scope) -> str | None:
    """The one place that is no route of the app."""
    path: str = scope["path"]
    return PATH if path.startswith(PATH) else None
