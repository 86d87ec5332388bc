"""Figures by quarters of an hour, each wait in a queue, and alarms. Records are folded anew."""

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
    op.create_table(
        "alarms",
        sa.Column("alarm", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("raised_utc_s", sa.Double, nullable=False),
        sa.Column("acknowledged_utc_s", sa.Double),
        sa.Column("acknowledged_by", sa.Text, nullable=False),
        sa.Column("cleared_utc_s", sa.Double),
        sa.PrimaryKeyConstraint("alarm", name="pk_alarms"),
    )
    op.create_index("ix_alarms_raised_utc_s", "alarms", ["raised_utc_s"])
    for table in _FOLDED:
        op.execute(f"DELETE FROM {table}")
    op.add_column("calls", sa.Column("outcome", sa.Text, nullable=False, server_default=""))
    op.create_index("ix_calls_offered_utc_s", "calls", ["offered_utc_s"])
    op.create_index("ix_segments_kind_queue_began_utc_s", "segments", ["kind", "queue", "began_utc_s"])
    op.execute("UPDATE journal_state SET projected_sequence = 0, projected_ordinal = -1")
