"""Whose turn it is: strategies, requirements that relax, and the agent who spoke with this caller last."""

from __future__ import annotations

import pytest

from core.commands import RingSeat, WithdrawRing
from core.events import RingEnded, SeatReserved
from core.states import RingOutcome
from tests.unit.queueing.builders import TestFloor, agent, all_of, house, none, only, opened, talking

MOBILE = "+8613800138000"
THREE = (("a1", "s1"), ("a2", "s2"), ("a3", "s3"))


def next_agent(floor: TestFloor, call: str) -> str:
    return str(only(SeatReserved, floor.queue(call)).agent)


def served(floor: TestFloor, call: str, talk_s: float, caller: str = "") -> str:
    """A whole call with whoever's turn it is."""
    decision = floor.queue(call, caller=caller)
    ring = only(RingSeat, decision)
    floor.rang(ring)
    floor.answer(ring)
    floor.after(talk_s)
    floor.hang_up(call)
    return str(only(SeatReserved, decision).agent)


# --- strategies ----------------------------------------------------------------------------------
def test_best_skill_first_and_among_equals_the_longest_idle() -> None:
    people = (agent("a1", skills={"sales": 4}), agent("a2", skills={"sales": 9}), agent("a3", skills={"sales": 9}))
    floor = opened(*THREE, the_house=house(*people, sales={"strategy": "best-skill"}))
    assert [next_agent(floor, call) for call in ("c1", "c2", "c3")] == ["a2", "a3", "a1"]


def test_least_occupied_first() -> None:
    floor = opened(*THREE, wrap_up_s=0.0, sales={"strategy": "least-occupied"})
    assert [served(floor, call, talk_s) for call, talk_s in (("c1", 100), ("c2", 10), ("c3", 50))] == ["a1", "a2", "a3"]
    floor.after(10)
    assert [next_agent(floor, call) for call in ("d1", "d2", "d3")] == ["a2", "a3", "a1"]


def test_round_robin_goes_round_whoever_becomes_idle_first() -> None:
    floor = opened(*THREE, wrap_up_s=0.0, sales={"strategy": "round-robin"})
    for number in range(3):
        talking(floor, f"c{number}")
        floor.after(1)
    for call in ("c2", "c1", "c0"):
        floor.hang_up(call)
        floor.after(1)
    assert [next_agent(floor, call) for call in ("d1", "d2", "d3")] == ["a1", "a2", "a3"]


def test_longest_idle_is_the_default() -> None:
    floor = opened(*THREE, wrap_up_s=0.0)
    for ring in reversed([talking(floor, f"c{number}") for number in range(3)]):
        floor.hang_up(ring.call)
        floor.after(1)
    assert [next_agent(floor, call) for call in ("d1", "d2", "d3")] == ["a3", "a2", "a1"]


# --- relaxing --------------------------------------------------------------------------------------
RELAX = [
    {"after_s": 20, "skills": {"sales": 1}},
    {"after_s": 40, "skills": {"care": 5}},
    {"after_s": 60, "any_language": True},
]


@pytest.mark.parametrize(
    ("skills", "language", "rung_at_s"),
    [
        ({"sales": 3}, "zh-CN", 0),
        ({"sales": 1}, "zh-CN", 20),
        ({"care": 5}, "zh-CN", 40),
        ({"sales": 3}, "en", 60),
        ({"care": 5}, "en", 60),
        ({"care": 4}, "zh-CN", None),
    ],
)
def test_requirements_relax_step_by_step(skills: dict[str, int], language: str, rung_at_s: int | None) -> None:
    people = house(agent("a1", skills=skills, languages=(language,)), sales={"relax": RELAX})
    floor = opened(("a1", "s1"), the_house=people)
    assert first_ring_s(floor, "c1") == rung_at_s


def first_ring_s(floor: TestFloor, call: str, most_s: int = 100) -> int | None:
    """Whole seconds until somebody is rung for a new call."""
    decision = floor.queue(call)
    for second in range(most_s):
        if all_of(RingSeat, decision):
            return second
        decision = floor.after(1.0)
    return None


def test_relaxing_keeps_the_place_and_never_takes_an_agent_away() -> None:
    people = house(agent("a1", skills={"sales": 1}), agent("a2"), sales={"relax": RELAX})
    floor = opened(("a1", "s1"), the_house=people)
    floor.queue("c1")
    floor.after(5)
    floor.queue("c2")
    assert only(RingSeat, floor.after(16)).call == "c1"
    assert only(RingSeat, floor.sign_in("a2", "s2")).call == "c2", "at step 0 still"


def test_a_step_that_falls_due_during_a_ring_counts_when_the_caller_is_back_in_line() -> None:
    people = house(agent("a1"), agent("a2", skills={"sales": 1}), sales={"relax": RELAX})
    floor = opened(("a1", "s1"), ("a2", "s2"), the_house=people)
    floor.after(10)
    ring = only(RingSeat, floor.queue("c1"))
    floor.after(1)
    floor.rang(ring)
    assert none(RingSeat, floor.after(14.9))
    again = only(RingSeat, floor.after(0.2))
    assert again.seat == "s1", "nobody else may serve yet: forgiven"
    floor.rang(again)
    assert only(RingSeat, floor.after(15)).seat == "s2"


# --- the preferred agent -----------------------------------------------------------------------------
def spoken(*people: tuple[str, str], preferred_agent_s: float = 20.0) -> TestFloor:
    """a1 has spoken with MOBILE, and is the only one signed in so far."""
    floor = opened(("a1", "s1"), wrap_up_s=0.0, sales={"preferred_agent_s": preferred_agent_s})
    assert served(floor, "c1", 30, caller=MOBILE) == "a1"
    floor.after(1)
    for name, seat in people:
        floor.sign_in(name, seat)
    return floor


def test_who_spoke_with_this_caller_last_is_rung_first_though_idle_for_less() -> None:
    floor = spoken(("a2", "s2"))
    floor.take_break("a1")
    floor.after(5)
    floor.ready("a1")
    assert only(SeatReserved, floor.queue("c2", caller=MOBILE)).agent == "a1"


def test_a_busy_preferred_agent_is_waited_for_and_no_longer_than_the_queue_says() -> None:
    floor = spoken()
    ring = talking(floor, "c2")
    floor.sign_in("a2", "s2")
    assert none(RingSeat, floor.queue("c3", caller=MOBILE)), "a2 is idle, and is not rung"
    assert none(RingSeat, floor.after(19.9))
    assert only(RingSeat, floor.after(0.2)).seat == "s2"
    floor.hang_up(ring.call)


def test_the_preferred_agent_becomes_free_in_time() -> None:
    floor = spoken()
    ring = talking(floor, "c2")
    floor.sign_in("a2", "s2")
    floor.queue("c3", caller=MOBILE)
    floor.after(10)
    decision = floor.hang_up(ring.call)
    assert (only(RingSeat, decision).call, only(RingSeat, decision).seat) == ("c3", "s1")


@pytest.mark.parametrize("verb", ["take_break", "sign_out"])
def test_a_preferred_agent_who_goes_away_is_not_waited_for(verb: str) -> None:
    floor = spoken()
    floor.lose_sight()
    floor.resync(reachable=("s2",))
    floor.sign_in("a2", "s2")
    assert none(RingSeat, floor.queue("c2", caller=MOBILE)), "a1's phone cannot ring, a1 is here"
    assert only(RingSeat, getattr(floor, verb)("a1")).seat == "s2"


def test_a_missed_ring_of_the_preferred_agent_goes_to_anybody_at_once() -> None:
    floor = spoken(("a2", "s2"))
    ring = only(RingSeat, floor.queue("c2", caller=MOBILE))
    floor.rang(ring)
    decision = floor.after(15)
    assert only(RingEnded, decision).outcome is RingOutcome.MISSED
    assert only(RingSeat, decision).seat == "s2"
    assert only(WithdrawRing, decision).seat == "s1"


def test_nobody_is_preferred_for_a_withheld_number_or_where_the_queue_says_so() -> None:
    for floor, caller in ((spoken(), ""), (spoken(preferred_agent_s=0), MOBILE)):
        talking(floor, "c2")
        floor.sign_in("a2", "s2")
        assert only(RingSeat, floor.queue("c3", caller=caller)).seat == "s2"


def test_a_caller_who_is_told_of_the_wait_meanwhile_is_held_for_the_preferred_agent_all_the_same() -> None:
    floor = spoken()
    talking(floor, "c2")
    floor.sign_in("a2", "s2")
    floor.configure(
        house(agent("a1"), agent("a2"), wrap_up_s=0.0, sales={"preferred_agent_s": 60, "announce_after_s": 10})
    )
    assert none(RingSeat, floor.queue("c3", caller=MOBILE))
    assert none(RingSeat, floor.after(10.0)), "announced, and still held"
    assert only(RingSeat, floor.after(50.1)).seat == "s2"
