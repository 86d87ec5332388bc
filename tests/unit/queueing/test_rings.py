"""Three rings: reserved, ringing, missed, refused, lost; the next seat at once, the caller's place kept."""

from __future__ import annotations

import pytest

from core.commands import RingSeat, WithdrawRing
from core.events import (
    AgentChanged,
    Alarmed,
    CallAnswered,
    CallOffered,
    RingBegan,
    RingEnded,
    SeatChanged,
    SeatReserved,
)
from core.inputs import LINE_GONE
from core.states import AgentState, AgentStatus, RingOutcome
from queueing.decision import Decision
from tests.unit.queueing.builders import all_of, none, only, opened, talking


def test_a_call_rings_the_longest_idle_seat_at_once() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    decision = floor.queue("c1")
    assert only(CallOffered, decision).waited_s == 0
    reserved = only(SeatReserved, decision)
    assert (reserved.agent, reserved.seat, reserved.considered, reserved.idle_s) == ("a1", "s1", 2, 2.0)
    ring = only(RingSeat, decision)
    assert (ring.id, ring.offer, ring.seat) == (f"{floor.sequence}.0", "c1/1", "s1")
    assert ring.not_after_boot_s == floor.now_s + 2
    assert ring.dial_s == 20


def test_no_180_within_two_seconds_tries_the_next_seat() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    assert none(RingEnded, floor.after(1.9))
    decision = floor.after(0.1)
    ended = only(RingEnded, decision)
    assert (ended.outcome, ended.rang_s) == (RingOutcome.FAILED, 0)
    assert only(WithdrawRing, decision).offer == first.offer
    assert only(RingSeat, decision).seat == "s2"


def test_the_ring_clock_starts_at_the_180_and_ends_after_three_rings() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    floor.after(1.0)
    assert only(RingBegan, floor.rang(first)).agent == "a1"
    assert none(RingEnded, floor.after(14.9))
    decision = floor.after(0.2)
    ended = only(RingEnded, decision)
    assert (ended.outcome, ended.rang_s) == (RingOutcome.MISSED, 15.0)
    assert only(WithdrawRing, decision).offer == first.offer
    second = only(RingSeat, decision)
    assert (second.seat, second.offer) == ("s2", "c1/2")
    answered = only(CallAnswered, floor.answer(second))
    assert (answered.agent, answered.tries) == ("a2", 2)
    assert answered.waited_s == pytest.approx(16.1)


def test_two_misses_in_a_row_set_the_agent_away_and_raise_an_alarm() -> None:
    floor = opened(("a1", "s1"))
    floor.rang(only(RingSeat, floor.queue("c1")))
    missed = floor.after(15)
    assert none(Alarmed, missed)
    again = only(RingSeat, missed)  # nobody else is left: the exclusion is forgotten
    floor.rang(again)
    decision = floor.after(15)
    alarm = only(Alarmed, decision)
    assert (alarm.name, "a1" in alarm.text) == ("agent_away", True)
    change = only(AgentChanged, decision)
    assert (change.status, change.state) == (AgentStatus.AWAY, AgentState.IDLE)
    assert none(RingSeat, decision)
    assert only(RingSeat, floor.ready("a1")).offer == "c1/3"


def test_an_answer_clears_the_misses() -> None:
    floor = opened(("a1", "s1"), wrap_up_s=0)
    floor.rang(only(RingSeat, floor.queue("c1")))
    second = only(RingSeat, floor.after(15))
    floor.answer(second)
    floor.leg_end(second)
    floor.rang(only(RingSeat, floor.queue("c2")))
    assert none(Alarmed, floor.after(15))


def test_an_agent_who_missed_serves_other_callers_before_ringing_for_the_same_again() -> None:
    floor = opened(("a1", "s1"))
    floor.rang(only(RingSeat, floor.queue("c1")))
    floor.queue("c2")
    assert only(RingSeat, floor.after(15)).call == "c2"


def test_an_excluded_agent_waits_for_nobody_else_idle() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"), ("a3", "s3"))
    floor.rang(only(RingSeat, floor.queue("c1")))
    second = only(RingSeat, floor.after(15))
    floor.rang(second)
    assert [second.seat, only(RingSeat, floor.after(15)).seat] == ["s2", "s3"]


@pytest.mark.parametrize("cause", [17, 21])
def test_busy_or_rejected_counts_as_a_miss(cause: int) -> None:
    floor = opened(("a1", "s1"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    decision = floor.leg_end(first, cause)
    assert only(RingEnded, decision).outcome is RingOutcome.REJECTED
    assert only(Alarmed, floor.leg_end(only(RingSeat, decision), cause)).name == "agent_away"


@pytest.mark.parametrize("rang", [False, True], ids=["at-once", "while-ringing"])
def test_a_phone_that_declines_has_rejected_also_when_dial_says_so_before_its_legs_end(rang: bool) -> None:
    """And stays reachable: a phone that cannot be rung would be left alone until the PBX says otherwise."""
    floor = opened(("a1", "s1"))
    first = only(RingSeat, floor.queue("c1"))
    if rang:
        floor.rang(first)
    decision = floor.done(first, "CHANUNAVAIL/21")
    assert only(RingEnded, decision).outcome is RingOutcome.REJECTED
    assert none(SeatChanged, decision)
    late = floor.leg_end(first, 21)
    assert none(RingEnded, late) and none(SeatChanged, late)


@pytest.mark.parametrize("result", ["CHANUNAVAIL", "CHANUNAVAIL/20", "CHANUNAVAIL/0", "CONGESTION"])
def test_a_phone_that_cannot_be_rung_is_left_alone_until_the_pbx_says_otherwise(result: str) -> None:
    floor = opened(("a1", "s1"))
    first = only(RingSeat, floor.queue("c1"))
    decision = floor.done(first, result)
    assert only(SeatChanged, decision).reachable is False
    assert only(RingEnded, decision).outcome is RingOutcome.FAILED
    assert none(RingSeat, floor.after(100))
    assert only(RingSeat, floor.reach("s1")).seat == "s1"


def test_a_flapping_phone_rests_longer_each_time() -> None:
    floor = opened(("a1", "s1"), sales={"promise_every_s": 0, "announce_after_s": 0})
    ring, rests = only(RingSeat, floor.queue("c1")), []
    for _ in range(7):
        floor.done(ring, "CHANUNAVAIL")
        since = floor.now_s
        assert none(RingSeat, floor.reach("s1"))
        due = floor.engine.next_deadline()
        assert due is not None
        rests.append(due - since)
        ring = only(RingSeat, floor.after(due - since))
    assert rests == [2, 4, 8, 16, 32, 60, 60]


def test_a_phone_lost_in_mid_ring_gives_way_to_the_next_within_two_seconds() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    assert only(RingSeat, floor.leg_end(first, 20)).seat == "s2"


def test_a_phone_that_unregisters_in_mid_ring_gives_way_at_once_and_keeps_the_callers_place() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    decision = floor.reach("s1", False)
    assert only(RingEnded, decision).outcome is RingOutcome.FAILED
    assert only(WithdrawRing, decision).offer == first.offer
    assert only(RingSeat, decision).seat == "s2"
    assert none(RingEnded, floor.leg_end(first, 26)), "its leg's end is no news"


def test_a_phone_that_unregisters_before_its_180_gives_way_too() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    floor.queue("c1")
    assert only(RingSeat, floor.reach("s1", False)).seat == "s2"


def test_without_another_seat_the_caller_waits_in_place_until_the_phone_is_back() -> None:
    floor = opened(("a1", "s1"))
    floor.rang(only(RingSeat, floor.queue("c1")))
    floor.queue("c2")
    assert none(RingSeat, floor.reach("s1", False))
    assert none(RingSeat, floor.after(60.0)), "a phone that is not there is never rung"
    assert only(RingSeat, floor.reach("s1")).call == "c1"
    assert none(Alarmed, Decision((), tuple(floor.events))), "nobody missed anything"


def test_a_phone_that_unregisters_after_its_leg_ended_leaves_the_callers_hang_up_its_moment() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    floor.leg_end(first, 16)
    assert none(RingSeat, floor.reach("s1", False))
    assert none(RingSeat, floor.hang_up("c1"))


def test_who_talks_on_a_phone_that_unregisters_talks_on() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    decision = floor.reach("s1", False)
    assert only(SeatChanged, decision).reachable is False
    assert not decision.commands and len(decision.events) == 1


def test_a_leg_that_ends_unexplained_waits_for_the_callers_hang_up() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    assert none(RingSeat, floor.leg_end(first, 16))
    assert only(RingEnded, floor.hang_up("c1")).outcome is RingOutcome.CALLER_GONE


def test_a_leg_that_ends_unexplained_and_stays_so_has_failed() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    floor.leg_end(first, 16)
    floor.done(first, "")
    decision = floor.after(0.25)
    assert only(RingEnded, decision).outcome is RingOutcome.FAILED
    assert only(RingSeat, decision).seat == "s2"


def test_a_line_that_refuses_the_order_rests_and_the_seat_is_free() -> None:
    floor = opened(("a1", "s1"))
    first = only(RingSeat, floor.queue("c1"))
    decision = floor.fail(first)
    assert only(RingEnded, decision).outcome is RingOutcome.FAILED
    assert none(RingSeat, decision)
    other = floor.queue("c2")
    assert only(RingSeat, other).seat == "s1"
    floor.hang_up("c2")
    assert only(RingSeat, floor.after(1.0)).call == "c1"


def test_a_line_that_is_gone_in_mid_ring_waits_for_the_callers_hang_up() -> None:
    """AGI may be faster than AMI: the order fails before the hang-up is told."""
    floor = opened(("a1", "s1"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    assert none(RingEnded, floor.fail(first, LINE_GONE))
    assert only(RingEnded, floor.hang_up("c1")).outcome is RingOutcome.CALLER_GONE


def test_an_answer_before_the_180_is_an_answer() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    decision = floor.answer(ring)
    assert only(RingEnded, decision).outcome is RingOutcome.ANSWERED
    assert only(CallAnswered, decision).agent == "a1"
    assert floor.rang(ring).events == ()


def test_a_late_answer_of_an_old_offer_changes_nothing_and_is_undone() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    floor.after(15)
    decision = floor.answer(first)
    assert decision.events == ()
    assert [command.offer for command in all_of(WithdrawRing, decision)] == [first.offer]


def test_doubled_facts_have_no_effect_twice() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    for once in (floor.rang, floor.answer, floor.leg_end):
        assert once(ring).events
        assert once(ring) == once(ring)
        assert once(ring).events == ()


def test_a_talk_whose_dial_is_over_ends_even_if_the_leg_says_nothing() -> None:
    floor = opened(("a1", "s1"))
    ring = talking(floor, "c1")
    assert floor.done(ring, "ANSWER").events == ()
    change = only(AgentChanged, floor.after(1.0))
    assert change.state is AgentState.WRAP_UP


@pytest.mark.parametrize("cause", [18, 19])
def test_a_phone_that_rang_and_says_nobody_answered_has_missed_it(cause: int) -> None:
    floor = opened(("a1", "s1"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    assert only(RingEnded, floor.leg_end(first, cause)).outcome is RingOutcome.MISSED


def test_a_dial_that_rang_out_by_itself_is_a_miss() -> None:
    """The engine was away when the three rings were over: Dial's own limit ended them."""
    floor = opened(("a1", "s1"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    assert only(RingEnded, floor.done(first, "NOANSWER")).outcome is RingOutcome.MISSED


def test_a_late_180_of_a_ring_whose_leg_has_ended_does_not_put_off_its_explanation() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    floor.leg_end(first, 16)
    floor.rang(first)
    assert only(RingSeat, floor.after(0.3)).seat == "s2"
