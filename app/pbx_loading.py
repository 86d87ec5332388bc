"""Brings the house in force, and a renewed certificate, to the running PBX, and tries again until it is there.

Each try renders what is in force then, so a newer version of the house takes the place of one that never arrived.
A file in run/ says that a load was begun: should this process end first, the next one carries it out.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from app.current_house import remember_house
from app.pbx_files import write_house_files
from app.pbx_reload import reload_pbx
from core.errors import ThirdringError
from core.house import House

if TYPE_CHECKING:
    from app.main import Floor

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
BY_HAND = "The PBX's files have changed: reload them by hand on its machine, or set pbx_reload_user."


class PbxLoading:
    """`broken` is why the PBX does not have what is in force, or "". Run `run` under an owner."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._owed = floor.settings.home / "run/pbx-owed"
        self._one_at_a_time = asyncio.Lock()
        self._again = asyncio.Event()
        self.broken = ""
        if self._owed.exists():
            self._again.set()

    async def run(self) -> None:
        """For ever; cancel to end it."""
        pause_s = FIRST_PAUSE_S
        while True:
            await self._again.wait()
            await asyncio.sleep(pause_s)
            if self._again.is_set():
                await self.load()
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S) if self.broken else FIRST_PAUSE_S

    async def load(self) -> str:
        """Give what is in force to the PBX and to the next start. Raises nothing.

        It is why the PBX does not have it, or "": see `broken`; one that is reloaded by hand is not broken.
        """
        by_hand = ""
        async with self._one_at_a_time:
            version, house = self._floor.state.version, self._floor.state.house
            try:
                await asyncio.to_thread(remember_house, self._floor.settings, house)
                by_hand = await self._load(house)
            except (OSError, ThirdringError) as error:
                log.error(
                    "house version %d is in force, but the PBX or the next start may not know: %s", version, error
                )
                self._tell(f"Version {version} of the house has not reached the PBX; it is tried again: {error}")
            else:
                self._tell("")
            return self.broken or by_hand

    async def _load(self, house: House) -> str:
        """BY_HAND, or "". What the PBX knows may look different afterwards.

        What an earlier try wrote does not count as changed now.
        """
        settings = self._floor.settings
        owed = await asyncio.to_thread(self._begin)
        changed = await asyncio.to_thread(write_house_files, settings, house, self._floor.credentials)
        by_hand = (owed or changed) and settings.pbx_mode == "remote" and not settings.pbx_reload_user
        if by_hand:
            self._floor.feed.alarm("house", BY_HAND)
        elif owed or changed:
            await reload_pbx(settings, None if owed else changed)
            await self._floor.node.resync()
        await asyncio.to_thread(self._owed.unlink)
        return BY_HAND if by_hand else ""

    def _begin(self) -> bool:
        """Whether an earlier load was never finished."""
        owed = self._owed.exists()
        self._owed.touch()
        return owed

    def _tell(self, broken: str) -> None:
        """Each change once, on the floor."""
        if bool(broken) != bool(self.broken):
            self._floor.feed.alarm("house", broken or "The house in force has reached the PBX.")
        self.broken = broken
        if broken:
            self._again.set()
        else:
            self._again.clear()
