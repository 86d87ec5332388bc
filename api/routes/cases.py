"""/cases: who owns an open case; callers who name it, or call from its number, are given its owner first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from api import asking
from api.access import Asker, Ports
from api.asking import Granted, Key
from api.problems import documented
from api.rights import Right
from api.routes.agents import NAME
from core.ids import AgentId
from core.inputs import CASE_LASTS_S, CloseCase, OwnCase

CaseName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["20261126-0017"])]


class Ownership(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agent: Annotated[str, Field(pattern=NAME, examples=["agent-01"])]
    caller: Annotated[
        str,
        Field(max_length=40, examples=["+8613800138000"], description="who calls from here is given the owner, too"),
    ] = ""
    lasts_s: Annotated[
        float, Field(gt=0, le=366 * 86400, description="seconds after which nobody owns it any more")
    ] = CASE_LASTS_S


def routes() -> APIRouter:
    router = APIRouter(tags=["cases"])
    router.add_api_route(
        "/cases/{case}",
        own,
        methods=["PUT"],
        response_model=Granted,
        responses=documented(403, 409, 422, 503, 504),
        summary="Say who owns an open case",
    )
    router.add_api_route(
        "/cases/{case}",
        close,
        methods=["DELETE"],
        response_model=Granted,
        responses=documented(403, 409, 422, 503, 504),
        summary="Close a case: nobody owns it any more",
    )
    return router


async def own(case: CaseName, body: Ownership, asker: Asker, services: Ports, key: Key = None) -> Granted:
    asker.need(Right.SERVE)
    request = OwnCase(case, AgentId(body.agent), body.caller, body.lasts_s)
    return await asking.ask(request, asker, services, key)


async def close(case: CaseName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    asker.need(Right.SERVE)
    return await asking.ask(CloseCase(case), asker, services, key)
