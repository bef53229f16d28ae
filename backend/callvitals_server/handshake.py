"""The page's handshake: what it says, checked, as plain values."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from callvitals import wire

from .records import Who

MAX_ID = 512
MAX_NAME = 256
MAX_META = 4096
_SESSION_ID = re.compile(r"[0-9a-zA-Z_-]{16,64}")


class Refusal(Exception):
    """Not allowed; `data` is what the page is told: {code, message, retryAfter?}."""

    def __init__(self, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.data: dict[str, Any] = {"code": code, "message": message}
        if retry_after is not None:
            self.data["retryAfter"] = retry_after


@dataclass(frozen=True, slots=True)
class Handshake:
    """Who connects, as which connection, and the token it showed, if any."""

    who: Who
    conn: int
    token: str | None


def parse(auth: Any) -> Handshake:
    """The handshake's `auth` (docs/protocol.md). Raises Refusal bad-protocol, bad-request."""
    if not isinstance(auth, dict):
        raise Refusal("bad-request", "the handshake's auth must be an object")
    protocol = auth.get("protocol")
    if type(protocol) is not int or protocol != wire.PROTOCOL:
        raise Refusal("bad-protocol", f"this service speaks protocol {wire.PROTOCOL}")
    session_id = auth.get("sessionId")
    if not isinstance(session_id, str) or not _SESSION_ID.fullmatch(session_id):
        raise Refusal("bad-request", "sessionId must be 16 to 64 letters and digits")
    conn = auth.get("conn")
    if type(conn) is not int or not 0 <= conn <= wire.MAX_INT:
        raise Refusal("bad-request", "conn must be an integer")
    participant_id = _text(auth, "participantId", MAX_ID)
    if not participant_id:
        participant_id = "anon-" + hashlib.sha256(session_id.encode()).hexdigest()[:8]
    meeting_id = _text(auth, "meetingId", MAX_ID)
    if not meeting_id:
        raise Refusal("bad-request", "meetingId is missing")
    who = Who(
        session_id=session_id,
        meeting_id=meeting_id,
        participant_id=participant_id,
        name=_text(auth, "name", None)[:MAX_NAME],
        key=_text(auth, "key", 128),
        meta=_meta(auth.get("meta")),
    )
    return Handshake(who, conn, _text(auth, "sessionToken", 128) or None)


def _text(auth: dict[str, Any], field: str, limit: int | None) -> str:
    value = auth.get(field)
    if value is None:
        return ""
    if not isinstance(value, str) or "\0" in value:
        raise Refusal("bad-request", f"{field} must be a string")
    if limit is not None and len(value) > limit:
        raise Refusal("bad-request", f"{field} has at most {limit} characters")
    return value


def _meta(meta: Any) -> str:
    if meta is None:
        return "{}"
    try:
        if not isinstance(meta, dict):
            raise wire.WireError("bad-request", "not an object")
        wire.check_values(meta, 1, 2, False)
    except wire.WireError as error:
        raise Refusal("bad-request", f"meta: {error.message}") from error
    text = wire.text(meta)
    if len(text) > MAX_META:
        raise Refusal("bad-request", f"meta has at most {MAX_META} bytes")
    return text
