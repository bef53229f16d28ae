"""An app that is counted, and questions to the service that counts it."""

from __future__ import annotations

import json
import secrets
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from callvitals_server.http_metrics import ApiMetricsMiddleware
from fastapi import FastAPI, HTTPException
from fastapi.responses import StreamingResponse

from .kit import Server


def batch(records: list[list[Any]] | None = None, **more: Any) -> dict[str, Any]:
    now = time.time_ns() // 10**6
    one = [now, 0, "GET", 200, 1, 2, 30, 40, None, 0]
    return {
        "version": 1,
        "batch": secrets.token_hex(16),
        "service": "api",
        "at": now,
        "dropped": 0,
        "routes": ["/a/{id}", "/b"],
        "records": [one] if records is None else records,
        **more,
    }


def post(server: Server, body: Any, **headers: str) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    url = server.url + "/ingest/http"
    return server.request(urllib.request.Request(url, data, names, method="POST"))


def listed(server: Server, query: str = "range=1h") -> list[dict[str, Any]]:
    status, found = server.get(f"/api/endpoints?{query}")
    assert status == 200, found
    items: list[dict[str, Any]] = found["items"]
    return items


def total(server: Server, service: str) -> int:
    return sum(item["count"] for item in listed(server, f"range=1h&service={service}"))


def app_of(sink: str, spool: Path, **more: Any) -> ApiMetricsMiddleware:
    app = FastAPI()

    @app.get("/hello/{name}")
    async def hello(name: str) -> dict[str, str]:
        return {"hello": name}

    @app.get("/fails")
    async def fails() -> None:
        raise HTTPException(503, "not today")

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(iter([b"x" * 50_000] * 4))

    return ApiMetricsMiddleware(
        app, sink, user=lambda s: s["query_string"].decode() or None, spool=spool, **more
    )
