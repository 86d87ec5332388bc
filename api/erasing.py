"""A recording is erased together with what people said of it, in one turn.

Whoever judges a talk looks within the turn whether its recording is there: words that were written a moment after the
erasing would stay for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from core.ledger import RecordingRecord

Erase = Callable[[RecordingRecord, str, str], Awaitable[None]]
"""The row, who wants it, and why."""
Forget = Callable[[str], Awaitable[None]]
"""What people said of this recording."""


class Erasing:
    """For one event loop. `turn` is held while a recording goes."""

    def __init__(self, erase: Erase, *forget: Forget) -> None:
        self._erase, self._forget = erase, forget
        self.turn = asyncio.Lock()

    async def erase(self, row: RecordingRecord, by: str, why: str) -> None:
        """Raises OSError: its files are there still; PeerFault: they are gone, and what was said is not."""
        async with self.turn:
            await self._erase(row, by, why)
            for forget in self._forget:
                await forget(row.recording)
