"""Changes of seats as people write them: what they mean on a day, and what is said of wrong ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from core.errors import Refused
from core.ids import NodeId
from core.inputs import ConfigurationChanged, PbxResynced, Tick
from queueing.seat_changes import SeatChange, planned, read
from tests.unit.queueing.test_staffing_plan import shipped

DAY = date(2026, 11, 20)
MIDNIGHT = datetime(2026, 11, 19, 16, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("+1@10:00-12:00", SeatChange(1, "", time(10), time(12))),
        ("-2", SeatChange(-2)),
        (" +12:after-sales@9:30-24:00 ", SeatChange(12, "after-sales", time(9, 30), time())),
    ],
)
def test_changes_are_read(text: str, change: SeatChange) -> None:
    assert read(text, shipped()) == change


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", "is no change of seats. Write"), ("+0", "is no change"), ("+999", "is no change"),
        ("+1@10-12", "is no change"), ("+1; drop", "is no change"),
        ("+1:nobody", "there is no queue 'nobody'; the house has presales"),
        ("-1:presales", "for more agents only"), ("+1@25:00-26:00", "25:00 is no time of day"),
        ("+1@12:00-10:00", "ends before it begins"), ("+1@10:00-10:00", "ends before it begins"),
    ],
)  # fmt: skip
def test_wrong_ones_are_told_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read(text, shipped())


def test_a_change_is_on_that_day_of_business_time() -> None:
    changes = (SeatChange(1, "", time(10), time(12)), SeatChange(-2, "", time(23), time()), SeatChange(1))
    first, fewer, whole = planned(changes, shipped(), DAY).staff
    assert (first.start_utc_s, first.end_utc_s) == (MIDNIGHT + 36_000, MIDNIGHT + 43_200)
    assert (fewer.fewer, fewer.extra, fewer.end_utc_s) == (2, (), MIDNIGHT + 86_400)
    assert (whole.start_utc_s, whole.end_utc_s) == (MIDNIGHT, MIDNIGHT + 86_400)


def test_extra_agents_can_serve_what_is_asked_and_are_known_to_house_and_pbx() -> None:
    extras = planned((SeatChange(1, "complaints"), SeatChange(2)), shipped(), DAY)
    assert [agent.id for agent in extras.agents] == ["twin-1", "twin-2", "twin-3"]
    assert extras.agents[0].skills == {"complaints": 2}
    assert extras.agents[1].skills == {"presales": 2, "after-sales": 2, "complaints": 2}
    house = extras.changed(ConfigurationChanged(3, shipped()))
    assert isinstance(house, ConfigurationChanged) and len(house.house.agents) == 18 and house.version == 3
    seen = extras.changed(PbxResynced(NodeId("a"), "run1", (), frozenset()))
    assert isinstance(seen, PbxResynced) and len(seen.reachable_seats) == 3
    assert extras.changed(Tick()) == Tick()


def test_without_extra_agents_nothing_is_changed() -> None:
    extras = planned((SeatChange(-1),), shipped(), DAY)
    told = ConfigurationChanged(3, shipped())
    assert extras.changed(told) == told and extras.added(shipped()) is shipped()
