"""The async shell of the wallboard: outcomes in, snapshot and diffs out to the live board.

One task owns the fold. Outcomes that come within 50 ms are published as one diff; once a second the
board's clock is published even if nothing happened, which is how a reader tells a quiet floor from a
dead feed. A board that could not be reached is given a whole snapshot afterwards.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from core.events import Outcome
from core.house import House
from core.instants import Instant
from core.ports import LiveBoard
from monitor.publishing import Publisher
from monitor.wallboard import Wallboard

COALESCE_S = 0.05
PULSE_S = 1.0
BACKLOG = 20_000
"""Outcomes that may wait for the fold; at 90 lines that is minutes of calls."""
FOLD_AT_ONCE = 500
"""So that a burst does not hold the loop for longer than about 20 ms."""


class LiveFeed:
    """Give `take` to the pump as a subscriber and run `run` in a task.

    `epoch` must be new for each start of the engine: sequence numbers begin again with it.
    `now` is the pump's own clock reading; it is asked once a second.
    """

    def __init__(self, wallboard: Wallboard, board: LiveBoard, epoch: str, now: Callable[[], Instant]) -> None:
        self._wallboard = wallboard
        self._publisher = Publisher(wallboard, board, epoch)
        self._now = now
        self._backlog: deque[Outcome] = deque()
        self._dropped = 0
        self._news = asyncio.Event()

    def take(self, outcomes: Sequence[Outcome], now: Instant) -> None:
        """Put outcomes in line; never blocks. Beyond the bound they are dropped, counted, and alarmed."""
        room = BACKLOG - len(self._backlog)
        self._backlog.extend(outcomes[:room])
        self._dropped += max(0, len(outcomes) - room)
        if outcomes:
            self._news.set()

    def furnish(self, house: House) -> None:
        """A new version of the house: names and thresholds."""
        self._wallboard.furnish(house)
        self._news.set()

    def alarm(self, name: str, text: str) -> None:
        """An alarm that the journal cannot bring."""
        self._wallboard.alarm(name, text)
        self._news.set()

    def settle(self) -> None:
        """Fold all that waits, so that the wallboard is as far as the pump: before it is saved."""
        while self._backlog:
            self._wallboard.apply(self._backlog.popleft())

    async def run(self) -> None:
        """Publish until cancelled. Cancelling is safe at any point."""
        while True:
            self._fold()
            await self._publisher.publish()
            if await self._woken():
                await asyncio.sleep(COALESCE_S)

    async def _woken(self) -> bool:
        """Wait for news (True) or for the next pulse (False)."""
        try:
            async with asyncio.timeout(PULSE_S):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def _fold(self) -> None:
        self._news.clear()
        for _ in range(min(len(self._backlog), FOLD_AT_ONCE)):
            self._wallboard.apply(self._backlog.popleft())
        if self._backlog:
            self._news.set()
        now = self._now()
        self._wallboard.pulse(now.boot_s, now.wall.timestamp())
        if self._dropped:
            self._wallboard.alarm("figures_incomplete", f"{self._dropped} outcomes came too fast and are not counted")
            self._dropped = 0
