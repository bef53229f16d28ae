"""Who may do what: ingest keys and origins, session tokens, the dashboard's token, rate limits."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

COOKIE = "callvitals"


def sign(secret: bytes, *parts: str) -> str:
    """32 characters that only the holder of `secret` can make for these parts."""
    text = "\n".join(f"{len(part)}:{part}" for part in parts)
    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:24]).decode()


def same(given: str, wanted: str) -> bool:
    """Equal, in a time that tells nothing."""
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())


def origin_allowed(origin: str | None, allowed: tuple[str, ...]) -> bool:
    """May a page of this origin send? No Origin: not a browser, and free to lie anyway.

    allowed: exact origins, `https://*.example.com`, or `*`.
    """
    if origin is None or "*" in allowed or origin in allowed:
        return True
    for pattern in allowed:
        scheme, star, domain = pattern.partition("://*.")
        if star and origin.startswith(f"{scheme}://") and origin.endswith(f".{domain}"):
            return True
    return False


def same_origin(origin: str | None, host: str | None) -> bool:
    """Does the page come from the host it talks to? (CORS does not guard websockets.)"""
    return origin is None or (host is not None and urlsplit(origin).netloc == host)


def token_in(authorization: str | None, cookie: str | None) -> str:
    """The dashboard's token out of a request's headers, "" when there is none."""
    if authorization and authorization[:7].lower() == "bearer ":
        return authorization[7:].strip()
    try:
        morsel = SimpleCookie(cookie or "").get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


class Bucket:
    """A token bucket: `rate` a second, `burst` at once. Times in ms."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: int) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = now

    def take(self, now: int) -> bool:
        """One more? False: it is too much."""
        self._left = min(self._burst, self._left + max(0, now - self._at) * self._rate / 1000)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
