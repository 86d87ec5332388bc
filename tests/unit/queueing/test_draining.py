"""Stopping the house without cutting anybody off: who is served, who is told, and when it is over."""

from __future__ import annotations

from core.commands import CallAgent, DialFar, MirrorClosing, RefuseCallers, RingSeat, RunFlow, WithdrawRing
from core.events import (
    CallAnswered,
    CallbackMade,
    CallFlowedOut,
    DrainBegan,
    DrainEnded,
    HouseDrained,
    RequestGranted,
    RequestRefused,
)
from core.ids import AgentId, CallId
from core.inputs import AskCallback, CallbackRequested, CallQueued, PlaceCall
from core.states import CallState
from queueing.draining import Left
from queueing.engine import Engine
from tests.unit.queueing.builders import (
    HOTLINE,
    NODE,
    SALES,
    TRUNK,
    TestFloor,
    all_of,
    leg,
    none,
    only,
    opened,
    seen,
    talking,
)
from tests.unit.queueing.test_outside import WRITTEN, housed

MOBILE = "13800138000"


def test_a_talk_goes_on_the_next_caller_is_told_and_the_house_stops_after_the_wrap_up() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = talking(floor, "c1")
    began = floor.drain()
    assert (only(DrainBegan, began).within_s, only(RefuseCallers, began).refuse) == (600.0, True)
    assert only(RequestGranted, began) and floor.engine.left() == Left(1, 0)
    late = floor.queue("c2")
    assert only(CallFlowedOut, late).call == "c2" and only(RunFlow, late).flow == "closed" and none(RingSeat, late)
    floor.hang_up("c2")
    assert none(HouseDrained, floor.leg_end(ring)), "the agent writes up what was said"
    assert none(HouseDrained, floor.hang_up("c1")) and floor.engine.left() == Left(0, 1)
    assert only(HouseDrained, floor.after(10.0)).left == 0


def test_nobody_is_given_outside_by_a_menu_any_more() -> None:
    """That talk would be one more to wait for."""
    floor = opened(("a1", "s1"), the_house=housed())
    talking(floor, "c1")
    floor.drain()
    late = floor.give(CallQueued(CallId("c2"), NODE, HOTLINE, TRUNK, "", SALES, "zh-CN", outside=WRITTEN))
    assert none(DialFar, late) and only(RunFlow, late).call == "c2"


def test_who_waits_is_told_and_may_be_called_back_by_the_next_process() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.queue("c2")
    assert only(RunFlow, floor.drain()).call == "c2"
    wish = CallbackRequested(CallId("c2"), NODE, HOTLINE, TRUNK, MOBILE, MOBILE, SALES, "zh-CN")
    assert only(CallbackMade, floor.give(wish)).call == "c2"
    floor.hang_up("c2")
    floor.hang_up("c1")
    assert only(HouseDrained, floor.after(10.0)) and none(CallAgent, floor.after(60.0))
    after = TestFloor(Engine.restore(floor.engine.snapshot()), floor.now_s)
    after.sequence = floor.sequence
    opened_again = after.started_by("the next up")
    assert only(DrainEnded, opened_again).by == "engine"
    assert only(CallAgent, opened_again).seat == "s1", "the promise is kept by the process that comes"


def test_a_ring_goes_on_alone_and_its_answer_is_a_talk() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    drained = floor.drain()
    assert none(WithdrawRing, drained) and none(RunFlow, drained)
    assert only(CallAnswered, floor.answer(ring)).call == "c1"


def test_whose_ring_nobody_answers_is_told() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    floor.rang(only(RingSeat, floor.queue("c1")))
    floor.drain()
    missed = floor.after(15.1)
    assert only(CallFlowedOut, missed).call == "c1" and none(RingSeat, missed)


def test_an_empty_house_stops_at_once() -> None:
    assert only(HouseDrained, opened(("a1", "s1")).drain()).left == 0


def test_at_its_limit_it_stops_whatever_is_left_and_another_limit_may_be_set() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.drain(60.0)
    again = floor.drain(120.0)
    assert only(DrainBegan, again).within_s == 120.0 and none(RefuseCallers, again)
    assert none(HouseDrained, floor.after(119.0))
    assert only(HouseDrained, floor.after(1.0)).left == 1


def test_nobody_calls_out_and_promises_rest() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    floor.drain()
    assert "being stopped" in only(RequestRefused, floor.ask(PlaceCall(AgentId("a2"), MOBILE, None))).reason
    assert only(RequestGranted, floor.ask(AskCallback(MOBILE, SALES)))
    assert floor.engine.left() == Left(1, 0)
    assert only(CallAgent, floor.cancel_drain()).seat == "s2"


def test_cancelled_it_takes_calls_as_before_and_what_was_closed_stays_so() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    floor.close_queue("complaints")
    floor.drain()
    ended = floor.cancel_drain()
    assert (only(DrainEnded, ended).by, only(RefuseCallers, ended).refuse) == ("test", False)
    assert [(order.queue, order.to) for order in all_of(MirrorClosing, ended)] == [
        ("presales", None),
        ("complaints", ""),
    ]
    assert only(RingSeat, floor.queue("c2")).seat == "s2"
    assert "not being stopped" in only(RequestRefused, floor.cancel_drain()).reason
    assert floor.engine.left() is None


def test_a_consulted_colleague_is_rung_because_the_talk_goes_on() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    floor.drain()
    floor.consult("a1", "a2")
    assert none(RequestRefused, floor.held("c1"))
    assert floor.engine.snapshot().calls[CallId("c1")].state is CallState.HELD


def test_it_outlives_the_engine_and_the_pbx_is_told_again() -> None:
    floor = opened(("a1", "s1"))
    floor.started_by("up-1")
    talking(floor, "c1")
    floor.drain()
    floor.lose_sight()
    after = TestFloor(Engine.restore(floor.engine.snapshot()), floor.now_s)
    after.sequence = floor.sequence
    assert none(DrainEnded, after.started_by("up-1"))
    resync = after.resync(seen("c1", CallState.TALKING))
    assert only(RefuseCallers, resync).refuse
    assert {order.to for order in all_of(MirrorClosing, resync)} == {""}
    assert only(HouseDrained, after.after(600.0))


def test_a_pbx_out_of_sight_is_told_when_it_is_seen_again() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.lose_sight()
    assert none(RefuseCallers, floor.drain())
    assert only(RefuseCallers, floor.resync(seen("c1", CallState.TALKING, leg("s1", answered=True)))).refuse


def test_a_process_that_was_killed_as_it_ended_is_told_again() -> None:
    floor = opened(("a1", "s1"))
    floor.started_by("up-1")
    floor.drain()
    assert only(HouseDrained, floor.started_by("up-1"))
    assert only(DrainEnded, floor.started_by("up-2")) and none(HouseDrained, floor.started_by("up-2"))


def test_after_a_reboot_the_limit_is_not_in_a_far_future() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.drain(600.0)
    floor.rebooted(-900.0)
    due = floor.engine.next_deadline()
    assert due is not None and due <= floor.now_s + 600.0
