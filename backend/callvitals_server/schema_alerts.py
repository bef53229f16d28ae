"""The tables of alerts; in the same database as history, by the same migrations. Times are epoch
ms."""

from __future__ import annotations

import sqlalchemy as sa

from .schema import metadata

# Rules made by REST; those of the file stand there.
alert_rule = sa.Table(
    "alert_rule",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),  # JSON (alert_rules.py)
    sa.Column("changed_at", sa.BigInteger, nullable=False),
)

alert = sa.Table(
    "alert",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("rule", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(2048), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # pending, firing, resolved
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # JSON: the rest of it (alert_state.py)
    # when its firing and its end were handed to the queue; null: not, or not yet
    sa.Column("fired_told", sa.BigInteger),
    sa.Column("resolved_told", sa.BigInteger),
    sa.Index("alert_state", "state", "since"),
    sa.Index(
        "alert_untold",
        "id",
        sqlite_where=sa.text("resolved_told IS NULL"),
        postgresql_where=sa.text("resolved_told IS NULL"),
    ),
    sa.Index("alert_since", "since"),
)

alert_silence = sa.Table(
    "alert_silence",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("rule", sa.String(64), nullable=False),  # "*": of any
    sa.Column("subject", sa.String(512), nullable=False),  # with * and ?
    sa.Column("starts_at", sa.BigInteger, nullable=False),
    sa.Column("ends_at", sa.BigInteger, nullable=False),
    sa.Column("comment", sa.String(512), nullable=False),
    sa.Column("made_at", sa.BigInteger, nullable=False),
)

# Ended meetings whose summary was handed to the queue.
told_meeting = sa.Table(
    "told_meeting",
    metadata,
    sa.Column("meeting_id", sa.String(512), primary_key=True),
    sa.Column("started_at", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("told_at", sa.BigInteger, nullable=False),
)
