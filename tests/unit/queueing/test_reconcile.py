"""Out of sight and back: what the PBX tells at a resync corrects what we believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.commands import LetGo, MirrorClosing, MirrorSeat, RingSeat, TakeBack, WithdrawRing
from core.events import (
    AgentChanged,
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallLost,
    CallOffered,
    ConsultAnswered,
    ConsultEnded,
    PbxChanged,
    RingBegan,
    RingEnded,
    SeatChanged,
    TalkEnded,
)
from core.ids import AgentId, CallId, NodeId, OfferId, SeatId
from core.inputs import CallerHungUp, CallQueued, PbxLost, PbxResynced, SeatAnswered, SeatLegEnded
from core.states import AgentState, CallState, RingOutcome
from queueing.decision import Decision
from queueing.reconcile import SETTLE_MOST_S, SETTLE_S
from queueing.seats import RING_WITHIN_S
from tests.unit.queueing.builders import (
    HOTLINE,
    MIDNIGHT,
    NODE,
    SALES,
    TRUNK,
    TestFloor,
    all_of,
    house,
    leg,
    none,
    only,
    opened,
    seen,
    talking,
)


def test_before_the_pbx_is_seen_nobody_rings() -> None:
    floor = opened(("a1", "s1"))
    assert only(PbxChanged, floor.lose_sight()).up is False
    assert floor.lose_sight().events == ()
    assert none(RingSeat, floor.queue("c1"))
    decision = floor.resync(seen("c1", CallState.WAITING))
    assert only(PbxChanged, decision).up is True
    assert none(RingSeat, decision)
    assert only(RingSeat, floor.after(SETTLE_S)).call == "c1"


def test_an_engine_that_is_back_at_once_is_told_what_happened_meanwhile() -> None:
    """It is killed and back in less than the moment for which facts are not contradicted."""
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    floor.queue("c2")
    floor.after(0.1)
    floor.lose_sight()
    floor.after(0.2)
    seen_again = floor.resync(seen("c1", CallState.TALKING, leg("s1", ring.offer, answered=True)))
    assert only(CallAnswered, seen_again).call == "c1"
    assert only(CallAbandoned, seen_again).call == "c2"
    assert none(WithdrawRing, floor.after(60.0)), "nobody pulls back a phone that talks"


def test_what_happened_since_the_pbx_is_seen_again_is_not_contradicted() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    floor.lose_sight()
    floor.after(0.1)
    floor.give(SeatAnswered(CallId("c1"), ring.offer, SeatId("s1")))
    floor.after(0.1)
    assert none(TalkEnded, floor.resync(seen("c1", CallState.RINGING, leg("s1", ring.offer))))


def test_who_comes_back_first_does_not_overtake() -> None:
    floor = opened()
    floor.queue("c1")
    floor.after(1)
    floor.queue("c2")
    floor.lose_sight()
    floor.sign_in("a1", "s1")
    floor.after(5)
    floor.resync(seen("c1", CallState.FALLBACK), seen("c2", CallState.FALLBACK))
    assert none(RingSeat, floor.queue("c2", since=floor.now_s))
    floor.queue("c1", since=floor.now_s)
    assert only(RingSeat, floor.after(SETTLE_S)).call == "c1"


def test_who_is_slow_to_come_back_is_waited_for() -> None:
    """Each comes by an order of its own; on a busy machine these take their time. Who never comes holds nobody up."""
    floor = opened()
    floor.queue("c1")
    floor.after(1)
    floor.queue("c2")
    floor.lose_sight()
    floor.sign_in("a1", "s1")
    floor.after(5)
    floor.resync(seen("c1", CallState.FALLBACK), seen("c2", CallState.FALLBACK), seen("c3", CallState.FALLBACK))
    floor.queue("c2", since=floor.now_s)
    assert none(RingSeat, floor.after(SETTLE_S))
    floor.queue("c1", since=floor.now_s)
    assert only(RingSeat, floor.after(SETTLE_MOST_S - SETTLE_S)).call == "c1"


def test_a_talk_of_the_fallback_that_is_over_is_an_answered_call() -> None:
    floor = opened(("a1", "s1"))
    floor.take_break("a1")
    floor.queue("c1")
    floor.lose_sight()
    floor.after(30)
    began_utc_s = MIDNIGHT.timestamp() + floor.now_s - 20
    over = replace(seen("c1", CallState.LEAVING), answered_utc_s=began_utc_s, answered_by=SeatId("s2"))
    decision = floor.resync(over)
    assert only(CallAnswered, decision).waited_s == 10.0
    assert only(TalkEnded, decision).talk_s == 20.0
    assert only(CallEnded, floor.hang_up("c1")).how == "agent"


def test_another_run_of_the_pbx_has_lost_every_call_of_the_old_one() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    floor.rang(only(RingSeat, floor.queue("c2")))
    floor.queue("c3")
    floor.arrive("c4")
    floor.lose_sight()
    floor.after(5)
    decision = floor.resync(started="run2")
    assert [(lost.call, lost.queue) for lost in all_of(CallLost, decision)] == [
        ("c1", None),
        ("c2", SALES),
        ("c3", SALES),
        ("c4", None),
    ]
    assert {ended.how for ended in all_of(CallEnded, decision)} == {"pbx_lost"}
    assert only(TalkEnded, decision).by == "pbx"
    assert [change.state for change in all_of(AgentChanged, decision)] == [AgentState.IDLE, AgentState.IDLE]


def test_calls_that_came_to_the_new_run_are_not_lost_with_the_old_one() -> None:
    floor = opened(("a1", "s1"))
    floor.lose_sight()
    floor.after(5)
    floor.queue("c9")
    floor.after(0.5)
    decision = floor.resync(started="run2")
    assert none(CallLost, decision)
    assert only(RingSeat, floor.after(SETTLE_S)).call == "c9"


def test_a_ghost_whose_line_refuses_every_order_ends_also_when_it_is_tried_at_each_resync() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.after(5)
    floor.rang(ring)
    floor.fail(ring)
    only(RingSeat, floor.after(1.0))
    assert only(CallEnded, floor.resync()).how == "abandoned"


def test_calls_not_seen_any_more_have_ended() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    floor.rang(only(RingSeat, floor.queue("c2")))
    floor.queue("c3")
    floor.arrive("c4")
    floor.lose_sight()
    floor.after(5)
    decision = floor.resync()
    assert only(TalkEnded, decision).by == "pbx"
    assert only(RingEnded, decision).outcome is RingOutcome.CALLER_GONE
    assert [gone.call for gone in all_of(CallAbandoned, decision)] == ["c2", "c3"]
    assert [(ended.call, ended.how) for ended in all_of(CallEnded, decision)] == [
        ("c1", "caller"),
        ("c2", "abandoned"),
        ("c3", "abandoned"),
        ("c4", "menu"),
    ]


def test_a_call_younger_than_the_resync_is_not_contradicted() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    floor.after(0.5)
    assert floor.resync().events == ()
    assert only(CallAnswered, floor.answer(ring)).call == "c1"


def test_a_periodic_resync_that_finds_nothing_new_does_nothing() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    first = talking(floor, "c1")
    second = only(RingSeat, floor.queue("c2"))
    floor.rang(second)
    floor.queue("c3")
    floor.arrive("c4")
    floor.after(5)
    decision = floor.resync(
        seen("c1", CallState.TALKING, leg("s1", first.offer, answered=True)),
        seen("c2", CallState.RINGING, leg("s2", second.offer)),
        seen("c3", CallState.WAITING),
        seen("c4", CallState.MENU, queue=None),
    )
    assert decision.events == () and decision.commands == ()


def test_a_ring_answered_out_of_sight_is_an_answer() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    floor.lose_sight()
    assert floor.after(60).events == ()  # the ring's own deadline means nothing meanwhile
    decision = floor.resync(seen("c1", CallState.TALKING, leg("s1", ring.offer, answered=True)))
    assert only(RingEnded, decision).outcome is RingOutcome.ANSWERED
    assert only(CallAnswered, decision).agent == "a1"


def test_a_ring_still_on_after_its_budget_is_pulled_back_at_once() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    floor.lose_sight()
    floor.after(20)
    floor.resync(seen("c1", CallState.RINGING, leg("s1", ring.offer)))
    decision = floor.after(0)
    assert only(RingEnded, decision).outcome is RingOutcome.MISSED
    assert only(RingSeat, decision).seat == "s2"


def test_a_ring_whose_budget_passed_out_of_sight_is_over_whatever_the_callers_line_hears() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    floor.rang(only(RingSeat, floor.queue("c1")))
    floor.lose_sight()
    floor.after(20)
    floor.resync(seen("c1", CallState.HELD))
    decision = floor.after(0)
    assert only(RingEnded, decision).outcome is RingOutcome.MISSED
    assert only(RingSeat, decision).seat == "s2"


def test_a_ring_that_ended_out_of_sight_is_over_and_the_place_kept() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    floor.lose_sight()
    floor.after(5)
    decision = floor.resync(seen("c1", CallState.WAITING))
    assert only(RingEnded, decision).outcome is RingOutcome.WITHDRAWN
    assert only(RingSeat, floor.after(SETTLE_S)).offer == "c1/2"


def test_a_talk_that_the_agent_ended_out_of_sight_is_over() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.lose_sight()
    floor.after(5)
    decision = floor.resync(seen("c1", CallState.LEAVING))
    assert only(TalkEnded, decision).by == "agent"
    assert only(LetGo, decision).call == "c1"


def test_a_lost_leg_end_does_not_hold_the_agent_for_ever() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.after(30)
    assert only(AgentChanged, floor.resync(seen("c1", CallState.LEAVING))).state is AgentState.WRAP_UP


def test_an_engine_that_knows_nothing_adopts_all_that_lives() -> None:
    floor = TestFloor()
    floor.configure(house())
    since = floor.now_s - 40
    decision = floor.resync(
        seen("c1", CallState.TALKING, leg("s1", "c1/1", answered=True), since=since),
        seen("c2", CallState.WAITING, since=since + 1),
        seen("c3", CallState.MENU, queue=None),
        seen("c4", CallState.RINGING, leg("s2", "c4/3"), since=since + 2),
        seen("c5", CallState.LEAVING),
    )
    assert [entered.call for entered in all_of(CallEntered, decision)] == ["c1", "c2", "c3", "c4", "c5"]
    assert [(offered.call, offered.waited_s) for offered in all_of(CallOffered, decision)] == [
        ("c1", 40.0),
        ("c2", 39.0),
        ("c4", 38.0),
    ]
    answered = only(CallAnswered, decision)
    assert (answered.call, answered.seat, answered.agent) == ("c1", "s1", "")
    assert only(WithdrawRing, decision).offer == "c4/3"
    assert only(LetGo, decision).call == "c5"
    floor.sign_in("a1", "s3")
    assert only(RingSeat, floor.after(SETTLE_S)).call == "c2"


def test_callers_in_the_native_queue_are_taken_back_and_its_seats_are_busy() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    floor.lose_sight()
    since = floor.now_s - 9
    decision = floor.resync(
        seen("c1", CallState.FALLBACK, leg("s1"), since=since),
        seen("c2", CallState.FALLBACK, leg("s2", answered=True), since=since),
    )
    assert only(TakeBack, decision).call == "c1"
    answered = only(CallAnswered, decision)
    assert (answered.call, answered.agent) == ("c2", "a2")
    assert none(RingSeat, floor.queue("c3"))
    floor.after(2)
    back = floor.queue("c1", since=since)
    assert none(CallOffered, back)
    assert only(RingSeat, back).call == "c1"


def test_a_native_ring_answered_before_it_was_taken_back_is_a_talk() -> None:
    floor = opened(("a1", "s1"))
    floor.lose_sight()
    call = seen("c1", CallState.FALLBACK, leg("s1"))
    floor.resync(call)
    decision = floor.give(SeatAnswered(call.call, OfferId(""), SeatId("s1")))
    assert only(CallAnswered, decision).agent == "a1"
    assert only(TalkEnded, floor.hang_up("c1")).by == "caller"


def test_a_waiting_call_that_fell_back_is_taken_back_offered_once() -> None:
    floor = opened()
    floor.queue("c1")
    floor.lose_sight()
    floor.after(10)
    decision = floor.resync(seen("c1", CallState.FALLBACK))
    assert only(TakeBack, decision).call == "c1"
    assert none(CallOffered, decision)
    floor.after(10)
    assert only(CallEnded, floor.resync()).how == "fallback"


def test_reachable_phones_are_replaced() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    decision = floor.resync(reachable=("s2", "s3", "s4", "s9"))
    assert [(changed.seat, changed.reachable) for changed in all_of(SeatChanged, decision)] == [("s1", False)]
    assert only(RingSeat, floor.queue("c1")).seat == "s2"


def test_every_seat_is_mirrored_again_after_a_loss_of_sight() -> None:
    floor = opened(("a1", "s1"))
    floor.lose_sight()
    assert none(MirrorSeat, floor.take_break("a1"))
    mirrors = all_of(MirrorSeat, floor.resync())
    assert [(mirror.seat, mirror.queues, mirror.paused) for mirror in mirrors] == [
        ("s1", (SALES,), True),
        ("s2", (), False),
        ("s3", (), False),
        ("s4", (), False),
    ]
    assert none(MirrorSeat, floor.resync())


def test_the_native_fallback_is_told_of_closed_queues_and_again_after_a_loss_of_sight() -> None:
    floor = opened()
    assert closings(floor.close_queue("presales")) == [("presales", "")]
    assert closings(floor.close_queue("complaints", "presales")) == [("complaints", ""), ("presales", "")]
    assert closings(floor.open_queue("presales")) == [("presales", None), ("complaints", "presales")]
    floor.lose_sight()
    assert closings(floor.open_queue("complaints")) == []
    assert closings(floor.resync()) == [("presales", None), ("complaints", None)]


def closings(decision: Decision) -> list[tuple[str, str | None]]:
    return [(order.queue, order.to) for order in all_of(MirrorClosing, decision)]


def test_a_mirror_order_that_failed_is_repeated_at_the_next_resync() -> None:
    floor = opened()
    order = only(MirrorSeat, floor.sign_in("a1", "s1"))
    floor.fail(order)
    assert len(all_of(MirrorSeat, floor.resync())) == 4


@pytest.mark.parametrize(("later_s", "let_go"), [(1.0, False), (6.0, True)])
def test_a_channel_that_outlives_its_call_is_let_go(later_s: float, let_go: bool) -> None:
    floor = opened()
    floor.queue("c1")
    floor.hang_up("c1")
    floor.after(later_s)
    decision = floor.resync(seen("c1", CallState.WAITING))
    assert decision.events == ()
    assert bool(all_of(LetGo, decision)) is let_go


def test_a_native_ring_whose_caller_hangs_up_frees_the_seat() -> None:
    floor = opened(("a1", "s1"))
    floor.lose_sight()
    floor.resync(seen("c1", CallState.FALLBACK, leg("s1")))
    floor.queue("c2")
    floor.hang_up("c1")
    assert only(RingSeat, floor.after(SETTLE_S)).call == "c2"


def test_a_ring_whose_end_was_not_explained_before_the_pbx_was_lost_is_over_as_soon_as_it_is_seen() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    floor.leg_end(ring, 16)
    floor.lose_sight()
    floor.after(0.5)
    assert only(RingEnded, floor.resync(seen("c1", CallState.WAITING))).outcome is RingOutcome.WITHDRAWN
    assert only(RingSeat, floor.after(SETTLE_S)).call == "c1"


# --- a PBX that does not come back -----------------------------------------------------------
def test_calls_of_a_pbx_that_has_ended_are_lost_at_once() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "talks")
    ring = only(RingSeat, floor.queue("rings"))
    floor.rang(ring)
    floor.queue("waits")
    floor.arrive("menu")
    floor.lose_sight(0.0)
    decision = floor.after(0.0)
    lost = {event.call: event.queue for event in all_of(CallLost, decision)}
    assert lost == {"talks": None, "rings": SALES, "waits": SALES, "menu": None}
    assert {event.call for event in all_of(CallEnded, decision)} == set(lost)
    assert only(RingEnded, decision).outcome is RingOutcome.WITHDRAWN
    assert {record.state for record in floor.engine.snapshot().agents.values()} == {AgentState.IDLE}
    assert floor.engine.next_deadline() is None


def test_calls_of_a_pbx_out_of_sight_are_lost_when_they_can_live_no_longer() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.lose_sight(3600.0)
    assert floor.after(3599.0).events == ()
    assert only(CallLost, floor.after(1.0)).call == "c1"


def test_losing_sight_again_does_not_prolong_that() -> None:
    floor = opened()
    floor.queue("c1")
    floor.lose_sight(100.0)
    floor.after(60.0)
    floor.lose_sight(100.0)
    assert only(CallLost, floor.after(40.0)).call == "c1"


def test_word_of_its_end_comes_before_the_time_out_of_sight() -> None:
    floor = opened()
    floor.queue("c1")
    floor.lose_sight(100.0)
    floor.lose_sight(0.0)
    assert only(CallLost, floor.after(0.0)).call == "c1"


def test_a_pbx_that_comes_back_in_time_keeps_its_calls() -> None:
    floor = opened()
    floor.queue("c1")
    floor.lose_sight(100.0)
    floor.after(99.0)
    floor.resync(seen("c1", CallState.WAITING))
    assert none(CallLost, floor.after(1000.0))


def test_calls_of_another_pbx_are_not_touched() -> None:
    floor = opened()
    floor.queue("c1")
    floor.give(PbxLost(NodeId("other"), 0.0))
    assert none(CallLost, floor.after(1.0))


def test_a_call_of_a_pbx_given_up_that_is_seen_after_all_does_not_come_to_life_again() -> None:
    floor = opened()
    floor.queue("c1")
    floor.lose_sight(10.0)
    floor.after(20.0)
    decision = floor.resync(seen("c1", CallState.WAITING))
    assert only(LetGo, decision).call == "c1"
    assert none(CallEntered, decision)


def test_a_ring_whose_180_was_not_seen_began_with_its_order() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.lose_sight()
    floor.after(1.0)
    found = floor.resync(seen("c1", CallState.RINGING, leg("s1", ring.offer)))
    assert only(RingBegan, found).seat == "s1"


def test_a_caller_who_speaks_at_another_seat_than_rings_is_there_and_the_ring_is_taken_back() -> None:
    """The native queue was quicker than our ring."""
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    floor.lose_sight()
    floor.after(1.0)
    found = floor.resync(seen("c1", CallState.TALKING, leg("s1", ring.offer), leg("s2", "", answered=True)))
    assert only(WithdrawRing, found).offer == ring.offer
    assert floor.engine.snapshot().agents[AgentId("a2")].state is AgentState.TALKING


def test_a_pbx_out_of_sight_takes_only_its_own_callers_out_of_the_line() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.queue("c2")
    floor.give(PbxLost(NodeId("pbx2"), None))
    assert floor.engine.snapshot().calls[CallId("c2")].state is CallState.WAITING
    floor.give(CallerHungUp(CallId("c1"), 16))
    assert only(RingSeat, floor.after(10.1)).call == "c2"


# --- what is seen beside what is believed ----------------------------------------------------------
def test_a_pbx_out_of_sight_takes_nobody_out_of_line_who_waits_on_another() -> None:
    floor = opened()
    other = NodeId("pbx2")
    floor.give(PbxResynced(other, "run1", (), frozenset({SeatId("s1")})))
    floor.give(CallQueued(CallId("c2"), other, HOTLINE, TRUNK, "", SALES, "zh-CN", 0, None))
    floor.queue("c1")
    floor.lose_sight()
    assert only(RingSeat, floor.sign_in("a1", "s1")).call == "c2"


def test_a_caller_found_on_hold_whom_nobody_keeps_waits_in_the_queue() -> None:
    floor = opened()
    floor.arrive("c1")
    floor.after(2.0)
    assert only(CallOffered, floor.resync(seen("c1", CallState.HELD))).queue == SALES
    floor.after(2.0)
    assert floor.resync(seen("c1", CallState.HELD)).events == ()
    assert only(RingSeat, floor.sign_in("a1", "s1")).call == "c1"


def test_a_colleague_whose_phone_still_rings_is_asked_on() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = talking(floor, "c1")
    floor.consult("a1", "a2")
    floor.held("c1")
    (consult,) = floor.engine.snapshot().consults.values()
    floor.after(1.2)
    legs = leg("s1", ring.offer, answered=True), leg("s2", consult.offer)
    decision = floor.resync(seen("c1", CallState.HELD, *legs))
    assert none(ConsultEnded, decision) and none(ConsultAnswered, decision)
    assert list(floor.engine.snapshot().consults) == ["c1"]


def test_a_ring_that_is_ordered_and_seen_but_has_not_rung_goes_on() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.after(1.2)
    decision = floor.resync(seen("c1", CallState.WAITING, leg("s1", ring.offer)))
    assert none(RingEnded, decision) and none(WithdrawRing, decision)
    assert only(RingBegan, floor.rang(ring)).seat == "s1"


def test_a_ring_just_ordered_whose_leg_is_not_there_yet_goes_on() -> None:
    """AMI is lost and back within the moment that a Dial takes; the caller's line carries the order out meanwhile."""
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.lose_sight()
    found = floor.resync(seen("c1", CallState.WAITING), dialling=[ring.offer])
    assert none(RingEnded, found) and none(WithdrawRing, found) and none(RingBegan, found)
    assert only(RingBegan, floor.rang(ring)).seat == "s1"
    answered = floor.give(SeatAnswered(CallId("c1"), ring.offer, SeatId("s1")))
    assert only(CallAnswered, answered).seat == "s1" and none(WithdrawRing, answered)


def test_a_ring_just_ordered_that_comes_to_nothing_is_over_after_two_seconds() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.lose_sight()
    floor.resync(seen("c1", CallState.WAITING), dialling=[ring.offer])
    assert only(RingEnded, floor.after(RING_WITHIN_S)).outcome is RingOutcome.FAILED


def test_an_order_of_an_engine_that_has_ended_is_over_with_it() -> None:
    floor = opened(("a1", "s1"))
    floor.queue("c1")
    floor.lose_sight()
    found = floor.resync(seen("c1", CallState.WAITING))
    assert only(RingEnded, found).outcome is RingOutcome.WITHDRAWN
    assert only(RingSeat, floor.after(SETTLE_S)).offer == "c1/2"


def test_a_leg_of_another_ring_than_the_one_believed_is_taken_back_and_the_caller_waits() -> None:
    floor = opened(("a1", "s1"))
    only(RingSeat, floor.queue("c1"))
    floor.after(1.2)
    decision = floor.resync(seen("c1", CallState.WAITING, leg("s2", "c1/9")))
    assert only(RingEnded, decision).outcome is RingOutcome.WITHDRAWN
    assert ("c1/9", "s2") in [(each.offer, each.seat) for each in all_of(WithdrawRing, decision)]


def test_a_caller_in_the_fallback_is_taken_back_again_until_they_come() -> None:
    floor = opened()
    fallen = seen("c1", CallState.FALLBACK, leg("s1"), since=floor.now_s - 9)
    floor.resync(fallen)
    floor.after(2.0)
    assert only(TakeBack, floor.resync(fallen)).call == "c1"
    assert floor.engine.snapshot().seats[SeatId("s1")].call == "c1"
    gone = SeatLegEnded(CallId("c1"), OfferId(""), SeatId("s1"), 16)
    floor.give(gone)
    assert floor.engine.snapshot().seats[SeatId("s1")].call is None, "its phone has stopped ringing"
    floor.give(CallQueued(CallId("c1"), NODE, HOTLINE, TRUNK, "", SALES, "zh-CN", 0, None))
    assert floor.engine.snapshot().calls[CallId("c1")].since_boot_s == floor.now_s - 11.0, "the place is kept"


def test_a_seat_in_a_talk_is_not_the_fallbacks_though_that_rings_it() -> None:
    floor = opened(("a1", "s1"))
    ring = talking(floor, "c1")
    floor.after(2.0)
    fallen = seen("c2", CallState.FALLBACK, leg("s1"), since=floor.now_s - 9)
    floor.resync(seen("c1", CallState.TALKING, leg("s1", ring.offer, answered=True)), fallen)
    floor.queue("c2", since=floor.now_s - 9)
    assert floor.engine.snapshot().seats[SeatId("s1")].call == "c1"


def test_a_caller_and_the_agent_who_keeps_them_are_joined_once() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    joined = floor.joined("c1", "s1")
    assert (joined.commands, joined.events) == ((), ())
