"""Meetings are found by the time in which they went on."""

from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """An index on when they ended."""
    op.create_index("meeting_last", "meeting", ["live", "last_at"])
    op.execute("UPDATE setting SET value = '4' WHERE name = 'schema_version'")
