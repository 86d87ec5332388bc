"""A program at the live floor: it keeps the board as the pages do, goes on where it was, and misses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from store.merge import merged


@dataclass(slots=True)
class Follower:
    """`connections` it needed, the last from `port`; `snapshots` it was given; `gap` says what came out of turn.

    `token` is asked at each connection: an engine that was started anew has a new one.
    """

    url: str
    token: Callable[[], str]
    board: dict[str, Any] = field(default_factory=dict)
    epoch: str = ""
    sequence: int = 0
    port: int = 0
    connections: int = 0
    snapshots: int = 0
    gap: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Stay connected, for ever; cancel to end it."""
        while True:
            with contextlib.suppress(OSError, ConnectionClosed, InvalidHandshake):
                await self._connected()
            await asyncio.sleep(0.1)

    async def until(self, key: str, wanted: Any, timeout_s: float = 30.0) -> Any:
        """Wait until an entry of the board is as wanted."""
        async with asyncio.timeout(timeout_s):
            while (entry := self.board.get(key)) is None or not wanted(entry):
                self.changed.clear()
                await self.changed.wait()
        return entry

    async def beyond(self, epoch: str, sequence: int) -> None:
        """Wait until the board is newer than this; a later engine has a greater epoch."""
        while (self.epoch, self.sequence) <= (epoch, sequence):
            self.changed.clear()
            await self.changed.wait()

    async def _connected(self) -> None:
        headers = {"Authorization": f"Bearer {self.token()}"}
        async with connect(self.url, additional_headers=headers, max_size=None) as websocket:
            place = {"resume": {"epoch": self.epoch, "sequence": self.sequence}} if self.epoch else {}
            await websocket.send(json.dumps(place))
            self.connections += 1
            self.port = websocket.local_address[1]
            async for text in websocket:
                self._take(json.loads(text))

    def _take(self, frame: dict[str, Any]) -> None:
        if "snapshot" in frame:
            self.board, self.snapshots = frame["snapshot"], self.snapshots + 1
        elif "diff" in frame:
            if (frame["epoch"], frame["sequence"]) != (self.epoch, self.sequence + 1):
                self.gap = f"after {self.epoch} {self.sequence} came {frame['epoch']} {frame['sequence']}"
            self.board = merged(self.board, frame["diff"])
        else:
            return
        self.epoch, self.sequence = frame["epoch"], frame["sequence"]
        self.changed.set()


@asynccontextmanager
async def followers(url: str, token: Callable[[], str], count: int) -> AsyncIterator[list[Follower]]:
    """So many, each with the whole board already."""
    found = [Follower(url, token) for _ in range(count)]
    running = [asyncio.create_task(each.run(), name="follower") for each in found]
    try:
        for each in found:
            await each.until("clock", lambda entry: True)
        yield found
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
