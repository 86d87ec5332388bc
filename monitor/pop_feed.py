"""The async shell of the pops: outcomes in, and at once out to the board of pops.

A pop races the ring, so nothing is gathered: what one decision changed is published in the next turn of the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from core.events import Outcome
from core.instants import Instant
from core.ports import LiveBoard
from monitor.panels import Entry
from monitor.pops import Pops
from monitor.publishing import Publisher

AGAIN_S = 1.0
"""A board that could not be reached is tried again so often."""


class PopFeed:
    """Give `take` to the pump as a subscriber and run `run` in a task. `epoch` as for the LiveFeed."""

    def __init__(self, pops: Pops, board: LiveBoard, epoch: str) -> None:
        self._pops = pops
        self._publisher = Publisher(pops, board, epoch)
        self._news = asyncio.Event()

    def take(self, outcomes: Sequence[Outcome], now: Instant) -> None:
        """Fold them; microseconds."""
        for outcome in outcomes:
            self._pops.apply(outcome)
        if outcomes:
            self._news.set()

    def show(self, number: str, about: Entry) -> None:
        """What is known of whoever has this number."""
        self._pops.show(number, about)
        self._news.set()

    async def run(self) -> None:
        """Publish until cancelled. Cancelling is safe at any point."""
        while True:
            self._news.clear()
            await self._publisher.publish()
            try:
                async with asyncio.timeout(AGAIN_S):
                    await self._news.wait()
            except TimeoutError:
                pass
