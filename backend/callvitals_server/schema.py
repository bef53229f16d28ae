"""The tables of history. One schema for SQLite and PostgreSQL; all times are epoch ms of the
service's clock, all numbers integers at the wire's scale.

A change here is a change of the data of everybody who runs this: it needs a migration
(`migrations/`), and HEAD names the newest.
"""

from __future__ import annotations

import sqlalchemy as sa

HEAD = "7"

metadata = sa.MetaData()

# Alembic's own, so that a new database need not load it.
alembic_version = sa.Table(
    "alembic_version", metadata, sa.Column("version_num", sa.String(32), primary_key=True)
)

# What a service must not forget: its secret, the version of this schema (for services older than
# it, which look here).
setting = sa.Table(
    "setting",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# One row per occurrence of a meeting: the same meetingId, after everybody was gone, begins anew.
meeting = sa.Table(
    "meeting",
    metadata,
    sa.Column("meeting_id", sa.String(512), primary_key=True),
    sa.Column("started_at", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
    sa.Column("live", sa.Boolean, nullable=False),
    sa.Column("participants", sa.Integer, nullable=False),
    # the last headline
    sa.Column("score", sa.Integer),
    sa.Column("rating", sa.String(16), nullable=False),
    sa.Column("sentence", sa.Text, nullable=False),
    # what it came to, once it ended (summary.py)
    sa.Column("stale", sa.Boolean, nullable=False, server_default=sa.false()),  # to be worked out
    sa.Column("verdict", sa.String(16)),
    sa.Column("summary", sa.Text),  # JSON
    sa.Index("meeting_started", "live", "started_at"),
    sa.Index("meeting_last", "live", "last_at"),
    sa.Index(
        "meeting_stale",
        "started_at",
        sqlite_where=sa.text("stale = 1"),  # as it is asked for there
        postgresql_where=sa.text("stale"),
    ),
)

_UNRATED = sa.func.coalesce(meeting.c.verdict, "unknown") == "unknown"
# What an ended meeting is in the dashboard's list: what it came to, until that is known what it was
# last; `failed`, it never started: nobody got so far as to be rated, and why is known.
meeting_kind = sa.case(
    (
        sa.and_(_UNRATED, meeting.c.rating == "unknown", meeting.c.sentence != ""),
        "failed",
    ),
    else_=sa.func.coalesce(meeting.c.verdict, meeting.c.rating),
).label("kind")

# Ended meetings that started on each day, by last rating and by kind: replaced whenever one of the
# day changes, so that a list need not count years.
ended = sa.Table(
    "ended",
    metadata,
    sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("rating", sa.String(16), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("n", sa.Integer, nullable=False),
)

# One row per session: who it is, who owns its socket (`conn`), how far it is stored (`through`)
# and how far its journal is sealed into chunks (`sealed`).
session = sa.Table(
    "session",
    metadata,
    sa.Column("session_id", sa.String(64), primary_key=True),
    sa.Column("meeting_id", sa.String(512), nullable=False),
    sa.Column("participant_id", sa.String(512), nullable=False),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("meta", sa.Text, nullable=False),
    sa.Column("key", sa.String(128), nullable=False),
    sa.Column("conn", sa.BigInteger, nullable=False),
    sa.Column("through", sa.BigInteger, nullable=False),
    sa.Column("proven", sa.Boolean, nullable=False),  # its token was seen: claims must show it
    sa.Column("left", sa.Boolean, nullable=False),
    sa.Column("offset", sa.BigInteger),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text),  # the last one known, for lists; never merged into
    sa.Column("sealed", sa.BigInteger, nullable=False, server_default=sa.text("-1")),
    sa.Column("carry", sa.Text),  # JSON: what the next chunk must know of those before
    sa.Index("session_meeting", "meeting_id", "last_at"),
    sa.Index("session_last", "last_at"),
    sa.Index(
        "session_unsealed",
        "last_at",
        sqlite_where=sa.text("through > sealed"),
        postgresql_where=sa.text("through > sealed"),
    ),
)

# The log as it came, one row per message, until it is sealed. (session_id, tick) is unique by
# construction: rows of a session never overlap, because `through` advances in the same
# transaction.
journal = sa.Table(
    "journal",
    metadata,
    sa.Column("session_id", sa.String(64), primary_key=True),
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("t0", sa.BigInteger, nullable=False),
    sa.Column("t1", sa.BigInteger, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),  # added to the page's t gives t0, t1
    sa.Column("body", sa.Text, nullable=False),  # canonical {cols, events, from, to}
    sa.Column("at", sa.BigInteger, nullable=False),  # when it was stored
)

# Ticks that will never come, because the page said so.
gap = sa.Table(
    "gap",
    metadata,
    sa.Column("session_id", sa.String(64), primary_key=True),
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("told_at", sa.BigInteger, nullable=False),
)

# What one session came to in one hour: made of its minutes and events, replaced as a whole.
attendance = sa.Table(
    "attendance",
    metadata,
    sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("session_id", sa.String(64), primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),  # the last tick that is in it
    sa.Column("n", sa.BigInteger, nullable=False),  # ms covered; with a good, fair, poor score
    sa.Column("good", sa.BigInteger, nullable=False),
    sa.Column("fair", sa.BigInteger, nullable=False),
    sa.Column("poor", sa.BigInteger, nullable=False),
    sa.Column("joined", sa.Boolean, nullable=False),  # the session began in this hour
    sa.Column("failed", sa.Boolean, nullable=False),  # … ended, and never got a connection
    sa.Column("browser", sa.String(64), nullable=False),
    sa.Column("network", sa.String(64), nullable=False),
    sa.Column("engine", sa.String(64), nullable=False),
    sa.Column("issues", sa.Text, nullable=False),  # JSON {name: {"n", "ms", "sentence"}}
    sa.Column("stars", sa.Text, nullable=False),  # JSON {"1": n, …}
    sa.Index("attendance_session", "session_id"),
)

# All sessions of an hour, by what they have in common: replaced as a whole.
tally = sa.Table(
    "tally",
    metadata,
    sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("by", sa.String(16), primary_key=True),  # all, browser, network, engine, issue, stars
    sa.Column("value", sa.String(64), primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("good", sa.BigInteger, nullable=False),
    sa.Column("fair", sa.BigInteger, nullable=False),
    sa.Column("poor", sa.BigInteger, nullable=False),
    sa.Column("joined", sa.BigInteger, nullable=False),
    sa.Column("failed", sa.BigInteger, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),  # of issues opened, of stars given
)

# Hours whose tally is behind their attendance.
stale_hour = sa.Table(
    "stale_hour",
    metadata,
    sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("times", sa.BigInteger, nullable=False),
)


# -- the shelves: blobs of sessions, kept for a time and forgotten as a whole -------------------

shelves = sa.MetaData()


def _shelf(name: str) -> sa.Table:
    return sa.Table(
        name,
        shelves,
        sa.Column("session_id", sa.String(64), primary_key=True),
        sa.Column("t0", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("t1", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        postgresql_partition_by="RANGE (t0)",
    )


raw = _shelf("raw")  # ticks first to last (chunks.py)
event = _shelf("event")  # their events (events.py)
minute = _shelf("minute")  # the minutes of the hour t0, up to tick `last` (rollup.py)
hour = _shelf("hour")  # the hours of the day t0, likewise
