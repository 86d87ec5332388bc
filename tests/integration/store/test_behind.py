"""The calls behind figures on both databases: what the pages list adds up to the figure, line by line."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import event, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from api.behind import Which, behind, share_of
from api.routes.stats import read_pairs
from core.events import Outcome
from core.house import House
from core.rollup import folded
from monitor import reports
from monitor.reports import KIND_OF, Ask
from store.behind import LONGEST_CALL_S, Behind, Candidates
from store.journal import Shipper
from store.models import calls as call_table
from store.models import segments
from store.rollups import Rollups
from tests.integration.store.database import Database, ship_all
from tests.integration.store.test_rollups import FEW, _emptied, spool
from tests.unit.core.test_engine_counted import busy_hour
from tests.unit.floor import small_house
from tests.unit.monitor.test_counted import TEAMS, asks, counted_of, nonzero
from tests.unit.monitor.test_stats import LIVES, history

HOUSE = small_house()
MOST_OF_A_LINE = 3
"""Which calls are looked at does not depend on the figure; tests/unit/monitor/test_counted.py holds all of them."""


async def listed(database: Database, ask: Ask, figure: str, which: Which = "all", limit: int = 3) -> list[Any]:
    """All pages."""
    records, found, before = Behind(database.engine), [], None
    while True:
        page, before = await behind(records, ask, HOUSE, TEAMS, figure, which, before, limit)
        found += page
        if before is None:
            return found


async def hold(database: Database, directory: Path, told: list[Outcome], house: House = HOUSE) -> int:
    await database.writer.write(_emptied)
    spool(directory, told)
    await ship_all(Shipper(directory, database.writer))
    looked_at, rows = 0, folded(told)
    for ask in asks(rows):
        if ask.of == "team":
            continue  # of house versions, which are not the journal's
        pairs = await read_pairs(Rollups(database.engine), 0.0, ask, house)
        state = reports.of_one([pair for pair in pairs if pair[0].kind == KIND_OF[ask.of]], ask)
        for figure in list(nonzero(counted_of(state, ask)))[:MOST_OF_A_LINE]:
            calls = await listed(database, ask, figure)
            of, met = share_of(state, ask, house, figure)
            assert sum(one.times for one in calls) == of, (ask, figure)
            if met is not None:
                assert sum(one.met for one in calls) == met, (ask, figure)
            assert len({one.row.call for one in calls}) == len(calls)
            looked_at += 1
    return looked_at


async def test_every_figure_of_an_engines_hour_lists_its_calls(database: Database, tmp_path: Path) -> None:
    assert await hold(database, tmp_path, busy_hour()) > 60


@FEW
@given(lives=LIVES)
async def test_so_does_every_figure_of_random_calls(
    database: Database, tmp_path_factory: pytest.TempPathFactory, lives: list[tuple[float, int, float]]
) -> None:
    await hold(database, tmp_path_factory.mktemp("spool"), history(lives))


async def test_who_met_a_rate_and_who_did_not_are_told_apart(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.behind.ASKED_FOR", 2)
    monkeypatch.setattr("api.behind.READ_AT_ONCE", 1)
    told = history([(400.0 * shape, shape, 7.5 + shape) for shape in range(9)])
    spool(tmp_path, told)
    await ship_all(Shipper(tmp_path, database.writer))
    ask = Ask("house", 0, 2**41)
    for figure in ("connection_rate", "service_level", "three_ring_rate"):
        everybody, met, missed = [
            {one.row.call for one in await listed(database, ask, figure, which)} for which in ("all", "met", "missed")
        ]
        assert met and missed and met | missed == everybody and not met & missed
    monkeypatch.setattr("api.behind.MOST_LOOKED_AT", 2)
    _, before = await behind(Behind(database.engine), ask, HOUSE, (), "lost", "all", None, 50)
    assert before is not None  # a page that found little says where to go on
    assert {one.row.outcome for one in await listed(database, ask, "lost")} == {"lost"}


# --- what a page costs -----------------------------------------------------------------------------
DAYS, EVERY_S, UNTIL_S = 20, 180.0, 2_000_000_000.0
RARE = "rare"
"""Of this queue are three calls of the whole span."""


async def fill(database: Database) -> None:
    """A call each three minutes: waits of two queues in turn, served by ten agents in turn."""
    rows, parts = [], []
    for number in range(int(DAYS * 86400 / EVERY_S)):
        at_s, call = UNTIL_S - number * EVERY_S, f"n-1.{number:06}"
        queue = RARE if number % 4000 == 1 else ("sales", "care")[number % 2]
        agent = f"a{number % 10}"
        rows.append(
            {"call": call, "hotline": "h", "trunk": "t", "caller": "", "language": "en", "queue": queue}
            | {"entered_utc_s": at_s, "ended_utc_s": at_s + 60, "waited_s": 9.0, "talk_s": 40.0, "tries": 1}
            | {"how": "caller", "agent": agent, "seat": "s", "outcome": "answered"}
        )
        for kind, served in (("wait", ""), ("talk", agent)):
            parts.append(
                {"segment": f"{call}/{kind}", "call": call, "kind": kind, "queue": queue, "seat": "", "agent": served}
                | {"began_utc_s": at_s + 5, "ended_utc_s": at_s + 50, "lasted_s": 40.0, "outcome": "answered"}
            )

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(insert(call_table), rows)
        await connection.execute(insert(segments), parts)
        if connection.dialect.name == "postgresql":
            await connection.execute(text("ANALYZE"))  # as it does by itself, a minute later

    await database.writer.write(work)


@contextmanager
def asked(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Every statement of the readers meanwhile, with its parameters."""
    told: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        told.append((statement, parameters))

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield told
    event.remove(engine, "before_cursor_execute", note)


async def work_of(database: Database, statements: list[tuple[str, Any]]) -> int:
    """Rows that PostgreSQL touched, or steps that SQLite took, for these."""
    if (url := make_url(database.url)).drivername.startswith("sqlite"):
        return sum(steps_of(url.database or "", *one) for one in statements)
    touched = 0
    async with database.engine.connect() as connection:
        for statement, parameters in statements:
            plan = (
                await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
            ).scalar()
            assert plan is not None
            touched += rows_of((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
    return touched


def steps_of(file: str, statement: str, parameters: Any) -> int:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(file)) as connection:
        connection.set_progress_handler(count, 100)
        connection.execute(statement, parameters).fetchall()
    return steps


def rows_of(plan: dict[str, Any]) -> int:
    """Of a node and those below it; what was read and thrown away counts, too."""
    removed = sum(value for name, value in plan.items() if name.startswith("Rows Removed by"))
    own = int((plan["Actual Rows"] + removed) * plan["Actual Loops"])
    return own + sum(rows_of(below) for below in plan.get("Plans", ()))


@pytest.mark.parametrize("of", [{"queue": "sales"}, {"agents": ["a1", "a3"]}], ids=["queue", "agents"])
async def test_a_further_page_costs_what_it_shows_and_not_what_the_span_holds(
    database: Database, of: dict[str, Any]
) -> None:
    await fill(database)
    records, work = Behind(database.engine), dict[int, int]()
    for days in (2, DAYS):
        wanted = Candidates(UNTIL_S - days * 86400, UNTIL_S, **of)
        first = await records.candidates(wanted, limit=50)
        with asked(database) as statements:
            second = await records.candidates(wanted, (first[-1].entered_utc_s, first[-1].call), limit=50)
        assert len(second) == 50 and second[0].entered_utc_s < first[-1].entered_utc_s
        work[days] = await work_of(database, statements)
    assert work[DAYS] < 1.5 * work[2], work


async def test_what_is_rare_is_found_however_far_back_and_each_once(database: Database) -> None:
    await fill(database)
    records = Behind(database.engine)
    everything = Candidates(UNTIL_S - DAYS * 86400, UNTIL_S)
    for queue in (RARE, "sales"):
        wanted = Candidates(everything.since_utc_s, everything.until_utc_s, queue=queue)
        found, before = [], None
        while page := await records.candidates(wanted, before, 700):
            found += [row.call for row in page]
            before = page[-1].entered_utc_s, page[-1].call
        every = await records.candidates(everything, limit=100_000)
        assert found == [row.call for row in every if row.queue == queue], queue
    assert len(every) > 9000


async def test_a_call_that_came_to_a_queue_a_day_after_it_entered_is_found(database: Database) -> None:
    """And one whose first records were lost, so that it seems to have entered after its wait began."""
    await fill(database)
    rows = [
        ("n-9.1", UNTIL_S - 90_000, UNTIL_S - 90_000 + LONGEST_CALL_S - 60),
        ("n-9.2", UNTIL_S - 50_000, UNTIL_S - 53_000),
    ]

    async def work(connection: AsyncConnection) -> None:
        for call, entered_s, began_s in rows:
            like = {"hotline": "h", "trunk": "t", "caller": "", "language": "", "queue": "care", "waited_s": 0.0}
            like |= {"talk_s": 0.0, "tries": 0, "how": "", "agent": "", "seat": "", "outcome": ""}
            await connection.execute(insert(call_table).values(call=call, entered_utc_s=entered_s, **like))
            part = {"kind": "wait", "queue": "far", "seat": "", "agent": "", "lasted_s": 1.0, "outcome": ""}
            await connection.execute(insert(segments).values(segment=call, call=call, began_utc_s=began_s, **part))

    await database.writer.write(work)
    found = await Behind(database.engine).candidates(Candidates(UNTIL_S - DAYS * 86400, UNTIL_S, queue="far"))
    assert [row.call for row in found] == ["n-9.2", "n-9.1"]
