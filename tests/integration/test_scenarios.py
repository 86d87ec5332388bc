"""The real Asterisk against the recorded tables of tests/scenarios.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from app import clock
from core.commands import RingSeat, RunFlow, WithdrawRing
from core.ids import CallId, CommandId, HotlineId, NodeId, OfferId, QueueId, SeatId, TrunkId
from core.inputs import (
    CallQueued,
    CommandDone,
    CommandFailed,
    Input,
    PbxResynced,
    SeatAnswered,
    SeatRang,
    SeatReachabilityChanged,
)
from cti.agi import AgiLine
from cti.carrier.phone import Phone
from cti.lines import Arrival, Voice
from cti.node import Address, PbxNode
from tests.integration.centre import PATIENCE_S
from tests.integration.telephony import HOTLINE, Telephony, telephony
from tests.scenarios import (
    COLLEAGUE,
    MOVES,
    SCENARIOS,
    MoveScenario,
    Scenario,
    leg_facts,
    line_facts,
    move_facts,
    ordered,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEAT = SeatId("seat-01")
NODE = NodeId("a")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Telephony]:
    async with telephony(seats=2) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def running(building: Telephony) -> AsyncIterator[Telephony]:
    """Its calls are over after each scenario, for the PBX, too; phones stay registered."""
    yield building
    await building.carrier.hang_up_all()
    async with asyncio.timeout(PATIENCE_S):
        while await building.pbx.order("core show channels concise"):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.05)


@dataclass
class Facts:
    """An inbox that only keeps; `until` waits for a fact."""

    seen: list[Input] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, fact: Input) -> bool:
        self.seen.append(fact)
        self.news.set()
        return True

    async def until(self, wanted: Callable[[Input], bool], timeout_s: float = PATIENCE_S) -> Input:
        async with asyncio.timeout(timeout_s):
            while True:
                if found := [fact for fact in self.seen if wanted(fact)]:
                    return found[0]
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def serving(running: Telephony, facts: Facts) -> AsyncIterator[PbxNode]:
    """A node without an engine: every caller is queued at once."""

    async def menu(line: AgiLine, arrived: Arrival) -> bool:
        who = (arrived.call, NODE, HotlineId("h1"), TrunkId("a"), arrived.caller)
        facts.offer(CallQueued(*who, QueueId("service"), "en"))
        return True

    async def flow(line: AgiLine, order: RunFlow) -> bool:
        return False

    async def booth(line: AgiLine) -> None:
        """Nobody records a prompt here."""

    def names(seat: SeatId) -> tuple[str, ...]:
        return (running.credentials.sip_name(seat),)

    ports, credentials = running.settings.ports, running.credentials
    address = Address(
        "127.0.0.1",
        ports.ami,
        "thirdring",
        credentials.ami_secret,
        "127.0.0.1",
        ports.agi,
        credentials.agi_path,
        ports.ear,
    )
    boot_id, sounds = clock.boot_id(), running.settings.home / "sounds"
    node = PbxNode(
        NODE,
        address,
        facts,
        Voice(menu, flow, lambda told: (), booth),
        names,
        boot_s=clock.boot_s,
        boot_id=boot_id,
        sounds=sounds,
    )
    node.configure(running.house)
    await node.listen()
    task = asyncio.create_task(node.run(), name="node")
    try:
        await facts.until(lambda fact: isinstance(fact, PbxResynced))
        yield node
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def there(phone: Phone, wanted: bool = True) -> None:
    """The phone is registered, or is not."""
    if phone.registered != wanted:
        await (phone.register() if wanted else phone.unregister())


async def behave(phone: Phone, scenario: Scenario) -> None:
    """Tell the phone its part."""
    if scenario.phone == "answers":
        await phone.will_answer(after_s=0.3)
    elif scenario.phone == "ignores":
        await phone.will_ignore()
    elif scenario.phone == "busy":
        await phone.will_reject()
    elif scenario.phone == "rejects":
        await phone.will_reject(after_s=0.5, decline=True)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_the_real_one_does_what_was_recorded(running: Telephony, scenario: Scenario) -> None:
    facts = Facts()
    phone = await running.carrier.phone(SEAT)
    await there(phone, scenario.phone != "absent")
    async with serving(running, facts) as node:
        await behave(phone, scenario)
        caller = await running.carrier.dial(HOTLINE)
        queued = await facts.until(lambda fact: isinstance(fact, CallQueued))
        assert isinstance(queued, CallQueued)
        dial_s = 3.0 if scenario.ends == "expired" else 20.0
        await ring(node, queued.call, dial_s)
        if scenario.phone in ("answers", "ignores"):
            await facts.until(lambda fact: isinstance(fact, SeatRang))
        if scenario.phone == "answers":
            await caller.bridged()
        if scenario.ends == "agent":
            await phone.hang_up()
        elif scenario.ends in ("caller", "caller_while_ringing"):
            await caller.hang_up()
        elif scenario.ends == "unregistered":
            await phone.unregister()
            await facts.until(lambda fact: isinstance(fact, SeatReachabilityChanged) and not fact.reachable)
        if scenario.ends in ("withdrawn", "unregistered"):
            until = clock.boot_s() + 2
            node.executor.execute([WithdrawRing(CommandId("2.0"), until, NODE, queued.call, OfferId("o/1"), SEAT)])
        await facts.until(lambda fact: isinstance(fact, CommandDone | CommandFailed) and fact.id == "1.0")
        if scenario.leg:
            async with asyncio.timeout(PATIENCE_S):
                while len(leg_facts(facts.seen)) < len(scenario.leg):
                    facts.news.clear()
                    await facts.news.wait()
        if "gone 16" in scenario.line:
            await facts.until(lambda fact: "gone 16" in line_facts([fact], "1.0"))
        assert leg_facts(facts.seen) == scenario.leg
        assert line_facts(facts.seen, "1.0") == scenario.line


async def ring(node: PbxNode, call: CallId, dial_s: float) -> None:
    order = RingSeat(CommandId("1.0"), clock.boot_s() + 2, NODE, call, OfferId("o/1"), SEAT, dial_s)
    node.executor.execute([order])


@pytest.mark.parametrize("scenario", MOVES, ids=lambda scenario: scenario.name)
async def test_the_real_one_parts_and_joins_talks_as_was_recorded(running: Telephony, scenario: MoveScenario) -> None:
    facts = Facts()
    phones = [await running.carrier.phone(seat) for seat in (SEAT, COLLEAGUE)]
    for phone in phones:
        await phone.will_answer(after_s=0.3)
        await there(phone)
    async with serving(running, facts) as node:
        caller = await running.carrier.dial(HOTLINE)
        queued = await facts.until(lambda fact: isinstance(fact, CallQueued))
        assert isinstance(queued, CallQueued)
        await ring(node, queued.call, 20.0)
        await caller.bridged()
        await facts.until(lambda fact: isinstance(fact, SeatAnswered))
        for number, (step, expected) in enumerate(scenario.steps, start=2):
            facts.seen.clear()
            order = ordered(step, queued.call, NODE, clock.boot_s(), number)
            if order is not None:
                node.executor.execute([order])
            else:
                await phones[0].hang_up()
            await _until_known(facts, expected, step)


async def _until_known(facts: Facts, expected: tuple[str, ...], step: str) -> None:
    try:
        await facts.until(lambda fact: len(move_facts(facts.seen)) >= len(expected), 5.0)
    except TimeoutError:
        raise AssertionError(f"{step}: {move_facts(facts.seen)} of {facts.seen}") from None
    assert move_facts(facts.seen) == expected, step
