"""indexes by which the self-audit asks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INDEXES = (
    (
        "ix_issue_stepless",
        "issue",
        "id",
        "next_at IS NULL AND state IN ('suspected', 'open', 'answered', 'council', 'resolved')",
    ),
    ("ix_message_unhandled", "message", "state", "state IN ('unheard', 'set_aside')"),
)


def upgrade() -> None:
    for name, table, column, where in _INDEXES:
        op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, table, _column, _where in _INDEXES:
        op.drop_index(name, table)
