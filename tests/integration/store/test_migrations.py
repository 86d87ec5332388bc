"""The schema: what the migrations make is what the models say."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert

from core.errors import ConfigurationWrong
from store.migrations import configuration, migrate, newest
from store.models import metadata, users
from store.projecting import rebuild
from store.session import reading_engine, writing_engine
from store.writer import Writer
from tests.integration.servers import PostgresServer
from tests.integration.store.database import Database

ROOT = Path(__file__).parents[3]


async def test_the_migrated_schema_is_that_of_the_models(database: Database) -> None:
    assert await database.writer.write(lambda connection: connection.run_sync(_differences)) == []


def _differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_the_last_file_is_what_alembic_makes_last() -> None:
    """By its name a start knows whether there is something to do."""
    assert ScriptDirectory.from_config(configuration()).get_current_head() == newest()


async def test_two_that_start_at_once_migrate_once(empty_url: str) -> None:
    await asyncio.gather(migrate(empty_url), migrate(empty_url))
    engine = reading_engine(empty_url)
    async with engine.begin() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM journal_state")).scalar_one() == 1
    await engine.dispose()


KILLED_AT = """
import asyncio, os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from store.migrations import migrate

@event.listens_for(Engine, "before_cursor_execute")
def count(*_):
    count.left -= 1
    if not count.left:
        os.kill(os.getpid(), signal.SIGKILL)

count.left = int(sys.argv[2])
asyncio.run(migrate(sys.argv[1]))
"""


async def test_a_migration_killed_half_way_is_made_whole_by_the_next_start(empty_url: str) -> None:
    """All versions are one transaction: it leaves nothing behind that the next could stumble over."""
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED_AT, empty_url, "60", cwd=ROOT)
    assert await killed.wait() == -signal.SIGKILL, "the database has fewer statements to make than the test thinks"
    await migrate(empty_url)
    engine = reading_engine(empty_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
        assert (await connection.exec_driver_sql("SELECT count(*) FROM journal_state")).scalar_one() == 1
    await engine.dispose()


@pytest.fixture
def on_postgres(postgres: PostgresServer) -> str:
    return postgres.migrated_database()


@pytest.mark.parametrize("work", [migrate, rebuild])
async def test_a_step_that_a_large_database_makes_long_is_waited_for(
    work: Callable[[str], Awaitable[object]], on_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index over millions of rows, or emptying their table, takes PostgreSQL minutes. Given up after the time of a
    usual write, they were given up at every start anew."""
    defaults = writing_engine.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "command_s", 0.2)
    engine = writing_engine(on_postgres, command_s=None)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("LOCK TABLE journal_state, alembic_version IN ACCESS EXCLUSIVE MODE")
        task = asyncio.ensure_future(work(on_postgres))
        await asyncio.wait([task], timeout=1.0)
        assert not task.done()
    await task
    await engine.dispose()


async def test_a_second_migration_keeps_the_rows(database: Database) -> None:
    row = {"name": "坐席01", "role": "agent", "password_hash": "x", "disabled": False, "created_utc_s": 1.5}
    await database.writer.write(lambda connection: connection.execute(insert(users).values(row)))
    await migrate(database.url)
    assert await database.rows(users) == [row]


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://x/y", "not a url", ""])
def test_an_unknown_database_is_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigurationWrong, match="database_url"):
        Writer(url)
