"""Ended meetings are counted by what they came to, too."""

import sqlalchemy as sa
from alembic import op

revision = "7"
down_revision = "6"

_INT = sa.BigInteger


def upgrade() -> None:
    """The counts are made anew of the meetings."""
    op.drop_table("ended")
    op.create_table(
        "ended",
        sa.Column("day", _INT, primary_key=True, autoincrement=False),
        sa.Column("rating", sa.String(16), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("n", sa.Integer, nullable=False),
    )
    day = "started_at / 86400000 * 86400000"
    kind = (
        "CASE WHEN coalesce(verdict, 'unknown') = 'unknown' AND rating = 'unknown'"
        " AND sentence <> '' THEN 'failed' ELSE coalesce(verdict, rating) END"
    )
    op.execute(
        f"INSERT INTO ended (day, rating, kind, n) SELECT {day}, rating, {kind}, count(*)"
        f" FROM meeting WHERE NOT live GROUP BY {day}, rating, {kind}"
    )
    op.execute("UPDATE setting SET value = '7' WHERE name = 'schema_version'")
