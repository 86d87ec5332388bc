"""A plan of the shipped house: what it needs, where its roster is short or idle, and that 12 agents cannot hold it."""

from __future__ import annotations

import time
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from core.documents import load
from core.errors import Refused
from core.house import House
from core.staff import Labour
from queueing.calendar import Calendar
from queueing.forecast import QUARTERS, Forecast, kinds
from queueing.seats_needed import Habits
from queueing.staffing_plan import Days, Plan, Quarter, head_count_of, plan, targets_of, to_roster

WAYS = Habits(talk_s=180, patience_s=120, ring_s=4, missed_share=0.04, missed_s=15, three_ring_rate=0.96)
FIRST = date(2026, 11, 30)
WEEK = Days(FIRST, 7)
HISTORY = {
    FIRST - timedelta(days=ago): [30.0 if 36 <= quarter < 80 else 2.0 for quarter in range(QUARTERS)]
    for ago in range(1, 57)
}
"""Thirty calls a quarter from 09 to 20, two else, every day."""


@cache
def shipped() -> House:
    text = (Path(__file__).resolve().parents[3] / "house.yaml").read_text(encoding="utf-8")
    return load(text, "house.yaml", House)


def planned(house: House, days: Days = WEEK, queue: str = "", agents: int | None = None, calls: bool = True) -> Plan:
    forecast = Forecast(HISTORY if calls else {}, kinds(Calendar(house.calendar, house.country_code)))
    return plan(house, forecast, WAYS, days, queue, agents)


def at(found: Plan, hour: float) -> Quarter:
    """Of the first day."""
    return found.quarters[round(hour * 4)]


def test_the_floor_and_the_calls_hold_together() -> None:
    found = planned(shipped())
    assert len(found.quarters) == 7 * 96
    assert (at(found, 3).rule, at(found, 3).needed, at(found, 3).to_roster) == ("floor", 2, 3)
    noon = at(found, 12)
    assert (noon.floor, noon.rule, noon.rostered) == (8, "service_level", 11)
    assert noon.needed == noon.erlang_a == 9 and noon.erlang_c == 9
    assert at(found, 8.5).rostered == 6 and at(found, 20.5).rostered == 8


def test_short_and_idle_stretches_are_runs_of_quarters() -> None:
    found = planned(shipped())
    first, *_ = found.idle
    assert sum(one.agent_hours for one in found.idle) == sum(max(0, q.spare) for q in found.quarters) / 4
    assert first.end_utc_s > first.start_utc_s and first.agents >= 1
    bare = shipped().model_copy(update={"agents": shipped().agents[:5]})
    short = planned(bare).short
    assert sum(one.agent_hours for one in short) == sum(max(0, -q.spare) for q in planned(bare).quarters) / 4
    assert {one.rule for one in short} <= {"floor", "service_level"}


def test_twelve_agents_cannot_hold_the_floor_and_it_says_what_would() -> None:
    people = planned(shipped(), calls=False).people
    assert people is not None and people.agents == head_count_of(shipped()) == 12
    assert not people.floor_held and not people.enough
    assert people.hours_per_week == pytest.approx(446.4)
    assert (people.floor_alone.shifts_per_week, people.floor_alone.hours_per_week) == (84, 1008)
    assert people.floor_alone.agents == 28
    assert (people.holds, people.held_floor) == (0.25, (1, 2, 1, 1))
    enough = planned(shipped(), agents=28, calls=False).people
    assert enough is not None and enough.floor_held and enough.holds == 1.0


def test_calls_can_take_more_than_the_floor() -> None:
    people = planned(shipped(), agents=30).people
    assert people is not None and people.takes.agents is not None and people.floor_alone.agents is not None
    assert people.takes.agents > 30 > people.floor_alone.agents
    assert people.floor_held and not people.enough


def test_settings_of_labour_change_what_it_takes() -> None:
    def asked(**labour: float) -> int:
        staffing = shipped().staffing.model_copy(update={"labour": Labour.model_validate(labour)})
        people = planned(shipped().model_copy(update={"staffing": staffing}), calls=False).people
        assert people is not None and people.floor_alone.agents is not None
        return people.floor_alone.agents

    assert asked(break_share=0, absent_share=0) == 22
    assert asked(hours_per_week=48) < 28 < asked(absent_share=0.15)


def busy(calls: float) -> Plan:
    """A plan of so many calls in each quarter, each day a little fewer."""
    history = {day: [calls * (1 - 0.001 * n)] * QUARTERS for n, day in enumerate(sorted(HISTORY))}
    return plan(shipped(), Forecast(history, kinds(Calendar(shipped().calendar, shipped().country_code))), WAYS, WEEK)


def test_more_calls_than_can_be_planned_are_refused_with_when_and_what_to_do() -> None:
    """2,000 agents were said to be enough for whatever came."""
    with pytest.raises(Refused, match=r"2026-11-30 00:00 on, \d+ calls .* Plan one queue at a time"):
        busy(20_000)


def test_a_house_of_hundreds_is_rostered_in_moments() -> None:
    """It took a minute: each of thousands of shifts looked for an agent among all of them. Beside 1,800 whom their
    hours ask for, 30 more were tried, which is too few."""
    began = time.process_time()
    found = busy(1950)
    assert time.process_time() - began < 20.0
    assert found.people is not None and found.people.takes.agents is not None
    assert found.people.takes.agents > found.people.takes.at_least + 30 > 1800


def test_one_queue_has_neither_floor_nor_head_count() -> None:
    found = planned(shipped(), queue="presales")
    assert found.people is None and {one.floor for one in found.quarters} == {0}


def test_a_house_without_shifts_is_planned_without_people() -> None:
    bare = shipped().model_copy(update={"shifts": (), "agents": ()})
    found = planned(bare)
    assert found.people is None and {one.rostered for one in found.quarters} == {0}
    assert found.predicted is not None and found.predicted.connection_rate == 0.0


def test_shifts_that_leave_a_hole_are_told() -> None:
    day_only = shipped().model_copy(update={"shifts": shipped().shifts[:2], "agents": ()})
    people = planned(day_only, calls=False).people
    assert people is not None and len(people.unmanned_utc_s) == 7 * (8 + 3) * 4


def test_the_strictest_queue_sets_the_houses_targets() -> None:
    queues = (
        shipped().queues[0].model_copy(update={"service_level_s": 10.0, "connection_rate_target": 0.95}),
        *shipped().queues[1:],
    )
    house = shipped().model_copy(update={"queues": queues})
    assert targets_of(house).service_level_s == 10.0 and targets_of(house).connection_rate == 0.95
    assert targets_of(house, "complaints").service_level_s == 15.0


def test_who_is_on_a_break_is_rostered_too() -> None:
    assert [to_roster(line, Labour(break_share=0.08)) for line in (0, 1, 2, 8, 23)] == [0, 2, 3, 9, 25]
    assert to_roster(8, Labour(break_share=0)) == 8


def test_a_day_of_25_hours_has_100_quarters() -> None:
    berlin = shipped().model_copy(update={"time_zone": "Europe/Berlin"})
    assert len(planned(berlin, Days(date(2026, 10, 19), 7)).quarters) == 7 * 96 + 4
