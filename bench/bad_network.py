"""A bad network between the engine and AMI: cut, mute, or one byte a second, in both directions alike.

And one that no TCP is, but a PBX under load may look like: events of AMI told twice, or some of them never.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum


class Mood(StrEnum):
    FAIR = "fair"
    MUTE = "mute"  # takes everything, passes nothing on, closes nothing
    DRIBBLING = "dribbling"
    DOUBLING = "doubling"  # every event of the PBX twice
    LOSING = "losing"  # every third event of the PBX never


_END = b"\r\n\r\n"


class BadNetwork:
    """Listens on `port` and speaks to AMI at `ami_port`, both on loopback."""

    def __init__(self, port: int, ami_port: int) -> None:
        self._port, self._ami_port = port, ami_port
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._events = 0
        self.mood = Mood.FAIR
        self.accepted = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        try:
            yield
        finally:
            server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    def reset(self) -> None:
        """Cut every connection at once."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):  # start_server logs a cancelled callback as an error
            pbx_reader, pbx_writer = await asyncio.open_connection("127.0.0.1", self._ami_port)
            self._writers |= {writer, pbx_writer}
            try:
                await asyncio.gather(self._pass_on(reader, pbx_writer), self._tell(pbx_reader, writer))
            finally:
                self._writers -= {writer, pbx_writer}
                pbx_writer.transport.abort()
        writer.transport.abort()
        self._serving.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until one side closes. What a mute network took is gone."""
        while data := await reader.read(4096):
            await self._pass(data, writer)
        writer.transport.abort()

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        if writer.is_closing():
            return
        if self.mood is Mood.DRIBBLING:
            await self._dribble(data, writer)
        elif self.mood is not Mood.MUTE:
            writer.write(data)

    async def _tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """From the PBX, whose messages are taken apart while some are told otherwise."""
        rest = b""
        while data := await reader.read(4096):
            if self.mood in (Mood.DOUBLING, Mood.LOSING):
                *messages, rest = (rest + data).split(_END)
                writer.write(b"".join((message + _END) * self._times(message) for message in messages))
            else:
                await self._pass(rest + data, writer)
                rest = b""
        writer.transport.abort()

    def _times(self, message: bytes) -> int:
        """Answers, and events that belong to one, are told once."""
        if not message.startswith(b"Event:") or b"\r\nActionID:" in message:
            return 1
        self._events += 1
        return 2 if self.mood is Mood.DOUBLING else int(self._events % 3 != 0)

    async def _dribble(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        while data and self.mood is Mood.DRIBBLING and not writer.is_closing():
            writer.write(data[:1])
            data = data[1:]
            await asyncio.sleep(1.0)
        writer.write(data)
