"""Calls that the PBX booked while nobody watched: each counts once, at its own time."""

from __future__ import annotations

from dataclasses import replace

from core.commands import RingSeat
from core.events import (
    AgentChanged,
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallFlowedOut,
    CallLeftMessage,
    CallOffered,
    MessageTaken,
    RingEnded,
    TalkEnded,
    WorkOpened,
)
from core.ids import CallId, SeatId
from core.inputs import BookedCall, CommandDone, PbxBooksRead
from core.states import AgentState, CallState, RingOutcome, WorkKind
from queueing.decision import Decision
from tests.unit.queueing.builders import (
    CARE,
    HOTLINE,
    MIDNIGHT,
    NODE,
    SALES,
    TRUNK,
    TestFloor,
    none,
    only,
    opened,
    seen,
    talking,
)
from tests.unit.queueing.test_outside import answers, given_out


def ready() -> TestFloor:
    floor = TestFloor()
    floor.open()
    return floor


def booked(
    floor: TestFloor,
    began_ago_s: float,
    ended_ago_s: float,
    *,
    asked: float = 0.0,
    answered: float = 0.0,
    seat: str = "",
) -> BookedCall:
    now = MIDNIGHT.timestamp() + floor.now_s
    return BookedCall(
        CallId("c1"), HOTLINE, TRUNK, "", "zh-CN", SALES, now - began_ago_s, now - asked if asked else None,
        now - answered if answered else None, SeatId(seat), now - ended_ago_s, now - ended_ago_s,
    )  # fmt: skip


def page(*calls: BookedCall) -> PbxBooksRead:
    return PbxBooksRead(NODE, 1000, calls)


def told(decision: Decision) -> list[tuple[str, float]]:
    return [
        (type(event).__name__, age_s)
        for event, age_s in zip(decision.events, decision.ages_s or (0.0,) * len(decision.events), strict=True)
        if isinstance(event, CallEntered | CallOffered | CallAnswered | TalkEnded | CallAbandoned | CallEnded)
    ]


def test_a_message_that_was_left_while_nobody_watched_is_work_for_somebody() -> None:
    floor = ready()
    spoken = replace(booked(floor, 60, 10, asked=55), caller="+8613800138000", message_utc_s=floor.utc_s() - 30)
    decision = floor.give(page(spoken))
    assert only(CallLeftMessage, decision).waited_s == 45.0
    taken = only(MessageTaken, decision)
    assert (taken.file, taken.lasted_s, taken.caller, taken.language) == ("c1.wav", 20.0, "+8613800138000", "zh-CN")
    assert only(WorkOpened, decision).kind is WorkKind.MESSAGE
    assert only(CallEnded, decision).how == "message" and none(CallAbandoned, decision)


def test_who_hung_up_at_the_tone_has_left_no_message() -> None:
    floor = ready()
    decision = floor.give(page(replace(booked(floor, 60, 10, asked=55), message_utc_s=floor.utc_s() - 10.5)))
    assert none(MessageTaken, decision) and only(CallAbandoned, decision)


def test_an_unknown_call_that_was_served_counts_at_its_own_times() -> None:
    floor = ready()
    decision = floor.give(page(booked(floor, 60, 10, asked=55, answered=40, seat="s1")))
    assert told(decision) == [
        ("CallEntered", 60.0), ("CallOffered", 55.0), ("CallAnswered", 40.0), ("TalkEnded", 10.0), ("CallEnded", 10.0)
    ]  # fmt: skip
    answered = next(event for event in decision.events if isinstance(event, CallAnswered))
    talk = next(event for event in decision.events if isinstance(event, TalkEnded))
    ended = next(event for event in decision.events if isinstance(event, CallEnded))
    assert (answered.waited_s, talk.talk_s, ended.lasted_s, ended.how) == (15.0, 30.0, 50.0, "fallback")


def test_a_caller_whom_the_fallback_told_of_a_closed_queue_flowed_out() -> None:
    floor = ready()
    decision = floor.give(page(replace(booked(floor, 60, 10, asked=55), closed=True)))
    flowed = next(event for event in decision.events if isinstance(event, CallFlowedOut))
    assert (flowed.why, flowed.waited_s) == ("closed", 45.0)
    assert [name for name, _ in told(decision)] == ["CallEntered", "CallOffered", "CallEnded"]


def test_the_same_page_twice_counts_once() -> None:
    floor = ready()
    fact = page(booked(floor, 60, 10, asked=55, answered=40, seat="s1"))
    floor.give(fact)
    assert told(floor.give(fact)) == []
    assert floor.engine.books_place(NODE) == 1000


def test_one_who_gave_up_is_abandoned() -> None:
    floor = ready()
    decision = floor.give(page(booked(floor, 60, 10, asked=55)))
    assert [name for name, _ in told(decision)] == ["CallEntered", "CallOffered", "CallAbandoned", "CallEnded"]
    lost = next(event for event in decision.events if isinstance(event, CallAbandoned))
    assert lost.waited_s == 45.0


def test_a_talk_we_knew_ends_when_it_ended() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.after(60)
    decision = floor.give(page(booked(floor, 61, 30, asked=61, answered=60, seat="s1")))
    assert told(decision) == [("TalkEnded", 30.0), ("CallEnded", 30.0)]
    talk = next(event for event in decision.events if isinstance(event, TalkEnded))
    assert talk.talk_s == 30.0
    tick = floor.after(0)
    (idle,) = (event for event in tick.events if isinstance(event, AgentChanged))
    assert (idle.was_state, idle.state) == (AgentState.WRAP_UP, AgentState.IDLE)  # it was over long ago


def test_one_known_only_from_the_menu_hung_up_there() -> None:
    floor = ready()
    decision = floor.give(page(booked(floor, 60, 10)))
    assert [event.how for event in decision.events if isinstance(event, CallEnded)] == ["menu"]


def test_one_who_was_kept_on_hold_when_we_looked_away_was_answered_once() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.hold("a1")
    floor.held("c1")
    floor.after(60)
    decision = floor.give(page(booked(floor, 61, 30, asked=61, answered=60, seat="s1")))
    assert told(decision) == [("TalkEnded", 30.0), ("CallEnded", 30.0)]


def test_one_who_spoke_with_somebody_outside_when_we_looked_away_ended_there() -> None:
    floor, order = given_out()
    answers(floor, order)
    floor.after(60)
    decision = floor.give(page(booked(floor, 70, 30, asked=70, answered=65, seat="s1")))
    assert [name for name, _ in told(decision)] == ["CallEnded"]


def test_an_earlier_answer_of_one_who_waited_again_is_not_counted_twice() -> None:
    floor = opened(("a1", "s1"))
    ring = talking(floor, "c1")
    floor.transfer("a1", queue="complaints")
    floor.leg_end(ring)
    floor.queue("c1", since=floor.now_s, queue=CARE)
    floor.after(60)
    decision = floor.give(page(booked(floor, 70, 30, asked=70, answered=65, seat="s1")))
    assert [name for name, _ in told(decision)] == ["CallAbandoned", "CallEnded"]


def test_one_we_last_saw_in_the_menu_asked_and_was_answered_while_we_looked_away() -> None:
    floor = opened(("a1", "s1"))
    floor.arrive("c1")
    floor.after(60)
    decision = floor.give(page(booked(floor, 61, 10, asked=50, answered=40, seat="s1")))
    assert [name for name, _ in told(decision)] == ["CallOffered", "CallAnswered", "TalkEnded", "CallEnded"]


def test_a_ring_that_was_answered_while_we_looked_away_is_that_rings_answer() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    floor.rang(only(RingSeat, floor.queue("c1")))
    floor.lose_sight()
    floor.after(60)
    decision = floor.give(page(booked(floor, 60, 10, asked=60, answered=55, seat="s1")))
    assert only(RingEnded, decision).outcome is RingOutcome.ANSWERED
    assert [name for name, _ in told(decision)] == ["CallAnswered", "TalkEnded", "CallEnded"]


def test_a_talk_whose_question_for_an_agent_was_not_booked_is_a_talk_all_the_same() -> None:
    floor = ready()
    decision = floor.give(page(booked(floor, 100, 10, answered=60, seat="s1")))
    assert only(CallOffered, decision).waited_s == 0.0 and only(CallAnswered, decision).seat == "s1"
    assert only(TalkEnded, decision).talk_s == 50.0 and only(CallEnded, decision).call == "c1"


def test_a_caller_whom_an_agent_gave_away_and_a_closed_queue_turned_away_has_flowed_out_of_nothing() -> None:
    floor, order = given_out()
    floor.ready("a1")
    assert only(RingSeat, floor.give(CommandDone(order.id, "NOANSWER/0"))).seat == "s1", (
        "back to whoever gave them away"
    )
    floor.after(1.2)
    now = floor.utc_s()
    closed = replace(booked(floor, 100, 0, asked=90), closed=True, ended_utc_s=now)
    floor.resync(seen("c1", CallState.FALLBACK))
    decision = floor.give(page(closed))
    assert only(CallEnded, decision).how == "closed" and none(CallFlowedOut, decision)
