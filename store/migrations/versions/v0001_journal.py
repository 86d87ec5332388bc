"""Journal, projections, house, people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_STATE = {"id": 1, "shipped_segment": 0, "shipped_offset": 0, "projected_sequence": 0, "projected_ordinal": -1}
"""Nothing shipped, nothing projected."""


def upgrade() -> None:
    op.create_table(
        "agent_sessions",
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("seat", sa.Text, nullable=False),
        sa.Column("began_utc_s", sa.Double, nullable=False),
        sa.Column("ended_utc_s", sa.Double),
        sa.Column("signed_in_s", sa.Double, nullable=False),
        sa.Column("break_s", sa.Double, nullable=False),
        sa.Column("breaks", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("session", name="pk_agent_sessions"),
    )
    op.create_index("ix_agent_sessions_agent_ended_utc_s", "agent_sessions", ["agent", "ended_utc_s"])
    op.create_index("ix_agent_sessions_began_utc_s", "agent_sessions", ["began_utc_s"])
    op.create_table(
        "api_tokens",
        sa.Column("token_sha256", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("created_utc_s", sa.Double, nullable=False),
        sa.Column("expires_utc_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_api_tokens"),
    )
    op.create_index("ix_api_tokens_name", "api_tokens", ["name"], unique=True)
    op.create_table(
        "calls",
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("hotline", sa.Text, nullable=False),
        sa.Column("trunk", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("entered_utc_s", sa.Double, nullable=False),
        sa.Column("offered_utc_s", sa.Double),
        sa.Column("answered_utc_s", sa.Double),
        sa.Column("ended_utc_s", sa.Double),
        sa.Column("waited_s", sa.Double, nullable=False),
        sa.Column("talk_s", sa.Double, nullable=False),
        sa.Column("tries", sa.BigInteger, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("seat", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("call", name="pk_calls"),
    )
    op.create_index("ix_calls_entered_utc_s_call", "calls", ["entered_utc_s", "call"])
    op.create_table(
        "house_versions",
        sa.Column("version", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at_utc_s", sa.Double, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_house_versions"),
    )
    op.create_table(
        "inputs",
        sa.Column("sequence", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("boot", sa.Text, nullable=False),
        sa.Column("boot_s", sa.Double, nullable=False),
        sa.Column("wall", sa.Text, nullable=False),
        sa.Column("configuration", sa.BigInteger, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_inputs"),
    )
    op.create_table(
        "journal_state",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("shipped_segment", sa.BigInteger, nullable=False),
        sa.Column("shipped_offset", sa.BigInteger, nullable=False),
        sa.Column("projected_sequence", sa.BigInteger, nullable=False),
        sa.Column("projected_ordinal", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal_state"),
    )
    op.create_table(
        "outcomes",
        sa.Column("sequence", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("boot_s", sa.Double, nullable=False),
        sa.Column("at_utc_s", sa.Double, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("call", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sequence", "ordinal", name="pk_outcomes"),
    )
    op.create_index("ix_outcomes_at_utc_s", "outcomes", ["at_utc_s"])
    op.create_index("ix_outcomes_call", "outcomes", ["call"])
    op.create_table(
        "seat_sessions",
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("seat", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("began_utc_s", sa.Double, nullable=False),
        sa.Column("ended_utc_s", sa.Double),
        sa.PrimaryKeyConstraint("session", name="pk_seat_sessions"),
    )
    op.create_index("ix_seat_sessions_began_utc_s", "seat_sessions", ["began_utc_s"])
    op.create_index("ix_seat_sessions_seat_ended_utc_s", "seat_sessions", ["seat", "ended_utc_s"])
    op.create_table(
        "segments",
        sa.Column("segment", sa.Text, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("seat", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("began_utc_s", sa.Double, nullable=False),
        sa.Column("ended_utc_s", sa.Double),
        sa.Column("lasted_s", sa.Double, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("segment", name="pk_segments"),
    )
    op.create_index("ix_segments_agent_began_utc_s", "segments", ["agent", "began_utc_s"])
    op.create_index("ix_segments_call", "segments", ["call"])
    op.create_table(
        "users",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("created_utc_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
    )
    op.create_table(
        "web_sessions",
        sa.Column("token_sha256", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("created_utc_s", sa.Double, nullable=False),
        sa.Column("expires_utc_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_web_sessions"),
    )
    op.create_index("ix_web_sessions_expires_utc_s", "web_sessions", ["expires_utc_s"])
    op.create_index("ix_web_sessions_user", "web_sessions", ["user"])
    state = sa.table("journal_state", *(sa.column(name) for name in _STATE))
    op.execute(state.insert().values(_STATE))
