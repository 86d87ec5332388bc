"""Alarms on the running product: a caller who waits raises one, people and a webhook are told, a restart keeps it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from app.settings import Settings
from tests.integration.centre import BRIEF, Centre, centre
from tests.integration.office import off_the_floor, office, thirdring, wait
from tests.unit.app.test_notify import Hook

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALARM = "alarm/somebody-waits/presales"


@dataclass
class Building:
    running: Centre
    hook: Hook
    states: list[str] = field(default_factory=list)

    async def told(self, *states: str) -> list[dict[str, Any]]:
        """What the webhook was sent about the waiting caller, once it has these states."""
        async with asyncio.timeout(30):
            while True:
                bodies = [body for _, _, body in self.hook.got if body["rule"] == "somebody-waits"]
                if [body["state"] for body in bodies] == list(states):
                    return bodies
                await asyncio.sleep(0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Building]:
    hook = Hook()
    rule = {"id": "somebody-waits", "figure": "waiting", "above": 0, "severity": "info"}
    to = {"id": "duty", "kind": "webhook", "address": hook.url, "least": "info"}

    @asynccontextmanager
    async def around(settings: Settings) -> AsyncIterator[Mapping[str, str]]:
        yield {"THIRDRING_WEBHOOK_NETWORKS": "127.0.0.0/8 ::1/128"}

    try:
        async with centre(office(1, alarms={"rules": [rule], "recipients": [to]}), BRIEF, around) as running:
            yield Building(running, hook)
    finally:
        await asyncio.to_thread(hook.close)


async def test_an_alarm_stands_while_its_figure_is_beyond_and_everybody_is_told(building: Building) -> None:
    running = building.running
    caller = await wait(running)
    entry = await running.until(ALARM, lambda entry: entry["state"] == "raised")
    assert (entry["subject"], entry["text"]) == ("presales", "waiting of presales is 1, above 0")
    code, out, err = await thirdring(running, "alarm", "acknowledge", "somebody-waits", "presales")
    assert (code, out) == (0, "somebody-waits of presales is acknowledged.\n"), err
    assert (
        "acknowledged it already" in (await thirdring(running, "alarm", "acknowledge", "somebody-waits", "presales"))[2]
    )
    (row,) = json.loads((await thirdring(running, "alarm", "list", "--json"))[1])
    assert (row["rule"], row["acknowledged_by"]) == ("somebody-waits", "cli")
    await caller.hang_up()
    await off_the_floor(running, ALARM)
    raised, _, over = await building.told("raised", "acknowledged", "cleared")
    assert (raised["subject"], over["value"]) == ("presales", 1.0)
    await history_is(running, ["over"])
    assert "no alarm stands" in (await thirdring(running, "alarm", "list"))[1]


async def test_an_alarm_outlives_a_killed_engine(building: Building) -> None:
    running = building.running
    caller = await wait(running)
    before = await running.until(ALARM, lambda entry: entry["state"] == "raised")
    killed = running.engine_pid()
    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(60):
        while True:
            try:
                if running.engine_pid() != killed and (await running.get("/live"))["snapshot"].get(ALARM):
                    break
            except Exception:  # the engine is on its way
                pass
            await asyncio.sleep(0.2)
    after = (await running.get("/live"))["snapshot"][ALARM]
    assert after["since_utc_s"] == before["since_utc_s"]
    await caller.hang_up()
    await off_the_floor(running, ALARM)
    await history_is(running, ["over", "over"])


async def history_is(running: Centre, wanted: list[str]) -> None:
    """Once it is in the database: one row an alarm, none of them twice."""
    found: list[str] = []
    async with asyncio.timeout(30):
        while found != wanted:
            rows = await running.get("/alarms")
            found = ["over" if row["cleared_utc_s"] else "stands" for row in rows if row["rule"] == "somebody-waits"]
            await asyncio.sleep(0.1)
