"""/twin: a day of the journal as it would have been with other agents, skills or rules.

docs/staffing.md says what it can know. It is computed beside the engine, in a process of its own, and takes seconds.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Asker, Ports
from api.ports import TwinAsk
from api.problems import documented
from api.progress import ProgressShown, shown
from api.rights import Right
from api.router import Router
from core.house import House
from core.parts import Day

MOST_CHANGES = 20


class TwinQuestion(BaseModel):
    """`seats`: +1@10:00-12:00, -2, +1:after-sales@10:00-12:00. `house`: in place of the one that day had."""

    model_config = ConfigDict(extra="forbid")

    day: Annotated[Day, Field(examples=["2026-11-20"], description="in business time, and over")]
    seats: list[Annotated[str, Field(max_length=80)]] = Field(
        default=[], max_length=MOST_CHANGES, examples=[["+1@10:00-12:00"]]
    )
    house: House | None = None


class DayFigures(BaseModel):
    """Of calls that asked for an agent on that day; rates are fractions of 1, null: nothing to divide by."""

    offered: int = Field(examples=[1188])
    answered: int = Field(examples=[1071])
    abandoned: int = Field(examples=[112])
    callbacks: int = Field(examples=[3])
    messages: int = Field(examples=[2])
    connection_rate: float | None = Field(examples=[0.9015])
    service_level: float | None = Field(examples=[0.774], description="V3 at `service_level_s`")
    service_level_s: float = Field(examples=[15])
    three_ring_rate: float | None = Field(examples=[0.958])
    asa_s: float | None = Field(examples=[11.4])
    longest_wait_s: float = Field(examples=[302.5])


class DaySide(BaseModel):
    house: DayFigures
    queues: dict[str, DayFigures] = Field(examples=[{}])


class EndShown(BaseModel):
    """answered, abandoned, callback, message, flowed_out, waiting at the day's end, none."""

    how: str = Field(examples=["answered"])
    waited_s: float = Field(examples=[12.5])
    agent: str | None = Field(examples=["agent-03"])


class CallChanged(BaseModel):
    call: str = Field(examples=["a-1795000500.17"])
    queue: str = Field(examples=["after-sales"])
    asked_utc_s: float = Field(examples=[1795000512.25])
    was: EndShown
    other: EndShown


class TwinShown(BaseModel):
    """`differences`: outcomes that this program decides otherwise than the journal has them; 0: reproduced exactly."""

    day: Annotated[date, Field(examples=["2026-11-20"])]
    time_zone: str = Field(examples=["Asia/Shanghai"])
    inputs: int = Field(examples=[48210])
    changed: bool
    differences: int = Field(examples=[0])
    same: bool = Field(description="the other day is the day that was, to the last outcome")
    was: DaySide
    other: DaySide
    calls_changed: int = Field(examples=[61])
    calls: list[CallChanged] = Field(description="the first 500 of them")
    by_script: int = Field(examples=[204], description="calls whose course the journal does not know any more")


def routes() -> Router:
    router = Router(tags=["stats"])
    router.add_api_route(
        "/twin", twin, methods=["POST"], response_model=TwinShown, responses=documented(409, 422),
        summary="A past day as it would have been with other agents, skills or rules",
    )  # fmt: skip
    router.add_api_route(
        "/twin/progress", progress, response_model=ProgressShown, summary="How far the replay is that is being computed"
    )
    return router


async def twin(asked: TwinQuestion, asker: Asker, services: Ports) -> Response:
    asker.need(Right.SEE_CALLS)
    found = await services.twins.twin(TwinAsk(asked.day, tuple(asked.seats), asked.house))
    return Response(found, media_type="application/json")


async def progress(asker: Asker, services: Ports) -> ProgressShown:
    asker.need(Right.SEE_CALLS)
    return shown(services.twins.progress())
