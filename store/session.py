"""Connections to the database: SQLite in WAL mode, or PostgreSQL, by URL.

SQLite rules: a writing transaction begins with BEGIN IMMEDIATE, because one that reads first and
then writes fails at once in spite of the busy timeout; WAL lets readers go on beside the writer.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import RowMapping, Select, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.util import await_only

from core.errors import ConfigurationWrong
from store.errors import StoreUnavailable

DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What the drivers raise when the database is gone, locked, starting or full, and the pool when all of its connections
are busy for too long; some of it unwrapped."""

_T = TypeVar("_T")
_BUSY_S = 5.0
_CONNECT_S = 5.0
_COMMAND_S = 30.0
_DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


def writing_engine(url: str, *, busy_s: float = _BUSY_S, command_s: float | None = _COMMAND_S) -> AsyncEngine:
    """For the one writer: a single connection. `busy_s` is how long to wait for a lock on SQLite, `command_s` for a
    statement on PostgreSQL (None: for ever).

    On SQLite a statement holds up the loop that asks for it, which should have a thread of its own.

    Raises:
        ConfigurationWrong: not a URL of a database we know.
    """
    return _engine(url, busy_s, "BEGIN IMMEDIATE", pool_size=1, command_s=command_s, in_callers_thread=True)


def reading_engine(url: str, *, busy_s: float = _BUSY_S) -> AsyncEngine:
    """For queries, each by itself and none in a transaction, whose begin and end cost as much as a short query.

    `busy_s` is how long to wait for one of its connections, too. Raises ConfigurationWrong.
    """
    return _engine(url, busy_s, "", pool_size=4, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True)


def passing_engine(url: str) -> AsyncEngine:
    """For a question now and then to somebody else's database: a connection each, which is not kept, and nothing is set
    there. Raises ConfigurationWrong."""
    return _engine(url, _BUSY_S, "", pool_size=0)


async def read_rows(engine: AsyncEngine, query: Select[Any]) -> list[RowMapping]:
    """All rows of a query. Raises StoreUnavailable."""
    try:
        async with engine.connect() as connection:
            return list((await connection.execute(query)).mappings())
    except DATABASE_AWAY as error:
        raise StoreUnavailable(reason(error)) from error


def reason(error: Exception) -> str:
    """The database's own words, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).strip() or type(error).__name__


class _InCallersThread(aiosqlite.Connection):
    """Runs each statement where it is asked for; aiosqlite hands it to a thread of its own and waits for that, four
    times a statement, which takes as much processor time as the statement itself."""

    async def _execute(self, fn: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        return fn(*args, **kwargs)


async def _opened_here(database: str, busy_s: float) -> aiosqlite.Connection:
    """Opened before aiosqlite's thread begins, so that a file that cannot be opened leaves none behind."""
    opened = sqlite3.connect(database, timeout=busy_s, check_same_thread=False)
    connection = _InCallersThread(lambda: opened, iter_chunk_size=64)
    connection._thread.daemon = True
    return await connection


def _engine(
    url: str,
    busy_s: float,
    begin: str,
    pool_size: int,
    command_s: float | None = _COMMAND_S,
    *,
    in_callers_thread: bool = False,
    **more: Any,
) -> AsyncEngine:
    parsed = _parsed(url)
    sqlite = parsed.drivername == _DRIVERS[0]
    connect: dict[str, Any] = {"timeout": busy_s} if sqlite else {"timeout": _CONNECT_S, "command_timeout": command_s}
    kept: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": busy_s}
    pool: dict[str, Any] = kept if pool_size else {"poolclass": NullPool}
    if sqlite and in_callers_thread:
        pool["async_creator"] = partial(_opened_here, parsed.database or "", busy_s)
    engine = create_async_engine(parsed, connect_args=connect, **pool, **more)
    if sqlite:
        _refuse_early(engine)
    if sqlite and begin:
        _own_transactions(engine, begin)
    return engine


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationWrong([f"database_url: {error}"]) from error
    if parsed.drivername not in _DRIVERS:
        raise ConfigurationWrong([f"database_url: must begin with {' or '.join(_DRIVERS)}, not {parsed.drivername}"])
    return parsed


def _refuse_early(engine: AsyncEngine) -> None:
    """Ask sqlite3 itself before aiosqlite: the thread of a connection that cannot be opened ends later, and tells so to
    a loop that may have closed meanwhile (aiosqlite 0.22, Connection._connect)."""

    @event.listens_for(engine.sync_engine, "do_connect")
    def _try(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        await_only(asyncio.to_thread(lambda: sqlite3.connect(*arguments, **options).close()))


def _own_transactions(engine: AsyncEngine, begin: str) -> None:
    """Take BEGIN out of the driver's hands (SQLAlchemy's documentation of SQLite transactions)."""

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)
