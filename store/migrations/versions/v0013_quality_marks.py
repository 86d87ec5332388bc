"""Marks of recorded talks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quality_marks",
        sa.Column("recording", sa.Text, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at_utc_s", sa.Double, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("judged", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("reply", sa.Text, nullable=False),
        sa.Column("replied_utc_s", sa.Double),
        sa.PrimaryKeyConstraint("recording", name="pk_quality_marks"),
    )
    op.create_index("ix_quality_marks_agent_at_utc_s", "quality_marks", ["agent", "at_utc_s"])
    op.create_index("ix_quality_marks_at_utc_s", "quality_marks", ["at_utc_s"])
