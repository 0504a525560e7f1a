"""announced outages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _at(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def upgrade() -> None:
    op.create_table(
        "outage",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=True),
        sa.Column("category", sa.String(length=24), nullable=False),
        _at("starts_at"),
        _at("ends_at"),
        sa.Column("surely", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("announced_by", sa.String(length=128), nullable=False),
        _at("announced_at"),
        sa.Column("message_id", sa.Text().with_variant(sa.String(length=128), "sqlite"), nullable=True),
        sa.Column("post_id", _BIG, nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        _at("answered_at", null=True),
        _at("cancelled_at", null=True),
        sa.ForeignKeyConstraint(["group_id"], ["residents_group.id"]),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_outage_group", "outage", ["group_id", "ends_at"])


def downgrade() -> None:
    op.drop_table("outage")
