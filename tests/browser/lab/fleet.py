"""A fleet of pages for the dashboard's tests and pictures: sessions that speak the public wire with
made-up, repeatable numbers, their past included.

stdin, first line: {"url", "sessions": [{"meeting", "participant", "name", "kind", "seconds",
"age"?, "gap"?: [first, last], "left"?, "video"?, "engine"?: [engine, host, why],
"receives"?: [participant, ...], "blames"?: participant, "marks"?: {tick: name}, "stars"?: n}]}:
whose streams it labels, whose alone its trouble comes with, what the host app marked, how the
participant rated the call at the end of its past. kind: good, fair, poor, or failed (never got in).
Every further line: {"participant": "kind"} changes what happens to it from now on.
stdout: one line when all of the past is stored, one after each change. Ends with stdin.
"""

import asyncio
import hashlib
import json
import math
import sys
import time
from typing import Any

import socketio
from callvitals import issue, wire

TROUBLE = {"good": 0.0, "fair": 0.45, "poor": 1.0, "failed": 0.0}
CHUNK = 300  # ticks a message
WHY: dict[str, Any] = {
    "type": "connect-failed",
    "severity": "major",
    "sentence": issue.sentence("connect-failed", {"why": "turn-unreachable"}),
    "evidence": {"why": "turn-unreachable"},
}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def session_id(place: int, spec: dict[str, Any]) -> str:
    """Another fleet on the same service has others."""
    who = f"{place} {spec['meeting']} {spec['participant']}"
    return hashlib.sha256(who.encode()).hexdigest()[:32]


class Page:
    """One session. Its numbers follow from its place in the fleet and the tick alone."""

    def __init__(self, url: str, place: int, spec: dict[str, Any]) -> None:
        self.url, self.place, self.spec = url, place, spec
        self.kind: str = spec.get("kind", "good")
        self.video: bool = spec.get("video", True)
        end = now_ms() - 1000 * spec.get("age", 0)
        self.start = end - 1000 * spec["seconds"]
        self.tick = 0
        self.rev = -1
        self.conn = 65537
        self.open_since = 0
        self.issues = 0
        self.token = ""
        self.stored = -1
        self.hello = asyncio.Event()
        self.heard = asyncio.Event()
        self.socket = socketio.AsyncClient(reconnection=False)

    # -- what happens -----------------------------------------------------------------------------

    def trouble(self, tick: int) -> float:
        """0 to 1: a poor one was well for two thirds of its past."""
        past = self.spec["seconds"]
        if self.kind != "poor" or tick >= past or past < 120:
            return TROUBLE[self.kind]
        x = tick / past
        return max(0.0, 1 - abs(x - 0.22) * 9, min(1.0, (x - 0.72) * 9))

    def row(self, tick: int) -> dict[str, Any]:
        bad = self.trouble(tick)
        x = tick + 37 * self.place

        def wave(k: int, size: float) -> float:
            slow, fast = math.sin(x / 7 + k), math.sin(x / 2.3 + 2 * k)
            return size * (0.5 * slow + 0.3 * fast + 0.2 * math.sin(1.7 * x + 5 * k))

        up, down = (1_350_000, 2_250_000) if self.video else (52_000, 96_000)
        values: dict[str, float] = {
            "score": 440 - 250 * bad + wave(1, 10),
            "upload": up * (1 - 0.7 * bad) * (1 + wave(2, 0.12)),
            "download": down * (1 - 0.7 * bad) * (1 + wave(3, 0.15)),
            "rtt": 480 + 2900 * bad + wave(4, 120),
            "lossIn": 12 + 1150 * bad + wave(5, 12 + 160 * bad),
            "lossOut": 10 + 420 * bad + wave(6, 10 + 70 * bad),
            "jitter": 62 + 480 * bad + wave(7, 30),
            "jitterBuffer": 610 + 1100 * bad + wave(8, 80),
            "concealed": 4 + 850 * bad + wave(9, 8),
        }
        if self.video:
            values["fpsIn"] = 300 - 190 * bad + wave(10, 8)
            values["fpsOut"] = 300 - 40 * bad + wave(11, 6)
            values["frozen"] = max(0.0, 900 * (bad - 0.6))
        if tick < 10:
            del values["score"]
        t = self.start + 1000 * tick
        if self.kind == "failed":
            return {"tick": tick, "t": t, "values": {}, "events": self.never(tick, t)}
        whole = {name: max(0, math.floor(value + 0.5)) for name, value in values.items()}
        events = self.judge(t, bad, whole["lossIn"])
        if mark := self.spec.get("marks", {}).get(str(tick)):
            events.append({"type": "mark", "name": mark})
        if "stars" in self.spec and tick == self.spec["seconds"] - 1:
            events.append({"type": "rate", "stars": self.spec["stars"]})
        return {"tick": tick, "t": t, "values": whole, "events": events}

    def evidence(self, loss: int) -> dict[str, Any]:
        named = {"participant": self.spec["blames"]} if "blames" in self.spec else {}
        return {"direction": "in", "loss": loss, "packetsLost": 5, **named}

    def judge(self, t: int, bad: float, loss: int) -> list[dict[str, Any]]:
        evidence = self.evidence(loss)
        told = {
            "issue": f"i{self.issues}",
            "name": "high-loss",
            "severity": "major",
            "sentence": issue.sentence("high-loss", evidence),
            "evidence": evidence,
        }
        if bad > 0.5 and not self.open_since:
            self.open_since = t
            return [{"type": "issue-open", "since": t, **told}]
        if bad <= 0.5 and self.open_since:
            since, self.open_since = self.open_since, 0
            self.issues += 1
            told["sentence"] = issue.sentence("high-loss", evidence, True)
            return [{"type": "issue-close", "since": since, "until": t, **told}]
        return []

    def never(self, tick: int, t: int) -> list[dict[str, Any]]:
        """No way to the far end was found, from the third second on."""
        if tick != 3:
            return []
        self.open_since = t
        return [{"type": "issue-open", "since": t, "issue": "i0", "name": WHY["type"], **WHY}]

    def state(self, row: dict[str, Any]) -> dict[str, Any]:
        values = row["values"]
        if self.kind == "failed":
            return self.outside(row)
        evidence = self.evidence(values["lossIn"])
        said = issue.sentence("high-loss", evidence) if self.open_since else ""
        score = values.get("score")
        if score is not None and score < 400 and not said:
            said = issue.blame(reasons(score))
        engine, host, why = self.spec.get("engine", ["pyodide", "worker", "default"])
        doc: dict[str, Any] = {
            "tick": row["tick"],
            "t": row["t"],
            "rating": "unknown" if score is None else rating(score),
            "sentence": said,
            "reasons": reasons(score),
            "net": {name: values[name] for name in values if name not in ("score", "frozen")},
            "facts": {
                "browser": "Chrome",
                "browserVersion": "156",
                "os": "Windows 11",
                "mobile": False,
                "cores": 8,
                "memoryGb": 16,
                "connection": "wifi",
                "sdk": "0.1.0",
            },
            "labels": {f"t-{one}": {"participant": one} for one in self.spec.get("receives", [])},
            "pcs": {
                "c0": {
                    "name": "0",
                    "state": "connected",
                    "ice": "connected",
                    "local": "srflx",
                    "remote": "relay",
                    "protocol": "udp",
                }
            },
            "media": {"audioIn": 1, "audioOut": 1, "videoIn": 1, "videoOut": 1},
            "issues": {},
            "counts": {"nonsense": 0, "rowsLost": 0, "engineResets": 0},
            "engine": engine,
            "host": host,
            "why": why,
            "boot": 1840,
        }
        if score is not None:
            doc["score"] = score
        if self.video:
            doc["video"] = {"width": 1280, "height": 720, "fpsIn": values["fpsIn"]}
        if self.open_since:
            doc["issues"][f"i{self.issues}"] = {
                "type": "high-loss",
                "severity": "major",
                "since": self.open_since,
                "sentence": said,
                "evidence": evidence,
            }
        return doc

    def outside(self, row: dict[str, Any]) -> dict[str, Any]:
        """The state of one that never got in."""
        engine, host, why = self.spec.get("engine", ["pyodide", "worker", "default"])
        issues = {"i0": {**WHY, "since": self.open_since}} if self.open_since else {}
        return {
            "tick": row["tick"],
            "t": row["t"],
            "rating": "unknown",
            "sentence": WHY["sentence"] if issues else "",
            "facts": {"browser": "Firefox", "browserVersion": "153", "os": "macOS 16"},
            "pcs": {"c0": {"name": "0", "state": "failed", "failed": "turn-unreachable"}},
            "issues": issues,
            "engine": engine,
            "host": host,
            "why": why,
        }

    # -- how it is told ---------------------------------------------------------------------------

    async def connect(self) -> None:
        auth = {
            "protocol": wire.PROTOCOL,
            "meetingId": self.spec["meeting"],
            "participantId": self.spec["participant"],
            "name": self.spec.get("name", ""),
            "sessionId": session_id(self.place, self.spec),
            "conn": self.conn,
        }
        self.socket.on("hello", self.on_hello, namespace="/ingest")
        self.socket.on("stored", self.on_stored, namespace="/ingest")
        await self.socket.connect(
            self.url, auth=auth, namespaces=["/ingest"], transports=["websocket"]
        )
        await asyncio.wait_for(self.hello.wait(), 20)
        gap = self.spec.get("gap", [0, -1])
        past = [self.row(tick) for tick in range(self.spec["seconds"])]
        self.tick = len(past)
        at = 0
        while at < len(past):
            lost = gap[1] - gap[0] + 1 if at == gap[0] and gap[1] > gap[0] else 0
            at += lost
            end = min(at + CHUNK, len(past), gap[0] if at < gap[0] else len(past))
            await self.send(past[at:end], lost)
            at = end
        while self.stored < self.tick - 1:
            self.heard.clear()
            await asyncio.wait_for(self.heard.wait(), 30)
        if self.spec.get("left"):
            await self.socket.emit(
                "bye", {"conn": self.conn, "last": self.tick - 1}, namespace="/ingest"
            )

    async def on_hello(self, data: dict[str, Any]) -> None:
        self.token = data["sessionToken"]
        self.hello.set()

    async def on_stored(self, data: dict[str, Any]) -> None:
        self.stored = data["through"]
        self.heard.set()

    async def send(self, rows: list[dict[str, Any]], lost: int = 0) -> None:
        # Four messages in flight, as the wire wants it.
        while self.rev >= 0 and rows[0]["tick"] - lost > self.stored + 1 + 3 * CHUNK:
            self.heard.clear()
            await asyncio.wait_for(self.heard.wait(), 30)
        self.rev += 1
        message = {
            "conn": self.conn,
            "rev": self.rev,
            "isFullState": True,
            "metrics": self.state(rows[-1]),
            "log": wire.encode_log(rows, lost),
            "sessionToken": self.token,
            "offset": 0,
        }
        await self.socket.emit("meeting:metrics", message, namespace="/ingest")

    async def beat(self) -> None:
        """The rows that are due by the clock."""
        due = (now_ms() - self.start) // 1000 - self.tick
        if self.spec.get("left") or due <= 0 or not self.socket.connected:
            return
        rows = [self.row(self.tick + i) for i in range(min(due, CHUNK))]
        self.tick += len(rows)
        await self.send(rows)


def reasons(score: int | None) -> dict[str, int]:
    """What is missing to 4.5, most of it for loss."""
    missing = 0 if score is None else max(0, 450 - score)
    return {"loss": missing - missing // 4, "delay": missing // 4}


def rating(score: int) -> str:
    return "good" if score >= 400 else "fair" if score >= 310 else "poor"


async def lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader


async def main() -> None:
    stdin = await lines()
    spec = json.loads(await stdin.readline())
    pages = [Page(spec["url"], i, one) for i, one in enumerate(spec["sessions"])]
    for page in pages:
        await page.connect()
    print(json.dumps({"ready": len(pages)}), flush=True)

    async def beats() -> None:
        while True:
            await asyncio.sleep(1 - time.time() % 1)
            for page in pages:
                await page.beat()

    beating = asyncio.create_task(beats())
    while line := await stdin.readline():
        change = json.loads(line)
        for page in pages:
            page.kind = change.get(page.spec["participant"], page.kind)
        print(json.dumps({"changed": change}), flush=True)
    beating.cancel()
    for page in pages:
        await page.socket.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
