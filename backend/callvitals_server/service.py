"""The running service: its parts and the rhythm that moves them. No web framework."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from typing import Any

from callvitals import state, wire

from . import alert_config
from .alert_sessions import everywhere, here
from .alert_store import AlertStore
from .alerts import ATTEMPTS as ALERT_ATTEMPTS
from .alerts import KIND as ALERT
from .alerts import Alerts
from .answers import Answers
from .handshake import Refusal
from .history import History, state_of
from .http_answers import HttpAnswers
from .http_collector import Collector
from .http_redis import RedisReader
from .http_rollup import Rollups
from .ingest import Ingest, last_tick
from .jobs import Jobs
from .jobs_bull import BullJobs
from .jobs_sql import SqlJobs
from .lease import Lease
from .link import Reply
from .live import Live
from .records import Piece, Saved, StorageError, Summary
from .remote import Change, Remote
from .settings import Settings
from .sockets import IngestNamespace, Tasks, WatchNamespace
from .traffic import Traffic
from .watch import BEAT_SECONDS, Watch
from .writer import Writer

SAVE_SECONDS = 5.0
CONFIG_SECONDS = 1.0
CONFIG_AT_ONCE = 200
TEND_SECONDS = 1.0
TEND_PAUSE = 0.05  # while there is more to do: half of the writer's time at most

log = logging.getLogger("callvitals")


class Service:
    """Everything of one process, wired. `clock` gives epoch ms. Needs a running event loop
    between `start` and `close` only."""

    def __init__(self, settings: Settings, clock: Callable[[], int]) -> None:
        alerts = alert_config.load(settings.alerts, os.environ)
        self.settings = settings
        self.clock = clock
        self.tasks = Tasks()
        self.history = History(settings.data, settings.sync, settings.database_url, settings.keep())
        self.live = Live()
        self.answers = Answers(self.live, self.history, clock)
        self.writer = Writer(self.history, clock, self._committed)
        self.ingest = Ingest(settings, self.history.secret, self.live, self.writer.add)
        self.counts = self.ingest.counts
        self.remote = Remote(self.history.engine, settings)
        self.ingest.configure(self.remote.config)
        self._telling = asyncio.Lock()
        self.traffic = Traffic()
        self.watch = Watch(self.answers, self._tell)
        engine = self.history.engine
        self.jobs: Jobs = (
            BullJobs(settings.redis_url, self.counts)
            if settings.redis_url
            else SqlJobs(engine, clock, self.counts, alone=True)
        )
        rollups = Rollups(engine, settings.keep())
        self.http = Collector(rollups, HttpAnswers(engine), clock, self.counts, self.jobs)
        self.alerts = Alerts(
            alerts,
            AlertStore(engine),
            Lease(engine),
            everywhere(engine) if settings.database_url else here(self.live),
            self.http.answers,
            self.jobs,
            clock,
            self.counts,
            settings.url,
            settings.keep().hours,
        )
        self.jobs.on(ALERT, self.alerts.handle, ALERT_ATTEMPTS)
        self.pages = IngestNamespace(
            self.ingest, self.writer, self.history, self.watch, self.tasks, clock
        )
        self.redis = (
            RedisReader(settings.redis_url, self.http, self.counts) if settings.redis_url else None
        )
        self.dashboards = WatchNamespace(self.watch, settings, self.tasks, clock)

    def start(self) -> None:
        """Take up what went on before a restart, and set the rhythm going."""
        for row in self.history.recover(self.clock()):
            self.live.restore(row, state_of(row) or None)
        self.tasks.start(self._every(BEAT_SECONDS, self._beat))
        self.tasks.start(self._every(SAVE_SECONDS, self._save))
        self.tasks.start(self._every(TEND_SECONDS, self._tend))
        self.tasks.start(self._every(CONFIG_SECONDS, self._follow))
        self.http.start()
        self.jobs.start()
        self.alerts.start()
        if self.redis is not None:
            self.redis.start()

    async def close(self) -> None:
        """Store what is on its way and let go of everything."""
        if self.redis is not None:
            await self.redis.close()
        await self.alerts.close()
        await self.http.close()
        await self.jobs.close()
        await self.tasks.close()
        self.live.refresh(self.clock())
        await self._save()
        await self.writer.close()
        self.history.close()

    async def last(self, data: dict[str, Any], origin: str | None) -> None:
        """`POST /ingest/last`: claim, store, and wait for the disk. Raises Refusal, WireError."""
        self.counts["beacons"] += 1
        shake, trusted = self.ingest.admit(data.get("auth"), origin)
        # Nonsense must not take the session from its owner.
        if data.get("log") is not None:
            wire.decode_cols(data["log"])
        if data.get("last") is not None:
            last_tick(data)
        if data.get("state") is not None:
            state.validate(data["state"])
        claim = await self.pages.claim(shake, trusted)
        if not claim.written:
            raise Refusal("unavailable", "history cannot be written", retry_after=10)
        replies = self.ingest.last(shake, claim, data, self.clock())
        await self.pages.say(replies)
        await self.writer.flush()

    # -- the rhythm -----------------------------------------------------------------------------

    async def _every(self, seconds: float, work: Callable[[], Any]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception:  # one bad beat must not be the last
                self.counts["beat-error"] += 1
                log.exception("a beat failed")

    async def _beat(self) -> None:
        now = self.clock()
        self.live.expire(now)
        self.live.refresh(now)
        # Lists of ended meetings come from history.
        if self.live.closing and self.writer.trouble is None:
            await self._save()
        await self.dashboards.say(await self.watch.beat(now))

    async def _tend(self) -> None:
        due = True
        while due:
            due = await self.writer.tend() > 0
            await asyncio.sleep(TEND_PAUSE)

    async def configure(self, change: Change, version: int | None) -> None:
        """Tell all pages something else. Raises Overtaken, StorageError."""
        await asyncio.to_thread(self.remote.put, change, version, self.clock())
        self.tasks.start(self._tell_all())

    async def _follow(self) -> None:
        """What another process was told concerns this one's pages, too."""
        self.traffic.note(self.clock(), self.counts["bytes"], len(self.ingest.links))
        try:
            changed = await asyncio.to_thread(self.remote.refresh)
        except StorageError:
            self.counts["config-unread"] += 1
            return
        if changed:
            await self._tell_all()

    async def _tell_all(self) -> None:
        async with self._telling:  # so that no page hears two changes in the wrong order
            told = self.ingest.configure(self.remote.config)
            for at in range(0, len(told), CONFIG_AT_ONCE):
                await self.pages.say(told[at : at + CONFIG_AT_ONCE])
                await asyncio.sleep(0)  # others have their turn

    async def _save(self) -> None:
        sessions, meetings = self.live.take_unsaved()
        if not sessions and not meetings:
            return
        states = [
            Saved(s.session_id, s.conn, None if s.state is None else wire.text(s.state), s.last_at)
            for s in sessions
        ]
        summaries = [
            Summary(
                m.meeting_id,
                active,
                m.present,
                m.headline.score,
                m.headline.rating,
                m.headline.sentence,
                m.last_at,
            )
            for m, active in meetings
        ]
        if not await self.writer.save(states, summaries):
            self.live.put_back(sessions, meetings)

    # -- what the parts tell each other -----------------------------------------------------------

    def _committed(self, pieces: Sequence[Piece], lost: set[tuple[str, int]] | None) -> None:
        replies = self.ingest.committed(pieces, lost)
        if lost is None:
            self.counts["storage"] += len(pieces)
        else:
            self.watch.stored([p for p in pieces if (p.session_id, p.conn) not in lost])
        if replies:
            self.tasks.start(self.pages.say(replies))

    def _tell(self, session_id: str, on: bool) -> None:
        link = self.ingest.owners.get(session_id)
        if link is not None:
            self.tasks.start(self.pages.say([Reply(link.sid, "watch", {"on": on})]))
