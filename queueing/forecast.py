"""How many calls will come in each quarter of an hour, from those that came. Pure.

A day's calls are its level times the factor of its kind, spread by the shape of its kind. A kind is a weekday, a public
holiday, or a weekend day worked in exchange. The factor is the median of such days against the level around them; the
shape is the mean of the last such days, smoothed over neighbouring quarters. The level is the weighted mean of the last
weeks, freed of the factors, with the median slope between weeks (Theil 1950, Sen 1968), damped as it is carried on
(Gardner and McKenzie 1985). A kind that was never seen goes by those that are most like it. Of a day's total, a share
may be what the same day of last week had (queueing.forecast_errors chooses it): a level that has just jumped is there
before the weeks have it.

What it does not know: the time of year, campaigns, and whatever else is no calendar's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import fmean, median
from zoneinfo import ZoneInfo

from core.staff import WEEKDAYS
from queueing.calendar import Calendar

QUARTERS = 96
WEEK = timedelta(days=7)
LEVEL_WEEKS, SHAPE_DAYS = 8, 8
WEIGHT_PER_WEEK = 0.7
"""Of a week in the level, against the week after it."""
DAMPING_PER_WEEK = 0.8
NEAR_DAYS = 10
WEEKS_BACK = 53
WILD = 2.0
"""A day so many times above or below the level around it says nothing about the level of others."""
ALIKE: Mapping[str, tuple[str, ...]] = {
    "holiday": ("sun", "sat"),
    "make_up": ("mon", "tue", "wed", "thu", "fri"),
    "sat": ("sun",),
    "sun": ("sat",),
}
"""By which days a kind goes that was never seen; a weekday goes by the other weekdays."""

Counts = Sequence[float]
"""Calls in each quarter of an hour of a day in business time."""
History = Mapping[date, Counts]
KindOf = Callable[[date], str]


def kinds(calendar: Calendar) -> KindOf:
    """What kind of day each is."""

    def kind(day: date) -> str:
        if calendar.is_holiday(day):
            return "holiday"
        return "make_up" if day.weekday() >= 5 and calendar.is_working_day(day) else WEEKDAYS[day.weekday()]

    return kind


def counted(offered: Iterable[tuple[int, float]], zone: ZoneInfo, first: date, until: date) -> dict[date, list[float]]:
    """Counts by day from calls by quarter (seconds UTC), without days before the first call and days without any.

    An hour that the clock shows twice is counted into one.
    """
    days: dict[date, list[float]] = {}
    for start_utc_s, count in offered:
        local = datetime.fromtimestamp(start_utc_s, zone)
        if first <= local.date() < until:
            days.setdefault(local.date(), [0.0] * QUARTERS)[local.hour * 4 + local.minute // 15] += count
    return {day: days[day] for day in sorted(days) if sum(days[day])}


class Forecast:
    """What a history says of the days after it; `last_week` of each day's total is that of a week before, 0 to 1."""

    def __init__(self, history: History, kind_of: KindOf, last_week: float = 0.0) -> None:
        self._kind_of, self.last_week = kind_of, last_week
        self._history = dict(sorted(history.items()))
        self._totals = {day: sum(counts) for day, counts in self._history.items()}
        self._last = max(self._totals, default=date.min)
        self._days_of: dict[str, list[date]] = {}
        for day in self._history:
            self._days_of.setdefault(kind_of(day), []).append(day)
        self._factors = self._learn_factors()
        self._weeks = self._learn_weeks()
        self._slope = _slope(self._weeks)

    def of(self, day: date, last_week: float | None = None) -> list[float]:
        """Calls in each quarter; without a history none. `last_week`: another share than the forecast's own."""
        if not self._totals:
            return [0.0] * QUARTERS
        total = self.total(day, self.last_week if last_week is None else last_week)
        return [total * share for share in self._shape(self._kind_of(day))]

    def total(self, day: date, last_week: float) -> float:
        """Calls of the whole day, with this share of what the last such day of the week says."""
        level = self._level(day)
        return self._factor(self._kind_of(day)) * ((1 - last_week) * level + last_week * self._last_such(day, level))

    def _last_such(self, day: date, level: float) -> float:
        """The level that the same day of the week had last, freed of its kind; the level itself where that was wild."""
        weeks = (day - number * WEEK for number in range(1, WEEKS_BACK))
        if (then := next((one for one in weeks if one in self._totals), None)) is None:
            return level
        freed = self._totals[then] / (self._factor(self._kind_of(then)) or 1.0)
        return freed if level / WILD <= freed <= level * WILD else level

    # --- factors -------------------------------------------------------------------------------
    def _learn_factors(self) -> dict[str, float]:
        """Each kind's median against the level around such days, 1 the mean of an ordinary week.

        Weekdays are held against whole weeks around them; the others, which may come in rows, against the ordinary days
        near them.
        """
        ordinary = {day: total for day, total in self._totals.items() if self._kind_of(day) in WEEKDAYS}
        found = self._medians({day: total / self._week_around(day, ordinary) for day, total in ordinary.items()})
        scale = fmean(found.values()) if found else 1.0
        found = {kind: factor / scale for kind, factor in found.items()}
        freed = {day: total / found[self._kind_of(day)] for day, total in ordinary.items()}
        special = {day: total for day, total in self._totals.items() if day not in ordinary}
        levels = freed or special  # a house that opened in a festival knows no ordinary day yet
        return found | self._medians({day: total / _near(day, levels) for day, total in special.items()})

    def _medians(self, ratios: Mapping[date, float]) -> dict[str, float]:
        by_kind: dict[str, list[float]] = {}
        for day, ratio in ratios.items():
            by_kind.setdefault(self._kind_of(day), []).append(ratio)
        return {kind: median(of_kind) for kind, of_kind in by_kind.items()}

    def _week_around(self, day: date, totals: Mapping[date, float]) -> float:
        """The mean of the seven days around; the nearest whole week where some are missing; else of all days."""
        weeks = ([day + timedelta(days=shift + offset) for offset in range(-3, 4)] for shift in (0, -3, 3, -7, 7))
        whole = next((week for week in weeks if all(one in totals for one in week)), None)
        return fmean(totals[one] for one in whole) if whole else fmean(totals.values())

    def _factor(self, kind: str) -> float:
        if kind in self._factors:
            return self._factors[kind]
        alike = [self._factors[other] for other in _alike(kind) if other in self._factors]
        return fmean(alike) if alike else 1.0

    # --- level and trend -----------------------------------------------------------------------
    def _learn_weeks(self) -> list[float | None]:
        """The level of the last weeks, the latest first: means of days freed of their kind's factor."""
        if not self._totals:
            return []
        return [self._level_of_week(self._last - weeks * WEEK) for weeks in range(LEVEL_WEEKS)]

    def _level_of_week(self, last: date) -> float | None:
        days = [day for offset in range(7) if (day := last - timedelta(days=offset)) in self._totals]
        freed = [self._totals[day] / factor for day in days if (factor := self._factor(self._kind_of(day)))]
        if not freed:
            return None
        middle = median(freed)
        tame = [level for level in freed if middle / WILD <= level <= middle * WILD]
        return fmean(tame or freed)

    def _level(self, day: date) -> float:
        """The weighted level of the last weeks, each carried on to `day` by the damped slope."""
        known = [(age, level) for age, level in enumerate(self._weeks) if level is not None]
        weights = [math.pow(WEIGHT_PER_WEEK, age) for age, _ in known]
        now = sum(w * (level + self._slope * age) for w, (age, level) in zip(weights, known, strict=True))
        ahead = max(0.0, (day - self._last) / WEEK)
        carried = self._slope * (1 - math.pow(DAMPING_PER_WEEK, ahead)) / (1 - DAMPING_PER_WEEK)
        return max(0.0, now / sum(weights) + carried)

    # --- shape ---------------------------------------------------------------------------------
    def _shape(self, kind: str) -> list[float]:
        """Shares of the day, from the last days of this kind, else of those alike, else of all."""
        days = self._days_of.get(kind) or [day for other in _alike(kind) for day in self._days_of.get(other, ())]
        last = sorted(days or self._history)[-SHAPE_DAYS:]
        summed = [sum(self._history[day][quarter] for day in last) for quarter in range(QUARTERS)]
        smooth = [
            (summed[quarter - 1] + 2 * summed[quarter] + summed[(quarter + 1) % QUARTERS]) / 4
            for quarter in range(QUARTERS)
        ]
        return [count / sum(smooth) for count in smooth]


def _near(day: date, levels: Mapping[date, float]) -> float:
    """The mean level of ordinary days within ten days; of all where there are none."""
    near = [level for other, level in levels.items() if abs((other - day).days) <= NEAR_DAYS]
    return fmean(near or levels.values())


def _alike(kind: str) -> tuple[str, ...]:
    return ALIKE.get(kind) or tuple(other for other in WEEKDAYS[:5] if other != kind)


def _slope(weeks: Sequence[float | None]) -> float:
    """Calls a day that the level rises by in a week: the median of the slopes between any two; too few weeks: none."""
    known = [(age, level) for age, level in enumerate(weeks) if level is not None]
    if len(known) < 4:
        return 0.0
    return median((newer - older) / (b - a) for a, newer in known for b, older in known if b > a)
