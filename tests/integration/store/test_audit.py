"""The audit in a real database: each row is there once, in order, also what had to wait for the database."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sqlalchemy import text

from api.trail import Trail
from core.errors import PeerFault
from store.audit import Audit, AuditRow
from store.migrations import migrate
from store.models import audit
from store.session import reading_engine
from store.writer import Writer
from tests.integration.store.database import Database

AT_S = 1795000500.0
PLAYED = AuditRow(AT_S, "played", "1" * 26, "leader-01", "192.0.2.7", "mp3")
CHANGED = AuditRow(AT_S + 1, "PATCH /users/{user}", "agent-07", "admin", "192.0.2.8", "{}", "[]", 200)


async def test_rows_are_found_newest_first_by_page(database: Database) -> None:
    kept = Audit(database.engine, database.writer)
    rows = [replace(PLAYED, at_utc_s=AT_S + n // 2, id=f"{n:024x}") for n in range(6)]
    await kept.note(rows)
    await kept.note(rows[:2])  # again: they are there once
    await kept.note([CHANGED])
    assert await kept.page(recordings=True) == rows[::-1]
    first = await kept.page(recordings=True, limit=3)
    rest = await kept.page(recordings=True, before=(first[-1].at_utc_s, first[-1].id))
    assert [*first, *rest] == rows[::-1]
    assert await kept.page(about="agent-07") == await kept.page(by="admin") == await kept.page(what=CHANGED.what)
    assert len(await kept.page()) == 7


async def test_whatever_is_asked_can_be_noted_and_stops_nobodys_row_after_it(database: Database) -> None:
    kept = Audit(database.engine, database.writer)
    trail = Trail(kept)
    hostile = "a\ud800b\x00c\U0001f600"
    await trail.note(replace(CHANGED, about=hostile, detail=f'{{"x": "{hostile}"}}', by="somebody", id="0" * 24))
    await trail.note(CHANGED)
    assert trail.waiting == 0
    assert {row.about for row in await kept.page()} == {"agent-07", "a?b?c\U0001f600"}


async def test_what_was_noted_of_recordings_moves_into_it(empty_url: str) -> None:
    await migrate(empty_url, to="0011")
    writer, engine = Writer(empty_url), reading_engine(empty_url)
    row = "'00ff', 1795000500.0, 'played', 'rec-1', 'leader-01', '192.0.2.7', 'mp3'"
    old = text(f'INSERT INTO recording_audit (id, at_utc_s, what, recording, "by", address, detail) VALUES ({row})')
    await writer.write(lambda connection: connection.execute(old))
    await migrate(empty_url)
    assert await Audit(engine, writer).page(recordings=True) == [replace(PLAYED, about="rec-1", id="00ff")]
    await engine.dispose()
    await writer.close()


async def test_the_trail_writes_what_waits_once_the_database_is_back(database: Database) -> None:
    kept = Audit(database.engine, database.writer)

    class Away:
        async def note(self, rows: list[AuditRow]) -> None:
            raise PeerFault("away")

    trail = Trail(kept)
    trail._kept = Away()  # type: ignore[assignment]
    await asyncio.gather(*(trail.note(replace(CHANGED, id=f"{n:024x}")) for n in range(120)))
    assert trail.waiting == 120
    trail._kept = kept
    await trail.note(CHANGED)
    assert (trail.waiting, len(await database.rows(audit))) == (0, 121)
