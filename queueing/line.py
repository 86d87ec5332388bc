"""The waiting line: one order (queueing.aging), seen through what callers need.

A caller needs a queue's skills and a language; callers with the same need stand in one row, so
that a caller whom nobody free may serve never blocks those behind, and costs them nothing.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from core.ids import CallId, QueueId
from queueing.aging import Place

Need = tuple[QueueId, str]
"""A queue and a language."""


class WaitingLine:
    """Callers who can be offered to a seat now."""

    def __init__(self) -> None:
        self._rows: dict[Need, list[Place]] = {}
        self._places: dict[CallId, tuple[Need, Place]] = {}

    def add(self, call: CallId, need: Need, place: Place) -> None:
        """Put a caller at this place. Twice is once."""
        if call in self._places:
            return
        insort(self._rows.setdefault(need, []), place)
        self._places[call] = (need, place)

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

    def __contains__(self, call: CallId) -> bool:
        return call in self._places

    def __len__(self) -> int:
        return len(self._places)
