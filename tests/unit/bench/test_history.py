"""The made-up year of `bench stats`: what is copied inside the database is what the fold of it would be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bench import history
from bench.history import FIRST_UTC_S
from store.models import calls, inputs, rollup_blocks, rollups, segments
from store.projecting import rebuild
from store.rollups import Rollups
from store.session import read_rows, reading_engine, sqlite_url

CALLS, DAYS = 60, 3
UNTIL_UTC_S = FIRST_UTC_S + DAYS * history.DAY_S


async def rows(engine: AsyncEngine, table: Table, *, without: str = "") -> set[tuple[Any, ...]]:
    found = await read_rows(engine, select(*(column for column in table.c if column.name != without)))
    return {tuple(row.values()) for row in found}


async def everything(engine: AsyncEngine) -> dict[str, set[tuple[Any, ...]]]:
    """But the names of segments, and when shifts began, which copied events tell as on the first day."""
    figures = {table.name: await rows(engine, table, without="part") for table in (rollups, rollup_blocks)}
    return {"calls": await rows(engine, calls), "segments": await rows(engine, segments, without="segment"), **figures}


@pytest.fixture
async def url(tmp_path: Path) -> str:
    found = sqlite_url(tmp_path / "year.sqlite3")
    await history.fill(found, CALLS, days=DAYS)
    return found


async def test_copied_days_are_what_folding_all_of_them_gives(url: str) -> None:
    engine = reading_engine(url)
    try:
        copied = await everything(engine)
        assert len(copied["calls"]) == CALLS
        await rebuild(url)
        assert await everything(engine) == copied
        assert not await Rollups(engine).unconserved(FIRST_UTC_S, UNTIL_UTC_S)
    finally:
        await engine.dispose()


async def test_a_journal_goes_on_behind_it_however_often_it_was_used(url: str) -> None:
    engine = reading_engine(url)
    last = await history.as_filled(url)
    (row,) = await read_rows(engine, select(func.count(inputs.c.sequence).label("count")))
    assert (last, row["count"]) == (await history.as_filled(url), 1)
    await engine.dispose()
