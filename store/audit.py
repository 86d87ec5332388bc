"""The audit: who did or looked at what, when, from where, and what it changed. Only ever added to."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields

from sqlalchemy import tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql import select

from store.models import audit
from store.session import read_rows
from store.upsert import upsert
from store.writer import Writer

PAGE_CAP = 200


def _new_id() -> str:
    return secrets.token_hex(12)


def _storable(value: str | float) -> str | float:
    """Halves of characters and NUL, which are asked for now and then, no database takes: the row would wait for ever,
    and all that came after it."""
    return value.encode("utf-8", "replace").decode().replace("\x00", "?") if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class AuditRow:
    """`what` is a route (`PATCH /users/{user}`) or a word of the recordings' (played, exported, …), `about` its object.

    `detail` is what was asked, without secrets; `difference` what that changed, as JSON; `status` the answer's, 0 for
    what is noted before it happens.
    """

    at_utc_s: float
    what: str
    about: str
    by: str
    address: str
    detail: str = ""
    difference: str = ""
    status: int = 0
    id: str = field(default_factory=_new_id)


class Audit:
    """Reads through `engine`, writes through the one writer. Both methods raise StoreUnavailable."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    async def note(self, rows: Sequence[AuditRow]) -> None:
        """Add them, in one transaction; a row that is there already stays as it is."""
        storable = [{name: _storable(value) for name, value in asdict(row).items()} for row in rows]

        async def work(connection: AsyncConnection) -> None:
            await upsert(connection, audit, storable)

        await self._writer.write(work)

    async def page(
        self,
        *,
        by: str = "",
        about: str = "",
        what: str = "",
        recordings: bool = False,
        before: tuple[float, str] | None = None,
        limit: int = PAGE_CAP,
    ) -> list[AuditRow]:
        """Newest first. `recordings`: only what was noted of recordings before it happened."""
        query = select(*[audit.c[each.name] for each in fields(AuditRow)])
        query = query.order_by(audit.c.at_utc_s.desc(), audit.c.id.desc())
        for column, wanted in ((audit.c.by, by), (audit.c.about, about), (audit.c.what, what)):
            query = query.where(column == wanted) if wanted else query
        if recordings:
            query = query.where(audit.c.what.not_like("% /%"))
        if before is not None:
            query = query.where(tuple_(audit.c.at_utc_s, audit.c.id) < before)
        return [AuditRow(**row) for row in await read_rows(self._engine, query.limit(min(limit, PAGE_CAP)))]
