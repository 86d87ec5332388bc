"""Questions to the projections and the journal: pages of calls, one call's story, sessions.

Every page has a cap, and every cursor is the key of the last row seen, so that pages neither
repeat nor skip while calls come in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, and_, case, false, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from core.events import Outcome, TrunkFailed
from core.instants import Instant
from core.stats import QUARTER_HOUR_S
from store.call_search import EVERY_CALL, CallSearch, conditions
from store.lines import InputLine
from store.models import (
    agent_sessions,
    alarms,
    calls,
    inputs,
    late_outcomes,
    listenings,
    outcomes,
    seat_sessions,
    segments,
    work_items,
)
from store.outcome_rows import KEY, LINE, lines, readable
from store.projecting import agent_session
from store.records import (
    AgentSession,
    AlarmRecord,
    CallRecord,
    ListeningRecord,
    SeatSession,
    SegmentRecord,
    WorkItem,
)
from store.session import read_rows

PAGE_CAP = 500
_STORY_CAP = 5000


class Queries:
    """Reads through an engine of `store.session.reading_engine`. All of it raises StoreUnavailable."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def calls(
        self,
        *,
        before: tuple[float, str] | None = None,
        limit: int = 50,
        wanted: CallSearch = EVERY_CALL,
    ) -> list[CallRecord]:
        """Newest first. `before` is (`entered_utc_s`, `call`) of the last one seen."""
        query = _newest(select(calls), (calls.c.entered_utc_s, calls.c.call), before, limit)
        query = query.where(*conditions(wanted))
        return [CallRecord(**row) for row in await self._rows(query)]

    async def answered(
        self, since_utc_s: float, before: tuple[float, str] | None = None
    ) -> tuple[list[tuple[str, str, float]], tuple[float, str] | None]:
        """Callers who were answered since then: number, queue, when; newest first. And `before` of the next page."""
        key = (calls.c.entered_utc_s, calls.c.call)
        query = select(*key, calls.c.caller, calls.c.queue, calls.c.answered_utc_s).order_by(*(k.desc() for k in key))
        query = query.where(key[0] >= since_utc_s, calls.c.answered_utc_s.is_not(None))
        query = query.where(calls.c.caller != "", calls.c.queue != "", calls.c.hotline != "").limit(PAGE_CAP)
        if before is not None:
            query = query.where(tuple_(*key) < before)
        rows = await self._rows(query)
        found = [(row["caller"], row["queue"], row["answered_utc_s"]) for row in rows]
        return found, (rows[-1]["entered_utc_s"], rows[-1]["call"]) if len(rows) == PAGE_CAP else None

    async def contacts(self, caller: str, limit: int) -> list[CallRecord]:
        """The last calls from, or to, this number that are over, newest first."""
        query = select(calls).where(calls.c.caller == caller, calls.c.ended_utc_s.is_not(None))
        query = query.order_by(calls.c.entered_utc_s.desc(), calls.c.call.desc()).limit(min(limit, PAGE_CAP))
        return [CallRecord(**row) for row in await self._rows(query)]

    async def call(self, call: str) -> CallRecord | None:
        """One call's record."""
        found = await self._rows(select(calls).where(calls.c.call == call))
        return CallRecord(**found[0]) if found else None

    async def segments(self, call: str) -> list[SegmentRecord]:
        """A call's rings and talks in the order they began."""
        order = (segments.c.began_utc_s, segments.c.segment)
        query = select(segments).where(segments.c.call == call).order_by(*order).limit(PAGE_CAP)
        return [SegmentRecord(**row) for row in await self._rows(query)]

    async def story(self, call: str) -> list[Outcome]:
        """Everything decided about a call, in order; rows of a class unknown to this version are left out."""
        return list(readable(await self._rows(lines(outcomes.c.call == call).limit(_STORY_CAP))))

    async def trunk_failures(self, quarters: Sequence[int]) -> list[Outcome]:
        """Every TrunkFailed of these quarters of an hour (seconds since 1970 in UTC), the newest first."""
        at = outcomes.c.at_utc_s
        spans = [and_(at >= start, at < start + QUARTER_HOUR_S) for start in quarters]
        query = select(*LINE).where(outcomes.c.tag == TrunkFailed.__name__, or_(false(), *spans))
        return list(readable(await self._rows(query.order_by(*(each.desc() for each in KEY)).limit(PAGE_CAP))))

    async def inputs(self, after: int, until: int) -> list[InputLine]:
        """The first inputs behind the sequence `after`, up to `until`, at most PAGE_CAP of them."""
        query = select(inputs).where(inputs.c.sequence > after, inputs.c.sequence <= until)
        rows = await self._rows(query.order_by(inputs.c.sequence).limit(PAGE_CAP))
        return [_input_line(row) for row in rows]

    async def sequences(self, since_utc_s: float, until_utc_s: float) -> tuple[int, int] | None:
        """The first and the last input that led to anything in this span; None: nothing did."""
        at = outcomes.c.at_utc_s
        query = select(func.min(outcomes.c.sequence).label("first"), func.max(outcomes.c.sequence).label("last"))
        (row,) = await self._rows(query.where(at >= since_utc_s, at < until_utc_s))
        return None if row["first"] is None else (row["first"], row["last"])

    async def outcomes_after(self, place: tuple[int, int], limit: int) -> tuple[list[Outcome], tuple[int, int]]:
        """The outcomes behind this sequence and ordinal, in order, and the place of the last one, readable or not."""
        rows = await self._rows(lines(tuple_(*KEY) > place).limit(min(limit, PAGE_CAP)))
        return list(readable(rows)), (rows[-1]["sequence"], rows[-1]["ordinal"]) if rows else place

    async def late_after(self, number: int) -> tuple[list[Outcome], int]:
        """Outcomes that came behind later ones, in the order they came, and the number of the last; readable or not.

        Ask it behind `outcomes_after`: what came in between is then told here, and only here.
        """
        columns = late_outcomes.c
        query = select(columns.number, *LINE).join(
            outcomes, and_(outcomes.c.sequence == columns.sequence, outcomes.c.ordinal == columns.ordinal)
        )
        rows = await self._rows(query.where(columns.number > number).order_by(columns.number))
        return list(readable(rows)), rows[-1]["number"] if rows else number

    async def last_late(self) -> int:
        """The number of the last of them; 0: there is none."""
        (row,) = await self._rows(select(func.max(late_outcomes.c.number).label("last")))
        return row["last"] or 0

    async def work(
        self, *, after: tuple[int, float, str] | None = None, limit: int = 50, kind: str = "", owner: str = ""
    ) -> list[WorkItem]:
        """Open items: messages of busy hours first, then what is due soonest. `after` is work_place of the last one."""
        columns = work_items.c
        first = case((and_(columns.kind == "message", columns.busy), 0), else_=1)
        key = (first, columns.due_utc_s, columns.item)
        query = select(work_items).where(columns.closed_utc_s.is_(None)).order_by(*key).limit(min(limit, PAGE_CAP))
        if after is not None:
            query = query.where(tuple_(*key) > after)
        wanted = {columns.kind: kind, columns.owner: owner}
        query = query.where(*(column == value for column, value in wanted.items() if value))
        return [WorkItem(**row) for row in await self._rows(query)]

    async def work_done(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, kind: str = "", owner: str = ""
    ) -> list[WorkItem]:
        """Closed items, newest first. `before` is (`closed_utc_s`, `item`) of the last one seen."""
        columns = work_items.c
        query = select(work_items).where(columns.closed_utc_s.is_not(None))
        query = _newest(query, (columns.closed_utc_s, columns.item), before, limit)
        wanted = {columns.kind: kind, columns.owner: owner}
        query = query.where(*(column == value for column, value in wanted.items() if value))
        return [WorkItem(**row) for row in await self._rows(query)]

    async def work_item(self, item: str) -> WorkItem | None:
        found = await self._rows(select(work_items).where(work_items.c.item == item))
        return WorkItem(**found[0]) if found else None

    async def listenings(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, call: str = "", by: str = ""
    ) -> list[ListeningRecord]:
        """Who heard which call, newest first. `before` is (`began_utc_s`, `listening`) of the last one seen."""
        columns = listenings.c
        query = _newest(select(listenings), (columns.began_utc_s, columns.listening), before, limit)
        wanted = {columns.call: call, columns.by: by}
        query = query.where(*(column == value for column, value in wanted.items() if value))
        return [ListeningRecord(**row) for row in await self._rows(query)]

    async def agent_sessions(self, since_utc_s: float, until_utc_s: float, agent: str = "") -> list[AgentSession]:
        """Sessions that overlap the span, oldest first."""
        table = agent_sessions
        query = select(table).where(*_overlap(table.c, since_utc_s, until_utc_s))
        if agent:
            query = query.where(table.c.agent == agent)
        query = query.order_by(table.c.began_utc_s, table.c.session).limit(PAGE_CAP)
        return [agent_session(**row) for row in await self._rows(query)]

    async def seat_sessions(self, since_utc_s: float, until_utc_s: float, seat: str = "") -> list[SeatSession]:
        """Who sat where in the span, oldest first."""
        table = seat_sessions
        query = select(table).where(*_overlap(table.c, since_utc_s, until_utc_s))
        if seat:
            query = query.where(table.c.seat == seat)
        query = query.order_by(table.c.began_utc_s, table.c.session).limit(PAGE_CAP)
        return [SeatSession(**row) for row in await self._rows(query)]

    async def alarms(
        self, *, before: tuple[float, str] | None = None, limit: int = 50, rule: str = "", subject: str = ""
    ) -> list[AlarmRecord]:
        """Alarms of rules, newest first. `before` is (`raised_utc_s`, `alarm`) of the last one seen."""
        columns = alarms.c
        query = _newest(select(alarms), (columns.raised_utc_s, columns.alarm), before, limit)
        wanted = {columns.rule: rule, columns.subject: subject}
        query = query.where(*(column == value for column, value in wanted.items() if value))
        return [AlarmRecord(**row) for row in await self._rows(query)]

    async def _rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        return await read_rows(self._engine, query)


def _newest(query: Select[Any], key: tuple[Any, Any], before: tuple[float, str] | None, limit: int) -> Select[Any]:
    """A page: what happened in the same moment is told apart by its name, or the next page would leave some out."""
    query = query.order_by(*(column.desc() for column in key)).limit(min(limit, PAGE_CAP))
    return query if before is None else query.where(tuple_(*key) < before)


def _input_line(row: RowMapping) -> InputLine:
    now = Instant(row["boot_s"], datetime.fromisoformat(row["wall"]))
    return InputLine(row["sequence"], now, row["configuration"], row["tag"], row["body"], row["boot"])


def _overlap(columns: Any, since_utc_s: float, until_utc_s: float) -> tuple[Any, Any]:
    return (
        columns.began_utc_s < until_utc_s,
        or_(columns.ended_utc_s.is_(None), columns.ended_utc_s >= since_utc_s),
    )


def work_place(item: WorkItem) -> tuple[int, float, str]:
    """Where an open item stands in the list."""
    return (0 if item.kind == "message" and item.busy else 1), item.due_utc_s, item.item
