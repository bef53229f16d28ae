"""The table of jobs, in the same database as history. Times are epoch ms."""

from __future__ import annotations

import sqlalchemy as sa

from .schema import metadata

job = sa.Table(
    "job",
    metadata,
    # In the order in which they came.
    sa.Column("n", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("id", sa.String(240), nullable=False, unique=True),
    sa.Column("title", sa.String(200), nullable=False),
    # `waiting` also while it waits for its time
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("payload", sa.LargeBinary),  # JSON; null once it is done
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("max_attempts", sa.Integer, nullable=False),
    sa.Column("deaths", sa.Integer, nullable=False),
    sa.Column("progress", sa.Integer),  # 0.001
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("run_at", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.BigInteger),
    sa.Column("finished_at", sa.BigInteger),
    # Whoever took it has it until then; `taken` tells one taking from the next.
    sa.Column("lease_until", sa.BigInteger, nullable=False),
    sa.Column("taken", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Index("job_due", "state", "run_at"),
    sa.Index("job_finished", "state", "finished_at"),
)
