"""The order of the line: priority, then time of entry, with aging so that nobody starves.

A step of priority is worth `aging_s` seconds of waiting: callers stand in the order of the moment at which they
would have come with priority 0. The order of two callers never changes, so nothing is sorted twice, and the bound
on overtaking is plain: a caller of priority q passes one of priority p only if it came less than (q - p) × aging_s
later. After 9 × aging_s nobody who comes can pass a caller any more.
"""

from __future__ import annotations

from typing import TypeVar

from core.house import House
from core.ids import CallbackId, CallId
from queueing.state import CallbackRecord, CallRecord

Who = TypeVar("Who", CallId, CallbackId)
Place = tuple[float, int, Who]
"""(rank, arrival number, call or promise): sorts into serving order; no two have the same number."""


def rank_boot_s(call: CallRecord, aging_s: float) -> float:
    """When it would have come with priority 0. A returner's old place counts (queueing.returners)."""
    return call.came_boot_s - call.priority * aging_s


def place(call: CallRecord, house: House | None) -> Place[CallId]:
    return (rank_boot_s(call, _aging_s(house)), call.number, call.id)


def place_of_promise(promise: CallbackRecord, house: House | None) -> Place[CallbackId]:
    """Where its caller would stand."""
    return (promise.since_boot_s - promise.priority * _aging_s(house), promise.number, promise.id)


def _aging_s(house: House | None) -> float:
    return house.aging_s if house else House.model_fields["aging_s"].default
