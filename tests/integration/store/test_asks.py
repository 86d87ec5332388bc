"""Requests and answers between processes, on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.doctor.finding import Level
from app.doctor.stores import redis as redis_check
from app.settings import Settings
from app.settings_shown import in_force
from core.ids import AgentId, RequestId
from core.inputs import BecomeReady, Requested
from store.asks import Ask, AskStreams, Reply
from store.errors import StoreUnavailable
from tests.integration.ports import own_ports
from tests.integration.servers import RedisServer, redis_server


@pytest.fixture
async def streams(redis: RedisServer, request: pytest.FixtureRequest) -> AsyncIterator[AskStreams]:
    found = AskStreams(redis.url, prefix=request.node.name)
    yield found
    await found.close()


def ask(token: str) -> Ask:
    return Ask(token, "desk", 1.25, 3.75, Requested(RequestId(f"a:{token}"), "张三", BecomeReady(AgentId("agent-01"))))


async def test_what_is_asked_arrives_whole_in_its_order_and_once(streams: AskStreams) -> None:
    for token in ("1", "2"):
        await streams.ask(ask(token))
    assert await streams.asked() == [ask("1"), ask("2")]
    assert await streams.asked() == []


async def test_a_redis_with_a_password_is_spoken_to_and_nobody_hears_the_password(tmp_path: Path) -> None:
    with own_ports() as ports, redis_server(ports + 12) as server:
        async with Redis.from_url(server.url) as admin:
            await admin.config_set("requirepass", "s3cret-word")
        for user in ("", "default"):
            url = f"redis://{user}:s3cret-word@127.0.0.1:{server.port}/0"
            streams = AskStreams(url, prefix=f"of-{user}")
            await streams.ask(ask("1"))
            assert await streams.asked() == [ask("1")]
            await streams.close()
            settings = Settings(home=tmp_path, redis_url=url)
            assert (await asyncio.to_thread(redis_check, settings)).level is Level.OK
            assert "s3cret" not in str(in_force(settings))
        for wrong in ("redis://127.0.0.1:{}/0", "redis://:s3cret-wrong@127.0.0.1:{}/0"):
            streams = AskStreams(wrong.format(server.port))
            with pytest.raises(StoreUnavailable) as refused:
                await streams.ask(ask("1"))
            assert "s3cret" not in str(refused.value)
            await streams.close()


async def test_who_waits_is_woken(streams: AskStreams) -> None:
    waiting = asyncio.create_task(streams.asked())
    await asyncio.sleep(0.1)  # it is there before the ask is
    await streams.ask(ask("1"))
    assert await asyncio.wait_for(waiting, 20) == [ask("1")]


async def test_answers_come_to_the_desk_that_asked_alone(streams: AskStreams) -> None:
    await streams.reply("desk", Reply("1", "RequestGranted", "{}"))
    await streams.reply("other", Reply("2", "NoAnswer", "no"))
    assert await streams.replies("desk") == [Reply("1", "RequestGranted", "{}")]
    assert await streams.replies("other") == [Reply("2", "NoAnswer", "no")]


async def test_answers_to_a_process_that_has_ended_go_by_themselves(streams: AskStreams, redis: RedisServer) -> None:
    await streams.reply("gone", Reply("1", "RequestGranted", "{}"))
    async with Redis.from_url(redis.url, decode_responses=True) as admin:
        (stream,) = [key async for key in admin.scan_iter("*answers:gone")]
        assert 0 < await admin.pttl(stream) <= 60_000


async def test_a_flushed_redis_goes_on(streams: AskStreams, redis: RedisServer) -> None:
    await streams.ask(ask("lost"))
    async with Redis.from_url(redis.url) as admin:
        await admin.flushall()
    await streams.ask(ask("1"))
    assert await streams.asked() == [ask("1")]


async def test_what_cannot_be_read_is_passed_over(streams: AskStreams, redis: RedisServer) -> None:
    async with Redis.from_url(redis.url) as admin:
        stream = "test_what_cannot_be_read_is_passed_over:asks"
        await admin.xadd(stream, {"token": "x"})
        await admin.xadd(stream, {"token": "x", "tag": "Tick", "body": "{}", "desk": "d", "asked": "1", "until": "2"})
    await streams.ask(ask("1"))
    assert await streams.asked() == [ask("1")]


async def test_a_redis_that_is_away_is_told(port_base: int) -> None:
    with redis_server(port_base) as server:
        streams = AskStreams(server.url)
        assert await streams.ping()
    for away in (streams.ask(ask("1")), streams.asked(), streams.reply("d", Reply("1", "k", "b")), streams.ping()):
        with pytest.raises(StoreUnavailable):
            await away
    await streams.close()
