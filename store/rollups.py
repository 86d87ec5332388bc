"""The figures by quarters of an hour, kept in step with the outcomes table by store.projecting, and read for reports.

A row holds the merged state of core.rollup as JSON; `rollup_blocks` has the same by blocks of four hours, which reports
of days and longer read in their place, so that a month of a queue is 186 rows. `rollup_open` holds what is still open
of calls, agents and trunks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from pydantic_core import from_json, to_json
from sqlalchemy import RowMapping, Select, Table, and_, delete, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.events import Outcome
from core.figures import Figures
from core.mergeable import Mergeable
from core.rollup import KINDS, OpenKey, Rollup, Row, covered, in_blocks, touched
from store.models import house_versions, rollup_blocks, rollup_open, rollups
from store.session import read_rows
from store.upsert import upsert

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_OPEN_KEY = (rollup_open.c.kind, rollup_open.c.name)
_MOST_SPANS = 200
"""In one question; days of a zone in which a block straddles midnight have a span each."""
_AT_ONCE = 500
"""Keys in one statement; SQLite and PostgreSQL both bound its parameters."""


async def fold_into_rollups(connection: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
    """Add these outcomes to the rows. Call once for each, in their order."""
    known = await _open(connection, touched(outcomes))
    rollup = Rollup(known)
    for outcome in outcomes:
        rollup.apply(outcome)
    rows = rollup.rows()
    blocks = in_blocks(rows)  # before what is stored is merged into the rows
    await _add(connection, rollups, rows)
    await _add(connection, rollup_blocks, blocks)
    await _remember(connection, known, rollup.open())


async def _open(connection: AsyncConnection, keys: Iterable[OpenKey]) -> dict[OpenKey, Any]:
    found: dict[OpenKey, Any] = {}
    for some in _batches(sorted(keys)):
        query = select(rollup_open).where(tuple_(*_OPEN_KEY).in_(some))
        found |= {OpenKey(row.kind, row.name): from_json(row.document) for row in await connection.execute(query)}
    return found


async def _remember(connection: AsyncConnection, before: Mapping[OpenKey, Any], after: Mapping[OpenKey, Any]) -> None:
    changed = [key for key, document in after.items() if before.get(key) != document]
    rows = [{"kind": kind, "name": name, "document": _text(after[OpenKey(kind, name)])} for kind, name in changed]
    await upsert(connection, rollup_open, rows)
    for some in _batches(before.keys() - after.keys()):
        await connection.execute(delete(rollup_open).where(tuple_(*_OPEN_KEY).in_(some)))


async def _add(connection: AsyncConnection, table: Table, additions: Mapping[Row, Mergeable]) -> None:
    key = tuple_(*(table.c[name] for name in ("kind", "start_utc_s", "name", "part")))
    for some in _batches(additions.items()):
        states, broken = dict(some), set[Row]()
        for row in await connection.execute(select(table).where(key.in_(list(states)))):
            place, before = Row(*row[:4]), _state(row.kind, row.state)
            states[place].merge(before)
            broken |= set() if conserved(before) else {place}
        if table is rollups:
            _tell_broken({place: state for place, state in states.items() if place not in broken})
        rows = [{**row._asdict(), "state": _text(state.to_json())} for row, state in states.items()]
        await upsert(connection, table, rows)


def conserved(state: Mergeable) -> bool:
    """O = A + B + C + M + F + X + W; what counts no calls is always conserved."""
    return not isinstance(state, Figures) or state.conserved


def _tell_broken(states: Mapping[Row, Mergeable]) -> None:
    """Every interval is checked when it changes; a broken sum is told once, shown in reports, and stays as it is."""
    for row, state in states.items():
        if not conserved(state):
            _log.error("the figures of %s do not add up: O is not A + B + C + M + F + X + W", tuple(row))


def _batches(items: Iterable[_T]) -> Iterator[tuple[_T, ...]]:
    """Tuples of `_AT_ONCE` at most."""
    waiting = iter(items)
    while some := tuple(islice(waiting, _AT_ONCE)):
        yield some


def _state(kind: str, text: str) -> Mergeable:
    return KINDS[kind].from_json(from_json(text))


def _text(document: object) -> str:
    return to_json(document).decode()


class Rollups:
    """Reads through an engine of `store.session.reading_engine`. All of it raises StoreUnavailable."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def states(
        self,
        kind: str,
        since_utc_s: int,
        until_utc_s: int,
        *,
        name: str | None = None,
        part: str | None = None,
        periods: Sequence[tuple[int, int]] | None = None,
    ) -> Iterator[tuple[Row, Mergeable]]:
        """The rows of this kind in the span, by their starts; None filters nothing.

        Of quarters of an hour; with `periods`, which make up the span, of blocks wherever one lies in a period whole.
        """
        blocks, quarters = ([], [(since_utc_s, until_utc_s)]) if periods is None else covered(periods)
        if len(blocks) + len(quarters) > _MOST_SPANS:
            blocks, quarters = [], [(since_utc_s, until_utc_s)]
        found: list[RowMapping] = []
        for table, spans in ((rollup_blocks, blocks), (rollups, quarters)):
            if spans:
                found += await read_rows(self._engine, _select(table, kind, spans, name, part))
        return (
            (Row(row["kind"], row["start_utc_s"], row["name"], row["part"]), _state(kind, row["state"]))
            for row in found
        )

    async def last_quarters(
        self, kind: str, since_utc_s: int, until_utc_s: int, *, name: str | None = None
    ) -> list[Row]:
        """Of each name and part the row of the last quarter in the span, without its state."""
        columns = rollups.c
        last = func.max(columns.start_utc_s).label("start_utc_s")
        query = select(last, columns.name, columns.part).group_by(columns.name, columns.part)
        query = query.where(columns.kind == kind, columns.start_utc_s >= since_utc_s, columns.start_utc_s < until_utc_s)
        if name is not None:
            query = query.where(columns.name == name)
        rows = await read_rows(self._engine, query)
        return [Row(kind, row["start_utc_s"], row["name"], row["part"]) for row in rows]

    async def unconserved(self, since_utc_s: int, until_utc_s: int) -> list[Row]:
        """The intervals whose sum is broken; empty when all is well."""
        states = await self.states("call", since_utc_s, until_utc_s)
        return [row for row, state in states if not conserved(state)]

    async def teams(self, since_utc_s: float, until_utc_s: float) -> list[tuple[float, dict[str, str]]]:
        """Each agent's group by the versions of the house in force in the span: from when on, oldest first."""
        columns = house_versions.c
        first = select(func.max(columns.version)).where(columns.at_utc_s <= since_utc_s).scalar_subquery()
        within = and_(columns.at_utc_s > since_utc_s, columns.at_utc_s < until_utc_s)
        query = select(columns.at_utc_s, columns.document).where(or_(columns.version == first, within))
        rows = await read_rows(self._engine, query.order_by(columns.version))
        return [(row["at_utc_s"], _groups(from_json(row["document"]))) for row in rows]

    async def open_work(self) -> dict[str, Any]:
        """What each agent is doing now, as core.work.open_to_json tells it."""
        query = select(rollup_open).where(rollup_open.c.kind == "agent")
        return {row["name"]: from_json(row["document"]) for row in await read_rows(self._engine, query)}


def _groups(house: Mapping[str, Any]) -> dict[str, str]:
    return {agent["id"]: agent["group"] for agent in house["agents"] if agent.get("group")}


def _select(
    table: Table, kind: str, spans: Sequence[tuple[int, int]], name: str | None, part: str | None
) -> Select[Any]:
    start = table.c.start_utc_s
    within = or_(*(and_(start >= first, start < end) for first, end in spans))
    query = select(table).where(table.c.kind == kind, within)
    for column, value in ((table.c.name, name), (table.c.part, part)):
        if value is not None:
            query = query.where(column == value)
    return query.order_by(start, table.c.name, table.c.part)
