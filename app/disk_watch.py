"""Says on the floor when the journal's disk refuses, and when it takes again: a full disk must not be found by chance.

The alarm goes straight to the board; the journal could not hold it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
ALARM = "journal_disk"


async def watch(broken: Callable[[], str], alarm: Callable[[str, str], None]) -> None:
    """For ever. `broken` says why the disk refuses, or ""; each change is told once."""
    before = ""
    while True:
        why = broken()
        if bool(why) != bool(before):
            text = f"The journal cannot be written; calls go on: {why}" if why else "The journal is written again."
            log.error("%s", text)
            alarm(ALARM, text)
        before = why
        await asyncio.sleep(LOOK_EVERY_S)
