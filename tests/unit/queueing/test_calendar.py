"""Working days: the house's calendar, and what stands in for a year it does not have."""

from __future__ import annotations

from datetime import date

import pytest

from core.staff import CalendarYear
from queueing.calendar import Calendar, statutory

KNOWN = CalendarYear(year=2026, holidays=(date(2026, 10, 1), date(2026, 10, 2)), working_days=(date(2026, 10, 10),))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 10, 1), False),  # a Thursday, National Day
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # a Saturday worked in exchange
        (date(2026, 10, 11), False),  # a Sunday
    ],
)
def test_the_houses_calendar_decides(day: date, works: bool) -> None:
    assert Calendar([KNOWN]).is_working_day(day) is works


def test_a_day_of_the_week_that_is_told_to_be_worked_is_not_made_up() -> None:
    told = KNOWN.model_copy(update={"working_days": (date(2026, 10, 9), date(2026, 10, 10))})
    assert [Calendar([told]).is_made_up(date(2026, 10, day)) for day in (9, 10, 11)] == [False, True, False]


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2027, 2, 5), False),  # new year's eve, a Friday
        (date(2027, 2, 8), False),  # third day of the first month
        (date(2027, 2, 9), True),
        (date(2027, 4, 5), False),  # Qingming
        (date(2027, 6, 9), False),  # dragon boat
        (date(2027, 9, 15), False),  # mid-autumn
        (date(2027, 10, 10), False),  # no weekend is worked while nobody has said so
        (date(2027, 10, 4), True),
    ],
)
def test_weekdays_and_statutory_festivals_stand_for_an_unknown_year(day: date, works: bool) -> None:
    calendar = Calendar([KNOWN])
    assert not calendar.knows(2027)
    assert calendar.is_working_day(day) is works


def test_a_year_has_thirteen_statutory_days_and_other_countries_have_none_of_them() -> None:
    assert all(len(statutory(year)) in (12, 13) for year in range(2025, 2037))  # mid-autumn may be National Day
    assert len(statutory(2027)) == 13
    assert date(2025, 1, 28) in statutory(2025), "a year of history: forecasts take it for what it was"
    assert statutory(2027, "49") == frozenset()
    assert len(statutory(2050)) == 6
