"""A house with three shifts and a floor, and the time of day in its zone."""

from __future__ import annotations

from typing import Any

from core.events import Alarmed, Event
from core.house import House
from queueing.decision import Decision
from tests.unit.queueing.builders import TestFloor, agent, house

DAY_S = 86400.0
EARLY, LATE, NIGHT = ("a1", "a2", "a3", "a4", "a5"), ("a6", "a7", "a8", "a9"), ("a10", "a11", "a12")
SEATS = tuple(f"s{number}" for number in range(1, 16))
SHIFTS = [
    {"id": "early", "name": {}, "start": "08:00", "end": "20:00"},
    {"id": "late", "name": {}, "start": "09:00", "end": "21:00"},
    {"id": "night", "name": {}, "start": "20:00", "end": "08:00"},
]
FLOOR = [
    {"start": "08:00", "end": "09:00", "agents": 4},
    {"start": "09:00", "end": "20:00", "agents": 8},
    {"start": "20:00", "end": "21:00", "agents": 4},
    {"start": "21:00", "end": "08:00", "agents": 2, "night": True},
]


def staffed(group: dict[str, Any] | None = None, *, ladder: tuple[str, ...] = (), **more: Any) -> House:
    """Five early, four late, three at night, and a leader with a mobile in reserve; all in `group` if one is given."""
    document = house(seats=15).model_dump(mode="json")
    people = [
        {**agent(name).model_dump(mode="json"), "shift": shift, "group": "everybody" if group else ""}
        for shift, names in (("early", EARLY), ("late", LATE), ("night", NIGHT))
        for name in names
    ]
    leader = {**agent("l1").model_dump(mode="json"), "role": "leader", "mobile": "13900000001", "group": "leaders"}
    groups: list[dict[str, Any]] = [{"id": "leaders", "reserve": True}]
    if group:
        groups.append({"id": "everybody", **group})
    return House.model_validate(
        {
            **document,
            "agents": [*people, leader],
            "shifts": SHIFTS,
            "staffing": {"floor": FLOOR},
            "groups": groups,
            "governor": {"ladder": ladder},
            **more,
        }
    )


def clock(text: str, day: int = 0) -> float:
    """This time of day in Shanghai, `day` days after 2026-01-05, on the test floor's clock."""
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    return day * DAY_S + (hours - 8) * 3600.0 + minutes * 60.0 + (seconds[0] if seconds else 0)


def opened_at(text: str, *names: str, house: House | None = None, day: int = 0) -> TestFloor:
    """An open floor at this time of day with these agents signed in, each at the seat of the own number."""
    floor = TestFloor(now_s=clock(text, day))
    floor.open(house or staffed(), reachable=SEATS)
    for name in names:
        floor.sign_in(name, seat_of(name))
    return floor


def seat_of(name: str) -> str:
    return "s15" if name == "l1" else f"s{name[1:]}"


def until(floor: TestFloor, text: str, day: int = 0) -> Decision:
    """Let time pass until then."""
    return floor.after(clock(text, day) - floor.now_s)


def alarms(found: Decision | list[Event]) -> list[str]:
    events = found.events if isinstance(found, Decision) else found
    return [event.name for event in events if isinstance(event, Alarmed)]
