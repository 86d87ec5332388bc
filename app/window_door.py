"""Which windows are their agents' telephones (api.phone_windows), told by the API processes to the engine's.

Each keeps one connection to a Unix socket of ours, so the end of such a process is the end of its windows, at once and
whatever becomes of Redis. A line is a JSON array: the window's number, its agent, and what its phone does; "" when the
window is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from pathlib import Path
from typing import cast

from api.phone_windows import Phone
from api.ports import Windows
from api.server import private_socket
from core.ids import AgentId

log = logging.getLogger(__name__)

AGAIN_S = 0.2
LINE_BYTES = 4096


class WindowDoor:
    """The engine's end. `processes` is how many are connected."""

    def __init__(self, windows: Windows, file: Path) -> None:
        self._windows, self._file = windows, file
        self._connected: set[asyncio.StreamWriter] = set()

    @property
    def processes(self) -> int:
        return len(self._connected)

    async def run(self) -> None:
        """For ever; cancel to end it: then the windows are our successor's to look after."""
        server = await asyncio.start_unix_server(self._serve, sock=private_socket(self._file), limit=LINE_BYTES)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()  # not waited for: from Python 3.12 on that takes until each connection is closed
            for writer in self._connected:
                writer.close()
            self._connected.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen: dict[tuple[object, int], AgentId] = {}
        self._connected.add(writer)
        try:
            async for line in reader:
                self._take(seen, writer, *json.loads(line))
        except (ValueError, OSError) as error:
            log.error("an API process has gone in the middle of a line: %s", error)
        finally:
            if writer in self._connected:
                self._connected.discard(writer)
                for window, agent in seen.items():
                    self._windows.gone(agent, window)
            writer.close()

    def _take(
        self, seen: dict[tuple[object, int], AgentId], of: object, number: int, agent: AgentId, phone: str
    ) -> None:
        window = (of, number)
        if phone:
            seen[window] = agent
            self._windows.says(agent, window, cast(Phone, phone))
        elif seen.pop(window, None):
            self._windows.gone(agent, window)


class WindowRelay:
    """The API process's end, in place of api.phone_windows.PhoneWindows; a new engine is told all of it anew."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._windows: dict[object, tuple[int, AgentId, Phone]] = {}
        self._numbers = 0
        self._writer: asyncio.StreamWriter | None = None

    def says(self, agent: AgentId, window: object, phone: Phone) -> None:
        number = self._windows[window][0] if window in self._windows else self._next_number()
        self._windows[window] = (number, agent, phone)
        self._tell(number, agent, phone)

    def gone(self, agent: AgentId, window: object) -> None:
        if known := self._windows.pop(window, None):
            self._tell(known[0], agent, "")

    async def run(self) -> None:
        """Stay connected, for ever; cancel to end it."""
        while True:
            with contextlib.suppress(OSError):
                await self._connected()
            await asyncio.sleep(AGAIN_S)

    async def _connected(self) -> None:
        reader, self._writer = await asyncio.open_unix_connection(str(self._file))
        try:
            for known in self._windows.values():
                self._tell(*known)
            await reader.read()
        finally:
            self._writer.close()
            self._writer = None

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _tell(self, number: int, agent: AgentId, phone: str) -> None:
        if self._writer is not None:
            self._writer.write(json.dumps([number, agent, phone]).encode() + b"\n")
