"""What people ask for: granted or refused with a sentence, and what it does."""

from __future__ import annotations

import pytest

from api.services import ApiOptions
from core.commands import MirrorSeat, RingSeat
from core.events import AgentChanged, RequestGranted, RequestRefused, WrapUpExtended
from core.ids import AgentId, SeatId
from core.inputs import SignIn
from core.states import AgentState, AgentStatus, BreakReason
from queueing import moves, pauses, phone_listening
from queueing.decision import Decision
from tests.unit.queueing.builders import SALES, none, only, opened, talking


def refusal(decision: Decision) -> str:
    return only(RequestRefused, decision).reason


def test_signing_in_is_told_and_mirrored() -> None:
    floor = opened()
    decision = floor.sign_in("a1", "s1")
    only(RequestGranted, decision)
    change = only(AgentChanged, decision)
    assert (change.agent, change.seat, change.was_status, change.status) == (
        "a1",
        "s1",
        AgentStatus.SIGNED_OUT,
        AgentStatus.READY,
    )
    mirror = only(MirrorSeat, decision)
    assert (mirror.seat, mirror.queues, mirror.paused) == ("s1", (SALES,), False)


def test_signing_in_is_refused_with_what_to_do() -> None:
    floor = opened(("a1", "s1"))
    assert "no agent nobody" in refusal(floor.sign_in("nobody", "s2"))
    assert "no seat s9" in refusal(floor.sign_in("a2", "s9"))
    assert "a1 is signed in at s1" in refusal(floor.sign_in("a2", "s1"))
    assert "Sign out there first" in refusal(floor.sign_in("a1", "s2"))
    assert "not signed in" in refusal(floor.take_break("a2"))
    assert "not signed in" in refusal(floor.ready("a2"))
    assert "not signed in" in refusal(floor.sign_out("a2"))
    again = floor.sign_in("a1", "s1")
    only(RequestGranted, again)
    assert none(AgentChanged, again)


def test_the_same_request_again_changes_nothing_and_gets_the_same_answer() -> None:
    floor = opened(("a1", "s1"))
    asked = SignIn(AgentId("a2"), SeatId("s1"))
    first = floor.ask(asked, "same")
    floor.sign_out("a1")
    assert floor.ask(asked, "same") == first
    granted = SignIn(AgentId("a2"), SeatId("s1"))
    floor.ask(granted, "other")
    floor.sign_out("a2")
    again = floor.ask(granted, "other")
    only(RequestGranted, again)
    assert none(AgentChanged, again)


def test_signing_out_is_refused_in_every_phase_of_a_call() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    for step in (floor.rang, floor.answer):
        assert "in a call" in refusal(floor.sign_out("a1"))
        step(ring)
    assert "in a call" in refusal(floor.sign_out("a1"))
    floor.leg_end(ring)
    decision = floor.sign_out("a1")  # the wrap-up ends with it
    change = only(AgentChanged, decision)
    assert (change.was_state, change.state, change.status) == (
        AgentState.WRAP_UP,
        AgentState.IDLE,
        AgentStatus.SIGNED_OUT,
    )
    assert only(MirrorSeat, decision).queues == ()
    assert none(AgentChanged, floor.after(60))


def test_a_break_starts_at_once_when_idle_and_ends_with_ready() -> None:
    floor = opened(("a1", "s1"))
    decision = floor.take_break("a1", BreakReason.REST)
    assert only(AgentChanged, decision).reason == "rest"
    assert only(MirrorSeat, decision).paused is True
    assert none(RingSeat, floor.queue("c1"))
    back = floor.ready("a1")
    assert only(MirrorSeat, back).paused is False
    assert only(RingSeat, back).call == "c1"


def test_a_break_asked_for_in_a_call_starts_after_the_wrap_up() -> None:
    floor = opened(("a1", "s1"))
    ring = talking(floor, "c1")
    decision = floor.take_break("a1")
    only(RequestGranted, decision)
    assert none(AgentChanged, decision)
    assert only(AgentChanged, floor.leg_end(ring)).state is AgentState.WRAP_UP
    change = only(AgentChanged, floor.after(10))
    assert (change.state, change.status, change.reason) == (AgentState.IDLE, AgentStatus.ON_BREAK, "meal")


def test_a_break_asked_for_during_a_missed_ring_starts_with_its_end() -> None:
    floor = opened(("a1", "s1"))
    floor.rang(only(RingSeat, floor.queue("c1")))
    floor.take_break("a1")
    decision = floor.after(15)
    assert only(AgentChanged, decision).status is AgentStatus.ON_BREAK
    assert none(RingSeat, decision)


def test_ready_takes_back_a_break_and_ends_the_wrap_up() -> None:
    floor = opened(("a1", "s1"))
    ring = talking(floor, "c1")
    floor.take_break("a1")
    floor.leg_end(ring)
    floor.queue("c2")
    decision = floor.ready("a1")
    assert only(RingSeat, decision).call == "c2"


def test_idle_again_counts_from_the_end_of_wrap_up_and_breaks() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    floor.take_break("a1")
    floor.after(1)
    floor.ready("a1")
    assert only(RingSeat, floor.queue("c1")).seat == "s2"


def test_an_agent_moves_to_another_seat_by_signing_out_and_in() -> None:
    floor = opened(("a1", "s1"))
    floor.sign_out("a1")
    floor.sign_in("a1", "s2")
    assert only(RingSeat, floor.queue("c1")).seat == "s2"


# --- wrap-up -----------------------------------------------------------------------------------
def test_a_wrap_up_is_extended_once_and_ended_early() -> None:
    floor = opened(("a1", "s1"), wrap_up_s=10.0, wrap_up_extension_s=20.0)
    floor.leg_end(talking(floor, "c1"))
    floor.after(8)
    assert only(WrapUpExtended, floor.extend_wrap_up("a1")).by_s == 20
    assert "already" in only(RequestRefused, floor.extend_wrap_up("a1")).reason
    assert none(AgentChanged, floor.after(21.9))
    assert only(AgentChanged, floor.after(0.2)).reason == "wrap_up_over"
    floor.leg_end(talking(floor, "c2"))
    only(WrapUpExtended, floor.extend_wrap_up("a1"))
    assert only(AgentChanged, floor.ready("a1")).reason == "ready"
    assert none(AgentChanged, floor.after(60)), "there is one timer, and it is gone"


def test_a_wrap_up_that_is_none_is_not_extended() -> None:
    floor = opened(("a1", "s1"), wrap_up_extension_s=0.0)
    assert "not in wrap-up" in only(RequestRefused, floor.extend_wrap_up("a1")).reason
    floor.leg_end(talking(floor, "c1"))
    assert "no wrap-ups" in only(RequestRefused, floor.extend_wrap_up("a1")).reason


def test_a_break_asked_for_in_a_talk_begins_after_an_extended_wrap_up() -> None:
    floor = opened(("a1", "s1"), wrap_up_s=10.0, wrap_up_extension_s=20.0)
    ring = talking(floor, "c1")
    assert none(AgentChanged, floor.take_break("a1"))
    floor.leg_end(ring)
    floor.extend_wrap_up("a1")
    assert none(AgentChanged, floor.after(29))
    assert only(AgentChanged, floor.after(2)).status is AgentStatus.ON_BREAK


@pytest.mark.parametrize("within_s", [moves.ANSWER_WITHIN_S, pauses.WITHIN_S, phone_listening.WITHIN_S])
def test_a_no_comes_before_whoever_asked_gives_up(within_s: float) -> None:
    """Else it is told that nobody knows (504), where the engine knows."""
    assert within_s <= ApiOptions(frozenset()).answer_timeout_s - 0.5
