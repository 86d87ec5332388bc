"""The work list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_items",
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("hotline", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("lasted_s", sa.Double, nullable=False),
        sa.Column("mark", sa.BigInteger, nullable=False),
        sa.Column("busy", sa.Boolean, nullable=False),
        sa.Column("opened_utc_s", sa.Double, nullable=False),
        sa.Column("due_utc_s", sa.Double, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("overdue", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("closed_utc_s", sa.Double),
        sa.Column("closed_by", sa.Text, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("item", name="pk_work_items"),
    )
    op.create_index("ix_work_items_closed_utc_s_due_utc_s", "work_items", ["closed_utc_s", "due_utc_s"])
    op.create_index("ix_work_items_owner_closed_utc_s", "work_items", ["owner", "closed_utc_s"])
