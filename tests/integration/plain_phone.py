"""A telephone that has somebody's name and password and answers in its own words (RFC 3261; SDP: RFC 3264)."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bench.sip import authorization, registration
from tests.integration.rtp_keys import RtpKeys, rtp_keys

ANSWER_DEADLINE_S = 10.0
ADDRESS = "127.0.0.1"


@dataclass(slots=True)
class PlainPhone(asyncio.DatagramProtocol):
    """Takes every call, offering this `profile` and these lines of SDP, and no key."""

    name: str
    secret: str
    pbx_port: int
    profile: str
    lines: tuple[str, ...]
    voice: RtpKeys
    """What it sends and hears, never with a key."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    _answers: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    _transport: asyncio.DatagramTransport | None = None

    @property
    def _port(self) -> int:
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        text = data.decode(errors="replace")
        if text.startswith("SIP/2.0"):
            self._answers.put_nowait(text)
            return
        match text.split(" ", 1)[0]:
            case "INVITE":
                self.voice.to_port = int(found[1]) if (found := re.search(r"^m=audio ([0-9]+) ", text, re.M)) else 0
                self._say(text, "180 Ringing")
                self._say(text, "200 OK", self._sdp())
            case "ACK":
                self.taken.set()
            case "BYE" | "CANCEL":
                self._say(text, "200 OK")
                self.over.set()
            case _:
                self._say(text, "200 OK")

    async def register(self) -> int:
        """The final status code."""
        call = uuid.uuid4().hex
        self._send(registration(self.name, self.pbx_port, self._port, call, 1, ""))
        challenge = await asyncio.wait_for(self._answers.get(), ANSWER_DEADLINE_S)
        proof = authorization(challenge, self.name, self.secret, f"sip:{ADDRESS}:{self.pbx_port}")
        self._send(registration(self.name, self.pbx_port, self._port, call, 2, proof))
        return int((await asyncio.wait_for(self._answers.get(), ANSWER_DEADLINE_S)).split()[1])

    def _say(self, request: str, status: str, body: str = "") -> None:
        kept = [line for line in request.split("\r\n") if re.match(r"(Via|From|Call-ID|CSeq):", line, re.I)]
        to = next(line for line in request.split("\r\n") if re.match("To:", line, re.I))
        lines = [
            f"SIP/2.0 {status}",
            *kept,
            to if ";tag=" in to else f"{to};tag=plain",
            f"Contact: <sip:{self.name}@{ADDRESS}:{self._port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
            "",
            body,
        ]
        self._send("\r\n".join(lines).encode())

    def _send(self, datagram: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(datagram, (ADDRESS, self.pbx_port))

    def _sdp(self) -> str:
        return "\r\n".join(
            [
                "v=0", f"o=- 1 1 IN IP4 {ADDRESS}", "s=-", f"c=IN IP4 {ADDRESS}", "t=0 0",
                f"m=audio {self.voice.port} {self.profile} 8", "a=rtpmap:8 PCMA/8000", *self.lines, "a=sendrecv", "",
            ]
        )  # fmt: skip


@asynccontextmanager
async def plain_phone(name: str, secret: str, pbx_port: int, profile: str, *lines: str) -> AsyncIterator[PlainPhone]:
    """On loopback, not registered yet."""
    async with rtp_keys(ADDRESS) as voice:
        phone = PlainPhone(name, secret, pbx_port, profile, lines, voice)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: phone, local_addr=(ADDRESS, 0))
        try:
            yield phone
        finally:
            transport.close()
