"""Figures by quarters of an hour, and each wait in a queue. Records are folded anew from the outcomes after it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_FOLDED = ("calls", "segments", "agent_sessions", "seat_sessions")


def upgrade() -> None:
    op.create_table(
        "rollups",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("start_utc_s", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kind", "start_utc_s", "name", "part", name="pk_rollups"),
    )
    op.create_table(
        "rollup_open",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_rollup_open"),
    )
    for table in _FOLDED:
        op.execute(f"DELETE FROM {table}")
    op.add_column("calls", sa.Column("outcome", sa.Text, nullable=False, server_default=""))
    op.create_index("ix_calls_offered_utc_s", "calls", ["offered_utc_s"])
    op.create_index("ix_segments_kind_queue_began_utc_s", "segments", ["kind", "queue", "began_utc_s"])
    op.execute("UPDATE journal_state SET projected_sequence = 0, projected_ordinal = -1")
