"""How good a forecast is, by weeks that are known, and how much of last week it takes over for that. Pure.

The last weeks are each forecast from what came before them, and held against "same as last week". A share of last week
is chosen the same way: the one that had missed least, by days, in the weeks before those that are forecast. So the
errors shown are those of a forecast that did not know them when it chose.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from queueing.forecast import WEEK, Counts, Forecast, History, KindOf

HELD_BACK_WEEKS, CHOICE_WEEKS = 4, 8
LEAST_DAYS = 14
"""Of history before a week that is forecast."""
SHARES = (0.0, 0.5)
"""Of last week in a day's total. All of it is none of them: where last week beats the level, their mean beats both, by
tests/unit/queueing/test_forecast.py, and a choice of three is the wrong one more often."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Of forecasts of days that are known: sums of absolute errors over all calls. None: nothing to compare with.

    `chance_quarter` is what a forecast that knew each rate exactly would still miss by, arrivals being Poisson.
    """

    days: int
    quarter: float | None
    day: float | None
    naive_quarter: float | None
    naive_day: float | None
    bias: float | None
    chance_quarter: float | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What to expect, and how far the same way of expecting was from what came."""

    forecast: Forecast
    errors: Errors


def judged(history: History, kind_of: KindOf, weeks: int = HELD_BACK_WEEKS) -> Judged:
    """A forecast of the days behind this history, and its errors in the last `weeks`, each forecast from before it."""
    past = _forecasts(history, kind_of, weeks + CHOICE_WEEKS)
    missed = {start: _missed_by_share(history, start, forecast) for start, forecast in past.items()}
    held_back = list(past)[-weeks:]
    pairs = list[tuple[date, Counts, Counts]]()
    for start in held_back:
        share = _best(missed[week] for week in past if start - CHOICE_WEEKS * WEEK <= week < start)
        pairs += ((day, past[start].of(day, share), history[day]) for day in _week(history, start))
    chosen = _best(missed[start] for start in list(past)[-CHOICE_WEEKS:])
    return Judged(Forecast(history, kind_of, chosen), _errors(history, pairs))


def _forecasts(history: History, kind_of: KindOf, weeks: int) -> dict[date, Forecast]:
    """Of each of the last weeks, from what came before its first day, oldest first; not where that is too little."""
    if not history:
        return {}
    end = max(history) + timedelta(days=1)
    starts = (end - week * WEEK for week in range(weeks, 0, -1))
    before = {start: {day: counts for day, counts in history.items() if day < start} for start in starts}
    return {start: Forecast(known, kind_of) for start, known in before.items() if len(known) >= LEAST_DAYS}


def _week(history: History, start: date) -> list[date]:
    return [day for day in history if start <= day < start + WEEK]


def _missed_by_share(history: History, start: date, forecast: Forecast) -> dict[float, float]:
    """Calls missed by days in the week that begins here."""
    days = _week(history, start)
    return {share: sum(abs(forecast.total(day, share) - sum(history[day])) for day in days) for share in SHARES}


def _best(missed: Iterable[Mapping[float, float]]) -> float:
    weeks = list(missed)
    return min(SHARES, key=lambda share: sum(week[share] for week in weeks))


def _errors(history: History, pairs: list[tuple[date, Counts, Counts]]) -> Errors:
    """Of day, forecast, and what came."""
    whole = sum(count for _, _, counts in pairs for count in counts)
    naive = [(history[day - WEEK], counts) for day, _, counts in pairs if day - WEEK in history]
    return Errors(
        days=len(pairs),
        quarter=_missed(((f, c) for _, f, c in pairs), by_day=False),
        day=_missed(((f, c) for _, f, c in pairs), by_day=True),
        naive_quarter=_missed(naive, by_day=False),
        naive_day=_missed(naive, by_day=True),
        bias=(sum(sum(forecast) for _, forecast, _ in pairs) - whole) / whole if whole else None,
        chance_quarter=sum(_poisson_miss(rate) for _, f, _ in pairs for rate in f) / whole if whole else None,
    )


def _missed(pairs: Iterable[tuple[Counts, Counts]], *, by_day: bool) -> float | None:
    missed = whole = 0.0
    for forecast, actual in pairs:
        whole += sum(actual)
        both = [(sum(forecast), sum(actual))] if by_day else zip(forecast, actual, strict=True)
        missed += sum(abs(one - other) for one, other in both)
    return missed / whole if whole else None


def _poisson_miss(rate: float) -> float:
    """E|X - rate| of a Poisson count: 2 exp(-m) m^(n+1) / n!, n the whole part of the rate (Crow 1958)."""
    if rate <= 0:
        return 0.0
    whole = math.floor(rate)
    return 2 * math.exp((whole + 1) * math.log(rate) - rate - math.lgamma(whole + 1))
