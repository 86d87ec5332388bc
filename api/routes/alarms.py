"""/alarms: what stands now, what was, and that somebody looks after it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field

from api.access import Asker, Ports
from api.asking import Granted, Key, ask
from api.problems import documented
from api.rights import Right
from api.router import Router
from api.routes.calls import place_of
from core.inputs import AcknowledgeAlarm

MOST = 200
RULE, SUBJECT = r"^[a-z0-9][a-z0-9-]{0,39}$", r"^[A-Za-z0-9][A-Za-z0-9._-]{0,80}$"
RuleName = Annotated[str, Path(pattern=RULE, examples=["trunk-down"])]
Subject = Annotated[str, Path(pattern=SUBJECT, examples=["trunk-a"])]
CURSOR = r"^[0-9]{1,12}(\.[0-9]{1,12})?~[A-Za-z0-9._/@-]{1,160}$"


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


class AlarmPage(BaseModel):
    """Alarms, and what to give as `before` for the next page; null on the last."""

    alarms: list[Alarm]
    next_before: str | None = Field(examples=["1795000500.0~trunk-down/trunk-a@4711.0"])


def routes() -> Router:
    router = Router(tags=["alarms"])
    router.add_api_route(
        "/alarms",
        history,
        response_model=AlarmPage,
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
    rule: Annotated[str, Query(pattern=rf"{RULE}|^$")] = "",
    subject: Annotated[
        str, Query(pattern=rf"{SUBJECT}|^$", description="a queue, trunk, agent or node, or house")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before: Annotated[str | None, Query(pattern=CURSOR, description="`next_before` of the page before")] = None,
) -> AlarmPage:
    rows = await services.calls.alarms(rule=rule, subject=subject, limit=limit, before=place_of(before))
    last = rows[-1] if len(rows) == limit else None
    return AlarmPage(
        alarms=[Alarm(**asdict(row)) for row in rows],
        next_before=f"{last.raised_utc_s!r}~{last.alarm}" if last else None,
    )


async def acknowledge(rule: RuleName, subject: Subject, services: Ports, asker: Asker, key: Key = None) -> Granted:
    asker.need(Right.LEAD)
    return await ask(AcknowledgeAlarm(rule, subject), asker, services, key)
