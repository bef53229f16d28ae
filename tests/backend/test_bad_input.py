"""Nonsense on a real socket: a coded answer or silence, a count, one line; nobody else notices."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from .kit import Page, Server, Socket, document, eventually, log


class Raw:
    """Engine.IO frames by hand."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            await self.socket.send_bytes(frame)
        else:
            await self.socket.send_str(frame)

    async def until(self, start: str) -> str:
        """The next frame that starts so; pings are answered."""
        async with asyncio.timeout(15):
            while True:
                frame = (await self.socket.receive()).data
                assert isinstance(frame, str), f"closed before {start}"
                if frame == "2":
                    await self.socket.send_str("3")
                elif frame.startswith(start):
                    return frame


@pytest.fixture
async def raw(server: Server) -> AsyncIterator[Callable[[], Any]]:
    """Opens websockets on the Socket.IO path."""
    http = aiohttp.ClientSession()

    async def make() -> Raw:
        path = f"{server.url}/socket.io/?EIO=4&transport=websocket"
        one = Raw(await http.ws_connect(path, max_msg_size=0))
        await one.until("0")
        return one

    yield make
    await http.close()


async def in_session(raw: Any, page: Page) -> Raw:
    """A raw socket that holds a session."""
    one: Raw = await raw()
    page.conn += 1
    await one.send("40/ingest," + json.dumps(page.auth()))
    await one.until("40/ingest,")
    await one.until('42/ingest,["hello"')
    return one


FRAMES = [
    ('42/ingest,["meeting:metrics"', "bad-message"),
    ('42/ingest,{"a":1}', "bad-message"),
    ("42/ingest,[]", "bad-message"),
    ("42/ingest,[5]", "bad-message"),
    ("42/ingest", "bad-message"),
    ('42/ingest,["connect",{}]', "bad-message"),
    ('42/ingest,["disconnect"]', "bad-message"),
    ('42/ingest,["meeting:metrics",NaN]', "bad-message"),
    ('42/ingest,["meeting:metrics",{"conn":1e999}]', "bad-message"),
    ('42/ingest,["meeting:metrics","\\ud800"]', "bad-message"),
    ('42/ingest,["meeting:metrics",' + "[" * 100_000, "bad-message"),
    ('42/ingest,["meeting:metrics",{},{}]', "bad-message"),
    ('42/ingest,["whatever",{}]', "unknown-event"),
    ('451-/ingest,["meeting:metrics",{"_placeholder":true,"num":0}]', "bad-message"),
    ('42/ingest,["meeting:metrics","' + "x" * 1_000_000 + '"]', "too-large"),
]


@pytest.mark.parametrize(("frame", "code"), FRAMES, ids=[f[0][:48] for f in FRAMES])
async def test_a_bad_frame_gets_a_code(server: Server, raw: Any, frame: str, code: str) -> None:
    socket = await in_session(raw, Page(server.url, "bad"))
    before = server.counts().get(code, 0)
    lines = len(server.log.read_text().splitlines())
    await socket.send(frame)
    assert f'"code":"{code}"' in await socket.until('42/ingest,["error"')
    assert server.counts()[code] == before + 1
    # The connection still works.
    await socket.send('42/ingest,["again",{}]')
    assert "unknown-event" in await socket.until('42/ingest,["error"')
    # In the log no more than a line for each, and nothing of what was sent.
    said = server.log.read_text().splitlines()[lines:]
    assert len(said) <= 2
    assert all("refused a message: " in line and len(line) < 200 for line in said), said


@pytest.mark.parametrize(
    "frame",
    ["", "x", "9", "\u0664", b"\x00\x01", b"4" * 1000, "1", "6", "5", "3", "4", "49", "4x", "42",
     '42["a"]', '42/other,["a"]', "40/other,", "40/ingest,[1", "40/watch,5", "451-",
     "4" + "9" * 200, "42/ingest,9999999999"],
)  # fmt: skip
async def test_frames_of_no_session_harm_nobody(
    server: Server, raw: Any, page: Callable[..., Page], frame: str | bytes
) -> None:
    good = page(server.url, f"bystander-{hash(frame)}")
    await good.connect()
    socket = await raw()
    await socket.send(frame)
    await socket.socket.close()
    await good.full(document(), log(0, 0))
    assert (await good.expect("stored"))["through"] == 0
    assert server.get("/readyz")[0] == 200


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        (None, "bad-request"),
        ([1], "bad-request"),
        ({"protocol": 99}, "bad-protocol"),
        ({"protocol": 1}, "bad-request"),
    ],
)
async def test_a_refused_handshake_says_why(server: Server, auth: Any, code: str) -> None:
    socket = Socket(server.url, "/ingest")
    with pytest.raises(Exception, match=r"refused|connect"):
        await socket.open(auth)
    assert socket.refused["data"]["code"] == code
    await socket.close()


async def test_other_origins_may_measure_but_not_watch(server: Server) -> None:
    evil = {"Origin": "https://evil.example"}
    watcher = Socket(server.url, "/watch")
    with pytest.raises(Exception, match=r"refused|connect"):
        await watcher.open(headers=evil)
    assert watcher.refused["data"]["code"] == "bad-origin"
    await watcher.close()
    measurer = Socket(server.url, "/ingest")
    await measurer.open(Page(server.url, "origins").auth(), headers=evil)
    await measurer.expect("hello")
    await measurer.close()


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("list", None),
        ("list", {"live": 1}),
        ("list", {"rating": "bad"}),
        ("list", {"sort": "__class__"}),
        ("list", {"from": -1}),
        ("list", {"count": 10**9}),
        ("list", {"search": ["x"]}),
        ("list", {"search": "x" * 1000}),
        ("open", {"meetingId": {}}),
        ("watch", {"meetingId": "a", "participantId": 5}),
        ("nonsense", {}),
    ],
)
async def test_a_dashboard_that_asks_nonsense(
    server: Server, dashboard: Any, event: str, data: Any
) -> None:
    view = await dashboard(server)
    await view.say(event, data)
    assert (await view.expect("error"))["code"] in ("bad-request", "unknown-event")
    await view.say("list", {"live": True})
    assert "items" in await view.expect("list")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/meetings/none", 404),
        ("/api/meetings/none/participants/p/series", 404),
        ("/api/meetings?limit=0", 422),
        ("/api/meetings?limit=x", 422),
        ("/api/meetings?rating=awful", 422),
        ("/api/meetings?cursor=nonsense", 422),
        ("/api/meetings?cursor=WyJsaXZlIl0=", 422),
        ("/api/meetings?cursor=" + b64encode(b'["ended",%d,"x"]' % (10**30)).decode(), 422),
        (f"/api/meetings/none/participants/p/series?from={'9' * 30}", 422),
        (f"/api/meetings/none/participants/p/series?to=-{'9' * 30}", 422),
        (f"/api/meetings/none/participants/p/events?from={'9' * 30}", 422),
        ("/api/meetings/none/participants/p/series?points=2", 422),
        ("/api/meetings?search=%00", 200),
        ("/api/meetings?search=%25_'%22", 200),
        ("/api/meetings/%00", 404),
        ("/api/nothing", 404),
    ],
)
def test_rest_answers_nonsense_with_problem_details(server: Server, path: str, status: int) -> None:
    seen, body = server.get(path)
    assert seen == status
    if status >= 400:
        assert body["status"] == status
        assert body["detail"]


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"{}", b'{"auth":5}', b"\xff\xfe", b'{"auth":{"protocol":1}}', b"[" * 9999],
)  # fmt: skip
def test_beacons_of_nonsense(server: Server, body: bytes) -> None:
    assert server.post("/ingest/last", body)[0] == 422


def test_a_beacon_too_large(server: Server) -> None:
    assert server.post("/ingest/last", b" " * 200_000)[0] == 413


async def test_a_beacon_of_nonsense_takes_no_session(
    server: Server, page: Callable[..., Page]
) -> None:
    good = page(server.url, "robbed", "p")
    await good.connect()
    await good.full(document(), log(0, 0))
    await good.expect("stored")
    for nonsense in (
        {"last": "x"},
        {"last": 1.5},
        {"log": {"from": 0}},
        {"state": 5},
        {"state": {"a": 1.5}},
    ):
        body = {"auth": good.auth(conn=good.conn + 65536), **nonsense}
        assert server.post("/ingest/last", json.dumps(body).encode())[0] == 422
    await good.delta(document(1), log(1, 1))
    assert (await good.expect("stored"))["through"] == 1


async def test_hostile_events_break_no_answer(server: Server, page: Callable[..., Page]) -> None:
    evil = page(server.url, "evil-events", "evil")
    await evil.connect()
    values: list[Any] = ["text", True, 5, {"a": {"evidence": "x"}}, {}]
    words = ("t", "tick", "score", "since", "until", "evidence", "sentence")
    sent = [
        {"tick": 0, "type": name} | {w: value for w in words if w != "tick"}
        for name in ("rating", "issue-open", "mark")
        for value in values
    ]
    await evil.full(document(), {**log(0, 0), "events": sent})
    await evil.expect("stored")
    path = "/api/meetings/evil-events/participants/evil/events"
    status, said = await asyncio.to_thread(server.get, path)
    assert status == 200
    assert len(said["events"]) == len(sent)
    assert {event["tick"] for event in said["events"]} == {0}
    assert {type(event["t"]) for event in said["events"]} == {int}


async def test_a_hostile_state_breaks_no_answer(server: Server, page: Callable[..., Page]) -> None:
    """Right by the wire's types, nonsense by its words."""
    evil = page(server.url, "hostile", "evil")
    await evil.connect()
    words = ("t", "rating", "score", "sentence", "reasons", "net", "video", "streams", "issues")
    for value in ({"a": "x"}, "text", True, 5, {"a": {"evidence": "x"}}):
        await evil.full(dict.fromkeys(words, value), None)

    async def shown() -> Any:
        return server.get("/api/meetings/hostile")[0] == 200

    await eventually(shown)
    assert server.get("/api/meetings?search=hostile")[1]["total"] == 1
    view = Socket(server.url, "/watch")
    await view.open()
    await view.say("list", {"search": "hostile"})
    await view.say("open", {"meetingId": "hostile"})
    await view.expect("meeting")
    await view.close()
    assert "beat-error" not in server.counts()
