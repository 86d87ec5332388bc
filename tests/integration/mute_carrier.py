"""A carrier that is alive and says nothing to a call: OPTIONS is answered, an INVITE is not (RFC 3261, 17.1.1.2)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

_COPIED = ("Via", "From", "To", "Call-ID", "CSeq")


class MuteCarrier(asyncio.DatagramProtocol):
    """`calls` holds the Call-ID of each call it was asked for; `cancelled` those that were taken back."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.cancelled: list[str] = []
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        text = data.decode(errors="replace")
        method, call = text.partition(" ")[0], _header(text, "Call-ID")
        if method == "OPTIONS":
            self._answer(text, addr, "200 OK")
        elif method == "INVITE" and call not in self.calls:
            self.calls.append(call)
        elif method == "CANCEL":
            self.cancelled.append(call)
            self._answer(text, addr, "200 OK")

    def _answer(self, request: str, to: tuple[str | Any, int], status: str) -> None:
        assert self._transport is not None
        copied = (f"{name}: {value}" for name in _COPIED for value in _all(request, name))
        lines = [f"SIP/2.0 {status}", *copied, "Content-Length: 0", "", ""]
        self._transport.sendto("\r\n".join(lines).encode(), to)


@asynccontextmanager
async def mute_carrier(address: str, port: int) -> AsyncIterator[MuteCarrier]:
    """One at this loopback address."""
    transport, carrier = await asyncio.get_running_loop().create_datagram_endpoint(
        MuteCarrier, local_addr=(address, port)
    )
    try:
        yield carrier
    finally:
        transport.close()


def _header(text: str, name: str) -> str:
    return next(iter(_all(text, name)), "")


def _all(text: str, name: str) -> Iterator[str]:
    return (found.group(1) for found in re.finditer(rf"^{name} *: *(.*?)\r$", text, re.MULTILINE | re.IGNORECASE))
