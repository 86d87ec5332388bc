"""A promise to call back on real telephones: the agent first, then the customer, again when nobody answers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.integration.centre import Centre
from tests.integration.office import both_trunks, clear, off_the_floor, office, opened, thirdring, wait

pytestmark = pytest.mark.asyncio(loop_scope="module")

GAP_S = 10.0
RULES = {"start": "00:00:00", "end": "23:59:59", "gaps_s": [GAP_S, 20.0]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Centre]:
    async with opened(office(2, wrap_up_s=0, callbacks=RULES, outbound={"ring_s": 8})) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    await both_trunks(building)
    yield building
    await clear(building)


async def promise(running: Centre, number: str) -> str:
    """Its id."""
    answer = await running.api.post("/callbacks", json={"number": number, "queue": "presales"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["result"])


async def history(running: Centre, promised: str, state: str, timeout_s: float = 40.0) -> list[dict[str, Any]]:
    """Everything that happened to it, once it has come to this state for good."""
    async with asyncio.timeout(timeout_s):
        while True:
            story: list[dict[str, Any]] = []
            with contextlib.suppress(httpx.TransportError):  # an engine that was killed has no API
                answer = await running.api.get(f"/calls/{promised}")
                story = answer.json() if answer.status_code == 200 else []
            if any(each["fields"].get("state") == state for each in story if each["event"] == "CallbackChanged"):
                return list(story)
            await asyncio.sleep(0.1)


async def test_the_place_is_kept_and_the_customer_called_when_the_turn_comes(house: Centre) -> None:
    number = "13700000041"
    customer = await house.carrier.callee(number)
    phone = await house.carrier.phone("seat-01")
    promised = await promise(house, number)
    await house.until(f"callback/{promised}", lambda entry: entry["state"] == "waiting")
    later = await wait(house)
    await house.sign_in("agent-01", "seat-01")
    await phone.ringing()
    invited = await customer.timeline.next("invited")
    assert not later.timeline.all("bridged"), "who came later waits"
    await customer.answered()
    assert invited.details["number"].endswith(number)
    shown = (await house.get("/live"))["snapshot"]
    assert [entry["callback"] for key, entry in shown.items() if key.startswith("outbound/")] == [promised]
    await customer.hang_up()
    await later.bridged(20)
    kept = [each["fields"] for each in await history(house, promised, "done") if each["event"] == "CallbackKept"]
    assert [each["in_time"] for each in kept] == [True]


async def test_busy_is_tried_again_after_the_gap_and_only_one_dial_is_under_way(house: Centre) -> None:
    number = "13700000042"
    customer = await house.carrier.callee(number)
    await customer.will_reject()
    await house.sign_in("agent-01", "seat-01")
    promised = await promise(house, number)
    first = await customer.timeline.next("invited")
    await house.until(f"callback/{promised}", lambda entry: (entry["state"], entry["tries"]) == ("retry", 1))
    await customer.will_answer(after_s=0.2)
    second = await customer.timeline.next("invited", timeout_s=GAP_S + 20)
    assert second.boot_s - first.boot_s >= GAP_S
    await customer.answered()
    await customer.hang_up()
    await history(house, promised, "done")
    assert len(customer.timeline.all("invited")) == 2


async def test_a_promise_outlives_a_kill_in_the_gap_and_in_the_dial(house: Centre) -> None:
    number = "13700000043"
    customer = await house.carrier.callee(number)
    await customer.will_reject()
    await house.sign_in("agent-01", "seat-01")
    promised = await promise(house, number)
    await customer.timeline.next("invited")
    await house.until(f"callback/{promised}", lambda entry: entry["state"] == "retry")
    os.kill(house.engine_pid(), signal.SIGKILL)
    await customer.will_answer(after_s=4.0)
    await customer.timeline.next("invited", timeout_s=GAP_S + 30)
    os.kill(house.engine_pid(), signal.SIGKILL)
    await customer.answered(20)
    await history(house, promised, "done")
    await customer.hang_up()
    assert len(customer.timeline.all("invited")) == 2
    await off_the_floor(house, "callback/", timeout_s=20)


async def test_the_command_line_makes_shows_and_takes_back(house: Centre) -> None:
    status, output, complaints = await thirdring(house, "callback", "add", "13700000044", "presales")
    assert (status, complaints) == (0, "") and output.startswith("cb-")
    promised = output.partition(":")[0]
    status, output, _ = await thirdring(house, "callback", "list", "--json")
    assert status == 0 and promised in output and "13700000044" not in output
    assert (await thirdring(house, "callback", "cancel", promised))[0] == 0
    assert "no open callbacks" in (await thirdring(house, "callback", "list"))[1]
    status, _, complaints = await thirdring(house, "callback", "add", "+447700900123", "presales")
    assert status == 1 and "country" in complaints
