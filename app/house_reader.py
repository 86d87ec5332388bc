"""The house as an API process reads it: from the store, whose newest version the engine's process has put there."""

from __future__ import annotations

from core.house import House
from store.errors import StoreUnavailable
from store.house import HouseStore


class HouseReader:
    """api.ports.HouseVersions, for reading. A version never changes, so it is read once."""

    def __init__(self, store: HouseStore) -> None:
        self._store = store
        self._read: tuple[int, House] | None = None

    async def current(self) -> tuple[int, House]:
        """Raises StoreUnavailable: the database is away and nothing was read before."""
        try:
            version = await self._store.newest()
        except StoreUnavailable:
            if self._read is not None:
                return self._read
            raise
        if self._read is None or self._read[0] != version:
            self._read = await self._store.current()
        if self._read is None:
            raise StoreUnavailable("no house is stored yet; the engine's process is being started")
        return self._read

    async def at(self, version: int) -> House | None:
        """Raises StoreUnavailable, ConfigurationWrong."""
        return await self._store.version(version)
