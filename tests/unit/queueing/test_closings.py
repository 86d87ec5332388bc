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
from core.house import ClosingMessage
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


def floor_with_a_message() -> TestFloor:
    floor = TestFloor()
    fault = ClosingMessage(id="fault", name={}, flow="closed-fault")
    floor.open(house(agent("a1"), agent("a2", skills={"care": 5}), closing_messages=(fault,)))
    return floor


def test_callers_hear_the_message_that_was_chosen_and_another_as_soon_as_it_is_switched() -> None:
    floor = floor_with_a_message()
    floor.queue("c1")
    closed = floor.close_queue(SALES, for_s=60, message="fault")
    order = only(RunFlow, closed)
    assert (only(QueueClosed, closed).message, order.flow) == ("fault", "closed-fault")
    assert order.opens_utc_s == floor.utc_s() + 60
    switched = floor.close_queue(SALES, for_s=60)
    assert only(QueueClosed, switched).message == "" and none(RunFlow, switched), "who hears one hears it to its end"
    assert only(RunFlow, floor.queue("c2")).flow == "closed"
    floor.close_queue(SALES, for_s=60, message="fault")
    assert none(QueueClosed, floor.close_queue(SALES, for_s=60, message="fault"))
    floor.open_queue(SALES)
    floor.close_queue(SALES)
    assert only(RunFlow, floor.queue("c3")).flow == "closed", "an opening forgets it"


def test_the_message_of_the_last_closed_queue_of_a_chain_is_heard() -> None:
    floor = floor_with_a_message()
    floor.close_queue(CARE, message="fault")
    floor.close_queue(SALES, CARE)
    assert only(RunFlow, floor.queue("c1")).flow == "closed-fault"


def test_a_message_that_the_house_has_no_more_is_the_usual_one() -> None:
    floor = floor_with_a_message()
    floor.close_queue(SALES, message="fault")
    floor.configure(house(agent("a1"), agent("a2", skills={"care": 5})), version=2)
    assert only(RunFlow, floor.queue("c1")).flow == "closed"


@pytest.mark.parametrize(("to", "message", "why"), [("", "flood", "no closing message"), (CARE, "fault", "one or the")])
def test_a_message_that_nobody_would_hear_is_refused(to: str, message: str, why: str) -> None:
    floor = floor_with_a_message()
    assert why in only(RequestRefused, floor.close_queue(SALES, to, message=message)).reason
    assert SALES not in floor.engine.snapshot().closed_queues


@pytest.mark.parametrize(("queue", "to"), [(SALES, SALES), (SALES, "nowhere"), ("nowhere", "")])
def test_a_circle_or_an_unknown_queue_is_refused(queue: str, to: str) -> None:
    floor = floor_of_two()
    assert only(RequestRefused, floor.close_queue(queue, to))
    floor.close_queue(CARE, SALES)
    assert "come back" in only(RequestRefused, floor.close_queue(SALES, CARE)).reason
    assert "not closed" in only(RequestRefused, floor.open_queue(SALES)).reason


def test_a_circle_is_refused_while_the_house_is_being_stopped() -> None:
    floor = floor_of_two()
    floor.close_queue(CARE, SALES)
    floor.drain()
    assert "come back" in only(RequestRefused, floor.close_queue(SALES, CARE)).reason


def test_a_queue_in_the_midst_of_a_chain_is_not_closed_towards_its_beginning() -> None:
    floor, of_two = TestFloor(), house(agent("a1"))
    floor.open(
        of_two.model_copy(update={"queues": (*of_two.queues, of_two.queues[1].model_copy(update={"id": "third"}))})
    )
    floor.close_queue(SALES, CARE)
    assert only(QueueClosed, floor.close_queue(CARE, "third"))
    assert "come back" in only(RequestRefused, floor.close_queue(CARE, SALES)).reason
    assert only(QueueClosed, floor.close_queue(CARE)).to == ""


def test_closing_twice_in_the_same_way_changes_nothing_and_is_granted() -> None:
    floor = floor_of_two()
    assert only(QueueClosed, floor.close_queue(SALES, CARE))
    again = floor.close_queue(SALES, CARE)
    assert none(QueueClosed, again) and only(RequestGranted, again)


@pytest.mark.parametrize("by_s", [-3600.0, 300.0])
def test_a_queue_opens_at_the_moment_that_was_given_though_the_clock_is_set(by_s: float) -> None:
    """Its callers have been told that moment."""
    floor = opened(("a1", "s1"))
    floor.close_queue(SALES, for_s=3600)
    opens_utc_s = floor.utc_s() + 3600
    floor.clock_set(by_s)
    left_s = max(0.0, opens_utc_s - floor.utc_s())
    assert none(QueueOpened, floor.after(left_s - 0.5))
    assert only(QueueOpened, floor.after(0.5)).queue == SALES


def test_a_queue_whose_moment_the_clock_has_passed_opens_at_once() -> None:
    floor = opened(("a1", "s1"))
    floor.close_queue(SALES, for_s=3600)
    floor.clock_set(7200.0)
    assert only(QueueOpened, floor.after(0.0)).queue == SALES
