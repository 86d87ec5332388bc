"""Alarms on the running product: a caller who waits raises one, people and a webhook are told, a restart keeps it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.centre import BRIEF, Centre, centre
from tests.integration.office import dial, loopback_is_public, off_the_floor, office, shown, thirdring, wait
from tests.integration.survival import engine_back, kill_engine
from tests.integration.test_webhook_receiver import receiver
from tests.unit.app.test_notify import Hook

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALARM = "alarm/somebody-waits/presales"
OWN_PORT = 14
"""Of the ports of this instance, one that it does not use (app.settings.Ports)."""


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

    try:
        async with centre(
            office(1, alarms={"rules": [rule], "recipients": [to]}), BRIEF, loopback_is_public
        ) as running:
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


async def test_a_receiver_that_was_down_is_told_every_call_in_order_though_the_engine_was_killed(
    building: Building, tmp_path: Path
) -> None:
    """Two calls, a killed engine, another call, and only then somebody listens: docs/guides/webhook_receiver.py."""
    running, key = building.running, building.running.settings.home / "secrets/crm.key"
    key.write_text("a shared key")
    port = running.settings.port_base + OWN_PORT
    hook = {"id": "crm", "url": f"http://127.0.0.1:{port}/", "secret_file": key.name, "kinds": ["call"]}
    now = await running.api.get("/house")
    changed = now.json() | {"desk": now.json()["desk"] | {"webhooks": [hook]}}
    answer = await running.api.put("/house", json=changed, headers={"If-Match": now.headers["ETag"]})
    assert answer.status_code == 200, answer.text
    calls = [await a_call(running), await a_call(running)]
    await engine_back(running, await kill_engine(running))
    calls.append(await a_call(running))
    told: list[list[str]] = []
    async with receiver(key, port) as (_, printed), asyncio.timeout(90):
        while len(told) < 2 * len(calls):
            told.append((await printed.readline()).decode().split(" ", 2)[:2])
    for call in calls:
        assert [kind for kind, about in told if about == f"call/{call}"] == ["call.entered", "call.ended"], told


async def a_call(running: Centre) -> str:
    """Somebody who hangs up in the menu; the call's id."""
    caller = await dial(running)
    entry = await shown(running, caller)
    await caller.hang_up()
    return str(entry["id"])


async def history_is(running: Centre, wanted: list[str]) -> None:
    """Once it is in the database: one row an alarm, none of them twice."""
    found: list[str] = []
    async with asyncio.timeout(30):
        while found != wanted:
            rows = (await running.get("/alarms"))["alarms"]
            found = ["over" if row["cleared_utc_s"] else "stands" for row in rows if row["rule"] == "somebody-waits"]
            await asyncio.sleep(0.1)
