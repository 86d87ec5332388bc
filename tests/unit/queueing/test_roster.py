"""The roster: the usual shift, days off, changes, swaps, working days, the floor of the hour, shortages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.house import House
from core.ids import AgentId
from queueing.roster import DAYS_KEPT, Roster, Shortage
from tests.unit.queueing.staffed import staffed

MONDAY = date(2026, 1, 5)


def utc_s(text: str) -> float:
    """A moment written in Shanghai's time."""
    return datetime.fromisoformat(f"{text}+08:00").timestamp()


def worked(house: House, agent: str, day: date) -> str:
    shift = Roster(house).shift_of(AgentId(agent), day)
    return shift.id if shift else "off"


def changed(agent: str, **news: Any) -> House:
    document = staffed().model_dump(mode="json")
    agents = [{**one, **(news if one["id"] == agent else {})} for one in document["agents"]]
    return House.model_validate({**document, "agents": agents})


def test_changes_and_swaps_hold_for_their_day_alone() -> None:
    house = staffed(
        roster=[
            {"date": "2026-01-05", "agent": "a1", "shift": "night"},
            {"date": "2026-01-05", "agent": "a2", "shift": "off"},
            {"date": "2026-01-05", "agents": ["a3", "a10"], "note": "dentist"},
        ]
    )
    assert [worked(house, name, MONDAY) for name in ("a1", "a2", "a3", "a10", "a4")] == [
        "night",
        "off",
        "night",
        "early",
        "early",
    ]
    assert [worked(house, name, date(2026, 1, 6)) for name in ("a1", "a2", "a3", "a10")] == [
        "early",
        "early",
        "early",
        "night",
    ]


def test_days_off_are_off_and_a_swap_takes_them_along() -> None:
    house = changed("a1", days_off=["mon"])
    assert worked(house, "a1", MONDAY) == "off"
    assert worked(house, "a1", date(2026, 1, 6)) == "early"
    swapped = House.model_validate(
        {**house.model_dump(mode="json"), "roster": [{"date": "2026-01-05", "agents": ["a1", "a6"]}]}
    )
    assert (worked(swapped, "a1", MONDAY), worked(swapped, "a6", MONDAY)) == ("late", "off")


def test_a_shift_of_working_days_follows_the_calendar() -> None:
    document = staffed().model_dump(mode="json")
    document["shifts"].append({"id": "office", "name": {}, "start": "09:00", "end": "18:00", "days": "working_days"})
    document["agents"][0]["shift"] = "office"
    document["calendar"] = [{"year": 2026, "holidays": ["2026-10-01"], "working_days": ["2026-10-10"]}]
    house = House.model_validate(document)
    days = {"2026-10-01": "off", "2026-10-09": "office", "2026-10-10": "office", "2026-10-11": "off"}
    assert {day: worked(house, "a1", date.fromisoformat(day)) for day in days} == days


@pytest.mark.parametrize(
    ("at", "shift"),
    [("07:44:59", None), ("07:45:00", "early"), ("08:00:00", "early"), ("19:59:59", "early"), ("20:00:00", None)],
)
def test_a_duty_begins_for_the_roster_a_quarter_of_an_hour_early(at: str, shift: str | None) -> None:
    duty = Roster(staffed()).duty(AgentId("a1"), utc_s(f"2026-01-05 {at}"), 900)
    assert (duty.shift if duty else None) == shift


def test_the_night_is_on_duty_past_midnight() -> None:
    duty = Roster(staffed()).duty(AgentId("a10"), utc_s("2026-01-06 03:00"), 900)
    assert duty is not None
    assert (duty.day, duty.end_utc_s) == (MONDAY, utc_s("2026-01-06 08:00"))


def test_who_works_three_shifts_without_a_pause_works_until_the_end_of_the_third() -> None:
    document = staffed().model_dump(mode="json")
    document["shifts"] += [
        {"id": "long", "name": {}, "start": "08:00", "end": "00:00"},
        {"id": "small", "name": {}, "start": "00:00", "end": "08:00"},
    ]
    document["roster"] = [
        {"date": "2026-01-06", "agent": "a10", "shift": "long"},
        {"date": "2026-01-07", "agent": "a10", "shift": "small"},
    ]
    roster = Roster(House.model_validate(document))
    first = roster.duty(AgentId("a10"), utc_s("2026-01-05 21:00"), 900)
    assert first is not None and first.shift == "night"
    assert roster.works_until(AgentId("a10"), first) == utc_s("2026-01-07 08:00")


@pytest.mark.parametrize(
    ("at", "agents", "night"),
    [
        ("07:59:59", 2, True),
        ("08:00:00", 4, False),
        ("09:00:00", 8, False),
        ("20:00:00", 4, False),
        ("21:00:00", 2, True),
        ("00:00:00", 2, True),
    ],
)
def test_the_floor_of_the_hour(at: str, agents: int, night: bool) -> None:
    hours = Roster(staffed()).needed(utc_s(f"2026-01-05 {at}"))
    assert hours is not None
    assert (hours.agents, hours.night) == (agents, night)


def test_boundaries_are_all_the_moments_at_which_something_changes() -> None:
    now = utc_s("2026-01-05 12:00")
    coming = Roster(staffed()).boundaries(now, -900.0)[:6]
    shown = [datetime.fromtimestamp(at, UTC).astimezone().timestamp() for at in coming]
    assert shown == [
        utc_s(f"2026-01-{text}") for text in ("05 19:45", "05 20:00", "05 21:00", "06 07:45", "06 08:00", "06 08:45")
    ]


def test_a_shortage_shows_before_it_happens() -> None:
    house = staffed(roster=[{"date": "2026-01-06", "agent": name, "shift": "off"} for name in ("a1", "a6")])
    found = list(Roster(house).shortages(utc_s("2026-01-05 12:00"), 24 * 3600))
    assert found == [Shortage(utc_s("2026-01-06 09:00"), utc_s("2026-01-06 20:00"), 7, 8)]
    assert list(Roster(house).shortages(utc_s("2026-01-05 12:00"), 20 * 3600)) == []


def test_ended_shifts_are_told_in_order_and_once() -> None:
    roster = Roster(staffed())
    at = utc_s("2026-01-05 20:00")
    assert [span.shift for span in roster.ended(at - 1, at)] == ["early"]
    assert roster.ended(at, at + 1) == []
    assert [span.shift for span in roster.ended(utc_s("2026-01-05 07:00"), utc_s("2026-01-05 22:00"))] == [
        "night",
        "early",
        "late",
    ]


def test_days_that_were_looked_at_long_ago_are_worked_out_anew_and_alike() -> None:
    roster, first = Roster(staffed()), date(2026, 1, 5)
    long = list(roster.spans(AgentId("a1"), first, 5 * DAYS_KEPT))
    assert len(long) == 5 * DAYS_KEPT
    assert (
        list(Roster(staffed()).spans(AgentId("a1"), first, 3))
        == long[:3]
        == list(roster.spans(AgentId("a1"), first, 3))
    )
    counted = [roster.rostered(span.start_utc_s + 3600) for span in long]
    assert set(counted[:1]) == set(counted) and counted[0] > 0
