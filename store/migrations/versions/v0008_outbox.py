"""Letters to business systems. What has been projected before is not written about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("letter", sa.Text, nullable=False),
        sa.Column("hook", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_utc_s", sa.Double, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_utc_s", sa.Double, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("done_utc_s", sa.Double),
        sa.PrimaryKeyConstraint("letter", name="pk_outbox"),
    )
    op.create_index("ix_outbox_hook_state_sequence_ordinal", "outbox", ["hook", "state", "sequence", "ordinal"])
    op.create_index("ix_outbox_hook_about_state", "outbox", ["hook", "about", "state"])
    op.create_index("ix_outbox_state_done_utc_s", "outbox", ["state", "done_utc_s"])
    op.create_table(
        "outbox_state",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_state"),
    )
    op.execute(
        "INSERT INTO outbox_state (id, sequence, ordinal) "
        "SELECT 1, projected_sequence, projected_ordinal FROM journal_state WHERE id = 1"
    )
