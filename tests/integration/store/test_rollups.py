"""The stored figures on both databases: what was shipped is what a fold gives, and each count names its calls."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.routes.stats import read_pairs
from core.events import AgentChanged, CallAnswered, DutyChanged, Event, Outcome
from core.figures import Figures
from core.house import House
from core.ids import CallId
from core.inputs import Tick
from core.mergeable import Mergeable
from core.rollup import BLOCK_S, WHOLE, Rollup, Row, in_blocks
from core.staff import Group
from core.states import AgentState, AgentStatus, DutyState
from core.stats import QUARTER_HOUR_S
from core.work import AgentFigures
from monitor.reports import Ask, by_team, lines
from store.call_search import CallSearch
from store.house import HouseStore
from store.journal import Shipper
from store.migrations.versions import v0010_rollup_blocks
from store.models import PROJECTIONS, inputs, journal_state, outcomes, rollup_blocks, rollup_open
from store.queries import Queries
from store.rollups import Rollups
from store.spool import Spool
from tests.integration.store.database import NOW, Database, ship_all
from tests.unit.floor import AGENT, HOTLINE, SALES, SEAT, SERVICE, TRUNK, small_house
from tests.unit.monitor.test_stats import LIVES, history

BOUNDS = 0, 2**40
FEW = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def spool(directory: Path, outcomes: list[Outcome]) -> None:
    """Each outcome decided by a tick of its own."""
    journal = Spool(directory, sync_every_s=3600)
    for outcome in outcomes:
        journal.append_input(outcome.sequence, NOW, 1, Tick())
        journal.append_outcomes([outcome])
    journal.close()


async def stored(database: Database) -> dict[Row, Mergeable]:
    rollups = Rollups(database.engine)
    return {
        row: state for kind in ("call", "agent", "node", "trunk") for row, state in await rollups.states(kind, *BOUNDS)
    }


def folded(outcomes: list[Outcome]) -> dict[Row, Mergeable]:
    rollup = Rollup()
    for outcome in outcomes:
        rollup.apply(outcome)
    return rollup.rows()


@pytest.fixture
def lives() -> list[Outcome]:
    """Nine calls that end in nine ways, over several quarters of an hour."""
    return history([(400.0 * shape, shape, 7.5 + shape) for shape in range(9)])


async def test_rows_shipped_in_any_batches_and_twice_are_those_of_one_fold(
    database: Database, tmp_path: Path, lives: list[Outcome]
) -> None:
    spool(tmp_path, lives)
    shipper = Shipper(tmp_path, database.writer)
    shipper._batch_lines = 3
    await ship_all(shipper)
    assert await stored(database) == folded(lives)

    async def forget_the_place(connection: AsyncConnection) -> None:
        await connection.execute(update(journal_state).values(shipped_segment=0, shipped_offset=0))

    await database.writer.write(forget_the_place)
    await ship_all(Shipper(tmp_path, database.writer))  # every line comes a second time
    assert await stored(database) == folded(lives)
    assert await Rollups(database.engine).unconserved(*BOUNDS) == []


async def test_what_is_open_is_kept_until_it_ends(database: Database, tmp_path: Path, lives: list[Outcome]) -> None:
    spool(tmp_path, lives)
    await ship_all(Shipper(tmp_path, database.writer))
    names = {(row["kind"], row["name"]) for row in await database.rows(rollup_open)}
    assert {name for kind, name in names if kind == "call"} == {"7"}  # shape 7 never ends
    assert ("agent", AGENT) in names


async def test_an_interval_with_a_hole_in_it_is_told_once(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer whose offer was lost with a full disk."""
    answers = [CallAnswered(CallId(name), SALES, HOTLINE, SEAT, AGENT, 1.0, 1) for name in ("a", "b")]
    spool(tmp_path, [Outcome(n, 0, n, 1.7e9 + n, event) for n, event in enumerate(answers, 1)])
    shipper = Shipper(tmp_path, database.writer)
    shipper._batch_lines = 2
    await ship_all(shipper)
    broken = await Rollups(database.engine).unconserved(*BOUNDS)
    assert [row.part for row in broken] == [WHOLE, SALES]
    assert caplog.text.count("do not add up") == 2


async def test_a_span_and_names_choose_rows(database: Database, tmp_path: Path, lives: list[Outcome]) -> None:
    spool(tmp_path, lives)
    await ship_all(Shipper(tmp_path, database.writer))
    rollups = Rollups(database.engine)
    everything = folded(lives)
    first = min(row.start_utc_s for row in everything)
    found = dict(await rollups.states("call", first, first + QUARTER_HOUR_S, part=SERVICE))
    assert found == {
        row: state for row, state in everything.items() if row.kind == "call" and row[1:] == (first, HOTLINE, SERVICE)
    }
    assert dict(await rollups.states("call", *BOUNDS, name="nobody")) == {}


# --- a search for calls beside the figures ------------------------------------------------------
COUNTS = {"": "offered", "answered": "answered", "abandoned": "abandoned", "flowed_out": "flowed_out", "lost": "lost"}


async def calls_of(queries: Queries, **wanted: Any) -> list[str]:
    return [row.call for row in await queries.calls(limit=500, wanted=CallSearch(**wanted))]


@FEW
@given(lives=LIVES)
async def test_a_search_finds_as_many_calls_as_a_queue_or_hotline_counts(
    database: Database, tmp_path_factory: pytest.TempPathFactory, lives: list[tuple[float, int, float]]
) -> None:
    await database.writer.write(_emptied)
    told, directory = history(lives), tmp_path_factory.mktemp("spool")
    spool(directory, told)
    await ship_all(Shipper(directory, database.writer))
    queries = Queries(database.engine)
    for row, state in folded(told).items():
        if not isinstance(state, Figures) or row.name != HOTLINE:
            continue
        span = {"since_utc_s": row.start_utc_s, "until_utc_s": row.start_utc_s + QUARTER_HOUR_S}
        of = {} if row.part == WHOLE else {"queue": row.part}
        for outcome, name in COUNTS.items():
            found = await calls_of(queries, hotline=HOTLINE, **of, **span, outcome=outcome)
            stays_of_one_call = row.part != WHOLE  # shape 4 comes back to a queue: one call, two stays
            assert len(found) == getattr(state, name) or (stays_of_one_call and len(found) < getattr(state, name))
        within = await calls_of(queries, hotline=HOTLINE, **of, **span, outcome="answered", within_s=15)
        assert len(within) == sum(count for second, count in state.answered_waits.items() if second <= 15)


async def _emptied(connection: AsyncConnection) -> None:
    for table in (*PROJECTIONS, inputs, outcomes):
        await connection.execute(table.delete())
    start = {"shipped_segment": 0, "shipped_offset": 0, "projected_sequence": 0, "projected_ordinal": -1}
    await connection.execute(journal_state.update().values(start))


async def test_a_search_finds_an_agents_rings_and_talks(
    database: Database, tmp_path: Path, lives: list[Outcome]
) -> None:
    spool(tmp_path, lives)
    await ship_all(Shipper(tmp_path, database.writer))
    queries, total = Queries(database.engine), AgentFigures()
    for state in folded(lives).values():
        if isinstance(state, AgentFigures):
            total.merge(state)
    span = {"since_utc_s": 0, "until_utc_s": 2**40}
    for outcome, count in total.rings.items():
        assert len(await calls_of(queries, agent=AGENT, outcome=outcome, **span)) == count
    assert len(await calls_of(queries, agent=AGENT, outcome="talked", **span)) == total.talks
    assert await calls_of(queries, agent="nobody") == []
    assert Counter(await calls_of(queries, trunk=TRUNK)).total() == 9


# --- by blocks ------------------------------------------------------------------------------------
async def test_a_team_has_the_work_of_who_was_in_it_then(database: Database) -> None:
    """The version in force when the span begins, and those that came in it."""
    store, plain = HouseStore(database.engine, database.writer), small_house()
    groups = tuple(Group(id=name) for name in ("early", "late"))

    def grouped(group: str) -> House:
        (agent, *others) = plain.agents
        moved = agent.model_copy(update={"group": group})
        return plain.model_copy(update={"agents": (moved, *others), "groups": groups})

    await store.seed(plain, NOW.wall)
    for version, (hours, group) in enumerate(((1, "early"), (2, "late"), (3, "early")), 1):
        await store.put(grouped(group), "leader01", version, NOW.wall + timedelta(hours=hours))
    now_utc_s = NOW.wall.timestamp()
    teams = await Rollups(database.engine).teams(now_utc_s + 3600, now_utc_s + 3 * 3600)
    assert teams == [(now_utc_s + 3600, {AGENT: "early"}), (now_utc_s + 7200, {AGENT: "late"})]
    pairs = [(Row("agent", int(now_utc_s) + after_s, AGENT, ""), AgentFigures()) for after_s in (0, 5400, 9000)]
    assert [row.name for row, _ in by_team(pairs, teams)] == ["early", "early", "late"]
    assert by_team(pairs, [(0.0, {})]) == by_team(pairs, []) == []


async def test_blocks_are_the_quarters_added_up_and_reports_read_either(
    database: Database, tmp_path: Path, lives: list[Outcome]
) -> None:
    spool(tmp_path, lives)
    shipper = Shipper(tmp_path, database.writer)
    shipper._batch_lines = 3
    await ship_all(shipper)
    rollups, everything = Rollups(database.engine), folded(lives)
    starts = [row.start_utc_s for row in everything]
    first, end = min(starts) // BLOCK_S * BLOCK_S, (max(starts) // BLOCK_S + 1) * BLOCK_S
    for kind in ("call", "agent", "node", "trunk"):
        expected = in_blocks({row: state for row, state in everything.items() if row.kind == kind})
        assert dict(await rollups.states(kind, first, end, periods=[(first, end)])) == expected
        edges = [(first + QUARTER_HOUR_S, end)]
        part = dict(await rollups.states(kind, *edges[0], periods=edges))
        assert all(row in everything or row in expected for row in part)


async def test_blocks_are_made_from_rows_of_before_they_were_kept(
    database: Database, tmp_path: Path, lives: list[Outcome]
) -> None:
    spool(tmp_path, lives)
    await ship_all(Shipper(tmp_path, database.writer))

    def again(connection: Any) -> None:
        connection.exec_driver_sql("DROP TABLE rollup_blocks")
        with Operations.context(MigrationContext.configure(connection)):
            v0010_rollup_blocks.upgrade()

    before = {row["state"] for row in await database.rows(rollup_blocks)}
    await database.writer.write(lambda connection: connection.run_sync(again))
    after = await database.rows(rollup_blocks)
    assert {row["state"] for row in after} == before and len(after) > 4


async def test_a_shift_ends_with_its_last_quarter_and_its_blocks_hold_all_of_it(
    database: Database, tmp_path: Path
) -> None:
    """A shift of nine hours over midnight, and work without one."""
    began = 1_795_000_000 // BLOCK_S * BLOCK_S + 3600
    out, ready, idle = AgentStatus.SIGNED_OUT, AgentStatus.READY, AgentState.IDLE
    duty = DutyChanged(AGENT, DutyState.ON, "night", float(began), began + 9 * 3600.0)
    told: list[tuple[float, Event]] = [
        (0.0, duty),
        (0.0, AgentChanged(AGENT, SEAT, out, idle, ready, idle, "", 0.0)),
        (9 * 3600.0, AgentChanged(AGENT, SEAT, ready, idle, out, idle, "", 9 * 3600.0)),
        (10 * 3600.0, DutyChanged(AGENT, DutyState.OVER, "", None, None)),
        (10 * 3600.0, AgentChanged(AGENT, SEAT, out, idle, ready, idle, "", 0.0)),
        (10 * 3600.0 + 60, AgentChanged(AGENT, SEAT, ready, idle, out, idle, "", 60.0)),
    ]
    lived = [Outcome(n, 0, after_s, began + after_s, event) for n, (after_s, event) in enumerate(told, 1)]
    spool(tmp_path, lived)
    await ship_all(Shipper(tmp_path, database.writer))
    house = small_house()
    ask = Ask("agent", began - 86_400, began + 86_400, by="shift")
    pairs = await read_pairs(Rollups(database.engine), 0.0, ask, house)
    by_blocks = lines(pairs, ask, house)
    by_quarters = lines([(row, state) for row, state in folded(lived).items() if row.kind == "agent"], ask, house)
    assert by_blocks == by_quarters
    assert [(line.start_utc_s - began, line.end_utc_s - began) for line in by_blocks] == [
        (0, 9 * 3600), (36_000, 36_900),
    ]  # fmt: skip
    assert by_blocks[0].figures["signed_in_s"] == 9 * 3600.0 and len(pairs) < 10
