"""One heap of deadlines with lazy deletion: a record's own `due_boot_s` says whether an entry still counts."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Protocol

Kind = str
"""agent, call, outbound, outside, callback, work, case, duty, governor, seat, node, watch, move, reminder, second,
summon, consult or pause: whose deadline it is."""

Entry = tuple[float, Kind, str]
"""Due (boot clock), kind, id: a total order, so that a rebuilt heap pops like the old one."""


class Timed(Protocol):
    """A record with one deadline."""

    due_boot_s: float | None


FEW = 64
"""So many entries are kept whatever they are."""


class Deadlines:
    """What falls due next. Entries that no longer count are swept out when they may be more than the others."""

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._most = FEW

    def __len__(self) -> int:
        """Entries, those that no longer count included."""
        return len(self._heap)

    def set(self, kind: Kind, key: str, record: Timed, due_boot_s: float) -> None:
        """Replace the record's deadline."""
        record.due_boot_s = due_boot_s
        heappush(self._heap, (due_boot_s, kind, key))

    def first(self, tables: dict[Kind, dict[str, Timed]]) -> Entry | None:
        """The earliest entry that still counts; those before it are dropped."""
        if len(self._heap) > self._most:
            self._sweep(tables)
        while self._heap:
            if _counts(entry := self._heap[0], tables):
                return entry
            heappop(self._heap)
        return None

    def _sweep(self, tables: dict[Kind, dict[str, Timed]]) -> None:
        """A deadline hours ahead that was replaced would stay for hours."""
        self._heap = [entry for entry in self._heap if _counts(entry, tables)]
        heapify(self._heap)
        self._most = max(FEW, 2 * len(self._heap))


def _counts(entry: Entry, tables: dict[Kind, dict[str, Timed]]) -> bool:
    due_boot_s, kind, key = entry
    record = tables[kind].get(key)
    return record is not None and record.due_boot_s == due_boot_s
