"""Cases, and what agents write about calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("case", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("overdue", sa.Boolean, nullable=False),
        sa.Column("opened_utc_s", sa.Double, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("due_utc_s", sa.Double, nullable=False),
        sa.Column("changed_utc_s", sa.Double, nullable=False),
        sa.Column("closed_utc_s", sa.Double),
        sa.PrimaryKeyConstraint("case", name="pk_cases"),
    )
    op.create_index("ix_cases_closed_utc_s_due_utc_s_case", "cases", ["closed_utc_s", "due_utc_s", "case"])
    op.create_index("ix_cases_caller_opened_utc_s", "cases", ["caller", "opened_utc_s"])
    op.create_index("ix_cases_owner_closed_utc_s", "cases", ["owner", "closed_utc_s"])
    op.create_table(
        "case_history",
        sa.Column("moment", sa.Text, nullable=False),
        sa.Column("case", sa.Text, nullable=False),
        sa.Column("at_utc_s", sa.Double, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("moment", name="pk_case_history"),
    )
    op.create_index("ix_case_history_case_at_utc_s_moment", "case_history", ["case", "at_utc_s", "moment"])
    op.create_table(
        "call_notes",
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("at_utc_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("note", name="pk_call_notes"),
    )
    op.create_index("ix_call_notes_call", "call_notes", ["call"])
    op.create_index("ix_call_notes_code_at_utc_s", "call_notes", ["code", "at_utc_s"])
