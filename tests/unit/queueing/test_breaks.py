"""Breaks and sign-outs against the floor: granted, refused with a reason, overridden, queued for cover."""

from __future__ import annotations

import pytest

from core.commands import RingSeat
from core.events import (
    AgentChanged,
    BreakQueued,
    BreakUnqueued,
    LeaderSummoned,
    RequestGranted,
    RequestRefused,
    ReserveAsked,
    RuleOverridden,
)
from core.house import House
from core.states import AgentStatus, BreakReason
from queueing.decision import Decision
from tests.unit.queueing.builders import TestFloor, all_of, none, only, talking
from tests.unit.queueing.staffed import EARLY, LATE, alarms, opened_at, staffed, until

EIGHT = (*EARLY, *LATE[:3])
NINE = (*EARLY, *LATE)


def status(floor: TestFloor, name: str) -> AgentStatus:
    return floor.engine.snapshot().agents[name].status  # type: ignore[index]


def test_a_break_that_leaves_the_floor_whole_is_granted_and_the_next_is_not() -> None:
    floor = opened_at("10:00", *NINE)
    only(RequestGranted, floor.take_break("a1"))
    refusal = only(RequestRefused, floor.take_break("a2")).reason
    assert refusal == (
        "8 agents must be on the line now, and 8 are. Ask again when somebody is back, or let a leader override."
    )
    floor.ready("a1")
    only(RequestGranted, floor.take_break("a2"))


@pytest.mark.parametrize("reason", list(BreakReason))
def test_every_break_is_refused_below_the_floor_before_the_longest_stretch(reason: BreakReason) -> None:
    floor = opened_at("10:00", *EIGHT)
    only(RequestRefused, floor.take_break("a1", reason))
    assert status(floor, "a1") is AgentStatus.READY


def test_signing_out_is_refused_likewise_and_names_who_should_be_here() -> None:
    floor = opened_at("10:00", *EIGHT)
    assert only(RequestRefused, floor.sign_out("a1")).reason == (
        "8 agents must be on the line now, and 8 are. Sign out when somebody is back (a9 should be here), "
        "or let a leader override."
    )


def test_a_leader_may_override_and_that_is_recorded() -> None:
    floor = opened_at("10:00", *EIGHT)
    decision = floor.take_break("a1", override=True)
    told = only(RuleOverridden, decision)
    assert (told.by, told.agent, told.what) == ("test", "a1", "break: meal")
    assert status(floor, "a1") is AgentStatus.ON_BREAK
    assert only(RuleOverridden, floor.sign_out("a2", override=True)).what == "sign_out"
    assert status(floor, "a2") is AgentStatus.SIGNED_OUT


def test_an_override_that_was_not_needed_is_none() -> None:
    floor = opened_at("10:00", *NINE)
    assert none(RuleOverridden, floor.take_break("a1", override=True))


def test_who_is_off_the_line_already_may_do_as_they_like() -> None:
    floor = opened_at("10:00", *NINE)
    floor.take_break("a1", BreakReason.TRAINING)
    only(RequestGranted, floor.take_break("a1", BreakReason.MEETING))
    only(RequestGranted, floor.sign_out("a1"))


@pytest.mark.parametrize("reason", [BreakReason.MEAL, BreakReason.REST])
def test_a_meal_or_rest_past_the_longest_stretch_is_queued_and_covered(reason: BreakReason) -> None:
    floor = opened_at("09:00", *EIGHT)
    floor.after(4 * 3600)  # the right of those without a group
    decision = floor.take_break("a1", reason)
    only(RequestGranted, decision)
    queued = only(BreakQueued, decision)
    assert (queued.for_cover, queued.ahead) == (True, 0)
    assert only(ReserveAsked, decision).agents == ("l1",)
    assert alarms(decision) == ["cover_wanted"]
    assert status(floor, "a1") is AgentStatus.READY
    covered = floor.sign_in("l1", "s15")
    change = [event for event in all_of(AgentChanged, covered) if event.agent == "a1"]
    assert [event.status for event in change] == [AgentStatus.ON_BREAK]
    only(BreakUnqueued, covered)


def test_training_and_meetings_have_no_such_right() -> None:
    floor = opened_at("09:00", *EIGHT)
    floor.after(4 * 3600)
    only(RequestRefused, floor.take_break("a1", BreakReason.TRAINING))


def test_queued_breaks_are_staggered_in_the_order_of_asking() -> None:
    floor = opened_at("09:00", *EIGHT)
    floor.after(4 * 3600)
    ahead = []
    for name in ("a3", "a1", "a2"):
        floor.after(1)
        ahead.append(only(BreakQueued, floor.take_break(name)).ahead)
    assert ahead == [0, 1, 2]
    floor.sign_in("a9", "s9")
    assert [status(floor, name) for name in ("a3", "a1", "a2")] == [
        AgentStatus.ON_BREAK,
        AgentStatus.READY,
        AgentStatus.READY,
    ]
    floor.ready("a3")
    assert [status(floor, name) for name in ("a3", "a1", "a2")] == [
        AgentStatus.READY,
        AgentStatus.ON_BREAK,
        AgentStatus.READY,
    ]


def test_of_two_who_ask_in_one_instant_the_first_is_ahead_whatever_they_are_called() -> None:
    floor = opened_at("09:00", *EIGHT)
    floor.after(4 * 3600)
    assert [only(BreakQueued, floor.take_break(name)).ahead for name in ("a3", "a1", "a2")] == [0, 1, 2]
    floor.sign_in("a9", "s9")
    assert [status(floor, name) is AgentStatus.ON_BREAK for name in ("a3", "a1", "a2")] == [True, False, False]


def test_a_queued_break_starts_when_the_floor_falls_with_the_hour() -> None:
    floor = opened_at("15:00", *EIGHT)
    until(floor, "19:30")
    floor.take_break("a7")
    assert status(floor, "a7") is AgentStatus.READY
    until(floor, "20:00:00")
    assert status(floor, "a7") is AgentStatus.ON_BREAK


def test_ready_takes_a_queued_break_back() -> None:
    floor = opened_at("09:00", *EIGHT)
    floor.after(4 * 3600)
    floor.take_break("a1")
    only(BreakUnqueued, floor.ready("a1"))
    floor.sign_in("a9", "s9")
    assert status(floor, "a1") is AgentStatus.READY


def test_a_break_granted_during_a_call_waits_if_the_floor_has_risen_meanwhile() -> None:
    floor = opened_at("08:50", *EARLY, *LATE[:3])
    ring = talking(floor, "c1")
    name = f"a{ring.seat[1:]}"
    assert only(BreakQueued, floor.take_break(name)).for_cover is False
    until(floor, "09:00:30")
    floor.leg_end(ring)
    assert only(BreakQueued, floor.after(10)).for_cover is True
    assert status(floor, name) is AgentStatus.READY
    floor.sign_in("a9", "s9")
    assert status(floor, name) is AgentStatus.ON_BREAK


def test_breaks_asked_for_in_calls_count_as_taken() -> None:
    floor = opened_at("10:00", *NINE)
    talking(floor, "c1")
    only(RequestGranted, floor.take_break("a1"))
    assert "of whom 1 asked" in only(RequestRefused, floor.take_break("a2")).reason


def test_who_leaves_the_house_takes_the_queued_break_along() -> None:
    floor = opened_at("09:00", *EIGHT)
    floor.after(4 * 3600)
    floor.take_break("a1")
    document = staffed().model_dump(mode="json")
    document["agents"] = [one for one in document["agents"] if one["id"] != "a1"]
    only(BreakUnqueued, floor.configure(House.model_validate(document), 2))
    assert [event.agent for event in all_of(AgentChanged, floor.sign_in("a9", "s9"))] == ["a9"]


# --- care: the longest stretch -----------------------------------------------------------------------
def test_the_end_of_the_longest_stretch_asks_for_a_rest_by_itself() -> None:
    floor = opened_at("09:00", *EIGHT, house=staffed({"longest_stretch_s": 7200}))
    floor.sign_in("a9", "s9")
    assert none(AgentChanged, floor.after(7199))
    resting = [event.agent for event in all_of(AgentChanged, floor.after(1)) if event.reason == "rest"]
    assert resting == ["a1"]
    assert len(floor.engine.snapshot().agents) == 13
    queued = [name for name, record in floor.engine.snapshot().agents.items() if record.pending_break]
    assert sorted(queued) == ["a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"]


def test_a_pause_begins_the_stretch_anew() -> None:
    floor = opened_at("10:00", *NINE, house=staffed({"longest_stretch_s": 7200}))
    floor.after(7000)
    floor.take_break("a1", BreakReason.REST)
    floor.after(100)
    floor.ready("a1")
    floor.after(300)
    assert floor.engine.snapshot().agents["a1"].pending_break is None  # type: ignore[index]


# --- the night ---------------------------------------------------------------------------------------
def miss(floor: TestFloor) -> Decision:
    """The phone that rings now rings in vain."""
    floor.rang([command for command in floor.commands if isinstance(command, RingSeat)][-1])
    return floor.after(15)


def test_the_last_one_at_night_is_never_set_away_but_a_leader_is_rung() -> None:
    floor = opened_at("22:00", "a10")
    floor.queue("c1")
    assert none(LeaderSummoned, miss(floor))
    second = miss(floor)
    assert only(LeaderSummoned, second).leader == "l1"
    assert alarms(second) == ["night_without_agent"]
    assert status(floor, "a10") is AgentStatus.READY
    assert only(RingSeat, second).seat == "s10"  # a phone that may be answered is better than none


def test_by_day_and_beside_a_colleague_it_is_set_away() -> None:
    by_day = opened_at("12:00", "a1")
    by_day.queue("c1")
    miss(by_day)
    assert alarms(miss(by_day)) == ["agent_away"]
    at_night = opened_at("22:00", "a10", "a11")
    for call in ("c1", "c2"):
        at_night.queue(call)
        miss(at_night)
        miss(at_night)
        at_night.hang_up(call)
    away = [name for name in ("a10", "a11") if status(at_night, name) is AgentStatus.AWAY]
    assert away == ["a10"]


def test_a_leader_without_a_mobile_is_not_rung() -> None:
    document = staffed().model_dump(mode="json")
    document["agents"][-1]["mobile"] = ""
    floor = opened_at("22:00", "a10", house=House.model_validate(document))
    floor.queue("c1")
    miss(floor)
    decision = miss(floor)
    assert none(LeaderSummoned, decision)
    assert alarms(decision) == ["night_without_agent"]


def test_a_pause_asked_for_twice_is_one_wish_for_cover() -> None:
    floor = opened_at("09:00", *EIGHT)
    floor.after(4 * 3600)
    floor.take_break("a1", BreakReason.MEAL)
    again = floor.take_break("a1", BreakReason.REST)
    assert only(RequestGranted, again) and alarms(again) == [] and none(ReserveAsked, again)


def test_the_longest_stretch_asks_for_no_second_break_of_whoever_waits_for_one() -> None:
    floor = opened_at("12:00", "a1", "a2", house=staffed({"longest_stretch_s": 600}))
    talking(floor, "c1")
    floor.after(500)
    assert only(BreakQueued, floor.take_break("a1", override=True)).agent == "a1"
    assert "a1" not in [event.agent for event in all_of(BreakQueued, floor.after(200))]
