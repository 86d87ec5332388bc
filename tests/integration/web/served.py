"""The API and the pages over parts in memory, for pages that show nothing of a telephone: without a PBX."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import uvicorn
from playwright.async_api import Browser, Page

from api.rights import Role
from core.events import Event, HouseApplied, Outcome
from core.house import House
from monitor.publishing import Publisher
from monitor.wallboard import Wallboard
from tests.integration.web.browser import PATIENCE_MS
from tests.unit.doors import Doors, application


@asynccontextmanager
async def served(doors: Doors, *happened: Event, **parts: Any) -> AsyncIterator[str]:
    """Its address; these `parts` in place of those of the doors, whose time is the time here. What has `happened` is on
    the board."""
    doors.utc_s = datetime.now(UTC).timestamp()
    board = Wallboard(doors.house.house)
    for number, event in enumerate((_applied(doors.house.house), *happened), start=1):
        board.apply(Outcome(number, 0, time.monotonic(), doors.utc_s, event))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        doors.options = replace(doors.options, origins=frozenset({url}))
        app = application(replace(doors.services(), **parts))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        tasks = [asyncio.create_task(server.serve([listening])), asyncio.create_task(_beat(doors, board))]
        try:
            yield url
        finally:
            server.should_exit = True
            tasks[1].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _applied(house: House) -> HouseApplied:
    agents = tuple((agent.id, agent.name) for agent in house.agents)
    queues, seats = tuple(queue.id for queue in house.queues), tuple(seat.id for seat in house.seats)
    return HouseApplied(1, 90, queues, seats, agents)


async def _beat(doors: Doors, board: Wallboard) -> None:
    """The clock that shows pages that the picture is fresh, as the engine moves it."""
    publisher = Publisher(board, doors.board, "served")
    while True:
        doors.utc_s = datetime.now(UTC).timestamp()
        board.pulse(time.monotonic(), doors.utc_s)
        await publisher.publish()
        await asyncio.sleep(1.0)


@asynccontextmanager
async def looking(
    browser: Browser, doors: Doors, url: str, role: Role, language: str = "zh-CN", name: str = "", **context: Any
) -> AsyncIterator[Page]:
    """Somebody of this role at a browser, signed in."""
    name = name or f"the-{role.value}"
    await doors.add_person(name, role)
    opened = await browser.new_context(viewport=context.pop("viewport", {"width": 1440, "height": 900}), **context)
    await opened.add_cookies([{"name": doors.options.cookie, "value": await doors.session_of(name), "url": url}])
    await opened.add_init_script(f"localStorage.setItem('thirdring.language', '{language}')")
    page = await opened.new_page()
    page.set_default_timeout(PATIENCE_MS)
    try:
        yield page
    finally:
        await opened.close()
