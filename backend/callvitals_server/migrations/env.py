"""Alembic's door: `database.prepare` comes with its connection, in its transaction."""

import sqlalchemy as sa
from alembic import context

from callvitals_server.schema import metadata

db: sa.Connection = context.config.attributes["connection"]
context.configure(db, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
