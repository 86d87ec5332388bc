"""What is on its way into the audit: written before the answer goes out, and kept for later while the database is away.

What was done has been done by then, so an answer waits for its row no longer than `WITHIN_S`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from api.ports import Audit
from core.errors import PeerFault
from store.audit import AuditRow

WITHIN_S = 1.0
MOST_WAITING, AT_ONCE = 10_000, 50

log = logging.getLogger(__name__)


class Trail:
    """Lives in one event loop. `waiting` rows are not in the database yet; a row comes there once."""

    def __init__(self, kept: Audit) -> None:
        self._kept = kept
        self._rows: deque[AuditRow] = deque()
        self._turn = asyncio.Lock()

    @property
    def waiting(self) -> int:
        return len(self._rows)

    async def note(self, row: AuditRow) -> None:
        """Add a row, and write whatever waits. Raises nothing: what cannot be written is tried again with the next."""
        if len(self._rows) >= MOST_WAITING:
            lost = self._rows.popleft()
            log.error("the audit is full while the database is away; lost: %s by %s", lost.what, lost.by)
        self._rows.append(row)
        try:
            async with asyncio.timeout(WITHIN_S):
                await self.flush()
        except (PeerFault, TimeoutError) as error:
            log.warning("%d rows of the audit wait for the database: %s", len(self._rows), error)

    async def flush(self) -> None:
        """Write what waits. Cancelling is safe: a row that is written twice is there once. Raises PeerFault."""
        async with self._turn:
            while self._rows:
                some = [self._rows[place] for place in range(min(AT_ONCE, len(self._rows)))]
                await self._kept.note(some)
                for _ in some:
                    self._rows.popleft()
