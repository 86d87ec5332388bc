"""The forecast against histories whose rule is known, and against naive weeks where they are only half known."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import fmean
from zoneinfo import ZoneInfo

import pytest

from core.staff import CalendarYear
from queueing.calendar import Calendar
from queueing.forecast import QUARTERS, Forecast, counted, kinds
from queueing.forecast_errors import Errors, judged

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 3, 2)
OF_WEEKDAY = (1.2, 1.1, 1.0, 1.0, 1.1, 0.6, 0.4)
PEAK = [math.exp(-(((quarter - 42) / 14) ** 2)) for quarter in range(QUARTERS)]
SHAPE = [share / sum(PEAK) for share in PEAK]
FESTIVAL, WORKED = date(2026, 5, 1), date(2026, 5, 9)
CALENDAR = Calendar([CalendarYear(year=2026, holidays=(FESTIVAL,), working_days=(WORKED,))])
KIND, PLAIN = kinds(CALENDAR), kinds(Calendar(country_code="0"))


def history(weeks: int, level: Callable[[int], float] = lambda week: 1000.0) -> dict[date, list[float]]:
    days = [MONDAY + timedelta(days=offset) for offset in range(7 * weeks)]
    return {day: [level(n // 7) * OF_WEEKDAY[day.weekday()] * share for share in SHAPE] for n, day in enumerate(days)}


def day_after(known: dict[date, list[float]], days: int = 1) -> date:
    return max(known) + timedelta(days=days)


def test_what_repeats_itself_is_forecast_as_it_was() -> None:
    known = history(8)
    for days in range(1, 8):
        day = day_after(known, days)
        forecast = Forecast(known, PLAIN).of(day)
        assert sum(forecast) == pytest.approx(1000 * OF_WEEKDAY[day.weekday()], rel=0.01)
        assert forecast[42] == pytest.approx(sum(forecast) * SHAPE[42], rel=0.02)


def test_a_trend_is_carried_on_and_dies_away() -> None:
    known = history(8, lambda week: 1000.0 + 40 * week)
    soon, later = (sum(Forecast(known, KIND).of(day_after(known, days))) for days in (1, 1 + 26 * 7))
    assert 1.2 * 1280 < soon < 1.2 * 1340
    assert soon < later < 1.2 * (1340 + 5 * 40)


def test_one_wild_day_does_not_move_the_level() -> None:
    known = history(8)
    calm = sum(Forecast(known, KIND).of(day_after(known)))
    known[max(known) - timedelta(days=2)] = [count * 20 for count in known[max(known) - timedelta(days=2)]]
    assert sum(Forecast(known, KIND).of(day_after(known))) == pytest.approx(calm, rel=0.05)


def test_holidays_go_by_holidays_and_a_worked_weekend_by_weekdays() -> None:
    known = {day: counts for day, counts in history(13).items() if day < date(2026, 5, 4)}
    known[FESTIVAL] = [count * 0.2 for count in known[FESTIVAL]]
    forecast = Forecast(known, kinds(CALENDAR))
    assert KIND(FESTIVAL) == "holiday" and KIND(WORKED) == "make_up"
    assert sum(forecast.of(WORKED)) == pytest.approx(1080, rel=0.03)
    another = kinds(Calendar([CalendarYear(year=2026, holidays=(FESTIVAL, date(2026, 5, 5)))]))
    assert sum(Forecast(known, another).of(date(2026, 5, 5))) == pytest.approx(220, rel=0.1)


def test_a_holiday_that_never_came_before_goes_by_the_weekend() -> None:
    known = {day: counts for day, counts in history(8).items() if day < FESTIVAL}
    assert sum(Forecast(known, KIND).of(FESTIVAL)) == pytest.approx(500, rel=0.05)


def test_a_house_that_opened_in_a_festival_expects_as_many_on_the_days_after_it() -> None:
    """Four days of spring festival are all that it knows; no ordinary day is among them."""
    known = {date(2026, 2, 16) + timedelta(days=each): [300 / QUARTERS] * QUARTERS for each in range(4)}
    forecast = Forecast(known, kinds(Calendar()))
    assert [round(sum(forecast.of(date(2026, 2, day)))) for day in (20, 21, 23)] == [300, 300, 300]


def test_without_a_history_nothing_is_forecast() -> None:
    assert Forecast({}, KIND).of(MONDAY) == [0.0] * QUARTERS
    assert judged({}, KIND).errors == Errors(0, None, None, None, None, None, None)


def test_a_few_days_are_enough_for_a_guess() -> None:
    known = {MONDAY: [10.0 * share for share in SHAPE]}
    assert sum(Forecast(known, KIND).of(day_after(known))) == pytest.approx(10.0)
    assert judged(known, KIND).errors.days == 0


def test_errors_are_of_days_that_were_held_back_and_beat_the_week_before() -> None:
    """Poisson counts: the naive forecast carries the noise of two weeks, ours hardly more than that of one."""
    dice = Random(3)
    noisy = {day: [float(_poisson(dice, count)) for count in counts] for day, counts in history(12).items()}
    found = judged(noisy, PLAIN).errors
    assert found.days == 28
    assert found.quarter is not None and found.naive_quarter is not None and found.chance_quarter is not None
    assert found.chance_quarter * 0.95 < found.quarter < found.chance_quarter * 1.15
    assert found.naive_quarter > found.quarter * 1.2
    assert found.bias == pytest.approx(0.0, abs=0.03)


def test_errors_see_a_forecast_that_is_wrong() -> None:
    known = history(12, lambda week: 1000.0 if week < 11 else 2000.0)
    found = judged(known, KIND).errors
    assert found.day is not None and found.naive_day is not None
    assert found.day > 0.15 and found.naive_day > 0.15


def jumpy(seed: int, walk: float) -> dict[date, list[float]]:
    """Twenty weeks of Poisson calls whose level goes its own way from week to week; days differ by a few per cent."""
    dice, level, found = Random(seed), 900.0, dict[date, list[float]]()
    for offset in range(20 * 7):
        day = MONDAY + timedelta(days=offset)
        level *= math.exp(dice.gauss(0, walk)) if day.weekday() == 0 else 1.0
        total = level * OF_WEEKDAY[day.weekday()] * math.exp(dice.gauss(0, 0.04))
        found[day] = [float(_poisson(dice, total * share)) for share in SHAPE]
    return found


def missed_by_day(walk: float) -> tuple[float, float, float]:
    """Of many such years: by our forecast, by the same day of last week, and the share of last week in ours."""
    found = [judged(jumpy(seed, walk), PLAIN) for seed in range(12)]
    missed = [each.errors for each in found]
    ours, naive = (fmean(each.day or 1 for each in missed), fmean(each.naive_day or 0 for each in missed))
    return ours, naive, fmean(each.forecast.last_week for each in found)


def test_a_level_that_stays_is_forecast_better_than_by_last_week() -> None:
    ours, naive, share = missed_by_day(walk=0.0)
    assert ours < 0.85 * naive and share < 0.3


def test_a_level_that_jumps_from_week_to_week_is_forecast_no_worse_than_by_last_week() -> None:
    """Without last week's share it is missed by more than last week misses it."""
    ours, naive, share = missed_by_day(walk=0.2)
    assert ours < naive and share > 0.2


def test_a_wild_day_is_not_taken_over_from_last_week() -> None:
    known = history(8)
    known[max(known) - timedelta(days=6)] = [0.0] * 40 + [30.0] + [0.0] * 55
    assert sum(Forecast(known, PLAIN, last_week=1.0).of(day_after(known))) == pytest.approx(1200, rel=0.05)


def test_chance_alone_is_the_mean_deviation_of_poisson_counts() -> None:
    dice = Random(5)
    rate = 7.3
    known = {day: [rate] * QUARTERS for day in history(6)}
    chance = judged(known, KIND).errors.chance_quarter
    simulated = fmean(abs(_poisson(dice, rate) - rate) for _ in range(20_000)) / rate
    assert chance == pytest.approx(simulated, rel=0.02)


def test_counts_are_by_days_of_business_time() -> None:
    midnight = int(datetime(2026, 3, 1, 16, tzinfo=UTC).timestamp())  # 00:00 of March 2nd in Shanghai
    offered = [(midnight, 3.0), (midnight - 900, 2.0), (midnight + 900, 0.0)]
    counts = counted(offered, ZONE, MONDAY, MONDAY + timedelta(days=1))
    assert list(counts) == [MONDAY] and counts[MONDAY][:2] == [3.0, 0.0]


def test_the_hour_that_comes_twice_is_counted_into_one() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    twice = [int(datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=fold).timestamp()) for fold in (0, 1)]
    counts = counted([(utc_s, 1.0) for utc_s in twice], berlin, date(2026, 10, 25), date(2026, 10, 26))
    assert counts[date(2026, 10, 25)][10] == 2.0


def _poisson(dice: Random, rate: float) -> int:
    """Knuth 1969."""
    limit, chance, count = math.exp(-rate), dice.random(), 0
    while chance > limit:
        chance *= dice.random()
        count += 1
    return count
