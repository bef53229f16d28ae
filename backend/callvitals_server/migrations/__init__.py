"""How a history of an earlier release becomes one of this: Alembic's revisions."""
