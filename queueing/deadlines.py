"""One heap of deadlines with lazy deletion: a record's own `due_boot_s` says whether an entry still counts."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Protocol

Kind = str
"""agent, call, outbound, outside, callback, work, case, duty, governor, seat, node, watch, move, reminder, second,
summon, consult or pause: whose deadline it is."""

Entry = tuple[float, Kind, str]
"""Due (boot clock), kind, id: a total order, so that a rebuilt heap pops like the old one."""


class Timed(Protocol):
    """A record with one deadline."""

    due_boot_s: float | None


class Deadlines:
    """What falls due next."""

    def __init__(self) -> None:
        self._heap: list[Entry] = []

    def set(self, kind: Kind, key: str, record: Timed, due_boot_s: float) -> None:
        """Replace the record's deadline."""
        record.due_boot_s = due_boot_s
        heappush(self._heap, (due_boot_s, kind, key))

    def first(self, tables: dict[Kind, dict[str, Timed]]) -> Entry | None:
        """The earliest entry that still counts; those before it are dropped."""
        heap = self._heap
        while heap:
            due, kind, key = entry = heap[0]
            record = tables[kind].get(key)
            if record is not None and record.due_boot_s == due:
                return entry
            heappop(heap)
        return None
