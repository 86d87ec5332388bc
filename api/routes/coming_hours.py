"""/staffing/hours: calls to come in the next hours, agents needed, the roster against them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from api.access import Asker, Ports
from api.coming_hours import HalfHour
from api.problems import documented
from api.rights import Right
from api.router import Router

MOST_HOURS = 12


class ComingHoursShown(BaseModel):
    """Of the whole house."""

    computed_utc_s: float = Field(examples=[1795000500.0])
    history_days: int = Field(examples=[364], description="days that the forecast stands on; 0: the floor alone counts")
    history_last: date | None = Field(examples=["2026-11-17"])
    has_shifts: bool = Field(examples=[True], description="false: the house has no roster to compare with")
    calls_so_far: float = Field(examples=[312.4], description="expected from midnight until now")
    half_hours: list[HalfHour] = Field(description="from the one that has begun")


def routes() -> Router:
    router = Router(tags=["stats"])
    router.add_api_route(
        "/staffing/hours", hours, response_model=ComingHoursShown, responses=documented(409),
        summary="Calls, agents needed and the roster of the next hours",
    )  # fmt: skip
    return router


async def hours(
    asker: Asker, services: Ports, hours: Annotated[int, Query(ge=1, le=MOST_HOURS, description="from now")] = 6
) -> ComingHoursShown:
    asker.need(Right.SEE_CALLS)
    version, house = await services.house.current()
    now = services.now()
    coming = await services.coming.of(version, house, now)
    return ComingHoursShown(
        computed_utc_s=coming.computed_utc_s, history_days=coming.history_days, history_last=coming.history_last,
        has_shifts=bool(house.shifts), calls_so_far=coming.calls_until(now.timestamp()),
        half_hours=coming.half_hours(now.timestamp(), hours),
    )  # fmt: skip
