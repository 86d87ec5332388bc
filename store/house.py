"""The house in the store: every version ever in force, and who changed what when.

Stored as JSON of core.house.House. A new version says which one it was made from; if that is no
longer the current one, nothing is stored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from pydantic import ValidationError
from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.errors import ConfigurationWrong
from core.house import House
from store.errors import HouseMovedOn
from store.models import house_versions
from store.queries import PAGE_CAP
from store.session import read_rows
from store.writer import Writer

_NEWEST = select(house_versions).order_by(house_versions.c.version.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class HouseVersion:
    """One version's story, without its document."""

    version: int
    by: str
    at: datetime
    comment: str


class HouseStore:
    """Reads through `engine` (store.session.reading_engine), writes through the one writer.

    Every method raises StoreUnavailable when the database is away.
    """

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    async def seed(self, house: House, now: datetime) -> int:
        """Store version 1 if there is none yet; the current version."""
        return await self._writer.write(lambda connection: _seed(connection, house, now))

    async def current(self) -> tuple[int, House] | None:
        """Version and house in force; None before the seed.

        Raises:
            ConfigurationWrong: what is stored does not fit this program's rules.
        """
        rows = await read_rows(self._engine, _NEWEST)
        return (rows[0]["version"], _house(rows[0])) if rows else None

    async def newest(self) -> int:
        """The current version's number; 0 before the seed."""
        rows = await read_rows(self._engine, _NEWEST.with_only_columns(house_versions.c.version))
        return rows[0]["version"] if rows else 0

    async def version(self, version: int) -> House | None:
        """One version's document. Raises ConfigurationWrong."""
        rows = await read_rows(self._engine, select(house_versions).where(house_versions.c.version == version))
        return _house(rows[0]) if rows else None

    async def last_keep_days(self, queue: str) -> int | None:
        """For how long the newest version that had this queue kept its recordings; None: as the house does.

        Read as it was stored: rules of today may refuse a house of then.
        """
        named = house_versions.c.document.contains(f'"id":{json.dumps(queue, ensure_ascii=False)}', autoescape=True)
        before = 1 << 62
        while rows := await read_rows(self._engine, _NEWEST.where(named, house_versions.c.version < before)):
            found = [each for each in json.loads(rows[0]["document"])["queues"] if each["id"] == queue]
            if found:
                return cast("int | None", found[0].get("keep_recordings_days"))
            before = rows[0]["version"]  # something else of that name
        return None

    async def put(self, new: House, by: str, expected_version: int, now: datetime, comment: str = "") -> int:
        """Store a new version made from `expected_version`; its number.

        Raises:
            HouseMovedOn: another version is current.
        """
        return await self._writer.write(lambda connection: _put(connection, new, by, expected_version, now, comment))

    async def versions(self, before: int | None = None, limit: int = 50) -> list[HouseVersion]:
        """Newest first; `before` is the last version seen."""
        columns = [house_versions.c[name] for name in ("version", "by", "at_utc_s", "comment")]
        query = select(*columns).order_by(house_versions.c.version.desc()).limit(min(limit, PAGE_CAP))
        if before is not None:
            query = query.where(house_versions.c.version < before)
        return [_version(row) for row in await read_rows(self._engine, query)]


async def _seed(connection: AsyncConnection, house: House, now: datetime) -> int:
    version = await _current_version(connection)
    return version or await _insert(connection, 1, house, "setup", now, "seed")


async def _put(
    connection: AsyncConnection, house: House, by: str, expected_version: int, now: datetime, comment: str
) -> int:
    version = await _current_version(connection)
    if version != expected_version:
        raise HouseMovedOn(f"version {version} is in force, not {expected_version}; look at the changes and try again")
    return await _insert(connection, version + 1, house, by, now, comment)


async def _current_version(connection: AsyncConnection) -> int:
    """0 if there is none. PostgreSQL: nobody else stores one until this transaction ends."""
    if connection.dialect.name == "postgresql":
        await connection.exec_driver_sql("LOCK TABLE house_versions IN EXCLUSIVE MODE")
    row = (await connection.execute(_NEWEST)).first()
    return row.version if row else 0


async def _insert(connection: AsyncConnection, version: int, house: House, by: str, now: datetime, comment: str) -> int:
    document = house.model_dump_json()
    row = {"version": version, "document": document, "by": by, "at_utc_s": now.timestamp(), "comment": comment}
    await connection.execute(insert(house_versions).values(row))
    return version


def _house(row: RowMapping) -> House:
    try:
        return House.model_validate_json(row["document"])
    except ValidationError as error:
        where = f"house version {row['version']}"
        problems = [f"{where}: {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise ConfigurationWrong(problems) from error


def _version(row: RowMapping) -> HouseVersion:
    return HouseVersion(row["version"], row["by"], datetime.fromtimestamp(row["at_utc_s"], UTC), row["comment"])
