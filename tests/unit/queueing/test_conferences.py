"""Three in one talk, decision by decision."""

from __future__ import annotations

import pytest

from core.commands import ConsultSeat, JoinSeat, JoinThree, LetGo, RingSeat, WithdrawRing
from core.events import (
    CallEnded,
    CallTransferred,
    ConferenceBegan,
    ConsultEnded,
    RequestGranted,
    RequestRefused,
    TalkBegan,
    TalkEnded,
)
from core.inputs import CommandDone, CommandFailed, SeatLegEnded
from core.states import AgentState, CallState
from queueing.far_end import DIAL_OVER_S
from tests.unit.queueing.builders import TestFloor, all_of, leg, none, only, seen
from tests.unit.queueing.test_moves import call_state, floor_consulting, floor_holding, state_of


def three() -> tuple[TestFloor, RingSeat, ConsultSeat, JoinThree]:
    """a1 at s1, a2 at s2 and the caller of c1 are in one talk."""
    floor, ring, asked = floor_consulting()
    order = only(JoinThree, floor.confer("a1"))
    assert none(RequestGranted, floor.joined("c1", "s2"))
    assert only(RequestGranted, floor.joined("c1", "s1"))
    return floor, ring, asked, order


def ends(floor: TestFloor, asked: ConsultSeat) -> SeatLegEnded:
    """The colleague hangs up."""
    return SeatLegEnded(asked.call, asked.offer, asked.colleague, 16)


def test_all_three_are_brought_together_by_one_order() -> None:
    floor, ring, asked, order = three()
    assert (order.seat, order.colleague) == (ring.seat, asked.colleague)
    assert call_state(floor) is CallState.TALKING
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.TALKING, AgentState.TALKING)
    assert [event.to_agent for event in floor.events if isinstance(event, ConferenceBegan)] == ["a2"]


def test_whoever_joins_first_it_began_when_both_are_there() -> None:
    floor, _, _ = floor_consulting()
    floor.confer("a1")
    assert none(ConferenceBegan, floor.joined("c1", "s1"))
    assert only(ConferenceBegan, floor.joined("c1", "s2")).agent == "a1"
    assert floor.joined("c1", "s2").events == (), "said twice"


def test_without_an_answered_consult_there_is_nobody_to_confer_with() -> None:
    floor, _ = floor_holding(("a2", "s2"))
    assert "speaks with nobody" in only(RequestRefused, floor.confer("a1")).reason
    floor.consult("a1", "a2")
    assert only(RequestRefused, floor.confer("a1"))


def test_a_colleague_who_hangs_up_leaves_agent_and_caller() -> None:
    floor, ring, asked, _ = three()
    assert only(ConsultEnded, floor.give(ends(floor, asked))).how == "colleague_left"
    assert (call_state(floor), state_of(floor, "a1"), state_of(floor, "a2")) == (
        CallState.TALKING, AgentState.TALKING, AgentState.IDLE,
    )  # fmt: skip
    over = floor.leg_end(ring)
    assert only(TalkEnded, over).by == "agent" and only(LetGo, over)


def test_an_agent_who_hangs_up_leaves_the_call_to_the_colleague() -> None:
    floor, ring, asked, _ = three()
    left = floor.leg_end(ring)
    given, began = only(CallTransferred, left), only(TalkBegan, left)
    assert (given.how, given.to, began.agent, began.how) == ("conference", "a2", "a2", "conference")
    assert only(ConsultEnded, left).how == "completed" and none(JoinSeat, left) and none(LetGo, left)
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.WRAP_UP, AgentState.TALKING)
    assert only(TalkEnded, floor.give(ends(floor, asked))).agent == "a2"


def test_a_caller_who_hangs_up_ends_both_legs() -> None:
    floor, ring, asked, _ = three()
    gone = floor.hang_up("c1")
    assert {order.offer for order in all_of(WithdrawRing, gone)} == {ring.offer, asked.offer}
    assert only(CallEnded, gone).how == "caller"
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.WRAP_UP, AgentState.IDLE)


def test_resume_sends_the_colleague_away_and_complete_lets_the_agent_go() -> None:
    floor, _, asked, _ = three()
    away = floor.resume("a1")
    assert only(RequestGranted, away) and only(WithdrawRing, away).offer == asked.offer
    assert only(ConsultEnded, away).how == "cancelled" and call_state(floor) is CallState.TALKING
    floor, ring, _, _ = three()
    assert only(WithdrawRing, floor.complete("a1")).offer == ring.offer
    assert only(RequestGranted, floor.leg_end(ring))
    assert state_of(floor, "a2") is AgentState.TALKING


@pytest.mark.parametrize("verb", ["hold", "transfer", "consult", "confer"])
def test_three_are_not_parted_otherwise(verb: str) -> None:
    floor, _, _, _ = three()
    floor.sign_in("a3", "s3")
    asked = getattr(floor, verb)("a1", "a3") if verb in ("transfer", "consult") else getattr(floor, verb)("a1")
    assert only(RequestRefused, asked) and not asked.commands


@pytest.mark.parametrize("failed", [True, False], ids=["refused-by-the-pbx", "nobody-came"])
def test_what_the_pbx_cannot_do_leaves_the_consult_as_it_was(failed: bool) -> None:
    floor, _, _ = floor_consulting()
    order = only(JoinThree, floor.confer("a1"))
    refused = floor.give(CommandFailed(order.id, "x") if failed else CommandDone(order.id, "FAILED"))
    assert only(RequestRefused, refused)
    assert (call_state(floor), state_of(floor, "a2")) == (CallState.HELD, AgentState.CONSULTING)
    assert only(JoinThree, floor.confer("a1")), "it may be asked for again"


def test_a_conference_whose_end_nobody_tells_ends_with_its_order() -> None:
    floor, _, _, order = three()
    floor.give(CommandDone(order.id, "ENDMARKED"))
    over = floor.after(DIAL_OVER_S + 0.1)
    assert only(LetGo, over) and only(ConsultEnded, over)
    assert state_of(floor, "a2") is AgentState.IDLE


@pytest.mark.parametrize(
    ("here", "one", "other"),
    [
        (("s1", "s2"), AgentState.TALKING, AgentState.TALKING),
        (("s1",), AgentState.TALKING, AgentState.IDLE),
        (("s2",), AgentState.WRAP_UP, AgentState.TALKING),
    ],
)
@pytest.mark.parametrize("known", [True, False], ids=["it-had-begun", "it-began-unseen"])
def test_a_resync_tells_who_is_left_of_the_three(
    here: tuple[str, ...], one: AgentState, other: AgentState, known: bool
) -> None:
    if known:
        floor, ring, asked, _ = three()
    else:
        floor, ring, asked = floor_consulting()
        floor.confer("a1")
    floor.after(2.0)
    offers = {"s1": ring.offer, "s2": asked.offer}
    legs = [leg(seat, offers[seat], answered=True) for seat in here]
    floor.resync(seen("c1", CallState.TALKING, *legs))
    assert (call_state(floor), state_of(floor, "a1"), state_of(floor, "a2")) == (CallState.TALKING, one, other)


def test_an_agent_who_leaves_before_the_colleague_is_there_leaves_the_caller_to_them() -> None:
    floor, ring, _ = floor_consulting()
    floor.confer("a1")
    floor.joined("c1", "s1")
    left = floor.leg_end(ring)
    assert only(CallTransferred, left).how == "conference" and only(TalkBegan, left).agent == "a2"
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.WRAP_UP, AgentState.TALKING)
