"""Connections to the database."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import select, text

from store.errors import StoreUnavailable
from store.session import read_rows, reading_engine, sqlite_url


async def test_a_reader_who_gets_no_connection_in_time_is_told_that_the_database_is_away(tmp_path: Path) -> None:
    engine = reading_engine(sqlite_url(tmp_path / "test.sqlite3"), busy_s=0.1)
    async with AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(engine.connect())
        with pytest.raises(StoreUnavailable):
            await read_rows(engine, select(text("1")))
    assert len(await read_rows(engine, select(text("1")))) == 1
    await engine.dispose()
