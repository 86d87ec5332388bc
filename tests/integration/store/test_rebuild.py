"""Records computed again are the records that were there."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from core.events import Outcome
from core.ledger import RecordingRecord
from store.journal import Shipper
from store.lines import OutcomeLine
from store.models import PROJECTIONS, inputs, journal_state, outcomes
from store.projecting import agent_session, call_note, rebuild, without_nul
from store.projections import Picture, fold
from store.queries import Queries
from store.records import (
    AlarmRecord,
    CallRecord,
    CaseMoment,
    CaseRow,
    ListeningRecord,
    SeatSession,
    SegmentRecord,
    WorkItem,
)
from store.segments import read_from
from store.spool import Spool
from tests.integration.store.database import NOW, Database, calls, ship_all, spool_events
from tests.unit.store.histories import histories


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking on a database takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories())
async def test_a_rebuild_gives_what_was_shipped(database: Database, history: list[Outcome]) -> None:
    await _empty(database)
    events = [outcome.event for outcome in history]
    with tempfile.TemporaryDirectory() as directory:
        spool_events(Path(directory), [events[start : start + 3] for start in range(0, len(events), 3)])
        await ship_all(Shipper(Path(directory), database.writer))
        spooled = [line for line in read_from(Path(directory), 0) if isinstance(line, OutcomeLine)]
    shipped = await database.records()
    assert _picture(shipped) == fold(Picture(), [_storable(line) for line in spooled])
    assert await rebuild(database.url, step=7) == len(history)
    assert await database.records() == shipped


def _picture(records: dict[str, list[dict[str, Any]]]) -> Picture:
    return Picture(
        {row["call"]: CallRecord(**row) for row in records["calls"]},
        {row["segment"]: SegmentRecord(**row) for row in records["segments"]},
        {row["session"]: agent_session(**row) for row in records["agent_sessions"]},
        {row["session"]: SeatSession(**row) for row in records["seat_sessions"]},
        {row["alarm"]: AlarmRecord(**row) for row in records["alarms"]},
        {row["item"]: WorkItem(**row) for row in records["work_items"]},
        {row["voice"]: RecordingRecord(**row) for row in records["recordings"]},
        {row["listening"]: ListeningRecord(**row) for row in records["listenings"]},
        {row["case"]: CaseRow(**row) for row in records["cases"]},
        {row["moment"]: CaseMoment(**row) for row in records["case_history"]},
        {row["note"]: call_note(row) for row in records["call_notes"]},
    )


def _storable(line: OutcomeLine) -> Outcome:
    return replace(line, body=without_nul(line.body)).outcome()


async def _empty(database: Database) -> None:
    async def work(connection: AsyncConnection) -> None:
        for table in (*PROJECTIONS, inputs, outcomes):
            await connection.execute(delete(table))
        start = {"shipped_segment": 0, "shipped_offset": 0, "projected_sequence": 0, "projected_ordinal": -1}
        await connection.execute(journal_state.update().values(start))

    await database.writer.write(work)


async def test_a_rebuild_cut_off_in_the_middle_is_finished_by_the_shipper(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool_events(tmp_path, calls(400))
    await ship_all(Shipper(tmp_path, database.writer))
    shipped = await database.records()

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr("store.projecting.catch_up", _raises)
        await rebuild(database.url)
    assert (await database.records())["calls"] == []
    await ship_all(Shipper(tmp_path, database.writer))
    assert await database.records() == shipped


async def test_outcomes_that_come_behind_later_ones_are_in_the_records_as_after_a_rebuild(
    database: Database, tmp_path: Path
) -> None:
    """A full disk lost them, or another version decides more: a replay puts them into the journal afterwards."""
    first, late, last = ([events[0], events[1]] for events in calls(3))
    spool_events(tmp_path, [first, [], last])
    await ship_all(Shipper(tmp_path, database.writer))
    spool = Spool(tmp_path)
    spool.append_outcomes([Outcome(2, n, NOW.boot_s, NOW.wall.timestamp() + 2, each) for n, each in enumerate(late)])
    spool.close()
    queries = Queries(database.engine)
    assert await queries.last_late() == 0
    await ship_all(Shipper(tmp_path, database.writer))
    found, number = await queries.late_after(0)
    assert [outcome.event for outcome in found] == late, "whoever follows the table by its key is told"
    assert (number, await queries.last_late(), await queries.late_after(2)) == (2, 2, ([], 2))
    shipped = await database.records()
    assert [row["call"] for row in shipped["calls"]] == ["n-1.0", "n-1.1", "n-1.2"]
    await rebuild(database.url)
    assert await database.records() == shipped
    await ship_all(Shipper(tmp_path, database.writer))
    assert await database.records() == shipped


async def _raises(*_: object) -> int:
    raise RuntimeError("killed")


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (r'{"a":"\u0000"}', r'{"a":"\ufffd"}'),
        (r'{"a":"\\u0000"}', r'{"a":"\\u0000"}'),
        (r'{"a":"\\\u0000\u0000"}', r'{"a":"\\\ufffd\ufffd"}'),
    ],
)
def test_nul_is_replaced_but_not_the_text_of_its_escape(text: str, cleaned: str) -> None:
    assert without_nul(text) == cleaned
