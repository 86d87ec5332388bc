"""The recordings' ledger, legal holds, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("voice", sa.Text, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("hotline", sa.Text, nullable=False),
        sa.Column("seat", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("due", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("leg", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("expected_utc_s", sa.Double, nullable=False),
        sa.Column("opened_utc_s", sa.Double),
        sa.Column("due_from_utc_s", sa.Double),
        sa.Column("due_to_utc_s", sa.Double),
        sa.Column("lasted_s", sa.Double, nullable=False),
        sa.Column("held_s", sa.Double, nullable=False),
        sa.Column("paused_s", sa.Double, nullable=False),
        sa.Column("recording", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("caller_dbfs", sa.Double, nullable=False),
        sa.Column("agent_dbfs", sa.Double, nullable=False),
        sa.Column("caller_silence_s", sa.Double, nullable=False),
        sa.Column("agent_silence_s", sa.Double, nullable=False),
        sa.Column("silence_s", sa.Double, nullable=False),
        sa.Column("talk_over_s", sa.Double, nullable=False),
        sa.Column("caller_longest_s", sa.Double, nullable=False),
        sa.Column("agent_longest_s", sa.Double, nullable=False),
        sa.Column("missing_s", sa.Double, nullable=False),
        sa.Column("ended_utc_s", sa.Double),
        sa.PrimaryKeyConstraint("voice", name="pk_recordings"),
    )
    op.create_index("ix_recordings_call", "recordings", ["call"])
    op.create_index("ix_recordings_recording", "recordings", ["recording"])
    op.create_index("ix_recordings_state", "recordings", ["state"])
    op.create_index("ix_recordings_opened_utc_s_voice", "recordings", ["opened_utc_s", "voice"])
    op.create_index("ix_recordings_due_from_utc_s", "recordings", ["due_from_utc_s"])
    op.create_index("ix_recordings_agent_opened_utc_s", "recordings", ["agent", "opened_utc_s"])
    op.create_table(
        "recording_holds",
        sa.Column("recording", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at_utc_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("recording", name="pk_recording_holds"),
    )
    op.create_table(
        "recording_audit",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("at_utc_s", sa.Double, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("recording", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recording_audit"),
    )
    op.create_index("ix_recording_audit_recording_at_utc_s", "recording_audit", ["recording", "at_utc_s"])
