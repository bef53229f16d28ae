"""Queues filled by hand, and a service that takes batches, or does not."""

from __future__ import annotations

import gzip
import http.server
import json
import threading
import time
from pathlib import Path
from typing import Any

from callvitals_server.http_sink import Shipper


def shipper(sink: Any, **more: Any) -> Shipper:
    settings: dict[str, Any] = {"service": "s", "token": "", "spool": False, "limit": 20_000}
    return Shipper(sink, lambda place, known, method: place[0], **(settings | more))


def fill(ship: Shipper, count: int, user: str | None = None) -> None:
    for n in range(count):
        place = (f"/{n % 7}", "", None)
        ship.add((time.time(), place, None, "GET", (200, 1, 2, 0.001, 0.002), user, 0))


class Service:
    """What takes batches, as `answers` say: a status, or None to hang up. Then always 202."""

    def __init__(self, port: int = 0, *answers: Any) -> None:
        self.answers = list(answers)
        self.heads: list[dict[str, str]] = []
        self.batches: list[dict[str, Any]] = []  # those that were taken
        self.closed = False
        told = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told.heads.append({**self.headers, "path": self.path, "at": str(time.monotonic())})
                answer = None if told.closed else told.answers.pop(0) if told.answers else 202
                if answer is None:
                    self.close_connection = True
                    return
                status, after = answer if isinstance(answer, tuple) else (answer, None)
                if status < 300:
                    told.batches.append(json.loads(gzip.decompress(body)))
                self.send_response(status)
                if after:
                    self.send_header("Retry-After", after)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def records(self) -> int:
        return sum(len(batch["records"]) for batch in self.batches)

    def close(self) -> None:
        self.closed = True  # connections that were kept outlive the server
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def spooled(folder: Path) -> int:
    """Records that wait in a spool."""
    return sum(int(path.name.split("-")[2]) for path in folder.rglob("*.batch"))
