"""Closing a queue, live: who is told what, who may be called back, and when it opens."""

from __future__ import annotations

import pytest

from core.commands import CallAgent, Dismiss, RingSeat, RunFlow, WithdrawRing
from core.events import (
    CallAbandoned,
    CallbackMade,
    CallEnded,
    CallFlowedOut,
    CallMoved,
    CallTurnedIntoCallback,
    QueueClosed,
    QueueOpened,
    RequestGranted,
    RequestRefused,
)
from core.ids import CallId
from core.inputs import CallbackRequested, CallerBack, MessageLeft
from core.states import CallState
from queueing.decision import Decision
from tests.unit.queueing.builders import (
    CARE,
    HOTLINE,
    NODE,
    SALES,
    TRUNK,
    TestFloor,
    agent,
    house,
    none,
    only,
    opened,
    talking,
)

MOBILE = "+8613800138000"


def floor_of_two() -> TestFloor:
    """a1 serves presales, a2 complaints."""
    floor = TestFloor()
    floor.open(house(agent("a1"), agent("a2", skills={"care": 5})))
    return floor


def asks(floor: TestFloor, call: str) -> Decision:
    return floor.give(CallbackRequested(CallId(call), NODE, HOTLINE, TRUNK, MOBILE, MOBILE, SALES, "zh-CN"))


def leaves_a_message(floor: TestFloor, call: str) -> Decision:
    return floor.give(MessageLeft(CallId(call), HOTLINE, MOBILE, MOBILE, "closed", "zh-CN", f"{call}-1.wav", 12.0))


def test_closing_tells_who_waits_and_who_comes() -> None:
    floor = floor_of_two()
    floor.queue("c1")
    floor.queue("c2", CARE)
    closed = floor.close_queue(SALES)
    assert (only(QueueClosed, closed).queue, only(CallFlowedOut, closed).call) == (SALES, "c1")
    assert (only(RunFlow, closed).flow, only(RunFlow, closed).opens_utc_s) == ("closed", None)
    assert only(CallFlowedOut, floor.queue("c3")).call == "c3"
    assert only(CallEnded, floor.hang_up("c1")).how == "closed"
    assert only(RingSeat, floor.sign_in("a2", "s2")).call == "c2", "the other queue goes on"
    assert only(QueueOpened, floor.open_queue(SALES))
    assert none(CallFlowedOut, floor.queue("c4"))


def test_closing_towards_another_queue_moves_them() -> None:
    floor = floor_of_two()
    floor.queue("c1")
    assert only(CallMoved, floor.close_queue(SALES, CARE)).why == "closed"
    assert only(CallMoved, floor.queue("c2")).queue == CARE


def test_the_last_of_a_chain_of_closed_queues_decides() -> None:
    floor = floor_of_two()
    floor.close_queue(CARE)
    floor.close_queue(SALES, CARE)
    assert only(CallFlowedOut, floor.queue("c1")).queue == SALES


def test_a_ring_goes_on_and_whoever_is_not_answered_is_sent_on_then() -> None:
    floor = opened(("a1", "s1"))
    floor.rang(only(RingSeat, floor.queue("c1")))
    assert none(WithdrawRing, floor.close_queue(SALES))
    assert only(CallFlowedOut, floor.after(15.1)).call == "c1"


def test_a_talk_goes_on() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.close_queue(SALES)
    assert floor.engine.snapshot().calls[CallId("c1")].state is CallState.TALKING


def test_a_queue_opens_again_at_the_moment_that_its_callers_are_told() -> None:
    floor = opened(("a1", "s1"))
    floor.take_break("a1")
    floor.queue("c1")
    assert only(RunFlow, floor.close_queue(SALES, for_s=60)).opens_utc_s == floor.utc_s() + 60
    assert only(QueueClosed, floor.close_queue(SALES, for_s=120)).until_utc_s == floor.utc_s() + 120
    assert none(QueueOpened, floor.after(119))
    assert only(QueueOpened, floor.after(1)).by == "engine"
    assert none(CallFlowedOut, floor.queue("c2"))
    assert "later" in only(RequestRefused, floor.close_queue(SALES, for_s=-1)).reason


def test_the_first_of_a_closed_chain_to_open_is_told() -> None:
    floor = floor_of_two()
    floor.close_queue(CARE, for_s=60)
    floor.close_queue(SALES, CARE, for_s=600)
    assert only(RunFlow, floor.queue("c1")).opens_utc_s == floor.utc_s() + 60


def test_a_closing_flow_ordered_anew_says_too_when_the_queue_opens() -> None:
    floor = floor_of_two()
    floor.close_queue(SALES, for_s=60)
    floor.queue("c1")
    floor.after(5)
    again = only(RunFlow, floor.give(CallerBack(CallId("c1"), NODE)))
    assert (again.flow, again.opens_utc_s) == ("closed", floor.utc_s() + 55)


def test_whom_a_closed_queue_has_told_may_be_called_back_when_it_opens_or_leaves_a_message() -> None:
    floor = opened(("a1", "s1"))
    floor.close_queue(SALES)
    floor.queue("c1")
    wish = asks(floor, "c1")
    assert only(CallbackMade, wish).call == "c1" and none(CallTurnedIntoCallback, wish) and none(CallAgent, wish)
    assert only(CallEnded, floor.hang_up("c1")).how == "callback"
    floor.queue("c2")
    leaves_a_message(floor, "c2")
    assert only(CallEnded, floor.hang_up("c2")).how == "message"
    assert only(CallAgent, floor.open_queue(SALES)).call


def test_a_closed_queue_keeps_what_it_promised_before() -> None:
    floor = opened(("a1", "s1"))
    floor.take_break("a1")
    floor.queue("c1")
    asks(floor, "c1")
    floor.close_queue(SALES)
    assert none(CallAgent, floor.ready("a1"))
    assert only(CallAgent, floor.open_queue(SALES))


def test_who_asks_a_closed_queue_for_a_person_hears_goodbye_unless_it_is_open_by_then() -> None:
    floor = floor_of_two()
    floor.close_queue(SALES)
    floor.queue("c1")
    floor.queue("c2")
    assert only(Dismiss, floor.queue("c1", since=floor.now_s)).prompt == "queue-closed"
    floor.open_queue(SALES)
    assert only(CallMoved, floor.queue("c2", since=floor.now_s)).queue == SALES
    assert only(CallAbandoned, floor.hang_up("c2")).queue == SALES


def test_a_closing_flow_that_cannot_be_run_is_a_closing_message() -> None:
    floor = floor_of_two()
    floor.close_queue(SALES)
    order = only(RunFlow, floor.queue("c1"))
    assert only(Dismiss, floor.fail(order, "it has no such flow")).prompt == "queue-closed"


@pytest.mark.parametrize(("queue", "to"), [(SALES, SALES), (SALES, "nowhere"), ("nowhere", "")])
def test_a_circle_or_an_unknown_queue_is_refused(queue: str, to: str) -> None:
    floor = floor_of_two()
    assert only(RequestRefused, floor.close_queue(queue, to))
    floor.close_queue(CARE, SALES)
    assert "come back" in only(RequestRefused, floor.close_queue(SALES, CARE)).reason
    assert "not closed" in only(RequestRefused, floor.open_queue(SALES)).reason


def test_closing_twice_in_the_same_way_changes_nothing_and_is_granted() -> None:
    floor = floor_of_two()
    assert only(QueueClosed, floor.close_queue(SALES, CARE))
    again = floor.close_queue(SALES, CARE)
    assert none(QueueClosed, again) and only(RequestGranted, again)
