"""A Redis server: how it is reached, what its refusals become, whether it keeps what it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from .records import StorageError

if TYPE_CHECKING:
    import redis.asyncio


def client_of(url: str, tries: int, cap: float, timeout: float, **more: Any) -> redis.asyncio.Redis:
    """tries: -1: for ever; cap: of the pause between two, s; timeout: of an answer, s."""
    import redis.asyncio
    from redis.asyncio.retry import Retry
    from redis.backoff import ExponentialWithJitterBackoff
    from redis.exceptions import ReadOnlyError

    return redis.asyncio.Redis.from_url(
        url,
        decode_responses=True,
        retry=Retry(ExponentialWithJitterBackoff(base=0.1, cap=cap), tries),
        retry_on_error=[ReadOnlyError],  # of a server that was degraded; beside the usual ones
        socket_connect_timeout=min(5.0, timeout),
        socket_timeout=timeout,
        socket_keepalive=True,
        health_check_interval=15,
        **more,
    )


@asynccontextmanager
async def asked() -> AsyncIterator[None]:
    """What Redis refuses becomes a StorageError of one line."""
    from redis.exceptions import RedisError

    try:
        yield
    except (RedisError, OSError) as error:
        raise StorageError(f"Redis: {' '.join(str(error).split())}") from error


def losses(info: dict[str, Any]) -> list[str]:
    """What `INFO` tells of jobs that can be lost, each with what to try."""
    lines = []
    if not info.get("aof_enabled"):
        lines.append(
            "Redis keeps no append-only file: when it goes down, jobs that were accepted since its"
            " last snapshot are lost. Try: appendonly yes"
        )
    if info.get("maxmemory_policy", "noeviction") != "noeviction":
        lines.append(
            f"Redis evicts keys ({info['maxmemory_policy']}): jobs can vanish."
            " Try: maxmemory-policy noeviction"
        )
    return lines
