"""When the floor's state is written down, and which one a start begins with.

Each minute, at the end, and at once when the journal has lost lines and its disk takes again: a replay over the
hole would decide differently, so every start from then on begins behind it. One an hour, and one a day, are kept
longer, for questions.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import clock, restore
from core.house import House
from core.upgrades import WrittenByLater
from store import snapshot
from store.spool import Spool

log = logging.getLogger(__name__)

EVERY_S = 60.0
KEPT_LONGER = (("milestones", 3600.0, 48), ("days", 86_400.0, 62))
"""Where, one in so many seconds, and how many."""
LOOK_EVERY_S = 0.25
"""For lost lines: until the snapshot is written, a kill would still replay over the hole."""


class Snapshots:
    """Writes the state to `directory`. `settle` brings it as far as the pump, and says how far that is."""

    def __init__(self, directory: Path, state: restore.State, spool: Spool, settle: Callable[[], int]) -> None:
        self._directory, self._state, self._spool, self._settle = directory, state, spool, settle
        self._lost_before = 0

    async def run(self) -> None:
        """For ever; cancel to end it."""
        while True:
            await self._pause()
            await self.save()

    async def save(self) -> None:
        """Everything folded so far: taken at once, written in a thread. Cancelling waits for the file."""
        lost_lines = self._spool.lost_lines
        self._state.sequence = self._settle()
        document = self._state.document(clock.boot())
        keep = 2 if lost_lines == self._lost_before else 1
        writing = asyncio.create_task(asyncio.to_thread(self._write, self._state.sequence, document, keep))
        try:
            await asyncio.shield(writing)
            self._lost_before = lost_lines
        except asyncio.CancelledError:
            await asyncio.wait([writing])  # the last one, at the end, must not meet it on the disk
            raise
        except OSError as error:
            log.error("no snapshot could be written: %s; the next start reads more of the journal", error)

    def _write(self, sequence: int, document: dict[str, Any], keep: int) -> None:
        """Raises OSError. A milestone is what a replay of the past begins with (app.past, app.twin)."""
        snapshot.save(self._directory, sequence, document, keep=keep)
        for name, every_s, kept in KEPT_LONGER:
            directory = self._directory.parent / name
            if snapshot.youngest_age_s(directory) >= every_s:
                snapshot.save(directory, sequence, document, keep=kept)

    async def _pause(self) -> None:
        """Until the next one is due, or the journal has a hole and its disk takes again."""
        for _ in range(round(EVERY_S / LOOK_EVERY_S)):
            await asyncio.sleep(LOOK_EVERY_S)
            if self._spool.lost_lines != self._lost_before and not self._spool.broken:
                log.error("%d lines of the journal are lost; no start goes by it alone", self._spool.lost_lines)
                return


def restored(directory: Path, spool: Spool, seed: Callable[[], House]) -> restore.State:
    """The newest snapshot that can be read and the journal behind it; else `seed` and the journal alone. The spool's
    numbers go on behind both.

    Raises ConfigurationWrong: there is no snapshot, and the seed is wrong.
    """
    state = _newest(directory) or restore.fresh(seed())
    replayed = restore.replay(state, spool)
    # a snapshot is forced to disk at once, the journal within a second: a power cut can leave it behind
    spool.next_sequence = max(spool.next_sequence, state.sequence + 1)
    log.info("restored: house version %d, %d inputs replayed", state.version, replayed.inputs)
    if replayed.missing:
        log.error("%d inputs are missing in the journal; what people asked for then is not known", replayed.missing)
        state.wallboard.alarm(
            "journal_hole",
            f"{replayed.missing} inputs are missing in the journal: sign-ins, breaks and figures may be wrong.",
        )
    return state


def _newest(directory: Path) -> restore.State | None:
    for sequence, document in snapshot.undamaged(directory):
        try:
            return restore.from_document(document, sequence)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            file = snapshot.set_aside(directory, sequence)
            log.error("a snapshot cannot be read (%s); it is kept as %s, an older one is tried", _why(error), file)
    return None


def _why(error: Exception) -> str:
    """Without the document's values: they hold callers' numbers."""
    return str(error) if isinstance(error, WrittenByLater) else type(error).__name__
