"""What was answered to requests that may be sent again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "repeats",
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("at_utc_s", sa.Double, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("body", sa.Text),
        sa.PrimaryKeyConstraint("by", "key", name="pk_repeats"),
    )
    op.create_index("ix_repeats_at_utc_s", "repeats", ["at_utc_s"])
