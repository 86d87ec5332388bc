"""Screen pops: each offer is one, one window shows it, and where the house says so the phone waits for that."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands import RingSeat, WithdrawRing
from core.events import PopShown, PopUnseen, RequestGranted, RequestRefused, RingEnded, SeatReserved
from core.ids import AgentId, OfferId
from core.inputs import ShowPop
from core.states import RingOutcome
from queueing.decision import Decision
from tests.unit.queueing.builders import TestFloor, none, only, opened, talking

WAITS = {"desk": {"ring_after_pop": True, "pop_within_s": 0.3}}


def shows(floor: TestFloor, agent: str, pop: str, desktop: str = "w1", *, here_instead: bool = False) -> Decision:
    return floor.ask(ShowPop(AgentId(agent), OfferId(pop), desktop, here_instead))


def waiting(*agents_at: tuple[str, str], **rules: Any) -> TestFloor:
    return opened(*agents_at, **{**WAITS, **rules})


# --- which window shows it -------------------------------------------------------------------------
def test_a_pop_is_named_by_its_offer_and_the_first_window_that_says_so_shows_it() -> None:
    floor = opened(("a1", "s1"))
    pop = only(SeatReserved, floor.queue("c1")).offer
    floor.after(0.1)
    shown = only(PopShown, shows(floor, "a1", pop))
    assert (shown.call, shown.pop, shown.agent, shown.desktop) == ("c1", "c1/1", "a1", "w1")
    assert shown.took_s == pytest.approx(0.1)
    again = shows(floor, "a1", pop)
    assert (none(PopShown, again), none(RequestGranted, again)) == (True, False)
    assert "Another window" in only(RequestRefused, shows(floor, "a1", pop, "w2")).reason
    assert only(PopShown, shows(floor, "a1", pop, "w2", here_instead=True)).desktop == "w2"


def test_a_pop_that_is_not_the_agents_any_more_is_refused() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    pop = only(SeatReserved, floor.queue("c1")).offer
    assert "not what a2 is offered" in only(RequestRefused, shows(floor, "a2", pop)).reason
    assert "not signed in" in only(RequestRefused, shows(floor, "a3", pop)).reason


def test_the_pop_of_a_talk_can_be_had_in_another_window() -> None:
    floor = opened(("a1", "s1"))
    shows(floor, "a1", talking(floor, "c1").offer)
    floor.after(600.0)
    assert only(PopShown, shows(floor, "a1", "c1/1", "w2", here_instead=True)).desktop == "w2"


def test_a_colleague_who_is_consulted_and_a_call_we_make_are_pops_too() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    floor.consult("a1", "a2")
    assert only(PopShown, shows(floor, "a2", "c1/2")).agent == "a2"


# --- the phone waits -------------------------------------------------------------------------------
def test_the_phone_rings_when_the_window_shows_it() -> None:
    floor = waiting(("a1", "s1"), ("a2", "s2"))
    decision = floor.queue("c1")
    assert (only(SeatReserved, decision).agent, none(RingSeat, decision)) == ("a1", True)
    floor.after(0.2)
    ring = only(RingSeat, shows(floor, "a1", "c1/1"))
    assert (ring.seat, ring.offer, ring.not_after_boot_s) == ("s1", "c1/1", floor.now_s + 2)
    assert none(RingSeat, shows(floor, "a1", "c1/1"))
    assert none(RingEnded, floor.after(1.9))
    floor.rang(ring)
    assert only(RingEnded, floor.answer(ring)).outcome is RingOutcome.ANSWERED


def test_silence_leaves_the_call_to_the_next_agent() -> None:
    floor = waiting(("a1", "s1"), ("a2", "s2"))
    floor.queue("c1")
    assert none(RingEnded, floor.after(0.29))
    decision = floor.after(0.02)
    assert only(RingEnded, decision).outcome is RingOutcome.WITHDRAWN  # no ring: it counts nowhere
    unseen = only(PopUnseen, decision)
    assert (unseen.pop, unseen.agent, none(WithdrawRing, decision)) == ("c1/1", "a1", True)
    assert only(SeatReserved, decision).agent == "a2"
    assert only(RingSeat, shows(floor, "a2", "c1/2")).seat == "s2"
    assert "not what a1" not in str(shows(floor, "a1", "c1/1"))
    assert none(RingSeat, shows(floor, "a1", "c1/1", "w2", here_instead=True))


def test_a_seat_without_a_window_rests_longer_each_time() -> None:
    floor = waiting(("a1", "s1"), ("a2", "s2"))
    floor.queue("c1")
    floor.after(0.31)
    floor.rang(only(RingSeat, shows(floor, "a2", "c1/2")))
    floor.queue("c2")
    assert none(SeatReserved, floor.after(1.9))
    assert only(SeatReserved, floor.after(0.2)).agent == "a1"


def test_an_agent_who_is_asked_again_since_nobody_else_is_left_is_rung_at_once() -> None:
    floor = waiting(("a1", "s1"))
    floor.queue("c1")
    assert none(RingSeat, floor.after(2.2))
    assert only(RingSeat, floor.after(0.2)).offer == "c1/2"


def test_a_caller_who_hangs_up_before_the_ring_frees_the_agent() -> None:
    floor = waiting(("a1", "s1"))
    floor.queue("c1")
    decision = floor.hang_up("c1")
    assert (only(RingEnded, decision).outcome, none(WithdrawRing, decision)) == (RingOutcome.CALLER_GONE, True)
    assert none(RingSeat, shows(floor, "a1", "c1/1"))
    assert only(SeatReserved, floor.queue("c2")).agent == "a1"


def test_a_receiver_who_was_named_is_rung_at_once() -> None:
    floor = waiting(("a1", "s1"), ("a2", "s2"))
    floor.queue("c1")
    ring = only(RingSeat, shows(floor, "a1", "c1/1"))
    floor.rang(ring)
    floor.answer(ring)
    floor.transfer("a1", "a2")
    floor.leg_end(ring)
    assert only(RingSeat, floor.queue("c1", since=floor.now_s)).seat == "s2"


@pytest.mark.parametrize(("house", "queue", "waits"), [(True, None, True), (True, False, False), (False, True, True)])
def test_a_queue_may_say_it_otherwise_than_the_house(house: bool, queue: bool | None, waits: bool) -> None:
    floor = opened(("a1", "s1"), desk={"ring_after_pop": house}, sales={"ring_after_pop": queue})
    assert none(RingSeat, floor.queue("c1")) is waits


def test_the_wait_survives_a_restart() -> None:
    floor = waiting(("a1", "s1"), ("a2", "s2"))
    floor.queue("c1")
    restored = TestFloor(type(floor.engine).restore(floor.engine.snapshot()), floor.now_s)
    restored.sequence = floor.sequence
    assert only(PopUnseen, restored.after(0.31)).agent == "a1"
    assert only(RingSeat, shows(restored, "a2", "c1/2")).seat == "s2"
