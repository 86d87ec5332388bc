"""Working days: by the house's calendar where it knows the year, else by weekday and statutory festivals.

China decides each autumn which weekends are worked in exchange for longer festivals. Until the house has that
year, the thirteen statutory days stand (State Council Order 795, in force since 2025-01-01) and no weekend is
worked. Lunar dates are those of the Hong Kong Observatory's tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from core.numbers import CHINA
from core.staff import CalendarYear

_FIXED = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
_LUNAR: Mapping[int, tuple[tuple[int, int], ...]] = {
    # spring festival (first day of the first month), Qingming, dragon boat, mid-autumn
    2025: ((1, 29), (4, 4), (5, 31), (10, 6)),
    2026: ((2, 17), (4, 5), (6, 19), (9, 25)),
    2027: ((2, 6), (4, 5), (6, 9), (9, 15)),
    2028: ((1, 26), (4, 4), (5, 28), (10, 3)),
    2029: ((2, 13), (4, 4), (6, 16), (9, 22)),
    2030: ((2, 3), (4, 5), (6, 5), (9, 12)),
    2031: ((1, 23), (4, 5), (6, 24), (10, 1)),
    2032: ((2, 11), (4, 4), (6, 12), (9, 19)),
    2033: ((1, 31), (4, 4), (6, 1), (9, 8)),
    2034: ((2, 19), (4, 5), (6, 20), (9, 27)),
    2035: ((2, 8), (4, 5), (6, 10), (9, 16)),
    2036: ((1, 28), (4, 4), (5, 30), (10, 4)),
}


def statutory(year: int, country_code: str = CHINA) -> frozenset[date]:
    """The festivals of a year that no calendar describes; outside China, and beyond the table, those we know."""
    if country_code != CHINA:
        return frozenset()
    days = {date(year, *day) for day in _FIXED}
    if year in _LUNAR:
        spring, qingming, dragon_boat, mid_autumn = (date(year, *day) for day in _LUNAR[year])
        days |= {spring + timedelta(days=offset) for offset in (-1, 0, 1, 2)} | {qingming, dragon_boat, mid_autumn}
    return frozenset(days)


class Calendar:
    """Which days are working days in this house."""

    def __init__(self, years: Iterable[CalendarYear] = (), country_code: str = CHINA) -> None:
        self._country_code = country_code
        self._years = {year.year: (frozenset(year.holidays), frozenset(year.working_days)) for year in years}

    def knows(self, year: int) -> bool:
        """Does the house have this year's holidays?"""
        return year in self._years

    def is_working_day(self, day: date) -> bool:
        holidays, made_up = self._of(day.year)
        return day in made_up or (day.weekday() < 5 and day not in holidays)

    def is_holiday(self, day: date) -> bool:
        """A public holiday, on whatever day of the week; an ordinary weekend is none."""
        holidays, made_up = self._of(day.year)
        return day in holidays and day not in made_up

    def is_made_up(self, day: date) -> bool:
        """A day of the weekend that is worked in exchange for a holiday."""
        return day.weekday() >= 5 and day in self._of(day.year)[1]

    def _of(self, year: int) -> tuple[frozenset[date], frozenset[date]]:
        return self._years.get(year) or (statutory(year, self._country_code), frozenset())
