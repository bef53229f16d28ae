"""The API against its own document: whatever is asked, no 5xx, and what comes is what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from callvitals_server import api_models
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from .archive import Archive
from .kit import Server

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
# What is there, so that not every answer is "no such meeting".
KNOWN = {
    "meeting_id": ["standup", "retro", "live 1"],
    "participant_id": ["ada", "bob"],
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real service with three weeks behind it."""
    folder = tmp_path_factory.mktemp("api")
    archive = Archive(folder / "data")
    archive.close()
    server = Server(folder / "data")
    server.start()
    yield server
    server.end()
    assert "Traceback" not in server.log.read_text()


def _check(server: Server, examples: int) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    for found in schema.get_all_operations():
        operation = found.ok()
        cases = st.one_of(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
        )

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(cases, st.data())
        def ask(case: Any, data: st.DataObject) -> None:
            for name, values in KNOWN.items():
                if name in case.path_parameters and data.draw(st.booleans()):
                    case.path_parameters[name] = data.draw(st.sampled_from(values))
            case.call_and_validate(checks=CHECKS)

        ask()


def test_the_api_does_what_its_document_says(filled: Server) -> None:
    _check(filled, 12)


@pytest.mark.long
def test_the_api_does_what_its_document_says_at_length(filled: Server) -> None:
    _check(filled, 300)


def test_every_route_is_described_with_its_errors(filled: Server) -> None:
    document = filled.get("/openapi.json")[1]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["description"], where
            assert "default" in operation["responses"], where
            assert "422" not in operation["responses"], where


def test_examples_fit(filled: Server) -> None:
    document = filled.get("/openapi.json")[1]
    n = 0
    for operations in document["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                for type_, content in answer.get("content", {}).items():
                    name = content.get("schema", {}).get("$ref", "").split("/")[-1]
                    if type_ == "application/json" and hasattr(api_models, name):
                        getattr(api_models, name).model_validate(content["example"])
                        n += 1
    assert n >= 15


def test_the_version_is_the_packages(filled: Server, tmp_path: Path) -> None:
    document = filled.get("/openapi.json")[1]
    health = filled.get("/healthz")[1]
    assert document["info"]["version"] == health["version"]
