"""/agents: who is where, and the four requests that reach the engine through the inbox."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from api.access import Asker, Ports
from api.asking import Granted, Key
from api.asking import ask as ask_engine
from api.auth import Identity
from api.problems import Problem, documented
from api.services import Services
from core.ids import AgentId, QueueId, SeatId
from core.inputs import BecomeReady, PlaceCall, SignIn, SignOut, TakeBreak
from core.states import BreakReason

NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"
AgentsRequest = SignIn | SignOut | TakeBreak | BecomeReady | PlaceCall
AgentName = Annotated[str, Path(pattern=NAME, examples=["agent-01"])]


class AgentShown(BaseModel):
    """One agent as the floor shows them; times are seconds since 1970."""

    id: str = Field(examples=["agent-01"])
    name: str = Field(examples=["话务员01"])
    status: str = Field(examples=["ready"], description="what the agent wants: signed_out, ready, on_break, away")
    state: str | None = Field(examples=["talking"], description="what the agent does; null when signed out")
    seat: str | None = Field(examples=["seat-01"])
    since_utc_s: float = Field(examples=[1795000500.0])


class SeatWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seat: Annotated[str, Field(pattern=NAME, examples=["seat-01"])]


class BreakWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: BreakReason = Field(examples=["meal"])


class CallWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, Field(min_length=1, max_length=40, examples=["+8613800138000"])]
    queue: Annotated[str | None, Field(pattern=NAME, examples=["presales"])] = None


def routes() -> APIRouter:
    router = APIRouter(tags=["agents"])
    router.add_api_route("/agents", agents, response_model=list[AgentShown], summary="All agents of the house")
    for path, route, summary in (
        ("sign-in", sign_in, "Take a seat"),
        ("sign-out", sign_out, "Leave the seat; a talk goes on to its end"),
        ("break", take_break, "Go on a break, after the talk if there is one"),
        ("ready", become_ready, "Come back from a break, from away, or early from wrap-up"),
        ("call", place_call, "Call a number: the agent's own phone rings first; `result` is the call"),
    ):
        router.add_api_route(
            f"/agents/{{agent}}/{path}",
            route,
            methods=["POST"],
            response_model=Granted,
            responses=documented(409, 422, 503, 504),
            summary=summary,
        )
    return router


async def agents(services: Ports) -> list[dict[str, Any]]:
    _, _, board = await services.board.snapshot()
    return [_shown(entry) for key, entry in sorted(board.items()) if key.startswith("agent/")]


def _shown(entry: Any) -> dict[str, Any]:
    return {field: entry.get(field) for field in AgentShown.model_fields}


async def sign_in(agent: AgentName, body: SeatWanted, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(SignIn(AgentId(agent), SeatId(body.seat)), asker, services, key)


async def sign_out(agent: AgentName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(SignOut(AgentId(agent)), asker, services, key)


async def take_break(agent: AgentName, body: BreakWanted, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(TakeBreak(AgentId(agent), body.reason), asker, services, key)


async def become_ready(agent: AgentName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(BecomeReady(AgentId(agent)), asker, services, key)


async def place_call(agent: AgentName, body: CallWanted, asker: Asker, services: Ports, key: Key = None) -> Granted:
    queue = QueueId(body.queue) if body.queue else None
    return await _asked(PlaceCall(AgentId(agent), body.number, queue), asker, services, key)


async def _asked(request: AgentsRequest, asker: Identity, services: Services, key: str | None) -> Granted:
    """A person asks for themselves, or leads."""
    if not asker.may_act_for(request.agent):
        raise Problem(403, "only leaders and supervisors may do this for somebody else")
    return await ask_engine(request, asker.person, services, key)
