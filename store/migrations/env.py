"""Alembic's entry: the connection is given by `store.migrations.migrate`."""

from __future__ import annotations

from alembic import context

from store.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
