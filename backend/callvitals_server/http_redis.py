"""Grown mode: batches that middlewares left in Redis (sink `redis://…`), read by one of the
service's processes each, and removed once they are safe."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .http_batch import BadBatchError, read, unpack
from .http_collector import Collector
from .http_send import STREAM

if TYPE_CHECKING:
    import redis.asyncio

GROUP = "callvitals"
AT_ONCE = 20
BLOCK_MS = 5000
ADOPT_MS = 60_000  # a batch that its reader took so long ago was left behind
RETRY_SECONDS = (0.5, 10.0)

log = logging.getLogger("callvitals.http")


class RedisReader:
    """Lives in one event loop. The connection is its own: a blocking read has no time limit."""

    def __init__(self, url: str, collector: Collector, counts: Counter[str]) -> None:
        self._url = url
        self._collector = collector
        self._counts = counts
        self._name = secrets.token_hex(8)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Read until closed, through whatever happens to Redis."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """What is under way and not yet acknowledged is read again by the next."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        import redis.asyncio

        wait = RETRY_SECONDS[0]
        trouble = ""
        while True:
            client = redis.asyncio.Redis.from_url(
                self._url, socket_timeout=None, socket_connect_timeout=5, socket_keepalive=True
            )
            try:
                await self._join(client)
                if trouble:
                    log.warning("batches are read from Redis again")
                trouble, wait = "", RETRY_SECONDS[0]
                while True:
                    await self._adopt(client)
                    await self._next(client)
            except Exception as error:  # whatever it is, batches wait in Redis
                told = f"{type(error).__name__}: {error}"
                if told != trouble:
                    log.warning("batches cannot be read from Redis: %s", told)
                trouble = told
            finally:
                await client.aclose()
            await asyncio.sleep(wait)
            wait = min(RETRY_SECONDS[1], wait * 2)

    async def _join(self, client: redis.asyncio.Redis) -> None:
        from redis.exceptions import ResponseError

        try:
            await client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _adopt(self, client: redis.asyncio.Redis) -> None:
        """What readers took that are no more."""
        claimed = await client.xautoclaim(STREAM, GROUP, self._name, ADOPT_MS, "0-0", count=AT_ONCE)
        for number, fields in claimed[1]:
            await self._one(client, number, fields)

    async def _next(self, client: redis.asyncio.Redis) -> None:
        found: Any = await client.xreadgroup(
            GROUP, self._name, {STREAM: ">"}, count=AT_ONCE, block=BLOCK_MS
        )
        streams = found.values() if isinstance(found, dict) else [rows for _, rows in found or ()]
        for rows in streams:
            for number, fields in rows:
                await self._one(client, number, fields)

    async def _one(self, client: redis.asyncio.Redis, number: bytes, fields: Any) -> None:
        try:
            data = await asyncio.to_thread(_read, fields)
            await self._collector.take(data, read(data))
        except BadBatchError as error:
            self._counts[f"http-{error.code}"] += 1
        await client.xack(STREAM, GROUP, number)
        await client.xdel(STREAM, number)


def _read(fields: Any) -> Any:
    """A batch out of a stream's entry. Raises BadBatchError."""
    body = fields.get(b"body") if isinstance(fields, Mapping) else None
    if not isinstance(body, bytes):
        raise BadBatchError("bad-batch", "no body")
    return unpack(body, "gzip")
