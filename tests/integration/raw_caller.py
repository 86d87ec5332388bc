"""A caller who writes SIP by hand, so that nothing cleans what is sent (RFC 3261; SDP: RFC 4566)."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.integration.datagrams import Datagrams

ANSWER_DEADLINE_S = 5.0
_NOBODY_LISTENS = 9  # the discard port: what the PBX says is not heard


@dataclass(slots=True)
class RawCaller:
    """One socket at a carrier's address, or at a stranger's."""

    address: str
    port: int
    pbx_port: int
    _transport: asyncio.DatagramTransport
    _datagrams: Datagrams
    call_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    _to: str = ""
    media_port: int = 0
    """Where the PBX takes our voice and keys, once it has answered."""

    async def invite(
        self, number: str, from_header: str, extra: tuple[str, ...] = (), *, media_port: int = _NOBODY_LISTENS
    ) -> int:
        """Call this number; the final status code. `from_header` is sent as it is, without a tag."""
        self._send("INVITE", number, 1, from_header, _sdp(self.address, media_port), extra)
        async with asyncio.timeout(ANSWER_DEADLINE_S):
            while True:
                answer = await self._datagrams.queue.get()
                if not answer.startswith("SIP/2.0"):
                    continue
                if (status := int(answer.split()[1])) >= 200:
                    break
        found = re.search(r"^To: *(.*?)\r?$", answer, re.MULTILINE | re.IGNORECASE)
        self._to = found.group(1) if found else ""
        media = re.search(r"^m=audio ([0-9]+) ", answer, re.MULTILINE)
        self.media_port = int(media.group(1)) if media else 0
        self._send("ACK", number, 1, from_header)
        return status

    def hang_up(self, number: str, from_header: str) -> None:
        self._send("BYE", number, 2, from_header)

    async def silence(self, number: str, from_header: str, for_s: float) -> bool:
        """Call; True when nothing comes back for so long."""
        self._send("INVITE", number, 1, from_header, _sdp(self.address, _NOBODY_LISTENS))
        try:
            await asyncio.wait_for(self._datagrams.queue.get(), for_s)
        except TimeoutError:
            return True
        return False

    def _send(
        self, method: str, number: str, sequence: int, from_header: str, body: str = "", extra: tuple[str, ...] = ()
    ) -> None:
        here = f"{self.address}:{self.port}"
        lines = [
            f"{method} sip:{number}@127.0.0.1:{self.pbx_port} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{self.call_id}{method if method != 'ACK' else 'ack'};rport",
            "Max-Forwards: 70",
            f"From: {from_header};tag={self.call_id}",
            f"To: {self._to or f'<sip:{number}@127.0.0.1>'}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {sequence} {method}",
            f"Contact: <sip:caller@{here}>",
            *extra,
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
            "",
            body,
        ]
        self._transport.sendto("\r\n".join(lines).encode(), ("127.0.0.1", self.pbx_port))


@asynccontextmanager
async def raw_caller(address: str, pbx_port: int) -> AsyncIterator[RawCaller]:
    """A socket at this loopback address."""
    transport, datagrams = await asyncio.get_running_loop().create_datagram_endpoint(Datagrams, local_addr=(address, 0))
    try:
        yield RawCaller(address, transport.get_extra_info("sockname")[1], pbx_port, transport, datagrams)
    finally:
        transport.close()


def _sdp(address: str, media_port: int) -> str:
    return "\r\n".join(
        [
            "v=0", f"o=- 1 1 IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0",
            f"m=audio {media_port} RTP/AVP 8 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000",
            "a=ptime:20", "a=sendrecv", "",
        ]
    )  # fmt: skip
