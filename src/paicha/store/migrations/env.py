"""Where alembic finds the connection it migrates: the one that the program handed over."""

from __future__ import annotations

from alembic import context

from paicha.store.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
