"""When a shift begins and ends: times of day in the house's zone, as moments in seconds UTC.

A time of day that the clock shows twice (summer time ends) is the first of the two; one that it skips (summer
time begins) is the moment at which it would have come. So a shift's end and the next one's start, written
alike, are one moment on every day of the year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.staff import Shift


@dataclass(frozen=True, slots=True)
class Span:
    """One shift on one day; `day` is the date on which it begins."""

    shift: str
    day: date
    start_utc_s: float
    end_utc_s: float


def moment(day: date, at: time, zone: ZoneInfo) -> float:
    """This time of day, in seconds UTC. `fold` 0 gives both rules above (PEP 495)."""
    return datetime.combine(day, at, zone).timestamp()


def span_of(shift: Shift, day: date, zone: ZoneInfo) -> Span:
    """This shift as it begins on this day."""
    last = day if shift.end > shift.start else day + timedelta(days=1)
    return Span(shift.id, day, moment(day, shift.start, zone), moment(last, shift.end, zone))
