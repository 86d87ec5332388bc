"""The next hours of the staffing plan, half hour by half hour: what a supervisor sees coming.

The plan of today and tomorrow is computed where every plan is, in a process of its own (app.planning), once for each
version of the house and each day: history ends with yesterday, so the forecast of a day stays what it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from api.ports import Plans, StaffingAsk
from core.house import House
from core.periods import day_of

HALF_HOUR_S, QUARTER_S = 1800, 900
DAYS = 2
"""Today, and the day into which its last hours lead."""
KEPT_S = 3600.0
"""Then it is computed anew all the same: the process reads the house from its file, which follows by moments."""


class HalfHour(BaseModel):
    """Agents of the quarter in which most are missing; `calls` of the half hour."""

    start_utc_s: int = Field(examples=[1795000500])
    calls: float = Field(examples=[61.3], description="that will ask for an agent")
    floor: int = Field(examples=[8], description="that the house sets: staffing.floor")
    to_roster: int = Field(examples=[10], description="needed by floor and calls, with those on breaks meanwhile")
    rostered: int = Field(examples=[9])
    short: int = Field(examples=[1], description="so many are missing")
    rule: str = Field(examples=["service_level"], description="what asks for them, as in /staffing")


class _Quarter(BaseModel):
    """As much of a plan's quarter as is looked at here."""

    start_utc_s: int
    calls: float
    floor: int
    to_roster: int
    rostered: int
    rule: str

    @property
    def missing(self) -> int:
        """Below zero: so many more than are needed."""
        return self.to_roster - self.rostered


class _History(BaseModel):
    days: int
    last: date | None


class _Plan(BaseModel):
    """api.routes.staffing.StaffingShown, as far as it is looked at here."""

    history: _History
    quarters: list[_Quarter]


@dataclass(frozen=True, slots=True)
class Coming:
    """What was computed at `computed_utc_s`, from midnight on. `history_days` 0: the floor alone counts."""

    version: int
    day: date
    computed_utc_s: float
    history_days: int
    history_last: date | None
    quarters: Sequence[_Quarter]

    def is_of(self, version: int, day: date, now_utc_s: float) -> bool:
        return (self.version, self.day) == (version, day) and now_utc_s - self.computed_utc_s <= KEPT_S

    def half_hours(self, now_utc_s: float, hours: int) -> list[HalfHour]:
        """The one that has begun, and those of the next `hours`."""
        first = int(now_utc_s) // HALF_HOUR_S * HALF_HOUR_S
        until = first + hours * 3600
        return list(half_hours(one for one in self.quarters if first <= one.start_utc_s < until))

    def calls_until(self, now_utc_s: float) -> float:
        """Of this day: how many were to be expected by now."""
        parts = (one.calls * min(1.0, (now_utc_s - one.start_utc_s) / QUARTER_S) for one in self._begun(now_utc_s))
        return sum(parts)

    def _begun(self, now_utc_s: float) -> Iterator[_Quarter]:
        return (one for one in self.quarters if one.start_utc_s < now_utc_s)


def half_hours(quarters: Iterable[_Quarter]) -> Iterator[HalfHour]:
    for start, run in groupby(quarters, key=lambda one: one.start_utc_s // HALF_HOUR_S * HALF_HOUR_S):
        both = list(run)
        worst = max(both, key=lambda one: one.missing)
        yield HalfHour(
            start_utc_s=start, calls=sum(one.calls for one in both), floor=worst.floor, to_roster=worst.to_roster,
            rostered=worst.rostered, short=max(0, worst.missing), rule=worst.rule,
        )  # fmt: skip


class ComingHours:
    """Asks `plans`, one question at a time, and keeps the answer."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._turn = asyncio.Lock()
        self._kept: Coming | None = None

    async def of(self, version: int, house: House, now: datetime) -> Coming:
        """Cancelling ends the computing; whoever waits behind begins it anew. Raises Refused and PeerFault."""
        day = day_of(now.timestamp(), ZoneInfo(house.time_zone))
        async with self._turn:
            if self._kept is None or not self._kept.is_of(version, day, now.timestamp()):
                self._kept = await self._computed(version, day, now.timestamp())
            return self._kept

    async def _computed(self, version: int, day: date, now_utc_s: float) -> Coming:
        plan = _Plan.model_validate_json(await self._plans.staffing(StaffingAsk(day, DAYS)))
        return Coming(version, day, now_utc_s, plan.history.days, plan.history.last, plan.quarters)
