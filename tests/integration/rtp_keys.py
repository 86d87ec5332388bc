"""Keys and voice as RTP packets written by hand, to press before any telephone would (RFC 3550, RFC 4733)."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from tests.integration.datagrams import Datagrams

VOICE, KEYS = 8, 101
FRAME_S, FRAME_SAMPLES = 0.02, 160
QUIET = b"\xd5" * FRAME_SAMPLES
"""Silence in A-law: a voice all the same."""
_EVENTS = "0123456789*#ABCD"
_SOURCE = 0x7468


class RtpKeys:
    """Sends to one port of the PBX, from a socket that it was told of."""

    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport
        self._sequence, self._time = 0, 0
        self.port: int = transport.get_extra_info("sockname")[1]
        self.to_port = 0

    async def speak(self, for_s: float) -> None:
        for _ in range(round(for_s / FRAME_S)):
            self._send(VOICE, QUIET)
            self._time += FRAME_SAMPLES
            await asyncio.sleep(FRAME_S)

    async def press(self, digits: str) -> None:
        """Each for 40 ms, with as long a pause."""
        for digit in digits:
            for payload, marker in _packets(digit):
                self._send(KEYS, payload, marker)
                await asyncio.sleep(FRAME_S / 2)
            self._time += 4 * FRAME_SAMPLES
            await asyncio.sleep(2 * FRAME_S)

    def _send(self, kind: int, payload: bytes, marker: bool = False) -> None:
        header = struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0), self._sequence, self._time, _SOURCE)
        self._sequence += 1
        self._transport.sendto(header + payload, ("127.0.0.1", self.to_port))


@asynccontextmanager
async def rtp_keys(address: str) -> AsyncIterator[RtpKeys]:
    """A socket at this loopback address."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Datagrams, local_addr=(address, 0))
    try:
        yield RtpKeys(transport)
    finally:
        transport.close()


def _packets(digit: str) -> Iterator[tuple[bytes, bool]]:
    """One that begins, one that goes on, and the end three times, as it may be lost."""
    event = _EVENTS.index(digit)
    for number, (end, duration) in enumerate([(0, 160), (0, 320), (1, 480), (1, 480), (1, 480)]):
        yield struct.pack("!BBH", event, 0x80 * end | 10, duration), number == 0
