"""/api/alerts of a real service, with a file, a receiver that fails, and a call that goes wrong."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .alert_kit import Receiver, receiving
from .kit import Page, Server, document, eventually, log
from .test_alert_cli import run

FILE = """
[channels.ops]
type = "webhook"
url = "{url}"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
[channels.mail]
type = "email"
smtp = "smtp://me:pass-word@127.0.0.1:1"
from = "calls@example.com"
to = ["ops@example.com"]
[[rules]]
name = "poor-meeting"
on = "calls"
metric = "poor"
per = "meeting"
share = 0.5
minSample = 1
for = 0
window = 10
hold = 0
deliver = ["ops"]
match = {{meeting = "bad-*"}}
"""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("alerts")
    (folder / "alerts.toml").write_text(FILE.format(url=receiver.url))
    server = Server(folder / "data", env={"CALLVITALS_ALERTS": "alerts.toml"})
    server.start()
    yield server
    server.end()
    assert "Traceback" not in server.log.read_text()


def ask(
    server: Server, method: str, path: str, data: Any = None, **headers: str
) -> tuple[int, Any]:
    body = None if data is None else json.dumps(data).encode()
    sent = {"Content-Type": "application/json", **headers}
    url = f"{server.url}/api/alerts{path}"
    return server.request(urllib.request.Request(url, body, sent, method=method))


RULE = {"on": "endpoints", "metric": "errorShare", "above": 0.05, "deliver": ["ops", "mail"]}


def test_rules_are_made_changed_and_removed(server: Server) -> None:
    status, made = ask(server, "PUT", "/rules/api-errors", RULE)
    assert status == 200
    assert made | RULE == made
    assert (made["source"], made["window"], made["minSample"], made["unit"]) == (
        "api", 300, 20, "ratio",
    )  # fmt: skip
    # What GET tells can be put again.
    assert ask(server, "PUT", "/rules/api-errors", {**made, "above": 0.1})[1]["above"] == 0.1
    items = ask(server, "GET", "/rules")[1]["items"]
    assert [(r["name"], r["source"]) for r in items] == [
        ("api-errors", "api"), ("poor-meeting", "file"),
    ]  # fmt: skip
    assert ask(server, "DELETE", "/rules/api-errors") == (204, None)
    assert ask(server, "DELETE", "/rules/api-errors")[0] == 404
    for method, data in (("DELETE", None), ("PUT", RULE)):
        assert ask(server, method, "/rules/poor-meeting", data)[0] == 409


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("PUT", "/rules/x", {}),
        ("PUT", "/rules/x", {**RULE, "metric": "p96"}),
        ("PUT", "/rules/x", {**RULE, "name": "y"}),
        ("PUT", "/rules/x", {**RULE, "deliver": ["nobody"]}),
        ("PUT", "/rules/x", {**RULE, "above": "NaN"}),
        ("PUT", "/rules/A%20B", RULE),
        ("PUT", "/rules/x", [1]),
        ("POST", "/silences", {}),
        ("POST", "/silences", {"for": "2h", "until": 5}),
        ("POST", "/silences", {"until": 5}),
        ("POST", "/silences", {"for": "2 hours"}),
        ("POST", "/silences", {"for": "1h", "subject": ""}),
        ("GET", "?state=none", None),
        ("GET", "?cursor=x", None),
        ("GET", "?cursor=WzEsMl0", None),
    ],
)
def test_what_makes_no_sense_is_refused(server: Server, method: str, path: str, data: Any) -> None:
    status, found = ask(server, method, path, data)
    assert status == 422
    assert found["detail"]


def test_other_origins_change_nothing(server: Server) -> None:
    status, _ = ask(server, "POST", "/silences", {"for": "1h"}, Origin="https://evil.example")
    assert status == 403


def test_no_secret_is_told(server: Server) -> None:
    status, found = ask(server, "GET", "/channels")
    assert (status, found["items"]) == (
        200,
        [
            {"name": "mail", "type": "email", "target": "ops@example.com"},
            {"name": "ops", "type": "webhook", "target": "127.0.0.1"},
        ],
    )
    told = json.dumps([ask(server, "GET", path)[1] for path in ("", "/rules", "/channels")])
    told += json.dumps(ask(server, "POST", "/rules/poor-meeting/test")[1])
    for secret in ("very-secret", "whsec", "pass-word"):
        assert secret not in told


def test_a_test_says_how_it_went(server: Server, receiver: Receiver) -> None:
    receiver.requests.clear()
    ask(server, "PUT", "/rules/both", RULE)
    status, found = ask(server, "POST", "/rules/both/test")
    assert status == 200
    assert found["results"] == [
        {"channel": "ops", "ok": True, "error": None},
        {
            "channel": "mail",
            "ok": False,
            "error": "127.0.0.1 took no mail: ConnectionRefusedError",
        },
    ]
    (told,) = receiver.bodies().values()
    assert (told["type"], told["data"]["rule"]) == ("alert.test", "both")
    assert ask(server, "POST", "/rules/none/test")[0] == 404
    ask(server, "DELETE", "/rules/both")


def test_silences(server: Server) -> None:
    status, made = ask(server, "POST", "/silences", {"rule": "x", "for": "2h", "comment": "works"})
    assert status == 201
    assert made["until"] - made["from"] == 7_200_000
    assert ask(server, "GET", "/silences")[1]["items"] == [made]
    assert ask(server, "DELETE", f"/silences/{made['id']}") == (204, None)
    assert ask(server, "DELETE", f"/silences/{made['id']}")[0] == 404
    assert ask(server, "GET", "/silences")[1]["items"] == []


def test_what_rules_may_look_at(server: Server) -> None:
    status, found = ask(server, "GET", "/metrics")
    assert status == 200
    calls = {one["name"]: one for one in found["calls"]}
    assert calls["rtt"] == {"name": "rtt", "unit": "s", "what": "round trip", "flag": False}
    assert calls["poor"]["flag"]
    assert {"errorShare", "p95", "rate"} <= {one["name"] for one in found["endpoints"]}
    assert "high-loss" in found["issues"]


def test_a_bad_file_is_one_line_and_no_service(tmp_path: Path) -> None:
    (tmp_path / "alerts.toml").write_text("x = ")
    line = [sys.executable, "-m", "callvitals_server.cli", "serve", "-p", "0", "--data", "d"]
    done = subprocess.run(
        line,
        cwd=tmp_path,
        env={"PATH": "", "CALLVITALS_ALERTS": "alerts.toml"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "Error: CALLVITALS_ALERTS: alerts.toml: Invalid value (at end of document)\n"
    )
    assert not (tmp_path / "d").exists()


async def test_a_call_goes_wrong_while_the_receiver_is_down_and_the_service_dies(
    server: Server, receiver: Receiver, page: Callable[..., Page]
) -> None:
    receiver.requests.clear()
    receiver.down()
    caller = page(server.url, meeting="bad-1")
    await caller.connect()
    await caller.full(document(0, 220, "poor", sentence="It stutters."), log(0, 0))

    async def alert(state: str) -> Any:
        path = f"?state={state}&rule=poor-meeting"
        found = await asyncio.to_thread(ask, server, "GET", path)
        return found[1]["items"]

    (firing,) = await eventually(lambda: alert("firing"))
    assert (firing["subject"], firing["about"]) == ("bad-1", {"meetingId": "bad-1"})
    assert firing["sentence"] == (
        "Rated poor: 100 % of 1 participant of bad-1 in 10 s. Limit: 50 %."
    )
    await eventually(lambda: asyncio.to_thread(lambda: server.counts().get("alerts-undelivered")))
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    assert [one["id"] for one in await alert("firing")] == [firing["id"]]
    receiver.up()
    await eventually(lambda: receiver.requests)
    await caller.connect()
    await caller.full(document(1, 432, "good"), log(1, 1))
    await eventually(lambda: alert("resolved"))
    await eventually(lambda: len(receiver.requests) == 2)
    first, last = receiver.bodies().values()
    assert (first["type"], last["type"]) == ("alert.firing", "alert.resolved")
    assert first["data"]["id"] == last["data"]["id"] == firing["id"]
    assert first["data"]["url"] == f"{server.url}/m/bad-1?started={firing['since']}"
    assert await alert("firing") == []
    # And from the command line, of a running service.
    code, told, _ = await asyncio.to_thread(run, "list", "--url", server.url)
    assert code == 0
    assert re.fullmatch(r"resolved \S+ \S+  poor-meeting  bad-1: Rated poor: .*\n", told)
    code, told, _ = await asyncio.to_thread(run, "list", "--json", "--url", server.url)
    assert json.loads(told)["items"][0]["id"] == firing["id"]
    code, told, _ = await asyncio.to_thread(run, "test", "poor-meeting", "--url", server.url)
    assert (code, told) == (0, "ops: told\n")
    code, _, told = await asyncio.to_thread(run, "test", "none", "--url", server.url)
    assert (code, told) == (1, "Error: the service answered 404: no such rule\n")
