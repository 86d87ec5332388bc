"""How much of the talk of the last day is recorded, looked at each minute, for the alarm `recording_coverage`.

Of talks whose recordings are settled; what is lost while it happens has an alarm of its own (app.voices).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from core.errors import PeerFault
from core.ledger import RecordingRecord, coverage

log = logging.getLogger(__name__)

EVERY_S = 60.0
SPAN_S = 86_400.0


class Ledger(Protocol):
    """store.recordings.Recordings, as far as it is needed here."""

    async def due_between(self, since_utc_s: float, until_utc_s: float) -> Sequence[RecordingRecord]: ...


class CoverageWatch:
    """`rate` is what was seen last, 1 before anything was."""

    def __init__(self, ledger: Ledger, utc_s: Callable[[], float]) -> None:
        self._ledger, self._utc_s = ledger, utc_s
        self.rate = 1.0

    async def run(self) -> None:
        """For ever; while the database is away the rate stays as it was seen last."""
        while True:
            try:
                await self.look()
            except PeerFault as error:
                log.warning("the coverage of recordings is not known: %s", error)
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Raises PeerFault."""
        now = self._utc_s()
        self.rate = coverage(await self._ledger.due_between(now - SPAN_S, now)).rate
