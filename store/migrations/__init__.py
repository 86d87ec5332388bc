"""Schema changes, run in-process at every start: `await migrate(url)`."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from store.writer import Writer

_LOCK = 0x7468697264  # "third": one migration at a time in one PostgreSQL database


async def migrate(url: str, *, to: str = "head", busy_s: float = 30.0) -> None:
    """Bring the schema to this version, in one transaction: whole or not at all. Safe when started twice.

    Raises:
        StoreUnavailable: the database is away or locked.
    """
    writer = Writer(url, busy_s=busy_s)
    try:
        await writer.write(lambda connection: _upgrade(connection, to))
    finally:
        await writer.close()


async def _upgrade(connection: AsyncConnection, to: str) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    await connection.run_sync(_run, to)


def _run(connection: Connection, to: str) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def configuration() -> Config:
    """Alembic's configuration, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
