"""Alembic's entry: migrate over the connection that ``store.upgrade`` hands in."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from store import tables


def _render(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write plain SQLAlchemy types into a new migration, so that old ones never import today's code."""
    if kind == "type" and isinstance(item, tables.Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, tables.Word):
        return "sa.String(length=24)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=False,
    compare_server_default=False,
    render_item=_render,
)
with context.begin_transaction():
    context.run_migrations()
