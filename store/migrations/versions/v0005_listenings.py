"""Who heard which call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listenings",
        sa.Column("listening", sa.Text, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("seat", sa.Text, nullable=False),
        sa.Column("modes", sa.Text, nullable=False),
        sa.Column("began_utc_s", sa.Double, nullable=False),
        sa.Column("ended_utc_s", sa.Double),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("listening", name="pk_listenings"),
    )
    op.create_index("ix_listenings_call", "listenings", ["call"])
    op.create_index("ix_listenings_began_utc_s_listening", "listenings", ["began_utc_s", "listening"])
