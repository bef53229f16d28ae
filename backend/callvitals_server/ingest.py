"""The wire's rules on the service's side (docs/protocol.md). Knows no transport and no clock.

A message goes in, replies come out. What is to be stored is handed to `store`; `committed` is told
what became of it. Nothing here waits, so a page can never hold up another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from callvitals import state as core
from callvitals import wire

from .handshake import Handshake, Refusal, parse
from .link import Link, Reply, at, closing_piece, journal_piece
from .live import Live
from .records import Claim, Piece, Who
from .security import Bucket, origin_allowed, same, sign
from .settings import Settings

# Catching up sends up to four messages per commit of 200 ms; a page at rest one in 10 s.
MESSAGES_PER_SECOND = 40
MESSAGES_AT_ONCE = 80


class Ingest:
    """All sockets of this process."""

    def __init__(
        self,
        settings: Settings,
        secret: bytes,
        live: Live,
        store: Callable[[Piece], None],
    ) -> None:
        self.live = live
        self.links: dict[str, Link] = {}  # by sid
        self.owners: dict[str, Link] = {}  # by sessionId
        self.counts: Counter[str] = Counter()
        self.config = settings.config()  # what pages are told
        self._settings = settings
        self._secret = secret
        self._store = store

    # -- connecting -------------------------------------------------------------------------

    def hello(self, who: Who) -> str:
        """The session token of `who`."""
        return sign(self._secret, who.session_id, who.meeting_id, who.participant_id, who.key)

    def admit(self, auth: Any, origin: str | None) -> tuple[Handshake, bool]:
        """The handshake, and whether it showed its session token. Raises Refusal, counted."""
        try:
            if len(self.links) >= self._settings.max_sockets:
                raise Refusal("too-many", "this service is full", retry_after=30)
            if not origin_allowed(origin, self._settings.origins):
                raise Refusal("bad-origin", "this origin may not send here")
            shake = parse(auth)
            keys = self._settings.keys
            if keys and not any(same(shake.who.key, key) for key in keys):
                raise Refusal("bad-key", "unknown ingest key")
            if shake.token is not None and not same(shake.token, self.hello(shake.who)):
                raise Refusal("bad-token", "this token is not of this session")
        except Refusal as refusal:
            self.counts[refusal.code] += 1
            raise
        return shake, shake.token is not None

    def refused(self, shake: Handshake, row: dict[str, Any] | None) -> Refusal:
        """Why a claim was not granted; `row` is the session as stored."""
        who = shake.who
        code, message = "superseded", "a newer connection holds this session"
        if row is not None:
            if not who.owns(row):
                code, message = "bad-request", "this session belongs to somebody else"
            elif row["conn"] < shake.conn:
                code, message = "bad-token", "this session needs its token"
        self.counts[code] += 1
        return Refusal(code, message)

    def connected(self, sid: str, shake: Handshake, claim: Claim, now: int) -> list[Reply]:
        """A granted claim: its `hello`, and the end of the socket that had the session."""
        who = shake.who
        replies = []
        former = self.owners.get(who.session_id)
        if former is not None:
            if former.conn >= shake.conn:
                # While this claim was on its way to the disk a newer one was granted.
                raise self.refused(shake, None)
            replies.append(self._supersede(former))
        link = Link(
            sid,
            who,
            shake.conn,
            Bucket(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE, now),
            claim.through,
            claim.through,
            claim.offset,
            claim.proven,
            stalled=not claim.written,
        )
        self.links[sid] = link
        self.owners[who.session_id] = link
        self._join(shake, claim, now)
        self.counts["connects"] += 1
        hello: dict[str, Any] = {
            "conn": shake.conn,
            "through": claim.through,
            "now": now,
            "sessionToken": self.hello(who),
            "config": self.config,
        }
        if claim.offset is not None:
            hello["offset"] = claim.offset
        return [*replies, Reply(sid, "hello", hello)]

    def disconnected(self, sid: str) -> None:
        """The socket is gone. Presence follows from silence, not from this."""
        link = self.links.pop(sid, None)
        if link is not None:
            link.gone = True
            if self.owners.get(link.who.session_id) is link:
                del self.owners[link.who.session_id]

    def _join(self, shake: Handshake, claim: Claim, now: int) -> None:
        who = shake.who
        session = self.live.join(
            who.session_id,
            who.meeting_id,
            who.participant_id,
            who.name,
            shake.conn,
            now,
            claim.started_at,
        )
        if claim.offset is not None:
            session.offset = claim.offset

    def _supersede(self, link: Link) -> Reply:
        link.gone = True
        self.counts["superseded"] += 1
        return self._error(link, "superseded", "a newer connection holds this session", close=True)

    # -- messages -------------------------------------------------------------------------------

    def receive(self, sid: str, event: str, args: Sequence[Any], now: int) -> list[Reply]:
        """A page's message. Whatever it says, this answers and never raises."""
        link = self.links.get(sid)
        if link is None or link.gone:
            return []
        self.counts["messages"] += 1
        if not link.bucket.take(now):
            self.counts["too-many"] += 1
            return [Reply(sid, "busy", {"retryAfter": 1})]
        try:
            data = args[0] if len(args) == 1 else None
            if event not in ("meeting:metrics", "bye"):
                raise wire.WireError(*_UNKNOWN.get(event, ("unknown-event", "no such event")))
            if not isinstance(data, dict):
                raise wire.WireError("bad-message", "a message is one object")
            if data.get("conn") != link.conn or type(data.get("conn")) is not int:
                raise wire.WireError("bad-message", "conn is not this connection's")
            if event == "bye":
                return self._bye(link, data, now)
            return self._metrics(link, data, now)
        except wire.WireError as error:
            self.counts[error.code] += 1
            return [self._error(link, error.code, error.message)]
        except RecursionError:
            self.counts["bad-message"] += 1
            return [self._error(link, "bad-message", "nested too deeply")]

    def _metrics(self, link: Link, data: dict[str, Any], now: int) -> list[Reply]:
        full, rev, metrics = data.get("isFullState"), data.get("rev"), data.get("metrics")
        if type(full) is not bool or type(rev) is not int or not 0 <= rev <= wire.MAX_INT:
            raise wire.WireError("bad-message", "isFullState and rev are required")
        check = data.get("check")
        if full:
            core.validate(metrics)
        else:
            core.validate_patch(metrics)
            if type(check) is not int:
                raise wire.WireError("bad-message", "a delta needs check")
        log = data.get("log")
        span = None if log is None else wire.decode_cols(log)
        self._prove(link, data)
        session = self.live.hear(link.who.session_id, now)
        if session is None:  # expired while the socket stayed open
            session = self.live.join(*_identity(link), now)
        if session.conn != link.conn:
            return [self._supersede(link)]
        if link.offset is not None:
            session.offset = link.offset
        replies = []
        assert isinstance(metrics, dict)
        if full:
            taken = self.live.full(session, rev, metrics, now)
        else:
            assert isinstance(check, int)
            taken = self.live.delta(session, rev, metrics, check, now)
        if taken:
            link.asked = False
        elif not link.asked or full:
            link.asked = True
            self.counts["resync"] += 1
            replies.append(Reply(link.sid, "resync", {"conn": link.conn}))
        if link.stalled:
            self.counts["heldBack"] += 1
            return replies
        try:
            piece = None if span is None else journal_piece(link, data["log"], span, now)
        except wire.WireError as error:  # the state before it stands
            self.counts[error.code] += 1
            return [*replies, self._error(link, error.code, error.message)]
        if piece is None and link.news:
            piece = Piece(*at(link), through=link.pending, offset=link.offset)
        if piece is not None:
            advances = piece.through > link.pending
            link.pending = piece.through
            link.news = False
            self._store(replace(piece, proven=link.proven))
            if advances:
                return replies
        if span is not None and link.through == link.pending:  # else they are on their way
            stored = {"conn": link.conn, "through": link.through}
            replies.append(Reply(link.sid, "stored", stored))
        return replies

    def _prove(self, link: Link, data: dict[str, Any]) -> None:
        """Take the session token and the clock offset; notes whether they are news to history."""
        offset, token = data.get("offset"), data.get("sessionToken")
        if token is not None:
            if not isinstance(token, str) or not same(token, self.hello(link.who)):
                raise wire.WireError("bad-token", "this token is not of this session")
            link.news = link.news or not link.proven
            link.proven = True
        if offset is not None:
            if type(offset) is not int or abs(offset) > wire.MAX_INT:
                raise wire.WireError("bad-message", "offset must be an integer")
            link.news = link.news or offset != link.offset
            link.offset = offset

    def _bye(self, link: Link, data: dict[str, Any], now: int) -> list[Reply]:
        last = last_tick(data)
        if not link.stalled:
            self._store(closing_piece(link, last))
        link.pending = max(link.pending, last)
        self.live.leave(link.who.session_id, link.conn, now)
        return []

    def last(self, shake: Handshake, claim: Claim, data: dict[str, Any], now: int) -> list[Reply]:
        """`POST /ingest/last` (rule 19), its claim granted: store, and leave if it says so.

        Raises Refusal when the claim was overtaken, WireError when the rest is nonsense.
        """
        who = shake.who
        replies = []
        former = self.owners.get(who.session_id)
        if former is not None:
            if former.conn >= shake.conn:
                # The page came back, and claimed anew, while this claim was on its way.
                raise self.refused(shake, None)
            replies.append(self._supersede(former))
        bucket = Bucket(1, 1, now)
        link = Link("", who, shake.conn, bucket, claim.through, claim.through, claim.offset)
        self._join(shake, claim, now)
        session, said = self.live.sessions[who.session_id], data.get("state")
        if said is not None:
            # The little that a page without a socket knows: over what was known, if anything was.
            self.live.full(session, 0, {**(session.state or {}), **said}, now)
        log, last = data.get("log"), data.get("last")
        if log is not None:
            piece = journal_piece(link, log, wire.decode_cols(log), now)
            if piece is not None:
                link.pending = piece.through
                self._store(piece)
        if last is not None:
            self._bye(link, {"last": last}, now)
        return replies

    def configure(self, config: dict[str, object]) -> list[Reply]:
        """Pages are told this from now on: those that are here at once."""
        self.config = config
        return [Reply(link.sid, "config", config) for link in self.links.values() if not link.gone]

    # -- what became of it ----------------------------------------------------------------------

    def committed(self, pieces: Sequence[Piece], lost: set[tuple[str, int]] | None) -> list[Reply]:
        """After a commit; `lost` as in `writer.Done`."""
        replies = []
        newest: dict[tuple[str, int], Piece] = {(p.session_id, p.conn): p for p in pieces}
        for owner, piece in newest.items():
            link = self.owners.get(piece.session_id)
            if link is None or link.conn != piece.conn or link.gone or link.stalled:
                # What follows on a piece that the disk refused cannot be stored, and nobody is
                # to blame: that page connects anew.
                continue
            if lost is None:
                link.stalled = True
            elif owner in lost:
                replies.append(self._supersede(link))
            elif piece.through > link.through:
                link.through = piece.through
                stored = {"conn": link.conn, "through": link.through}
                replies.append(Reply(link.sid, "stored", stored))
        return replies

    def _error(self, link: Link, code: str, message: str, close: bool = False) -> Reply:
        data = {"conn": link.conn, "code": code, "message": message}
        if code == "out-of-order":
            data["through"] = link.through
        return Reply(link.sid, "error", data, close)


def last_tick(data: dict[str, Any]) -> int:
    """The final tick in a `bye` or a beacon. Raises WireError bad-message."""
    last = data.get("last")
    if type(last) is not int or not -1 <= last <= wire.MAX_INT:
        raise wire.WireError("bad-message", "last must be the number of the final tick")
    return last


_UNKNOWN = {
    "malformed": ("bad-message", "not a Socket.IO event"),
    "meeting:reports": ("unknown-event", "relay is not supported yet"),
}


def _identity(link: Link) -> tuple[str, str, str, str, int]:
    who = link.who
    return who.session_id, who.meeting_id, who.participant_id, who.name, link.conn
