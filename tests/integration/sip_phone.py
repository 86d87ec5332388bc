"""The least of a SIP phone: it registers (RFC 3261 section 10, digest of RFC 2617)."""

from __future__ import annotations

import asyncio
import uuid

import websockets

from bench.sip import authorization, registration
from core.ids import SeatId
from tests.integration.pbx_stage import PbxStage

ANSWER_DEADLINE_S = 10.0


class _Answers(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.queue: asyncio.Queue[str] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        text = data.decode()
        if text.startswith("SIP/2.0"):
            self.queue.put_nowait(text)


async def register(stage: PbxStage, seat: SeatId, secret: str = "") -> int:
    """Register this seat's desk phone once, answering the challenge; the final status code."""
    name = stage.credentials.sip_name(seat)
    port = stage.layout.ports.sip
    transport, answers = await asyncio.get_running_loop().create_datagram_endpoint(
        _Answers, remote_addr=("127.0.0.1", port)
    )
    try:
        own_port = transport.get_extra_info("sockname")[1]
        call = uuid.uuid4().hex
        transport.sendto(registration(name, port, own_port, call, 1, ""))
        challenge = await asyncio.wait_for(answers.queue.get(), ANSWER_DEADLINE_S)
        proof = authorization(challenge, name, secret or stage.credentials.secret(seat), f"sip:127.0.0.1:{port}")
        transport.sendto(registration(name, port, own_port, call, 2, proof))
        return int((await asyncio.wait_for(answers.queue.get(), ANSWER_DEADLINE_S)).split()[1])
    finally:
        transport.close()


async def register_browser(stage: PbxStage, seat: SeatId) -> int:
    """Register this seat's browser phone over WebSocket (RFC 7118); the final status code."""
    name, secret = stage.credentials.web_name(seat), stage.credentials.web_secret(seat)
    return await register_over(f"ws://127.0.0.1:{stage.layout.ports.http}/ws", stage.layout.ports.sip, name, secret)


async def register_over(url: str, port: int, name: str, secret: str) -> int:
    """Register a browser phone over this WebSocket; the final status code. `port` is the PBX's for SIP."""
    call = uuid.uuid4().hex
    # closing was seen to take the full default of 10 s against Asterisk 22.10: do not wait for it
    connection = websockets.connect(url, subprotocols=[websockets.Subprotocol("sip")], close_timeout=0.1)
    async with connection as socket, asyncio.timeout(ANSWER_DEADLINE_S):
        await socket.send(registration(name, port, 0, call, 1, "", "WS").decode())
        challenge = await _answer(socket)
        proof = authorization(challenge, name, secret, f"sip:127.0.0.1:{port}")
        await socket.send(registration(name, port, 0, call, 2, proof, "WS").decode())
        return int((await _answer(socket)).split()[1])


async def _answer(socket: websockets.ClientConnection) -> str:
    """The next answer; Asterisk's own requests (OPTIONS to a new contact) may come before it."""
    async for message in socket:
        if str(message).startswith("SIP/2.0"):
            return str(message)
    raise ConnectionError("the PBX closed the WebSocket")
