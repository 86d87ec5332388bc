"""Keeps the projections' tables in step with the outcomes table.

A cursor in journal_state says up to which outcome they are folded. Every step reads the outcomes
behind the cursor, folds them, and moves the cursor in the same transaction: once each, whoever calls.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Select, Table, delete, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.desk import Webhook
from core.events import AlarmChanged, Outcome
from core.ledger import RecordingRecord
from store.errors import UnknownRecord
from store.lines import OutcomeLine
from store.models import (
    PROJECTIONS,
    agent_sessions,
    alarms,
    call_notes,
    calls,
    case_history,
    cases,
    journal_state,
    listenings,
    recordings,
    seat_sessions,
    segments,
    work_items,
)
from store.outbox import write_letters
from store.outcome_rows import KEY, lines
from store.projections import (
    Picture,
    fold,
    touched_agents,
    touched_calls,
    touched_cases,
    touched_listenings,
    touched_seats,
    touched_work,
)
from store.records import (
    AgentSession,
    AlarmRecord,
    Break,
    CallNote,
    CallRecord,
    CaseRow,
    ListeningRecord,
    SeatSession,
    SegmentRecord,
    WorkItem,
)
from store.rollups import fold_into_rollups
from store.upsert import upsert
from store.writer import Writer

_log = logging.getLogger(__name__)
STEP = 200
"""Outcomes in one transaction, to begin with."""
_BREAKS = TypeAdapter(tuple[Break, ...])
_TAGS = TypeAdapter(tuple[str, ...])
_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_Cursor = tuple[int, int]
_Record = TypeVar("_Record")


async def catch_up(connection: AsyncConnection, limit: int = STEP, hooks: Sequence[Webhook] | None = None) -> int:
    """Fold at most `limit` outcomes behind the cursor; how many there were (`limit`: perhaps more are left).

    `hooks` are told of them; None: nobody is, and those to come are told of what comes then.
    """
    behind = await _behind(connection, await _cursor(connection), limit)
    if not behind:
        return 0
    await _fold(connection, behind, hooks)
    await _move_cursor(connection, (behind[-1].sequence, behind[-1].ordinal))
    return len(behind)


async def fold_late(connection: AsyncConnection, late: Sequence[OutcomeLine]) -> None:
    """Outcomes that have come into the table before the cursor; nobody is told of them any more."""
    await _fold(connection, sorted(late, key=lambda line: (line.sequence, line.ordinal)), None)


async def _fold(connection: AsyncConnection, some: Sequence[OutcomeLine], hooks: Sequence[Webhook] | None) -> None:
    readable = [outcome for line in some if (outcome := _readable(line)) is not None]
    changed = fold(await _picture(connection, readable), readable)
    await _save(connection, changed)
    if hooks is not None:
        await write_letters(connection, readable, changed, hooks)
    await fold_into_rollups(connection, readable)


async def rebuild(url: str, *, step: int = STEP) -> int:
    """Empty the projections and compute them again from the outcomes; how many outcomes there were.

    In short transactions but the first, which empties the tables, beside a running engine: reports are incomplete until
    it is done. Killed in the middle, the shipper (or another rebuild) goes on.

    Raises:
        StoreUnavailable: the database is away or locked.
    """
    writer = Writer(url, is_patient=True)
    try:
        await writer.write(_empty)
        folded = 0
        while count := await writer.write(lambda connection: catch_up(connection, step)):
            folded += count
        return folded
    finally:
        await writer.close()


def without_nul(text: str) -> str:
    """JSON text without NUL characters, which PostgreSQL's text columns cannot hold."""
    return _ESCAPED_NUL.sub(r"\1\\ufffd", text) if "\\u0000" in text else text


async def _empty(connection: AsyncConnection) -> None:
    await _cursor(connection)
    for table in PROJECTIONS:
        await connection.execute(delete(table))
    await _move_cursor(connection, (0, -1))


async def _cursor(connection: AsyncConnection) -> _Cursor:
    """Locks the row on PostgreSQL; on SQLite the whole transaction has the lock."""
    state = journal_state.c
    row = (await connection.execute(select(state.projected_sequence, state.projected_ordinal).with_for_update())).one()
    return row[0], row[1]


async def _move_cursor(connection: AsyncConnection, cursor: _Cursor) -> None:
    await connection.execute(update(journal_state).values(projected_sequence=cursor[0], projected_ordinal=cursor[1]))


async def _behind(connection: AsyncConnection, cursor: _Cursor, limit: int) -> list[OutcomeLine]:
    rows = await connection.execute(lines(tuple_(*KEY) > cursor).limit(limit))
    return [OutcomeLine(*row) for row in rows]


def _readable(line: OutcomeLine) -> Outcome | None:
    """None for a row of a class this version does not know: it changes no record that we know."""
    try:
        return replace(line, body=without_nul(line.body)).outcome()
    except UnknownRecord as error:
        _log.warning("outcome %d.%d changes no record: %s", line.sequence, line.ordinal, error)
        return None


async def _picture(connection: AsyncConnection, batch: Sequence[Outcome]) -> Picture:
    named, agents, seats = touched_calls(batch), touched_agents(batch), touched_seats(batch)
    work, heard, told = touched_work(batch), touched_listenings(batch), touched_cases(batch)
    signed_in = _open(agent_sessions, agent_sessions.c.agent.in_(agents)) if agents else None
    sitting = or_(seat_sessions.c.agent.in_(agents), seat_sessions.c.seat.in_(seats))
    return Picture(
        calls=await _found(connection, CallRecord, _of(calls.c.call, named)),
        segments=await _found(connection, SegmentRecord, _of(segments.c.call, named)),
        agent_sessions=await _found(connection, agent_session, signed_in),
        seat_sessions=await _found(connection, SeatSession, _open(seat_sessions, sitting) if agents or seats else None),
        alarms=await _open_alarms(connection, batch),
        work=await _found(connection, WorkItem, _of(work_items.c.item, work)),
        recordings=await _found(connection, RecordingRecord, _of(recordings.c.call, named)),
        listenings=await _found(connection, ListeningRecord, _of(listenings.c.listening, heard)),
        cases=await _found(connection, CaseRow, _of(cases.c.case, told)),
    )


async def _open_alarms(connection: AsyncConnection, batch: Sequence[Outcome]) -> dict[str, AlarmRecord]:
    if not any(isinstance(outcome.event, AlarmChanged) for outcome in batch):
        return {}
    open_ones = select(alarms).where(alarms.c.cleared_utc_s.is_(None)).order_by(alarms.c.alarm)
    return await _found(connection, AlarmRecord, open_ones)


async def _found(
    connection: AsyncConnection, record: Callable[..., _Record], query: Select[Any] | None
) -> dict[str, _Record]:
    """Records by their table's key, which is its first column. Without a query nothing is asked: most batches touch
    calls alone, and a question takes a millisecond of the writer."""
    if query is None:
        return {}
    rows = (await connection.execute(query)).mappings()
    return {next(iter(row.values())): record(**row) for row in rows}


def agent_session(**row: Any) -> AgentSession:
    """A row's record."""
    return AgentSession(**{**row, "breaks": _BREAKS.validate_json(row["breaks"])})


def call_note(row: Mapping[Any, Any]) -> CallNote:
    """A row's record."""
    return CallNote(**{**row, "tags": _TAGS.validate_json(row["tags"])})


def _of(column: Any, names: Collection[str]) -> Select[Any] | None:
    return select(column.table).where(column.in_(list(names))) if names else None


def _open(table: Table, condition: Any) -> Select[Any]:
    return select(table).where(table.c.ended_utc_s.is_(None), condition)


def _rows(records: Iterable[Any]) -> list[dict[str, Any]]:
    """Their fields, which are the columns. `asdict` copies each number and text deep, which takes ten times as long."""
    return [{name: getattr(record, name) for name in record.__slots__} for record in records]


async def _save(connection: AsyncConnection, changed: Picture) -> None:
    await upsert(connection, calls, _rows(changed.calls.values()))
    await upsert(connection, segments, _rows(changed.segments.values()))
    await upsert(connection, alarms, _rows(changed.alarms.values()))
    await upsert(connection, seat_sessions, _rows(changed.seat_sessions.values()))
    await upsert(connection, work_items, _rows(changed.work.values()))
    await upsert(connection, recordings, _rows(changed.recordings.values()))
    await upsert(connection, listenings, _rows(changed.listenings.values()))
    await upsert(connection, cases, _rows(changed.cases.values()))
    await upsert(connection, case_history, _rows(changed.moments.values()))
    notes = [{**row, "tags": _TAGS.dump_json(row["tags"]).decode()} for row in _rows(changed.notes.values())]
    await upsert(connection, call_notes, notes)
    sessions = _rows(changed.agent_sessions.values())
    breaks = [{**row, "breaks": _BREAKS.dump_json(row["breaks"]).decode()} for row in sessions]
    await upsert(connection, agent_sessions, breaks)
