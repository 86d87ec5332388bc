"""A browser or program at a WebSocket: read, told that we live, and let go when it is slow or may be here no more.

Its messages, but for what a route reads first, are signs of life: `{}`, at most MESSAGES in WITHIN_S; a window that is
its agent's phone says so in them.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Coroutine
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, ValidationError

from api.access import from_own_page, identity_of, services_of
from api.auth import Identity, still_valid
from api.phone_windows import Phone
from api.rights import Right
from core.errors import PeerFault
from core.ids import AgentId

MESSAGES, WITHIN_S = 20, 10.0
"""So many messages in so long; a page sends one when it begins, and then signs of life."""

GONE, OVER, GOING_AWAY = 0, 1000, 1001
WRONG_MESSAGE, SIGN_IN_AGAIN, NOT_ALLOWED = 4400, 4401, 4403
TOO_SLOW, REFUSED, TOO_QUIET, TOO_MANY = 4408, 4409, 4410, 4429
"""Close codes; 0 means that there is nobody left to tell."""


TALKING_QUIET_S = 8.0
"""How long a window may say nothing while it is the phone of a talk."""


class SignOfLife(BaseModel):
    """`phone`: what the browser's phone in this window does; a program is none."""

    model_config = ConfigDict(extra="forbid")

    phone: Phone = "none"


class _TooSlow(Exception):
    """The client took nothing for `send_timeout_s`."""


async def admitted(websocket: WebSocket, *rights: Right) -> Identity | None:
    """Who is there with one of these rights, once the handshake is done; None: refused before it, with an HTTP 403."""
    identity = await identity_of(websocket)
    if identity is None or not any(map(identity.may, rights)) or (identity.by_cookie and not from_own_page(websocket)):
        await websocket.close(SIGN_IN_AGAIN)
        return None
    await websocket.accept()
    return identity


class Client:
    """A connected client: one task reads, one sends each stream, one beats and re-checks the session.

    Nothing is queued for it: a stream goes at the client's pace, and one that takes nothing for 8 s is dropped.
    """

    def __init__(self, websocket: WebSocket, identity: Identity) -> None:
        self.websocket = websocket
        self.identity = identity
        self.services = services_of(websocket)
        self.phone: Phone = "none"

    async def follow(self, *streams: Coroutine[Any, Any, int], quiet_s: float | None = None) -> None:
        """Whichever task ends first says with which code to close; the others are cancelled.

        A client that must give signs of life does so every `quiet_s`.
        """
        parts = [self._read(quiet_s), self._beat(), *map(self._streamed, streams)]
        tasks = [asyncio.create_task(part, name="live client") for part in parts]
        agent, windows = AgentId(self.identity.person), self.services.windows
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if self.phone == "talking" and not await self._is_signed_in():
                windows.says(agent, self, "none")
        finally:
            windows.gone(agent, self)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self.close(done.pop().result())

    async def _is_signed_in(self) -> bool:
        """Also while the database is away, and nobody can have ended the session there."""
        try:
            return await still_valid(self.services.people, self.identity, self.services.now())
        except PeerFault:
            return True

    async def _streamed(self, stream: Coroutine[Any, Any, int]) -> int:
        try:
            return await stream
        except _TooSlow:
            return TOO_SLOW
        except PeerFault:  # the board cannot be seen at the moment; whoever comes again finds it
            return GOING_AWAY
        except (WebSocketDisconnect, RuntimeError):
            return GONE

    async def _read(self, quiet_s: float | None) -> int:
        clock = asyncio.get_running_loop().time
        last: deque[float] = deque(maxlen=MESSAGES)
        try:
            while True:
                async with asyncio.timeout(TALKING_QUIET_S if self.phone == "talking" else quiet_s):
                    sign = SignOfLife.model_validate_json(await self.websocket.receive_text())
                self._heard(sign)
                if len(last) == MESSAGES and clock() - last[0] < WITHIN_S:
                    return TOO_MANY
                last.append(clock())
        except (ValidationError, KeyError):
            return WRONG_MESSAGE
        except TimeoutError:
            return TOO_QUIET
        except WebSocketDisconnect:
            return GONE

    def _heard(self, sign: SignOfLife) -> None:
        """Only who serves has a phone; a window that never was one is not kept in mind."""
        if "none" == sign.phone == self.phone or not self.identity.may(Right.SERVE):
            return
        self.phone = sign.phone
        self.services.windows.says(AgentId(self.identity.person), self, sign.phone)

    async def _beat(self) -> int:
        """Say that we live, even if the stream is silent; end with the session."""
        while True:
            await asyncio.sleep(self.services.options.heartbeat_s)
            if not await self._is_signed_in():
                return SIGN_IN_AGAIN
            try:
                await self.send({"heartbeat": {"utc_s": self.services.now().timestamp()}})
            except _TooSlow:
                return TOO_SLOW
            except (WebSocketDisconnect, RuntimeError):
                return GONE

    async def send(self, document: dict[str, Any]) -> None:
        """For streams, as `send_bytes`: what it raises is understood by `follow`."""
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        await self._in_time(self.websocket.send_text(text))

    async def send_bytes(self, data: bytes) -> None:
        await self._in_time(self.websocket.send_bytes(data))

    async def _in_time(self, sending: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self.services.options.send_timeout_s):
                await sending
        except TimeoutError as error:
            raise _TooSlow from error

    async def close(self, code: int) -> None:
        """A client that reads nothing is not sent a close frame either: api.server cuts its connection."""
        if code not in (GONE, TOO_SLOW):
            try:
                async with asyncio.timeout(1.0):
                    await self.websocket.close(code)
            except (TimeoutError, WebSocketDisconnect, RuntimeError):
                pass
