"""Errors of the REST API, all of one shape: problem details (RFC 9457)."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from .records import StorageError

log = logging.getLogger("callvitals")


def problem(status: int, detail: str, **more: object) -> JSONResponse:
    """`{type, title, status, detail, ...}`."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    return JSONResponse(body, status, media_type="application/problem+json")


def not_found(what: str) -> HTTPException:
    """To be raised."""
    return HTTPException(404, f"no such {what}")


def problem_of(error: StarletteHTTPException) -> JSONResponse:
    """What was raised, as the answer."""
    answer = problem(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def mount_problems(app: FastAPI) -> None:
    """Give all errors of `app` that shape."""

    @app.exception_handler(StarletteHTTPException)
    async def http(_request: Request, error: StarletteHTTPException) -> JSONResponse:
        return problem_of(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {"where": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()
        ]
        first = errors[0] if errors else {"where": "request", "message": "invalid"}
        return problem(422, f"{first['where']}: {first['message']}", errors=errors)

    @app.exception_handler(StorageError)
    async def storage(_request: Request, error: StorageError) -> JSONResponse:
        log.error("history cannot be read: %s", error)
        return problem(503, f"history cannot be read: {error}")

    @app.exception_handler(Exception)
    async def fault(_request: Request, _error: Exception) -> JSONResponse:
        # Ours, and in the log: starlette raises it again behind this answer.
        return problem(500, "a fault of the service; its log has more")
