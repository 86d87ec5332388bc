"""GET /queues and /skills: the house's own words, and what the floor says beside them."""

from __future__ import annotations

from core.house import Agent
from core.ids import AgentId
from monitor.wallboard import Wallboard
from tests.unit.doors import Doors, client_of
from tests.unit.floor import APPLIED, ENTERED, NOON_UTC_S, OFFERED, journal, signed_in


def skilled() -> Doors:
    """Two may sell, one of them only a little; a third may do nothing."""
    doors = Doors()
    house = doors.house.house
    levels = {"agent-01": {"general": 5}, "agent-02": {"general": 1}, "agent-03": dict[str, int]()}
    agents = tuple(Agent(id=AgentId(name), name=name, skills=levels[name]) for name in levels)
    presales, after_sales = house.queues[:2]
    queues = (presales.model_copy(update={"skills": {"general": 3}}), after_sales)
    doors.house.house = house.model_copy(update={"agents": agents, "queues": queues})
    return doors


async def test_a_queue_is_told_with_who_waits_and_who_can_serve_it() -> None:
    doors = skilled()
    wallboard = Wallboard(doors.house.house)
    for outcome in journal((0, APPLIED), (0, signed_in()), (1, ENTERED), (2, OFFERED)):
        wallboard.apply(outcome)
    await doors.board.replace("e", 1, wallboard.snapshot())
    async with client_of(doors) as client:
        presales, after_sales = (await client.get("/queues")).json()
    assert (presales["id"], presales["name"]["en"], presales["skills"]) == ("presales", "Presales", {"general": 3})
    assert (presales["waiting"], presales["longest_since_utc_s"]) == (1, NOON_UTC_S + 2)
    assert (presales["agents"], presales["agents_here"]) == (1, 1)
    assert (after_sales["waiting"], after_sales["longest_since_utc_s"]) == (0, None)
    assert (after_sales["agents"], after_sales["agents_here"]) == (2, 1)


async def test_before_the_floor_is_known_nobody_waits_and_nobody_is_here() -> None:
    async with client_of(skilled()) as client:
        found = (await client.get("/queues")).json()
    assert [(queue["waiting"], queue["agents_here"]) for queue in found] == [(0, 0), (0, 0)]


async def test_a_skill_is_told_with_who_has_it_and_who_asks_for_it() -> None:
    async with client_of(skilled()) as client:
        (general,) = (await client.get("/skills")).json()
    assert general == {
        "name": "general",
        "agents": {"agent-01": 5, "agent-02": 1},
        "queues": {"presales": 3, "after-sales": 1},
    }
