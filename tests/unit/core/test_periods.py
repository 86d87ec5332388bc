"""Business time gathers quarters of an hour into periods without losing or doubling one."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.periods import GRAINS, Grain, before, business_day, midnight, moment, spans, starts
from core.staff import FloorHours
from core.stats import QUARTER_HOUR_S

SHANGHAI, BERLIN, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
ODD = [ZoneInfo(name) for name in ("Asia/Kolkata", "Asia/Kathmandu", "America/Havana", "Asia/Beirut", "UTC")]
ZONES = [SHANGHAI, BERLIN, NEW_YORK, *ODD]
BANDS = tuple(
    FloorHours(start=time(first), end=time(last), agents=1) for first, last in ((8, 9), (9, 20), (20, 21), (21, 8))
)


def hours(start: int, end: int) -> float:
    return (end - start) / 3600


@pytest.mark.parametrize(
    ("zone", "day", "length_h"),
    [
        (BERLIN, date(2026, 3, 29), 23),
        (BERLIN, date(2026, 10, 25), 25),
        (NEW_YORK, date(2026, 3, 8), 23),
        (NEW_YORK, date(2026, 11, 1), 25),
        (SHANGHAI, date(2026, 3, 29), 24),
    ],
)
def test_a_day_is_as_long_as_the_clock_makes_it(zone: ZoneInfo, day: date, length_h: int) -> None:
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    assert hours(start, end) == length_h
    assert spans(starts("day", zone), start, end) == [(start, end)]
    by_hour = spans(starts("hour", zone), start, end)
    assert len(by_hour) == length_h
    assert all(hours(*span) == 1 for span in by_hour)
    assert len(spans(starts("30min", zone), start, end)) == 2 * length_h


@given(
    st.sampled_from(GRAINS),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.integers(1, 400),
)
def test_periods_hold_each_quarter_of_the_span_once(by: Grain, zone: ZoneInfo, at: datetime, quarters: int) -> None:
    since = int(at.replace(tzinfo=zone).timestamp()) // QUARTER_HOUR_S * QUARTER_HOUR_S
    found = spans(starts(by, zone, BANDS), since, since + quarters * QUARTER_HOUR_S)
    assert found[0][0] == since
    assert found[-1][1] == since + quarters * QUARTER_HOUR_S
    assert all(left[1] == right[0] for left, right in pairwise(found))


@given(st.sampled_from(ZONES), st.floats(1.5e9, 2.0e9))
def test_a_moment_lies_in_its_business_day(zone: ZoneInfo, utc_s: float) -> None:
    start = business_day(zone.key)(utc_s)
    assert start <= utc_s < start + 25.5 * 3600
    assert business_day(zone.key)(start) == start
    assert datetime.fromtimestamp(start, zone).date() == datetime.fromtimestamp(utc_s, zone).date()


def test_a_midnight_that_comes_twice_begins_one_day() -> None:
    """Havana, 1 November 2026: at 01:00 the clock goes back to 00:00."""
    havana = ZoneInfo("America/Havana")
    start = midnight(date(2026, 11, 1), havana)
    assert {business_day("America/Havana")(start + minutes * 60) for minutes in range(0, 25 * 60, 15)} == {start}


def test_weeks_begin_on_mondays_and_months_on_the_first() -> None:
    friday = midnight(date(2026, 11, 20), SHANGHAI)
    assert starts("week", SHANGHAI)(friday) == midnight(date(2026, 11, 16), SHANGHAI)
    assert starts("month", SHANGHAI)(friday) == midnight(date(2026, 11, 1), SHANGHAI)
    assert starts("all", SHANGHAI)(friday) == 0


def test_the_night_belongs_to_the_day_on_which_it_starts() -> None:
    start_of = starts("band", SHANGHAI, BANDS)
    nine_in_the_evening = midnight(date(2026, 11, 20), SHANGHAI) + 21 * 3600
    assert start_of(nine_in_the_evening + 10 * 3600) == nine_in_the_evening
    assert start_of(nine_in_the_evening + 11 * 3600) == nine_in_the_evening + 11 * 3600
    with pytest.raises(ValueError, match="staffing"):
        starts("band", SHANGHAI)


def test_what_people_write_is_business_time() -> None:
    assert moment("2026-11-20", SHANGHAI) == midnight(date(2026, 11, 20), SHANGHAI)
    assert moment("2026-11-20", SHANGHAI, end=True) == midnight(date(2026, 11, 21), SHANGHAI)
    assert moment("2026-11-20T14:30", SHANGHAI) == moment("2026-11-20T06:30+00:00", SHANGHAI)
    assert moment("2026-11-20T06:30:00.000Z", SHANGHAI) == moment("2026-11-20 14:30", SHANGHAI)
    for wrong in ("2026-11-20T14:31", "20.11.2026", "yesterday", ""):
        with pytest.raises(ValueError, match=r"quarters|neither"):
            moment(wrong, SHANGHAI)


@pytest.mark.parametrize("wrong", ["20261120", "20261120T1", "2026-W47-5", "20261120\n14:30", "2026-11-20一14:30"])
def test_what_only_python_takes_for_a_moment_is_none(wrong: str) -> None:
    """A week, or anything in place of the T; one of ten characters was read as a date."""
    with pytest.raises(ValueError, match="neither"):
        moment(wrong, SHANGHAI)


@pytest.mark.parametrize(
    ("since", "until", "earlier"),
    [
        ("2026-03-01", "2026-03-31", "2026-02-01"),
        ("2026-01-01", "2026-03-31", "2025-10-01"),
        ("2026-03-30", "2026-03-30", "2026-03-29"),
        ("2026-03-23", "2026-03-29", "2026-03-16"),
    ],
)
def test_the_last_period_is_counted_in_months_or_days_of_the_clock(since: str, until: str, earlier: str) -> None:
    span = moment(since, BERLIN), moment(until, BERLIN, end=True)
    assert before(*span, BERLIN) == (moment(earlier, BERLIN), span[0])


def test_hours_compare_with_as_many_hours_before() -> None:
    since, until = moment("2026-03-30T10:00", BERLIN), moment("2026-03-30T12:00", BERLIN)
    assert before(since, until, BERLIN) == (since - 7200, since)
