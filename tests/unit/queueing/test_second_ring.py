"""A second phone beside the one that rings, because its agent usually answers too late for the queue's deadline."""

from __future__ import annotations

import pytest

from core.commands import EndBeside, RingBeside, RingSeat, WithdrawRing
from core.events import AgentChanged, CallAnswered, RingBegan, RingEnded, SeatReserved, TalkBegan, TalkEnded
from core.figures import Figures
from core.ids import AgentId, CallId, OfferId
from core.inputs import LINE_GONE, BesideHeld, CommandDone, CommandFailed, SeatAnswered, SeatLegEnded, SeatRang, Tick
from core.states import AgentState, CallState, RingOutcome, SeatState
from queueing.answer_by import LEAST_RINGS
from queueing.decision import Decision
from queueing.engine import Engine
from queueing.trace import NEAREST
from tests.unit.queueing.builders import (
    NODE,
    TestFloor,
    agent,
    all_of,
    house,
    leg,
    none,
    only,
    opened,
    seen,
)

ANSWER_BY_S = 8.0
SLOW_S, QUICK_S = 10.0, 2.0


def floor_of(usual_s: float, *others: tuple[str, str], rings: int = LEAST_RINGS) -> TestFloor:
    """a1 at s1 has answered some calls, each so many seconds after its phone began to ring; the others come then."""
    agents = (agent("a1"), agent("a2"), agent("a3"))
    rules: dict[str, object] = {"answer_by_s": ANSWER_BY_S, "promise_every_s": 0}
    floor = opened(("a1", "s1"), the_house=house(*agents, wrap_up_s=0.0, sales=rules))
    for number in range(rings):
        ring = only(RingSeat, floor.queue(f"before{number}"))
        floor.rang(ring)
        floor.after(usual_s)
        floor.answer(ring)
        floor.leg_end(ring)
        floor.hang_up(f"before{number}")
    for name, seat in others:
        floor.sign_in(name, seat)
        floor.after(1.0)
    return floor


def both_ring() -> tuple[TestFloor, RingSeat, RingBeside]:
    floor = floor_of(SLOW_S, ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    second = only(RingBeside, floor.give(BesideHeld(CallId("c1"), NODE, first.offer)))
    floor.give(SeatRang(second.call, second.offer, second.seat))
    return floor, first, second


def answers(floor: TestFloor, ring: RingSeat | RingBeside) -> Decision:
    return floor.give(SeatAnswered(ring.call, ring.offer, ring.seat))


def ends(floor: TestFloor, ring: RingSeat | RingBeside, cause: int = 26) -> Decision:
    return floor.give(SeatLegEnded(ring.call, ring.offer, ring.seat, cause))


def state_of(floor: TestFloor, name: str) -> AgentState:
    return floor.engine.snapshot().agents[AgentId(name)].state


# --- when ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("usual_s", "rings", "beside"),
    [(SLOW_S, LEAST_RINGS, True), (QUICK_S, LEAST_RINGS, False), (SLOW_S, LEAST_RINGS - 1, False)],
    ids=["slow", "quick", "unknown"],
)
def test_a_second_phone_is_prepared_by_the_agents_own_history(usual_s: float, rings: int, beside: bool) -> None:
    floor = floor_of(usual_s, ("a2", "s2"), rings=rings)
    assert only(RingSeat, floor.queue("c1")).beside is beside


def test_a_caller_who_has_waited_already_needs_a_quicker_answer() -> None:
    floor = floor_of(QUICK_S)
    floor.take_break("a1")
    floor.queue("c1")
    floor.after(ANSWER_BY_S - 1.0)
    assert only(RingSeat, floor.ready("a1")).beside


def test_without_a_deadline_one_phone_rings_at_a_time() -> None:
    floor = floor_of(SLOW_S, ("a2", "s2"))
    floor.configure(house(agent("a1"), agent("a2")), 2)
    assert not only(RingSeat, floor.queue("c1")).beside


def test_the_second_is_rung_when_the_pbx_can_and_the_first_is_not_disturbed() -> None:
    floor, first, second = both_ring()
    assert (first.seat, second.seat) == ("s1", "s2")
    assert none(WithdrawRing, Decision(tuple(floor.commands), ()))
    rings = [event.seat for event in floor.events if isinstance(event, RingBegan) and event.call == "c1"]
    assert rings == ["s1", "s2"]


def test_nobody_is_taken_from_a_caller_in_line_and_whoever_comes_later_is_rung_beside() -> None:
    floor = floor_of(SLOW_S)
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    floor.queue("c2")
    assert none(RingBeside, floor.give(BesideHeld(CallId("c1"), NODE, first.offer)))
    decision = floor.sign_in("a2", "s2")
    assert only(RingSeat, decision).call == "c2" and none(RingBeside, decision)
    assert only(RingBeside, floor.sign_in("a3", "s3")).call == "c1"


# --- who has the call --------------------------------------------------------------------------------
def test_while_the_house_is_being_stopped_no_second_phone_rings() -> None:
    floor = floor_of(SLOW_S, ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    floor.drain()
    assert none(RingBeside, floor.give(BesideHeld(CallId("c1"), NODE, first.offer)))


@pytest.mark.parametrize("winner", ["first", "second"])
def test_the_first_to_answer_has_the_call_and_the_other_sees_why_it_stopped(winner: str) -> None:
    floor, first, second = both_ring()
    floor.after(3.0)
    one, other = (first, second) if winner == "first" else (second, first)
    decision = answers(floor, one)
    assert only(CallAnswered, decision).seat == one.seat
    outcomes = {event.seat: event.outcome for event in all_of(RingEnded, decision)}
    assert outcomes == {one.seat: RingOutcome.ANSWERED, other.seat: RingOutcome.ELSEWHERE}
    freed = [change for change in all_of(AgentChanged, decision) if change.state is AgentState.IDLE]
    assert [change.reason for change in freed] == ["ring_elsewhere"]
    assert none(WithdrawRing, decision), "the PBX ends the other leg by itself"
    ends(floor, other)
    floor.after(5.0)
    assert only(TalkEnded, ends(floor, one, 16)).seat == one.seat


def test_the_three_ring_figures_count_the_winner_and_do_not_blame_the_other() -> None:
    floor, first, second = both_ring()
    floor.after(3.0)
    answers(floor, second)
    figures = Figures()
    for event in floor.events:
        if isinstance(event, RingEnded) and event.call == "c1":
            figures.ring_ended(event.outcome, round(event.rang_s * 1000))
    parts = figures.three_rings(15.0)
    assert (parts["offered"], parts["within"], parts["elsewhere"], parts["missed"]) == (2, 1, 1, 0)
    assert figures.three_ring_rate(15.0) == 1.0
    assert floor.engine.snapshot().agents[AgentId("a1")].misses == 0 and first.seat == "s1"


def test_the_first_phone_has_its_whole_three_rings_then_the_second_rings_on() -> None:
    floor, first, second = both_ring()
    floor.after(5.0)
    missed = floor.after(10.1)
    ended = all_of(RingEnded, missed)
    assert [(event.seat, event.outcome) for event in ended] == [("s1", RingOutcome.MISSED), ("s2", RingOutcome.MISSED)]
    assert {order.offer for order in all_of(WithdrawRing, missed)} == {first.offer, second.offer}


def test_the_second_rings_on_alone_and_may_still_answer() -> None:
    floor = floor_of(SLOW_S)
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    floor.give(BesideHeld(CallId("c1"), NODE, first.offer))
    floor.after(10.0)
    second = only(RingBeside, floor.sign_in("a2", "s2"))
    floor.give(SeatRang(second.call, second.offer, second.seat))
    missed = floor.after(5.1)
    assert only(RingEnded, missed).outcome is RingOutcome.MISSED
    assert only(WithdrawRing, missed).offer == first.offer and none(EndBeside, missed)
    assert only(CallAnswered, answers(floor, second)).seat == "s2"


def test_a_second_who_misses_or_rejects_leaves_the_first_ringing_and_another_is_rung() -> None:
    floor, _, second = both_ring()
    rejected = ends(floor, second, 21)
    assert only(RingEnded, rejected).outcome is RingOutcome.REJECTED and none(RingBeside, rejected)
    assert floor.engine.snapshot().calls[CallId("c1")].state is CallState.RINGING
    assert only(RingBeside, floor.sign_in("a3", "s3")).seat == "s3"


def test_a_first_phone_that_fails_leaves_the_second() -> None:
    floor, first, second = both_ring()
    assert only(RingEnded, ends(floor, first, 20)).outcome is RingOutcome.FAILED
    assert only(CallAnswered, answers(floor, second)).agent == "a2"


@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
def test_of_two_phones_that_ring_the_one_that_unregisters_is_taken_back(which: int) -> None:
    floor, first, second = both_ring()
    lost, other = ((first, second), (second, first))[which]
    decision = floor.reach(lost.seat, False)
    assert only(WithdrawRing, decision).offer == lost.offer
    assert only(RingEnded, decision).outcome is RingOutcome.FAILED and none(RingSeat, decision)
    assert only(CallAnswered, answers(floor, other)).seat == other.seat


def test_a_caller_who_hangs_up_ends_both_rings() -> None:
    floor, first, second = both_ring()
    gone = floor.hang_up("c1")
    assert {order.offer for order in all_of(WithdrawRing, gone)} == {first.offer, second.offer}
    assert {event.outcome for event in all_of(RingEnded, gone)} == {RingOutcome.CALLER_GONE}
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.IDLE, AgentState.IDLE)


def test_a_half_whose_ring_is_over_is_let_go() -> None:
    floor = floor_of(SLOW_S)
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    over = floor.after(15.1)
    assert only(EndBeside, over)
    assert only(EndBeside, floor.give(BesideHeld(CallId("c1"), NODE, first.offer))).call == "c1"


def test_a_second_ring_that_the_pbx_cannot_do_is_not_tried_again_and_again() -> None:
    floor, _, second = both_ring()
    failed = floor.give(CommandFailed(second.id, "the line is not held"))
    assert only(RingEnded, failed).outcome is RingOutcome.FAILED and only(EndBeside, failed)
    assert none(RingBeside, floor.sign_in("a3", "s3"))


def test_a_half_that_is_gone_says_nothing_of_the_second_its_leg_does() -> None:
    floor, first, second = both_ring()
    assert none(RingEnded, floor.give(CommandFailed(second.id, LINE_GONE)))
    outcomes = {str(event.seat): event.outcome for event in all_of(RingEnded, answers(floor, first))}
    assert outcomes["s2"] is RingOutcome.ELSEWHERE


def rung_late() -> tuple[TestFloor, RingSeat, RingBeside]:
    """s1 has rung for ten seconds when a2 comes, whose phone is rung beside it."""
    floor = floor_of(SLOW_S)
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    floor.give(BesideHeld(CallId("c1"), NODE, first.offer))
    floor.after(10.0)
    return floor, first, only(RingBeside, floor.sign_in("a2", "s2"))


def test_a_second_that_says_no_180_has_failed_and_the_first_rings_on() -> None:
    floor, first, second = rung_late()
    failed = floor.after(2.1)
    assert only(RingEnded, failed).outcome is RingOutcome.FAILED
    assert only(WithdrawRing, failed).offer == second.offer
    assert only(CallAnswered, answers(floor, first)).seat == "s1"


def test_a_second_that_is_rung_while_the_pbx_is_out_of_sight_is_left_alone_until_it_is_seen() -> None:
    floor, first, second = rung_late()
    floor.lose_sight()
    assert none(RingEnded, floor.after(2.5))
    floor.resync(seen("c1", CallState.RINGING, leg("s1", first.offer), leg("s2", second.offer)))
    assert only(WithdrawRing, floor.after(0.0)).offer == second.offer, "its moment passed meanwhile"


@pytest.mark.parametrize(
    ("cause", "outcome", "lost"),
    [
        (19, RingOutcome.MISSED, False),
        (20, RingOutcome.FAILED, True),
        (26, RingOutcome.ELSEWHERE, False),
        (16, RingOutcome.WITHDRAWN, False),
    ],
)
def test_why_a_seconds_leg_ended_says_what_became_of_its_ring(cause: int, outcome: RingOutcome, lost: bool) -> None:
    floor, _, second = both_ring()
    assert only(RingEnded, ends(floor, second, cause)).outcome is outcome
    state = floor.engine.snapshot()
    assert (state.seats[second.seat].state is SeatState.UNREACHABLE) is lost
    assert state.calls[CallId("c1")].state is CallState.RINGING, "the first rings on"


@pytest.mark.parametrize(
    ("rang", "result", "outcome"),
    [
        (True, "BUSY", RingOutcome.REJECTED),
        (False, "CHANUNAVAIL/21", RingOutcome.REJECTED),
        (False, "CHANUNAVAIL/20", RingOutcome.FAILED),
        (True, "NOANSWER", RingOutcome.MISSED),
    ],
)
def test_a_seconds_dial_that_returned_says_it_when_its_leg_did_not(
    rang: bool, result: str, outcome: RingOutcome
) -> None:
    floor, _, second = rung_late()
    if rang:
        floor.give(SeatRang(second.call, second.offer, second.seat))
    assert only(RingEnded, floor.give(CommandDone(second.id, result))).outcome is outcome


def test_a_seconds_dial_that_explains_nothing_is_explained_by_its_leg() -> None:
    floor, _, second = both_ring()
    assert none(RingEnded, floor.give(CommandDone(second.id, "CANCEL")))
    assert only(RingEnded, ends(floor, second, 21)).outcome is RingOutcome.REJECTED


def test_a_second_180_is_none() -> None:
    floor, _, second = both_ring()
    assert not floor.give(SeatRang(second.call, second.offer, second.seat)).events


def test_a_first_that_never_rang_and_fails_leaves_the_call_ringing_at_the_second() -> None:
    floor = floor_of(SLOW_S, ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    second = only(RingBeside, floor.give(BesideHeld(CallId("c1"), NODE, first.offer)))
    floor.give(SeatRang(second.call, second.offer, second.seat))
    ends(floor, first, 20)
    assert floor.engine.snapshot().calls[CallId("c1")].state is CallState.RINGING
    assert only(CallAnswered, answers(floor, second)).seat == "s2"


# --- two at once -------------------------------------------------------------------------------------
def test_of_two_phones_picked_up_at_once_the_one_that_the_pbx_bridged_talks() -> None:
    floor, first, second = both_ring()
    answers(floor, second)
    late = answers(floor, first)
    assert none(WithdrawRing, late), "it may be the one in the caller's bridge"
    swapped = ends(floor, second)
    assert only(TalkBegan, swapped).seat == "s1"
    assert (state_of(floor, "a1"), state_of(floor, "a2")) == (AgentState.TALKING, AgentState.IDLE)
    assert floor.engine.snapshot().calls[CallId("c1")].state is CallState.TALKING


def test_of_two_phones_picked_up_at_once_the_other_ones_end_changes_nothing() -> None:
    floor, first, second = both_ring()
    answers(floor, second)
    answers(floor, first)
    assert none(TalkEnded, ends(floor, first))
    assert only(TalkEnded, ends(floor, second, 16)).seat == "s2"


def test_an_answer_long_after_the_call_moved_on_is_undone() -> None:
    floor, _, second = both_ring()
    floor.after(15.1)
    assert only(WithdrawRing, answers(floor, second)).offer == second.offer


# --- out of sight ------------------------------------------------------------------------------------
@pytest.mark.parametrize(("here", "rings"), [(("s1", "s2"), 2), (("s1",), 1), (("s2",), 1), ((), 0)])
def test_a_resync_tells_which_of_both_still_ring(here: tuple[str, ...], rings: int) -> None:
    floor, first, second = both_ring()
    floor.after(2.0)
    offers = {"s1": first.offer, "s2": second.offer}
    floor.resync(seen("c1", CallState.RINGING, *(leg(seat, offers[seat]) for seat in here)))
    ringing = [name for name in ("a1", "a2") if state_of(floor, name) is AgentState.RINGING]
    assert len(ringing) == rings or not here
    if here:
        assert ringing == [{"s1": "a1", "s2": "a2"}[seat] for seat in here]


def test_a_second_just_being_dialled_goes_on_at_a_resync_that_does_not_see_it_yet() -> None:
    floor, first, second = both_ring()
    floor.after(2.0)
    here = seen("c1", CallState.RINGING, leg("s1", first.offer))
    assert none(RingEnded, floor.resync(here, dialling=[first.offer, second.offer]))


def test_an_answer_of_the_second_found_at_a_resync_is_a_talk() -> None:
    floor, _, second = both_ring()
    floor.after(2.0)
    found = floor.resync(seen("c1", CallState.TALKING, leg("s2", second.offer, answered=True)))
    assert only(CallAnswered, found).agent == "a2"


def test_a_second_who_missed_three_rings_is_given_up_though_the_first_had_none_yet() -> None:
    floor = floor_of(SLOW_S, ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    second = only(RingBeside, floor.give(BesideHeld(CallId("c1"), NODE, first.offer)))
    floor.give(SeatRang(second.call, second.offer, second.seat))
    floor.after(1.0)
    floor.rang(first)
    ended = all_of(RingEnded, floor.after(14.5))
    assert [(each.seat, each.outcome) for each in ended] == [("s2", RingOutcome.MISSED)]


def test_a_second_that_rings_when_the_first_has_ended_is_the_calls_ring() -> None:
    floor = floor_of(SLOW_S, ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    floor.rang(first)
    second = only(RingBeside, floor.give(BesideHeld(CallId("c1"), NODE, first.offer)))
    floor.leg_end(first, 21)
    rang = floor.give(SeatRang(second.call, second.offer, second.seat))
    assert only(RingBegan, rang).seat == "s2"
    assert only(CallAnswered, answers(floor, second)).seat == "s2"


def test_why_the_second_was_chosen_can_be_asked_later() -> None:
    floor = floor_of(SLOW_S, ("a2", "s2"))
    first = only(RingSeat, floor.queue("c1"))
    saved = Engine(floor.engine.snapshot())
    held = BesideHeld(CallId("c1"), NODE, first.offer)
    second = only(RingBeside, floor.give(held))
    fact, now, sequence = floor.history[-1]
    decision, why = saved.witness(fact, now, sequence, [second.offer])
    assert only(RingBeside, decision) == second
    assert [(each.agent) for each in why[second.offer]], "a1, whose phone rings already, and a3, who is not here"
    assert saved.witness(Tick(), now, sequence + 1, [OfferId("another")])[1] == {}


def test_whoever_is_rung_beside_ten_who_missed_is_told_among_those_who_were_asked() -> None:
    """The trace has the head of the row and the one who was chosen."""
    agents = tuple(agent(f"a{number:02}") for number in range(1, NEAREST + 3))
    floor = TestFloor()
    floor.open(house(*agents, seats=len(agents)), reachable=tuple(f"s{number}" for number in range(1, len(agents) + 1)))
    for number, one in enumerate(agents[:-1], start=1):
        floor.sign_in(one.id, f"s{number}")
        floor.after(1.0)
    ring = only(RingSeat, floor.queue("c1"))
    for _ in range(NEAREST):
        floor.rang(ring)
        ring = only(RingSeat, floor.after(15.0))
    floor.rang(ring)
    floor.after(5.0)
    floor.sign_in(agents[-1].id, f"s{len(agents)}")
    missed = floor.after(10.0)
    ring = only(RingSeat, missed)
    why = only(SeatReserved, missed).trace
    assert why is not None and ring.seat == f"s{len(agents)}"
    told = [candidate.agent for candidate in why.candidates]
    assert told == [*(one.id for one in agents[: NEAREST - 1]), agents[-1].id]
