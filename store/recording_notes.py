"""What people write about recordings: tags, and notes about the whole or at a moment of it. Gone with the recording."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, union
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from store.erased import of_erased
from store.models import recording_notes, recording_tags, recordings
from store.session import read_rows
from store.upsert import upsert
from store.writer import Writer

NOTES_MOST = 500


@dataclass(frozen=True, slots=True)
class Note:
    """`moment_s` counts from the recording's beginning; None: about the whole."""

    note: str
    recording: str
    at_utc_s: float
    by: str
    moment_s: float | None
    text: str


class RecordingNotes:
    """Reads through an engine of `store.session.reading_engine`. All of it raises StoreUnavailable."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    async def notes(self, recording: str) -> list[Note]:
        """In the order of the recording: about the whole first."""
        table = recording_notes
        order = (func.coalesce(table.c.moment_s, -1.0), table.c.at_utc_s, table.c.note)
        query = select(*[table.c[field.name] for field in fields(Note)]).where(table.c.recording == recording)
        return [Note(**row) for row in await read_rows(self._engine, query.order_by(*order).limit(NOTES_MOST))]

    async def write(self, recording: str, by: str, at_utc_s: float, moment_s: float | None, text: str) -> Note:
        """A new note."""
        note = Note(secrets.token_hex(12), recording, at_utc_s, by, moment_s, text)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(insert(recording_notes).values(**asdict(note)))

        await self._writer.write(work)
        return note

    async def strike(self, recording: str, note: str, by: str) -> bool:
        """Whether there was one of theirs."""
        table = recording_notes.c
        return await self._delete(recording_notes, table.recording == recording, table.note == note, table.by == by)

    async def tags(self, recordings: Sequence[str]) -> dict[str, list[str]]:
        """Of each of these that has any, in the order of the alphabet."""
        table = recording_tags.c
        query = select(table.recording, table.tag).where(table.recording.in_(list(recordings))).order_by(table.tag)
        found: dict[str, list[str]] = {}
        for row in await read_rows(self._engine, query):
            found.setdefault(row["recording"], []).append(row["tag"])
        return found

    async def tag(self, recording: str, tag: str, by: str, at_utc_s: float) -> None:
        """Once, however often."""
        row = {"recording": recording, "tag": tag, "at_utc_s": at_utc_s, "by": by}
        await self._writer.write(lambda connection: upsert(connection, recording_tags, [row]))

    async def untag(self, recording: str, tag: str) -> bool:
        """Whether it had it."""
        table = recording_tags.c
        return await self._delete(recording_tags, table.recording == recording, table.tag == tag)

    async def forget(self, recording: str) -> None:
        """It is erased, and so is what was said about it."""
        await self._delete(recording_notes, recording_notes.c.recording == recording)
        await self._delete(recording_tags, recording_tags.c.recording == recording)

    async def of_erased(self) -> list[str]:
        """Recordings that are erased and have notes or tags still."""
        found = union(of_erased(recording_notes), of_erased(recording_tags))
        return [row["recording"] for row in await read_rows(self._engine, select(found.subquery()))]

    async def _delete(self, table: Any, *conditions: ColumnElement[bool]) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            return bool((await connection.execute(delete(table).where(*conditions))).rowcount)

        return await self._writer.write(work)


def tagged(tag: str) -> ColumnElement[bool]:
    """Recordings that have this tag."""
    return recordings.c.recording.in_(select(recording_tags.c.recording).where(recording_tags.c.tag == tag))


def noted(text: str) -> ColumnElement[bool]:
    """Recordings in whose notes this stands, in capitals or not."""
    table = recording_notes.c
    found = func.lower(table.text).contains(text.lower(), autoescape=True)
    return recordings.c.recording.in_(select(table.recording).where(found))
