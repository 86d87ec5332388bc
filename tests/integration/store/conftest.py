"""Both databases and both live boards, as fixtures: every contract test runs on each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.live import RedisBoard
from store.memory import MemoryBoard
from store.migrations import migrate
from store.session import reading_engine, sqlite_url
from store.writer import Writer
from tests.integration.servers import PostgresServer, RedisServer, postgres, redis
from tests.integration.store.database import Database

__all__ = ["board", "database", "empty_url", "postgres", "redis"]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "test.sqlite3")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
async def database(empty_url: str) -> AsyncIterator[Database]:
    """A migrated database."""
    await migrate(empty_url)
    writer, engine = Writer(empty_url), reading_engine(empty_url)
    yield Database(empty_url, writer, engine)
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
