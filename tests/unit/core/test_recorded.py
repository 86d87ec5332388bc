"""Which talks are recorded, by the house's own shares, and for how long they are kept."""

from __future__ import annotations

from core.house import House
from core.recorded import is_recorded, keep_days, place_of, records_everything
from tests.unit.queueing.builders import CARE, SALES, house


def changed(**queue: object) -> House:
    return House.model_validate(house(sales=queue).model_dump())


def test_a_house_that_leaves_nothing_out_is_asked_nothing() -> None:
    assert records_everything(house())
    assert not records_everything(changed(recorded_percent=50))
    assert is_recorded("any", None, None)


def test_of_a_share_the_same_calls_are_taken_everywhere() -> None:
    half = changed(recorded_percent=50).queues[0]
    calls = [f"n1-{number}.0" for number in range(400)]
    taken = [call for call in calls if is_recorded(call, half, None)]
    assert taken == [call for call in calls if place_of(call) < 50] and 150 < len(taken) < 250
    person = house().agents[0].model_copy(update={"recorded_percent": 0})
    assert not any(is_recorded(call, half, person) for call in calls), "the agent's own setting comes first"


def test_a_queue_may_keep_its_recordings_longer_or_shorter_than_the_house() -> None:
    plan = changed(keep_recordings_days=7)
    assert (keep_days(plan, SALES), keep_days(plan, CARE)) == (7, plan.recording.keep_days)
