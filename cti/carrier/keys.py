"""Keys that callers hold down.

PlayDTMF keeps the thread of its AMI session for as long as the key is down, so callers who press at one moment need a
session each; one that is free again serves the next.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cti.ami import AmiClient


class Keys:
    """`connect` gives a session more, when all are busy."""

    def __init__(self, connect: Callable[[], Awaitable[AmiClient]]) -> None:
        self._connect = connect
        self._free: list[AmiClient] = []
        self._all: list[AmiClient] = []

    async def press(self, channel: str, digit: str, lasts_ms: int) -> None:
        """Returns when the key is up again. Raises ActionFailed when the call is over, PbxUnavailable."""
        session = self._free.pop() if self._free else await self._another()
        try:
            await session.action({"Action": "PlayDTMF", "Channel": channel, "Digit": digit, "Duration": str(lasts_ms)})
        finally:
            self._free.append(session)

    def close(self) -> None:
        for session in self._all:
            session.close("detached")

    async def _another(self) -> AmiClient:
        session = await self._connect()
        self._all.append(session)
        await session.action({"Action": "Events", "EventMask": "off"})
        return session
