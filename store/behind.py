"""What is asked of the records to find the calls behind a figure: those that could have counted in it, no fewer.

Which of them did is not decided here. Their outcomes are folded again, as the figure itself was (api.behind).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import inf, nextafter
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from core.events import DutyChanged, Outcome
from store.models import calls, outcomes, segments
from store.outcome_rows import lines, readable
from store.records import CallRecord
from store.session import read_rows
from store.waits import WAIT

LONGEST_CALL_S = 86400.0
"""A call that lasted longer is not found from the figures of its later hours."""
SLACK_S = 3600.0
"""What is told after a call's end, or counted before its first record."""
FIRST_SLICE_S, WIDER = 3600.0, 4.0
"""So far back a question reads for one queue, or for agents, and how much farther when it has found too few."""
LONGEST_DUTY_S = 40 * 3600.0
"""From a shift's beginning, or from when somebody came early to it, to the last call that counts for it."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Calls that touch this span. `agents` None: whoever served them; else one of these."""

    since_utc_s: float
    until_utc_s: float
    hotline: str = ""
    queue: str = ""
    agents: Collection[str] | None = None


class Behind:
    """Reads through an engine of `store.session.reading_engine`. All of it raises StoreUnavailable."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def candidates(
        self, wanted: Candidates, before: tuple[float, str] | None = None, limit: int = 200
    ) -> list[CallRecord]:
        """Newest first; fewer than `limit` are the last. `before` is (`entered_utc_s`, `call`) of the last one seen.

        What a call waited for and who served it stands in its segments. Only those of a slice are read, so that a page
        costs the same however long the span is.
        """
        key = (calls.c.entered_utc_s, calls.c.call)
        found = list[CallRecord]()
        for since_utc_s, until_utc_s in _slices(wanted, before):
            query = select(calls).where(*_touching(wanted, since_utc_s, until_utc_s))
            if before is not None:
                query = query.where(tuple_(*key) < before)
            query = query.order_by(key[0].desc(), key[1].desc()).limit(limit - len(found))
            found += [CallRecord(**row) for row in await self._rows(query)]
            if len(found) == limit:
                break
        return found

    async def outcomes(self, names: Sequence[str]) -> dict[str, Iterator[Outcome]]:
        """Everything decided about each of these calls, in order; read as it is taken, which is not for the loop."""
        found = defaultdict[str, list[RowMapping]](list)
        query = lines(outcomes.c.call.in_(names)).add_columns(outcomes.c.call)
        for row in await self._rows(query):
            found[row["call"]].append(row)
        return {call: readable(rows) for call, rows in found.items()}

    async def duties(self, since_utc_s: float, until_utc_s: float) -> Iterator[Outcome]:
        """What the roster made of agents while calls of this span went on, and long enough before to know it then.

        Read as it is taken, likewise.
        """
        at = outcomes.c.at_utc_s
        span = (at >= since_utc_s - LONGEST_DUTY_S, at < until_utc_s + SLACK_S)
        return readable(await self._rows(lines(*span, outcomes.c.tag == DutyChanged.__name__)))

    async def _rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        return await read_rows(self._engine, query)


def _slices(wanted: Candidates, before: tuple[float, str] | None) -> Iterator[tuple[float, float]]:
    """When the calls of each question entered, newest first: [since, until), each wider than the one before it."""
    first_s, last_s = wanted.since_utc_s - LONGEST_CALL_S, wanted.until_utc_s + SLACK_S
    if before is not None:
        last_s = min(last_s, nextafter(before[0], inf))
    wide_s = FIRST_SLICE_S if wanted.queue or wanted.agents is not None else inf
    while last_s > first_s:
        yield max(first_s, last_s - wide_s), last_s
        last_s, wide_s = last_s - wide_s, wide_s * WIDER


def _touching(wanted: Candidates, since_utc_s: float, until_utc_s: float) -> Iterator[ColumnElement[bool]]:
    began, ended = calls.c.entered_utc_s, calls.c.ended_utc_s
    yield began >= since_utc_s
    yield began < until_utc_s
    yield or_(ended.is_(None), ended >= wanted.since_utc_s - SLACK_S)
    if wanted.hotline:
        yield calls.c.hotline == wanted.hotline
    within = segments.c.began_utc_s >= since_utc_s - SLACK_S, segments.c.began_utc_s < until_utc_s + LONGEST_CALL_S
    if wanted.queue:
        waited = _with_segment(segments.c.kind == WAIT, segments.c.queue == wanted.queue, *within)
        yield or_(waited, calls.c.queue == wanted.queue)
    if wanted.agents is not None:
        served = _with_segment(segments.c.agent.in_(wanted.agents), *within)
        yield or_(served, calls.c.agent.in_(wanted.agents))


def _with_segment(*of_what: ColumnElement[bool]) -> ColumnElement[bool]:
    return calls.c.call.in_(select(segments.c.call).where(*of_what))
