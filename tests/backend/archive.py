"""A service in this process with calls of three weeks behind it and some that go on, and the same
as plain lists."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from callvitals_server.api import make_router
from callvitals_server.database import read
from callvitals_server.openapi import mount_openapi
from callvitals_server.problems import mount_problems
from callvitals_server.records import Summary
from callvitals_server.schema import meeting
from callvitals_server.service import Service
from callvitals_server.settings import Settings
from fastapi import FastAPI

from .kit import T0, document
from .stores import DAY, HOUR, MINUTE, Call, make, tend

NAMES = ("Ada", "Bob", "Cleo", "Dan", "Eve")
RATED = {"good": 430, "fair": 340, "poor": 210, "unknown": None}
STANDUP = T0 // DAY * DAY - 2 * DAY + 9 * HOUR + 50 * MINUTE


@dataclass
class Known:
    """A meeting of the list."""

    id: str
    live: bool
    started: int
    last: int
    people: dict[str, str]
    rating: str
    score: int | None
    verdict: str = ""


class Client:
    """Asks an app in this process."""

    def __init__(self, app: FastAPI) -> None:
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://test")

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self._runner.run(self._http.get(path, params=query))

    def close(self) -> None:
        self._runner.run(self._http.aclose())
        self._runner.close()


class Archive:
    """`now`: what its clock shows, always; `calls`: of the meeting `standup`."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.now = T0 + 6 * HOUR
        self.settings = Settings(data=folder, **settings)
        self.service = Service(self.settings, lambda: self.now)
        self.history = self.service.history
        self.meetings: list[Known] = []
        self.chance = random.Random(7)
        self.calls = self._standup()
        for n in range(40):
            self._ended(n)
        tend(self.history, self.now)
        for n in range(7):
            self._live(n)
        for row in read(self.history.engine, meeting.select()):
            for one in self.meetings:
                if (one.id, one.started) == (row["meeting_id"], row["started_at"]):
                    one.verdict = row["verdict"] or ""

    def app(self) -> FastAPI:
        """Its REST."""
        app = FastAPI()
        mount_problems(app)
        app.include_router(make_router(self.service))
        mount_openapi(app)
        return app

    def close(self) -> None:
        self.history.close()

    def _standup(self) -> dict[str, Call]:
        """Ada loses packets for five minutes, Bob hears well, Eve never gets in; twenty minutes
        across an hour's edge."""

        def rows(first: int, last: int, score: int, loss: int = 0) -> list[dict[str, Any]]:
            values = {"score": score, "lossIn": loss, "rtt": 310}
            return [
                {"tick": n, "t": STANDUP + n * 1000, "values": dict(values), "events": []}
                for n in range(first, last)
            ]

        ada = [*rows(0, 600, 440), *rows(600, 900, 200, 900), *rows(900, 1200, 440)]
        since = STANDUP + 605_000
        issue = {
            "issue": "i0",
            "name": "high-loss",
            "severity": "major",
            "since": since,
            "sentence": "Losing 9 % of incoming packets.",
            "evidence": {"direction": "in", "loss": 900},
        }
        ada[610]["events"] = [{"type": "issue-open", **issue}]
        ada[890]["events"] = [{"type": "issue-close", **issue, "until": STANDUP + 885_000}]
        ada[1100]["events"] = [{"type": "rate", "stars": 2}]
        eve = [{"tick": 0, "t": STANDUP, "values": {}, "events": []}]
        eve[0]["events"] = [{"type": "pc", "pc": "0", "connectionState": "failed"}]
        told = {
            "facts": {"browser": "Firefox", "connection": "4g"},
            "pcs": {"c0": {"networkType": "wifi"}},
            "engine": "pyodide",
        }
        calls = {}
        for who, its in (("ada", ada), ("bob", rows(0, 1200, 430)), ("eve", eve)):
            call = calls[who] = Call(who[0] * 32, "standup", who, who.title(), offset=0)
            call.claim(self.history, STANDUP)
            call.state(self.history, STANDUP, **told)
            call.store(self.history, its, left=True)
        end = STANDUP + 1_200_000
        self.history.save([], [Summary("standup", False, 0, 200, "poor", "Ada suffers.", end)])
        people = {who: who.title() for who in calls}
        self.meetings.append(Known("standup", False, STANDUP, end, people, "poor", 200))
        return calls

    def _ended(self, n: int) -> None:
        chance = self.chance
        start = self.now - 20 * DAY + n * 11 * HOUR + chance.randrange(HOUR)
        if abs(start - STANDUP) < 3 * HOUR:
            start += 6 * HOUR  # the standup has its hours for itself, whatever time it is now
        id_ = chance.choice(("retro", "planning", f"room {n}", f"100%_{n}"))
        rating = chance.choice(list(RATED))
        score = RATED[rating]
        people = {f"{name.lower()}-{n % 3}": name for name in chance.sample(NAMES, 1 + n % 3)}
        ticks = chance.randrange(2, 90)
        for place, (who, name) in enumerate(people.items()):
            call = Call(f"{n:030d}{place:02d}", id_, who, name, offset=0)
            call.claim(self.history, start)
            rows = make(range(ticks), seed=n, start=start)
            for row in rows:
                row["values"] |= {"score": score} if score else {}
            call.store(self.history, rows, left=True)
        last = start + ticks * 1000
        self.history.save([], [Summary(id_, False, 0, score, rating, "", last)])
        self.meetings.append(Known(id_, False, start, last, people, rating, score))

    def _live(self, n: int) -> None:
        live, now = self.service.live, self.now
        rating = list(RATED)[n % 4]
        score = RATED[rating]
        start = now - n * HOUR // 3 - MINUTE
        people = {f"{name.lower()}-live": name for name in NAMES[: 1 + n % 3]}
        for place, (who, name) in enumerate(people.items()):
            call = Call(f"f{n:029d}{place:02d}", f"live {n}", who, name, offset=0)
            call.claim(self.history, start)
            session = live.join(call.session_id, f"live {n}", who, name, call.conn, now, start)
            doc = document(rating=rating, **({"score": score} if score else {}))
            if score is None:
                del doc["score"]
            assert live.full(session, 1, doc, now)
        live.refresh(now)
        self.meetings.append(Known(f"live {n}", True, start, now, people, rating, score))
