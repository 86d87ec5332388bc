"""A leader's own team and everybody else's: every route that acts for an agent, hears, judges or reads a desk."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.rights import Right, Role
from core.house import House
from core.ids import AgentId
from core.inputs import CloseCase, ListenByPhone, OwnCase, Requested
from core.quality import Mark, QualityRules
from core.teams import team_of
from tests.unit.api.test_desk import CASE
from tests.unit.api.test_recordings import ID, ROW
from tests.unit.api.test_rights import NEEDS, SERVES, asked
from tests.unit.api.test_work import MESSAGE as WORK
from tests.unit.core.test_quality import question
from tests.unit.doors import Doors, client_of
from tests.unit.floor import small_house

OWN, OTHER = "agent-01", "agent-02"
NOT_MINE = "not of the team that leader-01 leads"
THEIRS = "theirs".ljust(26, "a")


def house_of_teams(leader: str = "leader-01") -> House:
    document = small_house().model_dump(mode="json")
    document["groups"] = [{"id": "north"}, {"id": "south"}]
    for agent, group in zip(document["agents"], ("north", "south"), strict=True):
        agent["group"] = group
    document["agents"].append({"id": leader, "name": "L", "role": "leader", "leads": ["north"]})
    return House.model_validate(document)


@pytest.fixture
def doors() -> Doors:
    doors = Doors()
    doors.house.house = house_of_teams()
    doors.ledger.rows = [ROW, replace(ROW, voice="n-1.9/1", agent=OTHER, recording=THEIRS)]
    return doors


async def leading(
    doors: Doors, name: str = "leader-01", role: Role = Role.LEADER
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    await doors.add_person(name, role)
    return client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of(name)}")


def test_whom_a_leader_leads() -> None:
    house = house_of_teams()
    assert team_of(house, "leader-01") == frozenset({AgentId(OWN), AgentId("leader-01")})
    assert team_of(house, OWN) is team_of(house, "nobody") is None


@pytest.mark.parametrize(
    ("method", "path"),
    [*SERVES, ("POST", "/api/v1/agents/{agent}/messages"), ("GET", "/api/v1/agents/{agent}/messages")],
)
async def test_a_leader_acts_for_the_own_team(method: str, path: str, doors: Doors) -> None:
    async with await leading(doors) as client:
        answers = {name: await asked(client, method, path, agent=name) for name in (OWN, OTHER, "leader-01")}
    assert {name: answer.status_code == 403 for name, answer in answers.items()} == {
        OWN: False, OTHER: True, "leader-01": False,
    }  # fmt: skip
    assert NOT_MINE in answers[OTHER].json()["detail"]
    requests = [fact.request for fact in doors.offered if isinstance(fact, Requested)]
    assert not any(getattr(request, "agent", "") == OTHER for request in requests)


async def test_a_leader_hears_and_judges_the_own_teams_recordings_and_knows_of_no_others(doors: Doors) -> None:
    doors.house.house = doors.house.house.model_copy(
        update={"quality": QualityRules(questions=(question("greeting"),))}
    )
    walked = 0
    async with await leading(doors) as client:
        for (method, path), right in NEEDS.items():
            if "{recording}" in path and right in (Right.HEAR_RECORDINGS, Right.LEAD):
                own, theirs = [await asked(client, method, f"/api/v1{path}", recording=name) for name in (ID, THEIRS)]
                assert theirs.status_code == 404, (method, path, theirs.text)
                assert "no such recording" in theirs.text, (method, path)
                assert "no such recording" not in own.text, (method, path)
                walked += 1
        await client.get("/recordings")
    assert walked == 12
    assert doors.ledger.asked[-1].agents == {OWN, "leader-01"}


async def test_a_leader_takes_another_systems_cases_of_the_own_team_alone(doors: Doors) -> None:
    async with await leading(doors) as client:
        await client.put("/cases/crm-7", json={"agent": OWN})
        await client.delete("/cases/crm-7")
    own, close = [fact.request for fact in doors.offered if isinstance(fact, Requested)]
    assert isinstance(own, OwnCase) and isinstance(close, CloseCase)
    assert (own.only_of, close.only_of, own.team, close.team) == (
        None,
        None,
        *[(AgentId(OWN), AgentId("leader-01"))] * 2,
    )


async def test_marks_are_listed_of_the_own_team(doors: Doors) -> None:
    for name, agent in ((ID, OWN), (THEIRS, OTHER)):
        doors.quality.rows[name] = Mark(name, "c", agent, "sales", "boss", doors.utc_s - 9, 80.0, (), "")
    async with await leading(doors) as client:
        page = (await client.get("/quality")).json()
        assert ([mark["agent"] for mark in page["marks"]], len(page["means"])) == ([OWN], 1)
        assert (await client.get(f"/quality?agent={OWN}")).status_code == 200
        assert (await client.get(f"/quality?agent={OTHER}")).status_code == 403


async def test_a_leader_moves_takes_and_hears_the_own_teams_calls_and_those_who_wait(doors: Doors) -> None:
    board: dict[str, Any] = {
        "call/c-own": {"state": "talking", "agent": OWN},
        "call/c-theirs": {"state": "held", "agent": OTHER},
        "call/c-given": {"state": "waiting", "agent": OTHER},
        "outbound/c-made": {"state": "talking", "agent": OTHER},
    }
    await doors.board.replace("e", 1, board)
    bodies = {
        "take-over": {"agent": "leader-01"},
        "move": {"queue": "sales"},
        "listenings": {"seat": "seat-02", "mode": "whisper"},
    }
    async with await leading(doors) as client:
        for route, body in bodies.items():
            statuses = [
                (await client.post(f"/calls/{call}/{route}", json=body)).status_code
                for call in ("c-own", "c-given", "c-theirs", "c-made")
            ]
            assert statuses == [200, 200, 403, 403], route
        assert (await client.post("/calls/c-own/take-over", json={"agent": OTHER})).status_code == 403
    assert len(doors.offered) == 2 * len(bodies)
    heard = [one.request for one in doors.offered if isinstance(one, Requested)][-2:]
    assert [each.team for each in heard if isinstance(each, ListenByPhone)] == [(OWN, "leader-01")] * 2


async def test_what_another_team_has_to_do_is_not_given_by_this_leader(doors: Doors) -> None:
    doors.cases.rows = [replace(CASE, case="1", owner=OWN), replace(CASE, case="2", owner=OTHER)]
    doors.work.rows = [replace(WORK, item="w-1.1", owner=OWN), replace(WORK, item="w-2.1", owner=OTHER)]
    seen = {"If-Match": f'"{CASE.changed_utc_s}"'}
    async with await leading(doors) as client:
        for case, status in (("1", 200), ("2", 403)):
            assert (await client.patch(f"/cases/{case}", json={"state": "closed"}, headers=seen)).status_code == status
            given = await client.post(f"/cases/{case}/give", json={"to": OTHER}, headers=seen)
            assert given.status_code == status
        for owner, status in ((OWN, 200), (OTHER, 403)):
            body = {"kind": "repair", "text": "leaks", "owner": owner}
            assert (await client.post("/cases", json=body)).status_code == status
            claimed = await client.post("/work/w-1.1/claim", json={"agent": owner})
            assert claimed.status_code == status
        for item, status in (("w-1.1", 200), ("w-2.1", 404)):
            assert (await client.get(f"/work/{item}")).status_code == status
            assert (await client.post(f"/work/{item}/done", json={})).status_code == status


async def test_a_session_says_whom_its_leader_leads_and_a_changed_house_holds_at_once(doors: Doors) -> None:
    async with await leading(doors) as client:
        assert (await client.get("/sessions/current")).json()["team"] == [OWN, "leader-01"]
        doors.house.house = small_house()
        assert (await client.get("/sessions/current")).json()["team"] is None
        assert (await client.post(f"/agents/{OTHER}/ready")).status_code == 200
    async with await leading(doors, "boss", Role.SUPERVISOR) as client:
        doors.house.house = house_of_teams()
        assert (await client.get("/sessions/current")).json()["team"] is None
        assert (await client.post(f"/agents/{OTHER}/ready")).status_code == 200
