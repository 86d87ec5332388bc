"""The waiting line: one order (queueing.aging), seen through what callers need.

Callers with the same need stand in one row, so that a caller whom nobody free may serve never blocks those
behind, and costs them nothing.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Generic, NamedTuple

from core.ids import AgentId, QueueId
from queueing.aging import Place, Who


class Need(NamedTuple):
    """What a caller needs: a queue's skills, relaxed by `step` steps, and a language ("": any).

    With `agent`: this one alone, for now (queueing.preferred).
    """

    queue: QueueId
    language: str
    step: int = 0
    agent: AgentId | None = None


def own(agent: AgentId) -> Need:
    """The row of those who wait for this agent alone."""
    return Need(QueueId(""), "", 0, agent)


class WaitingLine(Generic[Who]):
    """Calls that can be offered to a seat now; or promises to call back, which have places among them."""

    def __init__(self) -> None:
        self._rows: dict[Need, list[Place[Who]]] = {}
        self._places: dict[Who, tuple[Need, Place[Who], QueueId]] = {}
        self._lengths: dict[QueueId, int] = {}

    def add(self, who: Who, need: Need, place: Place[Who], queue: QueueId) -> None:
        """Put a caller at this place; `queue` is where the caller is counted. Twice is once."""
        if who in self._places:
            return
        insort(self._rows.setdefault(need, []), place)
        self._places[who] = (need, place, queue)
        self._lengths[queue] = self.length(queue) + 1

    def discard(self, who: Who) -> None:
        found = self._places.pop(who, None)
        if found is None:
            return
        need, place, queue = found
        self._lengths[queue] -= 1
        row = self._rows[need]
        del row[bisect_left(row, place)]
        if not row:
            del self._rows[need]

    def row(self, need: Need) -> list[Place[Who]]:
        """Callers with this need, in serving order. Not a copy."""
        return self._rows.get(need, [])

    def rows(self) -> Iterable[tuple[Need, list[Place[Who]]]]:
        """Every row, each in serving order. Not copies."""
        return self._rows.items()

    def length(self, queue: QueueId) -> int:
        """How many wait in this queue, those whose phones ring left out."""
        return self._lengths.get(queue, 0)

    def __contains__(self, who: Who) -> bool:
        return who in self._places

    def __len__(self) -> int:
        return len(self._places)
