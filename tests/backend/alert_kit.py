"""What the tests of alerts share: rules, sessions as the service sees them, receivers that fail."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from callvitals_server.alert_calls import Seen
from callvitals_server.alert_rules import Rule, rule

T0 = 1_795_000_000_000


def made(**more: Any) -> Rule:
    """A rule on calls, unless more says otherwise."""
    data = {"name": "r", "on": "calls", "metric": "poor", "for": 0, "window": 60, "hold": 60}
    if not more.keys() & {"metric", "above"}:
        data["share"] = 0.2
    return rule(data | more)


def seen(n: int, *, meeting: str = "m", live: bool = True, joined: int = T0, **state: Any) -> Seen:
    """Participant n of a meeting, with one session."""
    return Seen(meeting, f"p{n}", "", f"s-{meeting}-{n}", joined, live, state)


class Receiver:
    """A receiver of webhooks on loopback. `answers`: one per request, the last one for ever: a
    status, or "slow" (the message was taken, and the answer comes when `answered` is set)."""

    def __init__(self) -> None:
        self.answers: list[int | str] = [200]
        self.answered = threading.Event()
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self._server: http.server.ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/very-secret"

    def up(self) -> None:
        """Answer; again on the same port after `down`."""
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answers = receiver.answers
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                receiver.requests.append(({k.lower(): v for k, v in self.headers.items()}, body))
                if answer == "slow":
                    receiver.answered.wait(60)
                    answer = 200
                self.send_response(int(answer))
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:  # who asked hung up
                pass

        self.answered.clear()
        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def down(self) -> None:
        """Refuse connections."""
        self.answered.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None

    def bodies(self) -> dict[str, dict[str, Any]]:
        """What came, each idempotency key once."""
        return {h["idempotency-key"]: json.loads(body) for h, body in list(self.requests)}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that is up."""
    receiver = Receiver()
    receiver.up()
    try:
        yield receiver
    finally:
        receiver.down()
