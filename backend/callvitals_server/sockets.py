"""The namespaces /ingest and /watch: thin shells that carry text to `ingest.py` and `watch.py`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any
from urllib.parse import urlsplit

import socketio
from socketio.exceptions import ConnectionRefusedError

from .handshake import Handshake, Refusal
from .history import History
from .ingest import Ingest
from .link import Reply
from .records import Claim, StorageError
from .security import Bucket, same, same_origin, token_in
from .settings import Settings
from .watch import Watch
from .writer import Writer

log = logging.getLogger("callvitals")


def refuse(refusal: Refusal) -> ConnectionRefusedError:
    """To be raised in a connect: the page finds the refusal in the error's `data`."""
    return ConnectionRefusedError(refusal.data["message"], refusal.data)


class Tasks:
    """Work that outlives the call that started it, kept from the garbage collector."""

    def __init__(self) -> None:
        self._held: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it; its failure is a line in the log."""
        task = asyncio.get_running_loop().create_task(work)
        self._held.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._held.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("background work failed: %r", task.exception())

    async def close(self) -> None:
        """Cancel what still runs."""
        for task in self._held:
            task.cancel()
        await asyncio.gather(*self._held, return_exceptions=True)


class Namespace(socketio.AsyncNamespace):  # type: ignore[misc]
    """What both have in common: sending replies in order, one event for all."""

    def __init__(self, name: str, tasks: Tasks, clock: Callable[[], int]) -> None:
        super().__init__(name)
        self.tasks = tasks
        self.clock = clock

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Every event of this namespace. Never raises but to refuse a connect."""
        if event == "connect":
            sid, environ, auth = args
            return await self.connect(sid, environ, auth)
        if event == "disconnect":
            self.disconnected(args[0])
            return None
        await self.receive(args[0], event, args[1:])
        return None

    async def connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        """Admit a socket, or raise ConnectionRefusedError({code, message})."""
        raise NotImplementedError

    def disconnected(self, sid: str) -> None:
        """A socket is gone."""
        raise NotImplementedError

    async def receive(self, sid: str, event: str, args: tuple[Any, ...]) -> None:
        """An event of a connected socket."""
        raise NotImplementedError

    async def say(self, replies: Iterable[Reply]) -> None:
        """Send, in order; close where a reply says so."""
        for reply in replies:
            try:
                await self.emit(reply.event, reply.data, to=reply.sid)
                if reply.close:
                    self.disconnected(reply.sid)
                    await self.disconnect(reply.sid)
            except (KeyError, OSError) as error:  # it went away under our hands
                log.debug("cannot send %s: %r", reply.event, error)

    async def say_first(self, sid: str, replies: list[Reply]) -> None:
        """Send once the handshake of `sid` has been answered."""
        while not self.server.manager.is_connected(sid, self.namespace):
            if not self.server.manager.is_pre_connected(sid, self.namespace):
                return
            await asyncio.sleep(0)
        await self.say(replies)


class IngestNamespace(Namespace):
    """Pages that measure."""

    def __init__(
        self,
        ingest: Ingest,
        writer: Writer,
        history: History,
        watch: Watch,
        tasks: Tasks,
        clock: Callable[[], int],
    ) -> None:
        super().__init__("/ingest", tasks, clock)
        self._ingest = ingest
        self._writer = writer
        self._history = history
        self._watch = watch

    async def connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        try:
            shake, trusted = self._ingest.admit(auth, environ.get("HTTP_ORIGIN"))
            claim = await self.claim(shake, trusted)
            replies = self._ingest.connected(sid, shake, claim, self.clock())
        except Refusal as refusal:
            log.info("refused %s: %s", refusal.code, refusal)
            # A lone argument would arrive as text; the second is the other side's `error.data`.
            raise ConnectionRefusedError(refusal.data["message"], refusal.data) from None
        if self._watch.watched(shake.who.session_id):
            replies.append(Reply(sid, "watch", {"on": True}))
        self.tasks.start(self.say_first(sid, replies))

    async def claim(self, shake: Handshake, trusted: bool) -> Claim:
        """Take the session for this connection. Raises Refusal."""
        who = shake.who
        try:
            claim = await self._writer.claim(who, shake.conn, trusted)
        except StorageError:
            return await self._claim_unwritten(shake, trusted)
        if claim is None:
            raise self._ingest.refused(
                shake, await asyncio.to_thread(self._history.session, who.session_id)
            )
        return claim

    async def _claim_unwritten(self, shake: Handshake, trusted: bool) -> Claim:
        """The disk takes no claims, so the live model is the fence: live goes on."""
        who = shake.who
        try:
            row = await asyncio.to_thread(self._history.session, who.session_id)
        except StorageError:
            raise Refusal("unavailable", "history cannot be read", retry_after=10) from None
        held = self._ingest.owners.get(who.session_id)
        newest = max(held.conn if held else -1, row["conn"] if row else -1)
        if shake.conn <= newest:
            raise self._ingest.refused(shake, None)
        if row is None:
            return Claim(-1, False, None, self.clock(), written=False)
        if not who.owns(row) or (row["proven"] and not trusted):
            raise self._ingest.refused(shake, row)
        return Claim(row["through"], row["proven"], row["offset"], row["started_at"], written=False)

    def disconnected(self, sid: str) -> None:
        self._ingest.disconnected(sid)

    async def receive(self, sid: str, event: str, args: tuple[Any, ...]) -> None:
        replies = self._ingest.receive(sid, event, args, self.clock())
        for reply in replies:
            if reply.event == "error":
                log.warning("refused a message: %s: %s", reply.data["code"], reply.data["message"])
        await self.say(replies)


class WatchNamespace(Namespace):
    """Dashboards."""

    def __init__(
        self, watch: Watch, settings: Settings, tasks: Tasks, clock: Callable[[], int]
    ) -> None:
        super().__init__("/watch", tasks, clock)
        self._watch = watch
        self._token = settings.token
        self._public = urlsplit(settings.public_url).netloc
        self._buckets: dict[str, Bucket] = {}

    async def connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        origin = environ.get("HTTP_ORIGIN")
        # A proxy may have its own idea of Host; the public address is what browsers see.
        if not any(same_origin(origin, host) for host in (environ.get("HTTP_HOST"), self._public)):
            message = "only the dashboard of this service may watch"
            raise ConnectionRefusedError(message, {"code": "bad-origin", "message": message})
        given = token_in(environ.get("HTTP_AUTHORIZATION"), environ.get("HTTP_COOKIE"))
        if not given and isinstance(auth, dict) and isinstance(auth.get("token"), str):
            given = auth["token"]
        if self._token and not same(given, self._token):
            message = "log in first"
            raise ConnectionRefusedError(message, {"code": "bad-token", "message": message})
        self._buckets[sid] = Bucket(20, 60, self.clock())
        self._watch.connected(sid)

    def disconnected(self, sid: str) -> None:
        self._buckets.pop(sid, None)
        self._watch.disconnected(sid)

    async def receive(self, sid: str, event: str, args: tuple[Any, ...]) -> None:
        bucket = self._buckets.get(sid)
        if bucket is None:
            return
        if not bucket.take(self.clock()):
            said = {"code": "too-many", "message": "slow down", "event": event}
            await self.say([Reply(sid, "error", said)])
            return
        await self.say(self._watch.receive(sid, event, args[0] if args else None))
