"""The door for voices: one token, one voice, once; strangers learn nothing and stay for two seconds at most."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from core.speech import FRAME_BYTES
from cti import audiosocket
from cti.audiosocket import AudioSockets, Ear

FRAME = bytes(range(256)) + bytes(64)
HERE = "127.0.0.1"


@dataclass
class Door:
    sockets: AudioSockets
    port: int
    heard: list[bytes] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def expect(self) -> str:
        return self.sockets.expect(Ear(self.heard.append, self.over.set))

    async def knock(self, *messages: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(HERE, self.port)
        self.writers.append(writer)
        writer.write(b"".join(messages))
        return reader, writer

    async def close(self) -> None:
        self.sockets.stop()
        for writer in self.writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def door_for(peer: str) -> AsyncIterator[Door]:
    with socket.create_server((HERE, 0)) as probe:
        door = Door(AudioSockets(), probe.getsockname()[1])
    await door.sockets.start(HERE, door.port, peer)
    try:
        yield door
    finally:
        await door.close()


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with door_for(HERE) as opened:
        yield opened


def said(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(2, "big") + body


def token_of(text: str) -> bytes:
    return said(0x01, uuid.UUID(text).bytes)


async def is_cut(reader: asyncio.StreamReader) -> bool:
    """Closed without a word."""
    async with asyncio.timeout(20):
        try:
            return await reader.read() == b""
        except ConnectionError:
            return True


async def test_a_voice_is_heard_and_answered_with_silence_until_it_ends(door: Door) -> None:
    reader, writer = await door.knock(token_of(door.expect()), said(0x10, FRAME), said(0x03, b"5"), said(0x10, FRAME))
    async with asyncio.timeout(20):
        assert await reader.readexactly(3 + FRAME_BYTES) == said(0x10, bytes(FRAME_BYTES))
        writer.write(said(0x00, b""))
        await door.over.wait()
    assert (door.heard, door.sockets.refused) == ([FRAME, FRAME], 0)


async def test_we_end_it_with_a_word(door: Door) -> None:
    token = door.expect()
    reader, _writer = await door.knock(token_of(token))
    async with asyncio.timeout(20):
        await reader.readexactly(3 + FRAME_BYTES)
        door.sockets.end(token)
        assert (await reader.read())[-3:] == bytes(3)
    assert not door.over.is_set()


async def test_a_token_opens_once(door: Door) -> None:
    token = door.expect()
    first, _one = await door.knock(token_of(token))
    await first.readexactly(3)
    second, _other = await door.knock(token_of(token))
    assert await is_cut(second) and door.sockets.refused == 1


@pytest.mark.parametrize(
    "words",
    [
        token_of("00000000-0000-4000-8000-000000000000"),
        said(0x10, FRAME),
        said(0x01, b"short"),
        b"\x01\xff\xff",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_whoever_has_no_token_is_cut_off(door: Door, words: bytes) -> None:
    door.expect()
    reader, _writer = await door.knock(words)
    assert await is_cut(reader) and door.heard == [] and door.sockets.refused == 1


@pytest.mark.parametrize("words", [b"\x10\xff\xff", said(0x01, bytes(16)), said(0xFF, b"x")])
async def test_a_voice_that_says_nonsense_is_over(door: Door, words: bytes) -> None:
    reader, _writer = await door.knock(token_of(door.expect()), words)
    assert not (await reader.read()).strip(said(0x10, bytes(FRAME_BYTES)))
    async with asyncio.timeout(20):
        await door.over.wait()


async def test_who_says_nothing_is_cut_off_and_so_is_one_too_many(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audiosocket, "PROVEN_WITHIN_S", 0.05)
    monkeypatch.setattr(audiosocket, "UNPROVEN", 3)
    knocks = [await door.knock() for _ in range(5)]
    for reader, _ in knocks:
        assert await is_cut(reader)
    assert door.sockets.refused == 5


async def test_who_comes_from_elsewhere_is_cut_off() -> None:
    async with door_for("127.0.0.9") as door:
        reader, _ = await door.knock(token_of(door.expect()))
        assert await is_cut(reader) and door.sockets.refused == 1
