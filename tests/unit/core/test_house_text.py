"""The default house is the hotline it promises to be; a house goes out and in unchanged; differences are readable."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationWrong
from core.house import House, Seat
from core.house_text import Change, differences, from_yaml, to_yaml

FILE = Path(__file__).resolve().parents[3] / "house.yaml"


@pytest.fixture(scope="module")
def house() -> House:
    return from_yaml(FILE.read_text(encoding="utf-8"), "house.yaml")


def test_the_default_house_is_the_mission(house: House) -> None:
    assert [hotline.number for hotline in house.hotlines] == ["95001", "95002", "95003"]
    assert all(set(hotline.name) == {"zh-CN", "en"} and not hotline.trunks for hotline in house.hotlines)
    assert [queue.id for queue in house.queues] == ["presales", "after-sales", "complaints"]
    assert [sum(agent.role == role for agent in house.agents) for role in ("agent", "leader", "supervisor")] == [
        12,
        2,
        1,
    ]
    assert len(house.seats) == 15
    assert [(f"{shift.start:%H}", f"{shift.end:%H}") for shift in house.shifts] == [
        ("08", "20"),
        ("09", "21"),
        ("20", "08"),
    ]
    assert [(trunk.host, trunk.port) for trunk in house.trunks] == [("127.0.0.2", 0), ("127.0.0.3", 0)]
    assert all(trunk.lines >= house.lines.inbound for trunk in house.trunks)
    assert (house.lines.inbound, house.lines.outbound_reserve, house.cadence.budget_s) == (90, 10, 15)
    assert (house.time_zone, house.languages) == ("Asia/Shanghai", ("zh-CN", "en"))


def test_each_queue_has_people_in_each_shift(house: House) -> None:
    for queue in house.queues:
        for shift in house.shifts:
            able = [
                agent
                for agent in house.agents
                if agent.role == "agent"
                and agent.shift == shift.id
                and all(agent.skills.get(skill, 0) >= level for skill, level in queue.skills.items())
            ]
            assert len(able) >= 2, (queue.id, shift.id)


def test_the_floor_is_staffed_round_the_clock(house: House) -> None:
    """8 by day, 4 in the half-staffed hours 08-09 and 20-21, 2 at night."""
    on = {shift.id: sum(a.role == "agent" and a.shift == shift.id for a in house.agents) for shift in house.shifts}
    assert on["early"] + on["late"] >= 8
    assert on["early"] >= 4
    assert on["late"] + on["night"] >= 4
    assert on["night"] >= 2


def test_every_agent_in_every_shift_that_speaks_english_can_serve(house: House) -> None:
    speaking = {agent.shift for agent in house.agents if agent.role == "agent" and "en" in agent.languages}
    assert speaking == {shift.id for shift in house.shifts}


def test_out_and_in_is_the_same_house(house: House) -> None:
    text = to_yaml(house)
    assert from_yaml(text, "exported") == house
    assert to_yaml(from_yaml(text, "exported")) == text
    assert "&id" not in text
    assert "三声客服中心" in text


def test_no_difference_is_empty(house: House) -> None:
    assert differences(house, house) == []


def test_order_of_seats_is_no_difference(house: House) -> None:
    assert differences(house, house.model_copy(update={"seats": house.seats[::-1]})) == []


def test_differences_name_the_part_by_its_id(house: House) -> None:
    agents = (house.agents[0].model_copy(update={"skills": {"presales": 9}}), *house.agents[1:])
    after = house.model_copy(
        update={
            "seats": (*house.seats[1:], Seat.model_validate({"id": "seat-16"})),
            "agents": agents,
            "misses_before_away": 3,
        }
    )
    assert differences(house, after) == [
        Change("misses_before_away", "2", "3"),
        Change("seats.seat-01", "{name: 工位01}", None),
        Change("seats.seat-16", None, "{name: ''}"),
        Change("agents.agent-01.skills.presales", "8", "9"),
        Change("agents.agent-01.skills.after-sales", "3", None),
    ]


def changed(house: House, **parts: object) -> House:
    return House.model_validate(house.model_dump(mode="json") | parts)


def test_what_has_no_id_is_named_by_what_tells_it_apart(house: House) -> None:
    """A VIP by the number, hours of the floor by when they begin, a day of the roster by the day and who."""
    text = house.model_dump(mode="json")
    floor = text["staffing"]["floor"]
    floor[1]["agents"] = 9
    vips = [{"number": "13800138000", "priority": 5}]
    leave = {"date": "2026-12-01", "agent": "agent-01", "shift": "off"}
    swap = {"date": "2026-12-02", "agents": ["agent-02", "agent-10"]}
    after = changed(house, staffing=text["staffing"], vips=vips, roster=[leave])
    assert differences(house, after) == [
        Change("vips.13800138000", None, "{priority: 5, name: ''}"),
        Change("roster.2026-12-01 agent-01", None, "{shift: 'off', note: ''}"),
        Change("staffing.floor.09:00:00.agents", "8", "9"),
    ]
    assert differences(after, changed(after, roster=[leave, swap], vips=[])) == [
        Change("vips.13800138000", "{priority: 5, name: ''}", None),
        Change("roster.2026-12-02 agent-02+agent-10", None, "{note: ''}"),
    ]


def test_an_entry_of_a_long_list_came_or_went_by_itself(house: House) -> None:
    (year,) = house.model_dump(mode="json")["calendar"]
    days = [*year["holidays"][1:], "2026-10-08"]
    assert differences(house, changed(house, calendar=[year | {"holidays": days}])) == [
        Change("calendar.2026.holidays.2026-01-01", "'2026-01-01'", None),
        Change("calendar.2026.holidays.2026-10-08", None, "'2026-10-08'"),
    ]
    (other,) = differences(house, changed(house, calendar=[year | {"holidays": year["holidays"][::-1]}]))
    assert other.key == "calendar.2026.holidays", "another order is a difference, too"
    assert differences(house, changed(house, skills=[*house.skills, "english"])) == [
        Change("skills", "[presales, after-sales, complaints]", "[presales, after-sales, complaints, english]")
    ]


def test_a_wrong_house_is_refused_whole() -> None:
    text = FILE.read_text(encoding="utf-8").replace("shift: early", "shift: dawn", 1)
    with pytest.raises(ConfigurationWrong) as caught:
        from_yaml(text, "house.yaml")
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "shift: dawn" in line)
    assert caught.value.problems == [f"house.yaml:{line}: agents.0.shift: unknown shift 'dawn'"]


FLOW = "# what callers hear\nlanguages: [zh-CN, en]\nstart: person  \n"


def test_a_flow_stands_in_the_file_line_by_line_and_reads_back(house: House) -> None:
    with_flow = house.model_copy(update={"flows": {"presales": FLOW.replace("  ", "")}})
    text = to_yaml(with_flow)
    assert "  presales: |\n    # what callers hear\n    languages: [zh-CN, en]\n    start: person\n" in text
    assert from_yaml(text, "x") == with_flow
    odd = house.model_copy(update={"flows": {"presales": FLOW + "\n\n\ttab\n"}})
    assert from_yaml(to_yaml(odd), "x") == odd


def test_a_changed_flow_is_shown_line_by_line(house: House) -> None:
    before = house.model_copy(update={"flows": {"f": "a\nb\nc\n"}})
    after = house.model_copy(update={"flows": {"f": "a\nB\nc\nd\n"}})
    assert differences(before, after) == [Change("flows.f:2", "b", "B"), Change("flows.f:4", None, "d")]
    assert differences(after, before) == [Change("flows.f:2", "B", "b"), Change("flows.f:4", "d", None)]
