"""What the REST API answers, as models: for the OpenAPI document and those who generate clients of
it. Answers are not run through them; tests/backend/test_openapi.py holds that they fit."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Rating = Literal["good", "fair", "poor", "unknown"]
JobState = Literal["active", "waiting", "delayed", "failed", "completed"]
Presence = Literal["live", "lost", "left", "ended"]


class Shape(BaseModel):
    """Fields in the wire's spelling; nothing beside them."""

    model_config = ConfigDict(extra="forbid")


class Open(BaseModel):
    """What may have more fields than those that are named."""

    model_config = ConfigDict(extra="allow")


class Problem(Open):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class Who(Shape):
    """Somebody whose call was spoiled."""

    participantId: str
    name: str
    verdict: Rating
    minutes: float
    poorMinutes: float


class Summary(Shape):
    """What a meeting came to: the worst participant's verdict, minutes of all together, the issue
    that those who suffered had longest (`cause`, and in a sentence), whom it troubled, how many
    (`suffered`), how many never got a connection (`failed`), the stars that were given."""

    verdict: Rating
    minutes: float
    poorMinutes: float
    cause: str | None
    sentence: str
    who: list[Who]
    suffered: int
    failed: int
    stars: dict[str, int]


class MeetingItem(Shape):
    """A meeting in a list. `endedAt` is null while it goes on; `summary` until it is summed up."""

    meetingId: str
    live: bool
    startedAt: int = Field(description="epoch ms")
    endedAt: int | None
    participants: int
    score: float | None
    rating: Rating
    sentence: str
    summary: Summary | None


class Meetings(Shape):
    """One page. `next`: the cursor of the next one, null on the last."""

    items: list[MeetingItem]
    next: str | None
    total: int


class Issue(Open):
    """An issue of a meeting: whom it affects and whose fault it is."""

    type: str
    scope: Literal["everyone", "several", "one"]
    participants: list[str]
    present: int
    since: int
    until: int | None = None
    severity: Literal["major", "minor"]
    sentence: str


class OwnIssue(Shape):
    """An issue of one session. `until` is null while it is open, or where its end is not known."""

    participantId: str
    sessionId: str
    type: str
    severity: str | None
    since: int
    until: int | None
    sentence: str
    evidence: dict[str, Any]


class Issues(Shape):
    """From beginning to end: the meeting's, and each session's own."""

    meetingId: str
    startedAt: int
    issues: list[Issue]
    own: list[OwnIssue]


class Session(Shape):
    """One run of the SDK. `state`: its last one, in base units."""

    sessionId: str
    name: str
    presence: Presence
    engine: str | None
    host: str | None
    startedAt: int
    lastAt: int
    clockWrong: bool
    state: dict[str, Any]


class Participant(Shape):
    """Their headline is the worst live session's, else the newest's."""

    participantId: str
    name: str
    anonymous: bool
    score: float | None
    rating: Rating
    sentence: str
    sessions: list[Session]


class Meeting(MeetingItem):
    """One occurrence of a meeting; `issues` are those that are open."""

    issues: list[Issue]
    participants: list[Participant]  # type: ignore[assignment]  # a number in lists


class Occurrences(Shape):
    """Each time the meeting took place, the newest first."""

    meetingId: str
    items: list[MeetingItem]


class Participants(Shape):
    """The worst first."""

    meetingId: str
    startedAt: int
    items: list[Participant]


class Gap(Shape):
    """Time without ticks."""

    start: int = Field(alias="from")
    to: int
    why: Literal["lost", "silent"]


class SeriesStat(Shape):
    """Of one series: its median, its worst value, and when that was first, epoch ms."""

    median: float
    worst: float
    at: int


class SeriesStats(Shape):
    """Over all ticks of the range, shown or not; of buckets the median is of their means, and `at`
    a bucket's start. A series without a value is not there."""

    ticks: int
    series: dict[str, SeriesStat]


class Series(Shape):
    """Columns over time, null in gaps. `shown` of `total` ticks (or buckets of `level`, each by its
    most harmful value) are here; `tick` only where nothing was left out. `stats` are of all ticks
    of the range: at `level` `raw` of each tick, else of buckets' means."""

    sessionId: str
    sessions: list[str]
    level: Literal["raw", "1m", "1h"]
    t: list[int]
    tick: list[int | None] | None = None
    series: dict[str, list[float | None]]
    shown: int
    total: int
    gaps: list[Gap]
    stats: SeriesStats


class Event(Open):
    """Something that happened, at `t`, told with that tick."""

    t: int
    tick: int
    type: str


class Events(Shape):
    """In order."""

    sessionId: str
    sessions: list[str]
    events: list[Event]


class SomebodysEvent(Event):
    """An event of one of a meeting's sessions."""

    participantId: str
    sessionId: str


class MeetingEvents(Shape):
    """Of all who were there, in order."""

    meetingId: str
    startedAt: int
    events: list[SomebodysEvent]


class Tally(Shape):
    """All sessions of an hour or a day, by what they have in common. For issues: `minutes` with
    it, `count` how often it opened; for stars: `count`. `poorShare` of the rated minutes."""

    start: int
    by: Literal["all", "browser", "network", "engine", "issue", "stars"]
    value: str
    minutes: float
    goodMinutes: float
    fairMinutes: float
    poorMinutes: float
    poorShare: float | None
    joined: int
    failed: int
    count: int


class Tallies(Shape):
    """Hours or days (UTC) that touch the range, in order; those without calls are left out."""

    start: int = Field(alias="from")
    to: int
    width: int = Field(description="ms")
    items: list[Tally]


class Health(Shape):
    """`history` says what is wrong with it, else `ok`; `jobs` why none are done now."""

    status: Literal["ok", "degraded"]
    version: str
    history: str
    jobs: str
    sockets: int
    dashboards: int
    meetings: int
    sessions: int
    counts: dict[str, int]


class Ready(Shape):
    """Connections are taken."""

    status: Literal["ready"]


class Job(Shape):
    """A job. `attempts` that ended; `progress` 0 to 1, where it is told; not before `runAt`;
    `startedAt` of the newest attempt; `error` of the newest that failed."""

    id: str
    kind: str
    key: str
    title: str
    state: JobState
    attempts: int
    maxAttempts: int
    progress: float | None
    createdAt: int
    runAt: int
    startedAt: int | None
    finishedAt: int | None
    error: str | None


class JobCounts(Shape):
    """How many jobs are in each state, of every kind."""

    active: int
    waiting: int
    delayed: int
    failed: int
    completed: int


class Jobs(Shape):
    """Some jobs; the cursor of the `next` page; why no jobs are done now (`trouble`)."""

    items: list[Job]
    next: str | None
    counts: JobCounts
    trouble: str | None
