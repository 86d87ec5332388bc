"""/calls/{call}/record: one call as it is kept, and its parts as stretches of time, for whoever opens it."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import BaseModel, Field

from api.access import Asker, Ports
from api.audited import PERSONAL
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.calls import Call, CallName, outcomes_of
from core.numbers import masked


class Stretch(BaseModel):
    """One wait, ring, talk, hold, consult, or stay outside; times are seconds since 1970 in UTC, null: not over."""

    kind: str = Field(examples=["talk"], description="wait, ring, talk, hold, consult, outside")
    queue: str = Field(examples=["presales"])
    seat: str = Field(examples=["seat-01"])
    agent: str = Field(examples=["agent-01"])
    began_utc_s: float = Field(examples=[1795000512.0])
    ended_utc_s: float | None = Field(examples=[1795000610.0])
    lasted_s: float = Field(examples=[98.0])
    outcome: str = Field(examples=["caller"], description="how it ended; empty: not over")


class CallKept(BaseModel):
    """The number is whole for those who may see numbers; such a look is in the audit."""

    call: Call
    stretches: list[Stretch]


def routes() -> Router:
    router = Router(tags=["calls"])
    router.add_api_route(
        "/calls/{call}/record", record, openapi_extra=PERSONAL, response_model=CallKept,
        responses=documented(404, 422, 503), summary="One call's record and its stretches",
    )  # fmt: skip
    return router


async def record(call: CallName, asker: Asker, services: Ports) -> CallKept:
    """For those who may see the call: 404 else."""
    await outcomes_of(services, asker, call)
    row = await services.calls.call(call)
    if row is None:
        raise Problem(404, "there is no record of this call")
    number = row.caller if asker.may(Right.SEE_NUMBERS) else masked(row.caller)
    stretches = [Stretch.model_validate(asdict(each)) for each in await services.calls.segments(call)]
    return CallKept(call=Call(**asdict(row) | {"caller": number}), stretches=stretches)
