"""A house on PostgreSQL and Redis: one stands still, the other is gone, and calls notice neither."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from app.settings import Settings
from tests.integration.centre import Centre
from tests.integration.ports import own_ports
from tests.integration.servers import PostgresServer, RedisServer, postgres_server, redis_server
from tests.integration.survival import floor_empty, health, records, seat_taken, survivors, until


@dataclass(slots=True)
class Servers:
    postgres: PostgresServer
    redis: RedisServer


@pytest.fixture
def used() -> Iterator[Servers]:
    with own_ports() as port, postgres_server(port) as postgres, redis_server(port + 1) as redis:
        yield Servers(postgres, redis)


@pytest.mark.timeout(240)
async def test_calls_go_on_without_postgresql_and_with_a_redis_that_stands_still(used: Servers) -> None:
    url = await asyncio.to_thread(used.postgres.new_database)

    @asynccontextmanager
    async def on_servers(settings: Settings) -> AsyncIterator[Mapping[str, str]]:
        yield {"THIRDRING_DATABASE_URL": url, "THIRDRING_REDIS_URL": used.redis.url}

    async with survivors(around=on_servers) as house:
        await seat_taken(house, "seat-01")
        await _a_call(house, "13800000001")

        used.redis.process.send_signal(signal.SIGSTOP)
        try:
            await _a_call(house, "13800000002")
        finally:
            used.redis.process.send_signal(signal.SIGCONT)
        await floor_empty(house)

        await asyncio.to_thread(used.postgres.stop)
        try:
            await _a_call(house, "13800000003")
            await _a_call(house, "13800000004")
        finally:
            await asyncio.to_thread(used.postgres.start)
        await until(lambda: _all_well(house), "a part stays unwell", 60)
        await floor_empty(house)
        await until(lambda: _stored(house, ["0001", "0002", "0003", "0004"]), "calls are missing, or there twice")


async def _a_call(house: Centre, number: str) -> None:
    """As the telephones see it: nobody asks the API, which may wait for its servers."""
    phone = await house.carrier.phone("seat-01")
    caller = await house.carrier.dial("95003", number)
    assert (await caller.bridged()).details["seat"] == "seat-01"
    await phone.hang_up()
    await caller.ended()


async def _all_well(house: Centre) -> bool:
    return all(part["ok"] for part in (await health(house)).values())


async def _stored(house: Centre, callers: list[str]) -> bool:
    return sorted(row["caller"][-4:] for row in await records(house)) == callers
