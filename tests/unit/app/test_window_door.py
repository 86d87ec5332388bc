"""Agents' windows, told by API processes to the engine's: also when either of them ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from app.window_door import WindowDoor, WindowRelay
from core.ids import AgentId

AGENT = AgentId("agent-01")


class Windows:
    """api.phone_windows.PhoneWindows: what each window says."""

    def __init__(self) -> None:
        self.open: dict[object, tuple[AgentId, str]] = {}

    def says(self, agent: AgentId, window: object, phone: str) -> None:
        self.open[window] = (agent, phone)

    def gone(self, agent: AgentId, window: object) -> None:
        assert self.open.pop(window)[0] == agent


@asynccontextmanager
async def running(*parts: WindowDoor | WindowRelay) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(part.run()) for part in parts]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.01)


async def test_what_windows_say_arrives_and_ends_with_their_process(tmp_path: Path) -> None:
    windows = Windows()
    door, relay, other = WindowDoor(windows, tmp_path / "door"), *(WindowRelay(tmp_path / "door") for _ in range(2))
    async with running(door):
        async with running(other):
            other.says(AGENT, "third", "ready")
            async with running(relay):
                relay.says(AGENT, "first", "talking")
                relay.says(AGENT, "second", "ready")
                await until(lambda: len(windows.open) == 3 and door.processes == 2)
                relay.says(AGENT, "first", "ready")
                relay.gone(AGENT, "second")
                relay.gone(AGENT, "never there")
                await until(lambda: list(windows.open.values()) == [(AGENT, "ready")] * 2)
            await until(lambda: len(windows.open) == 1 and door.processes == 1)


async def test_a_new_engine_is_told_all_of_it_anew(tmp_path: Path) -> None:
    relay = WindowRelay(tmp_path / "door")
    async with running(relay):
        relay.says(AGENT, "first", "talking")
        for _ in range(2):
            windows = Windows()
            async with running(WindowDoor(windows, tmp_path / "door")):
                await until(lambda windows=windows: (AGENT, "talking") in windows.open.values())  # type: ignore[misc]
