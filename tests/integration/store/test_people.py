"""Users, sessions and tokens: what ends, ends at once; what is stored opens nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Delete, delete

from core.errors import Refused
from store.models import api_tokens, web_sessions
from store.people import ApiToken, People, User
from store.writer import Writer
from tests.integration.store.database import Database

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEADER = User("leader01", "leader", "hash-1", False)


@pytest.fixture(params=[False, True], ids=["among others", "alone"])
async def people(database: Database, request: pytest.FixtureRequest) -> People:
    """What it remembers when it is alone changes no answer."""
    found = People(database.engine, database.writer, alone=request.param)
    await found.add_user("leader01", "leader", "hash-1", NOW)
    return found


async def test_a_user_is_stored_once(people: People) -> None:
    assert await people.user("leader01") == LEADER
    assert await people.user("nobody") is None
    with pytest.raises(Refused, match="already"):
        await people.add_user("leader01", "agent", "hash-2", NOW)
    assert [user.role for user in await people.users()] == ["leader"]


async def test_a_session_lasts_until_it_runs_out_or_is_closed(people: People) -> None:
    first, second = [await people.open_session("leader01", NOW, HOUR) for _ in range(2)]
    assert await people.session_user(first, NOW + HOUR - timedelta(seconds=1)) is not None
    assert await people.session_user(first, NOW + HOUR) is None
    assert await people.session_user("x" * len(first), NOW) is None
    await people.close_session(first)
    assert await people.session_user(first, NOW) is None
    assert (await people.session_user(second, NOW)) == LEADER


@pytest.mark.parametrize("change", ["disable", "password", "role"])
async def test_a_change_of_the_user_ends_the_sessions(people: People, change: str) -> None:
    token = await people.open_session("leader01", NOW, HOUR)
    changes = {
        "disable": lambda: people.change(LEADER, "leader", True),
        "password": lambda: people.set_password("leader01", "hash-2"),
        "role": lambda: people.change(LEADER, "agent", False),
    }
    assert await changes[change]()
    assert await people.session_user(token, NOW) is None


async def test_a_user_who_was_changed_meanwhile_stays_as_they_are(people: People) -> None:
    token = await people.open_session("leader01", NOW, HOUR)
    assert not await people.change(replace(LEADER, role="agent"), "operations", False)
    assert not await people.change(replace(LEADER, disabled=True), "leader", False)
    assert await people.session_user(token, NOW) == LEADER


async def test_two_administrators_who_demote_each_other_at_one_moment_leave_one(
    people: People, database: Database
) -> None:
    """From two processes: each has a writer of its own."""
    boss, deputy = User("boss", "administrator", "", False), User("deputy", "administrator", "", False)
    await people.add_users([boss, deputy, User("cli", "administrator", "", False)], NOW)
    beside = Writer(database.url)
    others = People(database.engine, beside)
    how = {"needed": "administrator", "uncounted": "cli"}
    for _ in range(10):
        outcomes = await asyncio.gather(
            people.change(boss, "agent", False, **how),
            others.change(deputy, "administrator", True, **how),
            return_exceptions=True,
        )
        assert sorted(map(type, outcomes), key=str) == [bool, Refused], outcomes
        for now, was in ((await others.user("boss"), boss), (await others.user("deputy"), deputy)):
            assert now is not None
            await others.change(now, was.role, was.disabled)
    await beside.close()


async def test_a_change_of_nobody_is_told(people: People) -> None:
    assert not await people.change(replace(LEADER, name="nobody"), "agent", False)
    assert not await people.set_password("nobody", "x")


async def test_a_token_works_until_it_is_revoked_or_its_user_is_disabled(people: People) -> None:
    token = await people.add_token("crm", "leader01", "calls:read", NOW, HOUR)
    allowed = ApiToken("crm", "leader01", "calls:read", NOW + HOUR)
    assert await people.token(token, NOW) == allowed
    assert await people.token(token, NOW + HOUR) is None
    with pytest.raises(Refused, match="already"):
        await people.add_token("crm", "leader01", "", NOW, HOUR)
    await people.change(LEADER, "leader", True)
    assert await people.token(token, NOW) is None
    await people.change(replace(LEADER, disabled=True), "leader", False)
    assert await people.tokens() == [allowed]
    assert await people.revoke_token("crm")
    assert not await people.revoke_token("crm")
    assert await people.token(token, NOW) is None


async def test_the_database_holds_no_token_and_old_sessions_are_cleared(people: People, database: Database) -> None:
    secrets = [
        await people.open_session("leader01", NOW, HOUR),
        await people.add_token("crm", "leader01", "", NOW, HOUR),
    ]
    stored = str([*await database.rows(web_sessions), *await database.rows(api_tokens)])
    assert not any(secret in stored for secret in secrets)
    await people.open_session("leader01", NOW + 2 * HOUR, HOUR)
    assert len(await database.rows(web_sessions)) == 1


@pytest.mark.parametrize("people", [True], indirect=True)
async def test_whoever_is_alone_asks_again_only_after_a_write(people: People, database: Database) -> None:
    token = await people.open_session("leader01", NOW, HOUR)
    assert await people.session_user(token, NOW) == LEADER
    await _behind_its_back(database, delete(web_sessions))
    assert await people.session_user(token, NOW) == LEADER
    await people.open_session("leader01", NOW, HOUR)
    assert await people.session_user(token, NOW) is None


async def _behind_its_back(database: Database, statement: Delete) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(statement)
