"""/roster, /staff, /items, and overriding: what the doors let through and what they show."""

from __future__ import annotations

from typing import Any

import pytest

from api.rights import Role
from core.events import DutyChanged, ItemOpened, ShiftHandedOver, StaffCounted
from core.house import House
from core.ids import AgentId
from core.inputs import CloseItem, MarkAbusive, OpenItem, SignOut, TakeBreak
from core.staff import item_version
from core.states import BreakReason, DutyState
from monitor.wallboard import Wallboard
from queueing.requests import ITEM_MOVED_ON
from tests.unit.doors import Doors, client_of
from tests.unit.floor import AGENT, APPLIED, journal, small_house

EARLY = {"id": "early", "name": {}, "start": "08:00", "end": "20:00"}


def rostered() -> House:
    document = small_house().model_dump(mode="json")
    agents = [{**document["agents"][0], "shift": "early"}, document["agents"][1]]
    return House.model_validate({**document, "shifts": [EARLY], "agents": agents})


async def test_the_roster_shows_who_works_and_who_is_late() -> None:
    doors = Doors()
    doors.house.house = rostered()
    board = Wallboard(doors.house.house)
    async with client_of(doors) as client:
        day = (await client.get("/roster")).json()[0]
        start, end = day["start_utc_s"], day["end_utc_s"]
        assert (day["agent"], day["shift"], day["duty"], end - start) == (AGENT, "early", None, 12 * 3600)
        for outcome in journal((0, APPLIED), (1, DutyChanged(AGENT, DutyState.LATE, "early", start, end))):
            board.apply(outcome)
        await doors.show(board)
        rows = (await client.get("/roster?days=2")).json()
    assert [(row["agent"], row["shift"], row["duty"]) for row in rows] == [
        ("agent-01", "early", "late"),
        ("agent-02", "", None),
        ("agent-01", "early", None),
        ("agent-02", "", None),
    ]


@pytest.mark.parametrize("query", ["days=0", "days=32", "date=2026-13-01", "date=x"])
async def test_a_wrong_day_is_a_problem(query: str) -> None:
    async with client_of(Doors()) as client:
        assert (await client.get(f"/roster?{query}")).status_code == 422


async def test_staff_shows_the_floor_the_items_and_the_handovers() -> None:
    doors, board = Doors(), Wallboard(small_house())
    handed = ShiftHandedOver("early", 1795000000.0, (("presales", 2),), (AGENT,), (), (("vip", "call back"),))  # type: ignore[arg-type]
    noted = ItemOpened("vip", "call back", "leader-01")
    for outcome in journal((0, APPLIED), (1, StaffCounted(7, 8, 9)), (2, noted), (3, handed)):
        board.apply(outcome)
    await doors.show(board)
    async with client_of(doors) as client:
        shown = (await client.get("/staff")).json()
    assert (shown["present"], shown["needed"], shown["rostered"]) == (7, 8, 9)
    assert [item["item"] for item in shown["items"]] == ["vip"]
    assert shown["handovers"][0]["waiting"] == {"presales": 2}


@pytest.mark.parametrize(
    ("method", "path", "body", "request_"),
    [
        ("POST", f"/agents/{AGENT}/break?override=true", {"reason": "meal"}, TakeBreak(AGENT, BreakReason.MEAL, True)),
        ("POST", f"/agents/{AGENT}/sign-out?override=true", {}, SignOut(AGENT, True)),
        ("POST", f"/agents/{AGENT}/abusive", None, MarkAbusive(AGENT)),
        ("PUT", "/items/printer", {"text": "out of paper"}, OpenItem("printer", "out of paper", "")),
        ("DELETE", "/items/printer", None, CloseItem("printer")),
    ],
)
async def test_requests_reach_the_engine(method: str, path: str, body: Any, request_: Any) -> None:
    doors = Doors()
    async with client_of(doors) as client:
        answer = await client.request(method, path, json=body)
    assert answer.status_code == 200, answer.text
    assert [asked.request for asked in doors.offered] == [request_]  # type: ignore[union-attr]


async def noted(*items: ItemOpened) -> Doors:
    doors, board = Doors(), Wallboard(small_house())
    for outcome in journal((0, APPLIED), *((1.0, each) for each in items)):
        board.apply(outcome)
    await doors.show(board)
    return doors


async def test_of_two_who_change_an_item_the_second_is_told_what_it_is_now() -> None:
    doors = await noted(ItemOpened("printer", "is being mended", "leader-01"))
    async with client_of(doors) as client:
        (shown,) = (await client.get("/staff")).json()["items"]
        match = {"If-Match": f'"{shown["version"]}"'}
        granted = await client.put("/items/printer", json={"text": "out of paper"}, headers=match)
        doors.refusal = ITEM_MOVED_ON
        late = await client.put("/items/printer", json={"text": "jammed"}, headers=match)
        blind = await client.put("/items/printer", json={"text": "jammed"})
        gone = await client.put("/items/vip", json={"text": "call back"}, headers=match)
        wrong = await client.put("/items/vip", json={"text": "call back"}, headers={"If-Match": "*"})
    assert doors.offered[0].request == OpenItem("printer", "out of paper", item_version("is being mended"))  # type: ignore[union-attr]
    assert granted.headers["ETag"] == f'"{item_version("out of paper")}"'
    assert (late.status_code, late.json()["errors"]) == (412, [{"field": "text", "problem": "is being mended"}])
    assert (blind.status_code, gone.status_code, wrong.status_code) == (428, 412, 422)


async def test_an_agent_may_not_override() -> None:
    doors = Doors()
    await doors.add_person("agent-01", Role.AGENT)
    headers = {"Authorization": f"Bearer {await doors.token_of('agent-01')}"}
    async with client_of(doors, admin=False, **headers) as client:
        refused = await client.post("/agents/agent-01/sign-out?override=true")
        allowed = await client.post("/agents/agent-01/sign-out")
    assert (refused.status_code, allowed.status_code) == (403, 200)
    assert [asked.request for asked in doors.offered] == [SignOut(AgentId("agent-01"))]  # type: ignore[union-attr]


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "a\nb"}, {"text": "x" * 81}])
async def test_an_items_text_is_one_line(body: Any) -> None:
    doors = Doors()
    async with client_of(doors) as client:
        assert (await client.put("/items/printer", json=body)).status_code == 422
    assert doors.offered == []
