"""Moving a call, decision by decision: these facts and requests in, these orders and events out."""

from __future__ import annotations

import pytest

from core.commands import (
    Announce,
    ConsultSeat,
    FetchCaller,
    HoldCall,
    JoinSeat,
    JoinThree,
    LetGo,
    RemindSeat,
    RingSeat,
    WithdrawRing,
)
from core.events import (
    AgentChanged,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallMoved,
    CallResumed,
    CallTransferred,
    ConsultEnded,
    HoldReminded,
    RequestGranted,
    RequestRefused,
    RingEnded,
    TalkBegan,
    TalkEnded,
)
from core.house import Queue
from core.ids import AgentId, CallId, SeatId
from core.inputs import CommandDone, CommandFailed, Hold, SeatAnswered, SeatLegEnded, SeatRang, SeenSeatLeg
from core.states import AgentState, CallState, RingOutcome, SeatState
from queueing.decision import Decision
from queueing.moves import ANSWER_WITHIN_S
from tests.unit.queueing.builders import (
    CARE,
    SALES,
    TestFloor,
    agent,
    all_of,
    house,
    leg,
    none,
    only,
    opened,
    seen,
    talking,
)


def state_of(floor: TestFloor, name: str) -> AgentState:
    return floor.engine.snapshot().agents[AgentId(name)].state


def call_state(floor: TestFloor, call: str = "c1") -> CallState:
    return floor.engine.snapshot().calls[CallId(call)].state


def floor_talking(*more: tuple[str, str]) -> tuple[TestFloor, RingSeat]:
    """a1 at s1 talks with c1; these others are idle."""
    floor = opened(("a1", "s1"), *more)
    return floor, talking(floor, "c1")


def floor_holding(*more: tuple[str, str]) -> tuple[TestFloor, RingSeat]:
    floor, ring = floor_talking(*more)
    floor.hold("a1")
    floor.held("c1")
    return floor, ring


def floor_consulting() -> tuple[TestFloor, RingSeat, ConsultSeat]:
    """a1 asks a2 at s2 about c1, and they speak."""
    floor, ring = floor_holding(("a2", "s2"))
    asked = only(ConsultSeat, floor.consult("a1", "a2"))
    floor.give(SeatRang(asked.call, asked.offer, asked.colleague))
    floor.give(SeatAnswered(asked.call, asked.offer, asked.colleague))
    return floor, ring, asked


# --- hold ----------------------------------------------------------------------------------------
def test_a_hold_is_granted_when_the_caller_hears_music() -> None:
    floor, ring = floor_talking()
    asked = floor.hold("a1")
    order = only(HoldCall, asked)
    assert (order.call, order.seat) == ("c1", ring.seat)
    assert none(RequestGranted, asked) and none(CallHeld, asked)
    held = floor.held("c1")
    assert only(RequestGranted, held) and only(CallHeld, held).agent == "a1"
    assert (call_state(floor), state_of(floor, "a1")) == (CallState.HELD, AgentState.HOLDING)


def test_hold_time_is_counted_apart_from_talk() -> None:
    floor, ring = floor_talking()
    floor.after(20.0)
    floor.hold("a1")
    floor.held("c1")
    floor.after(30.0)
    floor.resume("a1")
    assert only(CallResumed, floor.joined("c1", "s1")).held_s == pytest.approx(30.0)
    floor.after(10.0)
    ended = only(TalkEnded, floor.leg_end(ring))
    assert [ended.talk_s, ended.held_s] == pytest.approx([30.0, 30.0])
    assert ended.by == "agent"


def test_both_are_reminded_again_and_again() -> None:
    floor, _ = floor_holding()
    assert none(HoldReminded, floor.after(44.9))
    reminded = floor.after(0.2)
    assert only(HoldReminded, reminded).held_s == pytest.approx(45.0)
    assert only(RemindSeat, reminded).seat == "s1"
    assert (only(Announce, reminded).prompt, only(Announce, reminded).language) == ("still-there", "zh-CN")
    assert len(all_of(HoldReminded, floor.after(90.0))) == 2
    floor.resume("a1")
    floor.joined("c1", "s1")
    assert none(HoldReminded, floor.after(100.0))


def test_a_caller_whose_agents_phone_is_gone_is_told_so() -> None:
    floor, _ = floor_talking()
    floor.ask(Hold(AgentId("a1"), is_lost=True))
    told = only(Announce, floor.held("c1"))
    assert (told.call, told.prompt, told.language) == ("c1", "line-interrupted", "zh-CN")
    floor.resume("a1")
    floor.joined("c1", "s1")
    floor.hold("a1")
    assert none(Announce, floor.held("c1")), "an ordinary hold begins with music"


def test_a_queue_may_remind_sooner_than_the_house() -> None:
    quick = house()
    queues = tuple(Queue.model_validate(queue.model_dump() | {"hold_reminder_s": 5}) for queue in quick.queues)
    floor, _ = floor_talking()
    floor.configure(quick.model_copy(update={"queues": queues}), 2)
    floor.hold("a1")
    floor.held("c1")
    assert only(HoldReminded, floor.after(5.1))


def test_in_a_consult_only_the_caller_is_reminded() -> None:
    floor, _, _ = floor_consulting()
    reminded = floor.after(45.1)
    assert only(Announce, reminded) and none(RemindSeat, reminded)


@pytest.mark.parametrize("silent", [True, False], ids=["no-word", "refused-by-the-pbx"])
def test_a_hold_that_the_pbx_cannot_do_is_refused_in_time_and_the_talk_goes_on(silent: bool) -> None:
    floor, _ = floor_talking()
    order = only(HoldCall, floor.hold("a1"))
    decided = floor.after(ANSWER_WITHIN_S + 0.01) if silent else floor.give(CommandFailed(order.id, "no such channel"))
    assert only(RequestRefused, decided)
    assert (call_state(floor), state_of(floor, "a1")) == (CallState.TALKING, AgentState.TALKING)
    assert only(HoldCall, floor.hold("a1")), "it may be asked for again"


def test_the_same_request_again_is_answered_once_it_is_known() -> None:
    floor, _ = floor_talking()
    floor.ask(Hold(AgentId("a1")), "same")
    repeated = floor.ask(Hold(AgentId("a1")), "same")
    assert repeated == Decision((), ())
    floor.held("c1")
    assert only(RequestGranted, floor.ask(Hold(AgentId("a1")), "same")).request == "same"


def test_one_request_about_a_call_at_a_time() -> None:
    floor, _ = floor_talking(("a2", "s2"))
    floor.hold("a1")
    assert "being carried out" in only(RequestRefused, floor.transfer("a1", "a2")).reason


def test_a_caller_whose_agent_hangs_up_on_hold_leads_the_queue() -> None:
    floor, ring = floor_holding()
    floor.queue("c2", priority=5)
    moved = only(CallMoved, floor.leg_end(ring))
    assert (moved.why, moved.queue, moved.priority) == ("keeper_left", SALES, 9)
    assert state_of(floor, "a1") is AgentState.WRAP_UP
    assert only(RingSeat, floor.ready("a1")).call == "c1", "before the one with the higher priority"


def test_a_caller_who_hangs_up_on_hold_ends_the_agents_leg_too() -> None:
    floor, ring = floor_holding()
    gone = floor.hang_up("c1")
    assert only(WithdrawRing, gone).offer == ring.offer
    assert only(CallEnded, gone).how == "caller"
    assert state_of(floor, "a1") is AgentState.WRAP_UP


def test_phones_that_cannot_be_joined_leave_the_caller_on_hold() -> None:
    floor, _ = floor_holding()
    join = only(JoinSeat, floor.resume("a1"))
    failed = floor.give(CommandDone(join.id, "NONEXISTENT"))
    assert only(RequestRefused, failed)
    assert call_state(floor) is CallState.HELD


def test_an_agent_who_hangs_up_while_the_talk_is_being_parted_ends_it() -> None:
    floor, ring = floor_talking()
    floor.hold("a1")
    assert only(LetGo, floor.leg_end(ring))
    assert only(LetGo, floor.held("c1")), "the caller came to us all the same"


# --- blind transfer --------------------------------------------------------------------------------
def test_a_blind_transfer_rings_the_receiver_for_the_caller() -> None:
    floor, ring = floor_talking(("a2", "s2"))
    order = only(FetchCaller, floor.transfer("a1", "a2", note="refund"))
    assert (order.queue, order.priority) == (SALES, 9), "where it waits should we die meanwhile"
    left = floor.leg_end(ring)
    assert only(RequestGranted, left)
    given = only(CallTransferred, left)
    assert (given.agent, given.how, given.to, given.note) == ("a1", "blind", "a2", "refund")
    rung = only(RingSeat, floor.queue("c1", since=order.since_boot_s))
    assert rung.seat == "s2"
    talk = floor.answer(rung)
    assert only(TalkBegan, talk).agent == "a2" and none(CallAnswered, talk)
    assert state_of(floor, "a1") is AgentState.WRAP_UP


def test_the_caller_may_reach_us_before_the_agents_leg_has_ended() -> None:
    floor, ring = floor_talking(("a2", "s2"))
    floor.transfer("a1", "a2")
    assert only(RingSeat, floor.queue("c1", since=floor.now_s)).seat == "s2"
    assert none(LetGo, floor.leg_end(ring))


def test_nobody_answers_the_sender_is_rung_out_of_the_wrap_up_then_the_queues_front() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"), wrap_up_s=60.0)
    talking(floor, "c1")
    floor.transfer("a1", "a2")
    rung = only(RingSeat, floor.queue("c1", since=floor.now_s))
    floor.rang(rung)
    returned = floor.after(15.1)
    assert only(RingSeat, returned).seat == "s1"
    reasons = [change.reason for change in all_of(AgentChanged, returned) if change.agent == "a1"]
    assert reasons[0] == "transfer_returned"
    floor.rang(only(RingSeat, returned))
    front = floor.after(15.1)
    moved = only(CallMoved, front)
    assert (moved.why, moved.priority) == ("not_answered", 9)


def test_a_receiver_who_was_taken_meanwhile_is_passed_over() -> None:
    floor, _ = floor_talking(("a2", "s2"))
    floor.transfer("a1", "a2")
    floor.queue("c2")
    assert only(RingSeat, floor.queue("c1", since=floor.now_s)).seat == "s1", "back to the sender"


def test_a_caller_who_leaves_a_transfer_has_not_abandoned_a_queue() -> None:
    floor, _ = floor_talking(("a2", "s2"))
    floor.transfer("a1", "a2")
    floor.queue("c1", since=floor.now_s)
    assert only(CallEnded, floor.hang_up("c1")).how == "transfer"


def test_a_transfer_to_a_queue_waits_there_with_the_time_it_has_waited_already() -> None:
    floor = TestFloor()
    floor.open(house(agent("a1"), agent("a2", skills={"care": 5})))
    floor.sign_in("a1", "s1")
    talking(floor, "c1")
    floor.after(60.0)
    floor.queue("c2", CARE)
    floor.transfer("a1", queue=CARE)
    moved = only(CallMoved, floor.queue("c1", CARE, since=floor.now_s))
    assert (moved.from_queue, moved.queue) == (SALES, CARE)
    assert moved.waited_s == pytest.approx(60.0)
    rung = only(RingSeat, floor.sign_in("a2", "s2"))
    assert rung.call == "c1", "c2 has waited for less"
    floor.after(0.5)
    assert only(CallAnswered, floor.answer(rung)).waited_s == pytest.approx(0.5), "the segment's own wait"


def test_a_held_caller_may_be_transferred_and_the_agents_leg_is_ended() -> None:
    floor, ring = floor_holding(("a2", "s2"))
    asked = floor.transfer("a1", "a2")
    assert only(FetchCaller, asked) and only(WithdrawRing, asked).offer == ring.offer


def test_a_transfer_that_the_pbx_cannot_do_leaves_the_talk_as_it_is() -> None:
    floor, ring = floor_talking(("a2", "s2"))
    order = only(FetchCaller, floor.transfer("a1", "a2"))
    assert only(RequestRefused, floor.fail(order))
    assert only(TalkEnded, floor.leg_end(ring)).by == "agent"


@pytest.mark.parametrize(
    ("to", "queue", "number", "why"),
    [
        ("a9", "", "", "no agent"),
        ("a3", "", "", "not free"),
        ("", "nowhere", "", "no queue"),
        ("", "", "+8613800138000", "not given to that number"),
    ],
)
def test_a_transfer_to_nowhere_is_refused(to: str, queue: str, number: str, why: str) -> None:
    floor, _ = floor_talking()
    asked = floor.transfer("a1", to, queue=queue, number=number)
    assert why in only(RequestRefused, asked).reason and not asked.commands


def test_a_phone_that_lost_its_talk_is_rung_for_it_again() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"), wrap_up_s=60.0)
    ring = talking(floor, "c1")
    only(FetchCaller, floor.transfer("a1", "a1"))
    left = floor.leg_end(ring)
    assert (only(CallTransferred, left).how, only(CallTransferred, left).to) == ("again", "a1")
    rung = only(RingSeat, floor.queue("c1", since=floor.now_s))
    assert rung.seat == "s1", "nobody else, though a2 is free"
    floor.rang(rung)
    again = only(RingSeat, floor.after(15.1))
    assert again.seat == "s1", "it may need a moment longer"
    assert only(TalkBegan, floor.answer(again)).agent == "a1"


# --- consult -----------------------------------------------------------------------------------------
def test_a_consult_from_a_talk_reserves_rings_and_holds_in_one_order() -> None:
    floor, _ = floor_talking(("a2", "s2"))
    asked = only(ConsultSeat, floor.consult("a1", "a2"))
    assert (asked.seat, asked.colleague, state_of(floor, "a2")) == ("s1", "s2", AgentState.RESERVED)
    assert asked.parts, "the caller is in the talk, whatever the PBX has told of its bridge by now"
    assert none(RequestGranted, floor.held("c1"))
    assert state_of(floor, "a1") is AgentState.CONSULTING
    assert only(RequestGranted, floor.give(SeatRang(asked.call, asked.offer, asked.colleague)))


def test_a_consult_with_a_queue_asks_its_longest_idle_agent() -> None:
    floor, _ = floor_talking(("a3", "s3"), ("a2", "s2"))
    assert only(ConsultSeat, floor.consult("a1", queue=SALES)).colleague == "s3"
    alone, _ = floor_talking()
    assert "Nobody" in only(RequestRefused, alone.consult("a1", queue=SALES)).reason


def test_completing_joins_the_caller_with_the_colleague() -> None:
    floor, ring, asked = floor_consulting()
    assert only(WithdrawRing, floor.complete("a1")).offer == ring.offer
    given = floor.leg_end(ring)
    assert only(CallTransferred, given).how == "consulted"
    assert only(ConsultEnded, given).how == "completed"
    assert only(JoinSeat, given).seat == "s2"
    assert none(RequestGranted, given)
    assert only(RequestGranted, floor.joined("c1", "s2"))
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.WRAP_UP, AgentState.TALKING)
    floor.after(30.0)
    ended = only(TalkEnded, floor.give(SeatLegEnded(CallId("c1"), asked.offer, SeatId("s2"), 16)))
    assert ended.agent == "a2"
    assert ended.talk_s == pytest.approx(30.0)


def test_hanging_up_in_a_consult_is_completing_it() -> None:
    floor, ring, _ = floor_consulting()
    assert only(JoinSeat, floor.leg_end(ring)).seat == "s2"


def test_hanging_up_while_the_colleague_rings_rings_them_for_the_caller() -> None:
    floor, ring = floor_holding(("a2", "s2"))
    asked = only(ConsultSeat, floor.consult("a1", "a2"))
    floor.give(SeatRang(asked.call, asked.offer, asked.colleague))
    left = floor.leg_end(ring)
    assert only(WithdrawRing, left).offer == asked.offer
    rung = only(RingSeat, left)
    assert rung.seat == "s2" and rung.offer != asked.offer


def test_back_to_the_caller_ends_the_consult() -> None:
    floor, _, asked = floor_consulting()
    back = floor.resume("a1")
    assert only(WithdrawRing, back).offer == asked.offer and only(JoinSeat, back).seat == "s1"
    assert only(ConsultEnded, floor.give(SeatLegEnded(CallId("c1"), asked.offer, SeatId("s2"), 26))).how == "cancelled"
    assert only(RequestGranted, floor.joined("c1", "s1"))
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.TALKING, AgentState.IDLE)


def test_a_colleague_who_hangs_up_or_does_not_answer_leaves_the_hold() -> None:
    floor, _, asked = floor_consulting()
    ended = only(ConsultEnded, floor.give(SeatLegEnded(CallId("c1"), asked.offer, SeatId("s2"), 16)))
    assert (ended.how, state_of(floor, "a1")) == ("colleague_left", AgentState.HOLDING)
    again = only(ConsultSeat, floor.consult("a1", "a2"))
    floor.give(SeatRang(again.call, again.offer, again.colleague))
    missed = floor.after(15.1)
    assert only(ConsultEnded, missed).how == "not_answered" and only(WithdrawRing, missed).offer == again.offer
    assert floor.engine.snapshot().agents[AgentId("a2")].misses == 1


def test_a_colleague_whose_phone_unregisters_while_it_rings_has_missed_nothing_and_leaves_the_hold() -> None:
    floor, _ = floor_talking(("a2", "s2"))
    order = only(ConsultSeat, floor.consult("a1", "a2"))
    floor.held("c1")
    floor.give(SeatRang(order.call, order.offer, order.colleague))
    decision = floor.reach("s2", False)
    assert only(WithdrawRing, decision).offer == order.offer
    assert only(ConsultEnded, decision).how == "withdrawn"
    assert state_of(floor, "a1") is AgentState.HOLDING
    assert floor.engine.snapshot().agents[AgentId("a2")].misses == 0


def test_a_colleague_who_speaks_goes_on_though_their_phone_unregisters() -> None:
    floor, *_ = floor_consulting()
    assert not floor.reach("s2", False).commands


def test_a_caller_who_hangs_up_in_a_consult_frees_everybody() -> None:
    floor, ring, asked = floor_consulting()
    gone = floor.hang_up("c1")
    assert {order.offer for order in all_of(WithdrawRing, gone)} == {ring.offer, asked.offer}
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.WRAP_UP, AgentState.IDLE)


def test_nothing_is_completed_without_a_colleague_who_speaks() -> None:
    floor, _ = floor_holding(("a2", "s2"))
    assert "no colleague" in only(RequestRefused, floor.complete("a1")).reason
    floor.consult("a1", "a2")
    assert only(RequestRefused, floor.complete("a1"))


def test_a_queue_that_there_is_not_has_nobody_to_ask() -> None:
    floor, _ = floor_talking(("a2", "s2"))
    assert "no queue nowhere" in only(RequestRefused, floor.consult("a1", queue="nowhere")).reason


@pytest.mark.parametrize(("cause", "there"), [(20, False), (21, True)])
def test_a_colleague_whose_phone_could_not_be_reached_is_not_called_again_until_it_is(cause: int, there: bool) -> None:
    floor, _ = floor_holding(("a2", "s2"))
    asked = only(ConsultSeat, floor.consult("a1", "a2"))
    ended = floor.give(SeatLegEnded(asked.call, asked.offer, asked.colleague, cause))
    assert only(ConsultEnded, ended).how == "not_answered" and only(RequestRefused, ended)
    assert (floor.engine.snapshot().seats[SeatId("s2")].state is SeatState.REACHABLE) is there


def test_a_consult_that_the_pbx_cannot_begin_frees_the_colleague() -> None:
    floor, _ = floor_talking(("a2", "s2"))
    asked = only(ConsultSeat, floor.consult("a1", "a2"))
    failed = floor.give(CommandFailed(asked.id, "no such channel"))
    assert only(ConsultEnded, failed).how == "not_answered"
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.TALKING, AgentState.IDLE)


def test_a_transfer_to_the_colleague_who_speaks_already_completes_the_consult() -> None:
    floor, ring, _ = floor_consulting()
    assert only(WithdrawRing, floor.transfer("a1", "a2")).offer == ring.offer
    assert only(JoinSeat, floor.leg_end(ring)).seat == "s2"


def test_nothing_is_moved_while_the_pbx_is_out_of_sight() -> None:
    floor, _ = floor_talking()
    floor.lose_sight()
    assert "cannot be reached at the moment" in only(RequestRefused, floor.hold("a1")).reason


def test_a_late_answer_of_a_consult_that_is_over_is_undone() -> None:
    floor, _ = floor_holding(("a2", "s2"))
    asked = only(ConsultSeat, floor.consult("a1", "a2"))
    floor.after(2.1)
    late = floor.give(SeatAnswered(asked.call, asked.offer, asked.colleague))
    assert only(WithdrawRing, late).offer == asked.offer


# --- what the PBX shows after a loss of sight ------------------------------------------------------
def lose_and_see(floor: TestFloor, *legs: SeenSeatLeg, state: CallState = CallState.HELD) -> Decision:
    floor.lose_sight()
    floor.after(5.0)
    return floor.resync(seen("c1", state, *legs))


def test_a_hold_survives_a_loss_of_sight() -> None:
    floor, ring = floor_holding()
    assert none(TalkEnded, lose_and_see(floor, leg("s1", ring.offer, answered=True)))
    assert call_state(floor) is CallState.HELD


def test_a_hold_whose_agent_has_left_unseen_leads_the_queue() -> None:
    floor, _ = floor_holding()
    assert only(CallMoved, lose_and_see(floor)).why == "keeper_left"


def test_a_hold_that_the_dialplan_ended_is_a_talk_again() -> None:
    floor, ring = floor_holding()
    found = lose_and_see(floor, leg("s1", ring.offer, answered=True), state=CallState.TALKING)
    assert only(CallResumed, found)


def test_a_colleague_who_has_the_caller_is_found() -> None:
    floor, _, asked = floor_consulting()
    found = lose_and_see(floor, leg("s2", asked.offer, answered=True), state=CallState.TALKING)
    assert only(TalkBegan, found).agent == "a2"
    assert only(ConsultEnded, found).how == "completed" and none(WithdrawRing, found)
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.WRAP_UP, AgentState.TALKING)


def test_a_colleague_who_answered_unseen_and_has_the_caller_is_found_too() -> None:
    floor, _ = floor_holding(("a2", "s2"))
    asked = only(ConsultSeat, floor.consult("a1", "a2"))
    floor.give(SeatRang(asked.call, asked.offer, asked.colleague))
    found = lose_and_see(floor, leg("s2", asked.offer, answered=True), state=CallState.TALKING)
    assert only(TalkBegan, found).agent == "a2" and only(ConsultEnded, found).how == "completed"
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.WRAP_UP, AgentState.TALKING)


def test_an_engine_without_memory_adopts_a_hold() -> None:
    floor = opened(("a1", "s1"))
    found = lose_and_see(floor, leg("s1", "c1/1", answered=True))
    assert only(CallHeld, found).agent == "a1"
    assert only(JoinSeat, floor.resume("a1")).seat == "s1"


def test_a_colleague_who_answered_unseen_is_in_the_consult() -> None:
    floor, ring = floor_holding(("a2", "s2"))
    asked = only(ConsultSeat, floor.consult("a1", "a2"))
    floor.give(SeatRang(asked.call, asked.offer, asked.colleague))
    lose_and_see(floor, leg("s1", ring.offer, answered=True), leg("s2", asked.offer, answered=True))
    assert state_of(floor, "a2") is AgentState.CONSULTING


def test_a_ring_of_a_transfer_is_measured_like_every_ring() -> None:
    floor, ring = floor_talking(("a2", "s2"))
    floor.transfer("a1", "a2")
    floor.leg_end(ring)
    rung = only(RingSeat, floor.queue("c1", since=floor.now_s))
    floor.rang(rung)
    assert only(RingEnded, floor.answer(rung)).outcome is RingOutcome.ANSWERED


def test_a_colleague_who_is_gone_unseen_leaves_the_agent_with_the_hold() -> None:
    floor, ring, _ = floor_consulting()
    found = lose_and_see(floor, leg("s1", ring.offer, answered=True))
    assert only(ConsultEnded, found).how == "withdrawn"
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.HOLDING, AgentState.IDLE)


def test_a_hold_that_the_dialplan_ended_and_whose_talk_is_over_is_over() -> None:
    floor, _ = floor_holding()
    assert only(TalkEnded, lose_and_see(floor, state=CallState.LEAVING)).agent == "a1"


def test_a_caller_whom_the_dialplan_gave_to_a_colleague_we_know_nothing_of_is_theirs() -> None:
    floor, _ = floor_holding(("a2", "s2"))
    found = lose_and_see(floor, leg("s2", "c1/9", answered=True), state=CallState.TALKING)
    assert only(TalkEnded, found).agent == "a1" and only(TalkBegan, found).agent == "a2"
    assert call_state(floor) is CallState.TALKING


def test_a_hold_at_a_seat_where_nobody_sits_is_kept_all_the_same() -> None:
    floor = opened(("a1", "s1"))
    held = only(CallHeld, floor.resync(seen("c1", CallState.HELD, leg("s3", "c1/1", answered=True))))
    assert (held.seat, held.agent) == ("s3", "")


def test_an_agent_who_hung_up_while_the_talk_was_parted_is_not_waited_for() -> None:
    floor, ring = floor_talking()
    floor.hold("a1")
    floor.leg_end(ring)
    assert call_state(floor) is CallState.LEAVING
    assert only(LetGo, lose_and_see(floor)).call == "c1"


def test_a_line_that_shows_itself_rests_no_longer() -> None:
    """It had refused a ring, as one that nobody holds does for a moment."""
    floor = opened(("a1", "s1"))
    floor.fail(only(RingSeat, floor.queue("c1")), "the line is not held")
    assert only(RingSeat, floor.held("c1")).seat == "s1"


def test_an_old_order_that_returns_while_the_caller_is_on_hold_changes_nothing() -> None:
    floor, ring = floor_holding()
    assert not floor.give(CommandDone(ring.id, "ANSWER")).events
    assert call_state(floor) is CallState.HELD


def test_a_fetch_that_fails_after_the_sender_has_hung_up_sends_the_caller_on_all_the_same() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = talking(floor, "c1")
    fetch = only(FetchCaller, floor.transfer("a1", "a2"))
    floor.leg_end(ring)
    floor.fail(fetch)
    assert only(RingSeat, floor.queue("c1", since=floor.now_s)).seat == "s2"


@pytest.mark.parametrize("held", [False, True])
def test_a_caller_fetched_out_of_a_talk_as_the_engine_was_killed_is_sent_on(held: bool) -> None:
    """The channel says that they wait, and the agent's leg is gone; the line comes a moment after the PBX is seen."""
    floor, _ = floor_holding(("a2", "s2")) if held else floor_talking(("a2", "s2"))
    floor.transfer("a1", "a2")
    floor.lose_sight()
    found = floor.resync(seen("c1", CallState.WAITING, since=floor.now_s))
    assert (only(CallTransferred, found).to, only(TalkEnded, found).by, none(LetGo, found)) == ("a2", "transfer", True)
    assert none(RingSeat, floor.queue("c1", since=floor.now_s)), "callers who come back are waited for"
    assert only(RingSeat, floor.after(1.0)).seat == "s2"


def test_a_caller_who_was_fetched_by_an_order_that_counts_as_failed_leads_the_queue() -> None:
    floor, _ = floor_talking()
    floor.fail(only(FetchCaller, floor.transfer("a1", queue=CARE)), "no answer to Redirect in 5.0 s")
    floor.after(2.0)
    found = floor.resync(seen("c1", CallState.WAITING, since=floor.now_s))
    assert (only(CallMoved, found).why, none(LetGo, found), call_state(floor)) == (
        "keeper_left", True, CallState.WAITING,
    )  # fmt: skip


@pytest.mark.parametrize("killed", [False, True])
def test_a_transfer_that_came_to_nothing_does_not_happen_at_the_end_of_the_talk(killed: bool) -> None:
    """Told after the agent had to be answered, or never: the order died with the engine."""
    floor, ring = floor_talking(("a2", "s2"))
    fetch = only(FetchCaller, floor.transfer("a1", "a2"))
    assert only(RequestRefused, floor.after(3.0))
    if killed:
        floor.lose_sight()
        floor.resync(seen("c1", CallState.TALKING, SeenSeatLeg(SeatId("s1"), ring.offer, True)))
    else:
        floor.fail(fetch, "AMI is gone")
    ended = floor.leg_end(ring)
    assert (none(CallTransferred, ended), only(TalkEnded, ended).by) == (True, "agent")


@pytest.mark.parametrize("killed", [False, True])
def test_three_who_were_not_brought_together_may_be_asked_for_again(killed: bool) -> None:
    floor, ring, asked = floor_consulting()
    order = only(JoinThree, floor.confer("a1"))
    assert only(RequestRefused, floor.after(3.0))
    if killed:
        floor.lose_sight()
        legs = (leg("s1", ring.offer, answered=True), leg("s2", asked.offer, answered=True))
        floor.resync(seen("c1", CallState.HELD, *legs))
    else:
        floor.fail(order, "AMI is gone")
    assert only(JoinThree, floor.confer("a1"))


def test_a_caller_who_was_let_go_and_comes_round_all_the_same_is_let_go_again() -> None:
    """The order was given to a session that ended with the engine before."""
    floor, ring = floor_talking()
    assert only(LetGo, floor.leg_end(ring))
    assert only(LetGo, floor.queue("c1", since=floor.now_s))


def test_a_talk_whose_dial_is_over_is_not_ended_while_it_is_being_parted() -> None:
    floor = opened(("a1", "s1"))
    ring = talking(floor, "c1")
    floor.done(ring, "ANSWER")
    floor.hold("a1")
    assert none(TalkEnded, floor.after(1.5)) and call_state(floor) is CallState.TALKING
    floor.held("c1")
    assert call_state(floor) is CallState.HELD


def test_nobody_is_their_own_colleague_and_one_ring_of_a_colleague_is_one() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    assert "their own colleague" in only(RequestRefused, floor.consult("a1", "a1")).reason
    order = only(ConsultSeat, floor.consult("a1", "a2"))
    floor.held("c1")
    rang = SeatRang(order.call, order.offer, order.seat)
    floor.give(rang)
    before = floor.engine.snapshot().consults[CallId("c1")].rang_boot_s
    floor.after(3.0)
    assert floor.give(rang).events == ()
    assert floor.engine.snapshot().consults[CallId("c1")].rang_boot_s == before
