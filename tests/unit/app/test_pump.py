"""Who hears of the pump's outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.pump import Pump
from core.events import Outcome
from core.inputs import ConfigurationChanged
from core.instants import Instant
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
