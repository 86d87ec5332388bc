"""Cool-down after an abusive call, the cap on occupancy; off unless the agent's group sets them."""

from __future__ import annotations

import pytest

from core.commands import RingSeat
from core.events import CallMarked, CallsResumed, CallsWithheld, RequestRefused
from core.ids import AgentId
from core.inputs import MarkAbusive
from core.states import Withheld
from tests.unit.queueing.builders import none, only, talking
from tests.unit.queueing.staffed import opened_at, staffed


def test_after_an_abusive_call_no_call_comes_for_a_while() -> None:
    floor = opened_at("12:00", "a1", "a2", house=staffed({"cool_down_s": 120}))
    ring = talking(floor, "c1")
    assert ring.seat == "s1"
    assert only(CallMarked, floor.ask(MarkAbusive(AgentId("a1")))).call == "c1"
    floor.leg_end(ring)
    held = only(CallsWithheld, floor.after(10))  # when the wrap-up is over
    assert (held.agent, held.why) == ("a1", Withheld.COOL_DOWN)
    assert only(RingSeat, floor.queue("c2")).seat == "s2"
    assert none(RingSeat, floor.queue("c3"))
    rested = floor.after(120)
    assert (only(CallsResumed, rested).agent, only(CallsResumed, rested).why) == ("a1", "over")


def test_a_call_may_be_marked_when_it_is_over() -> None:
    floor = opened_at("12:00", "a1", "a2", house=staffed({"cool_down_s": 120}))
    assert "no call yet" in only(RequestRefused, floor.ask(MarkAbusive(AgentId("a1")))).reason
    floor.leg_end(talking(floor, "c1"))
    floor.after(15)
    assert only(CallsWithheld, floor.ask(MarkAbusive(AgentId("a1")))).why is Withheld.COOL_DOWN


@pytest.mark.parametrize("group", [None, {"highest_occupancy": 0.8}])
def test_without_a_setting_the_mark_is_told_and_nothing_else(group: dict[str, float] | None) -> None:
    floor = opened_at("12:00", "a1", "a2", house=staffed(group))
    ring = talking(floor, "c1")
    only(CallMarked, floor.ask(MarkAbusive(AgentId("a1"))))
    floor.leg_end(ring)
    assert none(CallsWithheld, floor.after(200))


def test_the_last_one_of_a_queue_cools_down_when_somebody_comes() -> None:
    floor = opened_at("12:00", "a1", house=staffed({"cool_down_s": 120}))
    ring = talking(floor, "c1")
    floor.ask(MarkAbusive(AgentId("a1")))
    floor.leg_end(ring)
    assert none(CallsWithheld, floor.after(60))
    assert only(CallsWithheld, floor.sign_in("a2", "s2")).agent == "a1"
    assert only(CallsResumed, floor.after(70)).agent == "a1"


def test_above_the_cap_an_agent_rests_until_the_hour_is_at_it_again() -> None:
    """1,790 s of talk, 10 s of wrap-up and 60 s idle: to be 80 % busy, 1,800 s need 450 s idle; 390 s are missing."""
    floor = opened_at("12:00", "a1", house=staffed({"highest_occupancy": 0.8}))
    floor.after(60)
    ring = talking(floor, "c1")
    floor.after(1790)
    floor.sign_in("a2", "s2")
    floor.leg_end(ring)
    held = only(CallsWithheld, floor.after(10))
    assert (held.agent, held.why) == ("a1", Withheld.OCCUPANCY)
    assert none(CallsResumed, floor.after(389))
    assert only(CallsResumed, floor.after(1)).agent == "a1"


def test_less_than_half_an_hour_is_not_judged() -> None:
    floor = opened_at("12:00", "a1", "a2", house=staffed({"highest_occupancy": 0.1}))
    ring = talking(floor, "c1")
    floor.after(600)
    floor.leg_end(ring)
    assert none(CallsWithheld, floor.after(20))


def test_what_was_longer_than_an_hour_ago_is_forgotten() -> None:
    floor = opened_at("10:00", "a1", house=staffed({"highest_occupancy": 0.8}))
    ring = talking(floor, "c1")
    floor.sign_in("a2", "s2")
    floor.after(1790)
    floor.leg_end(ring)
    floor.after(2 * 3600)
    again = talking(floor, "c2")
    floor.after(60)
    assert none(CallsWithheld, floor.leg_end(again)) and none(CallsWithheld, floor.after(10))


def test_an_agent_whose_calls_have_become_longer_gets_none_that_would_outlive_the_shift() -> None:
    """A talk of half an hour makes the usual one longer than what is left."""
    floor = opened_at("19:20", "a1", "a2")
    ring = talking(floor, "c1")
    floor.after(1800)
    floor.leg_end(ring)
    held = only(CallsWithheld, floor.after(10))
    assert (held.agent, held.why) == ("a1", Withheld.SHIFT_END)


def test_who_marks_a_call_in_a_break_needs_no_rest_after_it() -> None:
    floor = opened_at("12:00", "a1", "a2", house=staffed({"cool_down_s": 120}))
    floor.leg_end(talking(floor, "c1"))
    floor.after(15)
    floor.take_break("a1", override=True)
    assert none(CallsWithheld, floor.ask(MarkAbusive(AgentId("a1"))))
    assert none(CallsWithheld, floor.ready("a1"))


def test_whoever_rests_in_a_break_is_not_who_the_queue_gets_back() -> None:
    floor = opened_at("12:00", "a1", "a2", house=staffed({"cool_down_s": 120}))
    ring = talking(floor, "c1")
    floor.ask(MarkAbusive(AgentId("a1")))
    floor.leg_end(ring)
    assert only(CallsWithheld, floor.after(10)).agent == "a1"
    floor.take_break("a1", override=True)
    assert none(CallsResumed, floor.take_break("a2", override=True))
