"""/work: who sees and does what, and what reaches the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.rights import Role
from core.ids import AgentId, WorkId
from core.inputs import ClaimWork, FinishWork, HandOverWork, Requested
from store.records import WorkItem
from tests.unit.doors import Doors, client_of

MESSAGE = WorkItem(
    item="w-7.1", kind="message", call="n-1.1", number="+8613800138000", queue="presales", hotline="main",
    language="zh-CN", about="repair", file="n-1.1-1.wav", lasted_s=12.0, mark=0, busy=True, opened_utc_s=1000.0,
    due_utc_s=87_400.0, state="claimed", owner="agent-01", overdue=False, note="", closed_utc_s=None,
    closed_by="", how="",
)  # fmt: skip


def doors_with(**changes: Any) -> Doors:
    doors = Doors(**changes)
    doors.work.rows.append(MESSAGE)
    return doors


async def test_the_list_masks_numbers_and_one_item_shows_it_to_whoever_may_see_numbers() -> None:
    doors = doors_with()
    async with client_of(doors) as client:
        page = (await client.get("/work")).json()
        assert [item["number"] for item in page["items"]] == ["**********8000"] and page["next_after"] is None
        assert (await client.get("/work/w-7.1")).json()["number"] == "+8613800138000"
        assert (await client.get("/work/w-9.9")).status_code == 404
    narrow = {"Authorization": f"Bearer {await doors.token_of('admin', 'see_floor serve lead')}"}
    async with client_of(doors, admin=False, **narrow) as client:
        assert (await client.get("/work/w-7.1")).json()["number"] == "**********8000"


async def test_pages_go_on_where_the_last_one_ended() -> None:
    doors = doors_with()
    async with client_of(doors) as client:
        after = (await client.get("/work?limit=1")).json()["next_after"]
        assert after == "0~87400.0~w-7.1"
        await client.get(f"/work?limit=1&after={after}&kind=message&owner=agent-01")
        assert doors.work.asked == {"after": (0, 87400.0, "w-7.1"), "limit": 1, "kind": "message", "owner": "agent-01"}
        assert (await client.get(f"/work?state=closed&after={after}")).status_code == 422


@pytest.mark.parametrize("query", ["state=x", "kind=x", "limit=0", "after=x", "after=2~1~w-1", "owner=*"])
async def test_wrong_questions_are_problems(query: str) -> None:
    async with client_of(doors_with()) as client:
        assert (await client.get(f"/work?{query}")).status_code == 422


async def test_requests_reach_the_engine() -> None:
    doors = doors_with()
    async with client_of(doors) as client:
        for path, body in (
            ("claim", {"agent": "agent-01"}),
            ("hand-over", {"to": "agent-02", "note": "late shift"}),
            ("done", {"note": "called"}),
        ):
            assert (await client.post(f"/work/w-7.1/{path}", json=body)).status_code == 200
    item = WorkId("w-7.1")
    wishes = [fact.request for fact in doors.offered if isinstance(fact, Requested)]
    assert wishes == [
        ClaimWork(item, AgentId("agent-01")),
        HandOverWork(item, AgentId("agent-02"), "late shift"),
        FinishWork(item, "called"),
    ]


async def test_agents_do_their_own_work_and_leave_that_of_others_alone() -> None:
    doors = doors_with()
    await doors.add_person("agent-02", Role.AGENT)
    await doors.add_person("reader", Role.OPERATIONS)
    async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of('agent-02')}") as client:
        assert (await client.get("/work")).status_code == 200
        assert (await client.get("/work/w-7.1")).status_code == 404
        assert (await client.post("/work/w-7.1/done", json={})).status_code == 404
        assert (await client.post("/work/w-7.1/claim", json={"agent": "agent-01"})).status_code == 403
        assert (await client.post("/work/w-7.1/claim", json={"agent": "agent-02"})).status_code == 200
    async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of('reader')}") as client:
        assert (await client.get("/work")).status_code == 403
    assert len(doors.offered) == 1


async def test_a_message_is_played_and_nothing_else(tmp_path: Path) -> None:
    messages = tmp_path / "messages"
    messages.mkdir()
    (messages / "n-1.1-1.wav").write_bytes(b"RIFF")
    (tmp_path / "secret.wav").write_bytes(b"RIFF")
    doors = doors_with(messages=messages)
    async with client_of(doors) as client:
        answer = await client.get("/work/w-7.1/message")
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"RIFF", "audio/wav")
        for file in ("", "../secret.wav", "gone.wav", str(tmp_path / "secret.wav")):
            doors.work.rows[0] = WorkItem(
                **{name: getattr(MESSAGE, name) for name in MESSAGE.__slots__} | {"file": file}
            )
            assert (await client.get("/work/w-7.1/message")).status_code == 404
