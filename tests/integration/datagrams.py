"""A UDP socket's receiving end for tests that write SIP by hand."""

from __future__ import annotations

import asyncio


class Datagrams(asyncio.DatagramProtocol):
    """Puts what arrives in line, as text."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[str] = asyncio.Queue()
        self.first_bytes: list[int] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.first_bytes += data[:1]
        self.queue.put_nowait(data.decode(errors="replace"))
