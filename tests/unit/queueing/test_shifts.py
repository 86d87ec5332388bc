"""A shift's moments, also on the nights on which the clock is set."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from core.periods import day_of
from core.staff import Shift
from queueing.shifts import span_of

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def shift(start: str, end: str) -> Shift:
    return Shift.model_validate({"id": "x", "name": {}, "start": start, "end": end})


@pytest.mark.parametrize(
    ("start", "end", "day", "zone", "hours"),
    [
        ("20:00", "08:00", date(2026, 3, 28), SHANGHAI, 12),
        ("20:00", "08:00", date(2026, 3, 28), BERLIN, 11),  # the clock goes from 2 to 3
        ("20:00", "08:00", date(2026, 10, 24), BERLIN, 13),
        ("08:00", "08:00", date(2026, 1, 1), SHANGHAI, 24),
        ("02:30", "04:00", SPRING, BERLIN, 0.5),  # 02:30 does not exist and is 03:30
        ("02:30", "04:00", AUTUMN, BERLIN, 2.5),  # the first of the two 02:30
    ],
)
def test_a_shift_lasts_as_long_as_the_clock_says(start: str, end: str, day: date, zone: ZoneInfo, hours: float) -> None:
    span = span_of(shift(start, end), day, zone)
    assert span.end_utc_s - span.start_utc_s == hours * 3600


@pytest.mark.parametrize("day", [SPRING, AUTUMN, date(2026, 6, 1)])
@pytest.mark.parametrize("at", ["02:00", "02:30", "03:00"])
def test_an_end_and_a_start_written_alike_are_one_moment(day: date, at: str) -> None:
    assert span_of(shift("00:30", at), day, BERLIN).end_utc_s == span_of(shift(at, "12:00"), day, BERLIN).start_utc_s


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    span = span_of(shift("20:00", "08:00"), date(2026, 12, 31), SHANGHAI)
    assert day_of(span.start_utc_s, SHANGHAI) == date(2026, 12, 31)
    assert day_of(span.end_utc_s, SHANGHAI) == date(2027, 1, 1)
