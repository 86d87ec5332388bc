"""A process that spools and ships until it is killed; says each number once its line is spooled.

Arguments: spool directory, database URL.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from pathlib import Path

from core.events import Outcome
from core.inputs import Tick
from store.journal import Shipper
from store.spool import Spool
from store.writer import Writer
from tests.integration.store.database import NOW, calls


def spool_for_ever(directory: Path) -> None:
    spool = Spool(directory, segment_bytes=20_000, sync_every_s=0.05)
    (events,) = calls(1)
    while True:
        sequence = spool.next_sequence
        spool.append_input(sequence, NOW, 1, Tick())
        os.write(1, b"%d\n" % sequence)
        spool.append_outcomes([Outcome(sequence, n, 1.0, 1.0, event) for n, event in enumerate(events)])


async def ship_for_ever(directory: Path, url: str) -> None:
    await Shipper(directory, Writer(url), idle_s=0.001).run()


if __name__ == "__main__":
    where, database = Path(sys.argv[1]), sys.argv[2]
    threading.Thread(target=asyncio.run, args=[ship_for_ever(where, database)], daemon=True).start()
    spool_for_ever(where)
