"""An agent consults somebody outside the house about a held caller."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.commands import AskTrunk, CancelFar, ConsultFar, DialFar, JoinFar, JoinSeat, JoinThree, LetGo, WithdrawRing
from core.events import (
    CallEnded,
    CallMoved,
    CallTransferred,
    ConferenceBegan,
    ConsultEnded,
    HoldReminded,
    OutsideAnswered,
    OutsideDialled,
    OutsideEnded,
    RequestGranted,
    RequestRefused,
    TalkEnded,
)
from core.ids import CallId, OfferId, SeatId, TrunkId
from core.inputs import (
    CallerJoined,
    CommandDone,
    CommandFailed,
    FarAnswered,
    FarJoined,
    FarLegEnded,
    FarRang,
    SeatLegEnded,
    SeenFarLeg,
)
from core.states import AgentState, CallState, OutboundOutcome
from queueing.decision import Decision
from queueing.far_end import RETURN_WITHIN_S, SILENT_S
from tests.unit.queueing.builders import SALES, TestFloor, all_of, leg, none, only, opened, seen, talking
from tests.unit.queueing.test_outside import INSIDE, WRITTEN, call_state, housed
from tests.unit.queueing.test_overflow import conserved

TRUNK = TrunkId("a")


def asked() -> tuple[TestFloor, ConsultFar]:
    """a1 has c1 on hold, and the own leg dials the number outside."""
    floor = opened(("a1", "s1"), ("a2", "s2"), the_house=housed())
    talking(floor, "c1")
    order = only(ConsultFar, floor.consult("a1", number=WRITTEN, note="wants the workshop"))
    floor.held("c1")
    return floor, order


def consulting() -> tuple[TestFloor, ConsultFar]:
    """They speak."""
    floor, order = asked()
    floor.give(FarRang(order.call, order.attempt))
    floor.give(FarAnswered(order.call, order.attempt))
    return floor, order


def completed() -> tuple[TestFloor, JoinFar]:
    """a1 has left it to them; the caller is on the way."""
    floor, _ = consulting()
    floor.complete("a1")
    return floor, only(JoinFar, agent_leaves(floor))


def agent_leaves(floor: TestFloor) -> Decision:
    talk = floor.engine.snapshot().calls[CallId("c1")].talk
    assert talk is not None
    return floor.give(SeatLegEnded(CallId("c1"), talk.offer, talk.seat, 16))


def returns(floor: TestFloor, order: ConsultFar, result: str, cause: int = 16) -> Decision:
    """The far leg ends, then the dialplan tells what the dial came to."""
    ended = floor.give(FarLegEnded(order.call, order.attempt, cause))
    done = floor.give(CommandDone(order.id, result))
    return Decision((*ended.commands, *done.commands), (*ended.events, *done.events))


def doing(floor: TestFloor, agent: str = "a1") -> AgentState:
    return next(one.state for one in floor.engine.snapshot().agents.values() if one.id == agent)


# --- asking ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("number", "why"),
    [("13800138000", "list it under outside.numbers"), ("95001", "a hotline of this house"), ("110", "list it under")],
)
def test_only_numbers_that_the_house_gives_callers_to_are_asked(number: str, why: str) -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    talking(floor, "c1")
    refused = floor.consult("a1", number=number)
    assert why in only(RequestRefused, refused).reason and not refused.commands
    assert call_state(floor) is CallState.TALKING


def test_it_counts_as_a_call_of_the_agents() -> None:
    floor = opened(("a1", "s1"), the_house=housed(outbound={"calls_per_agent_hour": 1}))
    talking(floor, "c1")
    floor.consult("a1", number=WRITTEN)
    floor.held("c1")
    floor.resume("a1")
    floor.joined("c1", "s1")
    assert "as many as the house allows" in only(RequestRefused, floor.consult("a1", number=WRITTEN)).reason


def test_the_agents_leg_dials_while_the_caller_hears_music() -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    talking(floor, "c1")
    decision = floor.consult("a1", number=WRITTEN, note="wants the workshop")
    order = only(ConsultFar, decision)
    assert (order.seat, order.number, order.trunk, order.ring_s, order.parts) == ("s1", INSIDE, "a", 20.0, True)
    told = only(OutsideDialled, decision)
    assert (told.agent, told.why, told.note) == ("a1", "consult", "wants the workshop")
    held = floor.held("c1")
    assert only(RequestGranted, held) and (call_state(floor), doing(floor)) == (CallState.HELD, AgentState.CONSULTING)


def test_a_caller_who_is_on_hold_already_stays_there() -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    talking(floor, "c1")
    floor.hold("a1")
    floor.held("c1")
    decision = floor.consult("a1", number=WRITTEN)
    assert not only(ConsultFar, decision).parts and only(RequestGranted, decision)
    assert doing(floor) is AgentState.CONSULTING


def test_nobody_else_is_consulted_meanwhile() -> None:
    floor, _ = consulting()
    refused = [floor.consult("a1", "a2"), floor.consult("a1", number=WRITTEN), floor.transfer("a1", "a2")]
    refused += [floor.take_over("a2", "c1")]
    for decision in refused:
        assert only(RequestRefused, decision).reason.endswith(".") and not decision.commands


def test_only_the_caller_is_reminded_of_the_hold() -> None:
    floor, _ = consulting()
    reminded = floor.after(45.1)
    assert only(HoldReminded, reminded) and [type(one).__name__ for one in reminded.commands] == ["Announce"]


# --- nobody reached ----------------------------------------------------------------------------------
def test_a_trunk_that_fails_or_is_silent_is_followed_by_the_other_on_the_agents_leg() -> None:
    floor, order = asked()
    second = only(ConsultFar, returns(floor, order, "CONGESTION/34", 34))
    assert (second.trunk, second.seat, second.parts) == ("b", "s1", False)
    question = only(AskTrunk, floor.after(SILENT_S + 0.1))
    assert (question.attempt, question.seat) == (second.attempt, "s1")


@pytest.mark.parametrize(
    ("result", "outcome"),
    [("BUSY/17", OutboundOutcome.BUSY), ("NOANSWER/0", OutboundOutcome.NO_ANSWER), ("/21", OutboundOutcome.DECLINED)],
)
def test_unanswered_the_agent_has_the_hold_again_and_is_told_why(result: str, outcome: OutboundOutcome) -> None:
    floor, order = asked()
    floor.give(FarRang(order.call, order.attempt))
    over = returns(floor, order, result)
    assert (only(OutsideEnded, over).outcome, only(OutsideEnded, over).agent) == (outcome, "a1")
    assert (call_state(floor), doing(floor)) == (CallState.HELD, AgentState.HOLDING) and not over.commands
    assert not floor.engine.snapshot().outbound_commands
    assert only(ConsultFar, floor.consult("a1", number=WRITTEN)).attempt != order.attempt


def test_no_trunk_left_is_said_too() -> None:
    floor, order = asked()
    second = only(ConsultFar, returns(floor, order, "CONGESTION/34", 34))
    assert only(OutsideEnded, returns(floor, second, "CONGESTION/34", 34)).outcome is OutboundOutcome.NO_TRUNK
    assert doing(floor) is AgentState.HOLDING


def test_a_pbx_that_cannot_part_the_talk_leaves_it_as_it_was() -> None:
    floor = opened(("a1", "s1"), the_house=housed())
    talking(floor, "c1")
    order = only(ConsultFar, floor.consult("a1", number=WRITTEN))
    failed = floor.give(CommandFailed(order.id, "the caller is gone"))
    assert "the caller is gone" in only(RequestRefused, failed).reason
    assert only(OutsideEnded, failed).outcome is OutboundOutcome.LOST
    assert (call_state(floor), doing(floor)) == (CallState.TALKING, AgentState.TALKING)


def test_a_dial_that_never_returns_ends_all_the_same() -> None:
    floor, order = asked()
    floor.give(FarLegEnded(order.call, order.attempt, 16))
    over = floor.after(RETURN_WITHIN_S + 0.1)
    assert only(CancelFar, over) and only(OutsideEnded, over).outcome is OutboundOutcome.LOST


# --- speaking, and back --------------------------------------------------------------------------------
def test_resume_ends_the_far_leg_and_brings_the_caller_back() -> None:
    floor, order = consulting()
    floor.after(10.0)
    back = floor.resume("a1")
    assert only(CancelFar, back).attempt == order.attempt and only(JoinSeat, back).seat == "s1"
    ended = only(OutsideEnded, back)
    assert ended.outcome is OutboundOutcome.REACHED and ended.talk_s == pytest.approx(10.0)
    returns(floor, order, "ANSWER/26", 26)
    assert only(RequestGranted, floor.joined("c1", "s1"))
    assert (call_state(floor), doing(floor)) == (CallState.TALKING, AgentState.TALKING)


def test_resume_while_it_rings_asks_no_other_trunk() -> None:
    floor, order = asked()
    back = floor.resume("a1")
    assert only(CancelFar, back) and only(OutsideEnded, back).outcome is OutboundOutcome.AGENT_LEFT
    assert none(ConsultFar, returns(floor, order, "CHANUNAVAIL/26", 26))


def test_a_far_end_that_hangs_up_leaves_the_agent_with_the_hold() -> None:
    floor, order = consulting()
    over = floor.give(FarLegEnded(order.call, order.attempt, 16))
    assert only(OutsideEnded, over).outcome is OutboundOutcome.REACHED and doing(floor) is AgentState.HOLDING
    assert not floor.give(CommandDone(order.id, "ANSWER/16")).events


# --- completed -----------------------------------------------------------------------------------------
def test_completed_the_caller_is_outside_and_the_agent_wraps_up() -> None:
    floor, order = consulting()
    asked = floor.complete("a1")
    assert only(WithdrawRing, asked).seat == "s1"
    given = agent_leaves(floor)
    transferred = only(CallTransferred, given)
    assert (transferred.how, transferred.to, transferred.note) == ("consulted", INSIDE, "wants the workshop")
    assert only(TalkEnded, given).by == "transfer" and none(OutsideEnded, given)
    assert only(OutsideAnswered, given).agent == "" and only(JoinFar, given).attempt == order.attempt
    assert (call_state(floor), doing(floor)) == (CallState.OUTSIDE, AgentState.WRAP_UP)
    assert only(RequestGranted, floor.give(FarJoined(order.call, order.attempt)))
    floor.after(60.0)
    over = floor.give(FarLegEnded(order.call, order.attempt, 16))
    assert only(OutsideEnded, over).talk_s == pytest.approx(60.0) and only(LetGo, over)
    assert only(CallEnded, floor.hang_up("c1")).how == "outside"
    assert conserved(floor).of_queue(SALES).answered == 1


def test_an_agent_who_just_hangs_up_means_the_same() -> None:
    floor, _ = consulting()
    assert only(JoinFar, agent_leaves(floor)) and doing(floor) is AgentState.WRAP_UP


def test_before_anybody_answered_it_cannot_be_completed() -> None:
    floor, _ = asked()
    assert "answered yet" in only(RequestRefused, floor.complete("a1")).reason


def test_an_agent_who_hangs_up_while_it_rings_has_transferred_blindly() -> None:
    floor, order = asked()
    floor.give(FarRang(order.call, order.attempt))
    left = agent_leaves(floor)
    assert [ended.outcome for ended in all_of(OutsideEnded, left)] == [OutboundOutcome.AGENT_LEFT]
    dial = only(DialFar, left)
    assert dial.number == INSIDE and dial.attempt != order.attempt, "the caller's own line dials on"
    assert call_state(floor) is CallState.OUTSIDE


@pytest.mark.parametrize("how", ["leg", "command", "time"])
def test_a_far_end_that_is_gone_before_the_caller_came_leaves_them_in_front_of_the_queue(how: str) -> None:
    floor, order = completed()
    if how == "leg":
        over = floor.give(FarLegEnded(order.call, order.attempt, 16))
    elif how == "command":
        floor.give(CommandDone(order.id, "NONEXISTENT"))
        over = floor.after(1.1)
    else:
        over = floor.after(RETURN_WITHIN_S + 0.1)
    moved = only(CallMoved, over)
    assert (moved.why, moved.priority, call_state(floor)) == ("keeper_left", 9, CallState.RESERVED)


def test_a_caller_whose_line_comes_round_is_brought_there_all_the_same() -> None:
    floor, order = completed()
    floor.give(CommandFailed(order.id, "the line is not held"))
    again = only(JoinFar, floor.held("c1"))
    assert again.attempt == order.attempt
    floor.give(FarJoined(again.call, again.attempt))
    assert not floor.held("c1").commands


@pytest.mark.parametrize("when", ["asked", "consulting", "completed"])
def test_a_caller_who_hangs_up_ends_everything(when: str) -> None:
    floor, _ = {"asked": asked, "consulting": consulting, "completed": completed}[when]()
    gone = floor.hang_up("c1")
    assert only(CancelFar, gone) and only(CallEnded, gone).how == "caller"
    assert doing(floor) in (AgentState.WRAP_UP, AgentState.IDLE)
    after = floor.engine.snapshot()
    assert not after.calls and not after.outside and not after.outbound_commands and none(ConsultEnded, gone)
    if when != "completed":
        assert only(WithdrawRing, gone).seat == "s1"


# --- a resync ------------------------------------------------------------------------------------------
def shown(order: ConsultFar, state: CallState, *, agent: bool = True, far: bool | None = True) -> object:
    legs = [leg("s1", "c1/1", answered=True)] if agent else []
    found = (SeenFarLeg(order.attempt, order.trunk, far),) if far is not None else ()
    return replace(seen("c1", state, *legs, queue=SALES), far=found)


def resynced(floor: TestFloor, *calls: object) -> Decision:
    floor.after(2.0)
    return floor.resync(*calls, reachable=("s1", "s2", "s3", "s4"))  # type: ignore[arg-type]


def test_a_consult_that_is_seen_as_believed_goes_on() -> None:
    floor, order = consulting()
    found = resynced(floor, shown(order, CallState.HELD))
    assert not [one for one in found.commands if not type(one).__name__.startswith("Mirror")] and not found.events
    assert doing(floor) is AgentState.CONSULTING


def test_an_answer_unseen_is_found() -> None:
    floor, order = asked()
    assert only(OutsideAnswered, resynced(floor, shown(order, CallState.HELD))).agent == "a1"


def test_a_far_end_gone_unseen_leaves_the_agent_with_the_hold() -> None:
    floor, order = consulting()
    assert only(OutsideEnded, resynced(floor, shown(order, CallState.HELD, far=None)))
    assert doing(floor) is AgentState.HOLDING


def test_an_agent_gone_unseen_has_completed_it() -> None:
    floor, order = consulting()
    assert only(JoinFar, resynced(floor, shown(order, CallState.HELD, agent=False)))
    assert call_state(floor) is CallState.OUTSIDE


@pytest.mark.parametrize("agent", [True, False])
def test_a_dialplan_that_brought_them_together_is_believed(agent: bool) -> None:
    floor, order = consulting()
    found = resynced(floor, shown(order, CallState.OUTSIDE, agent=agent))
    assert only(CallTransferred, found).how == "consulted" and none(JoinFar, found)
    assert call_state(floor) is CallState.OUTSIDE and not floor.engine.snapshot().outside[order.call].awaits_caller


def test_a_dialplan_that_ended_the_hold_is_believed_and_the_far_end_let_go() -> None:
    floor, order = consulting()
    found = resynced(floor, shown(order, CallState.TALKING))
    assert only(CancelFar, found) and only(OutsideEnded, found)
    assert (call_state(floor), doing(floor)) == (CallState.TALKING, AgentState.TALKING)


def test_a_far_end_that_is_gone_has_not_been_given_the_caller_whatever_else_is_said() -> None:
    floor, order = consulting()
    found = resynced(floor, shown(order, CallState.OUTSIDE, far=None))
    assert only(OutsideEnded, found) and none(CallTransferred, found) and not floor.engine.snapshot().outside


def test_a_meeting_unseen_is_found() -> None:
    floor, order = completed()
    resynced(floor, replace(seen("c1", CallState.OUTSIDE, queue=SALES), far=(SeenFarLeg(order.attempt, TRUNK, True),)))
    assert not floor.engine.snapshot().outside[order.call].awaits_caller
    assert not floor.after(RETURN_WITHIN_S + 1.0).commands


# --- three in one talk ---------------------------------------------------------------------------------
def three() -> tuple[TestFloor, ConsultFar, JoinThree]:
    """Caller, a1 and the far end hear each other."""
    floor, order = consulting()
    join = only(JoinThree, floor.confer("a1"))
    floor.joined("c1", "s1")
    assert only(ConferenceBegan, floor.give(FarJoined(order.call, order.attempt))).number == INSIDE
    return floor, order, join


@pytest.mark.parametrize("first", ["agent", "far end"])
def test_all_three_are_together_when_the_pbx_has_said_so_of_both(first: str) -> None:
    floor, order = consulting()
    join = only(JoinThree, floor.confer("a1"))
    assert (join.seat, join.colleague, join.attempt) == ("s1", None, order.attempt)
    facts: list[CallerJoined | FarJoined] = [
        CallerJoined(order.call, SeatId("s1")),
        FarJoined(order.call, order.attempt),
    ]
    one, other = facts if first == "agent" else facts[::-1]
    assert none(ConferenceBegan, floor.give(one))
    assert only(RequestGranted, floor.give(other))
    assert (call_state(floor), doing(floor)) == (CallState.TALKING, AgentState.TALKING)
    assert "All three" in only(RequestRefused, floor.confer("a1")).reason
    assert "Three are in this talk" in only(RequestRefused, floor.hold("a1")).reason


@pytest.mark.parametrize("how", ["hangs up", "completes"])
def test_of_three_the_agent_leaves_the_caller_to_the_far_end(how: str) -> None:
    floor, order, join = three()
    if how == "completes":
        assert only(WithdrawRing, floor.complete("a1")).seat == "s1"
    left = agent_leaves(floor)
    assert only(CallTransferred, left).how == "conference" and none(JoinFar, left) and none(LetGo, left)
    assert (call_state(floor), doing(floor)) == (CallState.OUTSIDE, AgentState.WRAP_UP)
    over = floor.give(FarLegEnded(order.call, order.attempt, 16))
    assert only(LetGo, over) and not floor.give(CommandDone(join.id, "ENDMARKED")).commands
    assert only(CallEnded, floor.hang_up("c1")).how == "outside"


@pytest.mark.parametrize("how", ["hangs up", "is sent away"])
def test_of_three_the_far_end_leaves_the_caller_to_the_agent(how: str) -> None:
    floor, order, _ = three()
    if how == "is sent away":
        away = floor.resume("a1")
        assert only(CancelFar, away) and only(RequestGranted, away)
    else:
        away = floor.give(FarLegEnded(order.call, order.attempt, 16))
    assert only(OutsideEnded, away).outcome is OutboundOutcome.REACHED
    assert (call_state(floor), doing(floor)) == (CallState.TALKING, AgentState.TALKING)
    assert only(LetGo, agent_leaves(floor))


def test_of_three_the_caller_ends_it_for_all() -> None:
    floor, _, _ = three()
    gone = floor.hang_up("c1")
    assert only(CancelFar, gone) and only(WithdrawRing, gone).seat == "s1" and only(CallEnded, gone).how == "caller"
    assert not floor.engine.snapshot().outside


def test_a_pbx_that_cannot_bring_three_together_leaves_the_consult() -> None:
    floor, _ = consulting()
    failed = floor.give(CommandFailed(only(JoinThree, floor.confer("a1")).id, "the far end is not in this call"))
    assert "the far end is not in this call" in only(RequestRefused, failed).reason
    assert (call_state(floor), doing(floor)) == (CallState.HELD, AgentState.CONSULTING)
    assert only(JoinThree, floor.confer("a1"))


@pytest.mark.parametrize("agent", [True, False])
def test_three_unseen_are_found_together_or_two_of_them(agent: bool) -> None:
    floor, order = consulting()
    floor.confer("a1")
    found = resynced(floor, shown(order, CallState.OUTSIDE, agent=agent))
    assert none(JoinFar, found) and none(CancelFar, found)
    assert call_state(floor) is (CallState.TALKING if agent else CallState.OUTSIDE)
    assert len(all_of(ConferenceBegan, found)) == agent


def test_a_meeting_that_is_told_of_another_attempt_is_none() -> None:
    floor, order = completed()
    assert not floor.give(FarJoined(CallId("c1"), OfferId("c1/99"))).events
    assert call_state(floor) is CallState.OUTSIDE and order.call == "c1"


def test_a_dial_that_is_not_seen_any_more_ends_though_nobody_says_so() -> None:
    floor, order = asked()
    floor.after(11.0)
    resynced(floor, shown(order, CallState.HELD, far=None))
    assert only(OutsideEnded, floor.after(RETURN_WITHIN_S + 30.0)) and doing(floor) is AgentState.HOLDING


def test_completed_out_of_sight_the_caller_is_awaited_anew() -> None:
    floor, _ = completed()
    floor.lose_sight()
    floor.after(60.0)
    order = asked()[1]
    resynced(floor, shown(order, CallState.HELD, agent=False))
    assert call_state(floor) is CallState.OUTSIDE
    floor.after(60.0)
    assert conserved(floor)


def test_a_dialplan_that_brought_them_together_before_the_talk_was_seen_parted_is_not_believed() -> None:
    """To us the agent still speaks with the caller: what the PBX shows of that talk is corrected by itself."""
    floor = opened(("a1", "s1"), ("a2", "s2"), the_house=housed())
    talking(floor, "c1")
    order = only(ConsultFar, floor.consult("a1", number=WRITTEN))
    resynced(floor, shown(order, CallState.OUTSIDE))
    assert call_state(floor) is CallState.TALKING


def test_a_far_end_that_is_seen_ringing_still_has_the_rest_of_its_time() -> None:
    floor, order = asked()
    floor.give(FarRang(order.call, order.attempt))
    before = floor.engine.snapshot().outside[order.call].due_boot_s
    assert before is not None
    resynced(floor, shown(order, CallState.HELD, far=False))
    assert floor.engine.snapshot().outside[order.call].due_boot_s == before
