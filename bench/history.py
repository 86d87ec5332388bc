"""A store with a year of calls, to measure what reads it: one made-up day, folded by the shipper's own code, and copied
inside the database to all others.

The day has three hotlines, four queues and 40 agents on two shifts, ten outcomes a call. No call begins in its last 40
minutes, so that all rows of a day are its own, and a copy is the same rows at a later time. Inputs, which no report
reads, are left out but for the last: a journal goes on behind it. Shifts are told without an end, which a copy would
have on the first day.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Table, case, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.events import (
    AgentChanged,
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallOffered,
    DutyChanged,
    Event,
    MenuNodeVisited,
    RingEnded,
    TalkEnded,
)
from core.house import Agent, Hotline, House, Queue, Seat, Trunk
from core.ids import AgentId, CallId, HotlineId, OfferId, QueueId, SeatId, TrunkId
from core.periods import midnight
from core.states import AgentState, AgentStatus, DutyState, RingOutcome
from store.codec import event_codec
from store.migrations import migrate
from store.models import calls, inputs, journal_state, metadata, outcomes, rollup_blocks, rollups, segments
from store.projecting import catch_up
from store.session import writing_engine

DAYS, DAY_S, QUIET_S = 365, 86_400, 2_400
HOTLINES, QUEUES = ("main", "repairs", "complaints"), ("presales", "after-sales", "complaints", "english")
AGENTS = tuple(AgentId(f"agent-{number:02}") for number in range(1, 41))
ZONE = ZoneInfo("Asia/Shanghai")
FIRST_UTC_S = midnight(datetime(2025, 11, 1, tzinfo=UTC).date(), ZONE)
UNTIL_UTC_S = FIRST_UTC_S + DAYS * DAY_S
STEP, BOOT = 4_000, "bench"
COPIED = (outcomes, calls, segments, rollups, rollup_blocks)


async def fill(url: str, count: int, *, days: int = DAYS) -> None:
    """`count` calls, or some fewer, in so many days, in this empty database. Raises what the driver raises."""
    await migrate(url)
    engine = writing_engine(url, command_s=None)  # an index over a hundred million rows takes minutes
    try:
        async with engine.connect() as connection:
            last = await _first_day(connection, max(1, count // days))
            await _hurry(connection)
            async with connection.begin():
                await connection.run_sync(_indexes, "drop")
            for day in range(1, days):
                async with connection.begin():
                    await _copy(connection, day, last)
            async with connection.begin():
                await connection.run_sync(_indexes, "create")
                await _end(connection, last * days)
    finally:
        await engine.dispose()


async def as_filled(url: str) -> int:
    """Take out what a start of the product has written since; in this program's schema. The journal's last number."""
    await migrate(url)
    engine = writing_engine(url, command_s=None)
    try:
        async with engine.begin() as connection:
            last = (await connection.execute(select(inputs.c.sequence).where(inputs.c.boot == BOOT))).scalar_one()
            for table in metadata.sorted_tables:
                if table not in (*COPIED, inputs, journal_state):
                    await connection.execute(delete(table))
            await connection.execute(delete(inputs).where(inputs.c.boot != BOOT))
            await connection.execute(delete(outcomes).where(outcomes.c.sequence > last))
            for table in (rollups, rollup_blocks):
                await connection.execute(delete(table).where(table.c.start_utc_s >= UNTIL_UTC_S))
            await connection.execute(update(journal_state).values(_place(last)))
    finally:
        await engine.dispose()
    return int(last)


def _place(last: int) -> dict[str, int]:
    """As if all of it had been shipped from a spool that is gone, and folded."""
    return {"shipped_segment": 0, "shipped_offset": 0, "projected_sequence": last, "projected_ordinal": 0}


async def _first_day(connection: AsyncConnection, count: int) -> int:
    """Write and fold it; its number of outcomes."""
    async with connection.begin():
        rows = list(_outcomes(count))
        await connection.execute(insert(outcomes), rows)
    while await _folded(connection) == STEP:
        pass
    return len(rows)


async def _hurry(connection: AsyncConnection) -> None:
    """A fill that is cut short is begun anew: nothing need reach the disk before its end."""
    sqlite = ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -500000")
    driver: Any = (await connection.get_raw_connection()).driver_connection
    for order in sqlite if connection.dialect.name == "sqlite" else ("SET synchronous_commit = off",):
        await driver.execute(order)  # SQLite takes these outside of a transaction alone


def _indexes(connection: Connection, what: Literal["drop", "create"]) -> None:
    """Those beside the keys: made at the end, they are sorted once."""
    for table in COPIED:
        for index in table.indexes:
            getattr(index, what)(connection)


async def _folded(connection: AsyncConnection) -> int:
    async with connection.begin():
        return await catch_up(connection, STEP)


async def _copy(connection: AsyncConnection, day: int, last: int) -> None:
    """The first day's rows once more, `day` days later."""
    later_s = day * DAY_S

    def moved(column: Any) -> ColumnElement[Any]:
        return func.replace(column, _names(0), _names(day))

    async def add(table: Table, first_day: ColumnElement[bool], **changed: ColumnElement[Any]) -> None:
        times = {column.name: column + later_s for column in table.c if column.name.endswith("_utc_s")}
        rows = select(*(({**times, **changed}).get(column.name, column) for column in table.c)).where(first_day)
        await connection.execute(insert(table).from_select(list(table.c), rows))

    numbered = {"sequence": outcomes.c.sequence + day * last, "boot_s": outcomes.c.boot_s + later_s}
    await add(outcomes, outcomes.c.sequence <= last,
              call=moved(outcomes.c.call), body=moved(outcomes.c.body), **numbered)  # fmt: skip
    await add(calls, calls.c.call < _names(1), call=moved(calls.c.call))
    await add(segments, segments.c.segment < _names(1), call=moved(segments.c.call), segment=moved(segments.c.segment))
    for table in (rollups, rollup_blocks):
        first_day = table.c.kind.in_(("call", "agent", "node", "trunk")) & (table.c.start_utc_s < FIRST_UTC_S + DAY_S)
        await add(table, first_day, part=case(_shifts(later_s), value=table.c.part, else_=table.c.part))


def _names(day: int) -> str:
    """What the ids of a day's calls begin with."""
    return f"b-{day:03}."


def _shifts(later_s: int) -> dict[str, str]:
    """Of the first day, and so much later."""
    began = [(name, FIRST_UTC_S + start_s) for name, start_s in SHIFTS]
    return {f"{name}@{start_utc_s}": f"{name}@{start_utc_s + later_s}" for name, start_utc_s in began}


SHIFTS = (("night", -4 * 3600), ("day", 8 * 3600), ("night", 20 * 3600))
"""Those that a day sees, from its midnight."""


async def _end(connection: AsyncConnection, last: int) -> None:
    """The last input, the places, and a look at the tables, as PostgreSQL takes it by itself."""
    wall = datetime.fromtimestamp(UNTIL_UTC_S, UTC).isoformat()
    row = {"sequence": last, "boot": BOOT, "boot_s": 0.0, "wall": wall, "configuration": 1, "tag": "Tick", "body": "{}"}
    await connection.execute(insert(inputs), row)
    await connection.execute(update(journal_state).values(_place(last)))
    if connection.dialect.name == "postgresql":
        await connection.execute(text("ANALYZE"))


# --- the day -----------------------------------------------------------------------------------
def _outcomes(count: int) -> Iterator[dict[str, Any]]:
    dice, encode = random.Random(1), event_codec().encode
    spread_s = (DAY_S - QUIET_S) / count
    happened: list[tuple[float, Event]] = [
        (FIRST_UTC_S + DAY_S - 60.0, DutyChanged(agent, DutyState.OFF, "", None, None)) for agent in AGENTS
    ]
    happened += [each for number in range(count) for each in _call(dice, number, FIRST_UTC_S + number * spread_s)]
    for sequence, (at_utc_s, event) in enumerate(sorted(happened, key=lambda each: each[0]), 1):
        tag, body = encode(event)
        named = {"tag": tag, "call": getattr(event, "call", None), "body": body.decode()}
        yield {"sequence": sequence, "ordinal": 0, "boot_s": at_utc_s, "at_utc_s": at_utc_s, **named}


def _call(dice: random.Random, number: int, at: float) -> Iterator[tuple[float, Event]]:
    """One call: nine in ten are answered, at the first ring."""
    call, hotline = CallId(f"{_names(0)}{number}"), HotlineId(dice.choice(HOTLINES))
    queue, agent = QueueId(dice.choice(QUEUES)), dice.choice(AGENTS)
    seat = SeatId(agent.replace("agent", "seat"))
    waited_s, talk_s = min(300.0, dice.expovariate(1 / 12)), min(1_500.0, dice.expovariate(1 / 180))
    shift, start_s = max((s for s in SHIFTS if FIRST_UTC_S + s[1] <= at), key=lambda s: s[1])
    began = float(FIRST_UTC_S + start_s)
    yield at, DutyChanged(agent, DutyState.ON, shift, began, None)
    yield at, CallEntered(call, hotline, TrunkId("a"), f"+86138{dice.randrange(10**8):08}", "zh-CN")
    yield at + 5, MenuNodeVisited(call, hotline, "main", "service", "queue", "went_on", 0, 0, 5.0)
    yield at + 5, CallOffered(call, queue, hotline, 0, "zh-CN", 0.0)
    begun = at + 5 + waited_s
    if number % 10 == 0:
        yield begun, CallAbandoned(call, queue, hotline, waited_s)
        yield begun, CallEnded(call, hotline, "caller", waited_s)
        return
    answered = RingOutcome.ANSWERED
    yield begun, RingEnded(call, OfferId(f"{call}/1"), seat, agent, queue, answered, min(14.0, waited_s))
    yield begun, CallAnswered(call, queue, hotline, seat, agent, waited_s, 1)
    ready, talking, wrap_up = AgentStatus.READY, AgentState.TALKING, AgentState.WRAP_UP
    over = begun + talk_s
    yield over, TalkEnded(call, queue, hotline, seat, agent, talk_s, "caller")
    yield over, CallEnded(call, hotline, "caller", waited_s)
    yield over, AgentChanged(agent, seat, ready, talking, ready, wrap_up, "", talk_s)
    yield over + 15, AgentChanged(agent, seat, ready, wrap_up, ready, AgentState.IDLE, "", 15.0)


def house() -> House:
    """Whose calls they are."""
    return House(
        name="bench",
        trunks=(Trunk(id=TrunkId("a"), name="a", host="127.0.0.2", port=0),),
        hotlines=tuple(
            Hotline(
                id=HotlineId(name), number=f"9500{n}", name={"en": name}, flow="complaints", queue=QueueId(QUEUES[0])
            )
            for n, name in enumerate(HOTLINES)
        ),
        skills=("all",),
        queues=tuple(Queue(id=QueueId(name), name={"en": name}, skills={"all": 1}) for name in QUEUES),
        seats=tuple(Seat(id=SeatId(agent.replace("agent", "seat"))) for agent in AGENTS),
        agents=tuple(Agent(id=agent, name=agent, skills={"all": 5}) for agent in AGENTS),
    )
