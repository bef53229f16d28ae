"""What pages are told to do: changed while the service runs, kept, heard everywhere; its cost."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from callvitals_server.costs import CHOICES, cost
from callvitals_server.traffic import Traffic

from .kit import Page, Server, document, eventually, log

sys.path.append(str(Path(__file__).parents[2]))
from tests.bench.config import at_rest

Pages = Callable[..., Page]
USUAL = {"messageSeconds": 10, "sampleSeconds": 0, "share": 100, "engine": "auto", "off": False}


def put(server: Server, change: Any, **headers: str) -> tuple[int, Any]:
    body = change if isinstance(change, bytes) else json.dumps(change).encode()
    told = {"Content-Type": "application/json"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        f"{server.url}/api/config", data=body, method="PUT", headers=told
    )
    return server.request(request)


async def test_every_connected_page_hears_it_at_once_and_whole(
    own_server: Server, page: Pages
) -> None:
    own_server.start()
    ada, bob = page(own_server.url, "m", "ada"), page(own_server.url, "m", "bob")
    for one in (ada, bob):
        assert (await one.connect())["config"] == USUAL
        await one.full(document())
    before = (await asyncio.to_thread(own_server.get, "/api/config"))[1]
    assert (before["version"], before["changedAt"], before["changed"]) == (0, None, [])
    assert before["pages"] == 2
    status, told = await asyncio.to_thread(put, own_server, {"off": True, "messageSeconds": 3})
    assert status == 200
    assert told["config"] == {**USUAL, "off": True, "messageSeconds": 3}
    assert told["defaults"] == USUAL
    assert told["changed"] == ["messageSeconds", "off"]
    assert told["changedAt"] > 0
    for one in (ada, bob):
        assert await one.expect("config") == told["config"]
    # Pages keep what they are not told anew, so what goes back to its usual value is said.
    await asyncio.to_thread(put, own_server, {})
    for one in (ada, bob):
        assert await one.expect("config") == USUAL
    await ada.delta(document(1))  # and nobody lost their socket over it
    cleo = page(own_server.url, "m", "cleo")
    assert (await cleo.connect())["config"] == USUAL


async def test_it_outlives_the_process_and_what_it_was_started_with(
    own_server: Server, page: Pages
) -> None:
    own_server.start()
    assert put(own_server, {"share": 20})[0] == 200
    own_server.kill()
    own_server.env = {"CALLVITALS_SHARE": "50", "CALLVITALS_MESSAGE_SECONDS": "20"}
    own_server.start()
    told = own_server.get("/api/config")[1]
    assert told["config"] == {**USUAL, "share": 20, "messageSeconds": 20}
    assert (await page(own_server.url).connect())["config"] == told["config"]
    assert put(own_server, {})[1]["config"] == {**USUAL, "share": 50, "messageSeconds": 20}


async def test_every_process_follows(tmp_path: Path, database: str, page: Pages) -> None:
    env = {
        "CALLVITALS_DATABASE_URL": database,
        "CALLVITALS_REDIS_URL": "redis://127.0.0.1:1",
    }
    one, other = (Server(tmp_path / name, env=env) for name in ("one", "other"))
    try:
        one.start()
        other.start()
        ada = page(other.url, "m", "ada")
        await ada.connect()
        for seconds in (7, 8):
            status, told = await asyncio.to_thread(put, one, {"messageSeconds": seconds})
            assert status == 200
            assert await ada.expect("config") == told["config"]

        async def same() -> bool:
            answer = (await asyncio.to_thread(other.get, "/api/config"))[1]
            return bool(answer["version"] == told["version"])

        await eventually(same)
        # And back: the second one may change what the first one said.
        await asyncio.to_thread(put, other, {})

        async def usual() -> bool:
            answer = (await asyncio.to_thread(one.get, "/api/config"))[1]
            return bool(answer["config"] == USUAL)

        await eventually(usual)
    finally:
        for server in (one, other):
            if server.process is not None:
                server.end()
                assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"messageSeconds": 0}, "messageSeconds"),
        ({"messageSeconds": 301}, "messageSeconds"),
        ({"sampleSeconds": -1}, "sampleSeconds"),
        ({"share": 101}, "share"),
        ({"share": "100"}, "share"),
        ({"share": True}, "share"),
        ({"share": 1.5}, "share"),
        ({"engine": "cpython"}, "engine"),
        ({"off": 1}, "off"),
        ({"sampleSecond": 5}, "sampleSecond"),
        ([], "body"),
        (b"{", "body"),
        (b"\xff", ""),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(server: Server, change: Any, where: str) -> None:
    before = server.get("/api/config")[1]
    status, said = put(server, change)
    assert status in (400, 422)
    assert said["status"] == status
    assert where in said["detail"]
    assert server.get("/api/config")[1] == before


def test_who_looked_before_another_changed_it_is_told(server: Server) -> None:
    first = put(server, {"share": 90})[1]["version"]
    second = put(server, {"share": 80}, If_Match=f'"{first}"')
    assert second[0] == 200
    status, said = put(server, {"share": 70}, If_Match=f'"{first}"')
    assert (status, said["status"]) == (412, 412)
    assert "somebody else" in said["detail"]
    assert put(server, {"share": 70}, If_Match='"nonsense"')[0] == 412
    assert server.get("/api/config")[1]["config"]["share"] == 80
    with urllib.request.urlopen(f"{server.url}/api/config") as answer:
        assert answer.headers["ETag"] == f'"{second[1]["version"]}"'


async def test_of_many_at_once_each_change_is_whole(server: Server) -> None:
    async def change(share: int) -> tuple[int, Any]:
        return await asyncio.to_thread(put, server, {"share": share, "messageSeconds": share})

    done = await asyncio.gather(*(change(n) for n in range(1, 13)))
    assert {status for status, _ in done} <= {200, 412}
    assert any(status == 200 for status, _ in done)
    config = server.get("/api/config")[1]["config"]
    assert config["share"] == config["messageSeconds"]


def test_other_pages_of_the_browser_cannot_change_it(server: Server) -> None:
    before = server.get("/api/config")[1]
    status, said = put(server, {"off": True}, Origin="https://evil.example")
    assert (status, said["status"]) == (403, 403)
    assert server.get("/api/config")[1] == before
    assert put(server, {}, Origin=server.url)[0] == 200


# -- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize("capture", ["chromium-clean", "firefox-clean"])
@pytest.mark.parametrize(("sample", "message"), [(1, 1), (1, 5), (1, 10), (2, 10), (5, 10)])
def test_the_bytes_are_those_of_a_real_call(capture: str, sample: int, message: int) -> None:
    told = cost({**USUAL, "sampleSeconds": sample, "messageSeconds": message})["sentBytes"]
    assert at_rest(capture, sample, message) == pytest.approx(told, rel=0.15)


def test_less_is_never_dearer() -> None:
    for sample, message in itertools.product((1, 2, 5, 10, 30, 60), (1, 3, 10, 45, 300)):
        config = {**USUAL, "sampleSeconds": sample, "messageSeconds": message}
        here = cost(config)
        for name, more in (("sampleSeconds", sample + 1), ("messageSeconds", message + 1)):
            there = cost({**config, name: more})
            assert all(there[key] <= here[key] for key in here), (config, name)


def test_nothing_measured_costs_next_to_nothing() -> None:
    for change in ({"off": True}, {"share": 0}):
        spent = cost({**USUAL, **change})
        assert spent["sentBytes"] == spent["workerMs"] == spent["storedBytes"] == 0
    half, whole = cost({**USUAL, "share": 50}), cost(USUAL)
    assert half["sentBytes"] == pytest.approx(whole["sentBytes"] / 2, abs=1)


def test_what_pages_really_send_is_per_page_and_minute() -> None:
    traffic = Traffic()
    assert traffic.told() is None
    for second in range(400):
        pages = 2 if second < 200 else 4
        sent = 100 * min(second, 200) * 2 + 100 * max(0, second - 200) * 4  # 100 a page a second
        traffic.note(second * 1000, sent, pages)
    told = traffic.told()
    assert told is not None
    assert told["sentBytes"] == 6000
    assert 2 < told["pages"] < 4
    assert told["seconds"] == 300
    quiet = Traffic()
    for second in range(100):
        quiet.note(second * 1000, 5000, 0)
    assert quiet.told() is None


async def test_bytes_of_pages_are_counted(own_server: Server, page: Pages) -> None:
    own_server.start()
    ada = page(own_server.url, "m", "ada")
    await ada.connect()
    before = own_server.counts().get("bytes", 0)
    await ada.full(document(), log(0, 2))
    await ada.expect("stored")
    sent = own_server.counts()["bytes"] - before
    assert 300 < sent < 3000
    assert own_server.get("/api/config")[1]["measured"] is None  # not for long enough


def test_the_cost_of_each_choice_is_told(server: Server) -> None:
    put(server, {"messageSeconds": 7})
    told = server.get("/api/config")[1]
    assert told["cost"] == cost(told["config"])
    assert [one["name"] for one in told["settings"]] == list(CHOICES)
    for one in told["settings"]:
        values = [choice["value"] for choice in one["choices"]]
        assert told["config"][one["name"]] in values
        for choice in one["choices"]:
            assert choice["cost"] == cost({**told["config"], one["name"]: choice["value"]})
    asked = server.get("/api/config/cost?sampleSeconds=5&engine=micropython")[1]
    assert asked["config"] == {**told["config"], "sampleSeconds": 5, "engine": "micropython"}
    assert asked["cost"] == cost(asked["config"])
    assert server.get("/api/config/cost?share=101")[0] == 422
