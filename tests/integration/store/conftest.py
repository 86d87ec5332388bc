"""Both databases and both live boards, as fixtures: every contract test runs on each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.live import RedisBoard
from store.memory import MemoryBoard
from store.session import reading_engine, sqlite_url
from store.writer import Writer
from tests.integration.servers import PostgresServer, RedisServer, postgres, redis
from tests.integration.store.database import Database
from tests.integration.tables import lend_tables

__all__ = ["board", "database", "empty_url", "postgres", "redis"]


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> PostgresServer | None:
    """None is SQLite."""
    return request.getfixturevalue("postgres") if request.param == "postgresql" else None


@pytest.fixture
def empty_url(server: PostgresServer | None, tmp_path: Path) -> str:
    """A database without tables."""
    return server.new_database() if server else sqlite_url(tmp_path / "test.sqlite3")


@pytest.fixture
def migrated_url(server: PostgresServer | None, tmp_path: Path) -> str:
    """A database with tables and without rows."""
    if server:
        return server.migrated_database()
    lend_tables(tmp_path / "test.sqlite3")
    return sqlite_url(tmp_path / "test.sqlite3")


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """A migrated database."""
    writer, engine = Writer(migrated_url), reading_engine(migrated_url)
    yield Database(migrated_url, writer, engine)
    await engine.dispose()
    await writer.close()


@pytest.fixture(params=["memory", "redis"])
async def board(request: pytest.FixtureRequest) -> AsyncIterator[MemoryBoard | RedisBoard]:
    """A live board that keeps 10 diffs."""
    if request.param == "memory":
        yield MemoryBoard(keep=10)
        return
    server: RedisServer = request.getfixturevalue("redis")
    found = RedisBoard(server.url, prefix=request.node.name, keep=10)
    yield found
    await found.close()
