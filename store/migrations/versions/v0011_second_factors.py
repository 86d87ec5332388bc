"""Second factors at sign-in, and their recovery codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("since_utc_s", sa.Double),
        sa.PrimaryKeyConstraint("user", name="pk_second_factors"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_sha256", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("code_sha256", name="pk_recovery_codes"),
    )
    op.create_index("ix_recovery_codes_user", "recovery_codes", ["user"])
