"""Callers given to a number outside the house: by an agent, or because a queue overflows."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.commands import AskTrunk, CancelFar, DialFar, FetchCaller, LetGo, RingSeat, TakeBack
from core.events import (
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallFlowedOut,
    CallLost,
    CallMoved,
    CallTransferred,
    OutsideAnswered,
    OutsideDialled,
    OutsideEnded,
    RequestRefused,
    TalkBegan,
    TrunkFailed,
)
from core.house import House, Trunk
from core.ids import CallId, TrunkId
from core.inputs import (
    CallQueued,
    CommandDone,
    CommandFailed,
    FarAnswered,
    FarLegEnded,
    FarProgressed,
    FarRang,
    PbxResynced,
    SeenCall,
    SeenFarLeg,
)
from core.states import AgentState, CallState, OutboundOutcome
from queueing.decision import Decision
from queueing.far_end import RETURN_WITHIN_S, SILENT_S
from tests.unit.queueing.builders import (
    HOTLINE,
    NODE,
    SALES,
    TRUNK,
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
from tests.unit.queueing.test_overflow import conserved

WRITTEN, INSIDE = "13900139000", "+8613900139000"
RULES = {"numbers": [WRITTEN, "0755*", "10086"], "ring_s": 20.0}
TRUNKS = tuple(Trunk(id=TrunkId(name), name=name, host=host) for name, host in (("a", "127.0.0.2"), ("b", "127.0.0.3")))


def housed(sales: dict[str, Any] | None = None, **changes: Any) -> House:
    rules = {"outside": RULES, "outbound": {"refused": ["8675596"]}, **changes}
    whole = house(agent("a1"), agent("a2"), wrap_up_s=30.0, sales={"promise_every_s": 0, **(sales or {})}, **rules)
    return House.model_validate(whole.model_dump() | {"trunks": TRUNKS})


def given_out() -> tuple[TestFloor, DialFar]:
    """a1 has transferred c1 to the number outside; the caller's line dials it."""
    floor = opened(("a1", "s1"), the_house=housed())
    ring = talking(floor, "c1")
    floor.transfer("a1", number=WRITTEN, note="wants the workshop")
    floor.leg_end(ring)
    return floor, only(DialFar, floor.queue("c1", since=floor.now_s))


def overflown(**rules: Any) -> tuple[TestFloor, DialFar]:
    """Nobody is there and c1 is one too many."""
    floor = opened(the_house=housed({"max_waiting": 0, "overflow_number": WRITTEN, **rules}))
    return floor, only(DialFar, floor.queue("c1"))


def answers(floor: TestFloor, order: DialFar) -> Decision:
    floor.give(FarRang(order.call, order.attempt))
    return floor.give(FarAnswered(order.call, order.attempt))


def returns(floor: TestFloor, order: DialFar, result: str, cause: int = 16) -> Decision:
    """The far leg ends, then Dial comes back."""
    ended = floor.give(FarLegEnded(order.call, order.attempt, cause))
    done = floor.give(CommandDone(order.id, result))
    return Decision((*ended.commands, *done.commands), (*ended.events, *done.events))


def call_state(floor: TestFloor, call: str = "c1") -> CallState:
    return floor.engine.snapshot().calls[CallId(call)].state


# --- which numbers ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("13800138000", "list it under outside.numbers"),
        ("+447700900123", "list it under outside.numbers"),
        ("110", "list it under outside.numbers"),
        ("075596123456", "must be listed whole"),
        ("95001", "a hotline of this house"),
        ("#31#", "no telephone number"),
    ],
)
def test_a_number_that_the_house_does_not_name_is_refused_with_its_place(written: str, why: str) -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    talking(floor, "c1")
    asked = floor.transfer("a1", number=written)
    reason = only(RequestRefused, asked).reason
    assert reason.startswith("number: ") and why in reason
    assert not asked.commands and call_state(floor) is CallState.TALKING


@pytest.mark.parametrize("written", [WRITTEN, "+86 139-0013-9000", "0755 8765 4321", "10086"])
def test_a_number_that_the_house_names_may_be_written_in_every_way(written: str) -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    talking(floor, "c1")
    assert only(FetchCaller, floor.transfer("a1", number=written)).priority == 9


@pytest.mark.parametrize(
    ("sales", "why"),
    [
        ({"overflow_number": "13800138000"}, "queues.0.overflow_number: Callers are not given"),
        ({"overflow_number": WRITTEN, "overflow": "complaints"}, "queues.0.overflow_number: callers overflow to"),
        ({"overflow_number": "95001"}, "queues.0.overflow_number: That is a hotline"),
    ],
)
def test_a_house_whose_queue_overflows_elsewhere_is_refused_with_the_place(sales: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        housed(sales)


def test_transfers_to_the_outside_count_as_the_agents_calls() -> None:
    floor = opened(("a1", "s1"), the_house=housed(outbound={"calls_per_agent_hour": 1}))
    ring = talking(floor, "c1")
    floor.transfer("a1", number=WRITTEN)
    floor.leg_end(ring)
    floor.ready("a1")
    floor.hang_up("c1")
    talking(floor, "c2")
    assert "as many as the house allows" in only(RequestRefused, floor.transfer("a1", number=WRITTEN)).reason


# --- a blind transfer ------------------------------------------------------------------------------
def test_a_blind_transfer_dials_from_the_callers_own_line_and_frees_the_agent() -> None:
    floor, order = given_out()
    assert (order.call, order.number, order.ring_s, order.trunk) == ("c1", INSIDE, 20.0, "a")
    told = [event for event in floor.events if isinstance(event, CallTransferred | OutsideDialled)]
    assert isinstance(told[0], CallTransferred) and (told[0].to, told[0].note) == (INSIDE, "wants the workshop")
    assert isinstance(told[1], OutsideDialled) and told[1].why == "blind"
    spoken = answers(floor, order)
    assert only(OutsideAnswered, spoken).trunk == "a" and none(CallFlowedOut, spoken), "A was counted at the agent"
    floor.after(60.0)
    over = returns(floor, order, "ANSWER/16")
    assert only(OutsideEnded, over).talk_s == pytest.approx(60.0) and only(LetGo, over).call == "c1"
    assert only(CallEnded, floor.hang_up("c1")).how == "outside"
    assert conserved(floor).of_queue(SALES).answered == 1


@pytest.mark.parametrize(
    ("result", "outcome"), [("BUSY/17", OutboundOutcome.BUSY), ("NOANSWER/0", OutboundOutcome.NO_ANSWER)]
)
def test_unanswered_the_call_comes_back_to_the_sender_then_leads_the_queue(
    result: str, outcome: OutboundOutcome
) -> None:
    floor, order = given_out()
    floor.give(FarRang(order.call, order.attempt))
    back = returns(floor, order, result)
    assert only(OutsideEnded, back).outcome is outcome
    ring = only(RingSeat, back)
    assert ring.seat == "s1", "called out of the wrap-up"
    floor.rang(ring)
    assert only(CallMoved, floor.after(15.1)).priority == 9


def test_the_senders_answer_begins_a_talk_that_no_queue_counts() -> None:
    floor, order = given_out()
    back = only(RingSeat, returns(floor, order, "BUSY/17"))
    talk = floor.answer(back)
    assert only(TalkBegan, talk).how == "blind" and none(CallAnswered, talk)


def test_a_trunk_that_fails_or_is_silent_is_followed_by_the_other() -> None:
    floor, order = given_out()
    second = returns(floor, order, "CONGESTION/34", 34)
    assert only(TrunkFailed, second).trunk == "a" and only(DialFar, second).trunk == "b"
    silent = floor.after(SILENT_S + 0.1)
    assert only(AskTrunk, silent).attempt == only(DialFar, second).attempt
    given_up = floor.give(CommandDone(only(AskTrunk, silent).id, ""))
    assert only(CancelFar, given_up)
    over = returns(floor, only(DialFar, second), "CHANUNAVAIL/0", 26)
    assert only(OutsideEnded, over).outcome is OutboundOutcome.NO_TRUNK and only(RingSeat, over)


def test_an_answer_to_an_attempt_given_up_is_no_talk() -> None:
    floor, order = given_out()
    silent = floor.after(SILENT_S + 0.1)
    floor.give(CommandDone(only(AskTrunk, silent).id, ""))
    assert none(OutsideAnswered, floor.give(FarAnswered(order.call, order.attempt)))
    assert only(DialFar, returns(floor, order, "ANSWER/16")).trunk == "b"


def test_the_tokens_of_rings_and_attempts_are_never_the_same() -> None:
    floor, order = given_out()
    back = only(RingSeat, returns(floor, order, "BUSY/17"))
    offers = [command.offer for command in floor.commands if isinstance(command, RingSeat)]
    assert len({*offers, order.attempt}) == 3 and back.offer in offers


def test_a_caller_who_hangs_up_before_the_answer_has_abandoned_nobody() -> None:
    floor, _ = given_out()
    gone = floor.hang_up("c1")
    assert only(OutsideEnded, gone).outcome is OutboundOutcome.CALLER_LEFT
    assert only(CallEnded, gone).how == "transfer" and none(CallAbandoned, gone)


def test_a_caller_who_hangs_up_in_the_talk_ends_it() -> None:
    floor, order = given_out()
    answers(floor, order)
    assert only(CallEnded, floor.hang_up("c1")).how == "caller"


def test_an_order_that_never_ran_brings_the_caller_back() -> None:
    floor, order = given_out()
    floor.give(CommandFailed(order.id, "the line is not held"))
    back = floor.after(RETURN_WITHIN_S + 0.1)
    assert only(CancelFar, back) and only(RingSeat, back).seat == "s1"


# --- overflow ----------------------------------------------------------------------------------------
def test_an_overflowing_caller_waits_until_somebody_outside_has_answered() -> None:
    floor, order = overflown()
    assert conserved(floor).of_queue(SALES).waiting == 1
    floor.after(5.0)
    spoken = answers(floor, order)
    flowed = only(CallFlowedOut, spoken)
    assert flowed.why == "full" and flowed.waited_s == pytest.approx(5.0)
    figures = conserved(floor).of_queue(SALES)
    assert (figures.offered, figures.flowed_out, figures.waiting) == (1, 1, 0)


def test_unanswered_it_is_back_at_its_old_place_and_overflows_no_second_time() -> None:
    floor, order = overflown(max_wait_s=60.0)
    floor.after(3.0)
    floor.configure(housed({"overflow_number": WRITTEN, "max_wait_s": 60.0}), 2)
    floor.queue("c2")
    back = returns(floor, order, "NOANSWER/0", 0)
    assert only(OutsideEnded, back) and call_state(floor) is CallState.WAITING
    assert none(DialFar, floor.after(30.0))
    assert only(RingSeat, floor.sign_in("a1", "s1")).call == "c1", "before c2, who came later"


def test_a_wait_that_is_too_long_leads_outside_too() -> None:
    floor = opened(the_house=housed({"max_wait_s": 20.0, "overflow_number": WRITTEN}))
    floor.queue("c1")
    assert only(DialFar, floor.after(20.1)).number == INSIDE


def chosen(floor: TestFloor, number: str = WRITTEN, name: str = "c1") -> Decision:
    """A menu gives this caller to the number."""
    return floor.give(CallQueued(CallId(name), NODE, HOTLINE, TRUNK, "", SALES, "zh-CN", outside=number))


def test_a_menus_choice_leads_outside_before_any_agent_and_counts_as_flowed_out() -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    order = only(DialFar, decision := chosen(floor))
    assert order.number == INSIDE and none(RingSeat, decision)
    assert only(OutsideDialled, decision).why == "menu"
    assert only(CallFlowedOut, answers(floor, order)).why == "menu"
    figures = conserved(floor).of_queue(SALES)
    assert (figures.offered, figures.flowed_out, figures.waiting) == (1, 1, 0)


def test_nobody_outside_answers_a_menus_choice_and_the_caller_has_an_agent() -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    order = only(DialFar, chosen(floor))
    assert only(RingSeat, returns(floor, order, "NOANSWER/0", 0)).call == "c1"
    assert conserved(floor).of_queue(SALES).waiting == 1


@pytest.mark.parametrize("number", ["075596", "13900139001", "10086#", "sip:x@evil", ""])
def test_a_number_that_the_house_does_not_list_is_not_dialled_whatever_a_flow_says(number: str) -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    decision = chosen(floor, number)
    assert none(DialFar, decision) and only(RingSeat, decision).call == "c1"


def test_a_caller_who_leaves_while_the_outside_rings_has_abandoned_the_queue() -> None:
    floor, _ = overflown()
    assert only(CallAbandoned, floor.hang_up("c1"))
    conserved(floor)


# --- out of sight ------------------------------------------------------------------------------------
def resync(floor: TestFloor, state: CallState, *far: SeenFarLeg, started: str = "run1", seats: Any = ()) -> Decision:
    call = SeenCall(CallId("c1"), HOTLINE, TrunkId("a"), "", state, SALES, "zh-CN", 0, None, seats, far=far)
    return floor.give(PbxResynced(NODE, started, (call,), frozenset()))


def test_a_talk_that_began_unseen_is_found() -> None:
    floor, order = overflown()
    floor.after(2.0)
    found = resync(floor, CallState.OUTSIDE, SeenFarLeg(order.attempt, TrunkId("a"), True))
    assert only(OutsideAnswered, found) and only(CallFlowedOut, found)


def test_a_talk_that_ended_unseen_is_over() -> None:
    floor, order = overflown()
    answers(floor, order)
    floor.after(2.0)
    assert only(LetGo, resync(floor, CallState.LEAVING))


def test_a_dial_that_ended_unseen_brings_the_caller_back() -> None:
    floor, _ = overflown()
    floor.after(2.0)
    resync(floor, CallState.WAITING)
    floor.after(RETURN_WITHIN_S + 0.1)
    assert call_state(floor) is CallState.WAITING


def test_a_line_that_the_dialplan_brings_back_waits_at_its_place() -> None:
    floor, _ = overflown()
    came = floor.now_s
    back = floor.queue("c1", since=came)
    assert only(CancelFar, back) and call_state(floor) is CallState.WAITING


def test_a_talk_outside_that_nobody_knew_of_is_adopted() -> None:
    floor = opened(the_house=housed())
    found = resync(floor, CallState.OUTSIDE, SeenFarLeg(order_token(), TrunkId("b"), True))
    assert only(OutsideAnswered, found).trunk == "b"
    assert only(OutsideEnded, floor.hang_up("c1")).outcome is OutboundOutcome.REACHED


def order_token() -> Any:
    return "c1/7"


def test_a_caller_found_with_an_agent_is_outside_no_more() -> None:
    floor, _ = overflown()
    floor.after(2.0)
    found = resync(floor, CallState.TALKING, seats=(leg("s1", answered=True),))
    assert only(OutsideEnded, found).outcome is OutboundOutcome.LOST and only(CallAnswered, found)


def test_a_pbx_that_died_has_lost_the_call() -> None:
    floor, order = given_out()
    answers(floor, order)
    floor.after(2.0)
    lost = floor.give(PbxResynced(NODE, "run2", (), frozenset()))
    assert only(OutsideEnded, lost).outcome is OutboundOutcome.LOST and only(CallLost, lost).queue is None
    assert floor.engine.snapshot().outside == {}


def test_the_agent_who_gave_the_caller_away_wraps_up_meanwhile() -> None:
    floor, _ = given_out()
    assert floor.engine.snapshot().agents["a1"].state is AgentState.WRAP_UP  # type: ignore[index]
    assert len(all_of(DialFar, Decision(tuple(floor.commands), ()))) == 1


def test_a_ring_that_never_ends_is_given_up_and_what_its_trunk_says_later_changes_nothing() -> None:
    floor, order = overflown()
    asked = only(AskTrunk, floor.after(SILENT_S))
    floor.give(FarRang(order.call, order.attempt))
    assert not floor.give(CommandDone(asked.id, "180 Ringing")).commands
    assert only(CancelFar, floor.after(23.0)).attempt == order.attempt


def test_a_dial_that_returns_answered_was_a_talk_though_no_leg_told_of_it() -> None:
    floor, order = overflown()
    returned = floor.give(CommandDone(order.id, "ANSWER/16"))
    assert only(OutsideAnswered, returned) and only(OutsideEnded, returned).outcome is OutboundOutcome.REACHED


def test_what_is_told_of_an_older_attempt_changes_nothing() -> None:
    floor, first = overflown()
    second = only(DialFar, returns(floor, first, "CONGESTION/34", 34))
    assert not floor.give(CommandDone(first.id, "CONGESTION/34")).commands, "told twice"
    assert not floor.give(FarLegEnded(first.call, first.attempt, 16)).commands
    assert not floor.give(FarProgressed(first.call, first.attempt)).commands
    assert only(OutsideAnswered, answers(floor, second)).trunk == second.trunk


def test_out_of_sight_its_deadlines_mean_nothing() -> None:
    floor, _ = overflown()
    floor.lose_sight()
    assert not floor.after(120.0).commands


def test_with_every_line_of_every_trunk_taken_no_agent_gives_a_caller_away() -> None:
    floor = opened(("a1", "s1"), the_house=closed_trunks(housed()))
    talking(floor, "c1")
    assert "No trunk takes another" in only(RequestRefused, floor.transfer("a1", number=WRITTEN)).reason


def test_with_every_trunk_closed_who_overflows_waits() -> None:
    floor = opened(the_house=closed_trunks(housed({"max_waiting": 0, "overflow_number": WRITTEN})))
    assert none(DialFar, floor.queue("c1")) and call_state(floor) is CallState.WAITING


def closed_trunks(rules: House) -> House:
    """None of them takes a call of ours."""
    trunks = [trunk.model_dump() | {"outbound": False} for trunk in rules.trunks]
    return House.model_validate(rules.model_dump() | {"trunks": trunks})


def test_a_far_leg_that_nobody_ordered_is_ended_and_the_caller_waits_on() -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    talking(floor, "c1")
    floor.after(20.0)
    stray = SeenFarLeg(order_token(), TRUNKS[0].id, False)
    shown = SeenCall(
        CallId("c1"), HOTLINE, TRUNK, "", CallState.TALKING, SALES, "zh-CN", 0, None,
        (leg("s1", "c1/1", answered=True),), far=(stray,),
    )  # fmt: skip
    decision = floor.give(PbxResynced(NODE, "run1", (shown,), frozenset({"s1", "s2"})))  # type: ignore[arg-type]
    assert only(CancelFar, decision).attempt == stray.attempt and call_state(floor) is CallState.TALKING


def test_a_dial_that_is_seen_still_ringing_has_the_rest_of_its_time() -> None:
    floor, order = overflown()
    floor.give(FarRang(order.call, order.attempt))
    due = floor.engine.snapshot().outside[order.call].due_boot_s
    floor.after(2.0)
    resync(floor, CallState.WAITING, SeenFarLeg(order.attempt, TrunkId("a"), False))
    assert floor.engine.snapshot().outside[order.call].due_boot_s == due


def test_a_line_that_comes_round_in_a_talk_outside_changes_nothing() -> None:
    floor, order = overflown()
    answers(floor, order)
    back = floor.queue("c1", since=floor.now_s)
    assert none(CancelFar, back) and none(OutsideEnded, back) and call_state(floor) is CallState.OUTSIDE


def test_whom_the_fallback_answered_meanwhile_is_in_that_talk_and_the_resync_is_digested() -> None:
    """The engine was killed while the caller's line dialled outside; the dialplan's own queue had somebody answer."""
    floor, _ = given_out()
    floor.queue("c2")
    floor.lose_sight()
    waits = seen("c2", CallState.WAITING, since=floor.now_s - 1)
    found = floor.resync(seen("c1", CallState.TALKING, leg("s2", answered=True)), waits)
    assert (only(TalkBegan, found).seat, call_state(floor)) == ("s2", CallState.TALKING)
    floor.after(2.0)
    assert only(RingSeat, floor.sign_in("a2", "s3")).call == "c2"


def test_whom_the_fallback_has_meanwhile_is_taken_back_and_then_goes_to_the_sender() -> None:
    floor, _ = given_out()
    floor.lose_sight()
    found = floor.resync(seen("c1", CallState.FALLBACK))
    assert only(TakeBack, found).call == "c1" and none(RingSeat, found)
    floor.queue("c1", since=floor.now_s - 5)
    assert only(RingSeat, floor.after(1.0)).seat == "s1"
