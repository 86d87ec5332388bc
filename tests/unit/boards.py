"""A small live board for tests: what core.ports.LiveBoard promises, in one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any


class SmallBoard:
    """Keeps the last `kept` diffs; a reader further behind is given the snapshot."""

    def __init__(self, kept: int = 100) -> None:
        self._kept = kept
        self._epoch = ""
        self._sequence = 0
        self._document: dict[str, Any] = {}
        self._diffs: list[tuple[int, dict[str, Any]]] = []
        self._changed = asyncio.Condition()

    async def publish(self, epoch: str, sequence: int, diff: dict[str, Any]) -> None:
        self._document = {**self._document, **diff["changed"]}
        for key in diff["removed"]:
            self._document.pop(key, None)
        self._epoch, self._sequence = epoch, sequence
        self._diffs = [*self._diffs, (sequence, diff)][-self._kept :]
        await self._tell()

    async def replace(self, epoch: str, sequence: int, snapshot: dict[str, Any]) -> None:
        self._epoch, self._sequence, self._document, self._diffs = epoch, sequence, dict(snapshot), []
        await self._tell()

    async def snapshot(self) -> tuple[str, int, dict[str, Any]]:
        return self._epoch, self._sequence, self._document

    async def follow(self, epoch: str, after: int) -> AsyncIterator[tuple[str, int, dict[str, Any]]]:
        while True:
            step = self._next(epoch, after)
            if step is None:
                async with self._changed:
                    await self._changed.wait()
                continue
            epoch, after, _ = step
            yield step

    def _next(self, epoch: str, after: int) -> tuple[str, int, dict[str, Any]] | None:
        if epoch == self._epoch and after == self._sequence:
            return None
        following = next((item for item in self._diffs if item[0] == after + 1), None)
        if epoch == self._epoch and following:
            return epoch, *following
        return self._epoch, self._sequence, {"snapshot": self._document}

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
