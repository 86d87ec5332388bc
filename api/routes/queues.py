"""/queues and /skills: the house's word on each, who waits and who is here. Both are edited with the house."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from api.access import Ports
from api.router import Router
from core.house import House, Queue, suffice
from core.states import AgentStatus


class QueueShown(BaseModel):
    id: str = Field(examples=["presales"])
    name: dict[str, str] = Field(examples=[{"zh-CN": "售前咨询", "en": "Presales"}])
    skills: dict[str, int] = Field(examples=[{"sales": 3}], description="what an agent must have, with the least level")
    service_level_s: float = Field(examples=[15.0])
    service_level_target: float = Field(examples=[0.8])
    connection_rate_target: float = Field(examples=[0.9])
    overflow: str | None = Field(examples=[None], description="the queue of callers for whom this one is full")
    waiting: int = Field(examples=[2])
    longest_since_utc_s: float | None = Field(examples=[1795000500.0], description="null: nobody waits")
    agents: int = Field(examples=[12], description="who have the skills")
    agents_here: int = Field(examples=[5], description="… and are signed in")


class SkillShown(BaseModel):
    name: str = Field(examples=["sales"])
    agents: dict[str, int] = Field(examples=[{"agent-01": 5}], description="who have it, and their level")
    queues: dict[str, int] = Field(examples=[{"presales": 3}], description="which ask for it, and the least level")


def routes() -> Router:
    router = Router(tags=["floor"])
    router.add_api_route("/queues", queues, response_model=list[QueueShown], summary="Every queue, and who waits")
    router.add_api_route("/skills", skills, response_model=list[SkillShown], summary="Who can do what, and for whom")
    return router


async def queues(services: Ports) -> list[QueueShown]:
    _, house = await services.house.current()
    _, _, board = await services.board.snapshot()
    return [_shown(queue, house, board) for queue in house.queues]


def _shown(queue: Queue, house: House, board: dict[str, Any]) -> QueueShown:
    live = board.get(f"queue/{queue.id}", {})
    able = [agent.id for agent in house.agents if suffice(agent.skills, queue.skills)]
    off = AgentStatus.SIGNED_OUT
    here = [name for name in able if board.get(f"agent/{name}", {}).get("status", off) != off]
    return QueueShown(
        **queue.model_dump(include={
            "id", "name", "skills", "service_level_s", "service_level_target", "connection_rate_target", "overflow",
        }),
        waiting=live.get("waiting", 0),
        longest_since_utc_s=live.get("longest_since_utc_s"),
        agents=len(able),
        agents_here=len(here),
    )  # fmt: skip


async def skills(services: Ports) -> list[SkillShown]:
    _, house = await services.house.current()
    return [
        SkillShown(
            name=name,
            agents={agent.id: agent.skills[name] for agent in house.agents if name in agent.skills},
            queues={queue.id: queue.skills[name] for queue in house.queues if name in queue.skills},
        )
        for name in house.skills
    ]
