"""A recording is erased together with what people said of it, in one turn.

Whoever says something of a recording, or puts a legal hold on it, does so in a turn, too, and looks then whether it is
there: words that were written a moment after the erasing would stay, and a hold would hold nothing. What stayed all the
same, because the process or the database went away in between, a sweep forgets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from core.ledger import RecordingRecord

if TYPE_CHECKING:
    from store.recordings import Found

Erase = Callable[[RecordingRecord, str, str], Awaitable[None]]
"""The row, who wants it, and why."""
Note = Callable[[], Awaitable[None]]
"""Raises PeerFault: then nothing is erased."""


class Ledger(Protocol):
    async def one(self, recording: str) -> Found | None:
        """Raises PeerFault."""
        ...


class Words(Protocol):
    """What people said of recordings. All of it raises PeerFault."""

    async def forget(self, recording: str) -> None: ...
    async def of_erased(self) -> Sequence[str]:
        """Recordings that are erased, and of which something is said still."""
        ...


class Erasing:
    """For one event loop. `turn` is held while a recording goes (api.routes.recordings.in_turn)."""

    def __init__(self, erase: Erase, ledger: Ledger, *words: Words) -> None:
        self._erase, self._ledger, self._words = erase, ledger, words
        self.turn = asyncio.Lock()

    async def erase(self, row: RecordingRecord, by: str, why: str, note: Note | None = None) -> bool:
        """False: a legal hold, which may be younger than the row, forbids it. `note` writes down first that it goes.

        Raises OSError: its files are there still; PeerFault: so they are, or they are gone, and what was said is not.
        """
        async with self.turn:
            found = await self._ledger.one(row.recording)
            if found is not None and found.held:
                return False
            if note is not None:
                await note()
            await self._erase(row, by, why)
            for words in self._words:
                await words.forget(row.recording)
        return True

    async def sweep(self) -> None:
        """Raises PeerFault."""
        async with self.turn:
            for words in self._words:
                for recording in await words.of_erased():
                    await words.forget(recording)
