"""Alerts at work: looks at calls and endpoints every five seconds, keeps what fires, hands what is
to be told to the jobs. Rules, their life and the messages are pure parts of their own (alert_*.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import orjson

from .alert_calls import Calls, Seen
from .alert_config import Config
from .alert_endpoints import Endpoints
from .alert_message import address, title_of
from .alert_rules import Rule
from .alert_send import DeliveryError, send
from .alert_sessions import Look
from .alert_state import FIRING, RESOLVED, Alert, ended, step
from .alert_store import AlertStore, Row, silenced
from .http_answers import HttpAnswers
from .jobs import GiveUp, Later, Run
from .lease import Lease
from .records import StorageError

KIND = "alert"
ATTEMPTS = 10  # with a pause that doubles: a receiver may be away for a quarter of an hour
AT_ONCE = 4  # a receiver that does not answer must not keep other jobs waiting
LOOK_SECONDS = 5.0
MEETINGS_MS = 15_000
FORGET_MS = 3_600_000

log = logging.getLogger("callvitals.alerts")


class Queue(Protocol):
    """What alerts need of the jobs (jobs.py)."""

    async def add(
        self, kind: str, payload: dict[str, Any], key: str | None = None, title: str = ""
    ) -> str:
        """Durable when it returns; the same key again is the same job."""
        ...


class Alerts:
    """Lives in one event loop, between `start` and `close`. sessions: what is live
    (alert_sessions.py); address: the dashboard's; keep: ms that what ended is kept."""

    def __init__(
        self,
        config: Config,
        store: AlertStore,
        lease: Lease,
        sessions: Look,
        http: HttpAnswers,
        queue: Queue,
        clock: Callable[[], int],
        counts: Counter[str],
        address: str,
        keep: int,
    ) -> None:
        self.config = config
        self.store = store
        self.clock = clock
        self._queue = queue
        self._lease = lease
        self._sessions = sessions
        self._http = http
        self._counts = counts
        self._address = address
        self._keep = keep
        self._calls = Calls()
        self._held: dict[str, dict[str, Alert]] | None = None  # open ones, by rule and subject
        self._task: asyncio.Task[None] | None = None
        self._met: int | None = None  # when meetings were looked for
        self._forgot: int | None = None
        self._trouble = ""
        self._sending = 0

    # -- rhythm -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Look, until closed."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """The last look ends first."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await asyncio.to_thread(self._lease.close)

    async def _run(self) -> None:
        while True:
            look = asyncio.create_task(self.look())
            try:
                await asyncio.shield(look)
            except asyncio.CancelledError:
                await asyncio.wait([look])  # a thread cannot be stopped half way
                raise
            except StorageError as error:
                self._note(str(error))
            except Exception:  # one bad look must not be the last
                self._counts["alerts-error"] += 1
                log.exception("a look at the alerts' rules failed")
            else:
                self._note("")
            await asyncio.sleep(LOOK_SECONDS)

    def _note(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.error("alerts cannot be looked after: %s", trouble)
        self._trouble = trouble

    async def look(self) -> None:
        """Once. Raises StorageError."""
        now = self.clock()
        if not await asyncio.to_thread(self._lease.held):
            self._held = None
            return
        seen = await self._sessions(now)
        await asyncio.to_thread(self._step, seen, now)
        await self._tell(now)
        if self._forgot is None or now - self._forgot >= FORGET_MS:
            await asyncio.to_thread(self.store.forget, now, self._keep)
            self._forgot = now

    # -- one look ---------------------------------------------------------------------------------

    def rules(self) -> list[tuple[Rule, str]]:
        """All, with "file" or "api"; the file's win."""
        named = {rule.name: (rule, "file") for rule in self.config.rules}
        for rule in self.store.rules():
            named.setdefault(rule.name, (rule, "api"))
        return [named[name] for name in sorted(named)]

    def _step(self, seen: Sequence[Seen], now: int) -> None:
        if self._held is None:
            self._held = {}
            for one in self.store.open():
                self._held.setdefault(one.rule, {})[one.subject] = one
        rules = {rule.name: rule for rule, _source in self.rules() if rule.enabled}
        on_calls = [rule for rule in rules.values() if rule.on == "calls"]
        self._calls.look(on_calls, seen, now)
        endpoints = Endpoints(self._http, now)
        kept: list[Alert] = []
        dropped: list[Alert] = []
        for name, rule in rules.items():
            source = self._calls if rule.on == "calls" else endpoints
            held = self._held.get(name, {})
            steps = step(rule, held, source.readings(rule), now, lambda: secrets.token_hex(8))
            kept += steps.kept
            dropped += steps.dropped
            if steps.beyond:
                self._counts["alerts-beyond"] += steps.beyond
        for name in self._held.keys() - rules.keys():
            for one in self._held[name].values():
                last = ended(one, "Its rule was removed or switched off.", now)
                (dropped if last is None else kept).append(last or one)
        if kept or dropped:
            self.store.save(kept, dropped)
        self._held = {}
        for one in kept:
            if one.state != RESOLVED:
                self._held.setdefault(one.rule, {})[one.subject] = one

    # -- what is told -----------------------------------------------------------------------------

    async def _tell(self, now: int) -> None:
        """Hand over what fired and ended: saved first, so that what a crash leaves untold is told
        by the next look, and under the same key, so that nothing is told twice."""
        untold = await asyncio.to_thread(self.store.untold)
        silences = await asyncio.to_thread(self.store.silences, now) if untold else []
        for one, fired_told in untold:
            if one.state == FIRING and silenced(silences, one, now):
                continue  # told when the silence is over, if it still fires
            silent = one.state == RESOLVED and not fired_told
            if not silent:
                event = self.event(one, now, f"alert.{one.state}")
                await self._add(one.deliver, f"{one.id}_{one.state}", event)
            await asyncio.to_thread(self.store.told, one, now, silent)
        if self._met is None or now - self._met >= MEETINGS_MS:
            self._met = now
            await self._tell_meetings(now)

    async def _tell_meetings(self, now: int) -> None:
        wanted = self.config.meetings
        if wanted is None:
            if self._forgot is None:
                await asyncio.to_thread(self.store.forget_meetings)
            return
        for row in await asyncio.to_thread(self.store.meetings, now, wanted.verdicts):
            name = hashlib.sha256(row["meeting_id"].encode()).hexdigest()[:16]
            key = f"meeting_{name}_{row['started_at']}"
            event = {"type": "meeting.ended", "at": now, "data": self._meeting(row)}
            await self._add(wanted.deliver, key, event)
            await asyncio.to_thread(self.store.told_meeting, row, now)

    async def _add(self, channels: Sequence[str], key: str, event: dict[str, Any]) -> None:
        for channel in channels:
            own = f"{key}_{channel}"
            payload = {"channel": channel, "event": event}
            await self._queue.add(KIND, payload, own, f"{title_of(event)} to {channel}")

    def event(self, one: Alert, now: int, kind: str) -> dict[str, Any]:
        """What is told of an alert (alert_message.py)."""
        data = one.told(False)
        del data["silenced"]
        url = address(self._address, one.about, one.since)
        return {"type": kind, "at": now, "data": {**data, "url": url}}

    def _meeting(self, row: Row) -> dict[str, Any]:
        return {
            "meetingId": row["meeting_id"],
            "startedAt": row["started_at"],
            "endedAt": row["last_at"],
            "participants": row["participants"],
            **orjson.loads(row["summary"]),
            "url": address(self._address, {"meetingId": row["meeting_id"]}, row["started_at"]),
        }

    async def handle(self, run: Run) -> None:
        """The job: one attempt to tell a channel. Raises DeliveryError, to be called again."""
        name = run.payload["channel"]
        channel = self.config.channels.get(name)
        if channel is None:
            raise GiveUp(f"there is no channel {name} any more")
        if self._sending >= AT_ONCE:
            raise Later(1.0, "others are told first")
        self._sending += 1
        try:
            await send(channel, run.payload["event"], run.key, self.clock())
        except DeliveryError:
            self._counts["alerts-undelivered"] += 1
            raise
        finally:
            self._sending -= 1
        self._counts["alerts-delivered"] += 1

    async def test(self, rule: Rule) -> list[dict[str, Any]]:
        """Tell all channels of a rule now, that it is a test: [{channel, ok, error}]."""
        now = self.clock()
        about = Alert(
            secrets.token_hex(8), rule.name, "test", FIRING, now, now, rule.limit, rule.limit,
            rule.unit, "This is a test: nothing is wrong.", rule.severity, rule.deliver, {}, now,
        )  # fmt: skip
        event = self.event(about, now, "alert.test")

        async def one(name: str) -> dict[str, Any]:
            try:
                channel = self.config.channels.get(name)
                if channel is None:
                    raise DeliveryError(f"there is no channel {name}")
                await send(channel, event, f"{about.id}_test_{name}", now)
            except DeliveryError as error:
                return {"channel": name, "ok": False, "error": str(error)}
            return {"channel": name, "ok": True, "error": None}

        return list(await asyncio.gather(*(one(name) for name in rule.deliver)))
