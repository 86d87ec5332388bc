"""What is refused when the house is changed, and the place it names."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from core.errors import ConfigurationWrong
from core.house import House
from core.house_text import from_yaml, to_yaml
from tests.unit.queueing.staffed import FLOOR, SHIFTS, staffed


def refused(**news: Any) -> str:
    """What an import of this house says."""
    document = {**staffed().model_dump(mode="json"), **news}
    with pytest.raises(ConfigurationWrong) as caught:
        from_yaml(yaml.safe_dump(document), "house.yaml")
    return "\n".join(problem.split(": ", 1)[1] for problem in caught.value.problems)


def test_the_house_itself_is_right_and_survives_yaml() -> None:
    assert from_yaml(to_yaml(staffed()), "house.yaml") == staffed()


def test_the_floor_has_no_holes_and_no_doubles() -> None:
    assert refused(staffing={"floor": FLOOR[:2]}) == (
        "staffing.floor: says nothing of 00:00-08:00; the hours must cover the whole day"
    )
    double = [*FLOOR, {"start": "20:30", "end": "21:30", "agents": 1}]
    assert refused(staffing={"floor": double}) == "staffing.floor.4: 20:30-21:00 is already set by floor.2"


def test_shifts_leave_no_gap_where_the_floor_asks_for_somebody() -> None:
    late_night = {**SHIFTS[2], "start": "22:00"}
    assert refused(shifts=[*SHIFTS[:2], late_night]) == (
        "shifts: no shift covers 21:00-22:00, where staffing.floor asks for 2 agent(s)"
    )


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"date": "2026-01-05", "agent": "a99", "shift": "off"}, "roster.0: unknown agent 'a99'"),
        ({"date": "2026-01-05", "agent": "a1", "shift": "noon"}, "roster.0.shift: unknown shift 'noon'"),
        ({"date": "2026-01-05", "agents": ["a1", "a1"]}, "roster.0.agents: must be two different agents"),
    ],
)
def test_the_roster_names_what_exists(entry: dict[str, Any], said: str) -> None:
    assert refused(roster=[entry]) == said


def test_a_day_is_changed_once() -> None:
    twice = [{"date": "2026-01-05", "agent": "a1", "shift": "off"}, {"date": "2026-01-05", "agents": ["a2", "a1"]}]
    assert refused(roster=twice) == "roster.1: a1 is changed on 2026-01-05 by roster.0 already"


NIGHT_CROSSES = [*SHIFTS[:2], {**SHIFTS[2], "end": "09:30"}]
"""The night reaches into both day shifts."""


@pytest.mark.parametrize(
    ("entry", "agent", "days"),
    [
        ({"date": "2026-01-05", "agent": "a1", "shift": "night"}, "a1", ("2026-01-05", "2026-01-06")),
        ({"date": "2026-01-06", "agent": "a10", "shift": "early"}, "a10", ("2026-01-05", "2026-01-06")),
    ],
)
def test_nobody_works_two_shifts_at_once(entry: dict[str, Any], agent: str, days: tuple[str, str]) -> None:
    said = refused(roster=[entry], shifts=NIGHT_CROSSES).splitlines()
    assert said[0] == (
        f"roster.0: {agent} would work two shifts at once: night of {days[0]} ends at 09:30, "
        f"early of {days[1]} begins at 08:00"
    )


def test_a_swap_that_leaves_an_agent_two_shifts_is_told_for_each_of_them() -> None:
    """a1 has the night of the 5th and the early shift of the 6th; a10 the night of the 4th and the early of the 5th."""
    said = refused(roster=[{"date": "2026-01-05", "agents": ["a1", "a10"]}], shifts=NIGHT_CROSSES)
    assert "a1 would work two shifts at once: night of 2026-01-05" in said
    assert "a10 would work two shifts at once: night of 2026-01-04" in said


def test_a_day_off_between_makes_room() -> None:
    entries = [
        {"date": "2026-01-05", "agent": "a1", "shift": "night"},
        {"date": "2026-01-06", "agent": "a1", "shift": "off"},
    ]
    document = {**staffed().model_dump(mode="json"), "roster": entries, "shifts": NIGHT_CROSSES}
    assert len(House.model_validate(document).roster) == 2


def test_a_swap_of_nothing_is_refused() -> None:
    document = staffed().model_dump(mode="json")
    for one in document["agents"][:2]:
        one["days_off"] = ["mon"]
    entry = {"date": "2026-01-05", "agents": ["a1", "a2"]}
    assert refused(agents=document["agents"], roster=[entry]) == (
        "roster.0: neither works on 2026-01-05; there is nothing to swap"
    )


def test_an_unknown_skill_of_an_agent_is_named() -> None:
    document = staffed().model_dump(mode="json")
    document["agents"][1]["skills"] = {"cooking": 3}
    assert refused(agents=document["agents"]) == (
        "agents.1.skills.cooking: unknown skill 'cooking'; the house knows: sales, care"
    )


@pytest.mark.parametrize(
    ("years", "said"),
    [
        ([{"year": 2026, "holidays": ["2027-01-01"]}], "calendar.0.holidays: 2027-01-01 is not in 2026"),
        (
            [{"year": 2026, "holidays": [], "working_days": ["2026-10-12"]}],
            "calendar.0.working_days: 2026-10-12 is no Saturday or Sunday, and a working day anyhow",
        ),
        ([{"year": 2026, "holidays": []}] * 2, "calendar.1.year: 2026 is already there"),
    ],
)
def test_a_calendar_fits_its_year(years: list[dict[str, Any]], said: str) -> None:
    assert refused(calendar=years) == said


def test_unknown_groups_shifts_and_doubled_measures() -> None:
    document = staffed().model_dump(mode="json")
    document["agents"][0] |= {"group": "nobody", "shift": "noon", "leads": ["nobody"]}
    assert refused(agents=document["agents"]) == (
        "agents.0.group: unknown group 'nobody'\nagents.0.leads: unknown group 'nobody'\n"
        "agents.0.shift: unknown shift 'noon'"
    )
    assert refused(governor={"ladder": ["alarm", "alarm"]}) == "governor.ladder: each measure can be there once"


def test_level_twelve_is_refused() -> None:
    document = staffed().model_dump(mode="json")
    document["agents"][0]["skills"] = {"sales": 12}
    assert refused(agents=document["agents"]) == "agents.0.skills.sales: must be at most 9 (got 12)"


def test_a_house_of_before_is_still_one() -> None:
    """Versions stored before there was staffing must be readable."""
    document = staffed().model_dump(mode="json")
    for key in ("roster", "calendar", "staffing", "groups", "governor"):
        del document[key]
    for one in document["agents"]:
        for key in ("days_off", "group", "mobile"):
            del one[key]
    assert House.model_validate(document).staffing.floor == ()


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"gaps_s": [1800, 300]}, "gaps_s must not narrow"),
        ({"start": "21:00", "end": "08:00"}, "end must be later than start"),
    ],
)
def test_callbacks_whose_rules_make_no_sense_are_refused(rules: dict[str, Any], why: str) -> None:
    assert why in refused(callbacks=rules)


def test_a_day_is_not_a_holiday_and_a_working_day() -> None:
    year = {"year": 2026, "holidays": ["2026-01-03"], "working_days": ["2026-01-03"]}
    assert "is among the holidays too" in refused(calendar=[year])


@pytest.mark.parametrize(
    ("holidays", "works"), [((), True), (("2026-01-06",), False)], ids=["a working Tuesday", "a holiday"]
)
def test_a_shift_of_working_days_stands_in_nobodys_way_on_a_holiday(holidays: tuple[str, ...], works: bool) -> None:
    """a1 has the early shift of the 6th, if it is worked at all."""
    shifts = [{**NIGHT_CROSSES[0], "days": "working_days"}, *NIGHT_CROSSES[1:]]
    night = {"date": "2026-01-05", "agent": "a1", "shift": "night"}
    news = {"roster": [night], "shifts": shifts, "calendar": [{"year": 2026, "holidays": holidays}], "staffing": {}}
    if works:
        assert "a1 would work two shifts at once" in refused(**news)
    else:
        from_yaml(yaml.safe_dump({**staffed().model_dump(mode="json"), **news}), "house.yaml")
