"""Leaders and supervisors: take over, move, hurry, close. These requests in, these orders and events out."""

from __future__ import annotations

import pytest

from core.commands import CallListener, FetchCaller, RememberPlace, RingSeat, WithdrawRing
from core.events import (
    CallAnswered,
    CallMoved,
    CallTransferred,
    ListeningEnded,
    PriorityChanged,
    RequestGranted,
    RequestRefused,
    TalkBegan,
)
from core.house import House
from core.ids import CallId, SeatId
from core.inputs import ListenByPhone, SeatAnswered
from core.states import ListenMode
from tests.unit.queueing.builders import CARE, SALES, TestFloor, agent, all_of, house, none, only, opened, talking


def both() -> House:
    """a1 serves presales, a2 complaints, a3 nothing that anybody asks for."""
    return house(agent("a1"), agent("a2", skills={"care": 5}), agent("a3", skills={"sales": 1}))


def floor_of_two() -> TestFloor:
    floor = TestFloor()
    floor.open(both())
    return floor


# --- take over ---------------------------------------------------------------------------------------
def test_a_talk_is_fetched_for_the_supervisor() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = talking(floor, "c1")
    asked = floor.take_over("a2", "c1")
    assert only(FetchCaller, asked) and none(RequestGranted, asked)
    left = floor.leg_end(ring)
    assert only(CallTransferred, left).how == "taken_over" and only(RequestGranted, left)
    rung = only(RingSeat, floor.queue("c1", since=floor.now_s))
    assert rung.seat == "s2"
    assert only(TalkBegan, floor.answer(rung)).how == "taken_over"


def test_a_waiting_call_is_taken_over_at_once_and_answered_for_its_queue() -> None:
    floor = floor_of_two()
    floor.queue("c1")
    floor.sign_in("a3", "s3")
    taken = floor.take_over("a3", "c1")
    rung = only(RingSeat, taken)
    assert only(RequestGranted, taken) and rung.seat == "s3"
    assert only(CallAnswered, floor.answer(rung)).queue == SALES


def test_of_two_who_listen_only_the_one_who_takes_the_call_stops() -> None:
    """a1 is gone and the caller waits again; a3 listened at s3 and takes it, somebody at s4 listens on."""
    floor = opened(("a1", "s1"), ("a2", "s2"), ("a3", "s3"))
    ring = talking(floor, "c1")
    floor.take_break("a2")
    for who, seat in (("other", "s4"), ("a3", "s3")):
        floor.who = who
        order = only(CallListener, floor.ask(ListenByPhone(CallId("c1"), "192.0.2.7", SeatId(seat), ListenMode.LISTEN)))
        floor.give(SeatAnswered(order.channel, order.offer, order.seat))
    floor.transfer("a1", queue=SALES)
    floor.leg_end(ring)
    floor.queue("c1", since=floor.now_s)
    taken = floor.take_over("a3", "c1")
    assert [event.why for event in all_of(ListeningEnded, taken)] == ["taken_over"]
    assert len(floor.engine.snapshot().listenings) == 1


def test_a_take_over_that_is_not_answered_leaves_the_call_its_place() -> None:
    floor = floor_of_two()
    floor.queue("c1")
    floor.queue("c2")
    floor.sign_in("a3", "s3")
    floor.rang(only(RingSeat, floor.take_over("a3", "c1")))
    assert none(CallMoved, floor.after(15.1))
    assert only(RingSeat, floor.sign_in("a1", "s1")).call == "c1"


def test_a_ring_elsewhere_is_withdrawn_for_it() -> None:
    floor = TestFloor()
    floor.open(both())
    floor.sign_in("a1", "s1")
    floor.sign_in("a3", "s3")
    ring = only(RingSeat, floor.queue("c1"))
    taken = floor.take_over("a3", "c1")
    assert only(WithdrawRing, taken).offer == ring.offer and only(RingSeat, taken).seat == "s3"


# --- move and priority ---------------------------------------------------------------------------------
def test_a_moved_call_counts_f_here_and_o_there_and_keeps_its_place() -> None:
    floor = floor_of_two()
    floor.queue("c1")
    floor.after(30.0)
    floor.queue("c2", CARE)
    moved = only(CallMoved, floor.move("c1", CARE))
    assert (moved.from_queue, moved.queue, moved.why, moved.from_line) == (SALES, CARE, "moved", True)
    rung = only(RingSeat, floor.sign_in("a2", "s2"))
    assert rung.call == "c1"
    floor.after(1.0)
    assert only(CallAnswered, floor.answer(rung)).waited_s == pytest.approx(1.0)


def test_a_priority_changes_the_place_at_once_and_outlives_us() -> None:
    floor = floor_of_two()
    floor.queue("c1")
    floor.queue("c2")
    hurried = floor.set_priority("c2", 3)
    assert only(PriorityChanged, hurried).priority == only(RememberPlace, hurried).priority == 3
    assert only(RingSeat, floor.sign_in("a1", "s1")).call == "c2"


@pytest.mark.parametrize("state", ["nowhere", "menu"])
def test_what_cannot_be_moved_is_refused(state: str) -> None:
    floor = opened(("a1", "s1"))
    if state == "menu":
        floor.arrive("c1")
    for asked in (floor.take_over("a1", "c1"), floor.move("c1", CARE), floor.set_priority("c1", 1)):
        assert only(RequestRefused, asked) and not asked.commands


def test_a_call_is_taken_over_by_somebody_who_is_free() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    floor.take_break("a2")
    refused = floor.take_over("a2", "c1")
    assert "not free now" in only(RequestRefused, refused).reason and not refused.commands


def test_whoever_listens_by_phone_and_takes_a_call_that_waits_again_has_the_line_free_for_it() -> None:
    """The agent hung up on a held caller while the supervisor listened: the caller waits, the line is still up."""
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = talking(floor, "c1")
    floor.who = "a2"
    order = only(CallListener, floor.ask(ListenByPhone(CallId("c1"), "192.0.2.7", SeatId("s2"), ListenMode.LISTEN)))
    floor.give(SeatAnswered(order.channel, order.offer, order.seat))
    floor.hold("a1")
    floor.held("c1")
    floor.leg_end(ring)
    taken = floor.take_over("a2", "c1")
    assert only(RingSeat, taken).seat == "s2"


def test_a_priority_that_there_is_not_and_that_of_a_talk_are_refused() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    assert "waits no more" in only(RequestRefused, floor.set_priority("c1", 3)).reason
    floor.queue("c2")
    assert "0 to 9" in only(RequestRefused, floor.set_priority("c2", 10)).reason
