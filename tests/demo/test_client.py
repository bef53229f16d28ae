"""The callers' socket against a service that behaves as the test says."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio
from aiohttp import web
from callvitals import wire
from callvitals.sender import Sender
from callvitals_demo import client as client_module
from callvitals_demo.client import Client, Identity, backoff, refusal

IDENTITY = Identity("room", "caller-1", "Ada", "0123456789abcdef0123456789abcdef")


def now() -> int:
    return time.time_ns() // 1_000_000


class Service(socketio.AsyncNamespace):  # type: ignore[misc]
    """An /ingest that keeps what it hears. `refuse` and `hello` decide how it greets."""

    def __init__(self) -> None:
        super().__init__("/ingest")
        self.auths: list[dict[str, Any]] = []
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.refuse: list[dict[str, Any]] = []
        self.greet = True
        self.keep = True
        self.through = -1
        self.sids: list[str] = []

    async def on_connect(self, sid: str, _environ: dict[str, Any], auth: dict[str, Any]) -> None:
        self.auths.append(auth)
        self.sids.append(sid)
        if self.refuse:
            reason = self.refuse.pop(0)
            raise socketio.exceptions.ConnectionRefusedError(reason["message"], reason)
        if self.greet:
            hello = {
                "conn": auth["conn"],
                "through": self.through,
                "now": now(),
                "sessionToken": f"token-{len(self.auths)}",
                "config": {"messageSeconds": 1},
            }
            await self.emit("hello", hello, to=sid)

    async def trigger_event(self, event: str, *args: Any) -> Any:
        if event not in ("connect", "disconnect"):
            sid, data = args
            self.heard.append((event, data))
            if "log" in data and self.keep:
                self.through = data["log"]["to"]
                stored = {"conn": data["conn"], "through": self.through}
                await self.emit("stored", stored, to=sid)
            return None
        return await super().trigger_event(event, *args)

    def events(self) -> list[str]:
        return [event for event, _data in self.heard]


@pytest.fixture
async def service() -> AsyncIterator[tuple[Service, str]]:
    server = socketio.AsyncServer(async_mode="aiohttp", async_handlers=False)
    namespace = Service()
    server.register_namespace(namespace)
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield namespace, f"http://127.0.0.1:{port}"
    await server.shutdown()
    await runner.cleanup()


class Run:
    """A Client with its Sender, fed with `rows` rows."""

    def __init__(self, url: str) -> None:
        self.taken: list[dict[str, Any]] = []
        self.sender = Sender({"engine": "cpython", "host": "synthetic", "why": "test"})
        self.client = Client(
            url, IDENTITY, self.sender, now, self.taken.append, random.Random(1), host_number=3
        )
        self.tick = -1

    def row(self) -> None:
        self.tick += 1
        row = {"tick": self.tick, "t": now(), "values": {"rtt": 10}, "events": [], "notable": True}
        self.sender.push(row, {"tick": self.tick, "t": row["t"]})


@asynccontextmanager
async def running(url: str) -> AsyncIterator[Run]:
    run = Run(url)
    run.row()
    task = asyncio.create_task(run.client.run())
    try:
        yield run
    finally:
        run.client.stop()
        await task


async def until(condition: Callable[[], Any], run: Run | None = None, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            if run:
                await run.client.act()
            await asyncio.sleep(0.02)


async def test_says_who_it_is_and_nothing_before_hello(service: tuple[Service, str]) -> None:
    server, url = service
    server.greet = False
    async with running(url) as run:
        await until(lambda: server.auths, run)
        assert server.auths[0] == {
            "protocol": wire.PROTOCOL,
            "meetingId": "room",
            "participantId": "caller-1",
            "name": "Ada",
            "sessionId": IDENTITY.sessionId,
            "conn": 3 * 65536 + 1,
        }
        for _ in range(10):
            await run.client.act()
            await asyncio.sleep(0.01)
        assert server.heard == []
        hello = {"conn": 3 * 65536 + 1, "through": -1, "now": now(), "sessionToken": "t"}
        await server.emit("hello", {**hello, "config": {}}, to=server.sids[0])
        await until(lambda: run.sender.through == 0, run)
        event, data = server.heard[0]
        assert event == "meeting:metrics"
        assert data["isFullState"] is True
        assert data["sessionToken"] == "t"
        assert data["log"]["from"] == 0


async def test_bye_is_the_last_thing_heard_and_ends_the_session(
    service: tuple[Service, str],
) -> None:
    server, url = service
    async with running(url) as run:
        for _ in range(5):
            run.row()
        run.sender.bye(run.tick)
        await until(lambda: run.client.ended, run)
        await until(lambda: "bye" in server.events())
        assert run.client.ended == "bye"
        assert run.sender.through == 5
        assert server.heard[-1] == ("bye", {"conn": 3 * 65536 + 1, "last": 5})
        assert {action["do"] for action in run.taken} == {"row", "stored", "config", "enter"}


async def test_a_lost_link_comes_back_with_a_higher_conn_and_its_token(
    service: tuple[Service, str],
) -> None:
    server, url = service
    async with running(url) as run:
        await until(lambda: run.sender.through == 0, run)
        await server.disconnect(server.sids[0])
        run.row()
        await until(lambda: run.sender.through == 1, run)
        assert [auth["conn"] & 65535 for auth in server.auths] == [1, 2]
        assert server.auths[1]["sessionToken"] == "token-1"
        full = [data["isFullState"] for _event, data in server.heard if data["rev"] == 0]
        assert full == [True, True]


async def test_no_hello_in_time_is_a_lost_link(
    service: tuple[Service, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, url = service
    monkeypatch.setattr(client_module, "HELLO_SECONDS", 0.2)
    server.greet = False
    async with running(url) as run:
        await until(lambda: len(server.auths) == 2, run)
        server.greet = True
        await until(lambda: run.sender.through == 0, run, seconds=10)
        assert server.heard[0][1]["conn"] == server.auths[-1]["conn"]


@pytest.mark.parametrize("code", ["superseded", "bad-key"])
async def test_refused_for_good_it_never_connects_again(
    service: tuple[Service, str], code: str
) -> None:
    server, url = service
    server.refuse = [{"code": code, "message": "No."}]
    async with running(url) as run:
        await until(lambda: run.client.ended, run)
        assert run.client.ended == code
        assert run.client.refused["message"] == "No."
        assert len(server.auths) == 1


async def test_refused_for_now_it_waits_as_long_as_it_is_told(
    service: tuple[Service, str],
) -> None:
    server, url = service
    server.refuse = [{"code": "busy", "message": "Later.", "retryAfter": 1.5}]
    async with running(url) as run:
        await until(lambda: server.auths, run)
        start = time.monotonic()
        await until(lambda: run.sender.through == 0, run, seconds=10)
        assert time.monotonic() - start >= 1.4
        assert run.client.ended is None


async def test_a_port_where_nobody_listens_is_tried_again(service: tuple[Service, str]) -> None:
    async with running("http://127.0.0.1:9") as run:
        await until(lambda: run.client.connects >= 2, run, seconds=10)
        assert run.client.ended is None


def test_backoff_grows_to_twenty_seconds_and_obeys_after() -> None:
    rng = random.Random(5)
    for failures, most in ((0, 1), (1, 2), (3, 8), (5, 20), (5000, 20)):
        waits = [backoff(failures, 0, rng) for _ in range(500)]
        assert max(waits) <= most
        assert max(waits) > 0.95 * most
        assert min(waits) < 0.05 * most
    assert backoff(0, 30, rng) == 30


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"message": "No", "data": {"code": "bad-key", "message": "No"}}, "bad-key"),
        ({"code": "busy", "retryAfter": 3}, "busy"),
        ({"message": "No"}, None),
        ("Connection error", None),
        (None, None),
    ],
)
def test_refusals_are_read_whatever_they_look_like(data: Any, code: str | None) -> None:
    assert refusal(data).get("code") == code
