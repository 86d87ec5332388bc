"""Facts that are late, doubled, or of something that is over change nothing, and nobody is told of them."""

from __future__ import annotations

import pytest

from core.commands import AskTrunk, CallLeader, CallListener, DialFar
from core.events import CallbackChanged, LeaderCallEnded, MenuChosen, MenuNodeVisited, SeatChanged
from core.ids import AgentId, CallId, OfferId, SeatId
from core.inputs import (
    CallerHeld,
    CallerJoined,
    CommandDone,
    CommandFailed,
    FarAnswered,
    FarJoined,
    FarLegEnded,
    FarProgressed,
    FarRang,
    Input,
    MenuKeyPressed,
    MenuNodeLeft,
    NoticeUnderstood,
    PlaceCall,
    QueueKeyPressed,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
)
from core.states import CallbackState, CallState, MenuEnd, OutboundOutcome, OutboundState
from queueing.far_end import RETURN_WITHIN_S
from tests.unit.queueing import test_callbacks, test_outbound, test_outside, test_phone_listening, test_summons
from tests.unit.queueing.builders import HOTLINE, SALES, TestFloor, none, only, opened, talking
from tests.unit.queueing.invariants import SNAPSHOT

NOBODY, LEG, SEAT = CallId("pbx1-nobody"), OfferId("pbx1-nobody/1"), SeatId("s1")

OF_NOBODY: list[Input] = [
    MenuKeyPressed(NOBODY, "root", "1"),
    QueueKeyPressed(NOBODY, "1"),
    CallerHeld(NOBODY),
    CallerJoined(NOBODY, SEAT),
    FarJoined(NOBODY, LEG),
    FarRang(NOBODY, LEG),
    FarProgressed(NOBODY, LEG),
    FarAnswered(NOBODY, LEG),
    FarLegEnded(NOBODY, LEG, 16),
    NoticeUnderstood(NOBODY),
    SeatRang(NOBODY, LEG, SEAT),
    SeatAnswered(NOBODY, LEG, SEAT),
    SeatLegEnded(NOBODY, LEG, SEAT, 16),
]


def memory(floor: TestFloor) -> bytes:
    """All that the engine knows."""
    return SNAPSHOT.dump_json(floor.engine.snapshot())


def changes_nothing(floor: TestFloor, *facts: Input) -> None:
    before = memory(floor)
    for fact in facts:
        decision = floor.give(fact)
        assert (decision.commands, decision.events) == ((), ()), fact
        assert memory(floor) == before, fact


@pytest.mark.parametrize("fact", OF_NOBODY, ids=lambda fact: type(fact).__name__)
def test_a_fact_of_a_call_that_nobody_knows(fact: Input) -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    changes_nothing(floor, fact)


def test_a_menus_visit_counts_though_the_call_is_over() -> None:
    floor = opened()
    left = MenuNodeLeft(NOBODY, HOTLINE, "main", "root", "", "hung_up", 0, 1, 2.5, "", False, MenuEnd.LEFT)
    assert only(MenuNodeVisited, floor.give(left)).call == NOBODY
    floor.arrive("c1")
    assert only(MenuChosen, floor.give(MenuKeyPressed(CallId("c1"), "root", "2"))).key == "2"


# --- calls that we make ----------------------------------------------------------------------------
def test_the_phone_of_an_agent_who_has_picked_up_rings_no_more() -> None:
    floor = test_outbound.staffed()
    dial = test_outbound.dialled(floor)
    changes_nothing(floor, SeatRang(dial.call, OfferId(f"{dial.call}/0"), SEAT))


def test_a_far_end_that_is_given_up_or_rings_already_is_not_waited_for_anew() -> None:
    floor = test_outbound.staffed()
    dial = test_outbound.dialled(floor)
    floor.give(FarRang(dial.call, dial.attempt))
    changes_nothing(floor, FarProgressed(dial.call, dial.attempt))
    floor.after(100.0)  # it rings for ever: taken back, and its Dial has not returned yet
    record = floor.engine.snapshot().outbound.get(dial.call)
    assert record is None or record.given_up


def test_sound_of_a_far_end_that_talks_or_is_gone() -> None:
    floor = test_outbound.staffed()
    dial = test_outbound.dialled(floor)
    floor.give(FarAnswered(dial.call, dial.attempt))
    changes_nothing(floor, FarRang(dial.call, dial.attempt), FarProgressed(dial.call, dial.attempt))
    floor.give(FarLegEnded(dial.call, dial.attempt, 16))
    assert floor.engine.snapshot().outbound[dial.call].state is OutboundState.LEAVING
    changes_nothing(floor, FarLegEnded(dial.call, dial.attempt, 16))


def test_a_trunks_answer_about_an_attempt_that_talks_by_now() -> None:
    floor = test_outbound.staffed()
    dial = test_outbound.dialled(floor)
    asked = only(AskTrunk, floor.after(3.0))
    floor.give(FarAnswered(dial.call, dial.attempt))
    decision = floor.give(CommandDone(asked.id, "100"))
    assert (decision.commands, decision.events) == ((), ())


def test_an_older_orders_answers_are_nothing_to_the_attempt_that_is_on() -> None:
    floor = test_outbound.staffed()
    dial = test_outbound.dialled(floor)
    again = only(DialFar, floor.give(CommandDone(dial.id, "CONGESTION/34")))
    assert again.trunk != dial.trunk
    asked = only(AskTrunk, floor.after(3.0))
    for late in (CommandFailed(asked.id, "no answer"), FarRang(dial.call, dial.attempt)):
        decision = floor.give(late)
        assert (decision.commands, decision.events) == ((), ()), late


def test_what_is_said_of_a_trunk_that_was_asked_before_is_nothing_to_the_one_that_dials() -> None:
    floor = test_outbound.staffed()
    dial = test_outbound.dialled(floor)
    asked = only(AskTrunk, floor.after(3.0))
    only(DialFar, floor.give(CommandDone(dial.id, "CONGESTION/34")))
    before = floor.engine.snapshot().outbound[dial.call].due_boot_s
    late = floor.give(CommandDone(asked.id, ""))
    assert (late.commands, late.events) == ((), ()), "the second trunk is not given up for what was asked of the first"
    assert floor.engine.snapshot().outbound[dial.call].due_boot_s == before
    assert floor.engine.snapshot().outbound[dial.call].state is OutboundState.CALLING


def test_a_dial_that_fails_has_a_moment_to_return_and_then_its_leg_is_gone() -> None:
    floor = test_outbound.staffed()
    dial = test_outbound.dialled(floor)
    failed = floor.give(CommandFailed(dial.id, "line gone"))
    assert (failed.commands, failed.events) == ((), ())
    assert test_outbound.outcome(floor.after(RETURN_WITHIN_S)) is OutboundOutcome.LOST


def test_a_dial_that_fails_after_the_answer_ends_no_talk() -> None:
    floor = test_outbound.staffed()
    dial = test_outbound.dialled(floor)
    floor.give(FarAnswered(dial.call, dial.attempt))
    floor.give(CommandFailed(dial.id, "line gone"))
    assert floor.engine.snapshot().outbound[dial.call].state is OutboundState.TALKING


def test_dials_return_after_the_far_end_has_hung_up() -> None:
    floor = test_outbound.staffed()
    dial = test_outbound.dialled(floor)
    floor.give(FarAnswered(dial.call, dial.attempt))
    floor.give(FarLegEnded(dial.call, dial.attempt, 16))
    decision = floor.give(CommandDone(dial.id, "ANSWER/16"))
    assert (decision.commands, decision.events) == ((), ())


# --- callers given outside -------------------------------------------------------------------------
def test_of_a_caller_outside_who_talks_nothing_of_the_dial_counts_any_more() -> None:
    floor, dial = test_outside.overflown()
    asked = only(AskTrunk, floor.after(3.0))
    test_outside.answers(floor, dial)
    changes_nothing(floor, FarRang(dial.call, dial.attempt), FarProgressed(dial.call, dial.attempt))
    for late in (CommandDone(asked.id, "100"), CommandDone(asked.id, "100")):
        decision = floor.give(late)
        assert (decision.commands, decision.events) == ((), ())
    assert test_outside.call_state(floor) is CallState.OUTSIDE


def test_sound_from_outside_without_ringing_has_its_time_too() -> None:
    floor, dial = test_outside.overflown()
    floor.give(FarProgressed(dial.call, dial.attempt))
    assert none(AskTrunk, floor.after(3.5)), "there is sound: nobody asks whether the trunk is there"
    assert floor.engine.snapshot().outside[dial.call].progressed


# --- a promise to call back ------------------------------------------------------------------------
def test_another_house_leaves_a_promise_alone_that_is_being_kept() -> None:
    floor = test_callbacks.floor_with("a1")
    test_callbacks.promised(floor, "c1")
    calling = floor.engine.snapshot().callbacks
    assert [one.state for one in calling.values()] == [CallbackState.CALLING]
    assert none(CallbackChanged, floor.configure(test_outbound.two_trunks(time_zone="UTC"), version=2))
    assert floor.engine.snapshot().callbacks == calling


def test_a_promise_whose_customer_an_agent_calls_at_this_moment_is_kept_later() -> None:
    floor = test_callbacks.floor_with("a1")
    floor.ask(PlaceCall(AgentId("a1"), test_callbacks.MOBILE, SALES))
    test_callbacks.promised(floor, "c1")
    changed = only(CallbackChanged, test_callbacks.free(floor, "a2"))
    assert (changed.state, changed.reason) == (CallbackState.RETRY, "That number is being called already.")


# --- listening, leaders, menus ---------------------------------------------------------------------
def test_a_phone_that_hears_a_talk_rings_no_more() -> None:
    floor, order, _ = test_phone_listening.hearing()
    changes_nothing(floor, SeatRang(order.channel, order.offer, order.seat))


def test_a_listeners_phone_that_is_not_there_is_unreachable_from_then_on() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    floor.reach("s3")
    talking(floor, "c1")
    order = only(CallListener, test_phone_listening.listen(floor))
    gone = floor.give(SeatLegEnded(order.channel, order.offer, order.seat, 20))
    assert (only(SeatChanged, gone).seat, only(SeatChanged, gone).reachable) == ("s3", False)


def test_what_is_told_of_a_leaders_call_that_is_over() -> None:
    floor, order = test_summons.summoned()
    test_summons.answers(floor, order)
    only(LeaderCallEnded, test_summons.ends(floor, order))
    leg = OfferId(f"{order.call}/1")
    for fact in (FarRang(order.call, leg), FarLegEnded(order.call, leg, 16)):
        decision = floor.give(fact)
        assert none(LeaderCallEnded, decision) and none(CallLeader, decision), fact


def test_an_order_to_call_a_leader_that_fails_when_the_next_one_is_rung() -> None:
    floor, order = test_summons.summoned("13900000001", "13900000002")
    test_summons.ends(floor, order, 17)
    assert none(LeaderCallEnded, floor.give(CommandFailed(order.id, "no answer")))


def test_an_older_dials_return_is_nothing_to_the_one_that_is_on() -> None:
    floor, dial = test_outside.overflown()
    again = only(DialFar, test_outside.returns(floor, dial, "CONGESTION/34"))
    assert again.trunk != dial.trunk
    asked = only(AskTrunk, floor.after(3.0))
    floor.give(FarRang(again.call, again.attempt))
    floor.give(FarAnswered(again.call, again.attempt))
    decision = floor.give(CommandDone(asked.id, "100"))
    assert (decision.commands, decision.events) == ((), ())
    joined = floor.give(FarJoined(again.call, again.attempt))
    assert (joined.commands, joined.events) == ((), ())
    assert test_outside.call_state(floor) is CallState.OUTSIDE


def test_a_far_end_that_rings_after_it_was_given_up_is_waited_for_no_longer() -> None:
    floor = test_outbound.staffed()
    dial = test_outbound.dialled(floor)
    asked = only(AskTrunk, floor.after(3.0))
    floor.give(CommandDone(asked.id, ""))
    due = floor.engine.snapshot().outbound[dial.call].due_boot_s
    floor.give(FarRang(dial.call, dial.attempt))
    record = floor.engine.snapshot().outbound[dial.call]
    assert record.given_up == "silent" and record.due_boot_s == due


def test_what_is_said_of_a_trunk_that_was_asked_before_is_nothing_to_a_caller_whom_the_next_one_dials_for() -> None:
    floor, dial = test_outside.overflown()
    asked = only(AskTrunk, floor.after(3.0))
    again = only(DialFar, test_outside.returns(floor, dial, "CONGESTION/34"))
    before = floor.engine.snapshot().outside[again.call].due_boot_s
    late = floor.give(CommandDone(asked.id, ""))
    assert (late.commands, late.events) == ((), ())
    assert floor.engine.snapshot().outside[again.call].due_boot_s == before


def test_a_line_that_plays_music_while_nobody_put_it_on_hold() -> None:
    floor = opened()
    floor.queue("c1")
    changes_nothing(floor, CallerHeld(CallId("c1")))
