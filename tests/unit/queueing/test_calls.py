"""A caller's way: entering, waiting in order, talking, leaving in each phase."""

from __future__ import annotations

from core.commands import LetGo, RingSeat, WithdrawRing
from core.events import (
    AgentChanged,
    Alarmed,
    BlockedCounted,
    CallAbandoned,
    CallEnded,
    CallEntered,
    CallOffered,
    MenuChosen,
    RingEnded,
    TalkEnded,
)
from core.ids import CallId, QueueId, TrunkId
from core.inputs import CallsBlocked, ClockStepped, MenuKeyPressed
from core.states import AgentState, RingOutcome
from tests.unit.queueing.builders import (
    CARE,
    NODE,
    SALES,
    TRUNK,
    TestFloor,
    agent,
    all_of,
    house,
    none,
    only,
    opened,
    talking,
)


def test_a_call_enters_chooses_and_asks() -> None:
    floor = opened()
    assert only(CallEntered, floor.arrive("c1")).hotline == "main"
    assert only(MenuChosen, floor.give(MenuKeyPressed(CallId("c1"), "top", "1"))).key == "1"
    decision = floor.queue("c1")
    assert only(CallOffered, decision).queue == SALES
    assert none(CallEntered, decision)


def test_hanging_up_in_the_menu_is_no_abandonment() -> None:
    floor = opened()
    floor.arrive("c1")
    floor.after(3)
    decision = floor.hang_up("c1")
    ended = only(CallEnded, decision)
    assert (ended.how, ended.lasted_s) == ("menu", 3.0)
    assert none(CallAbandoned, decision)


def test_hanging_up_while_waiting_is_an_abandonment() -> None:
    floor = opened()
    floor.queue("c1")
    floor.after(7)
    decision = floor.hang_up("c1")
    assert only(CallAbandoned, decision).waited_s == 7.0
    assert only(CallEnded, decision).how == "abandoned"


def test_hanging_up_while_a_seat_rings_takes_the_ring_back() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    floor.after(4)
    floor.queue("c2")
    decision = floor.hang_up("c1")
    assert only(WithdrawRing, decision).offer == ring.offer
    ended = only(RingEnded, decision)
    assert (ended.outcome, ended.rang_s) == (RingOutcome.CALLER_GONE, 4.0)
    assert only(CallAbandoned, decision).call == "c1"
    assert only(RingSeat, decision).call == "c2"


def test_the_caller_ends_the_talk_and_the_agent_wraps_up_then_takes_the_next() -> None:
    floor = opened(("a1", "s1"))
    ring = talking(floor, "c1")
    floor.queue("c2")
    floor.after(30)
    decision = floor.hang_up("c1")
    ended = only(TalkEnded, decision)
    assert (ended.by, ended.talk_s) == ("caller", 30.0)
    assert only(CallEnded, decision).how == "caller"
    assert only(AgentChanged, decision).state is AgentState.WRAP_UP
    assert floor.leg_end(ring).events == ()
    assert none(RingSeat, floor.after(9.9))
    assert only(RingSeat, floor.after(0.2)).call == "c2"


def test_the_agent_ends_the_talk_and_the_dialplan_says_goodbye() -> None:
    floor = opened(("a1", "s1"), wrap_up_s=0)
    ring = talking(floor, "c1")
    floor.queue("c2")
    decision = floor.leg_end(ring)
    assert only(TalkEnded, decision).by == "agent"
    assert only(LetGo, decision).call == "c1"
    assert only(RingSeat, decision).call == "c2"  # no wrap-up: in the same step
    assert none(CallEnded, decision)
    assert only(CallEnded, floor.hang_up("c1")).how == "agent"


def test_priority_comes_before_time_of_entry() -> None:
    floor = opened(("a1", "s1"), wrap_up_s=0)
    ring = talking(floor, "c1")
    floor.queue("c2")
    floor.after(1)
    floor.queue("c3", priority=1)
    assert only(RingSeat, floor.leg_end(ring)).call == "c3"


def test_a_caller_nobody_free_may_serve_blocks_nobody() -> None:
    floor = opened(("a1", "s1"))
    assert none(RingSeat, floor.queue("c1", CARE))
    assert none(RingSeat, floor.queue("c2", language="en"))
    assert only(RingSeat, floor.queue("c3")).call == "c3"


def test_skill_level_and_language_decide_who_may_serve() -> None:
    floor = TestFloor()
    floor.open(
        house(
            agent("low", skills={"care": 2}),
            agent("mono", skills={"care": 3}),
            agent("both", skills={"care": 9}, languages=("zh-CN", "en")),
        )
    )
    for name, seat in (("low", "s1"), ("mono", "s2"), ("both", "s3")):
        floor.sign_in(name, seat)
    assert only(RingSeat, floor.queue("c1", CARE, language="en")).seat == "s3"
    assert only(RingSeat, floor.queue("c2", CARE)).seat == "s2"
    assert none(RingSeat, floor.queue("c3", CARE))


def test_a_call_the_dialplan_brings_back_keeps_its_place_and_is_offered_once() -> None:
    floor = opened()
    floor.queue("c1")
    floor.after(5)
    floor.queue("c2")
    assert floor.queue("c1", since=floor.now_s - 5).events == ()
    assert only(RingSeat, floor.sign_in("a1", "s1")).call == "c1"


def test_an_unknown_call_brought_back_is_placed_by_its_waiting_since() -> None:
    floor = opened()
    floor.queue("c1")
    decision = floor.queue("c0", since=floor.now_s - 20)
    assert only(CallOffered, decision).waited_s == 20.0
    assert only(RingSeat, floor.sign_in("a1", "s1")).call == "c0"


def test_a_broken_line_whose_dialplan_comes_round_is_offered_at_once() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.fail(ring)
    assert only(RingSeat, floor.queue("c1", since=floor.now_s)).offer == "c1/2"


def test_late_facts_wake_no_ghost() -> None:
    floor = opened(("a1", "s1"))
    ring = only(RingSeat, floor.queue("c1"))
    floor.hang_up("c1")
    for decision in (
        floor.queue("c1"),
        floor.arrive("c1"),
        floor.hang_up("c1"),
        floor.rang(ring),
        floor.answer(ring),
        floor.leg_end(ring),
        floor.done(ring, "CANCEL"),
        floor.fail(ring),
    ):
        assert decision.events == () and decision.commands == ()


def test_a_hang_up_told_before_the_call_still_makes_one_record() -> None:
    floor = opened(("a1", "s1"))
    assert floor.hang_up("c1").events == ()
    decision = floor.queue("c1")
    assert [len(all_of(kind, decision)) for kind in (CallEntered, CallOffered, CallAbandoned, CallEnded)] == [
        1,
        1,
        1,
        1,
    ]
    assert none(RingSeat, decision)
    floor.hang_up("c2")
    assert only(CallEnded, floor.arrive("c2")).how == "menu"


def test_whoever_asks_for_a_queue_that_the_house_has_lost_meanwhile_waits_where_the_hotline_leads() -> None:
    """In the menu the old flow goes on; nobody would ever be able to serve that queue."""
    floor = opened(("a1", "s1"))
    asked = floor.queue("c1", QueueId("gone"))
    assert (only(Alarmed, asked).name, only(CallOffered, asked).queue) == ("unknown_queue", SALES)
    assert only(RingSeat, asked).call == "c1"


def test_blocked_calls_are_counted_as_differences() -> None:
    floor = opened()

    def counted(total: int) -> list[int]:
        return [event.count for event in all_of(BlockedCounted, floor.give(CallsBlocked(NODE, TrunkId(TRUNK), total)))]

    assert [counted(total) for total in (3, 3, 5, 2)] == [[3], [], [2], [2]]  # 2: the PBX began anew


def test_a_step_of_the_wall_clock_changes_nothing() -> None:
    floor = opened(("a1", "s1"))
    floor.queue("c1")
    before = floor.engine.snapshot()
    assert floor.give(ClockStepped(3600.0)).events == ()
    assert floor.engine.snapshot() == before
