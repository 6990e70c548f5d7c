"""Runs our migrations on the connection that `studies.storage.migrate` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from studies.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="golden_alembic_version",
    include_name=lambda name, kind, _parents: kind != "table" or str(name).startswith("golden_"),
)
with context.begin_transaction():
    context.run_migrations()
