"""Public holidays of China from the package chinesecalendar, which knows a year once the State Council has decided it
and raises for the others. Pure code never asks it: what it says is loaded into the house.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

from core.errors import Refused
from core.house import House
from core.staff import CalendarYear


def calendar_of(year: int) -> CalendarYear:
    """Raises Refused: the package does not know this year."""
    from chinese_calendar import is_holiday

    first, days = date(year, 1, 1), (date(year + 1, 1, 1) - date(year, 1, 1)).days
    try:
        off = {day: bool(is_holiday(day)) for day in (first + timedelta(days=offset) for offset in range(days))}
    except NotImplementedError as error:
        raise Refused(
            f"The package chinesecalendar does not know {year} yet. Update it, or write the year under `calendar` "
            "in the house: ./thirdring house export"
        ) from error
    worked = tuple(day for day, free in off.items() if day.weekday() >= 5 and not free)
    return CalendarYear(year=year, holidays=_festivals(off), working_days=worked)


def _festivals(off: dict[date, bool]) -> tuple[date, ...]:
    """Days off in a row with a weekday among them: a weekend alone is no festival."""
    runs = (tuple(days) for free, days in groupby(off, key=off.__getitem__) if free)
    return tuple(day for run in runs if any(day.weekday() < 5 for day in run) for day in run)


def with_calendar(house: House, year: CalendarYear) -> House:
    """The house with this year's calendar in place of what it said of the year before."""
    years = sorted((*(known for known in house.calendar if known.year != year.year), year), key=lambda one: one.year)
    return house.model_copy(update={"calendar": tuple(years)})
