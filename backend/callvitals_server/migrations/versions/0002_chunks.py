"""History that lasts: what is sealed lies on shelves, meetings have occurrences, hours tallies."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"

_INT = sa.BigInteger


def upgrade() -> None:
    """Journals stay as they are; they are sealed by and by."""
    _sessions()
    _meetings()
    _hours()
    if op.get_context().dialect.name == "postgresql":
        for name in ("raw", "event", "minute", "hour"):
            _shelf(name)
    # A service of before looks here, and refuses what it does not know.
    op.execute("UPDATE setting SET value = '2' WHERE name = 'schema_version'")


def _sessions() -> None:
    op.add_column("journal", sa.Column("at", _INT, nullable=False, server_default=sa.text("0")))
    op.execute("UPDATE journal SET at = t1")
    with op.batch_alter_table("journal") as batch:
        batch.alter_column("at", server_default=None, existing_type=_INT, existing_nullable=False)
    op.add_column("session", sa.Column("sealed", _INT, nullable=False, server_default="-1"))
    op.add_column("session", sa.Column("carry", sa.Text))
    op.create_index("session_last", "session", ["last_at"])
    where = sa.text("through > sealed")
    op.create_index(
        "session_unsealed", "session", ["last_at"], sqlite_where=where, postgresql_where=where
    )


def _meetings() -> None:
    op.drop_index("meeting_started", "meeting")
    op.rename_table("meeting", "meeting_1")
    op.create_table(
        "meeting",
        sa.Column("meeting_id", sa.String(512), primary_key=True),
        sa.Column("started_at", _INT, primary_key=True, autoincrement=False),
        sa.Column("last_at", _INT, nullable=False),
        sa.Column("live", sa.Boolean, nullable=False),
        sa.Column("participants", sa.Integer, nullable=False),
        sa.Column("score", sa.Integer),
        sa.Column("rating", sa.String(16), nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("stale", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("verdict", sa.String(16)),
        sa.Column("summary", sa.Text),
    )
    op.execute(
        "INSERT INTO meeting (meeting_id, started_at, last_at, live, participants, score, rating,"
        " sentence, stale) SELECT meeting_id, started_at, last_at, live, participants, score,"
        " rating, sentence, NOT live FROM meeting_1"
    )
    op.drop_table("meeting_1")
    op.create_index("meeting_started", "meeting", ["live", "started_at"])
    op.create_index(
        "meeting_stale",
        "meeting",
        ["started_at"],
        sqlite_where=sa.text("stale = 1"),
        postgresql_where=sa.text("stale"),
    )
    op.create_table(
        "ended",
        sa.Column("day", _INT, primary_key=True, autoincrement=False),
        sa.Column("rating", sa.String(16), primary_key=True),
        sa.Column("n", sa.Integer, nullable=False),
    )
    day = "started_at / 86400000 * 86400000"
    op.execute(
        f"INSERT INTO ended (day, rating, n) SELECT {day}, rating, count(*) FROM meeting"
        f" WHERE NOT live GROUP BY {day}, rating"
    )


def _hours() -> None:
    sums = ("n", "good", "fair", "poor")
    op.create_table(
        "attendance",
        sa.Column("hour", _INT, primary_key=True, autoincrement=False),
        sa.Column("session_id", sa.String(64), primary_key=True),
        sa.Column("last", _INT, nullable=False),
        *(sa.Column(name, _INT, nullable=False) for name in sums),
        sa.Column("joined", sa.Boolean, nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("issues", sa.Text, nullable=False),
        sa.Column("stars", sa.Text, nullable=False),
    )
    op.create_index("attendance_session", "attendance", ["session_id"])
    op.create_table(
        "tally",
        sa.Column("hour", _INT, primary_key=True, autoincrement=False),
        sa.Column("by", sa.String(16), primary_key=True),
        sa.Column("value", sa.String(64), primary_key=True),
        *(sa.Column(n, _INT, nullable=False) for n in (*sums, "joined", "failed", "count")),
    )
    op.create_table(
        "stale_hour",
        sa.Column("hour", _INT, primary_key=True, autoincrement=False),
        sa.Column("times", _INT, nullable=False),
    )


def _shelf(name: str) -> None:
    op.create_table(
        name,
        sa.Column("session_id", sa.String(64), primary_key=True),
        sa.Column("t0", _INT, primary_key=True, autoincrement=False),
        sa.Column("first", _INT, primary_key=True, autoincrement=False),
        sa.Column("last", _INT, nullable=False),
        sa.Column("t1", _INT, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        postgresql_partition_by="RANGE (t0)",
    )
