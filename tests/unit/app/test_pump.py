"""Who hears of the pump's outcomes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app import clock
from app.pump import Pump
from core.decisions import Decision
from core.events import Outcome
from core.ids import NodeId
from core.inputs import ConfigurationChanged, Input, PbxLost, Tick
from core.instants import Instant
from queueing.decision import Draft
from queueing.engine import Engine
from store.spool import Spool
from tests.unit.floor import small_house

NOW = Instant(100.0, datetime(2026, 3, 1, tzinfo=UTC))


def test_who_has_unsubscribed_is_told_nothing_more(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    pump = Pump(Engine(), spool, lambda: NOW, sequence=0)
    told: list[Outcome] = []

    def take(outcomes: Sequence[Outcome], now: Instant) -> None:
        told.extend(outcomes)

    pump.subscribe(take)
    pump.handle(ConfigurationChanged(1, small_house()))
    assert told
    before = len(told)
    pump.unsubscribe(take)
    pump.handle(ConfigurationChanged(2, small_house()))
    spool.close()
    assert len(told) == before


class Stuck:
    """An engine whose one deadline cannot be dealt with."""

    def __init__(self) -> None:
        self.asked = 0

    def handle(self, fact: Input, now: Instant, sequence: int) -> Decision:
        self.asked += 1
        raise RuntimeError("a rule is broken")

    def next_deadline(self) -> float:
        return 0.0


async def test_a_deadline_that_cannot_be_dealt_with_does_not_spin(tmp_path: Path) -> None:
    stuck, spool = Stuck(), Spool(tmp_path)
    pump = Pump(stuck, spool, clock.now, sequence=0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await pump.run()
    spool.close()
    assert stuck.asked == 1 and pump.undigested == 1


class Alarm:
    """An engine whose first input makes something due at once."""

    def __init__(self) -> None:
        self.ticked = asyncio.Event()
        self.due: float | None = None

    def handle(self, fact: Input, now: Instant, sequence: int) -> Decision:
        self.due = None if isinstance(fact, Tick) else now.boot_s
        if isinstance(fact, Tick):
            self.ticked.set()
        return Draft(sequence, now.boot_s, 0.0).done()

    def next_deadline(self) -> float | None:
        return self.due


async def test_an_input_handled_beside_the_inbox_wakes_the_pump_for_its_deadline(tmp_path: Path) -> None:
    alarm, spool = Alarm(), Spool(tmp_path)
    pump = Pump(alarm, spool, clock.now, sequence=0)
    running = asyncio.create_task(pump.run())
    await asyncio.sleep(0)  # it sleeps: nothing is due
    pump.handle(PbxLost(NodeId("a"), 0.0))
    await asyncio.wait_for(alarm.ticked.wait(), 5)
    running.cancel()
    spool.close()


class Sleeper:
    """An engine with one deadline, and the clock of a machine that was put to sleep beyond it."""

    def __init__(self) -> None:
        self.given: list[type] = []
        self.boot_s = 100.0

    def now(self) -> Instant:
        return Instant(self.boot_s, NOW.wall + timedelta(seconds=self.boot_s - NOW.boot_s))

    def handle(self, fact: Input, now: Instant, sequence: int) -> Decision:
        self.given.append(type(fact))
        return Draft(sequence, now.boot_s, 0.0).done()

    def next_deadline(self) -> float | None:
        return None if Tick in self.given else 100.05


async def test_what_happened_while_we_stood_still_is_heard_before_what_fell_due(tmp_path: Path) -> None:
    sleeper, spool = Sleeper(), Spool(tmp_path)
    pump = Pump(sleeper, spool, sleeper.now, sequence=0)
    running = asyncio.create_task(pump.run())
    await asyncio.sleep(0)
    sleeper.boot_s += 10.0
    for after_s in (0.05, 0.06, 0.08):  # the sockets are read piece by piece
        asyncio.get_running_loop().call_later(after_s, pump.offer, PbxLost(NodeId("a"), None))
    while Tick not in sleeper.given:  # noqa: ASYNC110 - the pump tells nobody
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    spool.close()
    assert sleeper.given == [PbxLost, PbxLost, PbxLost, Tick]
