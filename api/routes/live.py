"""/live: the floor as one document, and as a WebSocket that sends it and then what changes.

A client begins with `{"subscribe": [topic, …]}`; without topics it has the whole floor. Topics are `floor`, `wall`
(what a screen on the wall shows, all that the right see_wall opens), `alarms`, `pops` (one's own screen pop),
`queue/<id>`, `call/<id>`, and `agent/<id>` with seat and call. One of `floor` may add
`"resume": {"epoch": …, "sequence": …}` to go on from where it was; one that says nothing for half a second is sent the
whole floor too. Whoever subscribes sends `{}` at least every 20 s, as a sign of life; we send one every 5 s.

Frames of ours: `{"snapshot": {…}, "epoch": …, "sequence": …}`, `{"diff": {…}, "epoch": …, "sequence": …}` with a JSON
merge patch (RFC 7396), `{"pop": {…}, "messages": […]}` with the whole of one's pop (null: none) and
one's unread messages, and `{"heartbeat": {"utc_s": …}}`.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response, WebSocket
from pydantic import BaseModel, Field
from pydantic_core import to_json

from api.access import Asker, Ports
from api.clients import Client, admitted
from api.live_client import LiveClient
from api.rights import Right
from api.router import Router
from api.topics import without_notes


class Floor(BaseModel):
    """The whole board. Keys are `call/<id>`, `seat/<id>`, `agent/<id>`, `queue/<id>`, `hotline/<id>`, `pbx/<node>`,
    `lines`, `house`, `alarms`, `clock`, `staff`, `items`, `handovers` and `governor/<queue>`."""

    epoch: str = Field(examples=["1795000000-1"])
    sequence: int = Field(examples=[4711])
    snapshot: dict[str, dict[str, Any]] = Field(
        examples=[{"lines": {"limit": 90, "in_use": 12, "blocked": 0, "by_trunk": {}}}]
    )


def routes() -> Router:
    router = Router(tags=["live"])
    router.add_api_route("/live", floor, response_model=Floor, summary="The floor now, as one document")
    return router


def websocket(prefix: str) -> APIRouter:
    """Apart from the others: a refused handshake is not a problem document."""
    router = APIRouter(prefix=prefix)
    router.add_api_websocket_route("/live", follow)
    return router


async def floor(services: Ports, asker: Asker) -> Response:
    """Written at once: going through the model's fields takes 2 ms of the loop more, with 90 calls."""
    epoch, sequence, snapshot = await services.board.snapshot()
    seen = snapshot if asker.may(Right.LEAD) else without_notes(snapshot)
    document = to_json({"epoch": epoch, "sequence": sequence, "snapshot": seen})
    return Response(document, media_type="application/json")


async def follow(websocket: WebSocket) -> None:
    """One client, until it goes, its session ends, or it stops reading."""
    if (identity := await admitted(websocket, Right.SEE_FLOOR, Right.SEE_WALL)) is not None:
        await LiveClient(Client(websocket, identity)).serve()
