"""/agents/{agent}/messages: written by leaders, read by the agent alone, seen by both; text is hostile."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest

from api.rights import Role
from core.events import DeskMessageRead, DeskMessageSent, HouseApplied
from core.ids import DeskMessageId
from core.inputs import ReadDeskMessage, Requested, TellAgent
from monitor.pops import MESSAGES_KEPT, Pops
from queueing.desk_messages import LONGEST
from tests.unit.doors import Doors, client_of
from tests.unit.floor import AGENT, ENTERED, NOON_UTC_S, OFFERED, OTHER_AGENT, RESERVED, board_after, journal

TEXT = "<b>stay</b>\n{{ten}} minutes 'longer'\"; DROP TABLE calls"


def sent(number: int, text: str = TEXT) -> DeskMessageSent:
    return DeskMessageSent(AGENT, DeskMessageId(f"dm-{number}"), text, "lead")


def was_read(number: int) -> DeskMessageRead:
    return DeskMessageRead(AGENT, DeskMessageId(f"dm-{number}"), AGENT)


async def as_(doors: Doors, name: str, role: Role) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    await doors.add_person(name, role)
    return client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of(name)}")


async def test_a_leader_writes_an_agent_reads_and_both_see_when() -> None:
    doors, pops = Doors(result="dm-1"), Pops()
    for outcome in journal((0, sent(1)), (5, sent(2)), (9, was_read(1))):
        pops.apply(outcome)
    await doors.pops.replace("e", 1, pops.snapshot())
    async with await as_(doors, "lead", Role.LEADER) as leader, await as_(doors, AGENT, Role.AGENT) as agent:
        answer = await leader.post(f"/agents/{AGENT}/messages", json={"text": TEXT}, headers={"Idempotency-Key": "k"})
        assert (answer.status_code, answer.json()["result"]) == (200, "dm-1")
        told = (await leader.get(f"/agents/{AGENT}/messages")).json()
        assert told == (await agent.get(f"/agents/{AGENT}/messages")).json()
        assert (await agent.get(f"/agents/{OTHER_AGENT}/messages")).status_code == 403
        assert (await agent.post(f"/agents/{AGENT}/messages/dm-2/read")).status_code == 200
        assert (await leader.post(f"/agents/{AGENT}/messages/dm-2/read")).status_code == 403
        assert (await agent.post(f"/agents/{OTHER_AGENT}/messages", json={"text": "x"})).status_code == 403
    assert [(one["message"], one["text"], one["by"], one["read_utc_s"]) for one in told] == [
        ("dm-2", TEXT, "lead", None), ("dm-1", TEXT, "lead", NOON_UTC_S + 9),
    ]  # fmt: skip
    assert [one.request for one in doors.offered if isinstance(one, Requested)] == [
        TellAgent(AGENT, TEXT), ReadDeskMessage(AGENT, DeskMessageId("dm-2")),
    ]  # fmt: skip
    rows = [(row.by, row.what, row.about) for row in doors.audit.rows if row.status == 200]
    assert rows == [
        ("lead", "POST /agents/{agent}/messages", AGENT),
        (AGENT, "POST /agents/{agent}/messages/{message}/read", f"{AGENT} dm-2"),
    ]
    assert "DROP" not in "".join(row.detail for row in doors.audit.rows), "the audit says that, the journal what"


@pytest.mark.parametrize("text", ["", "x" * (LONGEST + 1), "a\x00b", "a\x1bb", "a\u202eb", None, ["x"]])
async def test_text_that_no_desk_should_show_is_refused(text: Any) -> None:
    doors = Doors()
    async with await as_(doors, "lead", Role.LEADER) as leader:
        answer = await leader.post(f"/agents/{AGENT}/messages", json={"text": text})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.text")
    assert doors.offered == []


# --- what is folded --------------------------------------------------------------------------------
def test_all_unread_ones_and_the_last_that_were_read_are_kept_also_over_a_restart() -> None:
    pops = Pops()
    many = MESSAGES_KEPT + 5
    for outcome in journal(*((n, sent(n)) for n in range(many)), *((100 + n, was_read(n)) for n in range(many - 2))):
        pops.apply(outcome)
    told = Pops.from_json(pops.to_json()).snapshot()[f"told/{AGENT}"]
    assert isinstance(told, dict)
    kept = [one["message"] for one in told["messages"]]
    assert kept == [f"dm-{n}" for n in range(many - MESSAGES_KEPT, many)]
    assert [one["message"] for one in told["messages"] if one["read_utc_s"] is None] == ["dm-23", "dm-24"]


def test_they_stand_beside_the_pop_and_go_with_the_agent() -> None:
    pops = Pops()
    for outcome in journal((0, sent(1)), (1, ENTERED), (2, OFFERED), (3, RESERVED)):
        pops.apply(outcome)
    pops.show("+8613800001234", {"status": "unknown"})
    assert pops.snapshot().keys() == {f"told/{AGENT}", f"pop/{AGENT}"}
    gone = HouseApplied(2, 90, (), (), ((OTHER_AGENT, "x"),))
    pops.apply(journal((4, gone))[0])
    assert pops.snapshot() == {}


def test_the_floor_shows_how_many_are_unread_and_no_words() -> None:
    board = board_after((0, sent(1)), (1, sent(2)), (2, was_read(1)))
    assert board.snapshot()[f"agent/{AGENT}"] == {"id": AGENT, "name": AGENT, "unread": 1}
    read = board_after((0, sent(1)), (2, was_read(1))).snapshot()
    assert "unread" not in str(read) and TEXT not in str(read)
