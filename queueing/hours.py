"""When customers may be called back: between two times of the business day."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.house import House


def opens_in_s(house: House, utc_s: float) -> float:
    """Seconds until calling is allowed; 0: it is."""
    now = _local(house, utc_s)
    if house.callbacks.start <= now.time() < house.callbacks.end:
        return 0.0
    day = now.date() if now.time() < house.callbacks.start else now.date() + timedelta(days=1)
    return datetime.combine(day, house.callbacks.start, now.tzinfo).timestamp() - utc_s


def closes_in_s(house: House, utc_s: float) -> float:
    """Seconds until calling is not allowed any more, from a moment at which it is."""
    now = _local(house, utc_s)
    return datetime.combine(now.date(), house.callbacks.end, now.tzinfo).timestamp() - utc_s


def _local(house: House, utc_s: float) -> datetime:
    return datetime.fromtimestamp(utc_s, ZoneInfo(house.time_zone))
