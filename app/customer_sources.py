"""Other systems that are asked who calls: one GET, or one SELECT on another database. Read only, bounded, pinned.

Neither numbers nor answers are logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.outside import Network, get_outside
from app.settings import Settings
from core.customers import Customer, CustomerSource, OtherSource, customer_of
from core.errors import ConfigurationWrong, PeerFault
from core.house import House
from store.session import DATABASE_AWAY, passing_engine


class SourceFailed(PeerFault):
    """It did not answer in time, or not as it should; the text names no caller."""


class HttpSource:
    """core.customers.CustomerSource over HTTP."""

    def __init__(self, rules: OtherSource, secrets: Path, networks: tuple[Network, ...]) -> None:
        self._rules, self._secrets, self._networks = rules, secrets, networks
        self.name = rules.id

    async def find(self, number: str) -> Customer | None:
        headers = {"Accept": "application/json"}
        if self._rules.secret_file:
            headers["Authorization"] = f"Bearer {await _secret(self._secrets, self._rules)}"
        url = self._rules.url.replace("{number}", quote(number, safe=""))
        answer = await get_outside(url, headers, self._networks, self._rules.timeout_s)
        return customer_of(answer, self._rules.fields, self.name) if isinstance(answer, dict) else None


class SqlSource:
    """core.customers.CustomerSource by SQL."""

    def __init__(self, rules: OtherSource, secrets: Path) -> None:
        self._rules, self._secrets = rules, secrets
        self._engine: AsyncEngine | None = None
        self.name = rules.id

    async def find(self, number: str) -> Customer | None:
        try:
            async with asyncio.timeout(self._rules.timeout_s):
                return await self._asked(number)
        except TimeoutError as error:
            raise SourceFailed(f"{self.name}: no answer within {self._rules.timeout_s:g} s") from error
        except (SQLAlchemyError, ConfigurationWrong, *DATABASE_AWAY) as error:
            raise SourceFailed(f"{self.name}: {type(error).__name__}") from error

    async def _asked(self, number: str) -> Customer | None:
        if self._engine is None:
            self._engine = passing_engine(await _secret(self._secrets, self._rules))
        async with self._engine.connect() as connection:
            row = (await connection.execute(text(self._rules.query), {"number": number})).mappings().first()
        return customer_of(dict(row), self._rules.fields, self.name) if row is not None else None


async def _secret(secrets: Path, rules: OtherSource) -> str:
    """Raises SourceFailed."""
    try:
        return (await asyncio.to_thread((secrets / rules.secret_file).read_text, encoding="utf-8")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceFailed(f"{rules.id}: secrets/{rules.secret_file} cannot be read") from error


def other_sources(house: House, settings: Settings) -> Iterator[CustomerSource]:
    """Those of this house, in order."""
    for rules in house.desk.customer_sources:
        secrets = settings.home / "secrets"
        yield HttpSource(rules, secrets, settings.own_networks) if rules.kind == "http" else SqlSource(rules, secrets)
