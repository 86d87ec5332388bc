"""Schema changes, run in-process at every start: `await migrate(url)`.

Alembic is imported only where something is to be changed: a killed engine is back sooner by it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from store.writer import Writer

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 0x7468697264  # "third": one migration at a time in one PostgreSQL database


async def migrate(url: str, *, to: str = "head", busy_s: float = 30.0) -> None:
    """Bring the schema to this version, in one transaction: whole or not at all. Safe when started twice.

    Raises:
        StoreUnavailable: the database is away or locked.
    """
    writer = Writer(url, busy_s=busy_s, is_patient=True)
    try:
        await writer.write(lambda connection: _upgrade(connection, to))
    finally:
        await writer.close()


async def _upgrade(connection: AsyncConnection, to: str) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if to != "head" or await connection.run_sync(_revision) != newest():
        await connection.run_sync(_run, to)


def _revision(connection: Connection) -> str | None:
    """Where this database stands; None: it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def newest() -> str:
    """The revision of the last file in versions/: v0015_late_outcomes.py makes 0015."""
    files = sorted((Path(__file__).parent / "versions").glob("v*.py"))
    return files[-1].stem[1:].partition("_")[0]


def _run(connection: Connection, to: str) -> None:
    from alembic import command

    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def configuration() -> Config:
    """Alembic's configuration, without a file of its own."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
