"""/agents/{agent}/pop: what the agent's desktop shows, and which window of theirs shows it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.access import Asker, Ports
from api.asking import Granted, Key, ask
from api.audited import PERSONAL
from api.pops import Pop, pop_of
from api.problems import Problem, documented
from api.router import Router
from api.routes.agents import AgentName
from core.ids import AgentId, OfferId
from core.inputs import ShowPop


class Showing(BaseModel):
    """This window shows that pop."""

    model_config = ConfigDict(extra="forbid")

    pop: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,80}(/[0-9]{1,6})?$", examples=["a-1795000000.17/1"])]
    desktop: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9-]{1,64}$",
            examples=["3f1c5a1e"],
            description="the window's own name, chosen at random and kept over a reload",
        ),
    ]
    here_instead: bool = Field(default=False, description="also if another window shows it")


def routes() -> Router:
    router = Router(tags=["pops"])
    router.add_api_route(
        "/agents/{agent}/pop",
        pop,
        openapi_extra=PERSONAL,
        response_model=Pop,
        responses=documented(404, 422),
        summary="What this agent's desktop shows now; 404 when there is nothing to show",
    )
    router.add_api_route(
        "/agents/{agent}/pop",
        show,
        methods=["PUT"],
        response_model=Granted,
        responses=documented(409, 422, 503, 504),
        summary="Say that this window shows the pop; 409 when another one does, or the pop is over",
    )
    return router


async def pop(agent: AgentName, asker: Asker, services: Ports) -> Pop:
    """Agents see their own, leaders their team's."""
    asker.need_to_act_for(agent)
    _, _, pops = await services.pops.snapshot()
    entry = pops.get(f"pop/{agent}")
    if not isinstance(entry, dict):
        raise Problem(404, "there is nothing to show for this agent now")
    return pop_of(entry, asker)


async def show(agent: AgentName, body: Showing, asker: Asker, services: Ports, key: Key = None) -> Granted:
    """Where phones wait for desktops, this lets the phone ring."""
    asker.need_to_act_for(agent)
    wish = ShowPop(AgentId(agent), OfferId(body.pop), body.desktop, body.here_instead)
    return await ask(wish, asker, services, key)
