"""One audit for everything; what was noted of recordings moves into it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOVE = """
INSERT INTO audit (id, at_utc_s, "by", address, what, about, detail, difference, status)
SELECT id, at_utc_s, "by", address, what, recording, detail, '', 0 FROM recording_audit
"""


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("at_utc_s", sa.Double, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("difference", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at_utc_s", "audit", ["at_utc_s"])
    op.create_index("ix_audit_about_at_utc_s", "audit", ["about", "at_utc_s"])
    op.create_index("ix_audit_by_at_utc_s", "audit", ["by", "at_utc_s"])
    op.execute(MOVE)
    op.drop_table("recording_audit")
