"""The journal's disk refuses, or its database is away: calls go on, and everything arrives once."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
import pytest_asyncio

from tests.integration.centre import Centre
from tests.integration.evidence import gathered
from tests.integration.office import thirdring
from tests.integration.survival import floor_empty, health, records, seat_taken, survivors, until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[Centre]:
    async with survivors() as running:
        await seat_taken(running, "seat-01")
        yield running


async def test_calls_go_on_while_the_disk_takes_nothing(house: Centre) -> None:
    """No file of the engine may grow: what a full disk does, for this one process."""
    engine = house.engine_pid()
    _, hard = resource.prlimit(engine, resource.RLIMIT_FSIZE)
    resource.prlimit(engine, resource.RLIMIT_FSIZE, (0, hard))
    await _a_call(house, "13800000001")
    await until(lambda: _alarmed(house, "journal_disk"), "the floor shows no alarm")
    assert not (await health(house))["spool"]["ok"]
    resource.prlimit(engine, resource.RLIMIT_FSIZE, (hard, hard))
    await _a_call(house, "13800000002")
    await until(lambda: _well(house, "spool"), "the spool stays broken")
    await _each_once(house, {"0001", "0002"})


async def test_calls_go_on_while_the_database_is_locked(house: Centre) -> None:
    file = house.settings.home / "data/thirdring.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        await _a_call(house, "13800000011")
        other.execute("ROLLBACK")
    await _each_once(house, {"0001", "0002", "0011"})


async def test_a_command_makes_lost_records_anew(house: Centre) -> None:
    before = await records(house)
    with closing(sqlite3.connect(house.settings.home / "data/thirdring.sqlite3")) as other, other:
        for table in ("calls", "segments", "agent_sessions", "seat_sessions"):
            other.execute(f"DELETE FROM {table}")
    assert await records(house) == []
    status, said, complaints = await thirdring(house, "rebuild")
    assert status == 0, complaints
    assert said.endswith("outcomes were folded into the records anew\n")
    assert await records(house) == before


async def _a_call(house: Centre, number: str) -> None:
    phone = await house.carrier.phone("seat-01")
    caller = await house.carrier.dial("95003", number)
    await caller.bridged(20)
    await phone.hang_up()
    await caller.ended(10)
    await floor_empty(house)


async def _each_once(house: Centre, callers: set[str]) -> None:
    async def all_there() -> bool:
        return {row["caller"][-4:] for row in await records(house)} == callers

    await until(all_there, "calls are missing in the database")
    assert set((await gathered(house.settings.home)).words.values()) == {1}


async def _alarmed(house: Centre, name: str) -> bool:
    alarms = (await house.get("/live"))["snapshot"]["alarms"]["last"]
    return any(alarm["name"] == name for alarm in alarms)


async def _well(house: Centre, part: str) -> bool:
    return bool((await health(house))[part]["ok"])
