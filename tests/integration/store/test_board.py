"""The live board: one contract, in process and on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from store.errors import BoardLost, StoreUnavailable
from store.live import RedisBoard
from store.memory import MemoryBoard
from tests.integration.servers import RedisServer, redis_server

Board = MemoryBoard | RedisBoard
Step = tuple[str, int, dict[str, object]]


async def take(steps: AsyncIterator[Step], count: int) -> list[Step]:
    return [await asyncio.wait_for(anext(steps), 20) for _ in range(count)]


async def test_an_empty_board(board: Board) -> None:
    assert await board.snapshot() == ("", 0, {})


async def test_diffs_make_the_snapshot(board: Board) -> None:
    await board.replace("e1", 7, {"seats": {"s1": "idle"}, "calls": 1})
    await board.publish("e1", 8, {"seats": {"s2": "busy"}, "calls": None})
    assert await board.snapshot() == ("e1", 8, {"seats": {"s1": "idle", "s2": "busy"}})


async def test_a_follower_gets_what_comes(board: Board) -> None:
    await board.replace("e1", 0, {})
    steps = board.follow("e1", 0)
    following = asyncio.create_task(take(steps, 3))
    for n in (1, 2, 3):
        await board.publish("e1", n, {"n": n})
    assert await following == [("e1", n, {"n": n}) for n in (1, 2, 3)]


async def test_a_follower_catches_up_from_where_it_was(board: Board) -> None:
    await board.replace("e1", 0, {})
    for n in range(1, 6):
        await board.publish("e1", n, {"n": n})
    assert await take(board.follow("e1", 3), 2) == [("e1", 4, {"n": 4}), ("e1", 5, {"n": 5})]


@pytest.mark.parametrize(("epoch", "after"), [("e1", 2), ("e0", 30), ("e1", 99), ("", 0)])
async def test_who_is_too_far_behind_or_of_another_epoch_gets_a_snapshot_and_goes_on(
    board: Board, epoch: str, after: int
) -> None:
    await board.replace("e1", 0, {"a": 1})
    for n in range(1, 31):
        await board.publish("e1", n, {"n": n})
    steps = board.follow(epoch, after)
    assert await take(steps, 1) == [("e1", 30, {"snapshot": {"a": 1, "n": 30}})]
    await board.publish("e1", 31, {"n": 31})
    assert await take(steps, 1) == [("e1", 31, {"n": 31})]


async def test_a_new_epoch_is_given_whole(board: Board) -> None:
    await board.replace("e1", 5, {"n": 5})
    steps = board.follow("e1", 5)
    following = asyncio.create_task(take(steps, 1))
    await board.publish("e1", 6, {"n": 6})
    assert await following == [("e1", 6, {"n": 6})]
    following = asyncio.create_task(take(steps, 1))
    await board.replace("e2", 0, {"fresh": True})
    assert await following == [("e2", 0, {"snapshot": {"fresh": True}})]


async def test_a_diff_of_another_epoch_or_with_a_gap_asks_for_a_whole_board(board: Board) -> None:
    await board.replace("e1", 5, {})
    for epoch, sequence in (("e2", 6), ("e1", 7)):
        with pytest.raises(BoardLost):
            await board.publish(epoch, sequence, {})
    await board.publish("e1", 5, {"again": True})
    assert await board.snapshot() == ("e1", 5, {})


async def test_many_followers_see_the_same(board: Board) -> None:
    await board.replace("e1", 0, {})
    following = [asyncio.create_task(take(board.follow("e1", 0), 8)) for _ in range(5)]
    for n in range(1, 9):
        await board.publish("e1", n, {"n": n})
    assert await asyncio.gather(*following) == [[("e1", n, {"n": n}) for n in range(1, 9)]] * 5


async def test_another_process_reads_what_this_one_wrote(redis: RedisServer) -> None:
    ours, theirs = RedisBoard(redis.url, prefix="shared", keep=50), RedisBoard(redis.url, prefix="shared", keep=50)
    await ours.replace("e1", 0, {"seats": {}})
    for n in range(1, 121):
        await ours.publish("e1", n, {"seats": {f"s{n % 7}": n}})
    assert await theirs.snapshot() == await ours.snapshot()
    assert (await theirs.snapshot())[1] == 120
    await ours.close()
    await theirs.close()


async def test_a_flushed_redis_asks_for_a_whole_board_and_followers_go_on(redis: RedisServer) -> None:
    board, admin = RedisBoard(redis.url, prefix="flushed"), Redis.from_url(redis.url)
    await board.replace("e1", 3, {"n": 3})
    steps = board.follow("e1", 3)
    following = asyncio.create_task(take(steps, 1))
    await admin.flushall()
    with pytest.raises(BoardLost):
        await board.publish("e1", 4, {"n": 4})
    await board.replace("e1", 4, {"n": 4})
    assert (await following)[0][:2] == ("e1", 4)
    assert await board.snapshot() == ("e1", 4, {"n": 4})
    await board.publish("e1", 5, {"n": 5})
    assert await take(steps, 1) == [("e1", 5, {"n": 5})]
    await board.close()
    await admin.aclose()


async def test_who_was_in_front_of_a_flush_is_given_a_whole_board_not_a_gap(redis: RedisServer) -> None:
    """A publisher that finds the board flushed has left a diff there already; what follows is behind a whole one."""
    board, admin = RedisBoard(redis.url, prefix="gap"), Redis.from_url(redis.url)
    await board.replace("e1", 3, {"n": 3})
    await admin.flushall()
    with pytest.raises(BoardLost):
        await board.publish("e1", 4, {"n": 4})
    await board.replace("e1", 5, {"n": 5, "only": "whole"})
    await board.publish("e1", 6, {"n": 6})
    assert await take(board.follow("e1", 3), 1) == [("e1", 6, {"snapshot": {"n": 6, "only": "whole"}})]
    await board.close()
    await admin.aclose()


async def test_redis_killed_is_told_to_the_publisher_and_followers_wait(port_base: int) -> None:
    with redis_server(port_base) as first:
        board = RedisBoard(first.url)
        await board.replace("e1", 0, {})
        steps = board.follow("e1", 0)
        following = asyncio.create_task(take(steps, 1))
    with pytest.raises(StoreUnavailable):
        await board.publish("e1", 1, {"n": 1})
    with pytest.raises(StoreUnavailable):
        await board.replace("e1", 1, {"n": 1})
    with redis_server(port_base):
        await board.replace("e1", 2, {"n": 2})
        assert await following == [("e1", 2, {"snapshot": {"n": 2}})]
        await board.close()
