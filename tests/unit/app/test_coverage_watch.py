"""The share of talk that is recorded, as the alarm sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.coverage_watch import CoverageWatch
from core.alarms import Alarms
from core.errors import PeerFault
from core.ledger import RecordingRecord
from monitor.alarms import AlarmWatch
from tests.unit.doors import RecordingLedger
from tests.unit.floor import NOON_UTC_S

KEPT = RecordingRecord(
    "c1/1", "c1", "talk", state="finished", expected_utc_s=NOON_UTC_S, due_from_utc_s=NOON_UTC_S,
    due_to_utc_s=NOON_UTC_S + 100,
)  # fmt: skip
LOST = replace(KEPT, voice="c2/1", call="c2", state="lost", missing_s=25.0)


def ledger(*rows: RecordingRecord) -> RecordingLedger:
    found = RecordingLedger()
    found.rows = list(rows)
    return found


@pytest.mark.parametrize(("rows", "rate"), [((), 1.0), ((KEPT,), 1.0), ((KEPT, LOST), 0.875)])
async def test_the_rate_is_that_of_the_last_day(rows: tuple[RecordingRecord, ...], rate: float) -> None:
    watch = CoverageWatch(ledger(*rows), lambda: NOON_UTC_S + 3600)
    await watch.look()
    assert watch.rate == rate
    late = CoverageWatch(ledger(*rows), lambda: NOON_UTC_S + 2 * 86_400)
    await late.look()
    assert late.rate == 1.0


async def test_a_database_that_is_away_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ledger(KEPT, LOST)
    watch = CoverageWatch(rows, lambda: NOON_UTC_S + 3600)
    await watch.look()

    async def away(*_: float) -> list[RecordingRecord]:
        raise PeerFault("the database is away")

    monkeypatch.setattr(rows, "due_between", away)
    with pytest.raises(PeerFault):
        await watch.look()
    assert watch.rate == 0.875


def test_less_than_all_of_it_is_an_alarm() -> None:
    rules = [rule for rule in Alarms().rules if rule.figure == "recording_coverage"]
    readings = {("recording_coverage", "house"): 0.9995}
    (raised,) = AlarmWatch().step(rules, readings, {}, (), 0.0)
    assert (raised.rule, raised.text) == (  # type: ignore[union-attr]
        "recording-coverage",
        "recording_coverage of house is 99.95 %, below 100.00 %",
    )
    assert AlarmWatch().step(rules, {("recording_coverage", "house"): 1.0}, {}, (), 0.0) == []
