"""How long reports of one month take with a year of calls in the store: `./thirdring bench stats`.

A year of made-up calls (three hotlines, four queues, 40 agents, by day and by night) is folded as the shipper folds it;
the rows of figures and the records of calls and waits are written to a database of their own, without the journal. Then
every report of the busiest month is asked for through the API's own code, and the calls behind a figure.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.events import (
    AgentChanged,
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallOffered,
    Event,
    MenuNodeVisited,
    Outcome,
    RingEnded,
    TalkEnded,
)
from core.house import Agent, Hotline, House, Queue, Seat, Trunk
from core.ids import AgentId, CallId, HotlineId, OfferId, QueueId, SeatId, TrunkId
from core.mergeable import Mergeable
from core.periods import midnight
from core.rollup import Rollup, in_blocks
from core.states import AgentState, AgentStatus, RingOutcome
from monitor import reports
from monitor.reports import KIND_OF, Ask, By, Pair, Subject
from store.call_filters import CallFilter
from store.migrations import migrate
from store.models import calls, rollup_blocks, rollups, segments
from store.projections import Picture, fold
from store.queries import Queries
from store.rollups import Rollups
from store.session import reading_engine, sqlite_url
from store.writer import Writer

YEAR_S = 365 * 86400
HOTLINES, QUEUES = ("main", "repairs", "complaints"), ("presales", "after-sales", "complaints", "english")
AGENTS = tuple(AgentId(f"agent-{number:02}") for number in range(1, 41))
ZONE = ZoneInfo("Asia/Shanghai")
FIRST_UTC_S = midnight(datetime(2025, 12, 1, tzinfo=UTC).date(), ZONE)
BATCH_CALLS = 25
TIMES = 3
BY_DAY: tuple[By, ...] = ("all", "day")
PERIODS: dict[Subject, tuple[By, ...]] = {"shift": ("shift",), "house": ("all", "day", "hour")}
"""By the hour a month of every agent is more lines than the API gives."""


def run(count: int, url: str = "") -> dict[str, object]:
    """Figures of `count` calls; `url` is an empty database, "" a SQLite file of its own."""
    with tempfile.TemporaryDirectory(prefix="thirdring-bench-") as directory:
        return asyncio.run(_run(count, url or sqlite_url(Path(directory) / "bench.sqlite3")))


async def _run(count: int, url: str) -> dict[str, object]:
    await migrate(url)
    began_s = time.perf_counter()
    await _fill(url, count)
    filled_s = time.perf_counter() - began_s
    engine = reading_engine(url)
    try:
        taken = await _ask_everything(engine)
    finally:
        await engine.dispose()
    slowest = max(taken, key=lambda name: taken[name])
    return {
        "calls": count,
        "database": url.partition(":")[0],
        "fill_s": round(filled_s, 1),
        **{f"{name}_s": round(seconds, 3) for name, seconds in taken.items()},
        "slowest_report": slowest,
        "slowest_report_s": round(taken[slowest], 3),
    }


# --- asking ------------------------------------------------------------------------------------
async def _ask_everything(engine: AsyncEngine) -> dict[str, float]:
    """Seconds of each report of the last month, the best of three: a page is asked for more than once."""
    house, found = _house(), Rollups(engine)
    until = FIRST_UTC_S + YEAR_S
    since = until - 31 * 86400
    taken: dict[str, float] = {}
    for of in reports.SUBJECTS:
        for by in PERIODS.get(of, BY_DAY):
            ask = Ask(of, since, until, by)
            taken[f"{of}_by_{by}"] = await _best(lambda ask=ask: _report(found, ask, house))  # type: ignore[misc]
    queries = Queries(engine)
    behind = CallFilter(since_utc_s=since, until_utc_s=until, queue=QUEUES[0], outcome="abandoned")
    taken["calls_behind_a_month"] = await _best(lambda: queries.calls(wanted=behind))
    return taken


async def _report(found: Rollups, ask: Ask, house: House) -> None:
    """As api.routes.stats does it."""
    first, last = reports.window(ask)
    part = reports.part_of(ask.of) or None
    periods = reports.periods(ask, house)
    pairs: list[Pair] = list(await found.states(KIND_OF[ask.of], first, last, part=part, periods=periods))
    if ask.by != "all":
        reports.lines(pairs, ask, house)
    if ask.by != "shift":
        reports.totals(pairs, ask, house)


async def _best(work: Callable[[], Awaitable[object]]) -> float:
    taken = []
    for _ in range(TIMES):
        began_s = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - began_s)
    return min(taken)


# --- filling -----------------------------------------------------------------------------------
async def _fill(url: str, count: int) -> None:
    dice, rollup, writer, sequence = random.Random(1), Rollup(), Writer(url), 0
    try:
        for start in range(0, count, BATCH_CALLS):
            batch: list[Outcome] = []
            for number in range(start, min(start + BATCH_CALLS, count)):
                for at_utc_s, event in _call(dice, number, FIRST_UTC_S + number / count * YEAR_S):
                    sequence += 1
                    batch.append(Outcome(sequence, 0, at_utc_s, at_utc_s, event))
            for outcome in batch:
                rollup.apply(outcome)
            await writer.write(lambda connection, batch=batch: _keep(connection, batch))  # type: ignore[misc]
        by_quarters = rollup.rows()
        for table, states in ((rollups, by_quarters), (rollup_blocks, in_blocks(by_quarters))):
            rows = [row._asdict() | {"state": _text(state)} for row, state in states.items()]
            await writer.write(lambda connection, table=table, rows=rows: _insert(connection, table, rows))  # type: ignore[misc]
    finally:
        await writer.close()


async def _keep(connection: AsyncConnection, batch: list[Outcome]) -> None:
    records = fold(Picture(), batch)
    await _insert(connection, calls, [asdict(row) for row in records.calls.values()])
    await _insert(connection, segments, [asdict(row) for row in records.segments.values()])


async def _insert(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        await connection.execute(insert(table), rows)


def _text(state: Mergeable) -> str:
    from pydantic_core import to_json

    return to_json(state.to_json()).decode()


def _call(dice: random.Random, number: int, at: float) -> Iterator[tuple[float, Event]]:
    """One call: nine in ten are answered, at the first or second ring."""
    call, hotline = CallId(f"b-1.{number}"), HotlineId(dice.choice(HOTLINES))
    queue, agent = QueueId(dice.choice(QUEUES)), dice.choice(AGENTS)
    seat, waited_s, talk_s = SeatId(agent.replace("agent", "seat")), dice.expovariate(1 / 12), dice.expovariate(1 / 180)
    yield at, CallEntered(call, hotline, TrunkId("a"), "+8613800000000", "zh-CN")
    yield at + 5, MenuNodeVisited(call, hotline, "main", "service", "queue", "went_on", 0, 0, 5.0)
    yield at + 5, CallOffered(call, queue, hotline, 0, "zh-CN", 0.0)
    begun = at + 5 + waited_s
    if number % 10 == 0:
        yield begun, CallAbandoned(call, queue, hotline, waited_s)
    else:
        answered = RingOutcome.ANSWERED
        yield begun, RingEnded(call, OfferId(f"{call}/1"), seat, agent, queue, answered, min(14.0, waited_s))
        yield begun, CallAnswered(call, queue, hotline, seat, agent, waited_s, 1)
        ready, talking, wrap_up = AgentStatus.READY, AgentState.TALKING, AgentState.WRAP_UP
        over = begun + talk_s
        yield over, TalkEnded(call, queue, hotline, seat, agent, talk_s, "caller")
        yield over, AgentChanged(agent, seat, ready, talking, ready, wrap_up, "", talk_s)
        yield over + 15, AgentChanged(agent, seat, ready, wrap_up, ready, AgentState.IDLE, "", 15.0)
    yield begun + talk_s + 1, CallEnded(call, hotline, "caller", waited_s)


def _house() -> House:
    return House(
        name="bench",
        trunks=(Trunk(id=TrunkId("a"), name="a", host="127.0.0.2"),),
        hotlines=tuple(
            Hotline(id=HotlineId(name), number=f"9500{n}", name={}, flow="main", queue=QueueId(QUEUES[0]))
            for n, name in enumerate(HOTLINES)
        ),
        skills=("all",),
        queues=tuple(Queue(id=QueueId(name), name={}, skills={"all": 1}) for name in QUEUES),
        seats=tuple(Seat(id=SeatId(agent.replace("agent", "seat"))) for agent in AGENTS),
        agents=tuple(Agent(id=agent, name=agent) for agent in AGENTS),
    )
