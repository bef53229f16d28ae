"""The first released schema: meetings, sessions, the journal."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """As it was; nothing here may follow later changes of schema.py."""
    op.create_table(
        "setting",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "meeting",
        sa.Column("meeting_id", sa.String(512), primary_key=True),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("live", sa.Boolean, nullable=False),
        sa.Column("participants", sa.Integer, nullable=False),
        sa.Column("score", sa.Integer),
        sa.Column("rating", sa.String(16), nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
    )
    op.create_index("meeting_started", "meeting", ["live", "started_at"])
    op.create_table(
        "session",
        sa.Column("session_id", sa.String(64), primary_key=True),
        sa.Column("meeting_id", sa.String(512), nullable=False),
        sa.Column("participant_id", sa.String(512), nullable=False),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("meta", sa.Text, nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("conn", sa.BigInteger, nullable=False),
        sa.Column("through", sa.BigInteger, nullable=False),
        sa.Column("proven", sa.Boolean, nullable=False),
        sa.Column("left", sa.Boolean, nullable=False),
        sa.Column("offset", sa.BigInteger),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text),
    )
    op.create_index("session_meeting", "session", ["meeting_id", "last_at"])
    op.create_table(
        "journal",
        sa.Column("session_id", sa.String(64), primary_key=True),
        sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("t0", sa.BigInteger, nullable=False),
        sa.Column("t1", sa.BigInteger, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "gap",
        sa.Column("session_id", sa.String(64), primary_key=True),
        sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("told_at", sa.BigInteger, nullable=False),
    )
