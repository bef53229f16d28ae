"""The dashboard's lock: with a token set, people and programs must show it, pages need not."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from .problems import problem
from .security import COOKIE, same, token_in

# What measured pages need, what load balancers ask, and the sockets, which look for themselves.
OPEN = ("/sdk", "/ingest/", "/healthz", "/readyz", "/socket.io/", "/demo")


class Gate:
    """ASGI: asks for the token. `/?token=…` keeps it in a cookie and cleans the address."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
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
