"""Whatever breaks database, API and page: calls go on, and it is tried again."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from app import main


class Broken:
    """A back office that cannot be built at first, then runs until it is cancelled."""

    built = 0
    runs: asyncio.Event

    def __init__(self, floor: object) -> None:
        Broken.built += 1
        if Broken.built == 1:
            raise RuntimeError("no such certificate")

    async def run(self) -> None:
        Broken.runs.set()
        await asyncio.Event().wait()


async def test_a_back_office_that_breaks_is_said_on_the_floor_and_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Broken.built, Broken.runs = 0, asyncio.Event()
    module: Any = ModuleType("app.back_office")
    module.BackOffice = Broken
    monkeypatch.setitem(sys.modules, "app.back_office", module)
    monkeypatch.setattr(main, "BACK_OFFICE_AGAIN_S", 0.0)
    alarms: list[str] = []
    floor: Any = SimpleNamespace(feed=SimpleNamespace(alarm=lambda name, text: alarms.append(name)))
    task = asyncio.create_task(main._back_office(floor))
    async with asyncio.timeout(5.0):
        await Broken.runs.wait()
    assert alarms == ["back_office"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
