"""A picture goes to its live board: diffs with sequence numbers, and the whole of it after the board was lost."""

from __future__ import annotations

import logging
from typing import Protocol

from core.errors import PeerFault
from core.ports import LiveBoard

log = logging.getLogger(__name__)


class Picture(Protocol):
    """A document that tells what changed since it was last asked."""

    def diff(self) -> dict[str, object]: ...
    def snapshot(self) -> dict[str, object]: ...


class Publisher:
    """`epoch` must be new for each start of the engine: sequence numbers begin again with it."""

    def __init__(self, picture: Picture, board: LiveBoard, epoch: str) -> None:
        self._picture, self._board, self._epoch = picture, board, epoch
        self._sequence = 0
        self._whole = True

    async def publish(self) -> None:
        """What changed, if anything did; a board that cannot be reached is given the whole picture next time."""
        diff = self._picture.diff()
        if not diff and not self._whole:
            return
        self._sequence += 1
        try:
            if self._whole:
                await self._board.replace(self._epoch, self._sequence, self._picture.snapshot())
            else:
                await self._board.publish(self._epoch, self._sequence, diff)
        except PeerFault as error:
            if not self._whole:
                log.warning("the live board cannot be reached: %s", error)
            self._whole = True
        else:
            self._whole = False
