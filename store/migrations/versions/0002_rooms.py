"""rooms: who hears, who left, who invited"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("room", sa.Column("standby", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("room", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("room", sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("room", sa.Column("members", sa.JSON(), nullable=True))
    op.create_index("ix_coverage_gap_since", "coverage_gap", ["since"])


def downgrade() -> None:
    op.drop_index("ix_coverage_gap_since", table_name="coverage_gap")
    op.drop_column("room", "members")
    op.drop_column("room", "noticed_at")
    op.drop_column("room", "left_at")
    op.drop_column("room", "standby")
