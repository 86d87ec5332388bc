"""Where the house's versions are: behind a running instance (GET and PUT /api/v1/house, the version as its
ETag), or, while none runs, in the store itself.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from app.clock import now
from app.instance import Instance
from app.settings import Settings
from core.documents import Document, validate
from core.errors import Refused
from core.house import House

if TYPE_CHECKING:
    import httpx

    from store.house import HouseStore


class HouseVersions(Protocol):
    """Where the house's versions live: the store, or a running instance in front of it."""

    async def current(self) -> tuple[int, House]:
        """The newest version and its number. Raises Refused: there is none, or it cannot be reached."""
        ...

    async def put(self, house: House, by: str, expected_version: int) -> int:
        """Store a new version and return its number. Raises Refused: somebody else was first."""
        ...


def versions_of(settings: Settings) -> HouseVersions:
    """The running instance if there is one: it alone can put a new version into force at once."""
    instance = Instance(settings)
    return RunningHouse(instance) if instance.is_running() else StoredHouse(settings)


class RunningHouse:
    """A `HouseVersions` over REST. The API checks the version again, so two people never overwrite each other."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    async def current(self) -> tuple[int, House]:
        answer = self._instance.ask("GET", "/house")
        return _version(answer), validate(Document("the running house", answer.json()), House)

    async def put(self, house: House, by: str, expected_version: int) -> int:
        """`by` is whoever the token belongs to; the API knows."""
        answer = self._instance.ask(
            "PUT", "/house", house.model_dump(mode="json"), {"If-Match": f'"{expected_version}"'}
        )
        return _version(answer)


def _version(answer: httpx.Response) -> int:
    tag = re.fullmatch(r'(?:W/)?"([0-9]+)"', answer.headers.get("ETag", ""))
    if tag is None:
        raise Refused("The API did not say which version of the house this is. Is it of the same release?")
    return int(tag[1])


class StoredHouse:
    """A `HouseVersions` over the store of an instance that does not run; what is put takes force at its next start."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def current(self) -> tuple[int, House]:
        async with self._store() as store:
            found = await store.current()
        if found is None:
            raise Refused(f"There is no house in {self._settings.home} yet. Make one with: ./thirdring up")
        return found

    async def put(self, house: House, by: str, expected_version: int) -> int:
        async with self._store() as store:
            return await store.put(house, by, expected_version, now().wall)

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[HouseStore]:
        from store.house import HouseStore
        from store.session import reading_engine
        from store.writer import Writer

        self._refuse_beside_an_engine()
        if not self._settings.database_url and not self._settings.database_file.exists():
            raise Refused(f"There is no database in {self._settings.home} yet. Make one with: ./thirdring up")
        engine, writer = reading_engine(self._settings.store_url), Writer(self._settings.store_url)
        try:
            yield HouseStore(engine, writer)
        finally:
            await engine.dispose()
            await writer.close()

    def _refuse_beside_an_engine(self) -> None:
        """An engine holds the spool's lock as long as it lives; what is put behind its back it would not learn."""
        lock = self._settings.spool / "lock"
        if not lock.exists():
            return
        with lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Refused("The engine runs, but its API does not answer. Look at: ./thirdring doctor") from error
