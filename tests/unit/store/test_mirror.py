"""A board followed from another process."""

from __future__ import annotations

import asyncio

import pytest

from store.errors import StoreUnavailable
from store.memory import MemoryBoard
from store.mirror import Mirror


async def test_a_copy_has_the_numbers_of_its_source_and_its_followers_go_on_there() -> None:
    source, copy = MemoryBoard(), Mirror()
    with pytest.raises(StoreUnavailable):
        await copy.snapshot()
    await source.replace("e1", 7, {"n": 7})
    running = asyncio.create_task(copy.run(source))
    steps = copy.follow("e1", 6)
    assert await anext(steps) == ("e1", 7, {"snapshot": {"n": 7}})
    await source.publish("e1", 8, {"n": 8})
    assert await anext(steps) == ("e1", 8, {"n": 8})
    await source.replace("e2", 1, {"fresh": True})
    assert await anext(steps) == ("e2", 1, {"snapshot": {"fresh": True}})
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await copy.snapshot() == ("e2", 1, {"fresh": True})
