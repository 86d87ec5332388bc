"""/agents/{agent}/messages: what leaders write to an agent, and when the agent has read it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from api.access import Asker, Ports
from api.asking import Granted, Key, ask
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.agents import AgentName
from core.ids import AgentId, DeskMessageId
from core.inputs import ReadDeskMessage, TellAgent
from queueing.desk_messages import LONGEST

MessageName = Annotated[str, Path(pattern=r"^dm-[0-9]{1,18}$", examples=["dm-4711"])]


class MessageWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST,
            pattern=r"^[^\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]+$",
            examples=["Please stay ten minutes longer."],
            description="plain text; lines, but no other control characters, and nothing that turns text around",
        ),
    ]


class DeskMessage(BaseModel):
    """What somebody wrote to an agent; `read_utc_s` null: not read yet."""

    message: str = Field(examples=["dm-4711"])
    text: str = Field(examples=["Please stay ten minutes longer."])
    by: str = Field(examples=["leader-01"])
    sent_utc_s: float = Field(examples=[1795000500.0])
    read_utc_s: float | None = Field(default=None, examples=[1795000512.5])


def routes() -> Router:
    router = Router(tags=["agents"])
    router.add_api_route(
        "/agents/{agent}/messages", send, methods=["POST"], response_model=Granted,
        responses=documented(403, 409, 422, 503, 504), summary="Write to an agent: the desk shows it until it is read",
    )  # fmt: skip
    router.add_api_route(
        "/agents/{agent}/messages", messages, response_model=list[DeskMessage], responses=documented(403, 422),
        summary="The last messages to an agent, newest first, and when each was read",
    )  # fmt: skip
    router.add_api_route(
        "/agents/{agent}/messages/{message}/read", read, methods=["POST"], response_model=Granted,
        responses=documented(403, 409, 422, 503, 504), summary="I have read it; nobody can say so for somebody else",
    )  # fmt: skip
    return router


async def send(agent: AgentName, body: MessageWanted, asker: Asker, services: Ports, key: Key = None) -> Granted:
    asker.need_lead_of(agent)
    return await ask(TellAgent(AgentId(agent), body.text), asker, services, key)


async def messages(agent: AgentName, asker: Asker, services: Ports) -> list[DeskMessage]:
    """Agents see their own, leaders their team's."""
    asker.need_to_act_for(agent)
    _, _, pops = await services.pops.snapshot()
    return told_to(pops, agent)[::-1]


async def read(agent: AgentName, message: MessageName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    asker.need(Right.SERVE)
    if asker.person != agent:
        raise Problem(403, f"{agent} alone can say that it was read")
    return await ask(ReadDeskMessage(AgentId(agent), DeskMessageId(message)), asker, services, key)


def told_to(pops: Any, agent: str) -> list[DeskMessage]:
    """What stands on the board of pops, oldest first."""
    entry = pops.get(f"told/{agent}") or {}
    return [DeskMessage.model_validate(one) for one in entry.get("messages", ())]
