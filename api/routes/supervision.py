"""What leaders and supervisors do with live calls and whole queues: take over, move, hurry, close, open."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.access import Asker, Ports
from api.asking import Granted, Key, ask
from api.auth import Identity
from api.problems import documented
from api.rights import Right
from api.router import Router
from api.routes.agents import NAME
from api.routes.calls import CallName
from api.services import Services
from api.teams import need_lead_of_call
from core.ids import AgentId, CallId, QueueId
from core.inputs import CloseQueue, MoveCall, OpenQueue, Request, SetPriority, TakeOver

QueueName = Annotated[str, Path(pattern=NAME, examples=["presales"])]


class Taker(BaseModel):
    """Who wants the call, signed in and free."""

    model_config = ConfigDict(extra="forbid")

    agent: Annotated[str, Field(pattern=NAME, examples=["leader-01"])]


class QueueWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    queue: Annotated[str, Field(pattern=NAME, examples=["complaints"])]


class PriorityWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    priority: int = Field(ge=0, le=9, examples=[9], description="higher is served first")


class Closing(BaseModel):
    """Where calls go instead; without it they hear the house's closing flow, which offers a callback or a message.

    A queue that is closed is closed anew by the same: with another message, or until another moment.
    """

    model_config = ConfigDict(extra="forbid")

    to: Annotated[str | None, Field(pattern=NAME, examples=["complaints"])] = None
    until: AwareDatetime | None = Field(
        default=None,
        examples=["2026-11-27T09:00:00+08:00"],
        description="when it opens again by itself, which its callers are told; empty: when somebody opens it",
    )
    message: str = Field(
        default="",
        pattern=rf"{NAME}|^$",
        examples=["technical-fault"],
        description="one of the house's closing_messages; empty: its closing flow",
    )


def routes() -> Router:
    router = Router(tags=["supervision"])
    for path, route, summary in (
        ("/calls/{call}/take-over", take_over, "Give this agent the call: their phone rings, or listens already"),
        ("/calls/{call}/move", move, "Let a call wait in another queue"),
        ("/calls/{call}/priority", set_priority, "Give a waiting call another priority"),
        ("/queues/{queue}/close", close, "Close a queue at once: move its callers, or let them hear the closing flow"),
        ("/queues/{queue}/open", open_again, "Open a queue that was closed"),
    ):
        router.add_api_route(
            path,
            route,
            methods=["POST"],
            response_model=Granted,
            responses=documented(403, 409, 422, 503, 504),
            summary=summary,
        )
    return router


async def take_over(call: CallName, body: Taker, asker: Asker, services: Ports, key: Key = None) -> Granted:
    asker.need(Right.TAKE_OVER)
    asker.need_team(body.agent)
    await need_lead_of_call(call, asker, services)
    return await ask(TakeOver(AgentId(body.agent), CallId(call)), asker, services, key)


async def move(call: CallName, body: QueueWanted, asker: Asker, services: Ports, key: Key = None) -> Granted:
    asker.need(Right.LEAD)
    await need_lead_of_call(call, asker, services)
    return await ask(MoveCall(CallId(call), QueueId(body.queue)), asker, services, key)


async def set_priority(call: CallName, body: PriorityWanted, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(SetPriority(CallId(call), body.priority), asker, services, key)


async def close(queue: QueueName, body: Closing, asker: Asker, services: Ports, key: Key = None) -> Granted:
    to = QueueId(body.to) if body.to is not None else None
    until_utc_s = body.until.timestamp() if body.until is not None else None
    return await _asked(CloseQueue(QueueId(queue), to, until_utc_s, body.message), asker, services, key)


async def open_again(queue: QueueName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(OpenQueue(QueueId(queue)), asker, services, key)


async def _asked(request: Request, asker: Identity, services: Services, key: str | None) -> Granted:
    asker.need(Right.LEAD)
    return await ask(request, asker, services, key)
