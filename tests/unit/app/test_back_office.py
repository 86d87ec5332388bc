"""Whatever breaks database, API and page: calls go on, and it is tried again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from app import back_office, main
from app.settings import Settings
from store.errors import StoreUnavailable
from store.migrations import migrate
from tests.unit.floor import ENTERED, journal


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


class Unserved(back_office.BackOffice):
    """Without an API: this is about what calls want of the database."""

    def _servers(self) -> list[Any]:
        return []


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[main.Floor]:
    """A new house, whose PBX is elsewhere: nothing asks for an Asterisk."""
    secret = tmp_path / "ami"
    secret.write_text("secret")
    settings = Settings(
        home=tmp_path, pbx_mode="remote", pbx_host="127.0.0.1", pbx_ami_user="ours", pbx_ami_secret_file=secret
    )
    made = main.build(settings)
    yield made
    made.spool.close()


@pytest.mark.parametrize("away", [False, True], ids=["new", "away"])
async def test_callers_are_looked_up_when_a_new_database_has_its_tables_and_at_once_when_one_is_away(
    floor: main.Floor, away: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may = asyncio.Event(), asyncio.Event()

    async def slow(url: str) -> None:
        begun.set()
        await may.wait()
        if away:
            raise StoreUnavailable("away")
        await migrate(url)

    cards: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    alarms: list[str] = []
    monkeypatch.setattr(back_office, "migrate", slow)
    monkeypatch.setattr(floor.pop_feed, "show", lambda number, card: cards.put_nowait(card))
    monkeypatch.setattr(floor.feed, "alarm", lambda name, text: alarms.append(name))
    office = Unserved(floor)
    running = asyncio.create_task(office.run())
    try:
        async with asyncio.timeout(20):
            await begun.wait()
            office._callers.take(journal((0, ENTERED)), None)  # type: ignore[arg-type]
            may.set()
            card = await cards.get()
        failed = ["built-in", "earlier contacts"] if away else []
        assert (card["status"], card["failures"]) == ("failed" if away else "unknown", failed)
        assert ("customer_look_up" in alarms) is away
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
