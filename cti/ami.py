"""The manager interface: one connection (AmiClient), and the link that keeps one alive (AmiLink).

panoramisk parses the messages (`Message.from_line`). Its connection is not used: it sends unanswered
actions again after a reconnect, its futures never time out, a raising callback closes it, and a
multi-byte character split between two segments is lost. See asterisk.org, "AMI v2 Specification".

Rules here: nothing is ever sent twice; every action has a deadline; a lost connection fails what was
open; callbacks are plain functions that only enqueue; a ping that is not answered in time ends the
connection, because a mute PBX closes no socket.
"""

from __future__ import annotations

import asyncio
import codecs
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from panoramisk.message import Message as PanoramiskMessage

from core.errors import ActionFailed, PbxUnavailable
from cti.wire import Message, Value, ami_action

log = logging.getLogger(__name__)

MESSAGE_CHARACTERS = 1_000_000
PING_EVERY_S = 1.0
PING_DEADLINE_S = 2.0
ACTION_DEADLINE_S = 5.0


Encode = Callable[[Mapping[str, Value]], bytes]


class AmiDecoder:
    """Bytes in, whole messages out. Segments may be cut anywhere, also inside a character."""

    def __init__(self) -> None:
        self._characters = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._greeted = False

    def feed(self, data: bytes) -> list[Message]:
        """Complete messages in these bytes. Raises PbxUnavailable when the peer never ends a message."""
        self._rest += self._characters.decode(data)
        self._skip_greeting()
        *whole, self._rest = self._rest.split("\r\n\r\n")
        if len(self._rest) > MESSAGE_CHARACTERS:
            raise PbxUnavailable("AMI sent a message without end")
        parsed = (PanoramiskMessage.from_line(text.strip()) for text in whole if text.strip())
        return [cast(Message, message) for message in parsed if message is not None]

    def _skip_greeting(self) -> None:
        """`Asterisk Call Manager/x.y.z` is the only line that is no message."""
        if not self._greeted and "\r\n" in self._rest:
            greeting, _, rest = self._rest.partition("\r\n")
            if greeting.startswith("Asterisk Call Manager/"):
                self._rest = rest
            self._greeted = True


class _Open:
    """An action waiting for its answer; a list action ends with the event named `ends_with`."""

    def __init__(self, ends_with: str) -> None:
        self.ends_with = ends_with
        self.messages: list[Message] = []
        self.answer: asyncio.Future[list[Message]] = asyncio.get_running_loop().create_future()

    def add(self, message: Message) -> bool:
        """True when nothing more will come."""
        self.messages.append(message)
        refused = message.get("Response") in ("Error", "Fail")
        finished = refused or not self.ends_with or message.get("Event") == self.ends_with
        if finished and not self.answer.done():
            if refused:
                self.answer.set_exception(ActionFailed(str(message.get("Message", "refused"))))
            else:
                self.answer.set_result(self.messages)
        return finished


class AmiClient(asyncio.Protocol):
    """One logged-in connection. Make it with `connect`; it is dead for good once `closed` is done."""

    def __init__(self, on_event: Callable[[Message], None], encode: Encode = ami_action) -> None:
        self._on_event = on_event
        self._encode = encode
        self._decoder = AmiDecoder()
        self._open: dict[str, _Open] = {}
        self._count = 0
        self._transport: asyncio.Transport | None = None
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @classmethod
    async def connect(
        cls,
        host: str,
        port: int,
        user: str,
        secret: str,
        on_event: Callable[[Message], None],
        *,
        deadline_s: float = 3.0,
        encode: Encode = ami_action,
    ) -> AmiClient:
        """Connect and log in. Raises PbxUnavailable (no answer) or ActionFailed (wrong login)."""
        client = cls(on_event, encode)
        try:
            async with asyncio.timeout(deadline_s):
                await asyncio.get_running_loop().create_connection(lambda: client, host, port)
                await client.action({"Action": "Login", "Username": user, "Secret": secret})
                return client
        except BaseException as error:
            client.close("login failed")  # a mute PBX that wakes later must not find two of us
            if isinstance(error, OSError):  # TimeoutError is one
                raise PbxUnavailable(f"AMI at {host}:{port} does not answer") from error
            raise

    async def action(self, fields: Mapping[str, Value], *, deadline_s: float = ACTION_DEADLINE_S) -> Message:
        """Send one action and return its answer.

        Raises:
            ActionFailed: Asterisk answered Error.
            PbxUnavailable: no answer in `deadline_s` seconds, or the connection is lost; it may have run.
            Unencodable: a value could not be sent; nothing was.
        """
        return (await self._ask(fields, "", deadline_s))[0]

    async def listing(
        self, fields: Mapping[str, Value], ends_with: str, *, deadline_s: float = ACTION_DEADLINE_S
    ) -> list[Message]:
        """Send a list action; returns its events without the answer and the event `ends_with`. Raises as `action`."""
        return (await self._ask(fields, ends_with, deadline_s))[1:-1]

    async def _ask(self, fields: Mapping[str, Value], ends_with: str, deadline_s: float) -> list[Message]:
        self._count += 1
        name = str(self._count)
        encoded = self._encode({**fields, "ActionID": name})
        if self._transport is None or self.closed.done():
            raise PbxUnavailable("AMI is not connected")
        waiting = self._open[name] = _Open(ends_with)
        self._transport.write(encoded)
        try:
            async with asyncio.timeout(deadline_s):
                return await waiting.answer
        except TimeoutError as error:
            raise PbxUnavailable(f"no answer to {fields['Action']} in {deadline_s} s") from error
        finally:
            self._open.pop(name, None)

    def tell(self, fields: Mapping[str, Value]) -> None:
        """Send one action whose answer nobody waits for. Raises Unencodable; a lost connection swallows it."""
        encoded = self._encode(fields)
        if self._transport is not None and not self.closed.done():
            self._transport.write(encoded)

    async def keep_alive(self, *, every_s: float = PING_EVERY_S, deadline_s: float = PING_DEADLINE_S) -> None:
        """Ping until the connection is dead; returns then. A late answer closes it."""
        while not self.closed.done():
            try:
                await self.action({"Action": "Ping"}, deadline_s=deadline_s)
            except (PbxUnavailable, ActionFailed) as error:
                self.close(f"ping: {error}")
            await asyncio.wait([self.closed], timeout=every_s)

    def close(self, reason: str) -> None:
        """Close at once; open actions fail with PbxUnavailable. Closing twice changes nothing."""
        if self._transport is not None:
            self._transport.abort()
        self._fail(reason)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._decoder.feed(data)
        except PbxUnavailable as error:
            self.close(str(error))
            return
        for message in messages:
            self._take(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(str(exc) if exc else "closed by the PBX")

    def _take(self, message: Message) -> None:
        name = message.get("ActionID")
        waiting = self._open.get(name) if isinstance(name, str) else None
        if waiting is not None:
            if waiting.add(message):
                self._open.pop(str(name), None)
            return
        if "Event" in message:
            self.pass_on(message)

    def pass_on(self, event: Message) -> None:
        """Also one that was kept back. A fact that breaks its reader ends neither the connection nor the next fact."""
        try:
            self._on_event(event)
        except Exception:
            log.exception("an AMI event of type %s was not understood", event.get("Event"))

    def _fail(self, reason: str) -> None:
        for waiting in self._open.values():
            if not waiting.answer.done():
                waiting.answer.set_exception(PbxUnavailable(f"AMI is gone: {reason}"))
        self._open.clear()
        if not self.closed.done():
            self.closed.set_result(reason)


_FIRST_PAUSE_S = 0.1


class AmiLink:
    """Keeps one AmiClient alive: connects with jittered back-off, says when it is up and when it is gone."""

    def __init__(
        self,
        connect: Callable[[Callable[[Message], None]], Awaitable[AmiClient]],
        *,
        on_event: Callable[[Message], None],
        on_up: Callable[[AmiClient], Awaitable[None]],
        on_down: Callable[[str], None],
        longest_pause_s: float = 1.0,
    ) -> None:
        self._connect = connect
        self._on_event = on_event
        self._on_up = on_up
        self._on_down = on_down
        self._longest_pause_s = longest_pause_s
        self._pause_s = 0.0
        self.client: AmiClient | None = None

    async def run(self) -> None:
        """For ever; cancel to end it."""
        while True:
            try:
                client = await self._connect(self._on_event)
            except (PbxUnavailable, ActionFailed) as error:
                log.warning("AMI: %s", error)
            else:
                self._on_down(await self._while_up(client))
            await asyncio.sleep(self._pause_s * random.uniform(0.5, 1.0))
            self._pause_s = min(max(_FIRST_PAUSE_S, self._pause_s * 2), self._longest_pause_s)

    async def _while_up(self, client: AmiClient) -> str:
        """Serve one connection; why it ended."""
        self.client = client
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(client.keep_alive(), name="ami-ping")
                group.create_task(self._announce(client), name="ami-up")
            return client.closed.result()
        finally:
            self.client = None
            client.close("link ended")

    async def _announce(self, client: AmiClient) -> None:
        """An Asterisk that still loads its modules lets us in and cannot answer: that is no reason to hurry."""
        try:
            await self._on_up(client)
            self._pause_s = 0.0
        except (PbxUnavailable, ActionFailed) as error:
            client.close(f"resync: {error}")
