"""The door at which Asterisk's AudioSocket() brings a voice. Whoever knocks must know a token that opens it once.

A message is a kind, two bytes of length, and a body: 0x01 is the token, a UUID, and comes first; 0x10 is sound; 0x00
is the end (docs.asterisk.org, "AudioSocket"). AudioSocket() has no word for who we are, so the door is on loopback, or
on the private network of a remote PBX, takes that PBX's address only, and gives whoever says nothing two seconds.

We answer with silence, a frame for a frame's time: without it ChanSpy() would not notice that the one whom it
hears has hung up, and would keep back the PBX's own word of it (asterisk issue 2123).
"""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from core.speech import FRAME_BYTES, FRAME_S

TOKEN_KIND, SOUND_KIND, END_KIND, KEY_KIND = 0x01, 0x10, 0x00, 0x03
HEAD_BYTES, TOKEN_BYTES = 3, 16
MESSAGE_BYTES = 4096
PROVEN_WITHIN_S = 2.0
UNPROVEN = 64
"""Connections at once that have not shown a token."""
_SILENCE = bytes([SOUND_KIND, *FRAME_BYTES.to_bytes(2, "big")]) + bytes(FRAME_BYTES)


@dataclass(frozen=True, slots=True)
class Ear:
    """What becomes of one voice: `heard` for each piece of sound, `over` once, when its stream has ended."""

    heard: Callable[[bytes], None]
    over: Callable[[], None]


class AudioSockets:
    """Serves `expect`ed voices; everybody else is cut off and counted in `refused`."""

    def __init__(self) -> None:
        self._expected: dict[str, Ear] = {}
        self._open: dict[str, _Stream] = {}
        self._unproven: list[_Stream] = []
        self._server: asyncio.Server | None = None
        self._peers: set[str] = set()
        self._breath: asyncio.Task[None] | None = None
        self.refused = 0

    async def start(self, host: str, port: int, peer: str) -> None:
        """Listen for the PBX, which comes from `peer`. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._peers = {peer}
        with suppress(socket.gaierror):  # calls need no listeners
            self._peers |= {str(each[4][0]) for each in await loop.getaddrinfo(peer, None)}
        self._server = await loop.create_server(lambda: _Stream(self), host, port)

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for stream in (*self._open.values(), *self._unproven):
            stream.cut()
        if self._breath is not None:
            self._breath.cancel()

    def expect(self, ear: Ear) -> str:
        """A token that opens the door once, for this voice."""
        token = str(uuid.uuid4())
        self._expected[token] = ear
        return token

    def end(self, token: str) -> None:
        """No more of this voice, whether it has come or not. Its `over` is not called."""
        self._expected.pop(token, None)
        if (stream := self._open.pop(token, None)) is not None:
            stream.end()

    # --- for the streams -----------------------------------------------------------------------
    def admits(self, stream: _Stream, address: str) -> bool:
        """One that has come from the right place, while there is room for it."""
        if address not in self._peers or len(self._unproven) >= UNPROVEN:
            self.refused += 1
            return False
        self._unproven.append(stream)
        return True

    def opened(self, stream: _Stream, token: str) -> Ear | None:
        """Whose voice this token stands for; the token is used up."""
        if (ear := self._expected.pop(token, None)) is None:
            return None
        self._unproven.remove(stream)
        self._open[token] = stream
        if self._breath is None or self._breath.done():
            self._breath = asyncio.create_task(self._breathe(), name="audiosocket-silence")
        return ear

    def closed(self, stream: _Stream, token: str) -> bool:
        """Was it still wanted?"""
        if stream in self._unproven:
            self._unproven.remove(stream)
            self.refused += 1
        return self._open.pop(token, None) is not None

    async def _breathe(self) -> None:
        """While any voice comes in."""
        clock = asyncio.get_running_loop().time
        next_s = clock()
        while self._open:
            for stream in self._open.values():
                stream.answer()
            next_s = max(next_s + FRAME_S, clock() - FRAME_S)
            await asyncio.sleep(next_s - clock())


class _Stream(asyncio.Protocol):
    """One connection: nothing is kept of it but what a message lacks."""

    def __init__(self, door: AudioSockets) -> None:
        self._door = door
        self._ear: Ear | None = None
        self._token = ""
        self._rest = b""
        self._is_full = False
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._door.admits(self, transport.get_extra_info("peername")[0]):
            self.cut()
            return
        self._deadline = asyncio.get_running_loop().call_later(PROVEN_WITHIN_S, self.cut)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        at = 0
        while len(data) - at >= HEAD_BYTES:
            end = at + HEAD_BYTES + int.from_bytes(data[at + 1 : at + HEAD_BYTES], "big")
            if end - at > MESSAGE_BYTES:
                self.cut()
                return
            if len(data) < end:
                break
            if not self._message(data[at], data[at + HEAD_BYTES : end]):
                self.cut()
                return
            at = end
        self._rest = data[at:]

    def _message(self, kind: int, body: bytes) -> bool:
        """False: this one is cut off."""
        if self._ear is None:
            return kind == TOKEN_KIND and len(body) == TOKEN_BYTES and self._prove(str(uuid.UUID(bytes=body)))
        if kind == SOUND_KIND:
            self._ear.heard(body)
        return kind in (SOUND_KIND, KEY_KIND)

    def _prove(self, token: str) -> bool:
        self._ear = self._door.opened(self, token)
        if self._ear is not None:
            self._token = token
            self._stop_waiting()
        return self._ear is not None

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False

    def answer(self) -> None:
        if self._transport is not None and not self._is_full:
            self._transport.write(_SILENCE)

    def end(self) -> None:
        """Our word that it is over; Asterisk hangs up its half."""
        if self._transport is not None:
            self._transport.write(bytes([END_KIND, 0, 0]))
            self._transport.close()

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        if self._door.closed(self, self._token) and self._ear is not None:
            self._ear.over()

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
