"""The order of the line: priority, then time of entry, with aging so that nobody starves.

A step of priority is worth `aging_s` seconds of waiting: callers stand in the order of the moment at which they
would have come with priority 0. The order of two callers never changes, so nothing is sorted twice, and the bound
on overtaking is plain: a caller of priority q passes one of priority p only if it came less than (q - p) × aging_s
later. After 9 × aging_s nobody who comes can pass a caller any more.
"""

from __future__ import annotations

from core.house import House
from core.ids import CallId
from queueing.state import CallRecord

Place = tuple[float, int, CallId]
"""(rank, arrival number, call): sorts into serving order."""


def rank_boot_s(call: CallRecord, aging_s: float) -> float:
    """When it would have come with priority 0. A returner's old place counts (queueing.returners)."""
    return call.came_boot_s - call.priority * aging_s


def place(call: CallRecord, house: House | None) -> Place:
    aging_s = house.aging_s if house else House.model_fields["aging_s"].default
    return (rank_boot_s(call, aging_s), call.number, call.id)
