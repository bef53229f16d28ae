"""From a request to the template of its route, for every framework; in a thread, off the request.

A template is never a path: what cannot be told goes into one bucket, and there are at most
`TEMPLATES` of them.
"""

from __future__ import annotations

import re
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from time import monotonic
from typing import Any

UNMATCHED = "<unmatched>"
OTHER = "<other>"
METHODS = frozenset(
    (
        *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"),
        "WEBSOCKET",  # ours: a session
    )
)
TEMPLATES = 1000
_LENGTH = 256
_PATHS = 4096  # remembered
_REBUILD_SECONDS = 5.0
_DEPTH = 8  # of wrapped apps
_INNER = ("app", "application", "asgi_app", "other_asgi_app", "inner", "_app")

Place = tuple[str, str, Any]
"""path, root_path and app of the scope, as the middleware found them."""
_Convertors = Mapping[str, Any]
"""Starlette's, by the parameter's name; each has a `regex`."""


class Routes:
    """Templates of the app under a middleware. Used by one thread."""

    def __init__(self, app: Any) -> None:
        self._apps = list(_wrapped(app))
        self._table = _Table()
        self._find = _finder(self._apps)
        self._paths: OrderedDict[tuple[str, str], str | None] = OrderedDict()
        self._known: set[str] = set()

    def template(self, place: Place, known: Any, method: str) -> str:
        """`known`: a template, or the endpoint that answered, or None."""
        if isinstance(known, str):
            return self._bounded(known)
        path, root, outer = place
        path = _below(path, root)
        found = None
        if known is not None or self._find is None:
            found = self._table.template(self._routes(outer), known, path, method)
        if found is None and self._find is not None:
            found = self._remembered(path, method)
        return UNMATCHED if found is None else self._bounded(found)

    def _routes(self, outer: Any) -> Iterable[Any]:
        for app in (outer, *self._apps):
            routes = _routes_of(app)
            if isinstance(routes, list):
                return routes
        return ()

    def _remembered(self, path: str, method: str) -> str | None:
        assert self._find is not None
        key = (path, method)
        if key in self._paths:
            self._paths.move_to_end(key)
            return self._paths[key]
        found = self._find(path, method)
        self._paths[key] = found
        if len(self._paths) > _PATHS:
            self._paths.popitem(last=False)
        return found

    def _bounded(self, template: str) -> str:
        template = template[:_LENGTH]
        if template not in self._known:
            if len(self._known) >= TEMPLATES:
                return OTHER
            self._known.add(template)
        return template


def _routes_of(app: Any) -> Any:
    return getattr(app, "routes", None)


def _below(path: str, root: str) -> str:
    """A path without what the server was told to leave out (`--root-path`)."""
    if root and path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/"):
        return path[len(root) :] or "/"
    return path


def _wrapped(app: Any) -> Iterator[Any]:
    """An app and those inside it, outermost first."""
    for _ in range(_DEPTH):
        yield app
        owner = getattr(app, "__self__", None)  # a bound method: Quart's asgi_app
        if owner is not None:
            yield owner
        by_type = getattr(app, "application_mapping", None)  # Channels' ProtocolTypeRouter
        inner = by_type.get("http") if isinstance(by_type, dict) else None
        for name in _INNER:
            inner = inner or getattr(app, name, None)
        if inner is None:
            held = getattr(app, "__dict__", {}).values()
            inner = next((one for one in held if isinstance(_routes_of(one), list)), None)
        if not callable(inner):
            return
        app = inner


# -- Starlette, FastAPI -------------------------------------------------------------------------


class _Table:
    """Which endpoint stands behind which templates. Endpoints are kept, so that ids are theirs."""

    def __init__(self) -> None:
        self._by_endpoint: dict[int, list[_Entry]] = {}
        self._entries: list[_Entry] = []
        self._built = -_REBUILD_SECONDS

    def template(self, routes: Iterable[Any], endpoint: Any, path: str, method: str) -> str | None:
        """Of the endpoint that answered; without one (its scope was a copy), by the path."""
        found = self._look(endpoint, path, method)
        if found is None and monotonic() - self._built >= _REBUILD_SECONDS:
            self._built = monotonic()
            self._entries = list(_entries(routes, "", {}))
            self._by_endpoint = {}
            for entry in self._entries:
                self._by_endpoint.setdefault(id(entry.endpoint), []).append(entry)
            found = self._look(endpoint, path, method)
        return found

    def _look(self, endpoint: Any, path: str, method: str) -> str | None:
        if endpoint is None:
            return _by_path((e for e in self._entries if not e.hosted), path, method)
        entries = self._by_endpoint.get(id(endpoint), ())
        if len(entries) == 1:
            return entries[0].template
        return _by_path(entries, path, method)


class _Entry:
    __slots__ = ("endpoint", "hosted", "methods", "regex", "template")

    def __init__(self, template: str, endpoint: Any, methods: Any, convertors: _Convertors) -> None:
        self.template = template
        self.endpoint = endpoint
        self.hosted = False  # answers for some host names only
        self.methods = methods
        self.regex = _regex(template, convertors)


def _by_path(entries: Iterable[_Entry], path: str, method: str) -> str | None:
    other = None
    for entry in entries:
        if entry.regex.fullmatch(path):
            if not entry.methods or method in entry.methods:
                return entry.template
            other = other or entry.template  # 405: the route is known all the same
    return other


def _regex(template: str, convertors: _Convertors) -> re.Pattern[str]:
    """`/a/{id}`, `/x/{n:int}`, `/files/{path}` behind a mount."""
    parts = re.split(r"\{([^{}]*)\}", template)
    out = ""
    for n, part in enumerate(parts):
        if n % 2 == 0:
            out += re.escape(part)
        else:
            known = convertors.get(part.partition(":")[0])
            out += f"(?:{getattr(known, 'regex', '[^/]+')})"
    return re.compile(out, re.DOTALL)


def _entries(
    routes: Iterable[Any], prefix: str, above: _Convertors, depth: int = 0
) -> Iterator[_Entry]:
    """All that may answer. Routers that FastAPI includes tell their effective routes; mounts have
    routes of their own, or answer everything below them."""
    if depth > _DEPTH:
        return
    for route in routes:
        effective = getattr(route, "effective_route_contexts", None)
        if callable(effective):
            for context in effective():
                inner = getattr(context, "starlette_route", None) or context
                yield from _entry(inner, prefix, above, depth)
        else:
            for entry in _entry(route, prefix, above, depth):
                entry.hosted = entry.hosted or hasattr(route, "host")
                yield entry


def _entry(route: Any, prefix: str, above: _Convertors, depth: int) -> Iterator[_Entry]:
    path = getattr(route, "path", "")
    path = prefix + path if isinstance(path, str) else prefix
    convertors = {**above, **(getattr(route, "param_convertors", None) or {})}
    inner = _routes_of(route)
    endpoint = getattr(route, "endpoint", None)
    if endpoint is not None:
        yield _Entry(path, endpoint, getattr(route, "methods", None), convertors)
    elif inner:
        yield from _entries(inner, path, convertors, depth + 1)
    elif getattr(route, "app", None) is not None:
        yield _Entry(f"{path}/{{path}}", route.app, None, convertors)


# -- frameworks that leave no trace in the scope ------------------------------------------------


def _finder(apps: Iterable[Any]) -> Callable[[str, str], str | None] | None:
    """How to ask the router of Django or Quart, if one of the apps is theirs."""
    handlers = sys.modules.get("django.core.handlers.asgi")
    for app in apps:
        if handlers is not None and isinstance(app, handlers.ASGIHandler):
            return _django
        url_map = getattr(app, "url_map", None)
        if url_map is not None and hasattr(url_map, "bind"):
            return partial(_werkzeug, url_map)
    return None


def _django(path: str, _method: str) -> str | None:
    from django.urls import Resolver404, resolve

    try:
        return f"/{resolve(path).route}"
    except Resolver404:
        return None


def _werkzeug(rules: Any, path: str, method: str) -> str | None:
    from werkzeug.exceptions import HTTPException, MethodNotAllowed

    asks_socket = method == "WEBSOCKET"
    places = rules.bind("localhost")
    for _ in range(2):
        try:
            rule, _values = places.match(
                path,
                method="GET" if asks_socket else method,
                return_rule=True,
                websocket=asks_socket,
            )
            return str(rule.rule)
        except MethodNotAllowed as error:
            method = next(iter(error.valid_methods or ()), "GET")
        except HTTPException:  # not found, or sent elsewhere
            return None
    return None
