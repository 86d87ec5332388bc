"""Second factors in a real database: spent once also by two at the same moment; sessions end with every change."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from store.people import People
from store.second_factors import SecondFactor, SecondFactors
from tests.integration.store.database import Database

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
CODES = ["0" * 64, "1" * 64]


@pytest.fixture
async def people(database: Database) -> People:
    found = People(database.engine, database.writer)
    await found.add_user("leader01", "leader", "hash-1", NOW)
    return found


async def confirmed(database: Database) -> SecondFactors:
    factors = SecondFactors(database.engine, database.writer)
    assert await factors.begin("leader01", "sealed") and await factors.confirm("leader01", 100, CODES, NOW)
    return factors


async def has_one(people: People) -> bool:
    user = await people.user("leader01")
    assert user is not None and user in await people.users()
    return user.second_factor


async def test_it_counts_when_it_is_confirmed(people: People, database: Database) -> None:
    factors = SecondFactors(database.engine, database.writer)
    assert await factors.of("leader01") is None
    assert not await factors.confirm("leader01", 100, CODES, NOW)
    assert [await factors.begin("leader01", sealed) for sealed in ("first", "second")] == [True, True]
    assert await factors.of("leader01") == SecondFactor("second", 0, False, 0)
    assert not await has_one(people)
    session = await people.open_session("leader01", NOW, timedelta(hours=1))
    assert await factors.confirm("leader01", 100, CODES, NOW)
    assert await people.session_user(session, NOW) is None
    assert await has_one(people)
    assert await factors.of("leader01") == SecondFactor("second", 100, True, 2)
    assert not await factors.begin("leader01", "third")
    assert not await factors.confirm("leader01", 101, CODES, NOW)


async def test_of_two_at_once_one_spends_the_code(people: People, database: Database) -> None:
    factors = await confirmed(database)
    assert sorted(await asyncio.gather(*(factors.spend_step("leader01", 101) for _ in range(2)))) == [False, True]
    assert not await factors.spend_step("leader01", 100)
    spent = await asyncio.gather(*(factors.spend_code("leader01", CODES[0]) for _ in range(2)))
    assert sorted(spent) == [False, True]
    assert not await factors.spend_code("somebody", CODES[1])
    left = await factors.of("leader01")
    assert left is not None and (left.last_step, left.recovery_codes_left) == (101, 1)


async def test_nobody_waits_until_a_clock_that_was_ahead_is_reached(people: People, database: Database) -> None:
    """A code of two steps before is one of the same clock still: it may have been heard."""
    factors, a_day = await confirmed(database), 2880
    assert await factors.spend_step("leader01", 100 + a_day)
    assert not await factors.spend_step("leader01", 98 + a_day)
    assert [await factors.spend_step("leader01", step) for step in (101, 101, 100, 102)] == [True, False, False, True]


async def test_removed_it_leaves_nothing_and_ends_the_sessions(people: People, database: Database) -> None:
    factors = await confirmed(database)
    session = await people.open_session("leader01", NOW, timedelta(hours=1))
    found = await people.session_user(session, NOW)
    assert found is not None and found.second_factor
    assert [await factors.remove("leader01") for _ in range(2)] == [True, False]
    assert await people.session_user(session, NOW) is None
    assert not await has_one(people) and not await factors.spend_code("leader01", CODES[1])
