"""/calls/{call}/listen: hear a talk that is going on; /listenings: by phone, and who did (docs/listening.md).

The listener's connection is the listening: it begins when the engine has granted it, and ends with the connection, the
talk, the session or the right. The engine's journal is the audit: nothing is heard before it stands there.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, WebSocket
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from api.access import Asker, Ports
from api.answers import EngineBusy, NoAnswer
from api.asking import Granted, Key, ask
from api.clients import GOING_AWAY, OVER, REFUSED, Client, admitted
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.agents import NAME
from api.routes.calls import CURSOR, CallName, place_of
from api.teams import need_lead_of_call
from core.ids import CallId, ListeningId, RequestId, SeatId
from core.inputs import ChangeListening, Listen, ListenByPhone, Requested, StopListening, TakeFromListening
from core.speech import FRAME_S, RATE_HZ
from core.states import ListenMode

ListeningName = Annotated[str, Path(pattern=r"^li-[0-9]{1,20}$", examples=["li-4711"])]
FORMAT = {"rate_hz": RATE_HZ, "frame_ms": round(FRAME_S * 1000), "channels": ["caller", "ours"], "samples": "s16le"}


class ListeningShown(BaseModel):
    """One person's hearing of one call. Times are seconds since 1970 in UTC."""

    listening: str = Field(examples=["li-4711"])
    call: str = Field(examples=["a-1795000000.17"])
    by: str = Field(examples=["leader-01"])
    address: str = Field(examples=["192.0.2.7"])
    seat: str = Field(examples=["seat-16"], description="whose phone it was; empty: in a browser")
    modes: str = Field(examples=["listen whisper"], description="listen, whisper, barge_in: what it was in turn")
    began_utc_s: float = Field(examples=[1795000500.0])
    ended_utc_s: float | None = Field(examples=[1795000560.0])
    why: str = Field(
        examples=["asked"],
        description="asked, hung_up, taken_over, talk_over, other_team, out_of_sight; empty: it goes on",
    )


class ListeningPage(BaseModel):
    """Listenings, and what to give as `before` for the next page; null on the last."""

    listenings: list[ListeningShown]
    next_before: str | None = Field(examples=["1795000500.0~li-4711"])


NEEDED = {
    ListenMode.LISTEN: Right.LISTEN,
    ListenMode.WHISPER: Right.WHISPER,
    ListenMode.BARGE_IN: Right.BARGE_IN,
}


class Way(BaseModel):
    """Who hears what is said on the listener's phone: nobody, the agent alone, or both."""

    model_config = ConfigDict(extra="forbid")

    mode: ListenMode = Field(default=ListenMode.LISTEN, examples=["whisper"])


class ByPhone(Way):
    """Which phone: of the seat at which one sits oneself, or nobody."""

    seat: Annotated[str, Field(pattern=NAME, examples=["seat-16"])]


def routes() -> Router:
    router = Router(tags=["listening"])
    router.add_api_route(
        "/listenings",
        listenings,
        response_model=ListeningPage,
        responses=documented(403, 422, 503),
        summary="Who listened to which call, newest first",
    )
    for method, path, route, summary in (
        ("POST", "/calls/{call}/listenings", by_phone, "Ring a seat's phone, which then hears this call"),
        ("PUT", "/listenings/{listening}", change, "Listen, whisper or barge in, on the same line"),
        ("POST", "/listenings/{listening}/take-over", take_over, "The agent goes; whoever listens has the caller"),
        ("DELETE", "/listenings/{listening}", stop, "End it; the phone is hung up"),
    ):
        router.add_api_route(
            path, route, methods=[method], response_model=Granted, responses=documented(403, 409, 422, 503, 504),
            summary=summary,
        )  # fmt: skip
    return router


def websocket(prefix: str) -> APIRouter:
    router = APIRouter(prefix=prefix)
    router.add_api_websocket_route("/calls/{call}/listen", listen)
    return router


async def listenings(
    asker: Asker,
    services: Ports,
    call: Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{0,80}$")] = "",
    by: Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{0,80}$", description="who listened")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(pattern=CURSOR, description="`next_before` of the page before")] = None,
) -> ListeningPage:
    asker.need(Right.KEEP_RECORDINGS)
    rows = await services.listenings.listenings(call=call, by=by, limit=limit, before=place_of(before))
    last = rows[-1] if len(rows) == limit else None
    return ListeningPage(
        listenings=[ListeningShown(**asdict(row)) for row in rows],
        next_before=f"{last.began_utc_s!r}~{last.listening}" if last else None,
    )


async def by_phone(
    call: CallName, body: ByPhone, asker: Asker, services: Ports, request: Request, key: Key = None
) -> Granted:
    asker.need(NEEDED[body.mode])
    await need_lead_of_call(call, asker, services)
    address = request.client.host if request.client else ""
    wish = ListenByPhone(CallId(call), address, SeatId(body.seat), body.mode, asker.led())
    return await ask(wish, asker, services, key)


async def change(listening: ListeningName, body: Way, asker: Asker, services: Ports, key: Key = None) -> Granted:
    asker.need(NEEDED[body.mode])
    return await ask(ChangeListening(ListeningId(listening), body.mode), asker, services, key)


async def take_over(listening: ListeningName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    """On the line on which they listen: no phone rings. Granted when they speak with the caller."""
    asker.need(Right.TAKE_OVER)
    return await ask(TakeFromListening(ListeningId(listening)), asker, services, key)


async def stop(listening: ListeningName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    asker.need(Right.LISTEN)
    return await ask(StopListening(ListeningId(listening)), asker, services, key)


async def listen(websocket: WebSocket, call: CallName) -> None:
    """One listener, until the talk is over or they go."""
    identity = await admitted(websocket, Right.LISTEN)
    if identity is None:
        return
    client, address = Client(websocket, identity), websocket.client.host if websocket.client else ""
    try:
        await need_lead_of_call(call, identity, client.services)
        granted = await ask(Listen(CallId(call), address, identity.led()), identity, client.services, None)
    except (Problem, EngineBusy, NoAnswer) as refusal:
        await client.follow(_refuse(client, refusal))
        return
    listening = ListeningId(granted.result)
    try:
        await client.follow(_stream(client, listening))
    finally:
        asked = RequestId(f"{identity.person}:{uuid.uuid4()}")
        client.services.inbox.offer(Requested(asked, identity.person, StopListening(listening)))


async def _refuse(client: Client, refusal: Exception) -> int:
    why = refusal.detail if isinstance(refusal, Problem) else "The engine does not answer now. Try again in a moment."
    await client.send({"refused": {"why": why}})
    return REFUSED


async def _stream(client: Client, listening: ListeningId) -> int:
    """Every frame as it comes; the oldest are left out when the client is slow."""
    hearing = client.services.ears.hearing(listening)
    if hearing is None:
        return GOING_AWAY
    about: dict[str, Any] = {"id": listening, "call": hearing.call, **FORMAT}
    await client.send({"listening": about})
    while (frame := await hearing.next()) is not None:
        await client.send_bytes(frame.encoded())
    await client.send({"over": {"why": hearing.over}})
    return OVER
