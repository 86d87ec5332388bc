"""GET /staffing/hours: the next hours of the plan, computed once a day and version of the house; who may ask."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.coming_hours import KEPT_S, ComingHours, half_hours
from api.ports import StaffingAsk
from api.rights import Role
from app.planning import past_of, staffing
from core.periods import midnight
from tests.unit.app.test_planning import stored
from tests.unit.doors import Doors, client_of
from tests.unit.queueing.test_staffing_plan import shipped

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 30)
HALF_PAST_TEN = datetime(2026, 11, 30, 10, 40, tzinfo=SHANGHAI)


def doors_with_history(calls_a_quarter: int = 30) -> Doors:
    """The shipped house at twenty to eleven of a Monday, with six weeks of figures behind it."""
    doors, asked = Doors(), StaffingAsk(TODAY, 2)
    doors.house.house = shipped()
    doors.utc_s = HALF_PAST_TEN.timestamp()
    past = past_of(stored(until=TODAY, quarterly=calls_a_quarter), shipped(), asked, TODAY)
    doors.plans.says = json.dumps(staffing(shipped(), past, asked)).encode()
    return doors


async def test_the_next_hours_are_those_of_the_plan_and_the_shortest_quarter_of_each_counts() -> None:
    doors = doors_with_history()
    plan = json.loads(doors.plans.says)
    async with client_of(doors) as client:
        found = (await client.get("/staffing/hours")).json()
    first, *_, last = found["half_hours"]
    ten_thirty = midnight(TODAY, SHANGHAI) + 10 * 3600 + 1800
    assert (first["start_utc_s"], last["start_utc_s"]) == (ten_thirty, ten_thirty + 11 * 1800)
    both = [one for one in plan["quarters"] if one["start_utc_s"] in (ten_thirty, ten_thirty + 900)]
    assert first["calls"] == pytest.approx(sum(one["calls"] for one in both))
    assert first["to_roster"] == max(one["to_roster"] for one in both) and first["floor"] == 8
    assert (found["history_days"], found["history_last"], found["has_shifts"]) == (42, "2026-11-29", True)
    assert found["calls_so_far"] == pytest.approx(30 * 4 * (1 + 2 / 3), rel=0.02), "from nine until twenty to eleven"


async def test_where_the_roster_is_short_is_said_with_the_rule() -> None:
    doors = doors_with_history(calls_a_quarter=60)
    async with client_of(doors) as client:
        found = (await client.get("/staffing/hours?hours=1")).json()["half_hours"]
    assert len(found) == 2
    for each in found:
        assert each["short"] == each["to_roster"] - each["rostered"] > 0
        assert each["rule"] in ("service_level", "connection_rate")


async def test_without_history_no_call_is_forecast_and_the_floor_alone_is_needed() -> None:
    doors = Doors()
    doors.house.house, doors.utc_s = shipped(), HALF_PAST_TEN.timestamp()
    past = past_of([], shipped(), StaffingAsk(TODAY, 2), TODAY)
    doors.plans.says = json.dumps(staffing(shipped(), past, StaffingAsk(TODAY, 2))).encode()
    async with client_of(doors) as client:
        found = (await client.get("/staffing/hours")).json()
    assert (found["history_days"], found["history_last"], found["calls_so_far"]) == (0, None, 0)
    assert {(one["calls"], one["rule"], one["floor"]) for one in found["half_hours"]} == {(0, "floor", 8)}


async def test_it_is_computed_once_for_a_version_of_the_house_and_a_business_day() -> None:
    doors = doors_with_history()
    coming = ComingHours(doors.plans)
    found = await asyncio.gather(*(coming.of(1, shipped(), HALF_PAST_TEN) for _ in range(20)))
    assert doors.plans.asked == [StaffingAsk(TODAY, 2)] and len({id(each) for each in found}) == 1
    await coming.of(2, shipped(), HALF_PAST_TEN)
    await coming.of(2, shipped(), HALF_PAST_TEN + timedelta(seconds=KEPT_S))
    assert len(doors.plans.asked) == 2
    await coming.of(2, shipped(), HALF_PAST_TEN + timedelta(seconds=KEPT_S + 1))
    assert len(doors.plans.asked) == 3
    early = datetime(2026, 11, 30, 16, 1, tzinfo=UTC)
    assert (await coming.of(2, shipped(), early)).day == TODAY + timedelta(days=1), "the business day, not that of UTC"
    assert doors.plans.asked[-1] == StaffingAsk(TODAY + timedelta(days=1), 2)


async def test_a_failure_is_told_and_not_kept() -> None:
    doors = doors_with_history()
    async with client_of(doors) as client:
        doors.plans.refuses = "no"
        assert (await client.get("/staffing/hours")).status_code == 409
        doors.plans.refuses = ""
        assert (await client.get("/staffing/hours")).status_code == 200


@pytest.mark.parametrize(("role", "status"), [(Role.LEADER, 200), (Role.OPERATIONS, 200), (Role.AGENT, 403)])
async def test_agents_may_not_ask(role: Role, status: int) -> None:
    doors = doors_with_history()
    await doors.add_person("somebody", role)
    token = await doors.token_of("somebody")
    async with client_of(doors, admin=False, Authorization=f"Bearer {token}") as client:
        assert (await client.get("/staffing/hours")).status_code == status


@pytest.mark.parametrize("query", ["hours=0", "hours=13", "hours=six"])
async def test_a_wrong_span_is_refused(query: str) -> None:
    doors = Doors()
    async with client_of(doors) as client:
        assert (await client.get(f"/staffing/hours?{query}")).status_code == 422
    assert doors.plans.asked == []


def test_no_quarters_give_no_half_hours() -> None:
    assert list(half_hours([])) == []
