"""council agenda, receptions and activities, warnings before a limit, posting by group or by config"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _BIG, autoincrement=True, nullable=False)


def _at(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)


def upgrade() -> None:
    # Until now no command set a group's policy: what stands there is only the config's default of its first import.
    op.add_column("residents_group", sa.Column("own_posting", sa.String(length=24), nullable=True))
    op.drop_column("residents_group", "posting")
    for name in ("warned_response", "warned_resolution"):
        op.add_column("issue", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    _council()
    _gatherings()


def _council() -> None:
    op.create_table(
        "council_item",
        _id(),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        _at("listed_at"),
        _at("meeting_at", null=True),
        _text("place"),
        _text("resolution"),
        sa.Column("carrier_id", sa.String(length=64), nullable=True),
        _at("decided_at", null=True),
        _at("due_at", null=True),
        _at("ended_at", null=True),
        _at("next_at", null=True),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"]),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"]),
        sa.ForeignKeyConstraint(["carrier_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("issue_id"),
    )
    op.create_index("ix_council_community", "council_item", ["community_id", "state"])
    due = sa.text("next_at IS NOT NULL")
    op.create_index("ix_council_due", "council_item", ["next_at"], sqlite_where=due, postgresql_where=due)


def _gatherings() -> None:
    op.create_table(
        "gathering",
        _id(),
        sa.Column("kind", sa.String(length=24), nullable=False),
        _text("title"),
        _text("place"),
        sa.Column("online", sa.Boolean(), nullable=False),
        _text("hosts"),
        _at("starts_at"),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        _at("created_at"),
        _at("cancelled_at", null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_gathering_starts", "gathering", ["starts_at"])
    op.create_table(
        "gathering_group",
        sa.Column("gathering_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("outbox_id", _BIG, nullable=True),
        sa.ForeignKeyConstraint(["gathering_id"], ["gathering.id"]),
        sa.ForeignKeyConstraint(["group_id"], ["residents_group.id"]),
        sa.PrimaryKeyConstraint("gathering_id", "group_id"),
    )
    op.create_index("ix_gathering_group_group_id", "gathering_group", ["group_id"])
    op.create_index("ix_gathering_group_outbox_id", "gathering_group", ["outbox_id"])
    op.create_table(
        "gathering_signup",
        _id(),
        sa.Column("gathering_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        _text("words"),
        _at("at"),
        sa.Column("answer_id", _BIG, nullable=True),
        sa.Column("issue_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["gathering_id"], ["gathering.id"]),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"]),
        sa.ForeignKeyConstraint(["group_id"], ["residents_group.id"]),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_signup_of", "gathering_signup", ["gathering_id", "identity_id"], unique=True)
    op.create_index("ix_gathering_signup_identity_id", "gathering_signup", ["identity_id"])
    op.create_index("ix_gathering_signup_answer_id", "gathering_signup", ["answer_id"])


def downgrade() -> None:
    for name in ("gathering_signup", "gathering_group", "gathering", "council_item"):
        op.drop_table(name)
    for name in ("warned_resolution", "warned_response"):
        op.drop_column("issue", name)
    op.add_column("residents_group", sa.Column("posting", sa.String(24), server_default="ack", nullable=False))
    op.drop_column("residents_group", "own_posting")
