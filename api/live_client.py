"""A client of the live board: what it subscribes to, from where it was, and the person's own pop.

It follows the boards at its own pace, and is sent a snapshot when it has fallen behind a board's bounded log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Annotated, Any

from fastapi import WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.clients import GOING_AWAY, NOT_ALLOWED, WRONG_MESSAGE, Client
from api.pops import pop_of
from api.rights import Right
from api.routes.desk_messages import told_to
from api.topics import FLOOR, MOST_TOPICS, POPS, WALL, Topic, Topics, without_notes

GRACE_S = 3.0
"""How long a new client may take to say what it wants, and from where it resumes: longer than a round trip on any line
that carries a talk, and than a page is busy with itself at its start. Whoever is late has said something wrong, and has
to come again; only those who say nothing wait so long for the floor."""

QUIET_S = 20.0
"""Who subscribes says something at least so often."""


NEEDED = {POPS: Right.SERVE, WALL: Right.SEE_WALL}
"""The right that a topic needs; all others show the floor."""


class Place(BaseModel):
    """Where a client was in the stream."""

    model_config = ConfigDict(extra="forbid")

    epoch: str = Field(max_length=100)
    sequence: int = Field(ge=0)


class FromClient(BaseModel):
    """The first message of a client; an empty one asks for the whole floor."""

    model_config = ConfigDict(extra="forbid")

    resume: Place | None = None
    subscribe: Annotated[list[Topic] | None, Field(min_length=1, max_length=MOST_TOPICS)] = None


class LiveClient:
    """Serve one connected client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._services = client.services

    async def serve(self) -> None:
        """Until it goes, its session ends, or it stops reading."""
        try:
            first = await self._first_message()
        except (ValidationError, KeyError):
            await self._client.close(WRONG_MESSAGE)
            return
        except WebSocketDisconnect:
            return
        if not all(self._may_see(topic) for topic in first.subscribe or [FLOOR]):
            await self._client.close(NOT_ALLOWED)
            return
        await self._client.follow(*self._streams(first), quiet_s=QUIET_S if first.subscribe else None)

    def _may_see(self, topic: Topic) -> bool:
        return self._client.identity.may(NEEDED.get(topic, Right.SEE_FLOOR))

    def _streams(self, first: FromClient) -> list[Coroutine[Any, Any, int]]:
        topics, streams = Topics(first.subscribe or [FLOOR]), []
        if topics.of_board:
            streams.append(self._board(topics, None if topics.move else first.resume))
        if POPS in topics.names:
            streams.append(self._pops())
        return streams

    async def _first_message(self) -> FromClient:
        try:
            async with asyncio.timeout(GRACE_S):
                return FromClient.model_validate_json(await self._client.websocket.receive_text())
        except TimeoutError:
            return FromClient()

    async def _board(self, topics: Topics, place: Place | None) -> int:
        """The board from that place on, or from the start; what comes into view anew is sent whole."""
        while await self._follow(topics, place or await self._whole(topics)):
            place = None
        return GOING_AWAY

    async def _whole(self, topics: Topics) -> Place:
        epoch, sequence, snapshot = await self._services.board.snapshot()
        topics.look(snapshot)
        await self._client.send({"snapshot": self._seen(topics, snapshot), "epoch": epoch, "sequence": sequence})
        return Place(epoch=epoch, sequence=sequence)

    async def _follow(self, topics: Topics, place: Place) -> bool:
        """True: something has come into view of which a diff tells only a part. False: the board has ended."""
        async for epoch, sequence, diff in self._services.board.follow(place.epoch, place.sequence):
            whole: Any = diff.get("snapshot")
            if topics.look(diff if whole is None else whole) and whole is None:
                return True
            part = self._seen(topics, diff if whole is None else whole)
            if part or whole is not None:
                kind = "diff" if whole is None else "snapshot"
                await self._client.send({kind: part, "epoch": epoch, "sequence": sequence})
        return False

    def _seen(self, topics: Topics, document: Mapping[str, Any]) -> dict[str, Any]:
        shown = topics.shown(document)
        return shown if self._client.identity.may(Right.LEAD) else without_notes(shown)

    async def _pops(self) -> int:
        """The person's own pop and unread messages: now, and whenever they change."""
        board, keys = self._services.pops, {f"{kind}/{self._client.identity.person}" for kind in ("pop", "told")}
        epoch, sequence, document = await board.snapshot()
        await self._client.send(self._own(document))
        async for _, _, diff in board.follow(epoch, sequence):
            if keys & diff.keys() or "snapshot" in diff:
                await self._client.send(self._own((await board.snapshot())[2]))
        return GOING_AWAY

    def _own(self, pops: Mapping[str, Any]) -> dict[str, Any]:
        unread = [one for one in told_to(pops, self._client.identity.person) if one.read_utc_s is None]
        return {"pop": self._own_pop(pops), "messages": [one.model_dump(mode="json") for one in unread]}

    def _own_pop(self, pops: Mapping[str, Any]) -> dict[str, Any] | None:
        entry = pops.get(f"pop/{self._client.identity.person}")
        return pop_of(entry, self._client.identity).model_dump(mode="json") if entry else None
