"""When agents may dial, and what a minute costs."""

from __future__ import annotations

from datetime import time

import pytest

from core.calling import NightLock, price
from tests.unit.floor import small_house


@pytest.mark.parametrize(
    ("start", "end", "locked", "free"),
    [
        (time(21), time(8), (time(21), time(23, 59, 59), time(0), time(7, 59, 59)), (time(8), time(20, 59, 59))),
        (time(12), time(13), (time(12), time(12, 30)), (time(11, 59), time(13), time(0))),
        (time(0), time(0), (time(0), time(12)), ()),
    ],
)
def test_a_night_lock_may_go_over_midnight(
    start: time, end: time, locked: tuple[time, ...], free: tuple[time, ...]
) -> None:
    lock = NightLock(start=start, end=end)
    assert all(map(lock.holds, locked)) and not any(map(lock.holds, free))


def test_the_longest_beginning_says_what_a_minute_costs() -> None:
    house = small_house()
    prices = {"86": 0.1, "8613": 0.15, "1": 0.0}
    priced = house.model_copy(update={"outbound": house.outbound.model_copy(update={"prices": prices})})
    numbers = ("+8613800138000", "+8675512345678", "+12025550100", "+4930123456", "86777")
    assert [price(number, priced) for number in numbers] == [0.15, 0.1, 0.0, 1.0, 1.0]
    assert price("+8613800138000", house) == 1.0
