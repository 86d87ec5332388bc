"""Questions about cases, and about what agents wrote on calls."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from store.models import call_notes, case_history, cases
from store.projecting import call_note
from store.queries import PAGE_CAP
from store.records import CallNote, CaseMoment, CaseRow
from store.session import read_rows


class Cases:
    """Reads through an engine of `store.session.reading_engine`. All of it raises StoreUnavailable."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def open_ones(
        self, *, after: tuple[float, str] | None = None, limit: int = 50, **wanted: str
    ) -> list[CaseRow]:
        """Those due soonest first. `after` is (`due_utc_s`, `case`) of the last one seen; `wanted` are columns."""
        key = (cases.c.due_utc_s, cases.c.case)
        query = select(cases).where(cases.c.closed_utc_s.is_(None)).order_by(*key)
        return await self._rows(query if after is None else query.where(tuple_(*key) > after), limit, wanted)

    async def closed_ones(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, **wanted: str
    ) -> list[CaseRow]:
        """Newest first. `before` is (`closed_utc_s`, `case`) of the last one seen."""
        key = (cases.c.closed_utc_s, cases.c.case)
        query = select(cases).where(cases.c.closed_utc_s.is_not(None)).order_by(key[0].desc(), key[1].desc())
        return await self._rows(query if before is None else query.where(tuple_(*key) < before), limit, wanted)

    async def one(self, case: str) -> CaseRow | None:
        found = await self._rows(select(cases), 1, {"case": case})
        return found[0] if found else None

    async def of_caller(self, caller: str, limit: int) -> list[CaseRow]:
        """The open cases of this number, newest first."""
        query = select(cases).where(cases.c.closed_utc_s.is_(None)).order_by(cases.c.opened_utc_s.desc())
        return await self._rows(query, limit, {"caller": caller})

    async def history(self, case: str) -> list[CaseMoment]:
        """In order."""
        order = (case_history.c.at_utc_s, case_history.c.moment)
        query = select(case_history).where(case_history.c.case == case).order_by(*order).limit(PAGE_CAP)
        return [CaseMoment(**row) for row in await read_rows(self._engine, query)]

    async def notes(self, call: str) -> list[CallNote]:
        """What each agent wrote about this call."""
        query = select(call_notes).where(call_notes.c.call == call).order_by(call_notes.c.at_utc_s).limit(PAGE_CAP)
        return [call_note(row) for row in await read_rows(self._engine, query)]

    async def _rows(self, query: Any, limit: int, wanted: dict[str, str]) -> list[CaseRow]:
        query = query.where(*(cases.c[name] == value for name, value in wanted.items() if value))
        return [CaseRow(**row) for row in await read_rows(self._engine, query.limit(min(limit, PAGE_CAP)))]
