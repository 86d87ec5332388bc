"""A listener takes the call: on the line on which they listen, and the caller is somebody's at every moment."""

from __future__ import annotations

import pytest

from core.commands import CallListener, JoinSeat, RingSeat, TakeTalk, WithdrawRing
from core.events import (
    CallResumed,
    CallTransferred,
    ListeningBegan,
    ListeningEnded,
    RequestGranted,
    RequestRefused,
    TalkBegan,
    TalkEnded,
)
from core.ids import AgentId, CallId, ListeningId, SeatId
from core.inputs import (
    CallerHeld,
    CallerJoined,
    ChangeListening,
    CommandDone,
    CommandFailed,
    FarAnswered,
    ListenByPhone,
    SeatAnswered,
    SeatLegEnded,
    TakeFromListening,
)
from core.states import AgentState, CallState, ListenMode
from queueing.decision import Decision
from queueing.moves import ANSWER_WITHIN_S
from queueing.state import AgentRecord, CallRecord
from tests.unit.queueing.builders import TestFloor, all_of, leg, none, only, opened, seen, talking
from tests.unit.queueing.test_outbound import dialled, staffed
from tests.unit.queueing.test_phone_listening import GRACE_S, hearing, listen

C1 = CallId("c1")


def agent(floor: TestFloor, name: str) -> AgentRecord:
    return floor.engine.snapshot().agents[AgentId(name)]


def call(floor: TestFloor) -> CallRecord:
    return floor.engine.snapshot().calls[C1]


def asked(floor: TestFloor, name: ListeningId) -> TakeTalk:
    order = only(TakeTalk, decision := floor.ask(TakeFromListening(name)))
    assert none(RequestGranted, decision), "not before the caller is there"
    return order


def parted() -> tuple[TestFloor, TakeTalk, Decision]:
    """a1's talk has just been parted for the listener at s3, where nobody sits."""
    floor, _, name = hearing()
    order = asked(floor, name)
    assert (order.seat, order.taker, order.parts, order.record) == ("s1", "s3", True, True)
    floor.give(CommandDone(order.id))
    return floor, order, floor.give(CallerHeld(C1))


def test_the_agent_goes_and_the_listener_has_the_caller_without_a_ring() -> None:
    floor, _, taken = parted()
    told = only(CallTransferred, taken)
    assert (told.agent, told.how, told.to) == ("a1", "taken_over", floor.who)
    assert only(ListeningEnded, taken).why == "taken_over" and only(TalkEnded, taken).agent == "a1"
    assert (only(TalkBegan, taken).seat, only(TalkBegan, taken).recorded) == ("s3", True)
    assert only(WithdrawRing, taken).seat == "s1" and none(RingSeat, taken)
    assert only(JoinSeat, taken).seat == "s3"
    joined = floor.give(CallerJoined(C1, SeatId("s3")))
    assert only(RequestGranted, joined) and only(CallResumed, joined).seat == "s3"
    state = floor.engine.snapshot()
    assert (state.calls[C1].state, state.seats[SeatId("s3")].call) == (CallState.TALKING, C1)
    assert state.listenings == {} and state.agents[told.agent].state is AgentState.WRAP_UP


def test_an_agent_who_listened_has_the_call_as_every_agent_has() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    floor.who = "a2"
    order = only(CallListener, listen(floor, "s2"))
    floor.give(SeatAnswered(order.channel, order.offer, order.seat))
    take = only(TakeTalk, floor.take_over("a2", "c1"))
    floor.give(CallerHeld(C1))
    floor.give(CommandDone(take.id))
    assert agent(floor, "a2").state is AgentState.HOLDING
    floor.give(CallerJoined(C1, SeatId("s2")))
    assert (agent(floor, "a2").state, agent(floor, "a2").call) == (AgentState.TALKING, C1)
    over = floor.give(SeatLegEnded(C1, take.offer, SeatId("s2"), 16))
    assert only(TalkEnded, over).agent == "a2"


def test_a_caller_on_hold_is_taken_as_soon_as_the_line_is_ready() -> None:
    floor, _, name = hearing()
    floor.hold("a1")
    floor.give(CallerHeld(C1))
    order = asked(floor, name)
    assert not order.parts
    taken = floor.give(CommandDone(order.id))
    assert only(CallTransferred, taken).how == "taken_over" and only(JoinSeat, taken).seat == "s3"


def test_what_the_pbx_refuses_changes_nothing() -> None:
    floor, _, name = hearing()
    refused = floor.give(CommandFailed(asked(floor, name).id, "Channel does not exist"))
    assert "Channel does not exist" in only(RequestRefused, refused).reason
    state = floor.engine.snapshot()
    assert state.calls[C1].state is CallState.TALKING and name in state.listenings
    assert asked(floor, name), "it may be asked for again"


@pytest.mark.parametrize("on_hold", [False, True])
def test_a_listener_who_hangs_up_meanwhile_leaves_the_caller_to_the_agent(on_hold: bool) -> None:
    floor, _, name = hearing()
    if on_hold:
        floor.hold("a1")
        floor.give(CallerHeld(C1))
    order = asked(floor, name)
    gone = floor.give(SeatLegEnded(C1, order.offer, SeatId("s3"), 16))
    assert only(ListeningEnded, gone).why == "hung_up"
    if not on_hold:
        gone = floor.give(CallerHeld(C1))
        assert only(JoinSeat, gone).seat == "s1"
    assert "hung up" in only(RequestRefused, gone).reason and none(CallTransferred, gone)
    assert floor.engine.snapshot().seats[SeatId("s3")].call is None


def test_who_asks_for_another_way_of_listening_while_taking_over_is_answered() -> None:
    floor, _, name = hearing()
    floor.give(CommandDone(asked(floor, name).id))
    floor.ask(ChangeListening(name, ListenMode.WHISPER), "late")
    refused = [one for one in all_of(RequestRefused, floor.give(CallerHeld(C1))) if one.request == "late"]
    assert [one.reason for one in refused] == ["The listening is over."]


def test_a_listener_who_hangs_up_before_the_caller_is_there_sends_the_caller_to_the_front() -> None:
    floor, order, _ = parted()
    gone = floor.give(SeatLegEnded(C1, order.offer, SeatId("s3"), 16))
    assert only(RequestRefused, gone) and call(floor).priority == 9


def test_phones_that_cannot_be_joined_send_the_caller_to_the_front() -> None:
    floor, order, taken = parted()
    failed = floor.give(CommandDone(only(JoinSeat, taken).id, "NONEXISTENT"))
    assert "could not be brought together" in only(RequestRefused, failed).reason
    assert (only(WithdrawRing, failed).offer, call(floor).priority) == (order.offer, 9)


def test_a_caller_who_hangs_up_meanwhile_ends_all_of_it() -> None:
    floor, _, name = hearing()
    order = asked(floor, name)
    over = floor.hang_up("c1")
    assert only(ListeningEnded, over).why == "talk_over" and only(RequestRefused, over)
    assert {command.offer for command in all_of(WithdrawRing, over) if command.seat == "s3"} >= {order.offer}


def test_a_resync_takes_no_line_for_gone_that_becomes_a_leg_of_the_call() -> None:
    floor, _, name = hearing()
    asked(floor, name)
    floor.after(GRACE_S)
    floor.resync(seen("c1", CallState.TALKING, leg("s1", answered=True)))
    assert name in floor.engine.snapshot().listenings


def test_a_call_that_nobody_speaks_in_or_that_two_speak_about_is_not_taken() -> None:
    floor, _, name = hearing()
    floor.consult("a1", "a2")
    assert "Two people" in only(RequestRefused, floor.ask(TakeFromListening(name))).reason
    floor.who = "somebody-else"
    assert "Only they" in only(RequestRefused, floor.ask(TakeFromListening(name))).reason
    assert "not going on" in only(RequestRefused, floor.ask(TakeFromListening(ListeningId("li-0")))).reason


def test_a_call_that_the_agent_made_is_not_taken() -> None:
    floor = staffed()
    far = dialled(floor)
    floor.give(FarAnswered(far.call, far.attempt))
    asked_for = floor.ask(ListenByPhone(far.call, "192.0.2.7", SeatId("s3"), ListenMode.LISTEN))
    order = only(CallListener, asked_for)
    name = only(ListeningBegan, floor.give(SeatAnswered(order.channel, order.offer, order.seat))).listening
    assert "The agent made this call" in only(RequestRefused, floor.ask(TakeFromListening(name))).reason


def test_a_caller_whom_the_agent_has_left_is_not_taken_from_listening() -> None:
    floor, _, name = hearing()
    talk = call(floor).talk
    assert talk is not None
    floor.transfer("a1", queue="complaints")
    floor.give(SeatLegEnded(C1, talk.offer, SeatId("s1"), 16))
    assert "Nobody speaks with this caller now" in only(RequestRefused, floor.ask(TakeFromListening(name))).reason


def test_a_talk_that_is_parted_after_the_request_was_refused_is_taken_all_the_same() -> None:
    """The PBX has done what was asked of it, only later than people wait for an answer."""
    floor, _, name = hearing()
    order = asked(floor, name)
    assert only(RequestRefused, floor.after(ANSWER_WITHIN_S))
    floor.give(CommandDone(order.id))
    taken = floor.give(CallerHeld(C1))
    assert only(CallTransferred, taken).how == "taken_over" and none(RequestGranted, taken)
