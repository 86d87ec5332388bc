"""The one door for database writes: one thread, one connection, one transaction after another.

Nothing of SQL runs on the caller's event loop: the transaction's coroutine runs on the writer's own.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.errors import Misuse
from store.errors import StoreUnavailable
from store.session import DATABASE_AWAY, reason, writing_engine

_T = TypeVar("_T")
_LONG_S = 0.05
_IN_LINE = 1000
Work = Callable[[AsyncConnection], Awaitable[_T]]


class Writer:
    """Runs transactions in order. May be used from any loop or thread.

    `longest_s` and `long_count` tell how long transactions took and how many took more than 50 ms, `written` how many
    there were; it grows before `write` gives its answer. `is_patient`: a statement may take as long as it likes.

    Raises:
        ConfigurationWrong: not a URL of a database we know.
    """

    def __init__(self, url: str, *, busy_s: float = 5.0, is_patient: bool = False) -> None:
        patience = {"command_s": None} if is_patient else {}
        self._engine: AsyncEngine = writing_engine(url, busy_s=busy_s, **patience)
        self._loop = asyncio.new_event_loop()
        self._turn = asyncio.Lock()
        self._in_line = 0
        self._closed = False
        self.longest_s = 0.0
        self.long_count = 0
        self.written = 0
        self._thread = threading.Thread(target=self._loop.run_forever, name="store-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Work[_T]) -> _T:
        """Run `work` in a transaction and commit it. Cancelling leaves it done or undone, never half.

        Raises:
            StoreUnavailable: the database is away, locked, or refuses; or too many writes wait already.
            Misuse: closed.
        """
        if self._closed:
            raise Misuse("the store's writer is closed")
        if self._in_line >= _IN_LINE:
            raise StoreUnavailable(f"{_IN_LINE} writes wait for the database already")
        self._in_line += 1
        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._transaction(work), self._loop))
        finally:
            self._in_line -= 1

    async def close(self) -> None:
        """Finish the transaction in hand and let the connection go."""
        if self._closed:
            return
        self._closed = True
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._dispose(), self._loop))
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()

    async def _transaction(self, work: Work[_T]) -> _T:
        async with self._turn:
            began = time.monotonic()
            try:
                async with self._engine.begin() as connection:
                    return await work(connection)
            except DATABASE_AWAY as error:
                raise StoreUnavailable(reason(error)) from error
            finally:
                self._note(time.monotonic() - began)

    async def _dispose(self) -> None:
        async with self._turn:
            await self._engine.dispose()

    def _note(self, took_s: float) -> None:
        self.written += 1
        self.longest_s = max(self.longest_s, took_s)
        self.long_count += took_s > _LONG_S
