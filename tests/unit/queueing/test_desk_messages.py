"""What leaders write to agents: unread until read once, also signed out and over a snapshot; bounded."""

from __future__ import annotations

import pytest

from core.events import DeskMessageRead, DeskMessageSent, RequestRefused
from core.ids import AgentId, DeskMessageId
from core.inputs import ReadDeskMessage, TellAgent
from queueing.decision import Decision
from queueing.desk_messages import LONGEST, MOST_UNREAD
from tests.unit.queueing.builders import TestFloor, agent, house, only, opened

A1 = AgentId("a1")


def tell(floor: TestFloor, text: str, name: str = "a1") -> Decision:
    return floor.ask(TellAgent(AgentId(name), text))


def test_a_message_is_unread_until_its_agent_reads_it_once() -> None:
    floor = opened(("a1", "s1"))
    sent = only(DeskMessageSent, tell(floor, "  stay ten minutes longer\n"))
    assert (sent.agent, sent.text, sent.by) == (A1, "stay ten minutes longer", "test")
    assert floor.engine.snapshot().unread == {A1: [sent.message]}
    floor.who = "a1"
    assert only(DeskMessageRead, floor.ask(ReadDeskMessage(A1, sent.message))).by == "a1"
    assert floor.engine.snapshot().unread == {}
    again = floor.ask(ReadDeskMessage(A1, sent.message))
    assert "no unread message" in only(RequestRefused, again).reason


def test_of_two_messages_the_other_stays_unread() -> None:
    floor = opened(("a1", "s1"))
    first, second = (only(DeskMessageSent, tell(floor, text)).message for text in ("one", "two"))
    assert only(DeskMessageRead, floor.ask(ReadDeskMessage(A1, first)))
    assert floor.engine.snapshot().unread == {A1: [second]}


def test_somebody_who_is_not_signed_in_finds_it_later() -> None:
    floor = opened(("a1", "s1"))
    assert only(DeskMessageSent, tell(floor, "call me", "a2")).agent == "a2"
    assert "a2" in floor.engine.snapshot().unread


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [(" \n", "a1", "nothing to read"), ("x" * (LONGEST + 1), "a1", "characters"), ("x", "nobody", "no agent")],
)
def test_what_cannot_be_sent_is_refused(text: str, name: str, said: str) -> None:
    assert said in only(RequestRefused, tell(opened(("a1", "s1")), text, name)).reason


def test_only_so_many_wait_and_an_agents_leaving_drops_them() -> None:
    floor = opened(("a1", "s1"))
    for _ in range(MOST_UNREAD):
        tell(floor, "x")
    assert "unread messages" in only(RequestRefused, tell(floor, "x")).reason
    tell(floor, "x", "a2")
    floor.configure(house(agent("a1"), agent("a3")))
    assert list(floor.engine.snapshot().unread) == [A1]
    assert "no unread message" in only(RequestRefused, floor.ask(ReadDeskMessage(A1, DeskMessageId("dm-0")))).reason
