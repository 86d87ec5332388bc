"""Questions to the recordings' ledger, legal holds, and who did what with which recording.

The ledger itself is folded from the journal (store.projections) and never written here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Select, delete, func, not_, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.ledger import OVER, LeftOpen, RecordingRecord, VoiceState
from store.models import calls, journal_state, outcomes, recording_holds, recordings
from store.outcome_rows import KEY
from store.recording_filters import RecordingFilter, conditions
from store.session import read_rows
from store.upsert import upsert
from store.writer import Writer

PAGE_CAP = 200
_BATCH = 300
_COLUMNS = [recordings.c[field.name] for field in fields(RecordingRecord)]
_PLACE = (journal_state.c.projected_sequence, journal_state.c.projected_ordinal)


@dataclass(frozen=True, slots=True)
class Found:
    """A row with what its call says."""

    row: RecordingRecord
    caller: str
    language: str
    held: bool


class Recordings:
    """Reads through an engine of `store.session.reading_engine`. All of it raises StoreUnavailable."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    # --- the ledger --------------------------------------------------------------------------
    async def search(
        self, wanted: RecordingFilter, *, before: tuple[float, str] | None = None, limit: int = 50
    ) -> list[Found]:
        """Newest first; agents' voices only. `before` is (`expected_utc_s`, `voice`) of the last one seen."""
        key = (recordings.c.expected_utc_s, recordings.c.voice)
        query = _shown().where(*conditions(wanted)).order_by(key[0].desc(), key[1].desc())
        if before is not None:
            query = query.where(tuple_(*key) < before)
        return [_found(row) for row in await read_rows(self._engine, query.limit(min(limit, PAGE_CAP)))]

    async def one(self, recording: str) -> Found | None:
        """By its public id."""
        rows = await read_rows(self._engine, _shown().where(recordings.c.recording == recording).limit(1))
        return _found(rows[0]) if rows and recording else None

    async def due_between(self, since_utc_s: float, until_utc_s: float) -> list[RecordingRecord]:
        """Voices whose talk began in this span, for the coverage of a day."""
        began = recordings.c.due_from_utc_s
        return await self._records(select(*_COLUMNS).where(began >= since_utc_s, began < until_utc_s))

    async def left_open(self, also: Sequence[str] = ()) -> LeftOpen:
        """Rows that came to no end yet and their calls' other rows; those of the calls `also` in any case.

        The place comes with the rows out of one statement: what was decided behind it is in none of them.
        """
        unsettled = select(recordings.c.call).where(recordings.c.state.not_in(OVER)).distinct()
        wanted = or_(recordings.c.call.in_(unsettled), recordings.c.call.in_(also))
        query = select(*_COLUMNS, *_PLACE).select_from(journal_state.outerjoin(recordings, wanted))
        found = await read_rows(self._engine, query)
        ended = select(calls.c.call).where(calls.c.call.in_(unsettled), calls.c.ended_utc_s.is_not(None))
        return LeftOpen(
            [RecordingRecord(**{column.name: row[column] for column in _COLUMNS}) for row in found if row["voice"]],
            [row["call"] for row in await read_rows(self._engine, ended)],
            (found[0][_PLACE[0]], found[0][_PLACE[1]]),
        )

    async def is_whole(self) -> bool:
        """Are the records of everything that the database has of the journal? Not during a rebuild."""
        behind = select(outcomes.c.sequence).where(tuple_(*KEY) > tuple_(*_PLACE)).exists()
        return bool(await read_rows(self._engine, select(journal_state.c.projected_sequence).where(~behind)))

    async def rows_of(self, names: Sequence[str]) -> list[RecordingRecord]:
        """All rows of these calls."""
        found = []
        for first in range(0, len(names), _BATCH):
            part = list(names[first : first + _BATCH])
            found += await self._records(select(*_COLUMNS).where(recordings.c.call.in_(part)))
        return found

    async def archived(self) -> list[tuple[str, str]]:
        """(recording, sha256) of all that must lie in the archive."""
        state = recordings.c.state
        query = select(recordings.c.recording, recordings.c.sha256).where(
            recordings.c.recording != "", state != VoiceState.ERASED
        )
        return [(row["recording"], row["sha256"]) for row in await read_rows(self._engine, query)]

    async def queues(self) -> list[str]:
        """Of which anything is archived; "" for recordings of no queue."""
        kept = recordings.c.recording != "", recordings.c.state != VoiceState.ERASED
        query = select(recordings.c.queue).where(*kept).distinct().order_by(recordings.c.queue)
        return [row["queue"] for row in await read_rows(self._engine, query)]

    async def newest_utc_s(self) -> float | None:
        """When the newest recording was begun; None: there is none."""
        (row,) = await read_rows(self._engine, select(func.max(recordings.c.opened_utc_s).label("newest")))
        return None if row["newest"] is None else float(row["newest"])

    async def older_than(
        self, queue: str, utc_s: float, young: Sequence[tuple[float, float]] = (), limit: int = PAGE_CAP
    ) -> list[RecordingRecord]:
        """Archived recordings of this queue that began before, and that nobody holds: oldest first.

        But for those of the spans `young`: a clock that was behind wrote that they began then.
        """
        spans = [not_(recordings.c.opened_utc_s.between(*span)) for span in young]
        held = select(recording_holds.c.recording)
        query = (
            select(*_COLUMNS)
            .where(recordings.c.queue == queue, recordings.c.opened_utc_s < utc_s, recordings.c.recording != "")
            .where(recordings.c.state != VoiceState.ERASED, recordings.c.recording.not_in(held))
            .where(*spans)
            .order_by(recordings.c.opened_utc_s)
            .limit(limit)
        )
        return await self._records(query)

    async def held_calls(self, names: Sequence[str]) -> set[str]:
        """Those of these calls of which somebody holds a recording."""
        held = recordings.c.recording.in_(select(recording_holds.c.recording))
        found = set()
        for first in range(0, len(names), _BATCH):
            query = select(recordings.c.call).where(recordings.c.call.in_(names[first : first + _BATCH]), held)
            found |= {row["call"] for row in await read_rows(self._engine, query)}
        return found

    # --- holds ------------------------------------------------------------------------------
    async def hold(self, recording: str, by: str, why: str, at_utc_s: float) -> None:
        """A legal hold; a second one says why anew."""
        row = {"recording": recording, "by": by, "why": why, "at_utc_s": at_utc_s}
        await self._writer.write(lambda connection: upsert(connection, recording_holds, [row]))

    async def release(self, recording: str) -> bool:
        """Whether there was a hold."""

        async def _release(connection: AsyncConnection) -> bool:
            statement = delete(recording_holds).where(recording_holds.c.recording == recording)
            return (await connection.execute(statement)).rowcount > 0

        return await self._writer.write(_release)

    async def _records(self, query: Select[Any]) -> list[RecordingRecord]:
        return [RecordingRecord(**row) for row in await read_rows(self._engine, query)]


def _shown() -> Select[Any]:
    held = recording_holds.c.recording.is_not(None).label("is_held")
    joined = recordings.outerjoin(calls, calls.c.call == recordings.c.call).outerjoin(
        recording_holds, recording_holds.c.recording == recordings.c.recording
    )
    return select(*_COLUMNS, calls.c.caller, calls.c.language, held).select_from(joined)


def _found(row: Any) -> Found:
    values = dict(row)
    caller, language, held = values.pop("caller"), values.pop("language"), values.pop("is_held")
    return Found(RecordingRecord(**values), caller or "", language or "", bool(held))
