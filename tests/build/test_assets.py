"""What the service says about each browser file: type, caching, compression, origins."""

import gzip
import pathlib
import re

import brotli
import httpx
import pytest
from callvitals_server.assets import NOT_BUILT, STATIC, mount_assets
from callvitals_server.problems import not_found
from fastapi import FastAPI

DASHBOARD_SOURCE = pathlib.Path(__file__).parents[2] / "backend" / "dashboard" / "index.html"
DASHBOARD_BUILT = STATIC / "dashboard" / "index.html"
HASH = "0123456789ab"
FILES = {
    "manifest.json": b"{}",
    "sdk.js": b"loader",
    f"sdk/{HASH}/worker.js": b"worker",
    f"sdk/{HASH}/host.mjs": b"host",
    f"sdk/{HASH}/python.wasm": b"\0asm",
    f"sdk/{HASH}/stdlib.zip": b"PK",
    f"sdk/{HASH}/x-1.0-py3-none-any.whl": b"PK wheel",
    f"sdk/{HASH}/.hidden.js": b"no",
    "dashboard/index.html": b"<html>",
    "dashboard/app-ABCDEFGH.js": b"app",
    "demo/index.html": b"<demo>",
}


@pytest.fixture
def static(tmp_path: pathlib.Path) -> pathlib.Path:
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if path.suffix != ".whl":
            path.with_name(path.name + ".br").write_bytes(brotli.compress(content))
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(content))
    return tmp_path


def assets_of(static: pathlib.Path) -> FastAPI:
    app = FastAPI()
    mount_assets(app, static=static)
    return app


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")


@pytest.fixture
def client(static: pathlib.Path) -> httpx.AsyncClient:
    return client_of(assets_of(static))


@pytest.mark.parametrize(
    ("path", "mime"),
    [
        ("/sdk.js", "text/javascript; charset=utf-8"),
        (f"/sdk/{HASH}/worker.js", "text/javascript; charset=utf-8"),
        (f"/sdk/{HASH}/host.mjs", "text/javascript; charset=utf-8"),
        (f"/sdk/{HASH}/python.wasm", "application/wasm"),
        (f"/sdk/{HASH}/stdlib.zip", "application/zip"),
        (f"/sdk/{HASH}/x-1.0-py3-none-any.whl", "application/zip"),
        ("/", "text/html; charset=utf-8"),
        ("/m/any%20meeting", "text/html; charset=utf-8"),
        ("/m/a/p/b", "text/html; charset=utf-8"),
        ("/demo", "text/html; charset=utf-8"),
    ],
)
async def test_type(client: httpx.AsyncClient, path: str, mime: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == mime
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/sdk.js", f"/sdk/{HASH}/worker.js", f"/sdk/{HASH}/stdlib.zip"])
async def test_files_of_the_sdk_are_for_every_origin(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    # A worker obeys the policy of its own response.
    assert "content-security-policy" not in answer.headers


async def test_dashboard_is_for_its_own_origin(client: httpx.AsyncClient) -> None:
    answer = await client.get("/m/x")
    policy = dict(
        part.split(maxsplit=1) for part in answer.headers["content-security-policy"].split("; ")
    )
    # Nothing but this: each other directive would loosen it for its kind, or is as strict.
    assert policy == {
        "default-src": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
        "frame-ancestors": "'none'",
    }
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("built", [False, True])
def test_the_page_has_nothing_inline_that_its_policy_would_refuse(built: bool) -> None:
    page = DASHBOARD_BUILT if built else DASHBOARD_SOURCE
    html = page.read_text()
    assert re.findall(r"<script\b[^>]*>(?!</script>)", html) == []
    assert re.findall(r"<style\b|\sstyle\s*=|\son\w+\s*=|javascript:", html) == []
    assert re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:|//|data:)""", html) == []


@pytest.mark.parametrize(
    ("path", "caching"),
    [
        ("/sdk.js", "public, max-age=300"),
        (f"/sdk/{HASH}/worker.js", "public, max-age=31536000, immutable"),
        ("/dashboard/app-ABCDEFGH.js", "public, max-age=31536000, immutable"),
        ("/", "no-cache"),
        ("/demo", "no-cache"),
    ],
)
async def test_caching(client: httpx.AsyncClient, path: str, caching: str) -> None:
    assert (await client.get(path)).headers["cache-control"] == caching


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("identity", None),
        ("br;q=0.0", None),
        ("nonsense;;q=,", None),
    ],
)
async def test_compression(client: httpx.AsyncClient, accepted: str, encoding: str | None) -> None:
    answer = await client.get("/sdk.js", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.content == b"loader"  # httpx has inflated it


async def test_a_wheel_goes_out_as_it_is(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/sdk/{HASH}/x-1.0-py3-none-any.whl")
    assert "content-encoding" not in answer.headers
    assert answer.content == b"PK wheel"


async def test_unchanged_file_is_not_sent_again(
    client: httpx.AsyncClient, static: pathlib.Path
) -> None:
    first = await client.get("/sdk.js")
    again = await client.get("/sdk.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    weak = await client.get("/sdk.js", headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
    assert weak.status_code == 304
    (static / "sdk.js").write_bytes(b"another loader")
    changed = await client.get("/sdk.js", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


async def test_each_encoding_has_its_own_tag(client: httpx.AsyncClient) -> None:
    tags = {
        (await client.get("/sdk.js", headers={"Accept-Encoding": e})).headers["etag"]
        for e in ("br", "gzip", "identity")
    }
    assert len(tags) == 3


async def test_head(client: httpx.AsyncClient) -> None:
    answer = await client.head(f"/sdk/{HASH}/worker.js", headers={"Accept-Encoding": "identity"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(b"worker"))


@pytest.mark.parametrize(
    "path",
    [
        "/sdk/ffffffffffff/worker.js",
        f"/sdk/{HASH}/absent.js",
        f"/sdk/{HASH}/worker.js.br",
        f"/sdk/{HASH}/.hidden.js",
        "/sdk/%2e%2e/sdk.js",
        "/sdk/../manifest.json",
        "/dashboard/%2e%2e%2fsdk.js",
        "/dashboard/..%5csdk.js",
    ],
)
async def test_what_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404


async def test_who_reads_an_address_that_leads_nowhere_is_told_by_the_dashboard(
    static: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    reader = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    app = assets_of(static)

    @app.get("/api/meetings/{meeting}")
    async def meeting(meeting: str) -> None:
        raise not_found(f"meeting as {meeting}")

    async with client_of(app) as client:
        answer = await client.get("/meetings/42", headers=reader)
        assert answer.status_code == 404
        assert answer.content == (static / "dashboard" / "index.html").read_bytes()
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert answer.headers["cache-control"] == "no-store"
        for path, headers in (("/meetings/42", {}), ("/api/meetings/x", reader)):
            answer = await client.get(path, headers=headers)
            assert (answer.status_code, answer.json()["status"]) == (404, 404)
    async with client_of(assets_of(tmp_path / "empty")) as client:
        answer = await client.get("/meetings/42", headers=reader)
        assert answer.json()["detail"] == "Not Found"


async def test_without_a_build_the_command_is_named(tmp_path: pathlib.Path) -> None:
    async with client_of(assets_of(tmp_path)) as client:
        for path in ("/", "/sdk.js", "/demo"):
            answer = await client.get(path)
            assert (answer.status_code, answer.text) == (503, NOT_BUILT)
