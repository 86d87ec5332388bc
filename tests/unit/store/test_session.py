"""Connections to the database."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from store.errors import StoreUnavailable
from store.session import passing_engine, read_rows, reading_engine, sqlite_url
from store.writer import Writer


async def test_a_reader_who_gets_no_connection_in_time_is_told_that_the_database_is_away(tmp_path: Path) -> None:
    engine = reading_engine(sqlite_url(tmp_path / "test.sqlite3"), busy_s=0.1)
    async with AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(engine.connect())
        with pytest.raises(StoreUnavailable):
            await read_rows(engine, select(text("1")))
    assert len(await read_rows(engine, select(text("1")))) == 1
    await engine.dispose()


def open_files(directory: Path) -> list[str]:
    """Those of this process below there."""
    opened = (os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.is_symlink())
    return [name for name in opened if name.startswith(str(directory))]


async def test_a_question_to_a_strange_database_leaves_no_connection_and_changes_nothing(tmp_path: Path) -> None:
    """One is asked for each caller, by rules that change while it runs; its file is somebody else's."""
    file = tmp_path / "crm.sqlite3"
    with closing(sqlite3.connect(file)) as made:
        made.execute("CREATE TABLE crm (phone TEXT)")
    file.chmod(0o400)
    engine = passing_engine(sqlite_url(file))
    for _ in range(3):
        assert await read_rows(engine, select(text("count(*) AS many FROM crm"))) == [{"many": 0}]
    assert open_files(tmp_path) == []
    with closing(sqlite3.connect(file)) as read:
        assert read.execute("PRAGMA journal_mode").fetchone() == ("delete",)


async def test_a_statement_of_the_writer_runs_in_its_own_thread_and_in_no_second_one(tmp_path: Path) -> None:
    writer = Writer(sqlite_url(tmp_path / "test.sqlite3"))

    async def thread_of_a_statement(connection: AsyncConnection) -> str:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.create_function("thread_now", 0, lambda: threading.current_thread().name)
        return str((await connection.execute(select(text("thread_now()")))).scalar_one())

    try:
        assert await writer.write(thread_of_a_statement) == "store-writer"
    finally:
        await writer.close()


def drivers_threads() -> set[threading.Thread]:
    """All but the event loops' own helpers, which stay."""
    return {each for each in threading.enumerate() if not each.name.startswith("asyncio_")}


async def test_a_file_that_the_writer_cannot_open_leaves_no_thread_behind(tmp_path: Path) -> None:
    before = drivers_threads()
    writer = Writer(sqlite_url(tmp_path / "no" / "such" / "file.sqlite3"))

    async def nothing(connection: AsyncConnection) -> None: ...

    with pytest.raises(StoreUnavailable, match="unable to open"):
        await writer.write(nothing)
    await writer.close()
    assert drivers_threads() == before
