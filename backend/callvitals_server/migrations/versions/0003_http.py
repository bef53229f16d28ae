"""The HTTP API beside the calls: batches, endpoints, rollups, errors."""

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"

_INT = sa.BigInteger


def upgrade() -> None:
    """All new."""
    op.create_table(
        "http_batch",
        sa.Column("batch", sa.String(64), primary_key=True),
        sa.Column("at", _INT, nullable=False),
        sa.Column("taken_at", _INT, nullable=False),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("dropped", _INT, nullable=False),
    )
    op.create_index("http_batch_taken", "http_batch", ["taken_at"])
    op.create_table(
        "http_endpoint",
        sa.Column("endpoint", sa.Integer, primary_key=True),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("route", sa.String(256), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.UniqueConstraint("service", "route", "method", name="http_endpoint_names"),
    )
    _rollups()
    _errors()
    op.execute("UPDATE setting SET value = '3' WHERE name = 'schema_version'")


def _rollups() -> None:
    sums = ("count", "errors", "aborted", "failed", "streamed", "request_bytes", "response_bytes")
    op.create_table(
        "http_rollup",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", _INT, primary_key=True, autoincrement=False),
        sa.Column("endpoint", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("status_class", sa.SmallInteger, primary_key=True, autoincrement=False),
        *(sa.Column(name, _INT, nullable=False) for name in (*sums, "total", "longest")),
        *(sa.Column(n, sa.LargeBinary, nullable=False) for n in ("latency", "first", "users")),
    )
    op.create_index("http_rollup_endpoint", "http_rollup", ["endpoint", "level", "at"])


def _errors() -> None:
    op.create_table(
        "http_error",
        sa.Column("batch", sa.String(64), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", _INT, nullable=False),
        sa.Column("user", sa.String(128)),
        sa.Column("endpoint", sa.Integer, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("flags", sa.SmallInteger, nullable=False),
        *(sa.Column(n, _INT, nullable=False) for n in ("request_bytes", "response_bytes")),
        sa.Column("duration", _INT, nullable=False),
    )
    op.create_index("http_error_user", "http_error", ["user", "at"])
    op.create_index("http_error_endpoint", "http_error", ["endpoint", "at"])
    op.create_index("http_error_at", "http_error", ["at"])
