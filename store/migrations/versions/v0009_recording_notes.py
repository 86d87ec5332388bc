"""Notes and tags of recordings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording_notes",
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("recording", sa.Text, nullable=False),
        sa.Column("at_utc_s", sa.Double, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("moment_s", sa.Double),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("note", name="pk_recording_notes"),
    )
    op.create_index("ix_recording_notes_recording", "recording_notes", ["recording"])
    op.create_table(
        "recording_tags",
        sa.Column("recording", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("at_utc_s", sa.Double, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("recording", "tag", name="pk_recording_tags"),
    )
    op.create_index("ix_recording_tags_tag", "recording_tags", ["tag"])
