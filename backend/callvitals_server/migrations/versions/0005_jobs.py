"""Jobs."""

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"

_INT = sa.BigInteger


def upgrade() -> None:
    """All new."""
    op.create_table(
        "job",
        sa.Column("n", _INT().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("id", sa.String(240), nullable=False, unique=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("payload", sa.LargeBinary),
        *(sa.Column(n, sa.Integer, nullable=False) for n in ("attempts", "max_attempts", "deaths")),
        sa.Column("progress", sa.Integer),
        *(sa.Column(name, _INT, nullable=False) for name in ("created_at", "run_at")),
        *(sa.Column(name, _INT) for name in ("started_at", "finished_at")),
        sa.Column("lease_until", _INT, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
    )
    op.create_index("job_due", "job", ["state", "run_at"])
    op.create_index("job_finished", "job", ["state", "finished_at"])
    op.execute("UPDATE setting SET value = '5' WHERE name = 'schema_version'")
