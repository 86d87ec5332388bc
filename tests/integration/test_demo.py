"""The demo's people on the running product: agents sign in, callers arrive, somebody talks."""

from __future__ import annotations

import asyncio

from app.demo import Demo
from app.demo_traffic import DemoRates
from app.instance import Instance
from tests.integration.centre import centre

RATES = DemoRates(busiest_per_hour=3600.0, least_per_hour=3600.0, talk_mean_s=3.0, callers_at_once=6)


async def test_agents_and_callers_bring_the_floor_to_life() -> None:
    async with centre() as running:
        demo = Demo(running.carrier, Instance(running.settings), running.house, RATES, seed=1)
        people = asyncio.create_task(demo.run(), name="demo")
        try:
            states: set[str] = set()
            async with asyncio.timeout(60):
                while not states >= {"idle", "ringing", "talking", "wrap_up"}:
                    assert not people.done(), people.exception()
                    states |= {agent["state"] for agent in await running.get("/agents") if agent["state"]}
                    await asyncio.sleep(0.1)
        finally:
            people.cancel()
            await asyncio.gather(people, return_exceptions=True)
