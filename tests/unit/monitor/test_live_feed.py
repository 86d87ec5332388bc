"""The feed: outcomes in, one snapshot and coalesced diffs out, and a pulse when nothing happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from core.events import CallEnded, CallEntered
from core.ids import CallId
from core.instants import Instant
from monitor import live
from monitor.live import LiveFeed
from monitor.wallboard import Wallboard
from store.errors import BoardLost
from store.memory import MemoryBoard
from tests.unit.floor import HOTLINE, NOON_UTC_S, TRUNK, journal, small_house

NOW = Instant(500.0, datetime.fromtimestamp(NOON_UTC_S + 400, UTC))


def entered(number: int) -> CallEntered:
    return CallEntered(CallId(str(number)), HOTLINE, TRUNK, "", "zh-CN")


@asynccontextmanager
async def running(board: Any) -> AsyncIterator[LiveFeed]:
    ticks = count(500)
    feed = LiveFeed(Wallboard(small_house()), board, "epoch-1", lambda: Instant(float(next(ticks)), NOW.wall))
    task = asyncio.create_task(feed.run(), name="live feed")
    try:
        yield feed
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_burst_becomes_one_diff() -> None:
    board = MemoryBoard()
    async with running(board) as feed:
        reader: Any = board.follow("", 0)
        _, sequence, first = await anext(reader)
        assert "lines" in first["snapshot"]
        for number in range(200):
            feed.take(journal((0.0, entered(number))), NOW)
        epoch, following, diff = await anext(reader)
        assert (epoch, following) == ("epoch-1", sequence + 1)
        assert diff["lines"]["in_use"] == 200


async def test_a_quiet_floor_still_has_a_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PULSE_S", 0.01)
    board = MemoryBoard()
    async with running(board):
        reader: Any = board.follow("", 0)
        await anext(reader)
        _, _, diff = await anext(reader)
        assert diff == {"clock": {"boot_s": 501.0}}


async def test_outcomes_beyond_the_bound_are_dropped_and_alarmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BACKLOG", 3)
    board = MemoryBoard()
    async with running(board) as feed:
        reader: Any = board.follow("", 0)
        await anext(reader)
        feed.take(journal(*[(0.0, entered(number)) for number in range(5)]), NOW)
        _, _, diff = await anext(reader)
        assert diff["lines"]["in_use"] == 3
        assert diff["alarms"]["last"][0]["text"].startswith("2 outcomes")


class FlakyBoard(MemoryBoard):
    """Cannot be reached for the first diff."""

    failed = 0

    async def publish(self, epoch: str, sequence: int, diff: dict[str, Any]) -> None:
        if not self.failed:
            self.failed += 1
            raise BoardLost("flushed")
        await super().publish(epoch, sequence, diff)


async def test_a_board_that_was_away_gets_a_whole_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PULSE_S", 0.05)
    board = FlakyBoard()
    async with running(board) as feed:
        reader: Any = board.follow("", 0)
        await anext(reader)
        feed.take(
            journal((0.0, entered(1)), (1.0, CallEnded(CallId("1"), HOTLINE, "menu", 1.0)), (2.0, entered(2))), NOW
        )
        _, _, after = await anext(reader)
        assert board.failed == 1
        assert set(after["snapshot"]) >= {"call/2", "lines", "clock"}
