"""A live board of another process, kept here too: followed once for each process, however many clients look at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from core.ports import LiveBoard
from store.errors import StoreUnavailable
from store.memory import MemoryBoard, Step


class Mirror(MemoryBoard):
    """`run` gives it its source. While that is out of reach the last picture stands: its clock says how old it is."""

    def __init__(self) -> None:
        super().__init__()
        self._seen = asyncio.Event()

    async def run(self, source: LiveBoard) -> None:
        """For ever; cancel to end it."""
        async for epoch, sequence, diff in source.follow("", 0):
            if "snapshot" in diff:
                await self.replace(epoch, sequence, diff["snapshot"])  # type: ignore[arg-type]
                self._seen.set()
            else:
                await self.publish(epoch, sequence, diff)

    async def snapshot(self) -> Step:
        """Raises StoreUnavailable: nothing has been seen yet."""
        if not self._seen.is_set():
            raise StoreUnavailable("the engine's live board has not been seen yet")
        return await super().snapshot()

    async def follow(self, epoch: str, after: int) -> AsyncIterator[Step]:
        """As MemoryBoard's; a follower who comes before anything was seen waits for it."""
        await self._seen.wait()
        async for step in super().follow(epoch, after):
            yield step
