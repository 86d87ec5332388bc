"""Questions: pages neither repeat nor skip; a story is told in order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.events import AgentChanged, CallEnded, CallEntered, CallOffered, Event, RingBegan, RingEnded
from core.ids import AgentId, CallId, HotlineId, OfferId, QueueId, SeatId, TrunkId
from core.states import AgentState, AgentStatus, RingOutcome
from store.call_filters import CallFilter
from store.errors import StoreUnavailable
from store.journal import Shipper
from store.queries import Queries
from store.session import reading_engine
from tests.integration.store.database import NOW, Database, ship_all, spool_events

CALL, OFFER, SEAT, AGENT, QUEUE = CallId("n-1.5"), OfferId("n-1.5/1"), SeatId("s1"), AgentId("a1"), QueueId("q1")
START_S = NOW.wall.timestamp()


def entered(call: str, hotline: str = "h1") -> CallEntered:
    return CallEntered(CallId(call), HotlineId(hotline), TrunkId("t1"), "", "en")


def status(was: AgentStatus, now: AgentStatus) -> Event:
    return AgentChanged(AGENT, SEAT, was, AgentState.IDLE, now, AgentState.IDLE, "", 0.0)


async def fill(database: Database, directory: Path, batches: list[list[Event]]) -> Queries:
    spool_events(directory, batches)
    await ship_all(Shipper(directory, database.writer))
    return Queries(database.engine)


async def test_pages_go_back_in_time_also_among_calls_of_one_moment(database: Database, tmp_path: Path) -> None:
    batches: list[list[Event]] = [[entered(f"n-{second}.{n}") for n in range(3)] for second in range(4)]
    queries = await fill(database, tmp_path, batches)
    seen: list[str] = []
    before = None
    while page := await queries.calls(before=before, limit=5):
        seen += [row.call for row in page]
        before = page[-1].entered_utc_s, page[-1].call
    assert seen == [f"n-{second}.{n}" for second in (3, 2, 1, 0) for n in (2, 1, 0)]


async def test_pages_are_filtered(database: Database, tmp_path: Path) -> None:
    queries = await fill(database, tmp_path, [[entered("n-1.1", "h1"), entered("n-1.2", "h2")]])
    assert [row.call for row in await queries.calls(wanted=CallFilter(hotline="h2"))] == ["n-1.2"]
    assert await queries.calls(wanted=CallFilter(queue="q9")) == []


async def test_a_calls_story_is_told_in_order(database: Database, tmp_path: Path) -> None:
    ring = RingEnded(CALL, OFFER, SEAT, AGENT, QUEUE, RingOutcome.MISSED, 15.0)
    events: list[list[Event]] = [
        [entered(CALL), entered("n-1.6"), CallOffered(CALL, QUEUE, HotlineId("h1"), 0, "en", 0.0)],
        [RingBegan(CALL, OFFER, SEAT, AGENT)],
        [ring, CallEnded(CALL, HotlineId("h1"), "abandoned", 20.0)],
    ]
    queries = await fill(database, tmp_path, events)
    story = await queries.story(CALL)
    assert [(one.sequence, one.ordinal, type(one.event).__name__) for one in story] == [
        (1, 0, "CallEntered"), (1, 2, "CallOffered"), (2, 0, "RingBegan"), (3, 0, "RingEnded"), (3, 1, "CallEnded"),
    ]  # fmt: skip
    assert story[3].event == ring
    _wait, segment = await queries.segments(CALL)
    assert (segment.outcome, segment.lasted_s) == ("missed", 15.0)
    row = await queries.call(CALL)
    assert row is not None
    assert (row.how, row.ended_utc_s) == ("abandoned", START_S + 3)
    assert await queries.call("n-9.9") is None


async def test_sessions_that_overlap_a_span(database: Database, tmp_path: Path) -> None:
    out, ready = AgentStatus.SIGNED_OUT, AgentStatus.READY
    queries = await fill(database, tmp_path, [[status(out, ready)], [status(ready, out)], [], [], [status(out, ready)]])
    everything = await queries.agent_sessions(START_S, START_S + 100)
    assert [(one.began_utc_s - START_S, one.ended_utc_s) for one in everything] == [(1, START_S + 2), (5, None)]
    assert await queries.agent_sessions(START_S + 3, START_S + 5) == []
    assert len(await queries.agent_sessions(START_S + 2, START_S + 6, "a1")) == 2
    assert [one.agent for one in await queries.seat_sessions(START_S + 50, START_S + 60, "s1")] == ["a1"]


def test_a_refused_connection_leaves_nothing_that_complains_to_a_closed_loop(tmp_path: Path) -> None:
    """An exception in a thread would fail this test; one loop in four met one."""

    async def ask() -> None:
        with pytest.raises(StoreUnavailable):
            await Queries(reading_engine(f"sqlite+aiosqlite:///{tmp_path}/no/such/file")).calls()

    for _ in range(30):
        asyncio.run(ask())


async def test_a_missing_database_is_told(tmp_path: Path) -> None:
    for url in (f"sqlite+aiosqlite:///{tmp_path}/no/such/file", "postgresql+asyncpg://x@127.0.0.1:1/x"):
        engine = reading_engine(url)
        with pytest.raises(StoreUnavailable):
            await Queries(engine).calls()
        await engine.dispose()
