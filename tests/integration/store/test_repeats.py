"""Answers that are kept for a repeat, in a real database: of many at once one is first; a day later a key is free."""

from __future__ import annotations

import asyncio

from store.models import repeats
from store.repeats import KEPT_S, Repeat, Repeats
from tests.integration.store.database import Database

AT_S = 1795000500.0
MADE = Repeat("digest", 201, '"1"', "{}")


async def test_of_many_at_once_one_begins_and_all_others_learn_of_it(database: Database) -> None:
    kept = Repeats(database.writer)
    seen = await asyncio.gather(*(kept.begin("admin", "k", "digest", AT_S) for _ in range(8)))
    assert sorted(seen, key=bool) == [None, *[Repeat("digest")] * 7]
    await kept.keep("admin", "k", MADE)
    assert await Repeats(database.writer).begin("admin", "k", "another", AT_S + 1) == MADE
    assert await kept.begin("boss", "k", "digest", AT_S) is None


async def test_a_key_is_free_again_when_nothing_was_done_and_after_a_day(database: Database) -> None:
    kept = Repeats(database.writer)
    assert await kept.begin("admin", "k", "digest", AT_S) is None
    await kept.forget("admin", "k")
    assert await kept.begin("admin", "k", "digest", AT_S) is None
    await kept.keep("admin", "k", MADE)
    assert await kept.begin("admin", "k", "digest", AT_S + KEPT_S - 1) == MADE
    assert await kept.begin("admin", "other", "digest", AT_S + KEPT_S + 1) is None
    assert [row["key"] for row in await database.rows(repeats)] == ["other"]
