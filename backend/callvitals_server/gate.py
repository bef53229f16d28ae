"""The dashboard's lock: with a token set, people and programs must show it, pages need not. And
with or without one, a page of another origin changes nothing here."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from .problems import problem
from .security import COOKIE, same, same_origin, token_in

# What measured pages need, what load balancers ask, and the sockets, which look for themselves.
OPEN = ("/sdk", "/ingest/", "/healthz", "/readyz", "/socket.io/", "/demo")
READING = ("GET", "HEAD", "OPTIONS")


class Gate:
    """ASGI: asks for the token. `/?token=…` keeps it in a cookie and cleans the address.
    public_url: how browsers reach the service, if not by the `Host` it sees."""

    def __init__(self, app: ASGIApp, token: str, public_url: str = "") -> None:
        self._app = app
        self._token = token
        self._public = urlsplit(public_url).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and self._is_foreign(scope):
            answer = problem(403, "only the dashboard of this service may change things here")
            await answer(scope, receive, send)
            return
        if not self._token or scope["type"] != "http" or scope["path"].startswith(OPEN):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        shown = dict(query).get("token")
        if shown is not None and same(shown, self._token):
            rest = urlencode([pair for pair in query if pair[0] != "token"])
            away = RedirectResponse(scope["path"] + (f"?{rest}" if rest else ""), 303)
            kept = f"{COOKIE}={self._token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000"
            if scope["scheme"] == "https":
                kept += "; Secure"
            MutableHeaders(raw=away.raw_headers).append("set-cookie", kept)
            await away(scope, receive, send)
        elif same(token_in(headers.get("authorization"), headers.get("cookie")), self._token):
            await self._app(scope, receive, send)
        elif scope["path"].startswith("/api/"):
            answer = problem(401, "show the token as `Authorization: Bearer …`")
            answer.headers["WWW-Authenticate"] = "Bearer"
            await answer(scope, receive, send)
        else:
            text = "This dashboard is locked. Open the address that the service printed at start."
            await PlainTextResponse(text, 401)(scope, receive, send)

    def _is_foreign(self, scope: Scope) -> bool:
        """A page of another origin asks for a change. (Browsers ask first only where a request is
        not a plain one, and a service on loopback may have no token.)"""
        if scope["method"] in READING or not scope["path"].startswith("/api/"):
            return False
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        return not any(same_origin(origin, host) for host in (headers.get("host"), self._public))
