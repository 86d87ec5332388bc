"""The live board within one process: what Redis does, when there is none."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from store.errors import BoardLost
from store.merge import Document, merged

KEPT_DIFFS = 1000
Step = tuple[str, int, Document]


class MemoryBoard:
    """Twin of store.live.RedisBoard, for one event loop. Keeps the last `keep` diffs.

    Diffs are JSON merge patches, numbered without gaps within an epoch. A follower who is further
    behind than that gets a snapshot.
    """

    def __init__(self, keep: int = KEPT_DIFFS) -> None:
        self._epoch, self._sequence, self._document = "", 0, Document()
        self._diffs = deque[Step](maxlen=keep)
        self._changed = asyncio.Event()

    async def publish(self, epoch: str, sequence: int, diff: Document) -> None:
        """Apply the next diff. Raises BoardLost: another epoch, or a number left out; call `replace`."""
        if epoch != self._epoch or sequence > self._sequence + 1:
            raise BoardLost("the live board is not where this diff goes on from")
        if sequence == self._sequence + 1:
            self._sequence, self._document = sequence, merged(self._document, diff)
            self._diffs.append((epoch, sequence, diff))
            self._wake()

    async def replace(self, epoch: str, sequence: int, snapshot: Document) -> None:
        """Put a whole board in its place."""
        if (epoch, sequence) != (self._epoch, self._sequence):
            self._diffs.clear()
        self._epoch, self._sequence, self._document = epoch, sequence, snapshot
        self._wake()

    async def snapshot(self) -> Step:
        """Epoch, sequence, and the whole board; ("", 0, {}) before the first `replace`."""
        return self._epoch, self._sequence, self._document

    async def follow(self, epoch: str, after: int) -> AsyncIterator[Step]:
        """What comes after (`epoch`, `after`), for ever: diffs, or {"snapshot": …} when these do not lead on."""
        while True:
            steps = self._since(epoch, after)
            for step in steps:
                epoch, after, _ = step
                yield step
            if not steps:
                await self._changed.wait()

    def _since(self, epoch: str, after: int) -> list[Step]:
        if (epoch, after) == (self._epoch, self._sequence):
            return []
        steps = [step for step in self._diffs if step[1] > after] if epoch == self._epoch else []
        if steps and steps[0][1] == after + 1:
            return steps
        return [(self._epoch, self._sequence, {"snapshot": self._document})]

    def _wake(self) -> None:
        """Everybody who waits looks again; who comes later waits for the next change."""
        self._changed.set()
        self._changed = asyncio.Event()
