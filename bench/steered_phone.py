"""A seat's phone whose RTP we write ourselves (RFC 3550), so that its sequence numbers and its moments are ours.

It registers, answers every call at once and speaks in A-law (ITU-T G.711) until the other side hangs up.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import struct
import uuid
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bench.sip import authorization, registration

ANSWER_DEADLINE_S = 10.0
FRAME = 160
FRAME_S = 0.02
A_LAW = 8
_COPIED = ("Via", "From", "Call-ID", "CSeq", "Record-Route")


@dataclass(slots=True)
class SteeredPhone:
    """`first_sequence` is the RTP sequence number with which the next talk begins; `voice` gives each frame of it in
    A-law by its number, when it is about to be sent."""

    name: str
    secret: str
    pbx_port: int
    voice: Callable[[int], bytes]
    first_sequence: int = 0
    answers: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _sip: asyncio.DatagramTransport | None = None
    _rtp: asyncio.DatagramTransport | None = None
    _speaking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        here = ("127.0.0.1", 0)
        self._sip, _ = await loop.create_datagram_endpoint(lambda: _Heard(self), local_addr=here)
        self._rtp, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=here)

    async def register(self) -> None:
        assert self._sip is not None
        port, call = self._sip.get_extra_info("sockname")[1], uuid.uuid4().hex
        async with asyncio.timeout(ANSWER_DEADLINE_S):
            self._send(registration(self.name, self.pbx_port, port, call, 1, ""))
            proof = authorization(await self.answers.get(), self.name, self.secret, f"sip:127.0.0.1:{self.pbx_port}")
            self._send(registration(self.name, self.pbx_port, port, call, 2, proof))
            assert (await self.answers.get()).split()[1] == "200"

    def close(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
        for transport in (self._sip, self._rtp):
            if transport is not None:
                transport.close()

    def take(self, text: str) -> None:
        """One SIP message from the PBX."""
        if text.startswith("SIP/2.0"):
            if not text.startswith("SIP/2.0 100"):
                self.answers.put_nowait(text)
        elif text.startswith("INVITE"):
            self._answer(text, "180 Ringing")
            self._answer(text, "200 OK", self._sdp())
            self._speak_to(text)
        elif not text.startswith("ACK"):
            self._answer(text, "200 OK")
            if text.startswith("BYE"):
                self._hush()

    def _hush(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
        self.ended.set()

    def _answer(self, request: str, status: str, body: str = "") -> None:
        assert self._sip is not None
        copied = [line for line in request.split("\r\n") if line.partition(":")[0] in _COPIED]
        to = re.search(r"^To: *(.*)$", request, re.MULTILINE)
        assert to is not None
        who = to.group(1).strip()
        port = self._sip.get_extra_info("sockname")[1]
        lines = [
            f"SIP/2.0 {status}", *copied, f"To: {who}" if "tag=" in who else f"To: {who};tag={self.name}",
            f"Contact: <sip:{self.name}@127.0.0.1:{port}>",
            *(["Content-Type: application/sdp"] if body else []), f"Content-Length: {len(body)}", "", body,
        ]  # fmt: skip
        self._send("\r\n".join(lines).encode())

    def _sdp(self) -> str:
        assert self._rtp is not None
        port = self._rtp.get_extra_info("sockname")[1]
        return "\r\n".join(
            [
                "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
                f"m=audio {port} RTP/AVP {A_LAW}", "a=rtpmap:8 PCMA/8000", "a=ptime:20", "a=sendrecv", "",
            ]
        )  # fmt: skip

    def _speak_to(self, invite: str) -> None:
        media = re.search(r"^m=audio (\d+)", invite, re.MULTILINE)
        assert media is not None and self._rtp is not None
        to = ("127.0.0.1", int(media.group(1)))
        self.ended.clear()
        self._speaking = asyncio.create_task(self._speak(self._rtp, to), name=f"{self.name}-speaks")

    async def _speak(self, rtp: asyncio.DatagramTransport, to: tuple[str, int]) -> None:
        """A frame each 20 ms, counted on from `first_sequence`."""
        loop = asyncio.get_running_loop()
        began_s, sequence = loop.time(), self.first_sequence
        for number in range(1 << 30):
            sequence = (self.first_sequence + number) % 65536
            header = struct.pack(">BBHII", 0x80, A_LAW, sequence, number * FRAME, zlib.crc32(self.name.encode()))
            rtp.sendto(header + self.voice(number), to)
            await asyncio.sleep(max(0.0, began_s + (number + 1) * FRAME_S - loop.time()))

    def _send(self, data: bytes) -> None:
        assert self._sip is not None
        self._sip.sendto(data, ("127.0.0.1", self.pbx_port))


class _Heard(asyncio.DatagramProtocol):
    def __init__(self, phone: SteeredPhone) -> None:
        self._phone = phone

    def datagram_received(self, data: bytes, addr: object) -> None:
        with contextlib.suppress(UnicodeDecodeError):
            self._phone.take(data.decode())


@asynccontextmanager
async def steered_phone(
    name: str, secret: str, pbx_port: int, voice: Callable[[int], bytes], *, first_sequence: int = 0
) -> AsyncIterator[SteeredPhone]:
    """Registered, and ready to be called."""
    phone = SteeredPhone(name, secret, pbx_port, voice, first_sequence)
    await phone.open()
    try:
        await phone.register()
        yield phone
    finally:
        phone.close()


def tone(hz: int) -> Callable[[int], bytes]:
    """A voice of one pitch, going on from frame to frame."""

    def voice(number: int) -> bytes:
        first = number * FRAME
        return bytes(_a_law(round(8000 * math.sin(2 * math.pi * hz * (first + n) / 8000))) for n in range(FRAME))

    return voice


def _a_law(sample: int) -> int:
    """G.711: sign, three bits of segment, four of its interval, every other bit turned."""
    sign, size = (0x80, sample) if sample >= 0 else (0, -sample - 1)
    size = min(size, 32767) >> 4
    segment = max(0, size.bit_length() - 4) if size > 31 else (1 if size > 15 else 0)
    interval = (size >> (segment - 1 if segment > 1 else 0)) & 0x0F
    return (sign | segment << 4 | interval) ^ 0x55
