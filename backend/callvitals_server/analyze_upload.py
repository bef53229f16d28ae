"""`POST /api/analyze`: an uploaded recording, analysed by a process of its own.

Analysing takes all of a core for seconds: in this process it would hold back the pages' messages.
The child is nice, bounded in what it inflates, and ended when its time is up or nobody waits.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from typing import IO

from fastapi import HTTPException, Request, Response
from starlette.requests import ClientDisconnect

from .analyze_child import BAD, TOO_LARGE

MAX_UPLOAD = 100_000_000  # bytes, as they come
MAX_INFLATED = 600_000_000
SECONDS = 120.0
AT_ONCE = 2
WAITING = 8


class Desk:
    """Takes uploads, a few at a time."""

    def __init__(self, most: int = MAX_UPLOAD, inflated: int = MAX_INFLATED) -> None:
        self.most = most
        self.inflated = inflated
        self.places = asyncio.Semaphore(AT_ONCE)
        self.here = 0

    async def take(self, request: Request, series: bool, points: int) -> Response:
        """The answer to an upload. Raises HTTPException: 413, 415, 422, 503."""
        if request.headers.get("content-type", "").startswith("multipart/"):
            raise HTTPException(415, "send the file itself as the body, not a form")
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > self.most:
            raise self._too_large()
        if self.here >= WAITING:
            raise HTTPException(503, "busy: other recordings wait", {"Retry-After": "10"})
        self.here += 1
        try:
            with tempfile.TemporaryFile() as file:
                await self._save(request.stream(), file)
                async with self.places:
                    body = await self._run(request, file, series, points)
        finally:
            self.here -= 1
        return Response(body, media_type="application/json")

    def _too_large(self) -> HTTPException:
        return HTTPException(
            413,
            f"too large: at most {self.most // 1_000_000} MB are taken."
            " Try: gzip it, or callvitals analyze FILE",
        )

    async def _save(self, stream: AsyncIterator[bytes], file: IO[bytes]) -> None:
        size = 0
        try:
            async for chunk in stream:
                size += len(chunk)
                if size > self.most:
                    raise self._too_large()
                await asyncio.to_thread(file.write, chunk)
        except ClientDisconnect:
            raise HTTPException(400, "the upload was broken off") from None
        file.seek(0)

    async def _run(self, request: Request, file: IO[bytes], series: bool, points: int) -> bytes:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "callvitals_server.analyze_child",
            str(self.inflated),
            str(int(series)),
            str(points),
            stdin=file,
            stdout=asyncio.subprocess.PIPE,
        )
        gone = asyncio.create_task(_gone(request))
        answer = asyncio.create_task(child.communicate())
        try:
            await asyncio.wait({answer, gone}, timeout=SECONDS, return_when="FIRST_COMPLETED")
            if not answer.done():
                raise HTTPException(503, f"gave up after {SECONDS:.0f} s")
            said, _ = answer.result()
        finally:
            gone.cancel()
            if child.returncode is None:
                child.kill()
            await asyncio.wait({answer})
        if child.returncode in (BAD, TOO_LARGE):
            raise HTTPException(422 if child.returncode == BAD else 413, said.decode())
        if child.returncode != 0:
            raise HTTPException(500, "the analysis failed")
        return said


async def _gone(request: Request) -> None:
    """Returns when nobody waits for the answer any more."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
