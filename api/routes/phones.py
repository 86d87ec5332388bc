"""/agents/{agent}/phone: what the browser phone of an agent's seat registers with, new each time it is asked for."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import BaseModel, Field

from api.access import Asker, Ports
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.agents import AgentName
from api.routes.seats import BOARD_BEHIND_S
from api.services import Services
from core.ids import AgentId, SeatId


class PhoneShown(BaseModel):
    """For a SIP user agent over WebSocket (RFC 7118). The password dies with the next one, and at sign-out."""

    seat: str = Field(examples=["seat-01"])
    username: str = Field(examples=["std667thlaqu-web"])
    password: str = Field(examples=["…"])
    uri: str = Field(examples=["sip:std667thlaqu-web@calls.example.com"])
    socket: str = Field(examples=["wss://calls.example.com:20005/ws"])


def routes() -> Router:
    router = Router(tags=["agents"])
    router.add_api_route(
        "/agents/{agent}/phone",
        issue,
        methods=["POST"],
        status_code=201,
        response_model=PhoneShown,
        responses=documented(409, 422, 503),
        summary="A new password for the browser phone of the seat where this agent is signed in",
    )
    return router


async def issue(agent: AgentName, asker: Asker, services: Ports) -> PhoneShown:
    """For the agents themselves: nobody else is to sit at that phone. Whoever manages people can be anybody anyway, by
    a new password; the audit names them and the agent."""
    if asker.person != agent:
        asker.need(Right.MANAGE_PEOPLE)
    asker.need(Right.SERVE)
    seat = await _seat_of(AgentId(agent), services)
    if seat is None:
        raise Problem(409, f"{agent} is not signed in; take a seat first")
    phone = await services.browser_phones.issue(seat)
    return PhoneShown(seat=seat, username=phone.username, password=phone.password, uri=phone.uri, socket=phone.socket)


async def _seat_of(agent: AgentId, services: Services) -> SeatId | None:
    """The board is a moment behind a sign-in that has just been granted, so it is asked twice."""
    for pause_s in (BOARD_BEHIND_S, 0.0):
        _, _, board = await services.board.snapshot()
        entry: Any = board.get(f"agent/{agent}") or {}
        if seat := entry.get("seat"):
            return SeatId(seat)
        await asyncio.sleep(pause_s)
    return None
