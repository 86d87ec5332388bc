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
LOUD, DEEP = b"\xba", b"\x3a"
"""Half of full scale up and down in A-law."""
_EVENTS = "0123456789*#ABCD"
_SOURCE = 0x7468
_RTP = range(128, 192)


class RtpKeys:
    """Sends to one port of the PBX, from a socket that it was told of."""

    def __init__(self, transport: asyncio.DatagramTransport, heard: Datagrams, source: int) -> None:
        self._transport, self._heard, self._source = transport, heard, source
        self._sequence, self._time = 0, 0
        self.port: int = transport.get_extra_info("sockname")[1]
        self.to_port = 0

    @property
    def heard(self) -> int:
        """Packets of RTP and RTCP that came so far; what begins otherwise is DTLS or STUN (RFC 7983)."""
        return sum(first in _RTP for first in self._heard.first_bytes)

    async def speak(self, for_s: float, frame: bytes = QUIET) -> None:
        for _ in range(round(for_s / FRAME_S)):
            self._send(VOICE, frame)
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
        header = struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0), self._sequence, self._time, self._source)
        self._sequence += 1
        self._transport.sendto(header + payload, ("127.0.0.1", self.to_port))


def tone(hz: int) -> bytes:
    """A frame of a square wave; `hz` must divide 4000, and a frame hold whole periods of it."""
    half = 4000 // hz
    return (LOUD * half + DEEP * half) * (FRAME_SAMPLES // (2 * half))


@asynccontextmanager
async def rtp_keys(address: str, source: int = _SOURCE) -> AsyncIterator[RtpKeys]:
    """A socket at this loopback address; `source` is its SSRC."""
    transport, heard = await asyncio.get_running_loop().create_datagram_endpoint(Datagrams, local_addr=(address, 0))
    try:
        yield RtpKeys(transport, heard, source)
    finally:
        transport.close()


def _packets(digit: str) -> Iterator[tuple[bytes, bool]]:
    """One that begins, one that goes on, and the end three times, as it may be lost."""
    event = _EVENTS.index(digit)
    for number, (end, duration) in enumerate([(0, 160), (0, 320), (1, 480), (1, 480), (1, 480)]):
        yield struct.pack("!BBH", event, 0x80 * end | 10, duration), number == 0
