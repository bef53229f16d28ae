"""The service as a process: pages in, REST and dashboards out."""

from __future__ import annotations

import json
import resource
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import socketio

from .kit import T0, Page, Server, Socket, document, eventually, log, upload

Pages = Callable[..., Page]
Dashboards = Callable[..., Awaitable[Socket]]


async def test_a_session_goes_from_page_to_rest(server: Server, page: Pages) -> None:
    ada = page(server.url, "rest", "ada")
    hello = await ada.connect()
    assert hello["through"] == -1
    usual = {"messageSeconds": 10, "sampleSeconds": 0, "share": 100, "engine": "auto", "off": False}
    assert hello["config"] == usual
    await ada.full(document(2, 210, "poor", sentence="high loss in"), log(0, 2))
    assert await ada.expect("stored") == {"conn": ada.conn, "through": 2}
    await ada.delta(document(3, 205, "poor", sentence="high loss in"), log(3, 3))
    assert await ada.expect("stored") == {"conn": ada.conn, "through": 3}

    async def listed() -> Any:
        return server.get("/api/meetings?search=rest")[1]["items"]

    item = (await eventually(listed))[0]
    assert item["live"] is True
    assert item["endedAt"] is None
    assert (item["score"], item["rating"], item["participants"]) == (2.05, "poor", 1)
    assert item["sentence"] == "Ada: high loss in"
    meeting = server.get("/api/meetings/rest")[1]
    session = meeting["participants"][0]["sessions"][0]
    assert session["sessionId"] == ada.session
    assert session["presence"] == "live"
    assert session["state"]["score"] == 2.05
    found = server.get("/api/meetings/rest/participants/ada/series?metrics=upload")[1]
    assert found["tick"] == [0, 1, 2, 3]
    assert found["series"] == {"upload": [upload(t) for t in range(4)]}
    assert (found["shown"], found["total"], found["gaps"]) == (4, 4, [])

    await ada.say("bye", {"conn": ada.conn, "last": 3})

    async def left() -> Any:
        return not server.get("/api/meetings/rest")[1]["live"]

    await eventually(left)

    async def ended() -> Any:
        return server.get("/api/meetings?live=false&search=rest")[1]["items"]

    assert (await eventually(ended))[0]["rating"] == "poor"
    session = server.get("/api/meetings/rest")[1]["participants"][0]["sessions"][0]
    assert session["presence"] == "left"


async def test_the_transport_is_a_websocket_with_a_ping_every_ten_seconds(server: Server) -> None:
    path = f"{server.url}/socket.io/?EIO=4&transport="
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(f"{path}websocket") as socket:
            hello = json.loads((await socket.receive_str())[1:])
        assert (hello["pingInterval"], hello["pingTimeout"]) == (10_000, 10_000)
        assert hello["upgrades"] == []
        async with http.get(f"{path}polling") as answer:
            assert answer.status == 400


async def test_a_dashboard_sees_list_meeting_and_rows(
    server: Server, page: Pages, dashboard: Dashboards
) -> None:
    view = await dashboard(server)
    await view.say("list", {"live": True, "search": "watched", "from": 0, "count": 10})
    await view.say("open", {"meetingId": "watched"})
    await view.expect("error", lambda d: d["code"] == "not-found")
    bob = page(server.url, "watched", "bob")
    await bob.connect()
    await bob.full(document(0), log(0, 0))
    listed = await view.expect("list", lambda d: d["items"])
    assert listed["total"] == 1
    meeting = await view.expect("meeting", lambda d: d["participants"][0]["score"] == 4.32)
    assert meeting["participants"][0]["sessions"][0]["presence"] == "live"
    await bob.expect("stored")

    await view.say("watch", {"meetingId": "watched", "participantId": "bob"})
    assert await bob.expect("watch") == {"on": True}
    await bob.delta(document(2, 300, "poor"), log(1, 2))
    seen = await view.expect("rows")
    assert seen["sessionId"] == bob.session
    assert seen["series"]["upload"] == [upload(1), upload(2)]
    await view.expect("list", lambda d: d["items"] and d["items"][0]["rating"] == "poor")
    await view.expect("meeting", lambda d: d["rating"] == "poor")

    # Watching survives the page's reconnect, and ends with the dashboard.
    await bob.sio.disconnect()
    await bob.connect()
    assert await bob.expect("watch") == {"on": True}
    await view.sio.disconnect()
    assert await bob.expect("watch", lambda d: d["on"] is False) == {"on": False}


async def test_a_page_is_watched_until_the_last_dashboard_looks_away(
    server: Server, page: Pages, dashboard: Dashboards
) -> None:
    eve = page(server.url, "two-look", "eve")
    await eve.connect()
    await eve.full(document(0), log(0, 0))
    await eve.expect("stored")
    views = [await dashboard(server) for _ in range(3)]
    for view in views:
        await view.say("watch", {"meetingId": "two-look", "participantId": "eve"})
    assert await eve.expect("watch") == {"on": True}
    await views[0].say("watch", {})
    await views[1].sio.disconnect()
    await eventually(lambda: server.get("/healthz")[1]["dashboards"] == 2)
    await eve.delta(document(1), log(1, 1))
    assert (await views[2].expect("rows"))["tick"] == [1]
    assert [e for e in eve.events if e[0] == "watch"] == []
    await views[2].say("watch", {"meetingId": "elsewhere", "participantId": "x"})
    assert await eve.expect("watch", lambda d: d["on"] is False) == {"on": False}


async def test_a_clock_far_off_is_flagged_and_all_times_are_the_services(
    server: Server, page: Pages
) -> None:
    for who, offset, wrong in (("ada", -86_400_001, True), ("bob", 86_400_000, False)):
        one = page(server.url, "clocks", who)
        await one.connect()
        said = {"isFullState": True, "metrics": document(0), "offset": offset}
        rows = log(0, 0)
        rows["cols"]["t"]["d"][0] -= offset
        await one.send({**said, "sessionToken": one.hello["sessionToken"]}, rows)
        await one.expect("stored")
        path = "/api/meetings/clocks"
        people = server.get(path)[1]["participants"]
        (session,) = next(p for p in people if p["participantId"] == who)["sessions"]
        assert session["clockWrong"] is wrong
        assert session["state"]["t"] == T0 + offset
        found = server.get(f"{path}/participants/{who}/series?metrics=upload")[1]
        assert found["t"] == [T0]


async def test_a_time_that_cannot_be_is_brought_near(server: Server, page: Pages) -> None:
    for who, year in (("past", -31_536_000_000), ("future", 31_536_000_000)):
        one = page(server.url, "years", who)
        await one.connect()
        began = one.hello["now"]
        rows = log(0, 0)
        rows["cols"]["t"]["d"][0] = began + year
        await one.full(document(0), rows)
        await one.expect("stored")
        (t,) = server.get(f"/api/meetings/years/participants/{who}/series?metrics=upload")[1]["t"]
        near = began - 86_400_000 if year < 0 else began + 60_000
        assert abs(t - near) < 20_000


async def test_a_newer_claim_fences_the_older_socket(server: Server, page: Pages) -> None:
    old = page(server.url, "fence", "p")
    await old.connect()
    await old.full(document(0), log(0, 0))
    await old.expect("stored")
    new = page(server.url, "fence", "p", session=old.session)
    new.token = old.token
    new.conn = 2 * 65536
    hello = await new.connect()
    assert hello["through"] == 0
    error = await old.expect("error")
    assert (error["code"], error["conn"]) == ("superseded", old.conn)
    await old.down.wait()
    old.conn -= 1
    with pytest.raises(socketio.exceptions.ConnectionError):
        await page(server.url, "fence", "p", session=old.session).connect()


async def test_a_proven_session_needs_its_token(server: Server, page: Pages) -> None:
    first = page(server.url, "token", "p")
    await first.connect()
    await first.sio.disconnect()
    await first.connect()  # its hello may have been lost: no token is needed yet
    await first.full(document(0), log(0, 0))
    await first.expect("stored")
    thief = page(server.url, "token", "p", session=first.session)
    for auth in ({}, {"sessionToken": "0" * 32}):
        thief.conn = 5 * 65536
        with pytest.raises(socketio.exceptions.ConnectionError):
            await thief.connect(**auth)
        assert thief.refused["data"]["code"] == "bad-token"
        await thief.close()
    assert first.sio.connected


async def test_the_beacon_stores_and_leaves(server: Server, page: Pages) -> None:
    leaver = page(server.url, "beacon", "p")
    await leaver.connect()
    await leaver.full(document(2), log(0, 2))
    await leaver.expect("stored")
    leaver.conn += 65536
    body = {"auth": leaver.auth(), "log": log(3, 4), "last": 6}
    assert server.post("/ingest/last", json.dumps(body).encode())[0] == 204
    assert (await leaver.expect("error"))["code"] == "superseded"
    found = server.get("/api/meetings/beacon/participants/p/series?metrics=upload")[1]
    assert found["tick"] == [0, 1, 2, 3, 4]
    assert [gap["why"] for gap in found["gaps"]] == ["lost"]
    session = server.get("/api/meetings/beacon")[1]["participants"][0]["sessions"][0]
    assert session["presence"] == "left"
    # The same beacon again is an old claim.
    assert server.post("/ingest/last", json.dumps(body).encode())[0] == 409


async def test_a_beacon_without_last_does_not_leave(server: Server, page: Pages) -> None:
    sleeper = page(server.url, "persisted", "p")
    await sleeper.connect()
    await sleeper.full(document(0), log(0, 0))
    await sleeper.expect("stored")
    sleeper.conn += 65536
    body = json.dumps({"auth": sleeper.auth(), "log": log(1, 1)}).encode()
    assert server.post("/ingest/last", body)[0] == 204
    session = server.get("/api/meetings/persisted")[1]["participants"][0]["sessions"][0]
    assert session["presence"] == "live"
    hello = await sleeper.connect()
    assert hello["through"] == 1


async def test_a_page_without_a_socket_says_what_it_can(server: Server, page: Pages) -> None:
    mute = page(server.url, "mute", "p")
    mute.conn += 3  # so many tries failed
    why = "no socket (connect-src blocks wss://vitals.example.com)"
    said = {"engine": "pyodide", "host": "worker", "why": why, "sentence": f"No numbers: {why}"}
    body = {"auth": mute.auth(), "state": said}
    assert server.post("/ingest/last", json.dumps(body).encode())[0] == 204
    session = server.get("/api/meetings/mute")[1]["participants"][0]["sessions"][0]
    assert [session[name] for name in ("presence", "engine", "host")] == [
        "live",
        "pyodide",
        "worker",
    ]
    assert session["state"] == said
    await eventually(
        lambda: server.get("/api/meetings/mute")[1]["sentence"].endswith(said["sentence"])
    )
    # Said again without another try it is an old claim; the next try takes the session.
    assert server.post("/ingest/last", json.dumps(body).encode())[0] == 409
    assert (await mute.connect())["through"] == -1
    await mute.full(document(1), log(0, 1))
    await mute.expect("stored")
    # What comes by beacon later lies over what was known.
    mute.conn += 65536
    gone = {"engine": "none", "host": "none", "why": "no host"}
    body = {"auth": mute.auth(), "state": gone}
    assert server.post("/ingest/last", json.dumps(body).encode())[0] == 204
    session = server.get("/api/meetings/mute")[1]["participants"][0]["sessions"][0]
    assert session["engine"] == "none"
    assert session["state"]["score"] == 4.32


async def test_a_restart_heals(own_server: Server, page: Pages, dashboard: Dashboards) -> None:
    own_server.start()
    ada = page(own_server.url, "restart", "ada")
    await ada.connect()
    await ada.full(document(1), log(0, 1))
    await ada.expect("stored")
    own_server.kill()
    own_server.start()
    await ada.close()
    hello = await ada.connect()
    assert hello["through"] == 1
    # A delta onto what the service no longer holds is answered by the wish for a full state.
    await ada.delta(document(2), log(2, 2))
    assert await ada.expect("resync") == {"conn": ada.conn}
    assert (await ada.expect("stored"))["through"] == 2
    await ada.full(document(3, 399, "fair"), log(3, 3))
    assert (await ada.expect("stored"))["through"] == 3

    async def live() -> Any:
        return own_server.get("/api/meetings/restart")[1]["score"] == 3.99

    await eventually(live)
    found = own_server.get("/api/meetings/restart/participants/ada/series?metrics=upload")[1]
    assert found["tick"] == [0, 1, 2, 3]


async def test_after_a_restart_a_meeting_is_what_its_sessions_are(
    own_server: Server, page: Pages, dashboard: Dashboards
) -> None:
    own_server.start()
    ada, bob = page(own_server.url, "on", "ada"), page(own_server.url, "on", "bob")
    for one, score in ((ada, 222), (bob, 431)):
        await one.connect()
        await one.full(document(0, score, "poor" if score < 310 else "good"), log(0, 0))
        await one.expect("stored")
    gone = page(own_server.url, "over", "carl")
    await gone.connect()
    await gone.full(document(0), log(0, 0))
    await gone.expect("stored")
    await gone.say("bye", {"conn": gone.conn, "last": 0})
    before = own_server.get("/api/meetings/on")[1]
    on_disk = {(ada.session, 0), (bob.session, 0), (gone.session, 1)}
    await eventually(lambda: saved(own_server) >= on_disk)
    own_server.kill()
    own_server.start()

    after = own_server.get("/api/meetings/on")[1]
    assert (after["live"], after["endedAt"], after["score"]) == (True, None, 2.22)
    assert after["startedAt"] == before["startedAt"]
    sessions = [s for person in after["participants"] for s in person["sessions"]]
    assert [s["presence"] for s in sessions] == ["live", "live"]
    assert [s["state"]["score"] for s in sessions] == [2.22, 4.31]
    listed = own_server.get("/api/meetings")[1]["items"]
    assert [(m["meetingId"], m["live"]) for m in listed] == [("on", True), ("over", False)]
    view = await dashboard(own_server)
    await view.say("list", {"live": True})
    assert (await view.expect("list"))["total"] == 1

    # Nothing is merged into what was read back; a page that returns is the same session.
    await ada.close()
    await ada.connect()
    await ada.delta(document(1, 215, "poor"), None)
    assert await ada.expect("resync") == {"conn": ada.conn}
    await ada.full(document(1, 215, "poor"), log(1, 1))
    assert (await ada.expect("stored"))["through"] == 1
    again = own_server.get("/api/meetings/on")[1]
    assert (again["live"], again["score"]) == (True, 2.15)
    assert len(again["participants"]) == 2


def saved(server: Server) -> set[tuple[str, int]]:
    """The sessions whose state is on the disk, and whether they left."""
    file = sqlite3.connect(server.data / "callvitals.db")
    try:
        return set(file.execute("SELECT session_id, left FROM session WHERE state IS NOT NULL"))
    finally:
        file.close()


async def test_sigterm_is_graceful(own_server: Server, page: Pages) -> None:
    own_server.start()
    ada = page(own_server.url, "term", "ada")
    await ada.connect()
    await ada.full(document(0, 222, "poor"), log(0, 0))
    await ada.expect("stored")
    assert own_server.end() == 0
    await ada.close()
    own_server.start()
    item = own_server.get("/api/meetings")[1]["items"][0]
    assert (item["meetingId"], item["score"]) == ("term", 2.22)
    meeting = own_server.get("/api/meetings/term")[1]
    assert meeting["participants"][0]["sessions"][0]["state"]["score"] == 2.22


async def test_a_full_disk_stops_stored_and_nothing_else(own_server: Server, page: Pages) -> None:
    own_server.start()
    assert own_server.process is not None
    pid = own_server.process.pid
    ada = page(own_server.url, "full", "ada")
    await ada.connect()
    await ada.full(document(1), log(0, 1))
    await ada.expect("stored")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    await ada.delta(document(3, 222, "poor"), log(2, 3))

    async def degraded() -> Any:
        return own_server.get("/healthz")[0] == 503

    await eventually(degraded)
    assert own_server.get("/api/meetings/full")[1]["score"] == 2.22
    assert [e for e in ada.events if e[0] == "stored"] == []
    for claim in ({"sessionToken": None}, {"participantId": "eve"}):
        thief = page(own_server.url, "full", "ada", session=ada.session)
        thief.conn = 9 * 65536
        thief.token = ada.token
        with pytest.raises(socketio.exceptions.ConnectionError):
            await thief.connect(**claim)
        assert thief.refused["data"]["code"] in ("bad-token", "bad-request")
    assert (await ada.connect())["through"] == 1  # a page that connects is served from memory
    await ada.full(document(3, 111, "poor"), log(2, 3))

    async def live() -> Any:
        return own_server.get("/api/meetings/full")[1]["score"] == 1.11

    await eventually(live)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    # Room again: a connection whose claim was never written is not told that it lost its session.
    await ada.delta(document(4), log(2, 4))
    await eventually(lambda: own_server.counts().get("heldBack", 0) >= 2)
    assert [e for e in ada.events if e[0] in ("stored", "error")] == []
    assert (await ada.connect())["through"] == 1
    await ada.full(document(4), log(2, 4))
    assert (await ada.expect("stored"))["through"] == 4
    assert own_server.get("/healthz")[0] == 200
    found = own_server.get("/api/meetings/full/participants/ada/series?metrics=upload")[1]
    assert found["tick"] == [0, 1, 2, 3, 4]
