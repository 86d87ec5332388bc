"""A SIP attacker on loopback: requests written by hand, with or without a password (RFC 3261; digest: RFC 2617)."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.integration.datagrams import Datagrams

ANSWER_DEADLINE_S = 5.0
_BODY = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)


@dataclass(slots=True)
class SipAttacker:
    """One socket. `user` stands in From; `password` answers a challenge, "" answers none."""

    address: str
    port: int
    pbx_port: int
    user: str
    password: str
    _transport: asyncio.DatagramTransport
    _datagrams: Datagrams
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def ask(self, method: str, to: str, *extra: str) -> int:
        """The final status code of this request, 0 when nothing answers; a challenge is answered once."""
        call = uuid.uuid4().hex
        self._send(method, to, call, 1, extra)
        answer = await self._final(call)
        if self.password and (challenge := re.search(r"^(WWW|Proxy)-Authenticate: *Digest (.*)$", answer, re.M | re.I)):
            proof = self._proof(method, to, challenge[2])
            header = "Authorization" if challenge[1].upper() == "WWW" else "Proxy-Authorization"
            self._send(method, to, call, 2, (*extra, f"{header}: {proof}"))
            answer = await self._final(call)
        return int(answer.split()[1]) if answer else 0

    def throw(self, datagram: bytes) -> None:
        """Send anything; nobody waits for an answer."""
        self._transport.sendto(datagram, ("127.0.0.1", self.pbx_port))

    def written(self, method: str, to: str, call: str, sequence: int, *extra: str) -> bytes:
        """A request that is as it should be."""
        here = f"{self.address}:{self.port}"
        registers = method == "REGISTER"
        body = _BODY if method == "INVITE" else ""
        who = f"<sip:{self.user}@{self.address}>"
        lines = [
            f"{method} {self._uri(to, registers)} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{call}{sequence}{method if method == 'ACK' else ''};rport",
            "Max-Forwards: 70",
            f"From: {who};tag={call}",
            f"To: {who if registers else f'<{self._uri(to)}>'}",
            f"Call-ID: {call}",
            f"CSeq: {sequence} {method}",
            f"Contact: <sip:{self.user}@{here}>",
            *extra,
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
            "",
            body,
        ]
        return "\r\n".join(lines).encode()

    def _send(self, method: str, to: str, call: str, sequence: int, extra: tuple[str, ...]) -> None:
        self.throw(self.written(method, to, call, sequence, *extra))

    def _uri(self, to: str, registers: bool = False) -> str:
        return f"sip:127.0.0.1:{self.pbx_port}" if registers else f"sip:{to}@127.0.0.1:{self.pbx_port}"

    async def _final(self, call: str) -> str:
        try:
            async with asyncio.timeout(ANSWER_DEADLINE_S):
                while True:
                    answer = await self._datagrams.queue.get()
                    if answer.startswith("SIP/2.0") and call in answer and int(answer.split()[1]) >= 200:
                        return answer
        except TimeoutError:
            return ""

    def _proof(self, method: str, to: str, challenge: str) -> str:
        fields = dict(re.findall(r'(realm|nonce|opaque)="([^"]*)"', challenge))
        uri = self._uri(to, method == "REGISTER")
        known = _md5(f"{self.user}:{fields['realm']}:{self.password}")
        response = _md5(f"{known}:{fields['nonce']}:00000001:c0ffee:auth:{_md5(f'{method}:{uri}')}")
        return (
            f'Digest username="{self.user}",realm="{fields["realm"]}",nonce="{fields["nonce"]}",uri="{uri}",'
            f'response="{response}",algorithm=MD5,qop=auth,nc=00000001,cnonce="c0ffee",'
            f'opaque="{fields.get("opaque", "")}"'
        )


@asynccontextmanager
async def sip_attacker(
    pbx_port: int, user: str, password: str = "", address: str = "127.0.0.1"
) -> AsyncIterator[SipAttacker]:
    """A socket at this loopback address."""
    loop = asyncio.get_running_loop()
    transport, datagrams = await loop.create_datagram_endpoint(Datagrams, local_addr=(address, 0))
    try:
        port = transport.get_extra_info("sockname")[1]
        yield SipAttacker(address, port, pbx_port, user, password, transport, datagrams)
    finally:
        transport.close()


def malformed(invite: bytes) -> list[bytes]:
    """What a fuzzer makes of a good INVITE: cut, doubled, lying and overlong."""
    head, _, body = invite.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    cut = [invite[:length] for length in range(10, len(invite), 40)]
    without = [b"\r\n".join(lines[:n] + lines[n + 1 :]) + b"\r\n\r\n" + body for n in range(len(lines))]
    lying = [
        head.replace(b"Content-Length: ", b"Content-Length: 9") + b"\r\n\r\n" + body,
        head.replace(b"Content-Length: ", b"Content-Length: -") + b"\r\n\r\n" + body,
        invite.replace(b"CSeq: 1 INVITE", b"CSeq: 99999999999999999999 INVITE"),
        invite.replace(b"CSeq: 1 INVITE", b"CSeq: 1 BYE"),
        invite.replace(b"Max-Forwards: 70", b"Max-Forwards: -1"),
        invite.replace(b"SIP/2.0\r\n", b"SIP/9.9\r\n", 1),
        invite.replace(b"m=audio 9", b"m=audio 99999999"),
        invite.replace(b"m=audio 9 RTP/AVP 8", b"m=audio 9 RTP/AVP " + b"8 " * 500),
        invite.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 " + b"%n" * 200),
        head + b"\r\n" + b"X-Much: " + b"x" * 20_000 + b"\r\n\r\n" + body,
        head + b"\r\n" + b"Via: SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bKx\r\n" * 200 + b"\r\n" + body,
        head.replace(b"From: <", b"From: " + b"<" * 2000) + b"\r\n\r\n" + body,
        b"\0" * 1000,
        bytes(range(256)) * 8,
        b"INVITE " * 2000,
        b"\r\n\r\n" * 100,
    ]
    return [*cut, *without, *lying]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
