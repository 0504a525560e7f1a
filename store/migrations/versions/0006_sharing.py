"""leases of what one process does at a time; the lane of a message"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_WAITING = sa.text("state IN ('heard', 'read')")


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("holder", sa.String(length=96), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("message", sa.Column("lane", sa.Integer(), server_default="0", nullable=False))
    op.drop_index("ix_message_waiting", table_name="message")
    op.create_index("ix_message_waiting", "message", ["lane", "id"], sqlite_where=_WAITING, postgresql_where=_WAITING)


def downgrade() -> None:
    op.drop_index("ix_message_waiting", table_name="message")
    op.create_index("ix_message_waiting", "message", ["id"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    op.drop_column("message", "lane")
    op.drop_table("lease")
