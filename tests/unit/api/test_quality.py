"""Talks judged: who may judge whom, what the points must be, the agent's one answer, and who sees what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.rights import Role
from core.quality import QualityRules
from tests.unit.api.test_recordings import ID, ROW
from tests.unit.core.test_quality import question
from tests.unit.doors import Doors, client_of

FULL = {"solved": 4, "greeting": 5}
PLACE = f"/recordings/{ID}/quality"


@pytest.fixture
def doors() -> Doors:
    doors = Doors()
    doors.ledger.rows.append(ROW)
    questions = (question("solved", 3.0), question("greeting"))
    doors.house.house = doors.house.house.model_copy(update={"quality": QualityRules(questions=questions)})
    return doors


async def as_(doors: Doors, name: str, role: Role) -> dict[str, str]:
    await doors.add_person(name, role)
    return {"Authorization": f"Bearer {await doors.token_of(name)}"}


async def judge(client: httpx.AsyncClient, headers: dict[str, str], **body: Any) -> httpx.Response:
    return await client.put(PLACE, json={"points": FULL} | body, headers=headers)


async def test_a_leader_judges_and_the_agent_sees_and_answers_once(doors: Doors) -> None:
    leader, agent = await as_(doors, "leader-01", Role.LEADER), await as_(doors, "agent-01", Role.AGENT)
    async with client_of(doors, admin=False) as client:
        assert (await client.get(PLACE, headers=leader)).json()["mark"] is None
        assert (await judge(client, leader, comment="Calm.")).json()["score"] == 85.0
        assert (await judge(client, leader, points=FULL | {"greeting": None})).json()["score"] == 80.0
        (mine,) = (await client.get("/quality", headers=agent)).json()["marks"]
        assert (mine["score"], mine["judged"][1]["points"], mine["by"]) == (80.0, None, "leader-01")
        answered = await client.post(f"{PLACE}/reply", json={"text": " The line was bad. "}, headers=agent)
        assert (answered.status_code, answered.json()["reply"]) == (200, "The line was bad.")
        assert (await client.post(f"{PLACE}/reply", json={"text": "And late."}, headers=agent)).status_code == 409
        assert (await judge(client, leader)).status_code == 409
        assert (await client.get("/quality", headers=leader)).json()["means"] == [
            {"agent": "agent-01", "marks": 1, "mean": 80.0}
        ]
    judged = [row for row in doors.audit.rows if row.what == "judged"]
    assert [row.detail for row in judged][:2] == ["85", "80"]


async def test_nobody_judges_the_own_talk_and_agents_judge_nobody(doors: Doors) -> None:
    own = await as_(doors, "leader-01", Role.LEADER)
    doors.ledger.rows[0] = replace(ROW, agent="leader-01")
    async with client_of(doors, admin=False) as client:
        assert (await judge(client, own)).status_code == 409
        for role in (Role.AGENT, Role.OPERATIONS):
            other = await as_(doors, role, role)
            assert (await judge(client, other)).status_code == 403
            assert (await client.get(PLACE, headers=other)).status_code == 403
    assert doors.quality.rows == {}


async def test_agents_see_their_own_marks_alone(doors: Doors) -> None:
    leader, other = await as_(doors, "leader-01", Role.LEADER), await as_(doors, "agent-02", Role.AGENT)
    async with client_of(doors, admin=False) as client:
        await judge(client, leader)
        assert (await client.get("/quality", headers=other)).json() == {"marks": [], "means": []}
        assert (await client.get("/quality?agent=agent-01", headers=other)).status_code == 403
        assert (await client.post(f"{PLACE}/reply", json={"text": "Not me."}, headers=other)).status_code == 404
        assert len((await client.get("/quality?agent=agent-01", headers=leader)).json()["marks"]) == 1
        assert (await client.get("/quality?from=2026-01-02&to=2026-01-01", headers=leader)).status_code == 422
        assert (await client.get("/quality?from=2020-01-01", headers=leader)).status_code == 422


@pytest.mark.parametrize(
    ("points", "status"),
    [
        ({"solved": 4}, 409),
        (FULL | {"other": 1}, 409),
        (FULL | {"solved": 6}, 422),
        (FULL | {"solved": -1}, 422),
        ({"solved": None, "greeting": None}, 422),
    ],
)
async def test_points_must_be_those_of_the_form(points: dict[str, Any], status: int, doors: Doors) -> None:
    leader = await as_(doors, "leader-01", Role.LEADER)
    async with client_of(doors, admin=False) as client:
        assert (await judge(client, leader, points=points)).status_code == status
        doors.house.house = doors.house.house.model_copy(update={"quality": QualityRules()})
        assert (await judge(client, leader)).status_code == 409
    assert doors.quality.rows == {}


async def test_words_go_with_an_erased_recording_and_points_stay(doors: Doors) -> None:
    async with client_of(doors) as client:
        await client.put(PLACE, json={"points": FULL, "comment": "Her name is on it."})
        await client.request("DELETE", f"/recordings/{ID}", json={"why": "asked by the customer"})
        (mark,) = (await client.get("/quality")).json()["marks"]
    assert (mark["score"], mark["comment"]) == (85.0, "")
