"""First-contact resolution on both databases: what small histories come to, and that it costs a look a call."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.contacts import Contacts
from core.desk import SaidSolved
from store.first_contact import Contact, ContactsWanted, FirstContacts, Per
from store.journal import Shipper
from store.models import call_notes, calls, segments
from tests.integration.store.database import Database, ship_all
from tests.integration.store.test_behind import asked, work_of
from tests.integration.store.test_rollups import FEW, _emptied, spool
from tests.unit.contacts import CASES, CODES, DAY_S, NUMBER, WANTED, Case, Moment, came, noted
from tests.unit.doors import FigureRecords
from tests.unit.doors import FirstContacts as Reckoned
from tests.unit.floor import AGENT, HOTLINE, OTHER_AGENT, SALES, SERVICE

ANY: tuple[SaidSolved, ...] = ("", "yes", "no")
ALL: tuple[Contact, ...] = ("solved", "again", "pending", "withheld")
PER: tuple[Per, ...] = ("call", "queue", "agent")


async def ship(database: Database, directory: Path, of: Case) -> FirstContacts:
    await database.writer.write(_emptied)
    spool(directory, of.outcomes)
    await ship_all(Shipper(directory, database.writer))
    return FirstContacts(database.engine)


async def summed(records: FirstContacts, wanted: ContactsWanted, per: Per) -> dict[str, Contacts]:
    found: dict[str, Contacts] = {}
    for row, state in await records.states(wanted, per):
        found.setdefault(row.part if per == "queue" else row.name, Contacts()).merge(state)
    return found


@pytest.mark.parametrize("of", CASES.values(), ids=CASES)
async def test_small_histories(database: Database, tmp_path: Path, of: Case) -> None:
    records = await ship(database, tmp_path, of)
    assert await summed(records, of.wanted, "call") == ({HOTLINE: of.house} if of.moments else {})
    assert await summed(records, of.wanted, "queue") == of.queues
    assert await summed(records, of.wanted, "agent") == of.agents
    listed = await records.answered(of.wanted, ALL, ANY)
    total = Contacts()
    for one in listed:
        total.merge(one.counts)
    assert total == of.house


LIVES = st.lists(
    st.tuples(
        st.floats(0, 20 * DAY_S), st.sampled_from([NUMBER, "+8613800005678", ""]), st.sampled_from([SALES, SERVICE]),
        st.sampled_from([AGENT, OTHER_AGENT]), st.booleans(), st.booleans(),
        st.sampled_from(["done", "open", "else", ""]),
    ),
    max_size=12,
)  # fmt: skip


@FEW
@given(lives=LIVES)
async def test_random_callers_come_to_the_same_as_call_by_call(
    database: Database,
    tmp_path_factory: pytest.TempPathFactory,
    lives: list[tuple[float, str, str, str, bool, bool, str]],
) -> None:
    told: list[Moment] = []
    for n, (at_s, caller, queue, agent, answered, ended, code) in enumerate(lives):
        told += came(str(n), at_s, caller=caller, queue=queue, agent=agent, answered=answered, ended=ended)  # type: ignore[arg-type]
        told += [noted(str(n), at_s + 30, code, agent)] if code else []  # type: ignore[arg-type]
    of = Case(told, Contacts(), asked={"now_utc_s": WANTED.since_utc_s + 16 * DAY_S, **CODES})
    records, figures = await ship(database, tmp_path_factory.mktemp("spool"), of), FigureRecords()
    figures.outcomes = of.outcomes
    reckoned = Reckoned(figures)
    for per in PER:
        assert dict(await records.states(of.wanted, per)) == dict(await reckoned.states(of.wanted, per))
    pages, before = [], None
    while page := await records.answered(of.wanted, ALL, ANY, before, 2):
        pages += page
        before = page[-1].row.entered_utc_s, page[-1].row.call
    assert pages == list(await reckoned.answered(of.wanted, ALL, ANY, None, 100))


# --- what it costs ---------------------------------------------------------------------------------
MANY, SPAN_DAYS = 100_000, 60


async def fill(database: Database, count: int, days: int, numbers: int) -> ContactsWanted:
    """So many answered calls of so many callers in these days, each with its wait, its talk and its note."""
    random = Random(7)
    rows, parts, notes = list[dict[str, object]](), list[dict[str, object]](), list[dict[str, object]]()
    for n in range(count):
        at_s, call, queue = n * days * DAY_S / count, f"n-1.{n:06}", random.choice(("sales", "care", "repair"))
        agent = f"a{n % 40}"
        rows.append(
            {"call": call, "hotline": "h", "trunk": "t", "caller": f"+86138{random.randrange(numbers):08}"}
            | {"language": "en", "queue": queue, "entered_utc_s": at_s, "offered_utc_s": at_s + 5}
            | {"answered_utc_s": at_s + 15, "ended_utc_s": at_s + 100, "waited_s": 10.0, "talk_s": 80.0, "tries": 1}
            | {"how": "caller", "agent": agent, "seat": "s", "outcome": "answered"}
        )
        notes.append(
            {"note": call, "call": call, "agent": agent, "text": "", "code": "done", "tags": "[]", "at_utc_s": at_s}
        )
        for kind, served, began in (("wait", "", 5), ("talk", agent, 15)):
            parts.append(
                {"segment": f"{call}/{kind}", "call": call, "kind": kind, "queue": queue, "seat": "", "agent": served}
                | {"began_utc_s": at_s + began, "ended_utc_s": at_s + 100, "lasted_s": 80.0, "outcome": "answered"}
            )

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(insert(calls), rows)
        await connection.execute(insert(segments), parts)
        await connection.execute(insert(call_notes), notes)
        if connection.dialect.name == "postgresql":
            await connection.execute(text("ANALYZE"))  # as it does by itself, a minute later

    await database.writer.write(work)
    return ContactsWanted(0.0, days * DAY_S, (days + 8) * DAY_S, 7, codes={"done": "yes"})


async def test_a_callers_later_calls_are_found_by_their_number(database: Database) -> None:
    """Of 100,000 calls of two months; both databases take about a second for all of them."""
    wanted, records = await fill(database, MANY, SPAN_DAYS, MANY // 3), FirstContacts(database.engine)
    with asked(database) as statements:
        assert sum(state.at_first.of for _, state in await records.states(wanted, "call")) == MANY
    statement, parameters = next(one for one in statements if "answered" in one[0])
    explain = "EXPLAIN QUERY PLAN" if database.engine.dialect.name == "sqlite" else "EXPLAIN"
    async with database.engine.connect() as connection:
        plan = " ".join(str(line) for line in await connection.exec_driver_sql(f"{explain} {statement}", parameters))
    assert "ix_calls_caller_entered_utc_s" in plan and "ix_segments_call" in plan, plan
    page = await records.answered(wanted, ("again",), ANY)
    assert {(one.contact, one.said) for one in page} == {("again", "yes")} and len(page) == 50
    assert (await records.count(wanted, MANY + 5), await records.count(wanted, 1000)) == (MANY, 1000)
    assert await records.count(replace(wanted, agents=["a1"], until_utc_s=DAY_S), MANY) == MANY // SPAN_DAYS // 40 + 1


PARTS: dict[str, dict[str, Any]] = {
    "house": {}, "queue": {"queue": "sales"}, "agent": {"agents": ["a1"], "own_codes": True}
}  # fmt: skip


@pytest.mark.parametrize("of", PARTS.values(), ids=PARTS)
async def test_a_week_costs_no_more_the_more_calls_there_were_before(database: Database, of: dict[str, Any]) -> None:
    """Much less than four times for four times the calls: PostgreSQL reads through what is as small as this."""
    work = dict[int, int]()
    for weeks in (2, 8):
        await database.writer.write(_emptied)
        wanted = await fill(database, weeks * 1500, weeks * 7, weeks * 500)
        last = replace(wanted, since_utc_s=wanted.until_utc_s - 7 * DAY_S, **of)
        with asked(database) as statements:
            assert await FirstContacts(database.engine).states(last, "queue")
        work[weeks] = await work_of(database, statements)
    assert work[8] < 2.5 * work[2], work
