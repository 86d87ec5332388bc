"""The engine is killed while a caller is on hold or a colleague is consulted: never dead air, never a lost caller."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from cti.carrier.caller import CallerCall
from cti.carrier.phone import Phone
from tests.integration.centre import Centre
from tests.integration.survival import (
    SEATS,
    calls_of,
    engine_back,
    floor_empty,
    gaps,
    hears,
    in_line,
    kill_engine,
    nobody_restarts,
    records,
    seat_taken,
    sign_out,
    survivors,
    until,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Centre]:
    async with survivors() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    yield building
    await building.carrier.hang_up_all()
    await floor_empty(building)
    for seat in SEATS[:2]:
        await sign_out(building, seat)


async def does(house: Centre, what: str, **body: Any) -> None:
    answer = await house.api.post(f"/agents/agent-01/{what}", json=body or None)
    assert answer.status_code == 200, answer.text


async def held(house: Centre) -> tuple[CallerCall, Phone]:
    """A caller on hold at seat-01."""
    caller = await in_line(house, "13800000001")
    phone = await seat_taken(house, "seat-01")
    await caller.bridged()
    await call_is(house, "talking")
    await does(house, "hold")
    await call_is(house, "held")
    return caller, phone


async def with_whom(house: Centre, caller: CallerCall) -> str:
    """After the engine's return: "held", or "talking" when it took so long that the dialplan had ended the hold."""
    states: list[str] = []

    async def known() -> bool:
        states[:] = [entry["state"] for entry in (await calls_of(house)).values()]
        return states in (["held"], ["talking"])

    await until(known, "the call is not known any more")
    assert not caller.over
    return states[0]


async def call_is(house: Centre, state: str) -> None:
    async def so() -> bool:
        return [entry["state"] for entry in (await calls_of(house)).values()] == [state]

    await until(so, f"the call is never {state}")


async def test_a_hold_outlives_the_engine_and_the_next_one_ends_it(house: Centre) -> None:
    caller, phone = await held(house)
    dead = await kill_engine(house)
    await engine_back(house, dead)
    if await with_whom(house, caller) == "held":
        await does(house, "resume")
        await call_is(house, "talking")
    await phone.hang_up()
    await caller.ended()
    assert gaps(await caller.heard()) == []
    await floor_empty(house)
    assert (await records(house))[0]["how"] == "agent"


async def test_without_an_engine_the_dialplan_ends_the_hold(house: Centre) -> None:
    caller, phone = await held(house)
    dead = house.engine_pid()
    async with nobody_restarts(house):
        await kill_engine(house)
        await until(lambda: hears(caller, phone.tone_hz), "caller and agent are never together again")
    await engine_back(house, dead)
    await call_is(house, "talking")
    await phone.hang_up()
    await caller.ended()
    assert gaps(await caller.heard()) == []


async def test_a_consult_outlives_the_engine_and_can_be_completed(house: Centre) -> None:
    caller, phone = await held(house)
    other = await seat_taken(house, "seat-02")
    await does(house, "consult", agent="agent-02")
    await other.answered()
    dead = await kill_engine(house)
    await engine_back(house, dead)
    if await with_whom(house, caller) == "held":
        assert phone.talking and other.talking
        await does(house, "complete")
        await phone.ended()
        await call_is(house, "talking")
    await caller.hang_up()
    await other.ended()
    assert gaps(await caller.heard()) == []


async def test_without_an_engine_a_caller_whose_agent_left_a_consult_gets_the_colleague(house: Centre) -> None:
    caller, phone = await held(house)
    other = await seat_taken(house, "seat-02")
    await does(house, "consult", agent="agent-02")
    await other.answered()
    dead = house.engine_pid()
    async with nobody_restarts(house):
        await kill_engine(house)
        await phone.hang_up()
        await until(lambda: hears(caller, other.tone_hz), "caller and colleague are never together")
    await engine_back(house, dead)
    await call_is(house, "talking")
    await caller.hang_up()
    await other.ended()
    assert gaps(await caller.heard()) == []
