"""The OpenAPI document: every error is a problem, wherever a route does not say otherwise."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from .api_examples import EXAMPLES
from .api_models import Problem

_PROBLEM = {
    "description": "An error: problem details (RFC 9457)",
    "content": {
        "application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "example": {
                "type": "about:blank",
                "title": "Not Found",
                "status": 404,
                "detail": "no such meeting",
            },
        }
    },
}
_METHODS = ("get", "post", "put", "patch", "delete")
# What FastAPI would say of errors, which look otherwise here (problems.py).
_THEIRS = ("HTTPValidationError", "ValidationError")


def mount_openapi(app: FastAPI) -> None:
    """Have /openapi.json say what errors look like. Call it after all routes are there."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None or "Problem" not in _schemas(app.openapi_schema):
            document = made()
            for operations in document["paths"].values():
                for method, operation in operations.items():
                    if method in _METHODS:
                        operation["responses"].pop("422", None)
                        operation["responses"]["default"] = _PROBLEM
                        for answer in operation["responses"].values():
                            _show(answer)
            schemas = _schemas(document)
            for name in _THEIRS:
                schemas.pop(name, None)
            schemas["Problem"] = Problem.model_json_schema()
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _show(answer: dict[str, Any]) -> None:
    """Put its model's example in: FastAPI itself would leave the nulls out of it."""
    for content in answer.get("content", {}).values():
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        if name in EXAMPLES:
            content["example"] = EXAMPLES[name]


def _schemas(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    return found
