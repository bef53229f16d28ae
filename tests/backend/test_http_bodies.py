"""Bytes, times and flags of every kind of response, over a real socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import websockets.sync.client
from callvitals_server.http_metrics import ABORTED, FAILED, STREAMED, ApiMetricsMiddleware
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware

from .http_kit import Taken, asked, chunked, serving
from .http_site import FILE, Site, asker, gate, routes


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    taken = Taken()
    app = Starlette(routes=routes(tmp_path_factory.mktemp("files")))
    whole = ApiMetricsMiddleware(app, taken, user=asker)
    with serving(whole) as port:
        yield Site(port, taken, whole)


BODIES: list[tuple[str, bytes, str, int, int, int | None, int]] = [
    # request, its body, route, status, request bytes, response bytes (None: as came), flags
    ("GET /stream HTTP/1.1", b"", "/stream", 200, 0, 100_000, STREAMED),
    ("GET /stream/1 HTTP/1.1", b"", "/stream/{count:int}", 200, 0, 1000, 0),
    ("GET /events HTTP/1.1", b"", "/events", 200, 0, 3 * 11, STREAMED),
    ("GET /file HTTP/1.1", b"", "/file", 200, 0, FILE, STREAMED),
    ("GET /file HTTP/1.1\nRange: bytes=10-1009", b"", "/file", 206, 0, 1000, 0),
    ("GET /of/me/files/big.bin HTTP/1.1", b"", "/of/{who}/files/{path}", 200, 0, FILE, STREAMED),
    ("HEAD /stream HTTP/1.1", b"", "/stream", 200, 0, 0, 0),
    ("HEAD /file HTTP/1.1", b"", "/file", 200, 0, 0, 0),
    ("GET /same HTTP/1.1", b"", "/same", 304, 0, 0, 0),
    ("GET /nothing HTTP/1.1", b"", "/nothing", 204, 0, 0, 0),
    ("GET /empty HTTP/1.1", b"", "/empty", 200, 0, 0, 0),
    (
        "POST /upload HTTP/1.1\nTransfer-Encoding: chunked",
        chunked(b"a" * 4000, b"b" * 6000),
        *("/upload", 200, 10_000, 5, 0),
    ),
    ("PUT /upload HTTP/1.1\nContent-Length: 70000", b"c" * 70_000, "/upload", 200, 70_000, 5, 0),
    ("POST /ignores HTTP/1.1\nContent-Length: 3", b"abc", "/ignores", 200, 0, 10, 0),
    ("GET /upload HTTP/1.1", b"", "/upload", 405, 0, None, 0),
    ("GET /none/of/it HTTP/1.1", b"", "<unmatched>", 404, 0, 9, 0),
    ("GET /raises HTTP/1.1", b"", "/raises", 500, 0, 21, FAILED),
    ("GET /breaks HTTP/1.1", b"", "/breaks", 200, 0, 700, FAILED),
    ("BREW /stream HTTP/1.1", b"", "/stream", 405, 0, None, 0),
]


@pytest.mark.parametrize("case", BODIES, ids=lambda case: case[0].replace("\n", " "))
def test_bytes_and_flags_are_exact(
    site: Site, case: tuple[str, bytes, str, int, int, int | None, int]
) -> None:
    head, body, route, status, taken, given, flags = case
    _, came = site.ask(head, body)
    told = site.told()
    method = head.split()[0]
    assert (told.route, told.method) == (route, "OTHER" if method == "BREW" else method)
    assert (told.status, told.request_bytes, told.flags) == (status, taken, flags)
    assert told.response_bytes == len(came)
    if given is not None:
        assert told.response_bytes == given
    assert 0 < told.first <= told.last < 10_000_000


def test_a_reader_that_leaves(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
        client.sendall(b"GET /stall?me HTTP/1.1\r\nHost: x\r\n\r\n")
        came = b""
        while came.count(b"y") < 4000:
            came += client.recv(65536)
    told = site.told()
    assert (told.route, told.status, told.response_bytes) == ("/stall", 200, 4000)
    assert told.flags == ABORTED | STREAMED
    assert told.user == "me"


def test_an_upload_that_breaks_off(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
        head = b"PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n"
        client.sendall(head + b"x" * 50)
    told = site.told()
    assert (told.route, told.status, told.response_bytes) == ("/upload", 499, 0)
    assert told.flags == ABORTED
    assert told.request_bytes <= 50  # as much as the server handed on


def test_background_tasks_are_no_part_of_a_response(site: Site) -> None:
    gate.clear()
    try:
        assert site.ask("GET /later HTTP/1.1")[1] == b"at once"
        told = site.told()  # while the task waits
        assert told.route == "/later"
        assert told.last < 5_000_000
    finally:
        gate.set()


def test_many_streams_at_once(site: Site) -> None:
    counts = [n % 40 + 1 for n in range(80)]
    with ThreadPoolExecutor(16) as pool:
        sizes = list(pool.map(lambda n: len(site.ask(f"GET /stream/{n}?{n} HTTP/1.1")[1]), counts))
    assert sizes == [n * 1000 for n in counts]
    told = site.told(len(counts))
    assert {r.route for r in told} == {"/stream/{count:int}"}
    assert sorted((r.user, r.response_bytes) for r in told) == sorted(
        (str(n), n * 1000) for n in counts
    )


@pytest.mark.parametrize("inside", [True, False], ids=["compressed inside", "compressed outside"])
def test_compression_counts_at_our_place(inside: bool, tmp_path: Path) -> None:
    taken = Taken()
    app = Starlette(routes=routes(tmp_path))
    ours = ApiMetricsMiddleware(GZipMiddleware(app) if inside else app, taken)
    whole = ours if inside else GZipMiddleware(ours)
    with serving(whole) as port:
        site = Site(port, taken, ours)
        head, came = site.ask("GET /stream HTTP/1.1\nAccept-Encoding: gzip")
        assert b"content-encoding: gzip" in head.lower()
        assert len(came) < 5000
        assert site.told().response_bytes == (len(came) if inside else 100_000)


def test_inside_the_error_page_a_failure_is_seen_all_the_same(tmp_path: Path) -> None:
    """`add_middleware` puts us inside what turns exceptions into pages: the page is not ours."""
    taken = Taken()
    app = Starlette(routes=routes(tmp_path))
    app.add_middleware(ApiMetricsMiddleware, sink=taken)
    with serving(app) as port:
        assert asked(port, "GET /raises HTTP/1.1")[1] == b"Internal Server Error"
        told = taken.one()
    assert (told.status, told.response_bytes, told.flags) == (500, 0, FAILED)


# -- websockets ---------------------------------------------------------------------------------


def test_a_websocket_session(site: Site) -> None:
    with websockets.sync.client.connect(f"ws://127.0.0.1:{site.port}/echo?ann") as client:
        for text in ("abc", "ü" * 100):
            client.send(text)
            assert client.recv() == text
            assert client.recv() == text.encode()
    told = site.told()
    assert (told.route, told.method, told.status) == ("/echo", "WEBSOCKET", 101)
    assert (told.request_bytes, told.response_bytes) == (203, 406)
    assert (told.flags, told.user) == (0, "ann")
    assert 0 < told.first <= told.last


def test_websockets_refused_and_failed(site: Site) -> None:
    for path, status, flags in (("/refuses", 403, 0), ("/falls", 101, FAILED), ("/no", 403, 0)):
        try:
            with websockets.sync.client.connect(f"ws://127.0.0.1:{site.port}{path}") as client:
                client.recv()
        except (websockets.exceptions.InvalidStatus, websockets.exceptions.ConnectionClosed):
            pass
        told = site.told()
        assert (told.route, told.status, told.flags) == (
            "<unmatched>" if path == "/no" else path,
            status,
            flags,
        )
