"""A person who listens to a call in a browser: the WebSocket of docs/listening.md, and what came over it."""

from __future__ import annotations

import array
import asyncio
import json
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cti.ami import AmiClient
from cti.credentials import load_credentials
from tests.integration import audio
from tests.integration.centre import Centre

PATIENCE_S = 20.0
HEAD = struct.Struct("<IbbBx")
RATE_HZ, FRAMES_PER_S = 8000, 50
CALLER_SPEAKS, OURS_SPEAKS, TALK_OVER, SILENCED = 1, 2, 4, 8


@dataclass(frozen=True, slots=True)
class Heard:
    """One frame as it came, at `boot_s` of this machine's clock."""

    boot_s: float
    number: int
    caller_dbfs: int
    ours_dbfs: int
    marks: int
    caller: array.array[int]
    ours: array.array[int]


def decoded(message: bytes) -> Heard:
    samples = array.array("h", message[HEAD.size :])
    number, caller_dbfs, ours_dbfs, marks = HEAD.unpack_from(message)
    return Heard(
        time.clock_gettime(time.CLOCK_BOOTTIME), number, caller_dbfs, ours_dbfs, marks, samples[0::2], samples[1::2]
    )


@dataclass
class Listener:
    """`frames` and `said` grow while the connection lives; `code` is how it was closed."""

    socket: ClientConnection
    frames: list[Heard] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)
    code: int | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        try:
            async for message in self.socket:
                if isinstance(message, bytes):
                    self.frames.append(decoded(message))
                else:
                    self.said.append(json.loads(message))
                self._news.set()
        except ConnectionClosed:
            pass
        self.code = self.socket.close_code
        self._news.set()

    async def until(self, wanted: Any, timeout_s: float = PATIENCE_S) -> None:
        """Until `wanted(self)`; looked at whenever something came."""
        try:
            async with asyncio.timeout(timeout_s):
                while not wanted(self):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            last = self.frames[-1] if self.frames else None
            heard = last and (last.number, last.caller_dbfs, last.ours_dbfs, last.marks)
            raise AssertionError(f"{len(self.frames)} frames, last {heard}, said {self.said}, {self.code}") from error

    async def hears(self, caller_hz: float | None, ours_hz: float | None) -> None:
        """Until half a second of it has this pitch on each side (None: silence)."""

        def heard(listener: Listener) -> bool:
            last = listener.frames[-25:]
            if len(last) < 25:
                return False
            caller = sum((frame.caller for frame in last), array.array("h"))
            ours = sum((frame.ours for frame in last), array.array("h"))
            return _is(caller, caller_hz) and _is(ours, ours_hz)

        await self.until(heard)


def _is(samples: array.array[int], hz: float | None) -> bool:
    """More than half of the power is in this pitch."""
    power = sum(sample * sample for sample in samples) / len(samples)
    if hz is None:
        return power < 100
    return power > 1000 and 4 * audio.goertzel(samples, RATE_HZ, hz) > power


@asynccontextmanager
async def listening(house: Centre, call: str) -> AsyncIterator[Listener]:
    """One who begins to listen to this call, with the command line's token, and leaves at the end."""
    socket = await _connected(house, f"/api/v1/calls/{call}/listen")
    listener = Listener(socket)
    reading = asyncio.create_task(listener.read(), name="listener")
    try:
        yield listener
    finally:
        await socket.close()
        await reading


async def _connected(house: Centre, path: str) -> ClientConnection:
    """Each engine makes a new token; one that was replaced just now is read again."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            token = (house.settings.home / "secrets" / "cli.token").read_text()
            headers = {"Authorization": f"Bearer {token}"}
            try:
                url = f"ws://127.0.0.1:{house.settings.ports.api}{path}"
                return await connect(url, additional_headers=headers, compression=None)
            except InvalidStatus:
                await asyncio.sleep(0.1)


async def spying(house: Centre) -> list[str]:
    """The PBX's channels that listen: Local halves, and nothing else that a call of these tests has."""
    secret = load_credentials(house.settings.home / "secrets" / "seats.key").ami_secret
    client = await AmiClient.connect("127.0.0.1", house.settings.ports.ami, "thirdring", secret, lambda message: None)
    try:
        channels = await client.listing({"Action": "Status"}, "StatusComplete")
    finally:
        client.close("looked")
    return [name for channel in channels if (name := str(channel["Channel"])).startswith("Local/")]


async def nobody_spies(house: Centre) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await spying(house):  # noqa: ASYNC110 - another process's channels
            await asyncio.sleep(0.1)
