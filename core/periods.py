"""Periods of business time: quarters, hours, days of 23 to 25 hours, weeks, months, and the bands of a day. Pure.

A period is told by its first moment, in whole seconds UTC. Hours are hours of the wall clock; where it is set back, the
hour that comes twice is two periods. Days begin at midnight, weeks on Mondays, months on the first. Bands are the hours
of the floor (house.staffing.floor): they do not overlap, and one over midnight belongs to the day on which it starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from core.staff import FloorHours
from core.stats import QUARTER_HOUR_S

Grain = Literal["15min", "30min", "hour", "band", "day", "week", "month", "all"]
GRAINS: tuple[Grain, ...] = get_args(Grain)
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
"""RFC 3339, and less of it; Python takes much more, a line end in place of the T among it."""
_MINUTES: dict[Grain, int] = {"15min": 15, "30min": 30, "hour": 60}

StartOf = Callable[[int], int]
"""From the start of a quarter of an hour to the start of the period that holds it."""


def midnight(day: date, zone: ZoneInfo) -> int:
    """The first moment of a day; where the clock jumps over midnight, the moment of the jump."""
    return int(datetime.combine(day, time(), zone).timestamp())


def day_of(utc_s: float, zone: ZoneInfo) -> date:
    """The date on the wall."""
    return datetime.fromtimestamp(utc_s, zone).date()


def business_day(time_zone: str) -> Callable[[float], int]:
    """A function from a moment to the start of its business day, both in seconds UTC."""
    zone = ZoneInfo(time_zone)
    return lambda utc_s: midnight(day_of(utc_s, zone), zone)


def starts(by: Grain, zone: ZoneInfo, bands: Sequence[FloorHours] = ()) -> StartOf:
    """How quarters of an hour gather into periods. "all" is one period, which begins at 0.

    Raises:
        ValueError: bands are asked for and the house has none.
    """
    if by in _MINUTES:
        return lambda utc_s: _part_of_hour(utc_s, zone, _MINUTES[by])
    if by == "band":
        if not bands:
            raise ValueError("this house has no hours in staffing.floor, so its days have no bands")
        return lambda utc_s: _band(utc_s, zone, bands)
    if by == "all":
        return lambda utc_s: 0
    return lambda utc_s: midnight(_first_day(by, day_of(utc_s, zone)), zone)


def spans(start: StartOf, since_utc_s: int, until_utc_s: int) -> list[tuple[int, int]]:
    """The periods that the span touches, cut to it; first moment, and the moment after the last."""
    found: list[tuple[int, int]] = []
    last: int | None = None
    for quarter in range(since_utc_s, until_utc_s, QUARTER_HOUR_S):
        if (period := start(quarter)) == last:
            found[-1] = found[-1][0], quarter + QUARTER_HOUR_S
        else:
            found.append((quarter, quarter + QUARTER_HOUR_S))
            last = period
    return found


def moment(text: str, zone: ZoneInfo, *, end: bool = False) -> int:
    """A date or a time of business time (2026-11-20, 2026-11-20T14:30), or one with an offset, as seconds UTC.

    A date as an `end` is the end of that day.

    Raises:
        ValueError: it is neither, or not on a quarter of an hour.
    """
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ValueError(f"{text[:40]!r} is neither a date nor a time")
    found = datetime.fromisoformat(text)
    if written[1] is None:
        return midnight(found.date() + timedelta(days=end), zone)
    utc_s = (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()
    if utc_s % QUARTER_HOUR_S:
        raise ValueError("figures are kept by quarters of an hour: give a time at :00, :15, :30 or :45")
    return int(utc_s)


def before(since_utc_s: int, until_utc_s: int, zone: ZoneInfo) -> tuple[int, int]:
    """The last period that compares with this span: months with months, days with days, else as many seconds before."""
    first, last = datetime.fromtimestamp(since_utc_s, zone), datetime.fromtimestamp(until_utc_s, zone)
    if since_utc_s != midnight(first.date(), zone) or until_utc_s != midnight(last.date(), zone):
        return 2 * since_utc_s - until_utc_s, since_utc_s
    if first.day == last.day == 1:
        months = (last.year - first.year) * 12 + last.month - first.month
        return midnight(_months_before(first.date(), months), zone), since_utc_s
    return midnight(first.date() - (last.date() - first.date()), zone), since_utc_s


def _part_of_hour(utc_s: int, zone: ZoneInfo, minutes: int) -> int:
    """Counted back on the UTC axis, so that an hour that comes twice stays two."""
    local = datetime.fromtimestamp(utc_s, zone)
    return utc_s - (local.minute % minutes) * 60 - local.second


def _band(utc_s: int, zone: ZoneInfo, bands: Sequence[FloorHours]) -> int:
    """The latest start of a band that is not after this moment, today's or yesterday's."""
    today = day_of(utc_s, zone)
    days = (today - timedelta(days=1), today)
    begun = (int(datetime.combine(day, band.start, zone).timestamp()) for day in days for band in bands)
    return max(start for start in begun if start <= utc_s)


def _first_day(by: Grain, day: date) -> date:
    if by == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if by == "month" else day


def _months_before(day: date, months: int) -> date:
    counted = day.year * 12 + day.month - 1 - months
    return date(counted // 12, counted % 12 + 1, 1)
