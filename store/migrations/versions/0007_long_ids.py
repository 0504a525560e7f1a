"""ids of a network may be longer than 128 characters on PostgreSQL; SQLite never looked at the width"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WIDENED = (
    ("identity", "external_id"),
    ("room", "external_id"),
    ("seen", "message_id"),
    ("message", "external_id"),
    ("message", "room_id"),
    ("message", "sender_id"),
    ("event", "by"),
    ("event", "message_id"),
    ("outbox", "external_id"),
    ("outbox", "conversation"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, column in _WIDENED:
            op.alter_column(table, column, type_=sa.Text())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # refused by the database where a longer id is stored
        for table, column in _WIDENED:
            op.alter_column(table, column, type_=sa.String(length=128))
