"""Alembic's entry point: runs the migrations over the connection that `store.py` hands in."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from cellwright.feedback import tables

assert tables.RequestRow.metadata is SQLModel.metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
