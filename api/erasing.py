"""A recording is erased together with what people said of it, in one turn.

Whoever judges a talk, or writes a note about it, looks within the turn whether its recording is there: words that were
written a moment after the erasing would stay. What stayed all the same, because the process or the database went away
between both, a sweep forgets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from core.ledger import RecordingRecord

Erase = Callable[[RecordingRecord, str, str], Awaitable[None]]
"""The row, who wants it, and why."""


class Words(Protocol):
    """What people said of recordings. All of it raises PeerFault."""

    async def forget(self, recording: str) -> None: ...
    async def of_erased(self) -> Sequence[str]:
        """Recordings that are erased, and of which something is said still."""
        ...


class Erasing:
    """For one event loop. `turn` is held while a recording goes."""

    def __init__(self, erase: Erase, *words: Words) -> None:
        self._erase, self._words = erase, words
        self.turn = asyncio.Lock()

    async def erase(self, row: RecordingRecord, by: str, why: str) -> None:
        """Raises OSError: its files are there still; PeerFault: they are gone, and what was said is not."""
        async with self.turn:
            await self._erase(row, by, why)
            for words in self._words:
                await words.forget(row.recording)

    async def sweep(self) -> None:
        """Raises PeerFault."""
        async with self.turn:
            for words in self._words:
                for recording in await words.of_erased():
                    await words.forget(recording)
