"""The house's versions: seeded once, changed by one at a time, never overwritten."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from core.errors import ConfigurationWrong
from core.house import Hotline, House, Queue, Trunk
from core.ids import HotlineId, QueueId, TrunkId
from store.errors import HouseMovedOn
from store.house import HouseStore
from store.models import house_versions
from tests.integration.store.database import Database

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def house(name: str) -> House:
    return House(
        name=name,
        trunks=(Trunk(id=TrunkId("t1"), name="甲", host="127.0.0.2"),),
        hotlines=(
            Hotline(id=HotlineId("h1"), number="95001", name={"zh-CN": "热线"}, flow="main", queue=QueueId("q1")),
        ),
        skills=("presales",),
        queues=(Queue(id=QueueId("q1"), name={"en": "Presales"}, skills={"presales": 1}),),
    )


async def test_it_is_seeded_once(database: Database) -> None:
    store = HouseStore(database.engine, database.writer)
    assert await store.current() is None
    assert set(await asyncio.gather(store.seed(house("一"), NOW), store.seed(house("二"), NOW))) == {1}
    assert await store.current() == (1, house("一"))


async def test_a_new_version_names_the_one_it_was_made_from(database: Database) -> None:
    store = HouseStore(database.engine, database.writer)
    await store.seed(house("一"), NOW)
    assert await store.put(house("二"), "leader01", 1, NOW, "a new name") == 2
    with pytest.raises(HouseMovedOn, match="version 2 is in force, not 1"):
        await store.put(house("三"), "leader02", 1, NOW)
    assert await store.current() == (2, house("二"))
    assert await store.version(1) == house("一")
    assert await store.version(9) is None
    told = [(one.version, one.by, one.comment) for one in await store.versions()]
    assert told == [(2, "leader01", "a new name"), (1, "setup", "seed")]
    assert [one.version for one in await store.versions(before=2)] == [1]


async def test_for_how_long_a_queue_that_is_gone_kept_its_recordings(database: Database) -> None:
    store = HouseStore(database.engine, database.writer)
    await store.seed(house("一"), NOW)
    queue = house("一").queues[0]
    for version, days in ((1, 7), (2, 60), (3, None)):
        kept = (queue.model_copy(update={"keep_recordings_days": days}),) if days else ()
        other = Queue(id=QueueId("q2"), name={"en": 'not "id":"q1"'}, skills={})
        await store.put(house("一").model_copy(update={"queues": (*kept, other)}), "leader01", version, NOW)
    assert [await store.last_keep_days(name) for name in ("q1", "q2", "q", "t1")] == [60, None, None, None]


async def test_of_many_who_change_one_version_one_succeeds(database: Database) -> None:
    store = HouseStore(database.engine, database.writer)
    await store.seed(house("一"), NOW)
    results = await asyncio.gather(
        *(store.put(house(f"{n}"), "leader01", 1, NOW) for n in range(8)), return_exceptions=True
    )
    assert results.count(2) == 1
    assert sum(isinstance(result, HouseMovedOn) for result in results) == 7


async def test_a_stored_house_that_breaks_the_rules_is_told_by_place(database: Database) -> None:
    store = HouseStore(database.engine, database.writer)
    await store.seed(house("一"), NOW)
    spoilt = update(house_versions).values(document=house("一").model_dump_json().replace("95001", "abc"))
    await database.writer.write(lambda connection: connection.execute(spoilt))
    with pytest.raises(ConfigurationWrong, match=r"house version 1: hotlines\.0\.number"):
        await store.current()
