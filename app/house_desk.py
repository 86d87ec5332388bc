"""Makes a new version of the house take effect: checked whole, stored, rendered, loaded, told to the engine.

Nothing is half-applied: whatever can refuse it is asked before it is stored.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.flows import flows_of
from app.house_secrets import check_secrets
from app.pbx_files import write_house_files
from app.pbx_loading import PbxLoading
from app.studio import Studio
from core.errors import PeerFault, Refused
from core.house import House
from cti.pbx.render import UnfitValue
from store.house import HouseStore

if TYPE_CHECKING:
    from app.main import Floor


log = logging.getLogger(__name__)


class HouseDesk:
    """core.ports.HouseVersions on a running engine."""

    def __init__(self, floor: Floor, store: HouseStore, loading: PbxLoading, studio: Studio) -> None:
        self._floor = floor
        self._store = store
        self._loading = loading
        self._studio = studio
        self._one_at_a_time = asyncio.Lock()

    async def current(self) -> tuple[int, House]:
        """What is in force, also while the database is away."""
        return self._floor.state.version, self._floor.state.house

    async def at(self, version: int) -> House | None:
        """Raises StoreUnavailable, ConfigurationWrong."""
        return await self._store.version(version)

    async def put(self, house: House, by: str, expected_version: int) -> int:
        """Raises Refused (moved on, or something in it cannot be used), PeerFault; nothing was changed then."""
        async with self._one_at_a_time:
            await self._take_what_is_stored()
            await self.check(house)
            await self._studio.prepare(house)
            version = await self._store.put(house, by, expected_version, datetime.now(UTC))
            await self._take_effect(version, house)
            return version

    async def check(self, house: House) -> None:
        """Whether it could take effect here. Raises Refused, ConfigurationWrong."""
        await asyncio.to_thread(self._check, house)

    async def catch_up(self) -> None:
        """After a start: the stored house, if it is newer than the journal's; ours, if nothing is stored.

        Raises StoreUnavailable, ConfigurationWrong.
        """
        await self._store.seed(self._floor.state.house, datetime.now(UTC))
        await self._take_what_is_stored()

    async def _take_what_is_stored(self) -> None:
        """A version may have been stored although the answer was lost: none could be made from the one before it."""
        if await self._store.newest() != self._floor.state.version and (stored := await self._store.current()):
            await self._take_effect(*stored)

    def _check(self, house: House) -> None:
        """Flows and secrets that may be named, and values that may stand in a file, which is tried in our own home: it
        holds secrets."""
        flows_of(house)
        check_secrets(house, self._floor.settings)
        with tempfile.TemporaryDirectory(prefix="house-", dir=self._floor.settings.home / "run") as aside:
            try:
                write_house_files(self._floor.settings, house, self._floor.credentials, etc=Path(aside))
            except UnfitValue as error:
                raise Refused(f"the PBX cannot be given this house: {error}") from error

    async def _take_effect(self, version: int, house: House) -> None:
        try:
            await self._studio.place(house)
        except PeerFault as error:
            log.error("callers hear the texts of the house before, or nothing where they are new: %s", error)
            self._floor.feed.alarm("prompts", "Prompts of the house could not be made; some callers hear old ones.")
        self._floor.apply(version, house)
        await self._loading.load()
