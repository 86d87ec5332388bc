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
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.access import Ports
from api.clients import GOING_AWAY, WRONG_MESSAGE, Client, admitted
from api.rights import Right

GRACE_S = 0.5
"""How long a new client may take to say from where it resumes."""


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
    """The first message of a client; an empty one asks for the snapshot."""

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
    identity = await admitted(websocket, Right.SEE_FLOOR)
    if identity is None:
        return
    client = Client(websocket, identity)
    try:
        place = await _first_place(websocket)
    except (ValidationError, KeyError):
        await client.close(WRONG_MESSAGE)
    except WebSocketDisconnect:
        pass
    else:
        await client.follow(_stream(client, place))


async def _first_place(websocket: WebSocket) -> Place | None:
    try:
        async with asyncio.timeout(GRACE_S):
            return FromClient.model_validate_json(await websocket.receive_text()).resume
    except TimeoutError:
        return None


async def _stream(client: Client, place: Place | None) -> int:
    """The board from that place on, or from the start."""
    board = client.services.board
    if place is None:
        epoch, sequence, snapshot = await board.snapshot()
        await client.send({"snapshot": snapshot, "epoch": epoch, "sequence": sequence})
        place = Place(epoch=epoch, sequence=sequence)
    async for epoch, sequence, diff in board.follow(place.epoch, place.sequence):
        news = {"snapshot": diff["snapshot"]} if "snapshot" in diff else {"diff": diff}
        await client.send({**news, "epoch": epoch, "sequence": sequence})
    return GOING_AWAY
