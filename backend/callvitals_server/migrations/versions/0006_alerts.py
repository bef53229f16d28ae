"""Alerts: rules made by REST, what fired, silences, meetings that were told of."""

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"

_INT = sa.BigInteger


def upgrade() -> None:
    """All new."""
    op.create_table(
        "alert_rule",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("changed_at", _INT, nullable=False),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(2048), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since", _INT, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("fired_told", _INT),
        sa.Column("resolved_told", _INT),
    )
    op.create_index("alert_state", "alert", ["state", "since"])
    untold = sa.text("resolved_told IS NULL")
    op.create_index("alert_untold", "alert", ["id"], sqlite_where=untold, postgresql_where=untold)
    op.create_index("alert_since", "alert", ["since"])
    op.create_table(
        "alert_silence",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(512), nullable=False),
        sa.Column("starts_at", _INT, nullable=False),
        sa.Column("ends_at", _INT, nullable=False),
        sa.Column("comment", sa.String(512), nullable=False),
        sa.Column("made_at", _INT, nullable=False),
    )
    op.create_table(
        "told_meeting",
        sa.Column("meeting_id", sa.String(512), primary_key=True),
        sa.Column("started_at", _INT, primary_key=True, autoincrement=False),
        sa.Column("told_at", _INT, nullable=False),
    )
    op.execute("UPDATE setting SET value = '6' WHERE name = 'schema_version'")
