"""Each defect of panoramisk's own connection (its parser is what we use), shown to have no effect here.

The peer is a real socket server that plays a scripted Asterisk.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from core.errors import ActionFailed, PbxUnavailable
from cti.ami import AmiClient, AmiDecoder, AmiLink
from cti.wire import AGENT_LINE, Message, Unencodable

GREETING = b"Asterisk Call Manager/9.0.0\r\n"
ORIGINATE = {"Action": "Originate", "Channel": "PJSIP/st1", "ChannelId": "a-out-1.0", **AGENT_LINE}


class Peer:
    """A scripted AMI server: answers Login and Ping, and whatever `answers` says; keeps what it was sent."""

    def __init__(self) -> None:
        self.received: list[dict[str, str]] = []
        self.answers: dict[str, bytes | None] = {}
        self.pushed = asyncio.Event()
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        writer.write(GREETING)
        try:
            while block := await reader.readuntil(b"\r\n\r\n"):
                action = dict(line.split(": ", 1) for line in block.decode().strip().split("\r\n"))
                self.received.append(action)
                self.pushed.set()
                answer = self.answers.get(action["Action"], b"Response: Success\r\nActionID: %s\r\n\r\n")
                if answer is not None:
                    writer.write(answer.replace(b"%s", action["ActionID"].encode()))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def actions(self, name: str) -> int:
        return sum(action["Action"] == name for action in self.received)


@asynccontextmanager
async def playing(peer: Peer) -> AsyncIterator[int]:
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in peer.writers:
            writer.close()


async def connected(port: int, on_event: Callable[[Message], None] = lambda message: None) -> AmiClient:
    return await AmiClient.connect("127.0.0.1", port, "user", "secret", on_event)


async def test_an_action_gets_its_answer() -> None:
    async with playing(Peer()) as port:
        client = await connected(port)
        assert (await client.action({"Action": "Ping"}))["Response"] == "Success"
        client.close("done")


async def test_a_wrong_login_is_said_as_such() -> None:
    peer = Peer()
    peer.answers["Login"] = b"Response: Error\r\nActionID: %s\r\nMessage: Authentication failed\r\n\r\n"
    async with playing(peer) as port:
        with pytest.raises(ActionFailed, match="Authentication failed"):
            await connected(port)


async def test_nobody_listening_is_said_as_such() -> None:
    with pytest.raises(PbxUnavailable):
        await AmiClient.connect("127.0.0.1", 9, "user", "secret", lambda message: None)


async def test_a_mute_peer_is_not_kept_when_the_login_times_out() -> None:
    peer = Peer()
    peer.answers["Login"] = None
    async with playing(peer) as port:
        with pytest.raises(PbxUnavailable):
            await AmiClient.connect("127.0.0.1", port, "user", "secret", lambda message: None, deadline_s=0.05)
        async with asyncio.timeout(2.0):
            await peer.writers[0].wait_closed()


async def test_an_action_without_an_answer_times_out() -> None:
    peer = Peer()
    peer.answers["Originate"] = None
    async with playing(peer) as port:
        client = await connected(port)
        with pytest.raises(PbxUnavailable, match="no answer to Originate"):
            await client.action(ORIGINATE, deadline_s=0.05)
        client.close("done")


async def test_an_unanswered_originate_is_never_sent_again_after_a_reconnect() -> None:
    peer = Peer()
    peer.answers["Originate"] = None
    ups: asyncio.Queue[AmiClient] = asyncio.Queue()
    async with playing(peer) as port, linked(port, ups.put) as _:
        first = await ups.get()
        originate = asyncio.create_task(first.action(ORIGINATE))
        while not peer.actions("Originate"):
            peer.pushed.clear()
            await peer.pushed.wait()
        peer.writers[0].transport.abort()
        with pytest.raises(PbxUnavailable):
            await originate
        second = await ups.get()
        await second.action({"Action": "Ping"})
        assert peer.actions("Originate") == 1


@asynccontextmanager
async def linked(port: int, on_up: Callable[[AmiClient], Awaitable[None]]) -> AsyncIterator[AmiLink]:
    downs: list[str] = []

    async def connect(on_event: Callable[[Message], None]) -> AmiClient:
        return await connected(port, on_event)

    link = AmiLink(connect, on_event=lambda message: None, on_up=on_up, on_down=downs.append)
    task = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_peer_that_refuses_the_resync_is_asked_again_after_growing_pauses() -> None:
    """A PBX that still loads its modules: asked at once, thirty times a second, it has less time to load them."""
    tries_s: list[float] = []
    four = asyncio.Event()

    async def refused(client: AmiClient) -> None:
        tries_s.append(asyncio.get_running_loop().time())
        if len(tries_s) == 4:
            four.set()
        raise ActionFailed("Invalid/unknown command: DeviceStateList")

    async with playing(Peer()) as port, linked(port, refused):
        await four.wait()
    assert tries_s[3] - tries_s[0] >= (0.1 + 0.2) / 2


async def test_a_mute_peer_is_noticed_by_its_missing_pong() -> None:
    peer = Peer()
    async with playing(peer) as port:
        client = await connected(port)
        peer.answers["Ping"] = None
        await client.keep_alive(every_s=0.01, deadline_s=0.05)
        assert client.closed.result().startswith("ping: no answer")


async def test_a_callback_that_raises_loses_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    peer, seen = Peer(), asyncio.Queue[str]()

    def note(message: Message) -> None:
        if message["Event"] == "Bad":
            raise RuntimeError("reader broke")
        seen.put_nowait(str(message["Event"]))

    async with playing(peer) as port:
        client = await connected(port, note)
        peer.writers[0].write(b"Event: One\r\n\r\nEvent: Bad\r\n\r\nEvent: Two\r\n\r\nEvent: Three\r\n\r\n")
        assert [await seen.get() for _ in range(3)] == ["One", "Two", "Three"]
        assert not client.closed.done()
        client.close("done")
    assert "type Bad" in caplog.text


async def test_an_injected_line_is_refused_and_nothing_is_sent() -> None:
    peer = Peer()
    async with playing(peer) as port:
        client = await connected(port)
        with pytest.raises(Unencodable):
            await client.action({"Action": "Setvar", "Value": "x\r\n\r\nAction: Originate"})
        await client.action({"Action": "Ping"})
        assert [action["Action"] for action in peer.received] == ["Login", "Ping"]
        client.close("done")


async def test_a_list_comes_whole() -> None:
    peer = Peer()
    peer.answers["Status"] = (
        b"Response: Success\r\nActionID: %s\r\nEventList: start\r\n\r\n"
        b"Event: Status\r\nActionID: %s\r\nVariable: A=1\r\nVariable: B=2\r\n\r\n"
        b"Event: StatusComplete\r\nActionID: %s\r\n\r\n"
    )
    async with playing(peer) as port:
        client = await connected(port)
        channels = await client.listing({"Action": "Status"}, "StatusComplete")
        assert [channel["Variable"] for channel in channels] == [["A=1", "B=2"]]
        client.close("done")


def test_a_character_split_between_segments_survives() -> None:
    event = "Event: Newchannel\r\nCallerIDName: 张三\r\n\r\n".encode()
    for cut in range(1, len(event)):
        decoder = AmiDecoder()
        messages = decoder.feed(GREETING + event[:cut]) + decoder.feed(event[cut:])
        assert [message["CallerIDName"] for message in messages] == ["张三"], cut


def test_a_missing_header_is_missing() -> None:
    (message,) = AmiDecoder().feed(GREETING + b"Event: Hangup\r\n\r\n")
    with pytest.raises(KeyError):
        message["Cause"]
    assert message.get("Cause") is None


def test_a_message_without_end_is_cut_off() -> None:
    decoder = AmiDecoder()
    decoder.feed(GREETING)
    with pytest.raises(PbxUnavailable):
        decoder.feed(b"X" * 1_100_000)
