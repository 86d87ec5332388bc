"""POST /twin: who may ask, what reaches the twin, and wrong questions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from api.ports import TwinAsk
from api.rights import Role
from api.routes.twin import TwinShown
from tests.unit.doors import Doors, client_of
from tests.unit.floor import small_house


async def test_the_question_reaches_the_twin_and_its_answer_fits_the_document() -> None:
    doors, house = Doors(), small_house()
    async with client_of(doors) as client:
        answer = await client.post("/twin", json={"day": "2026-11-17"})
        assert answer.status_code == 200
        TwinShown.model_validate_json(answer.content)
        body = {"day": "2026-11-17", "seats": ["+1@10:00-12:00", "-2"], "house": house.model_dump(mode="json")}
        await client.post("/twin", json=body)
    assert doors.twins.asked == [
        TwinAsk(date(2026, 11, 17)),
        TwinAsk(date(2026, 11, 17), ("+1@10:00-12:00", "-2"), house),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"day": "yesterday"},
        {"day": "2026-11-17", "seats": ["+1"] * 21},
        {"day": "2026-11-17", "house": {"name": "x"}},
    ],
)
async def test_wrong_questions_are_refused(body: dict[str, Any]) -> None:
    doors = Doors()
    async with client_of(doors) as client:
        assert (await client.post("/twin", json=body)).status_code == 422
    assert doors.twins.asked == []


async def test_what_cannot_be_replayed_is_said() -> None:
    doors = Doors()
    doors.twins.refuses = "The journal has nothing of 2026-11-17."
    async with client_of(doors) as client:
        answer = await client.post("/twin", json={"day": "2026-11-17"})
    assert (answer.status_code, answer.json()["detail"]) == (409, doors.twins.refuses)


@pytest.mark.parametrize(("role", "status"), [(Role.OPERATIONS, 200), (Role.AGENT, 403)])
async def test_operations_may_ask_and_agents_may_not(role: Role, status: int) -> None:
    doors = Doors()
    await doors.add_person("somebody", role)
    token = await doors.token_of("somebody")
    async with client_of(doors, admin=False, Authorization=f"Bearer {token}") as client:
        assert (await client.post("/twin", json={"day": "2026-11-17"})).status_code == status


async def test_how_far_it_is_can_be_asked_meanwhile() -> None:
    doors = Doors()
    await doors.add_person("somebody", Role.AGENT)
    token = await doors.token_of("somebody")
    async with client_of(doors) as client:
        assert (await client.get("/twin/progress")).json() == {"asked": 0, "share": None}
        agent = {"Authorization": f"Bearer {token}"}
        assert (await client.get("/twin/progress", headers=agent)).status_code == 403
