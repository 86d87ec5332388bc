"""Keeps the PBX's logs small: whoever is refused is noted there, and a flood of refusals must not fill the disk.

Asterisk renames its logs on order (`logger rotate`, strategy "rotate": .0 is the newest) but never deletes one.
"""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path

from core.errors import PbxUnavailable
from cti.pbx.process import PbxProcess

log = logging.getLogger(__name__)

LOOK_EVERY_S = 20.0
LARGE_BYTES = 20 * 2**20
KEPT = 5
_ROTATED = re.compile(r"\.(\d+)")


async def keep_logs_small(process: PbxProcess) -> None:
    """For ever; a PBX that is just down is asked again later."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            await tidy(process)
        except (PbxUnavailable, OSError) as error:
            log.warning("the PBX's logs could not be renewed: %s", error)


async def tidy(process: PbxProcess) -> None:
    """Begin new logs when one is large, and delete the oldest. Raises PbxUnavailable, OSError."""
    directory = process.layout.log
    if any(file.stat().st_size > LARGE_BYTES for file in directory.glob("*.log")):
        await process.order("logger rotate")
    for file in too_old(directory):
        file.unlink(missing_ok=True)


def too_old(directory: Path) -> list[Path]:
    """Renamed logs beyond the newest KEPT of each."""
    numbered = ((file, _ROTATED.fullmatch(file.suffix)) for file in directory.iterdir())
    return [file for file, found in numbered if found and int(found[1]) >= KEPT]
