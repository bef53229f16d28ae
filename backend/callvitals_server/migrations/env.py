"""Alembic's door: the connection comes from `database.prepare`, or from CALLVITALS_DATABASE_URL
for who wants to see or run a migration by hand (docs/storage.md)."""

import os

import sqlalchemy as sa
from alembic import context

from callvitals_server.schema import metadata

db: sa.Connection | None = context.config.attributes.get("connection")
if db is not None:
    context.configure(db, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    url = os.environ["CALLVITALS_DATABASE_URL"]
    context.configure(url=url, target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
