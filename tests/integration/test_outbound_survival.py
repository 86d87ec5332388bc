"""Calls that we make, with few lines and with an engine that is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.integration.audited import agree
from tests.integration.centre import Centre
from tests.integration.office import both_trunks, clear, dial, idle, off_the_floor, office, opened
from tests.integration.test_outbound import call, outcome, ready

pytestmark = pytest.mark.asyncio(loop_scope="module")

INBOUND, RESERVE = 3, 1
CONGESTION = "34"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Centre]:
    lines = {"inbound": INBOUND, "outbound_reserve": RESERVE}
    async with opened(office(3, wrap_up_s=0, lines=lines), is_audited=True) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    await both_trunks(building)
    yield building
    await clear(building)


async def talking(running: Centre, number: str, agent: int = 1) -> str:
    """An agent has reached this number; the call's id."""
    await running.sign_in(f"agent-{agent:02}", f"seat-{agent:02}")
    await (await running.carrier.phone(f"seat-{agent:02}")).will_answer(after_s=0.1)
    await (await running.carrier.callee(number)).will_answer(after_s=0.1)
    call_id = await call(running, number, f"agent-{agent:02}")
    await running.until(f"outbound/{call_id}", lambda entry: entry["state"] == "talking")
    return call_id


async def test_the_reserve_is_ours_when_callers_hold_every_line(house: Centre) -> None:
    for _ in range(INBOUND):
        await dial(house, record=False)
    await talking(house, "13700000011", 1)
    await house.sign_in("agent-02", "seat-02")
    beyond = await call(house, "13700000012", "agent-02")
    assert await outcome(house, beyond) == ("no_line", [])
    lines = (await house.get("/live"))["snapshot"]["lines"]
    assert (lines["in_use"], lines["outbound"], lines["outbound_limit"]) == (INBOUND, 1, INBOUND + RESERVE)


async def test_calls_of_ours_use_what_callers_leave_and_together_they_never_exceed_it(house: Centre) -> None:
    for agent in (1, 2):
        await talking(house, f"1370000002{agent}", agent)
    for _ in range(INBOUND + RESERVE - 2):
        await dial(house, record=False)
    refused = await house.carrier.dial("95001", "13900139000", record=False)
    assert (await refused.ended()).details["cause"] == CONGESTION
    (await house.carrier.callee("13700000021")).timeline.forget()
    await (await house.carrier.callee("13700000021")).hang_up()
    await house.until("lines", lambda lines: lines["outbound"] == 1)
    await dial(house, record=False)


async def killed(running: Centre) -> None:
    """The engine dies and another one stands."""
    old = running.engine_pid()
    os.kill(old, signal.SIGKILL)
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError, httpx.HTTPStatusError, LookupError):
                if running.engine_pid() != old and (await running.get("/live"))["snapshot"]["clock"]:
                    break
            await asyncio.sleep(0.1)
    await agree(running)


async def test_killed_while_the_agents_phone_rings_the_call_goes_on(house: Centre) -> None:
    customer = await ready(house)
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(after_s=1.5)
    call_id = await call(house)
    await phone.ringing()
    await killed(house)
    await customer.answered(20)
    await house.until(f"outbound/{call_id}", lambda entry: entry["state"] == "talking")
    await customer.hang_up()
    assert await outcome(house, call_id) == ("reached", [])
    await idle(house)


async def test_killed_while_the_customers_phone_rings_nobody_is_called_twice(house: Centre) -> None:
    customer = await ready(house)
    await customer.will_answer(after_s=6.0)
    before = len(customer.timeline.all("invited"))
    call_id = await call(house)
    await customer.ringing()
    await killed(house)
    await customer.answered(20)
    await house.until(f"outbound/{call_id}", lambda entry: entry["state"] == "talking")
    await customer.hang_up()
    assert await outcome(house, call_id) == ("reached", [])
    assert len(customer.timeline.all("invited")) == before + 1


async def test_killed_while_it_is_refused_the_line_itself_tells(house: Centre) -> None:
    customer = await ready(house)
    await customer.will_reject(after_s=1.0)
    call_id = await call(house)
    await customer.ringing()
    os.kill(house.engine_pid(), signal.SIGKILL)
    await customer.rejected()
    assert await outcome(house, call_id) == ("busy", [])
    await idle(house)


async def test_killed_in_a_talk_the_talk_goes_on_and_its_end_is_seen(house: Centre) -> None:
    call_id = await talking(house, "13700000031")
    customer = await house.carrier.callee("13700000031")
    await killed(house)
    shown = await house.until(f"outbound/{call_id}", lambda entry: entry["state"] == "talking")
    assert shown["agent"] == "agent-01" and customer.talking
    await (await house.carrier.phone("seat-01")).hang_up()
    assert await outcome(house, call_id) == ("reached", [])
    await idle(house)
    await off_the_floor(house, "outbound/")
