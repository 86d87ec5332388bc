"""GET /staffing: who may ask, what is asked of the planner, and wrong questions told apart."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from api.ports import StaffingAsk
from api.rights import Role
from api.routes.staffing import StaffingShown
from core.errors import PeerFault
from tests.unit.doors import Doors, client_of
from tests.unit.floor import SALES

NOW = date(2026, 11, 18)


async def test_the_question_reaches_the_planner_and_its_answer_fits_the_document() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        answer = await client.get("/staffing")
        assert answer.status_code == 200
        StaffingShown.model_validate_json(answer.content, strict=False)
        await client.get(f"/staffing?from=2026-12-01&days=14&queue={SALES}&agents=40&weeks=8&rehearse=true")
    assert doors.plans.asked == [
        StaffingAsk(date(2026, 11, 19), 7),
        StaffingAsk(date(2026, 12, 1), 14, SALES, 40, 8, True),
    ]


async def test_tomorrow_is_the_business_days() -> None:
    doors = Doors()
    doors.utc_s = datetime(2026, 11, 18, 17, 30, tzinfo=UTC).timestamp()
    async with client_of(doors) as client:
        await client.get("/staffing")
    assert doors.plans.asked[0].first == date(2026, 11, 20), "half past one on the 19th in Shanghai"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("days=6", 422), ("days=32", 422), ("agents=0", 422), ("weeks=1", 422), ("queue=nobody", 404),
        ("queue=A%27", 422), ("from=2028-01-01", 422), ("from=1999-01-01", 422), ("from=tomorrow", 422),
    ],
)  # fmt: skip
async def test_wrong_questions_are_told_apart(query: str, status: int) -> None:
    doors = Doors()
    async with client_of(doors) as client:
        assert (await client.get(f"/staffing?{query}")).status_code == status
    assert doors.plans.asked == []


async def test_what_cannot_be_planned_is_said_and_a_failure_is_no_answer() -> None:
    doors = Doors()
    doors.plans.refuses = "Nobody is expected to call on these days, so there is nothing to play through."
    async with client_of(doors) as client:
        answer = await client.get("/staffing")
        assert (answer.status_code, answer.json()["detail"]) == (409, doors.plans.refuses)

        async def failed(asked: StaffingAsk) -> bytes:
            raise PeerFault("planning the staff took longer than 240 s")

        doors.plans.staffing = failed  # type: ignore[method-assign]
        assert (await client.get("/staffing")).status_code == 503


@pytest.mark.parametrize(("role", "status"), [(Role.OPERATIONS, 200), (Role.LEADER, 200), (Role.AGENT, 403)])
async def test_operations_may_ask_and_agents_may_not(role: Role, status: int) -> None:
    doors = Doors()
    await doors.add_person("somebody", role)
    token = await doors.token_of("somebody")
    async with client_of(doors, admin=False, Authorization=f"Bearer {token}") as client:
        assert (await client.get("/staffing")).status_code == status


async def test_how_far_it_is_can_be_asked_meanwhile() -> None:
    doors = Doors()
    await doors.add_person("somebody", Role.AGENT)
    token = await doors.token_of("somebody")
    async with client_of(doors) as client:
        assert (await client.get("/staffing/progress")).json() == {"asked": 1, "share": 0.25}
        agent = {"Authorization": f"Bearer {token}"}
        assert (await client.get("/staffing/progress", headers=agent)).status_code == 403
