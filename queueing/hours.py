"""When customers may be called back, between two times of the business day; and when agents dial nobody."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.calling import NightLock
from core.house import House


def opens_in_s(house: House, utc_s: float) -> float:
    """Seconds until calling is allowed; 0: it is."""
    day, rules = _day(house, utc_s), house.callbacks
    if _at(house, day, rules.start) <= utc_s < _at(house, day, rules.end):
        return 0.0
    if utc_s >= _at(house, day, rules.start):
        day += timedelta(days=1)
    return _at(house, day, rules.start) - utc_s


def closes_in_s(house: House, utc_s: float) -> float:
    """Seconds until calling is not allowed any more, from a moment at which it is."""
    return _at(house, _day(house, utc_s), house.callbacks.end) - utc_s


def night_lock(house: House, utc_s: float) -> NightLock | None:
    """The house's, while it holds."""
    lock, here = house.outbound.night_lock, datetime.fromtimestamp(utc_s, ZoneInfo(house.time_zone))
    return lock if lock is not None and lock.holds(time(here.hour, here.minute, here.second)) else None


def _day(house: House, utc_s: float) -> date:
    return datetime.fromtimestamp(utc_s, ZoneInfo(house.time_zone)).date()


def _at(house: House, day: date, moment: time) -> float:
    return datetime.combine(day, moment, ZoneInfo(house.time_zone)).timestamp()
