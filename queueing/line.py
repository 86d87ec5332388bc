"""The waiting line: one order (priority, then time of entry), seen through what callers need.

A caller needs a queue's skills and a language; callers with the same need stand in one row, so
that a caller whom nobody free may serve never blocks those behind, and costs them nothing.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from core.ids import CallId, QueueId
from queueing.state import CallRecord

Need = tuple[QueueId, str]
"""A queue and a language."""

Place = tuple[int, float, int, CallId]
"""(−priority, time of entry on the boot clock, arrival number, call): sorts into serving order."""


class WaitingLine:
    """Callers who can be offered to a seat now."""

    def __init__(self) -> None:
        self._rows: dict[Need, list[Place]] = {}
        self._places: dict[CallId, tuple[Need, Place]] = {}

    def add(self, call: CallRecord, need: Need) -> None:
        """Put a caller at the place that priority and time of entry give. Twice is once."""
        if call.id in self._places:
            return
        place = (-call.priority, call.since_boot_s, call.number, call.id)
        insort(self._rows.setdefault(need, []), place)
        self._places[call.id] = (need, place)

    def discard(self, call: CallId) -> None:
        found = self._places.pop(call, None)
        if found is None:
            return
        need, place = found
        row = self._rows[need]
        del row[bisect_left(row, place)]
        if not row:
            del self._rows[need]

    def row(self, need: Need) -> list[Place]:
        """Callers with this need, in serving order. Not a copy."""
        return self._rows.get(need, [])

    def rows(self) -> Iterable[tuple[Need, list[Place]]]:
        """Every row, each in serving order. Not copies."""
        return self._rows.items()

    def __contains__(self, call: CallId) -> bool:
        return call in self._places

    def __len__(self) -> int:
        return len(self._places)
