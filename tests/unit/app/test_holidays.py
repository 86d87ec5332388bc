"""Public holidays of China as the package knows them, in the house's words."""

from __future__ import annotations

from datetime import date

import pytest

from app.holidays import calendar_of, with_calendar
from core.errors import Refused
from core.house import House
from tests.unit.floor import small_house


def test_a_known_year_has_its_festivals_and_the_weekends_worked_for_them() -> None:
    year = calendar_of(2026)
    assert {date(2026, 10, day) for day in range(1, 8)} <= set(year.holidays)
    assert date(2026, 10, 10) in year.working_days
    assert date(2026, 10, 18) not in year.holidays  # a Sunday like others


def test_what_the_package_says_makes_a_house() -> None:
    house = with_calendar(with_calendar(small_house(), calendar_of(2026)), calendar_of(2026))
    assert House.model_validate(house.model_dump(mode="json")).calendar == (calendar_of(2026),)


def test_a_year_it_does_not_know_is_refused() -> None:
    with pytest.raises(Refused, match="does not know 2099"):
        calendar_of(2099)
