"""A connected live client: one task reads, one sends the board, one the person's pop, one beats and checks the session.

Nothing is queued for a client: each follows the boards at its own pace, and one that fell behind a board's bounded log
is sent a snapshot instead. One that takes nothing for 8 s is dropped.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Coroutine, Mapping
from typing import Annotated, Any

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.access import services_of
from api.auth import Identity, still_valid
from api.pops import pop_of
from api.rights import Right
from api.topics import FLOOR, MOST_TOPICS, POPS, Topic, Topics
from core.errors import PeerFault

GRACE_S = 0.5
"""How long a new client may take to say what it wants, and from where it resumes."""

MESSAGES, WITHIN_S = 20, 10.0
"""So many messages in so long; a page sends one when it begins, and then signs of life."""

QUIET_S = 20.0
"""Who subscribes says something at least so often."""

GONE, GOING_AWAY, WRONG_MESSAGE, SIGN_IN_AGAIN, NOT_ALLOWED = 0, 1001, 4400, 4401, 4403
TOO_SLOW, TOO_QUIET, TOO_MANY = 4408, 4410, 4429
"""Close codes; 0 means that there is nobody left to tell."""


class Place(BaseModel):
    """Where a client was in the stream."""

    model_config = ConfigDict(extra="forbid")

    epoch: str = Field(max_length=100)
    sequence: int = Field(ge=0)


class FromClient(BaseModel):
    """The first message of a client; later ones are empty: signs of life."""

    model_config = ConfigDict(extra="forbid")

    resume: Place | None = None
    subscribe: Annotated[list[Topic] | None, Field(min_length=1, max_length=MOST_TOPICS)] = None

    @property
    def is_empty(self) -> bool:
        return self.resume is None and self.subscribe is None


class _TooSlow(Exception):
    """The client took nothing for `send_timeout_s`."""


class LiveClient:
    """Serve one accepted WebSocket."""

    def __init__(self, websocket: WebSocket, identity: Identity) -> None:
        self._websocket = websocket
        self._identity = identity
        self._services = services_of(websocket)

    async def serve(self) -> None:
        """Whichever task ends first says with which code to close; the others are cancelled."""
        try:
            first = await self._first_message()
        except (ValidationError, KeyError):
            await self._close(WRONG_MESSAGE)
            return
        except WebSocketDisconnect:
            return
        if POPS in (first.subscribe or ()) and not self._identity.may(Right.SERVE):
            await self._close(NOT_ALLOWED)
            return
        tasks = [asyncio.create_task(part, name=f"live client {name}") for name, part in self._parts(first).items()]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._close(done.pop().result())

    def _parts(self, first: FromClient) -> dict[str, Coroutine[Any, Any, int]]:
        topics = Topics(first.subscribe or [FLOOR])
        parts = {"reads": self._read(QUIET_S if first.subscribe else None), "beats": self._beat()}
        if topics.of_board:
            place = None if topics.move else first.resume
            parts["streams"] = self._guarded(self._stream(topics, place))
        if POPS in topics.names:
            parts["pops"] = self._guarded(self._pops())
        return parts

    async def _first_message(self) -> FromClient:
        try:
            async with asyncio.timeout(GRACE_S):
                return FromClient.model_validate_json(await self._websocket.receive_text())
        except TimeoutError:
            return FromClient()

    async def _read(self, quiet_s: float | None) -> int:
        """Later messages are signs of life and must be empty; what is wanted is said at the beginning."""
        clock = asyncio.get_running_loop().time
        last: deque[float] = deque(maxlen=MESSAGES)
        try:
            while await self._sign_of_life(quiet_s):
                if len(last) == MESSAGES and clock() - last[0] < WITHIN_S:
                    return TOO_MANY
                last.append(clock())
        except (ValidationError, KeyError):
            pass
        except TimeoutError:
            return TOO_QUIET
        except WebSocketDisconnect:
            return GONE
        return WRONG_MESSAGE

    async def _sign_of_life(self, quiet_s: float | None) -> bool:
        """False: it says more than that. Raises TimeoutError."""
        async with asyncio.timeout(quiet_s):
            return FromClient.model_validate_json(await self._websocket.receive_text()).is_empty

    async def _guarded(self, sending: Coroutine[Any, Any, None]) -> int:
        """What a stream's end means to the client."""
        try:
            await sending
        except _TooSlow:
            return TOO_SLOW
        except (WebSocketDisconnect, RuntimeError):
            return GONE
        return GOING_AWAY

    async def _stream(self, topics: Topics, place: Place | None) -> None:
        """The board from that place on, or from the start; what comes into view anew is sent whole."""
        while True:
            await self._follow(topics, place or await self._whole(topics))
            place = None

    async def _whole(self, topics: Topics) -> Place:
        epoch, sequence, snapshot = await self._services.board.snapshot()
        topics.look(snapshot)
        await self._send({"snapshot": topics.shown(snapshot), "epoch": epoch, "sequence": sequence})
        return Place(epoch=epoch, sequence=sequence)

    async def _follow(self, topics: Topics, place: Place) -> None:
        """Until something comes into view of which a diff tells only a part."""
        async for epoch, sequence, diff in self._services.board.follow(place.epoch, place.sequence):
            whole: Any = diff.get("snapshot")
            if topics.look(diff if whole is None else whole) and whole is None:
                return
            part = topics.shown(diff if whole is None else whole)
            if part or whole is not None:
                kind = "diff" if whole is None else "snapshot"
                await self._send({kind: part, "epoch": epoch, "sequence": sequence})

    async def _pops(self) -> None:
        """The person's own pop: now, and whenever it changes; null when there is none."""
        board, key = self._services.pops, f"pop/{self._identity.person}"
        epoch, sequence, document = await board.snapshot()
        await self._send({"pop": self._own_pop(document)})
        async for _, _, diff in board.follow(epoch, sequence):
            if key in diff or "snapshot" in diff:
                await self._send({"pop": self._own_pop((await board.snapshot())[2])})

    def _own_pop(self, pops: Mapping[str, Any]) -> dict[str, Any] | None:
        entry = pops.get(f"pop/{self._identity.person}")
        return pop_of(entry, self._identity).model_dump(mode="json") if entry else None

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
