"""What a database to which nobody else writes would answer again: its last answers, until this process writes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

KEPT_S = 1.0
"""However quiet it is: somebody may have changed a row by hand."""

_T = TypeVar("_T")


class Recent(Generic[_T]):
    """`commits` is how often the one writer has written so far. For one event loop."""

    def __init__(self, commits: Callable[[], int], seconds: Callable[[], float] = time.monotonic) -> None:
        self._commits, self._seconds = commits, seconds
        self._known: dict[Hashable, asyncio.Task[_T | None]] = {}
        self._as_of = (-1, 0.0)

    async def get(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, _T | None]]) -> _T | None:
        """The answer for `key`; who asks while it is being asked for waits for the same one. Raises what `ask` raises.

        That there is none is forgotten at once: whoever guesses fills no memory.
        """
        commits, now_s = self._commits(), self._seconds()
        if commits != self._as_of[0] or now_s - self._as_of[1] > KEPT_S:
            self._known.clear()
            self._as_of = (commits, now_s)
        if key not in self._known:
            self._known[key] = asyncio.create_task(ask())
            self._known[key].add_done_callback(partial(self._answered, key))
        return await asyncio.shield(self._known[key])

    def _answered(self, key: Hashable, asked: asyncio.Task[_T | None]) -> None:
        found = not asked.cancelled() and asked.exception() is None and asked.result() is not None
        if not found and self._known.get(key) is asked:
            del self._known[key]
