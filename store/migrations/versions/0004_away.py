"""days away and stand-ins; snoozes and referrals counted; several reminders in one message"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "away",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("stand_in_id", sa.String(length=64), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["stand_in_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_away_until", "away", ["until"])
    op.add_column("issue", sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("issue", sa.Column("snoozes", sa.Integer(), server_default="0", nullable=False))
    op.add_column("issue", sa.Column("referrals", sa.Integer(), server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("parts", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox", "parts")
    op.drop_column("issue", "referrals")
    op.drop_column("issue", "snoozes")
    op.drop_column("issue", "snoozed_until")
    op.drop_index("ix_away_until", table_name="away")
    op.drop_table("away")
