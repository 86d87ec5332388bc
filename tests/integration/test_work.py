"""The work list with real callers: who gave up is in it, is claimed, and is out of it when answered later."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.integration.centre import Centre
from tests.integration.office import clear, office, opened, shown, thirdring

pytestmark = pytest.mark.asyncio(loop_scope="module")

NUMBER = "13800138077"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Centre]:
    rules = {"due_s": 60, "abandoned_after_s": 1}
    async with opened(office(2, wrap_up_s=0, work=rules, callbacks={"start": "00:00", "end": "23:59"})) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    yield building
    await clear(building)


async def _work(running: Centre, *wanted: str, query: str = "") -> list[dict[str, Any]]:
    """The list as soon as it has items of these kinds and no others."""
    kinds: list[str] = []
    try:
        async with asyncio.timeout(40):
            while True:
                with contextlib.suppress(httpx.TransportError, httpx.HTTPStatusError):  # an engine that was killed
                    items = (await running.get(f"/work{query}"))["items"]
                    kinds = [item["kind"] for item in items]
                    if sorted(kinds) == sorted(wanted):
                        return list(items)
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise AssertionError(f"the work list has {kinds}, not {wanted}") from error


async def _gives_up(running: Centre) -> None:
    caller = await running.carrier.dial("95001", NUMBER)
    await caller.answered()
    await caller.press("1")
    async with asyncio.timeout(30):
        while not await _waits(running):  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.05)
    await asyncio.sleep(1.2)
    await caller.hang_up()


async def _waits(running: Centre) -> bool:
    board = (await running.get("/live"))["snapshot"]
    return any(key.startswith("call/") and entry["state"] == "waiting" for key, entry in board.items())


async def test_who_gave_up_is_work_until_answered_also_over_a_kill(house: Centre) -> None:
    await _gives_up(house)
    (item,) = await _work(house, "abandoned")
    assert (item["number"], item["queue"], item["state"]) == ("**********8077", "presales", "open")
    os.kill(house.engine_pid(), signal.SIGKILL)
    await _work(house, "abandoned")
    status, output, complaints = await thirdring(house, "work", "claim", item["item"], "agent-02")
    assert (status, complaints) == (0, "") and "agent-02 has it" in output
    await house.sign_in("agent-01", "seat-01")
    caller = await house.carrier.dial("95001", NUMBER)
    await caller.answered()
    await caller.press("1")
    await shown(house, caller, "talking")
    await caller.hang_up()
    await _work(house)
    (closed,) = await _work(house, "abandoned", query="?state=closed")
    assert (closed["how"], closed["owner"], closed["closed_by"]) == ("called_again", "agent-02", "engine")


async def test_the_command_line_lists_hands_over_and_finishes(house: Centre) -> None:
    answer = await house.api.post("/callbacks", json={"number": NUMBER, "queue": "presales"})
    (item,) = await _work(house, "callback")
    name = item["item"]
    status, output, complaints = await thirdring(house, "work", "list", "--json")
    assert (status, complaints) == (0, "")
    assert [row["item"] for row in json.loads(output)] == [name] and NUMBER[-8:] not in output
    assert NUMBER[-8:] in (await thirdring(house, "work", "show", name))[1]
    assert (await thirdring(house, "work", "hand-over", name, "agent-01", "--note", "late shift"))[0] == 0
    refused = await thirdring(house, "work", "claim", name, "agent-02")
    assert refused[0] == 1 and "agent-01 has" in refused[2]
    assert (await thirdring(house, "work", "done", name, "--note", "called"))[0] == 0
    await _work(house)
    assert (await thirdring(house, "work", "done", name))[0] == 1
    row = await house.get(f"/work/{name}")
    assert (row["how"], row["note"], row["owner"]) == ("done", "called", "agent-01")
    before = (await house.get("/work?state=closed"))["items"]
    assert (await thirdring(house, "rebuild"))[0] == 0
    assert (await house.get("/work?state=closed"))["items"] == before
    assert (await house.api.delete(f"/callbacks/{answer.json()['result']}")).status_code == 200


async def test_work_that_nobody_does_raises_an_alarm(house: Centre) -> None:
    tag = (await house.api.get("/house")).headers["ETag"]
    hasty = house.house.model_dump(mode="json") | {"work": {"due_s": 2}}
    (await house.api.put("/house", json=hasty, headers={"If-Match": tag})).raise_for_status()
    answer = await house.api.post("/callbacks", json={"number": NUMBER, "queue": "presales"})
    await house.until("work", lambda entry: entry["open"] == 1)
    await house.until("work", lambda entry: entry["overdue"] == 1, timeout_s=30)
    alarms = (await house.get("/live"))["snapshot"]["alarms"]["last"]
    assert any(alarm["name"] == "work_overdue" for alarm in alarms)
    assert (await house.api.delete(f"/callbacks/{answer.json()['result']}")).status_code == 200
    await house.until("work", lambda entry: (entry["open"], entry["overdue"]) == (0, 0))
