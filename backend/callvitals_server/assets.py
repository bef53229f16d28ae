"""The browser files: SDK, engines, dashboard, demo page.

Built by `node scripts/build.mjs` into `static/`, each with `.br` and `.gz` beside it, so that
serving costs no computing. The engine files stand under a hash of their content and never change;
the few stable addresses are revalidated by ETag. Pages of other origins load the SDK, hence CORS
and CORP.
"""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from .problems import problem_of

if TYPE_CHECKING:
    from fastapi import FastAPI

STATIC = Path(__file__).parent / "static"

# Said explicitly: `mimetypes` asks the machine (a Windows registry may call .js text/plain), and
# WebAssembly compiles while streaming only under its own type.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ts": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".whl": "application/zip",
    ".woff2": "font/woff2",
    ".zip": "application/zip",
}

IMMUTABLE = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"
NO_CACHE = "no-cache"

CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
}
# Of the dashboard alone. A worker's response must not have one: it would bind the worker.
DASHBOARD = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
}

# The dashboard's other screens (backend/dashboard/src/sections.ts), each with what is below it.
SECTIONS = [
    path
    for name in ("http", "trends", "jobs", "alerts", "settings", "recording")
    for path in (f"/{name}", f"/{name}/{{rest:path}}")
]

NOT_BUILT = "The browser files are not built. Run: node scripts/build.mjs"

_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_HASHED = re.compile(r"-[0-9A-Z]{8}\.\w+$")  # esbuild's names


def mount_assets(app: FastAPI, static: Path = STATIC) -> None:
    """Add the routes of all browser files to `app`. `static`: where the build put them."""

    def get(path: str, *, folder: str = "", cache: str, headers: dict[str, str]) -> None:
        """`path` serves the file it names in `folder`; where it names none, the index."""

        async def serve(request: Request) -> Response:
            name = request.path_params.get("name", "index.html" if folder else path[1:])
            hash_ = request.path_params.get("hash", "")
            found = static / folder / hash_ / name
            if not _is_servable(found):
                is_built = (static / "manifest.json").is_file()
                return _missing() if is_built else _not_built()
            age = IMMUTABLE if _HASHED.search(name) else cache
            tag = hash_ or _digest(found, found.stat().st_mtime_ns)
            return _file(request, found, tag, {**headers, "Cache-Control": age})

        app.add_api_route(path, serve, methods=["GET", "HEAD"], include_in_schema=False)

    for name in ("/sdk.js", "/sdk.mjs", "/sdk.d.ts"):
        get(name, cache=SHORT, headers=CROSS_ORIGIN)
    get("/sdk/{hash}/{name}", folder="sdk", cache=IMMUTABLE, headers=CROSS_ORIGIN)
    for page in ("/", "/m/{meeting}", "/m/{meeting}/p/{participant}", *SECTIONS):
        get(page, folder="dashboard", cache=NO_CACHE, headers=DASHBOARD)
    get("/dashboard/{name}", folder="dashboard", cache=SHORT, headers={})
    get("/demo", folder="demo", cache=NO_CACHE, headers={})
    get("/demo/{name}", folder="demo", cache=SHORT, headers={})

    @app.exception_handler(404)
    async def nowhere(request: Request, error: HTTPException) -> Response:
        """Who mistypes an address in a browser is told by the dashboard, programs by a problem."""
        index = static / "dashboard" / "index.html"
        reads = "text/html" in request.headers.get("accept", "")
        if "endpoint" in request.scope or not reads or not index.is_file():
            return problem_of(error)  # a route's own word, or nobody who reads
        headers = {**DASHBOARD, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return FileResponse(index, 404, headers)


def _is_servable(path: Path) -> bool:
    # Route parameters hold no slash; what is left are dot names and our own variants.
    parts = path.parts[-2:]
    return not any(p.startswith(".") for p in parts) and path.suffix in TYPES and path.is_file()


def _file(request: Request, path: Path, tag: str, headers: dict[str, str]) -> Response:
    encoding, source = _variant(path, request.headers.get("accept-encoding", ""))
    tag = f'"{tag}{encoding and "-" + encoding}"'
    headers = {
        **headers,
        "ETag": tag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    if encoding:
        headers["Content-Encoding"] = encoding
    return FileResponse(source, headers=headers, media_type=TYPES[path.suffix])


def _variant(path: Path, accepted: str) -> tuple[str, Path]:
    """The best precompressed file that the browser takes, or ("", the file itself)."""
    wanted = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.partition(";")
        weight = parameter.strip().removeprefix("q=")
        wanted[name.strip()] = not re.fullmatch(r"0(\.0*)?", weight)
    for encoding, suffix in _ENCODINGS:
        candidate = path.with_name(path.name + suffix)
        if wanted.get(encoding, wanted.get("*", False)) and candidate.is_file():
            return encoding, candidate
    return "", path


@functools.lru_cache(maxsize=256)
def _digest(path: Path, mtime_ns: int) -> str:
    """Of the content, so that several processes agree; `mtime_ns` renews it after a build."""
    del mtime_ns
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _matches(header: str, tag: str) -> bool:
    tags = [part.strip().removeprefix("W/") for part in header.split(",")]
    return tag in tags or tags == ["*"]


def _missing() -> Response:
    # Readable for pages of other origins, or their script sees nothing but "failed to fetch".
    return PlainTextResponse("Not found", 404, {**CROSS_ORIGIN, "Cache-Control": "no-store"})


def _not_built() -> Response:
    return PlainTextResponse(NOT_BUILT, 503, {**CROSS_ORIGIN, "Cache-Control": "no-store"})
