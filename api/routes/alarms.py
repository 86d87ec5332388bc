"""/alarms: what stands now, what was, and that somebody looks after it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.access import Asker, Ports
from api.asking import Granted, Key, ask
from api.problems import documented
from api.rights import Right
from core.inputs import AcknowledgeAlarm

MOST = 200
RuleName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", examples=["trunk-down"])]
Subject = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,80}$", examples=["trunk-a"])]


class Alarm(BaseModel):
    """One alarm of a rule; `value` is that of the moment it was raised, null moments have not come."""

    alarm: str = Field(examples=["trunk-down/trunk-a@4711.0"])
    rule: str = Field(examples=["trunk-down"])
    subject: str = Field(examples=["trunk-a"], description="a queue, trunk, agent or node, or house")
    severity: str = Field(examples=["critical"])
    value: float = Field(examples=[1.0])
    text: str = Field(examples=["trunk_down of trunk-a is 1, above 0"])
    raised_utc_s: float = Field(examples=[1795000500.0])
    acknowledged_utc_s: float | None = Field(examples=[None])
    acknowledged_by: str = Field(examples=[""])
    cleared_utc_s: float | None = Field(examples=[None])


def routes() -> APIRouter:
    router = APIRouter(tags=["alarms"])
    router.add_api_route(
        "/alarms",
        history,
        response_model=list[Alarm],
        responses=documented(422),
        summary="Alarms, the newest first; those without cleared_utc_s stand now",
    )
    router.add_api_route(
        "/alarms/{rule}/{subject}/acknowledge",
        acknowledge,
        methods=["POST"],
        response_model=Granted,
        responses=documented(403, 409, 422, 503, 504),
        summary="Say that you look after an alarm",
    )
    return router


async def history(
    services: Ports,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before_utc_s: Annotated[
        float | None, Query(ge=0, le=1e11, description="`raised_utc_s` of the last one seen")
    ] = None,
) -> list[Alarm]:
    rows = await services.calls.alarms(before_utc_s=before_utc_s, limit=limit)
    return [Alarm(**asdict(row)) for row in rows]


async def acknowledge(rule: RuleName, subject: Subject, services: Ports, asker: Asker, key: Key = None) -> Granted:
    asker.need(Right.LEAD)
    return await ask(AcknowledgeAlarm(rule, subject), asker, services, key)
