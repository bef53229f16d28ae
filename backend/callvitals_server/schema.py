"""The tables of history. One schema for SQLite and PostgreSQL; all times are epoch ms of the
service's clock, all numbers integers at the wire's scale."""

from __future__ import annotations

import sqlalchemy as sa

VERSION = 1

metadata = sa.MetaData()

# What a service must not forget: its secret, the version of this schema.
setting = sa.Table(
    "setting",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# One row per meetingId, about its newest occurrence.
meeting = sa.Table(
    "meeting",
    metadata,
    sa.Column("meeting_id", sa.String(512), primary_key=True),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
    sa.Column("live", sa.Boolean, nullable=False),
    sa.Column("participants", sa.Integer, nullable=False),
    sa.Column("score", sa.Integer),
    sa.Column("rating", sa.String(16), nullable=False),
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Index("meeting_started", "live", "started_at"),
)

# One row per session: who it is, who owns its socket (`conn`), how far it is stored (`through`).
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
    sa.Index("session_meeting", "meeting_id", "last_at"),
)

# The log as it came, one row per message. (session_id, tick) is unique by construction: rows of a
# session never overlap, because `through` advances in the same transaction.
journal = sa.Table(
    "journal",
    metadata,
    sa.Column("session_id", sa.String(64), primary_key=True),
    sa.Column("first", sa.BigInteger, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("t0", sa.BigInteger, nullable=False),
    sa.Column("t1", sa.BigInteger, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),  # added to the page's t gives t0, t1
    sa.Column("body", sa.Text, nullable=False),  # canonical {cols, events, from, to}
)

# Ticks that will never come, because the page said so.
gap = sa.Table(
    "gap",
    metadata,
    sa.Column("session_id", sa.String(64), primary_key=True),
    sa.Column("first", sa.BigInteger, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("told_at", sa.BigInteger, nullable=False),
)
