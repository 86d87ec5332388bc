"""How many shifts cover a need, and how many agents can work them. Pure.

Shifts: time is gone through from the front; where too few are at work, the shift that reaches furthest is begun as
often as agents are missing. No choice of shifts is fewer. Agents: none of three bounds can be beaten, and that a number
is enough is shown by a roster: each shift goes to whoever has worked least of those who have had their rest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.staff import Labour
from queueing.shifts import Span

WEEK_S, DAY_S, HOUR_S = 7 * 86400.0, 86400.0, 3600.0
ROUNDS = 4
"""So often the same days are rostered one after the other: hours are kept on average."""
MOST_MORE, MORE_SHARE = 30, 20
"""Tried beyond the bounds are so many agents, or one in so many of a large house's."""

Bound = Literal["hours", "rest_days", "rest"]
Worked = Counter[Span]


@dataclass(frozen=True, slots=True)
class Cover:
    """Shifts that cover a need as well as can be; `open` are the moments of need at which no shift runs."""

    shifts: Worked
    open: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class HeadCount:
    """Agents whom these shifts take. `agents` None: no roster was found for any number; `bound` is what asks most."""

    agents: int | None
    at_least: int
    bound: Bound
    shifts_per_week: float
    hours_per_week: float


def cover(needs: Sequence[tuple[float, int]], spans: Iterable[Span]) -> Cover:
    """`needs`: moments (seconds UTC) in order, and how many must be at work from each to the next."""
    known, shifts, opened = sorted(spans, key=lambda span: span.start_utc_s), Counter[Span](), list[float]()
    for at_utc_s, count in needs:
        missing = count - sum(number for span, number in shifts.items() if _runs(span, at_utc_s))
        if missing <= 0:
            continue
        running = [span for span in known if _runs(span, at_utc_s)]
        if running:
            shifts[max(running, key=lambda span: (span.end_utc_s, span.start_utc_s))] += missing
        else:
            opened.append(at_utc_s)
    return Cover(shifts, tuple(opened))


def _runs(span: Span, at_utc_s: float) -> bool:
    return span.start_utc_s <= at_utc_s < span.end_utc_s


def head_count(shifts: Worked, days: int, labour: Labour) -> HeadCount:
    """Agents for these shifts, which begin on so many days in a row and go on in the same way."""
    number, hours = sum(shifts.values()), sum(_hours(span) * count for span, count in shifts.items())
    bounds: dict[Bound, int] = {
        "hours": math.ceil(hours / _hours_of_one(days, labour) - 1e-9),
        "rest_days": math.ceil(number / ((7 - labour.rest_days_per_week) / 7 * days) - 1e-9),
        "rest": _at_once(shifts, labour.rest_between_shifts_h * HOUR_S),
    }
    bound = max(bounds, key=lambda name: bounds[name])
    least = bounds[bound]
    tried = range(least, least + max(MOST_MORE, least // MORE_SHARE) + 1)
    found = next((agents for agents in tried if can_work(shifts, days, labour, agents)), None)
    return HeadCount(found, least, bound, number * 7 / days, hours * 7 / days)


def hours_of(agents: int, labour: Labour) -> float:
    """What so many agents work in a week, on average over a year."""
    return agents * _hours_of_one(7, labour)


def can_work(shifts: Worked, days: int, labour: Labour, agents: int) -> bool:
    """Whether a roster is found in which so many agents work these days over and over."""
    rest_s, most_h = labour.rest_between_shifts_h * HOUR_S, ROUNDS * _hours_of_one(days, labour)
    alike = Counter({_Worked(): agents})
    first_s = min((span.start_utc_s for span in shifts), default=0.0)
    ordered = sorted(shifts.items(), key=lambda shift: shift[0].start_utc_s)
    for turn in range(ROUNDS):
        for span, missing in ordered:
            start_s = span.start_utc_s - first_s + turn * days * DAY_S
            for one in sorted(alike):
                more = one.and_one(start_s, span.end_utc_s - span.start_utc_s)
                may = more.shifts <= 7 - labour.rest_days_per_week and more.hours <= most_h + 1e-9
                if missing and may and one.until_s + rest_s <= start_s:
                    count = min(missing, alike[one])
                    missing -= count
                    alike += Counter({more: count})
                    alike -= Counter({one: count})
            if missing:
                return False
    return True


@dataclass(frozen=True, slots=True, order=True)
class _Worked:
    """What somebody has worked so far; moments count from the first shift. Of large houses many are alike."""

    hours: float = 0.0
    until_s: float = -WEEK_S
    week: int = 0
    shifts: int = 0
    """Those of this week."""

    def and_one(self, start_s: float, lasts_s: float) -> _Worked:
        week = int(start_s // WEEK_S)
        shifts = self.shifts + 1 if week == self.week else 1
        return _Worked(self.hours + lasts_s / HOUR_S, start_s + lasts_s, week, shifts)


def _hours(span: Span) -> float:
    return (span.end_utc_s - span.start_utc_s) / HOUR_S


def _hours_of_one(days: int, labour: Labour) -> float:
    return labour.hours_per_week * (1 - labour.absent_share) * days / 7


def _at_once(shifts: Worked, rest_s: float) -> int:
    """The most shifts of which no two can be one agent's: those that run, or are rested from, at one moment."""
    return max(
        (
            sum(count for span, count in shifts.items() if span.start_utc_s <= at.start_utc_s < span.end_utc_s + rest_s)
            for at in shifts
        ),
        default=0,
    )
