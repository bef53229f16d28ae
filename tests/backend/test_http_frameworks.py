"""Templates of routes, in every framework, over a real socket."""

from __future__ import annotations

import types
from typing import Any

import pytest
from callvitals_server.http_metrics import ApiMetricsMiddleware
from callvitals_server.http_routes import OTHER, TEMPLATES, UNMATCHED, Routes
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from .http_kit import Taken, asked, serving
from .kit import until


class Copies:
    """A middleware that hands on a copy of the scope, as some do: what routers leave is lost."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(dict(scope), receive, send)


def fastapi_app(sink: Taken, copies: bool = False) -> Any:
    from fastapi import APIRouter, FastAPI

    app, inner = FastAPI(), FastAPI()
    items, deeper = APIRouter(), APIRouter(prefix="/deeper")

    @items.get("/items/{item_id}")
    @deeper.get("/leaf/{name}")
    async def item(item_id: int = 0, name: str = "") -> dict[str, int]:
        return {"id": item_id}

    @app.post("/items/{item_id}")
    async def other(item_id: int) -> dict[str, int]:
        return {"id": item_id}

    @inner.get("/in/{name}")
    async def leaf(name: str) -> str:
        return name

    items.include_router(deeper)
    app.include_router(items, prefix="/v1")
    app.include_router(items, prefix="/v2")
    app.mount("/sub/{tenant}", inner)
    if copies:
        app.add_middleware(Copies)
    app.add_middleware(ApiMetricsMiddleware, sink=sink)
    return app


def starlette_app(sink: Taken, copies: bool = False) -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Host, Mount, Route, Router

    async def say(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.url.path)

    class Page:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await PlainTextResponse("page")(scope, receive, send)

    below = [Route("/a/{x}", say), Route("/{rest:path}", say)]
    middleware = [Middleware(ApiMetricsMiddleware, sink=sink)]
    middleware += [Middleware(Copies)] if copies else []
    return Starlette(
        routes=[
            Route("/items/{item_id:int}", say),
            Mount("/of/{who}", routes=[Mount("/b", app=Router(below))]),
            Mount("/page", app=Page()),
            Host("api.example.com", app=Router([Route("/hosted/{x}", say)])),
        ],
        middleware=middleware,
    )


def litestar_app(sink: Taken) -> Any:
    from litestar import Litestar, get, post

    @get("/items/{item_id:int}")
    async def item(item_id: int) -> dict[str, int]:
        return {"id": item_id}

    @post("/items/{item_id:int}")
    async def other(item_id: int) -> dict[str, int]:
        return {"id": item_id}

    return ApiMetricsMiddleware(Litestar([item, other], openapi_config=None), sink)


def django_app(sink: Taken) -> Any:
    import django
    from django.conf import settings
    from django.core.asgi import get_asgi_application
    from django.http import HttpResponse
    from django.urls import include, path, re_path

    def view(_request: Any, **_: Any) -> Any:
        return HttpResponse("ok")

    urls: Any = types.ModuleType("urls")
    urls.urlpatterns = [
        path("items/<int:item_id>/", view),
        path("sub/", include([path("<slug:name>", view), re_path(r"^old/(?P<n>\d+)$", view)])),
    ]
    if not settings.configured:
        settings.configure(
            ROOT_URLCONF=urls, ALLOWED_HOSTS=["*"], SECRET_KEY="x", MIDDLEWARE=[], USE_TZ=True
        )
        django.setup()
    return ApiMetricsMiddleware(get_asgi_application(), sink)


def quart_app(sink: Taken) -> Any:
    from quart import Blueprint, Quart, websocket

    app, blue = Quart("quart_app"), Blueprint("blue", "quart_app")

    @app.get("/items/<int:item_id>")
    async def item(item_id: int) -> str:
        return str(item_id)

    @blue.post("/deep/<path:rest>")
    async def deep(rest: str) -> str:
        return rest

    @app.websocket("/ws/<name>")
    async def ws(name: str) -> None:
        await websocket.send(name)

    app.register_blueprint(blue, url_prefix="/blue")
    app.asgi_app = ApiMetricsMiddleware(app.asgi_app, sink)  # type: ignore[method-assign]
    return app


FASTAPI = [
    ("GET /v1/items/7", 200, "/v1/items/{item_id}"),
    ("GET /v2/items/8", 200, "/v2/items/{item_id}"),
    ("GET /v2/deeper/leaf/x", 200, "/v2/deeper/leaf/{name}"),
    ("GET /v1/items/seven", 422, "/v1/items/{item_id}"),
    ("POST /items/9", 200, "/items/{item_id}"),
    ("DELETE /items/9", 405, "/items/{item_id}"),
    ("GET /sub/acme/in/y", 200, "/sub/{tenant}/in/{name}"),
    ("GET /sub/acme/none", 404, UNMATCHED),
    ("GET /openapi.json", 200, "/openapi.json"),
    ("GET /none", 404, UNMATCHED),
]
STARLETTE = [
    ("GET /items/7", 200, "/items/{item_id:int}"),
    ("GET /items/x", 404, UNMATCHED),
    ("GET /of/ann/b/a/1", 200, "/of/{who}/b/a/{x}"),
    ("GET /of/bob/b/c/d/e", 200, "/of/{who}/b/{rest:path}"),
    ("GET /of/bob", 307, UNMATCHED),  # a slash is missing
    ("GET /page/any/thing", 200, "/page/{path}"),
    ("GET /hosted/1", 404, UNMATCHED),
]
CASES: dict[str, tuple[Any, list[tuple[str, int, str]]]] = {
    "fastapi": (fastapi_app, FASTAPI),
    "fastapi, copied scope": (lambda sink: fastapi_app(sink, True), FASTAPI),
    "starlette": (starlette_app, STARLETTE),
    "starlette, copied scope": (lambda sink: starlette_app(sink, True), STARLETTE),
    "litestar": (
        litestar_app,
        [
            ("GET /items/7", 200, "/items/{item_id}"),
            ("POST /items/7", 201, "/items/{item_id}"),
            ("GET /items/x", 404, UNMATCHED),
            ("GET /none", 404, UNMATCHED),
        ],
    ),
    "django": (
        django_app,
        [
            ("GET /items/7/", 200, "/items/<int:item_id>/"),
            ("GET /sub/a-b", 200, "/sub/<slug:name>"),
            ("GET /sub/old/12", 200, r"/sub/old/(?P<n>\d+)$"),
            ("GET /none/", 404, UNMATCHED),
        ],
    ),
    "quart": (
        quart_app,
        [
            ("GET /items/7", 200, "/items/<int:item_id>"),
            ("POST /blue/deep/a/b/c", 200, "/blue/deep/<path:rest>"),
            ("GET /blue/deep/a", 405, "/blue/deep/<path:rest>"),
            ("GET /none", 404, UNMATCHED),
        ],
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[Any, list[tuple[str, int, str]]]:
    return CASES[request.param]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the frameworks' own
def test_every_framework_tells_its_templates(case: tuple[Any, list[tuple[str, int, str]]]) -> None:
    make, wanted = case
    taken = Taken()
    with serving(make(taken)) as port:
        sizes = [len(asked(port, f"{line} HTTP/1.1\nContent-Length: 0")[1]) for line, *_ in wanted]
        until(lambda: len(taken.records()) == len(wanted), 10)
    told = taken.records()
    assert [(r.status, r.route) for r in told] == [(status, route) for _, status, route in wanted]
    assert [r.response_bytes for r in told] == sizes
    assert [r.method for r in told] == [line.split()[0] for line, *_ in wanted]
    assert not any(r.flags for r in told)


def test_behind_a_root_path() -> None:
    """`--root-path` is what a proxy takes away; templates go without."""
    for make in (fastapi_app, lambda sink: fastapi_app(sink, True)):
        taken = Taken()
        with serving(make(taken), root_path="/proxied") as port:
            asked(port, "GET /v1/items/7 HTTP/1.1")
            asked(port, "GET /sub/acme/in/y HTTP/1.1")
        told = [record.route for record in taken.records()]
        assert told == ["/v1/items/{item_id}", "/sub/{tenant}/in/{name}"]


def test_templates_of_your_own_are_bounded() -> None:
    routes = Routes(lambda *_: None)
    place = ("/x", "", None)
    told = {routes.template(place, f"/made/{n}", "GET") for n in range(3 * TEMPLATES)}
    assert len(told) == TEMPLATES + 1
    assert OTHER in told
    assert len(routes.template(place, "/made/0" + "x" * 999, "GET")) <= 256


def test_routes_that_are_added_later_are_found() -> None:
    from fastapi import FastAPI

    app = FastAPI()
    routes = Routes(app)

    async def first() -> None: ...

    app.add_api_route("/first/{x}", first)
    assert routes.template(("/first/1", "", app), first, "GET") == "/first/{x}"

    async def second() -> None: ...

    app.add_api_route("/second/{x}", second)
    routes._table._built -= 60  # a minute later
    assert routes.template(("/second/1", "", app), second, "GET") == "/second/{x}"
