"""Mends recordings that a killed PBX left cut, once it is back and nobody writes them any more."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from core.events import Outcome, PbxChanged
from core.instants import Instant
from recording.cut import QUIET_FOR_S, cut_files, mend

log = logging.getLogger(__name__)


class Mending:
    """Give `take` to the pump as a subscriber and run `run` in a task. The first sweep comes at the start."""

    def __init__(self, recordings: Path) -> None:
        self._recordings = recordings
        self._due = asyncio.Event()
        self._due.set()

    def take(self, outcomes: Sequence[Outcome], now: Instant) -> None:
        """A PBX that is seen again may have left cut files."""
        if any(isinstance(outcome.event, PbxChanged) and outcome.event.up for outcome in outcomes):
            self._due.set()

    async def run(self) -> None:
        """Sweep whenever it is due, until cancelled. A file is whole or cut at any moment, never half-mended twice."""
        while True:
            await self._due.wait()
            self._due.clear()
            await asyncio.sleep(QUIET_FOR_S + 1)
            await asyncio.to_thread(self._sweep)

    def _sweep(self) -> None:
        try:
            for path in cut_files(self._recordings, now_s=time.time()):
                _mend(path)
        except OSError as error:
            log.error("recordings cannot all be looked at: %s", error)


def _mend(path: Path) -> None:
    try:
        mend(path)
        log.warning("a recording was cut and is mended: %s", path.name)
    except OSError as error:
        log.error("a cut recording cannot be mended: %s: %s", path.name, error)
