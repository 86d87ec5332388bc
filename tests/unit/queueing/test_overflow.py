"""Queues that are full, and waits that are too long."""

from __future__ import annotations

from typing import Any

from core.commands import Dismiss, RememberPlace, RingSeat
from core.events import CallAnswered, CallEnded, CallFlowedOut, CallMoved, Outcome
from core.house import Queue
from core.ids import CallId
from core.states import CallState
from core.stats import Stats
from tests.unit.queueing.builders import CARE, SALES, TestFloor, agent, all_of, house, none, only, opened, seen

AGENTS = (agent("a1"), agent("a2", skills={"care": 5}))


def floor_with(sales: dict[str, Any], care: dict[str, Any] | None = None) -> TestFloor:
    """Nobody is signed in; presales and complaints have these rules."""
    whole = house(*AGENTS, wrap_up_s=0.0, sales={"promise_every_s": 0, **sales})
    second = Queue.model_validate(whole.queues[1].model_dump() | {"promise_every_s": 0, **(care or {})})
    return opened(the_house=whole.model_copy(update={"queues": (whole.queues[0], second)}))


def conserved(floor: TestFloor) -> Stats:
    stats = Stats()
    for number, event in enumerate(floor.events):
        stats.apply(Outcome(number, 0, 0.0, 0.0, event))
    assert stats.unconserved() == []
    return stats


def test_the_caller_beyond_the_most_hears_a_closing_message() -> None:
    floor = floor_with({"max_waiting": 2})
    for call in ("c1", "c2"):
        assert none(CallFlowedOut, floor.queue(call))
    decision = floor.queue("c3")
    assert only(CallFlowedOut, decision).why == "full"
    assert only(Dismiss, decision).prompt == "queue-full"
    only(CallEnded, floor.hang_up("c3"))
    figures = conserved(floor).of_queue(SALES)
    assert (figures.offered, figures.flowed_out, figures.waiting, figures.abandoned) == (3, 1, 2, 0)


def test_or_goes_to_the_queue_that_the_house_names_with_its_place() -> None:
    floor = floor_with({"max_waiting": 0, "overflow": CARE})
    floor.sign_in("a2", "s2")
    decision = floor.queue("c1")
    moved = only(CallMoved, decision)
    assert (moved.from_queue, moved.queue, moved.why) == (SALES, CARE, "full")
    assert only(RememberPlace, decision).queue == CARE
    assert only(RingSeat, decision).seat == "s2", "somebody is free there"
    stats = conserved(floor)
    sales, care, whole = stats.of_queue(SALES), stats.of_queue(CARE), stats.of_house()
    assert (sales.offered, sales.flowed_out, care.offered, care.waiting) == (1, 1, 1, 1)
    assert (whole.offered, whole.flowed_out, whole.waiting) == (1, 0, 1)


def test_with_somebody_free_no_queue_is_full() -> None:
    floor = floor_with({"max_waiting": 0})
    floor.sign_in("a1", "s1")
    decision = floor.queue("c1")
    assert none(CallFlowedOut, decision) and only(RingSeat, decision).seat == "s1"


def test_a_caller_back_from_a_missed_ring_is_no_newcomer() -> None:
    floor = floor_with({"max_waiting": 1})
    floor.sign_in("a1", "s1")
    floor.rang(only(RingSeat, floor.queue("c1")))
    floor.queue("c2")
    assert none(CallFlowedOut, floor.after(15)), "two wait now, and both have been let in"


def test_who_has_waited_too_long_is_sent_on_and_keeps_the_place() -> None:
    floor = floor_with({"max_wait_s": 60, "overflow": CARE})
    floor.queue("c1")
    floor.after(30)
    floor.queue("c2", CARE)
    assert none(CallMoved, floor.after(29))
    moved = only(CallMoved, floor.after(2))
    assert (moved.call, moved.why) == ("c1", "too_long")
    assert only(RingSeat, floor.sign_in("a2", "s2")).call == "c1"


def test_whom_the_dialplan_brings_back_has_waited_in_this_queue_since_they_were_sent_on() -> None:
    """The line remembers the place, which counts from the first queue; the wait in that one is counted there."""
    floor = floor_with({"max_wait_s": 60, "overflow": CARE})
    came_boot_s = floor.now_s
    floor.queue("c1")
    floor.after(61)
    floor.lose_sight()
    floor.resync(seen("c1", CallState.FALLBACK))
    floor.after(39)
    floor.queue("c1", CARE, since=came_boot_s)
    before = floor.engine.snapshot().calls[CallId("c1")]
    assert (before.state, before.came_boot_s) == (CallState.WAITING, came_boot_s)
    ring = only(RingSeat, floor.sign_in("a2", "s2"))
    assert round(only(CallAnswered, floor.answer(ring)).waited_s) == 40


def test_a_ring_that_is_on_is_not_taken_back_when_the_wait_is_too_long() -> None:
    floor = floor_with({"max_wait_s": 10})
    floor.sign_in("a1", "s1")
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    assert none(CallFlowedOut, floor.after(14))
    floor.answer(ring)
    assert none(CallFlowedOut, floor.after(100))


def test_a_chain_of_full_queues_ends_in_a_message() -> None:
    floor = floor_with({"max_waiting": 0, "overflow": CARE}, {"max_waiting": 0})
    decision = floor.queue("c1")
    assert (only(CallMoved, decision).queue, only(CallFlowedOut, decision).queue) == (CARE, CARE)
    conserved(floor)


def test_a_closing_that_leads_back_ends() -> None:
    floor = floor_with({"max_waiting": 0, "overflow": CARE})
    floor.close_queue(CARE, to=SALES)
    decision = floor.queue("c1")
    assert [moved.why for moved in all_of(CallMoved, decision)] == ["full", "closed"]
    assert floor.engine.snapshot().calls["c1"].queue == SALES  # type: ignore[index]
    conserved(floor)
