"""The tables of the HTTP API's metrics; in the same database as history, by the same migrations.
Times are epoch ms, durations us."""

from __future__ import annotations

import sqlalchemy as sa

from .schema import metadata

# Batches that were applied: what comes again is not applied again.
http_batch = sa.Table(
    "http_batch",
    metadata,
    sa.Column("batch", sa.String(64), primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),  # when it was made, by its sender's clock
    sa.Column("taken_at", sa.BigInteger, nullable=False),  # when it was applied, by ours
    sa.Column("service", sa.String(64), nullable=False),
    sa.Column("records", sa.Integer, nullable=False),
    sa.Column("dropped", sa.BigInteger, nullable=False),
    sa.Index("http_batch_taken", "taken_at"),
)

http_endpoint = sa.Table(
    "http_endpoint",
    metadata,
    sa.Column("endpoint", sa.Integer, primary_key=True),
    sa.Column("service", sa.String(64), nullable=False),
    sa.Column("route", sa.String(256), nullable=False),
    sa.Column("method", sa.String(16), nullable=False),
    sa.UniqueConstraint("service", "route", "method", name="http_endpoint_names"),
)

# What the requests of one endpoint with one class of status came to in one period.
http_rollup = sa.Table(
    "http_rollup",
    metadata,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),  # the period's ms
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),  # its begin
    sa.Column("endpoint", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("status_class", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("errors", sa.BigInteger, nullable=False),
    sa.Column("aborted", sa.BigInteger, nullable=False),
    sa.Column("failed", sa.BigInteger, nullable=False),
    sa.Column("streamed", sa.BigInteger, nullable=False),
    sa.Column("request_bytes", sa.BigInteger, nullable=False),
    sa.Column("response_bytes", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),  # us, to the last byte, summed up
    sa.Column("longest", sa.BigInteger, nullable=False),
    sa.Column("latency", sa.LargeBinary, nullable=False),  # to the last byte (http_sketch.py)
    sa.Column("first", sa.LargeBinary, nullable=False),  # to the first byte
    sa.Column("users", sa.LargeBinary, nullable=False),
    sa.Index("http_rollup_endpoint", "endpoint", "level", "at"),
)

# Requests that went wrong, one by one: of whom we know who asked, and those that are our fault.
http_error = sa.Table(
    "http_error",
    metadata,
    sa.Column("batch", sa.String(64), primary_key=True),
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("user", sa.String(128)),
    sa.Column("endpoint", sa.Integer, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("flags", sa.SmallInteger, nullable=False),
    sa.Column("request_bytes", sa.BigInteger, nullable=False),
    sa.Column("response_bytes", sa.BigInteger, nullable=False),
    sa.Column("duration", sa.BigInteger, nullable=False),
    sa.Index("http_error_user", "user", "at"),
    sa.Index("http_error_endpoint", "endpoint", "at"),
    sa.Index("http_error_at", "at"),
)
