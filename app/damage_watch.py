"""Says on the floor which parts of the journal the disk has not given back (store.salvage).

At every start until somebody has moved them away: a disk that fails must not be found by chance.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from store.salvage import set_aside

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0
ALARM = "journal_damaged"


async def watch_damage(spool: Path, alarm: Callable[[str, str], None]) -> None:
    """For ever; each file is told once."""
    told: set[Path] = set()
    while True:
        try:
            found = set(await asyncio.to_thread(set_aside, spool))
        except OSError as error:
            log.error("the journal's directory cannot be looked at: %s", error)
            found = told
        for file in sorted(found - told):
            text = f"A part of the journal cannot be read: its disk fails. What can be is in use; {file} is kept."
            log.error("%s", text)
            alarm(ALARM, text)
        told |= found
        await asyncio.sleep(LOOK_EVERY_S)
