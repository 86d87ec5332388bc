"""/live: the floor as one document, and as a WebSocket that sends it and then what changes.

The client may begin with `{"resume": {"epoch": …, "sequence": …}}` to go on from where it was, or with
`{}`; one that says nothing for half a second is sent the whole snapshot too. Frames of ours:
`{"snapshot": {…}, "epoch": …, "sequence": …}`, `{"diff": {…}, "epoch": …, "sequence": …}` with a JSON
merge patch (RFC 7396), and `{"heartbeat": {"utc_s": …}}`.

Nothing is queued for a client: each follows the board at its own pace, and one that fell behind the
board's bounded log is sent a snapshot instead. One that takes nothing for 8 s is dropped.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.access import Ports, from_own_page, identity_of, services_of
from api.auth import Identity, still_valid
from api.rights import Right
from core.errors import PeerFault

GRACE_S = 0.5
"""How long a new client may take to say from where it resumes."""

MESSAGES, WITHIN_S = 20, 10.0
"""So many messages in so long; a page sends one when it begins, and then signs of life."""

GONE, GOING_AWAY, WRONG_MESSAGE, SIGN_IN_AGAIN, TOO_SLOW, TOO_MANY = 0, 1001, 4400, 4401, 4408, 4429
"""Close codes; 0 means that there is nobody left to tell."""


class Floor(BaseModel):
    """The whole board. Keys are `call/<id>`, `seat/<id>`, `agent/<id>`, `queue/<id>`, `hotline/<id>`, `pbx/<node>`,
    `lines`, `house`, `alarms`, `clock`, `staff`, `items`, `handovers` and `governor/<queue>`."""

    epoch: str = Field(examples=["1795000000-1"])
    sequence: int = Field(examples=[4711])
    snapshot: dict[str, dict[str, Any]] = Field(
        examples=[{"lines": {"limit": 90, "in_use": 12, "blocked": 0, "by_trunk": {}}}]
    )


class Place(BaseModel):
    """Where a client was in the stream."""

    model_config = ConfigDict(extra="forbid")

    epoch: str = Field(max_length=100)
    sequence: int = Field(ge=0)


class FromClient(BaseModel):
    """The only message a client sends; an empty one asks for the snapshot."""

    model_config = ConfigDict(extra="forbid")

    resume: Place | None = None


def routes() -> APIRouter:
    router = APIRouter(tags=["live"])
    router.add_api_route("/live", floor, response_model=Floor, summary="The floor now, as one document")
    return router


def websocket() -> APIRouter:
    """Apart from the others: a refused handshake is not a problem document."""
    router = APIRouter()
    router.add_api_websocket_route("/live", follow)
    return router


async def floor(services: Ports) -> dict[str, Any]:
    epoch, sequence, snapshot = await services.board.snapshot()
    return {"epoch": epoch, "sequence": sequence, "snapshot": snapshot}


async def follow(websocket: WebSocket) -> None:
    """One client, until it goes, its session ends, or it stops reading."""
    identity = await identity_of(websocket)
    if identity is None or not identity.may(Right.SEE_FLOOR) or (identity.by_cookie and not from_own_page(websocket)):
        await websocket.close(SIGN_IN_AGAIN)  # before accept: an HTTP 403 for the handshake
        return
    await websocket.accept()
    await _Client(websocket, identity).serve()


class _TooSlow(Exception):
    """The client took nothing for `send_timeout_s`."""


class _Client:
    """A connected client: one task reads, one sends the stream, one beats and re-checks the session."""

    def __init__(self, websocket: WebSocket, identity: Identity) -> None:
        self._websocket = websocket
        self._identity = identity
        self._services = services_of(websocket)

    async def serve(self) -> None:
        """Whichever task ends first says with which code to close; the others are cancelled."""
        try:
            place = await self._first_place()
        except (ValidationError, KeyError):
            await self._close(WRONG_MESSAGE)
            return
        except WebSocketDisconnect:
            return
        parts = {"reads": self._read(), "streams": self._stream(place), "beats": self._beat()}
        tasks = [asyncio.create_task(part, name=f"live client {name}") for name, part in parts.items()]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._close(done.pop().result())

    async def _first_place(self) -> Place | None:
        try:
            async with asyncio.timeout(GRACE_S):
                return FromClient.model_validate_json(await self._websocket.receive_text()).resume
        except TimeoutError:
            return None

    async def _read(self) -> int:
        """Later messages are signs of life and must be empty; resuming is for the beginning."""
        clock = asyncio.get_running_loop().time
        last: deque[float] = deque(maxlen=MESSAGES)
        try:
            while not FromClient.model_validate_json(await self._websocket.receive_text()).resume:
                if len(last) == MESSAGES and clock() - last[0] < WITHIN_S:
                    return TOO_MANY
                last.append(clock())
        except (ValidationError, KeyError):
            pass
        except WebSocketDisconnect:
            return GONE
        return WRONG_MESSAGE

    async def _stream(self, place: Place | None) -> int:
        """The board from that place on, or from the start."""
        board = self._services.board
        try:
            if place is None:
                epoch, sequence, snapshot = await board.snapshot()
                await self._send({"snapshot": snapshot, "epoch": epoch, "sequence": sequence})
                place = Place(epoch=epoch, sequence=sequence)
            async for epoch, sequence, diff in board.follow(place.epoch, place.sequence):
                news = {"snapshot": diff["snapshot"]} if "snapshot" in diff else {"diff": diff}
                await self._send({**news, "epoch": epoch, "sequence": sequence})
        except _TooSlow:
            return TOO_SLOW
        except (WebSocketDisconnect, RuntimeError):
            return GONE
        return GOING_AWAY

    async def _beat(self) -> int:
        """Say that we live, even if the board is silent; end with the session."""
        options, people = self._services.options, self._services.people
        while True:
            await asyncio.sleep(options.heartbeat_s)
            now = self._services.now()
            try:
                if not await still_valid(people, self._identity, now):
                    return SIGN_IN_AGAIN
            except PeerFault:
                pass  # the database is away, and nobody can have ended the session there; the floor must stay in sight
            try:
                await self._send({"heartbeat": {"utc_s": now.timestamp()}})
            except _TooSlow:
                return TOO_SLOW
            except (WebSocketDisconnect, RuntimeError):
                return GONE

    async def _send(self, document: dict[str, Any]) -> None:
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        try:
            async with asyncio.timeout(self._services.options.send_timeout_s):
                await self._websocket.send_text(text)
        except TimeoutError as error:
            raise _TooSlow from error

    async def _close(self, code: int) -> None:
        """A client that reads nothing is not sent a close frame either: api.server cuts its connection."""
        if code not in (GONE, TOO_SLOW):
            try:
                async with asyncio.timeout(1.0):
                    await self._websocket.close(code)
            except (TimeoutError, WebSocketDisconnect, RuntimeError):
                pass
