"""Talks judged: who may judge whom, what the points must be, the agent's one answer, and who sees what."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.rights import Role
from core.quality import Mark, QualityRules
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


async def judge(client: httpx.AsyncClient, headers: dict[str, str], seen: float = 0, **body: Any) -> httpx.Response:
    return await client.put(PLACE, json={"points": FULL} | body, headers=headers | {"If-Match": f'"{seen}"'})


async def answer(client: httpx.AsyncClient, headers: dict[str, str], seen: float, text: str) -> httpx.Response:
    return await client.post(f"{PLACE}/reply", json={"text": text}, headers=headers | {"If-Match": f'"{seen}"'})


async def test_a_leader_judges_and_the_agent_sees_and_answers_once(doors: Doors) -> None:
    leader, agent = await as_(doors, "leader-01", Role.LEADER), await as_(doors, "agent-01", Role.AGENT)
    async with client_of(doors, admin=False) as client:
        assert (await client.get(PLACE, headers=leader)).json()["mark"] is None
        first = (await judge(client, leader, comment="Calm.")).json()
        assert first["score"] == 85.0
        doors.utc_s += 1
        second = (await judge(client, leader, first["at_utc_s"], points=FULL | {"greeting": None})).json()
        assert second["score"] == 80.0
        (mine,) = (await client.get("/quality", headers=agent)).json()["marks"]
        assert (mine["score"], mine["judged"][1]["points"], mine["by"]) == (80.0, None, "leader-01")
        answered = await answer(client, agent, mine["at_utc_s"], " The line was bad. ")
        assert (answered.status_code, answered.json()["reply"]) == (200, "The line was bad.")
        assert (await answer(client, agent, mine["at_utc_s"], "And late.")).status_code == 409
        assert (await judge(client, leader, mine["at_utc_s"])).status_code == 409
        assert (await client.get("/quality", headers=leader)).json()["means"] == [
            {"agent": "agent-01", "marks": 1, "mean": 80.0}
        ]
    judged = [row for row in doors.audit.rows if row.what == "judged"]
    assert [row.detail for row in judged][:2] == ["85", "80"]


async def test_of_two_who_judge_one_talk_the_second_is_told_what_the_first_gave(doors: Doors) -> None:
    one, two = await as_(doors, "leader-01", Role.LEADER), await as_(doors, "leader-02", Role.LEADER)
    agent = await as_(doors, "agent-01", Role.AGENT)
    async with client_of(doors, admin=False) as client:
        seen = (await client.get(PLACE, headers=two)).headers["ETag"]
        given = await judge(client, one)
        for match, status in ({}, 428), ({"If-Match": "7"}, 422), ({"If-Match": seen}, 412):
            refused = await client.put(PLACE, json={"points": {"solved": 0, "greeting": 0}}, headers=two | match)
            assert refused.status_code == status
        assert refused.json()["errors"] == [{"field": "score", "problem": "is 85 now, by leader-01"}]
        assert (await client.post(f"{PLACE}/reply", json={"text": "Why?"}, headers=agent)).status_code == 428
        assert (await answer(client, agent, 1.0, "To a mark that is not there any more.")).status_code == 412
        assert [row.by for row in doors.audit.rows if row.what in ("judged", "mark answered")] == ["leader-01"]
        now = await client.get(PLACE, headers=two)
        assert now.headers["ETag"] == given.headers["ETag"] != seen
        again = await client.put(PLACE, json={"points": FULL}, headers=two | {"If-Match": now.headers["ETag"]})
        assert again.json()["by"] == "leader-02"


async def test_whoever_is_faster_than_the_look_before_is_told_too(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read that there is no mark; the table itself compares once more."""
    leader, rows = await as_(doors, "leader-01", Role.LEADER), doors.quality.rows
    give = doors.quality.give

    async def late(mark: Mark, seen_utc_s: float) -> bool:
        rows[ID] = replace(mark, by="leader-02", at_utc_s=seen_utc_s + 1)
        return await give(mark, seen_utc_s)

    monkeypatch.setattr(doors.quality, "give", late)
    async with client_of(doors, admin=False) as client:
        assert (await judge(client, leader)).status_code == 412
    assert rows[ID].by == "leader-02"


async def test_of_two_who_judge_at_one_moment_the_audit_names_the_one_whose_mark_stands(doors: Doors) -> None:
    leaders = [await as_(doors, f"leader-0{number}", Role.LEADER) for number in (1, 2)]
    async with client_of(doors, admin=False) as client:
        async with doors.erasing.turn:
            both = [asyncio.create_task(judge(client, leader)) for leader in leaders]
            while len(doors.erasing.turn._waiters or ()) < 2:  # noqa: ASYNC110 - both are in line for their turn
                await asyncio.sleep(0)
        assert sorted([(await each).status_code for each in both]) == [200, 412]
    (row,) = [row for row in doors.audit.rows if row.what == "judged"]
    assert row.by == doors.quality.rows[ID].by


async def test_a_recording_that_is_erased_before_its_mark_is_kept_is_none_to_judge(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said of it would have outlived it."""
    leader, of_recording = await as_(doors, "leader-01", Role.LEADER), doors.quality.of_recording

    async def late(recording: str) -> Mark | None:
        await doors.erasing.erase(doors.ledger.rows[0], "administrator", "asked by the customer")
        return await of_recording(recording)

    monkeypatch.setattr(doors.quality, "of_recording", late)
    async with client_of(doors, admin=False) as client:
        refused = await judge(client, leader, comment="Her name is on it.")
    assert (refused.status_code, refused.json()["detail"]) == (404, "this recording was erased")
    assert doors.quality.rows == {}


async def test_a_recording_is_erased_before_or_after_its_mark_is_kept_never_meanwhile(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, give = await as_(doors, "leader-01", Role.LEADER), doors.quality.give
    erasing: list[asyncio.Task[bool]] = []

    async def slow(mark: Mark, seen_utc_s: float) -> bool:
        erasing.append(asyncio.create_task(doors.erasing.erase(doors.ledger.rows[0], "administrator", "asked")))
        for _ in range(10):
            await asyncio.sleep(0)
        return await give(mark, seen_utc_s)

    monkeypatch.setattr(doors.quality, "give", slow)
    async with client_of(doors, admin=False) as client:
        assert (await judge(client, leader, comment="Her name is on it.")).status_code == 200
        await erasing[0]
    assert [(mark.score, mark.comment) for mark in doors.quality.rows.values()] == [(85.0, "")]


async def test_nobody_answers_the_mark_of_a_recording_that_was_erased(doors: Doors) -> None:
    """The answer would be forgotten within the hour."""
    leader, agent = await as_(doors, "leader-01", Role.LEADER), await as_(doors, "agent-01", Role.AGENT)
    async with client_of(doors, admin=False) as client:
        given = await judge(client, leader)
        await doors.erasing.erase(doors.ledger.rows[0], "administrator", "asked by the customer")
        refused = await answer(client, agent, given.json()["at_utc_s"], "Her name is on it.")
    assert (refused.status_code, refused.json()["detail"]) == (404, "this recording was erased")
    assert doors.quality.rows[ID].reply == ""


async def test_marks_come_newest_first_in_pages_with_the_mean_of_all(doors: Doors) -> None:
    leader, start_utc_s = await as_(doors, "leader-01", Role.LEADER), doors.utc_s - 100
    names = [letter * 26 for letter in "abcde"]
    for number, name in enumerate(names):
        at_utc_s = start_utc_s + number // 2  # two of one moment
        doors.quality.rows[name] = Mark(name, "c", "agent-01", "sales", "leader-01", at_utc_s, 20.0 * number, (), "")
    found: list[str] = []
    before: dict[str, str] = {}
    async with client_of(doors, admin=False) as client:
        for _ in range(3):
            page = (await client.get("/quality", params={"limit": "2"} | before, headers=leader)).json()
            assert page["means"] == [{"agent": "agent-01", "marks": 5, "mean": 40.0}]
            found += [mark["recording"] for mark in page["marks"]]
            before = {"before": page["next_before"] or ""}
        assert page["next_before"] is None
        assert (await client.get("/quality", params={"before": "x~y"}, headers=leader)).status_code == 422
    assert found == names[::-1]


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
        assert (await client.get("/quality", headers=other)).json() == {"marks": [], "means": [], "next_before": None}
        assert (await client.get("/quality?agent=agent-01", headers=other)).status_code == 403
        assert (await answer(client, other, doors.utc_s, "Not me.")).status_code == 404
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
        await judge(client, {}, comment="Her name is on it.")
        await client.request("DELETE", f"/recordings/{ID}", json={"why": "asked by the customer"})
        (mark,) = (await client.get("/quality")).json()["marks"]
    assert (mark["score"], mark["comment"]) == (85.0, "")
