"""Recordings over HTTP: `POST /api/analyze`."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import threading
from pathlib import Path
from typing import Any

import callvitals
import pytest
from callvitals_server.analyze_upload import Desk
from callvitals_server.problems import mount_problems
from fastapi import FastAPI, Request, Response
from httpx import ASGITransport, AsyncClient

from .kit import Server, until

DATA = Path(__file__).parents[1] / "data"
LOSSY = DATA / "captures" / "firefox-loss5-delay100.jsonl.gz"
CLEAN = DATA / "captures" / "firefox-clean.jsonl.gz"
INTERNALS = DATA / "dumps" / "chromium156.internals.gz"


def test_upload(server: Server) -> None:
    packed = CLEAN.read_bytes()
    plain = callvitals.analyze(str(CLEAN))
    for body in (packed, gzip.decompress(packed)):
        assert server.post("/api/analyze", body) == (200, plain)
    status, found = server.post("/api/analyze?series=true&points=10", INTERNALS.read_bytes())
    assert status == 200
    assert found["format"] == "internals"
    assert all(one["series"]["shown"] <= 10 for one in found["connections"])


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"", "the file is empty. Try: "), (b"hello", "not a recording that can be read. Try: ")],
)
def test_what_is_no_recording(server: Server, body: bytes, words: str) -> None:
    status, found = server.post("/api/analyze", body)
    assert (status, found["status"]) == (422, 422)
    assert found["detail"].startswith(words)


def test_too_much_is_refused_before_it_is_sent(server: Server) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    line.putrequest("POST", "/api/analyze")
    line.putheader("Content-Length", "200000000")
    line.endheaders()
    answer = line.getresponse()
    assert answer.status == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert "at most 100 MB" in json.loads(answer.read())["detail"]
    line.close()


def children(server: Server) -> list[int]:
    assert server.process is not None
    path = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_the_service_goes_on_meanwhile_and_a_broken_off_upload_leaves_nothing(
    server: Server,
) -> None:
    body = b"".join([LOSSY.read_bytes()] * 12)  # a gzip of gzips: some seconds of work
    answers: list[Any] = []
    upload = threading.Thread(target=lambda: answers.append(server.post("/api/analyze", body)))
    upload.start()
    until(lambda: children(server))
    assert server.get("/readyz")[0] == 200
    assert not answers  # that was meanwhile
    upload.join(60)
    assert answers[0][0] == 200
    head = f"POST /api/analyze HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), 10) as line:
        line.sendall(head.encode() + body)
        until(lambda: children(server))
    until(lambda: not children(server))


async def test_limits_of_what_is_uploaded() -> None:
    """Small ones, so that the test is."""
    app = FastAPI()
    mount_problems(app)

    @app.post("/")
    async def take(request: Request, series: bool = False) -> Response:
        return await Desk(most=200_000, inflated=1_000_000).take(request, series, 0)

    async with AsyncClient(transport=ASGITransport(app), base_url="http://x") as page:

        async def chunks() -> Any:
            for _ in range(5):
                yield b" " * 50_000

        said = await page.post("/", content=chunks())
        assert (said.status_code, said.json()["status"]) == (413, 413)
        assert said.headers["content-type"] == "application/problem+json"
        bomb = gzip.compress(b'{"callvitals": 1}\n' + b" " * 3_000_000)
        said = await page.post("/", content=bomb)
        assert said.status_code == 413
        assert said.json()["detail"].startswith("too large: more than 1 MB (inflated)")
        said = await page.post("/", files={"file": b"x"})
        assert said.status_code == 415
        said = await page.post("/", content=CLEAN.read_bytes()[:9000])
        assert said.status_code == 200
        assert said.json()["missing"] == ["the end of the file: it was cut off while compressed"]
