"""The tables. Times are seconds since 1970 in UTC (`…_utc_s`), durations seconds (`…_s`).

journal      inputs, outcomes, late_outcomes, and in journal_state how far the spool is shipped and projected
projections  calls, segments, agent_sessions, seat_sessions, rollups, rollup_blocks, rollup_open, alarms,
             work_items,
             recordings, cases, case_history, call_notes: folded from outcomes, rebuilt at will
documents    house_versions; users, web_sessions, api_tokens; recording_holds; audit; repeats;
             customers, customer_numbers; outbox, outbox_state
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, MetaData, Table, Text

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
)

inputs = Table(
    "inputs",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("boot", Text, nullable=False),
    Column("boot_s", Double, nullable=False),
    Column("wall", Text, nullable=False),
    Column("configuration", BigInteger, nullable=False),
    Column("tag", Text, nullable=False),
    Column("body", Text, nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("boot_s", Double, nullable=False),
    Column("at_utc_s", Double, nullable=False),
    Column("tag", Text, nullable=False),
    Column("call", Text),
    Column("body", Text, nullable=False),
    Index("ix_outcomes_call", "call"),
    Index("ix_outcomes_at_utc_s", "at_utc_s"),
)

late_outcomes = Table(
    "late_outcomes",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("ordinal", Integer, nullable=False),
)
"""Outcomes that came behind later ones, in the order in which they came: nobody who follows `outcomes` by its key
comes by them."""

journal_state = Table(
    "journal_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("shipped_segment", BigInteger, nullable=False),
    Column("shipped_offset", BigInteger, nullable=False),
    Column("projected_sequence", BigInteger, nullable=False),
    Column("projected_ordinal", Integer, nullable=False),
)
"""One row, id 1."""

calls = Table(
    "calls",
    metadata,
    Column("call", Text, primary_key=True),
    Column("hotline", Text, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("entered_utc_s", Double, nullable=False),
    Column("offered_utc_s", Double),
    Column("answered_utc_s", Double),
    Column("ended_utc_s", Double),
    Column("waited_s", Double, nullable=False),
    Column("talk_s", Double, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("how", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("seat", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Index("ix_calls_entered_utc_s_call", "entered_utc_s", "call"),
    Index("ix_calls_offered_utc_s", "offered_utc_s"),
    Index("ix_calls_caller_entered_utc_s", "caller", "entered_utc_s"),
)

segments = Table(
    "segments",
    metadata,
    Column("segment", Text, primary_key=True),
    Column("call", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("seat", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("began_utc_s", Double, nullable=False),
    Column("ended_utc_s", Double),
    Column("lasted_s", Double, nullable=False),
    Column("outcome", Text, nullable=False),
    Index("ix_segments_call", "call"),
    Index("ix_segments_agent_began_utc_s", "agent", "began_utc_s"),
    Index("ix_segments_kind_queue_began_utc_s", "kind", "queue", "began_utc_s"),
)

agent_sessions = Table(
    "agent_sessions",
    metadata,
    Column("session", Text, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("seat", Text, nullable=False),
    Column("began_utc_s", Double, nullable=False),
    Column("ended_utc_s", Double),
    Column("signed_in_s", Double, nullable=False),
    Column("break_s", Double, nullable=False),
    Column("breaks", Text, nullable=False),
    Index("ix_agent_sessions_agent_ended_utc_s", "agent", "ended_utc_s"),
    Index("ix_agent_sessions_began_utc_s", "began_utc_s"),
)

seat_sessions = Table(
    "seat_sessions",
    metadata,
    Column("session", Text, primary_key=True),
    Column("seat", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("began_utc_s", Double, nullable=False),
    Column("ended_utc_s", Double),
    Index("ix_seat_sessions_seat_ended_utc_s", "seat", "ended_utc_s"),
    Index("ix_seat_sessions_began_utc_s", "began_utc_s"),
)

rollups = Table(
    "rollups",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("start_utc_s", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("state", Text, nullable=False),
)

rollup_blocks = Table(
    "rollup_blocks",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("start_utc_s", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("state", Text, nullable=False),
)
"""The key is core.rollup.Row; `state` is JSON."""

rollup_open = Table(
    "rollup_open",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("document", Text, nullable=False),
)

alarms = Table(
    "alarms",
    metadata,
    Column("alarm", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("value", Double, nullable=False),
    Column("text", Text, nullable=False),
    Column("raised_utc_s", Double, nullable=False),
    Column("acknowledged_utc_s", Double),
    Column("acknowledged_by", Text, nullable=False),
    Column("cleared_utc_s", Double),
    Index("ix_alarms_raised_utc_s", "raised_utc_s"),
)

work_items = Table(
    "work_items",
    metadata,
    Column("item", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("hotline", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("lasted_s", Double, nullable=False),
    Column("mark", BigInteger, nullable=False),
    Column("busy", Boolean, nullable=False),
    Column("opened_utc_s", Double, nullable=False),
    Column("due_utc_s", Double, nullable=False),
    Column("state", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("overdue", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("closed_utc_s", Double),
    Column("closed_by", Text, nullable=False),
    Column("how", Text, nullable=False),
    Index("ix_work_items_closed_utc_s_due_utc_s", "closed_utc_s", "due_utc_s"),
    Index("ix_work_items_owner_closed_utc_s", "owner", "closed_utc_s"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("voice", Text, primary_key=True),
    Column("call", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("hotline", Text, nullable=False),
    Column("seat", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("due", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("leg", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("expected_utc_s", Double, nullable=False),
    Column("opened_utc_s", Double),
    Column("due_from_utc_s", Double),
    Column("due_to_utc_s", Double),
    Column("lasted_s", Double, nullable=False),
    Column("held_s", Double, nullable=False),
    Column("paused_s", Double, nullable=False),
    Column("recording", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("caller_dbfs", Double, nullable=False),
    Column("agent_dbfs", Double, nullable=False),
    Column("caller_silence_s", Double, nullable=False),
    Column("agent_silence_s", Double, nullable=False),
    Column("silence_s", Double, nullable=False),
    Column("talk_over_s", Double, nullable=False),
    Column("caller_longest_s", Double, nullable=False),
    Column("agent_longest_s", Double, nullable=False),
    Column("missing_s", Double, nullable=False),
    Column("ended_utc_s", Double),
    Index("ix_recordings_call", "call"),
    Index("ix_recordings_recording", "recording"),
    Index("ix_recordings_state", "state"),
    Index("ix_recordings_opened_utc_s_voice", "opened_utc_s", "voice"),
    Index("ix_recordings_due_from_utc_s", "due_from_utc_s"),
    Index("ix_recordings_agent_opened_utc_s", "agent", "opened_utc_s"),
)
"""The ledger of core.ledger, one row a voice."""

listenings = Table(
    "listenings",
    metadata,
    Column("listening", Text, primary_key=True),
    Column("call", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("seat", Text, nullable=False),
    Column("modes", Text, nullable=False),
    Column("began_utc_s", Double, nullable=False),
    Column("ended_utc_s", Double),
    Column("why", Text, nullable=False),
    Index("ix_listenings_call", "call"),
    Index("ix_listenings_began_utc_s_listening", "began_utc_s", "listening"),
)

cases = Table(
    "cases",
    metadata,
    Column("case", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("overdue", Boolean, nullable=False),
    Column("opened_utc_s", Double, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("due_utc_s", Double, nullable=False),
    Column("changed_utc_s", Double, nullable=False),
    Column("closed_utc_s", Double),
    Index("ix_cases_closed_utc_s_due_utc_s_case", "closed_utc_s", "due_utc_s", "case"),
    Index("ix_cases_caller_opened_utc_s", "caller", "opened_utc_s"),
    Index("ix_cases_owner_closed_utc_s", "owner", "closed_utc_s"),
)

case_history = Table(
    "case_history",
    metadata,
    Column("moment", Text, primary_key=True),
    Column("case", Text, nullable=False),
    Column("at_utc_s", Double, nullable=False),
    Column("what", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_case_history_case_at_utc_s_moment", "case", "at_utc_s", "moment"),
)

call_notes = Table(
    "call_notes",
    metadata,
    Column("note", Text, primary_key=True),
    Column("call", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("at_utc_s", Double, nullable=False),
    Index("ix_call_notes_call", "call"),
    Index("ix_call_notes_code_at_utc_s", "code", "at_utc_s"),
)

PROJECTIONS = (
    calls,
    segments,
    agent_sessions,
    seat_sessions,
    rollups,
    rollup_blocks,
    rollup_open,
    alarms,
    work_items,
    recordings,
    listenings,
    cases,
    case_history,
    call_notes,
)

recording_holds = Table(
    "recording_holds",
    metadata,
    Column("recording", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at_utc_s", Double, nullable=False),
)
"""Legal holds: what is here is not erased by anybody or anything."""

audit = Table(
    "audit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at_utc_s", Double, nullable=False),
    Column("by", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("difference", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Index("ix_audit_at_utc_s", "at_utc_s"),
    Index("ix_audit_about_at_utc_s", "about", "at_utc_s"),
    Index("ix_audit_by_at_utc_s", "by", "at_utc_s"),
)
"""Who did or looked at what, when and from where. Only ever added to."""

outbox = Table(
    "outbox",
    metadata,
    Column("letter", Text, primary_key=True),
    Column("hook", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_utc_s", Double, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_utc_s", Double, nullable=False),
    Column("why", Text, nullable=False),
    Column("done_utc_s", Double),
    Index("ix_outbox_hook_state_sequence_ordinal", "hook", "state", "sequence", "ordinal"),
    Index("ix_outbox_hook_about_state", "hook", "about", "state"),
    Index("ix_outbox_state_done_utc_s", "state", "done_utc_s"),
)
"""Letters to business systems (store.outbox)."""

outbox_state = Table(
    "outbox_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("ordinal", Integer, nullable=False),
)
"""One row, id 1: the last outcome that was written about."""

customers = Table(
    "customers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("vip", Boolean, nullable=False),
    Column("reference", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_utc_s", Double, nullable=False),
    Index("ix_customers_name_id", "name", "id"),
    Index("ix_customers_reference", "reference"),
)

customer_numbers = Table(
    "customer_numbers",
    metadata,
    Column("number", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Index("ix_customer_numbers_customer", "customer"),
)
"""A number is one customer's."""

recording_notes = Table(
    "recording_notes",
    metadata,
    Column("note", Text, primary_key=True),
    Column("recording", Text, nullable=False),
    Column("at_utc_s", Double, nullable=False),
    Column("by", Text, nullable=False),
    Column("moment_s", Double),
    Column("text", Text, nullable=False),
    Index("ix_recording_notes_recording", "recording"),
)
"""What people wrote about a recording, at a moment of it or about the whole."""

recording_tags = Table(
    "recording_tags",
    metadata,
    Column("recording", Text, primary_key=True),
    Column("tag", Text, primary_key=True),
    Column("at_utc_s", Double, nullable=False),
    Column("by", Text, nullable=False),
    Index("ix_recording_tags_tag", "tag"),
)

quality_marks = Table(
    "quality_marks",
    metadata,
    Column("recording", Text, primary_key=True),
    Column("call", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at_utc_s", Double, nullable=False),
    Column("score", Double, nullable=False),
    Column("judged", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("reply", Text, nullable=False),
    Column("replied_utc_s", Double),
    Index("ix_quality_marks_agent_at_utc_s", "agent", "at_utc_s"),
    Index("ix_quality_marks_at_utc_s", "at_utc_s"),
)
"""One a recording; `judged` is JSON: the questions as they stood, with their points (core.quality)."""

repeats = Table(
    "repeats",
    metadata,
    Column("by", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("asked", Text, nullable=False),
    Column("at_utc_s", Double, nullable=False),
    Column("status", Integer, nullable=False),
    Column("etag", Text, nullable=False),
    Column("body", Text),
    Index("ix_repeats_at_utc_s", "at_utc_s"),
)
"""What was answered under an Idempotency-Key; `asked` is a digest of the request (store.repeats)."""

house_versions = Table(
    "house_versions",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at_utc_s", Double, nullable=False),
    Column("comment", Text, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_utc_s", Double, nullable=False),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("user", Text, primary_key=True),
    Column("secret", Text, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("since_utc_s", Double),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_sha256", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Index("ix_recovery_codes_user", "user"),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("created_utc_s", Double, nullable=False),
    Column("expires_utc_s", Double, nullable=False),
    Index("ix_web_sessions_user", "user"),
    Index("ix_web_sessions_expires_utc_s", "expires_utc_s"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("created_utc_s", Double, nullable=False),
    Column("expires_utc_s", Double, nullable=False),
    Index("ix_api_tokens_name", "name", unique=True),
)
