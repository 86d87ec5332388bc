"""Cases and notes in both databases: folded from outcomes, the same after a rebuild."""

from __future__ import annotations

from pathlib import Path

from core.events import CallNoted, CaseChanged, CaseOpened, CaseOverdue, CaseTaken, Event
from core.ids import AgentId, CallId
from core.states import CaseKind, CaseState
from store.case_queries import Cases
from store.journal import Shipper
from store.projecting import rebuild
from tests.integration.store.database import NOW, Database, ship_all, spool_events

AGENT, CALL = AgentId("a1"), CallId("n-1.1")
NOBODY = AgentId("")
UTC_S = NOW.wall.timestamp()


def opened(case: str, due_s: float = 60.0) -> Event:
    return CaseOpened(case, CaseKind.REPAIR, "leaks\n漏水", "+8613800138000", CALL, "a1", due_s)


STORY: list[list[Event]] = [
    [opened("26000001", 600.0), opened("26000002")],
    [CaseTaken("26000001", AGENT, NOBODY, "a1", ""), CallNoted(CALL, AGENT, "as", "", ())],
    [CaseOverdue("26000002", NOBODY), CallNoted(CALL, AGENT, "asked", "invoice", ("urgent",))],
    [CaseChanged("26000002", CaseState.NEW, CaseState.WAITING, "a part", "a2", 900.0)],
    [CaseChanged("26000001", CaseState.IN_WORK, CaseState.CLOSED, "", "a1")],
]


async def test_what_became_of_cases_and_notes(database: Database, tmp_path: Path) -> None:
    spool_events(tmp_path, STORY)
    await ship_all(Shipper(tmp_path, database.writer))
    cases = Cases(database.engine)
    first, second = await cases.one("26000001"), await cases.one("26000002")
    assert first is not None and second is not None
    assert (first.state, first.owner, first.text, first.closed_utc_s) == ("closed", "a1", "leaks\n漏水", UTC_S + 5)
    assert (second.state, second.overdue, second.due_utc_s, second.note) == (
        "waiting",
        False,
        UTC_S + 4 + 900,
        "a part",
    )
    assert [moment.what for moment in await cases.history("26000002")] == ["opened", "overdue", "waiting"]
    assert [moment.what for moment in await cases.history("26000001")] == ["opened", "taken", "closed"]
    assert [case.case for case in await cases.of_caller("+8613800138000", 5)] == ["26000002"]
    (note,) = await cases.notes(CALL)
    assert (note.agent, note.text, note.code, note.tags) == ("a1", "asked", "invoice", ("urgent",))
    before = await database.records()
    await rebuild(database.url, step=2)
    assert await database.records() == before


async def test_pages(database: Database, tmp_path: Path) -> None:
    spool_events(tmp_path, [[opened(f"2600000{number}", 60.0 * (number % 2 + 1)) for number in range(5)]])
    await ship_all(Shipper(tmp_path, database.writer))
    cases, seen, after = Cases(database.engine), list[str](), None
    while page := await cases.open_ones(after=after, limit=2, kind="repair", owner=""):
        seen += [case.case for case in page]
        after = page[-1].due_utc_s, page[-1].case
    assert seen == ["26000000", "26000002", "26000004", "26000001", "26000003"]
    assert await cases.open_ones(kind="use") == await cases.closed_ones() == []
