"""First-contact resolution, asked of the calls' records; docs/figures.md defines it, core.contacts holds the counts.

A call belongs to the queue and to the agent that answered it first: to the talk that began when it was answered. The
same caller's later calls are found by ix_calls_caller_entered_utc_s, one look for each call, and the queues in which
these waited by ix_segments_call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    RowMapping,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from core.contacts import DAY_S, Contacts
from core.desk import SaidSolved
from core.rollup import WHOLE, Row
from core.stats import QUARTER_HOUR_S
from store.behind import LONGEST_CALL_S
from store.models import call_notes, calls, segments
from store.records import CallRecord
from store.session import read_rows
from store.waits import WAIT

Contact = Literal["solved", "again", "pending", "withheld"]
Per = Literal["call", "queue", "agent"]
_talk, _later, _wait = segments.alias("talk"), calls.alias("later"), segments.alias("wait")


@dataclass(frozen=True, slots=True)
class ContactsWanted:
    """Answered calls that first asked for an agent in this span. `agents` None: whoever answered; else one of these.

    `codes` are those wrap-up codes that say something; the last such word of anybody counts, with `own_codes` that of
    the agent who answered alone.
    """

    since_utc_s: float
    until_utc_s: float
    now_utc_s: float
    days: int
    hotline: str = ""
    queue: str = ""
    agents: Collection[str] | None = None
    codes: Mapping[str, SaidSolved] = field(default_factory=dict)
    own_codes: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """One call: who answered it, what became of the contact, and what an agent's code says, "" nothing."""

    row: CallRecord
    agent: str
    contact: Contact
    said: SaidSolved

    @property
    def counts(self) -> Contacts:
        return _counts(self.contact, self.said, 1)


class FirstContacts:
    """Reads through an engine of `store.session.reading_engine`. All of it raises StoreUnavailable."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def count(self, wanted: ContactsWanted, most: int) -> int:
        """How many answered calls it is about; no more than `most` are counted."""
        some = _talks(wanted, calls.c.call).limit(most)
        (row,) = await read_rows(self._engine, select(func.count().label("calls")).select_from(some.subquery()))
        return int(row["calls"])

    async def states(self, wanted: ContactsWanted, per: Per) -> list[tuple[Row, Contacts]]:
        """By quarters of an hour, as core.rollup has its rows: of whole calls, of their queues, or of agents."""
        names = {"call": (calls.c.hotline,), "queue": (calls.c.hotline, _talk.c.queue), "agent": (_talk.c.agent,)}[per]
        one = _answered(wanted, self._quarter().label("quarter"), *names)
        query = select(*one.c, func.count().label("calls")).group_by(*one.c)
        found: dict[Row, Contacts] = {}
        for row in await read_rows(self._engine, query):
            found.setdefault(_place(row, per), Contacts()).merge(_counts(row["contact"], row["said"], row["calls"]))
        return list(found.items())

    async def answered(
        self,
        wanted: ContactsWanted,
        contacts: Sequence[Contact],
        said: Sequence[SaidSolved],
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> list[Answered]:
        """Those of which became one of `contacts` and was said one of `said`, the newest first.

        `before` is (`entered_utc_s`, `call`) of the last one seen.
        """
        one = _answered(wanted, *calls.c, _talk.c.agent.label("by"))
        key = (one.c.entered_utc_s, one.c.call)
        query = select(one).where(one.c.contact.in_(contacts), one.c.said.in_(said))
        if before is not None:
            query = query.where(tuple_(*key) < before)
        query = query.order_by(*(column.desc() for column in key)).limit(limit)
        return [_one(row) for row in await read_rows(self._engine, query)]

    def _quarter(self) -> ColumnElement[int]:
        """Which one since 1970: a cast rounds down on SQLite, which may lack floor, and to the nearest elsewhere."""
        quarters: ColumnElement[Any] = calls.c.offered_utc_s / float(QUARTER_HOUR_S)
        return cast(quarters if self._engine.dialect.name == "sqlite" else func.floor(quarters), BigInteger)


def _answered(wanted: ContactsWanted, *columns: ColumnElement[Any]) -> CTE:
    """With `contact` and `said` behind these columns. Materialized: SQLite would look for each caller twice."""
    query = _talks(wanted, *columns, _contact(wanted).label("contact"), _said(wanted).label("said"))
    return query.cte("answered").prefix_with("MATERIALIZED")


def _talks(wanted: ContactsWanted, *columns: ColumnElement[Any]) -> Select[Any]:
    """The calls that are asked for, each with the talk by which it was answered."""
    answer = _of_kind(_talk, "talk", calls.c.call), _talk.c.began_utc_s == calls.c.answered_utc_s
    return select(*columns).join_from(calls, _talk, and_(*answer)).where(*_which(wanted))


def _of_kind(segment: Any, kind: str, call: ColumnElement[str]) -> ColumnElement[bool]:
    """Found by its call. SQLite, which has counted no rows, would go through all of a kind by their index, but uses
    none for LIKE; PostgreSQL takes LIKE without a wildcard as =."""
    return and_(segment.c.call == call, segment.c.kind.like(kind))


def _which(wanted: ContactsWanted) -> Iterator[ColumnElement[bool]]:
    yield calls.c.offered_utc_s >= wanted.since_utc_s
    yield calls.c.offered_utc_s < wanted.until_utc_s
    yield calls.c.outcome == "answered"
    yield calls.c.hotline != ""  # a call that we made has none
    for column, name in ((calls.c.hotline, wanted.hotline), (_talk.c.queue, wanted.queue)):
        if name:
            yield column == name
    yield _talk.c.began_utc_s >= wanted.since_utc_s  # the same again, so that other indexes need not go back for ever
    yield _talk.c.began_utc_s < wanted.until_utc_s + LONGEST_CALL_S
    if wanted.agents is not None:
        yield _talk.c.agent.in_(wanted.agents)


def _contact(wanted: ContactsWanted) -> ColumnElement[Contact]:
    """Whether a caller has called again is looked for last, and not at all where it would not count."""
    days_s, ended = wanted.days * DAY_S, calls.c.ended_utc_s
    later = [
        _later.c.caller == calls.c.caller, _later.c.hotline != "",
        _later.c.entered_utc_s > ended, _later.c.entered_utc_s <= ended + days_s,
        _wait.c.queue == _talk.c.queue,
    ]  # fmt: skip
    again = exists().select_from(_later.join(_wait, _of_kind(_wait, WAIT, _later.c.call))).where(*later)
    return case(
        (calls.c.caller == "", "withheld"),
        (or_(ended.is_(None), ended > wanted.now_utc_s - days_s), "pending"),
        (again.correlate(calls, _talk), "again"),
        else_="solved",
    )


def _said(wanted: ContactsWanted) -> ColumnElement[Any]:
    if not wanted.codes:
        return literal("")
    word = case(wanted.codes, value=call_notes.c.code)
    told = select(word).where(call_notes.c.call == calls.c.call, word.is_not(None))  # not by code, as in _of_kind
    if wanted.own_codes:
        told = told.where(call_notes.c.agent == _talk.c.agent)
    last = told.order_by(call_notes.c.at_utc_s.desc(), call_notes.c.note.desc()).limit(1)
    return func.coalesce(last.correlate(calls, _talk).scalar_subquery(), "")


def _place(row: RowMapping, per: Per) -> Row:
    start_utc_s = row["quarter"] * QUARTER_HOUR_S
    match per:
        case "agent":
            return Row("agent", start_utc_s, row["agent"], "")
        case "queue":
            return Row("call", start_utc_s, row["hotline"], row["queue"])
        case _:
            return Row("call", start_utc_s, row["hotline"], WHOLE)


def _counts(contact: str, said: str, calls: int) -> Contacts:
    return Contacts(**{contact: calls}, **({f"code_{said}": calls} if said else {}))


def _one(row: RowMapping) -> Answered:
    record = {name: value for name, value in row.items() if name not in ("by", "contact", "said")}
    return Answered(CallRecord(**record), row["by"], row["contact"], row["said"])
