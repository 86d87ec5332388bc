"""/staffing: calls forecast, agents needed, the roster against them, and the head-count that takes.

docs/staffing.md explains each figure. It is computed beside the engine, in a process of its own, and takes seconds.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from api.access import Asker, Ports
from api.ports import StaffingAsk
from api.problems import Problem, documented
from api.progress import ProgressShown, shown
from api.rights import Right
from api.router import Router
from core.parts import Day
from core.periods import day_of

MOST_DAYS = 31
FURTHEST = timedelta(days=366)
QUEUE = r"^[a-z0-9][a-z0-9-]{0,39}$"


class Promised(BaseModel):
    """Fractions of 1: answered / asked for an agent, and V3 at the plan's threshold."""

    connection_rate: float = Field(examples=[0.932])
    service_level: float = Field(examples=[0.811])


class PlayedThrough(BaseModel):
    """The same of calls that the real engine handled on virtual time; null where nobody called."""

    offered: int = Field(examples=[1703])
    connection_rate: float | None = Field(examples=[0.911])
    service_level: float | None = Field(examples=[0.797])
    three_ring_rate: float | None = Field(examples=[0.96])
    asa_s: float | None = Field(examples=[8.7])


class ForecastErrors(BaseModel):
    """Absolute errors over all calls, by quarters and by days, of the last weeks forecast from what came before each.

    `naive_…`: the same day a week before; `chance_quarter`: what nobody could have known. null: too little history.
    """

    days: int = Field(examples=[28])
    quarter: float | None = Field(examples=[0.236])
    day: float | None = Field(examples=[0.123])
    naive_quarter: float | None = Field(examples=[0.315])
    naive_day: float | None = Field(examples=[0.165])
    bias: float | None = Field(examples=[-0.022], description="above 0: forecasts were too high")
    chance_quarter: float | None = Field(examples=[0.165])


class HistoryShown(BaseModel):
    days: int = Field(examples=[364], description="days with calls that the forecast stands on; 0: the floor alone")
    calls: float = Field(examples=[436800])
    first: date | None = Field(examples=["2025-11-27"])
    last: date | None = Field(examples=["2026-11-25"])
    last_week: float = Field(
        examples=[0.5], description="of each day's calls, the share that is the same day's of last week: missed least"
    )
    errors: ForecastErrors


class HabitsShown(BaseModel):
    """Of the last eight weeks. `talk_s` is talk, hold and wrap-up; `handling_s` that and the rings."""

    talk_s: float = Field(examples=[183.0])
    patience_s: float | None = Field(
        examples=[118.0], description="null: nobody has given up, so Erlang C stands alone"
    )
    ring_s: float = Field(examples=[4.1])
    missed_share: float = Field(examples=[0.04])
    missed_s: float = Field(examples=[15.0])
    three_ring_rate: float | None = Field(examples=[0.962])
    handling_s: float = Field(examples=[187.7])


class TargetsShown(BaseModel):
    connection_rate: float = Field(examples=[0.9])
    service_level: float = Field(examples=[0.8])
    service_level_s: float = Field(examples=[15.0])


class QuarterShown(BaseModel):
    """`needed` agents on the line, by `rule`; `to_roster` with those on breaks meanwhile. Rates are of the roster."""

    start_utc_s: int = Field(examples=[1795000500])
    calls: float = Field(examples=[31.6])
    erlang_a: int | None = Field(examples=[9])
    erlang_c: int = Field(examples=[10])
    floor: int = Field(examples=[8])
    needed: int = Field(examples=[9])
    rule: str = Field(
        examples=["service_level"], description="connection_rate, service_level, floor, rings; empty: nothing"
    )
    to_roster: int = Field(examples=[10])
    rostered: int = Field(examples=[11])
    connection_rate: float = Field(examples=[0.972])
    service_level: float = Field(examples=[0.903])


class DayShown(BaseModel):
    date: Annotated[date, Field(examples=["2026-11-27"])]
    kind: str = Field(examples=["fri"], description="mon … sun, holiday, or make_up: a weekend day that is worked")
    calls: float = Field(examples=[1188.3])
    week_before: float | None = Field(examples=[1203])
    most_needed: int = Field(examples=[12])
    needed_agent_hours: float = Field(examples=[168.5])
    rostered_agent_hours: float = Field(examples=[168.0])
    short_agent_hours: float = Field(examples=[16.3])
    idle_agent_hours: float = Field(examples=[15.8])
    predicted: Promised | None
    simulated: PlayedThrough | None


class StretchShown(BaseModel):
    """Quarters in a row; `agents` at the worst of them."""

    start_utc_s: int = Field(examples=[1795000500])
    end_utc_s: int = Field(examples=[1795004100])
    agents: int = Field(examples=[3])
    agent_hours: float = Field(examples=[2.25])
    rule: str = Field(examples=["service_level"])


class HeadCountShown(BaseModel):
    agents: int | None = Field(examples=[28], description="for whom a roster was found; null: for no number")
    at_least: int = Field(examples=[28])
    bound: Literal["hours", "rest_days", "rest"] = Field(description="what asks for the most agents")
    shifts_per_week: float = Field(examples=[84])
    hours_per_week: float = Field(examples=[1008])


class PeopleShown(BaseModel):
    """Whether `agents` can work the shifts that floor and calls take; what they can hold when not."""

    agents: int = Field(examples=[12])
    hours_per_week: float = Field(examples=[446.4], description="that they work, on average")
    takes: HeadCountShown
    enough: bool
    floor_alone: HeadCountShown
    floor_held: bool
    holds: float = Field(examples=[0.25], description="the largest share of the floor that they can hold all week")
    held_floor: list[int] = Field(examples=[[1, 2, 1, 1]], description="the agents of `floor` at that share")
    unmanned_utc_s: list[float] = Field(examples=[[]], description="moments that no shift covers")
    floor: list[dict[str, Any]] = Field(examples=[[{"start": "09:00", "end": "20:00", "agents": 8}]])


class StaffingShown(BaseModel):
    first: date = Field(examples=["2026-11-27"])
    days: int = Field(examples=[7])
    queue: str = Field(examples=[""], description='"" is the whole house')
    time_zone: str = Field(examples=["Asia/Shanghai"])
    history: HistoryShown
    habits: HabitsShown
    targets: TargetsShown
    labour: dict[str, float] = Field(examples=[{"hours_per_week": 40.0}], description="staffing.labour of the house")
    quarters: list[QuarterShown]
    by_day: list[DayShown]
    short: list[StretchShown]
    idle: list[StretchShown]
    predicted: Promised | None
    simulated: PlayedThrough | None
    people: PeopleShown | None = Field(description="null: a plan of one queue, or a house without shifts")


async def asked(
    services: Ports,
    first: Annotated[Day | None, Query(alias="from", description="none: tomorrow, in business time")] = None,
    days: Annotated[int, Query(ge=7, le=MOST_DAYS, description="whole weeks tell most of a head-count")] = 7,
    queue: Annotated[str, Query(pattern=rf"{QUEUE}|^$", description="one queue; none: the whole house")] = "",
    agents: Annotated[int | None, Query(ge=1, le=2000, description="head-count to judge; none: the house's")] = None,
    weeks: Annotated[int, Query(ge=2, le=110, description="of history")] = 53,
    rehearse: Annotated[bool, Query(description="play it through on the real engine, too; takes a minute")] = False,
) -> StaffingAsk:
    _, house = await services.house.current()
    today = day_of(services.now().timestamp(), ZoneInfo(house.time_zone))
    wanted = first or today + timedelta(days=1)
    if not today - 2 * FURTHEST <= wanted <= today + FURTHEST:
        raise Problem(422, "from: must lie within two years before and one year after today")
    return StaffingAsk(wanted, days, queue, agents, weeks, rehearse)


def routes() -> Router:
    router = Router(tags=["stats"])
    router.add_api_route(
        "/staffing", staffing, response_model=StaffingShown, responses=documented(404, 409, 422),
        summary="Calls forecast, agents needed, and whether the roster and the head-count hold them",
    )  # fmt: skip
    router.add_api_route(
        "/staffing/progress",
        progress,
        response_model=ProgressShown,
        summary="How far the plan is that is being computed",
    )
    return router


async def staffing(wanted: Annotated[StaffingAsk, Depends(asked)], asker: Asker, services: Ports) -> Response:
    asker.need(Right.SEE_CALLS)
    _, house = await services.house.current()
    if wanted.queue and wanted.queue not in {queue.id for queue in house.queues}:
        raise Problem(404, f"there is no queue {wanted.queue!r}")
    return Response(await services.plans.staffing(wanted), media_type="application/json")


async def progress(asker: Asker, services: Ports) -> ProgressShown:
    asker.need(Right.SEE_CALLS)
    return shown(services.plans.progress())
