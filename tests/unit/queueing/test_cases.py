"""First-contact ownership: the owner of an open case first, then who spoke with the caller last."""

from __future__ import annotations

import pytest

from core.commands import RingSeat
from core.events import CaseClosed, CaseOwned, RequestGranted, RequestRefused, SeatReserved
from core.ids import AgentId, CallId
from core.inputs import CallQueued, CloseCase, OwnCase
from queueing.decision import Decision
from tests.unit.queueing.builders import HOTLINE, NODE, SALES, TRUNK, TestFloor, none, only, opened, talking

MOBILE = "+8613800138000"
DAY_S = 86_400.0


def floor_with_case(**owned: object) -> TestFloor:
    """a1 is idle for longest, a2 owns case K."""
    floor = opened(("a1", "s1"), ("a2", "s2"), ("a3", "s3"), wrap_up_s=0.0, sales={"preferred_agent_s": 20})
    floor.ask(OwnCase("K", AgentId("a2"), **owned))  # type: ignore[arg-type]
    return floor


def calls_in(floor: TestFloor, name: str, *, caller: str = "", case: str = "") -> Decision:
    return floor.give(
        CallQueued(CallId(name), NODE, HOTLINE, TRUNK, caller, SALES, "zh-CN", waiting_since_boot_s=None, case=case)
    )


def test_who_names_the_case_is_given_its_owner_and_the_trace_says_why() -> None:
    reserved = only(SeatReserved, calls_in(floor_with_case(), "c1", case="K"))
    assert reserved.agent == "a2"
    assert reserved.trace is not None and reserved.trace.strategy == "case-owner"


def test_who_calls_from_its_number_is_given_its_owner() -> None:
    floor = floor_with_case(caller="13800138000")
    assert only(SeatReserved, calls_in(floor, "c1", caller=MOBILE)).agent == "a2"
    assert only(SeatReserved, calls_in(floor, "c2", caller="+8613900139000")).agent == "a1"


def test_the_owner_goes_before_who_spoke_with_the_caller_last() -> None:
    floor = floor_with_case(caller=MOBILE)
    floor.take_break("a2")
    ring = only(RingSeat, calls_in(floor, "c1", caller=MOBILE))
    assert ring.seat == "s1", "the owner is on a break"
    floor.answer(ring)
    floor.hang_up("c1")
    floor.after(1)
    floor.ready("a2")
    assert only(SeatReserved, calls_in(floor, "c2", caller=MOBILE)).agent == "a2"


def test_without_the_owner_who_spoke_last_is_waited_for() -> None:
    floor = floor_with_case(caller=MOBILE)
    floor.take_break("a2")
    floor.take_break("a3")
    ring = only(RingSeat, calls_in(floor, "c1", caller=MOBILE))
    floor.answer(ring)
    floor.hang_up("c1")
    talking(floor, "c2")
    floor.ready("a3")
    assert none(RingSeat, calls_in(floor, "c3", caller=MOBILE)), "a1 is busy, and is waited for"
    assert only(RingSeat, floor.after(20)).seat == "s3"


def test_a_busy_owner_is_waited_for_no_longer_than_the_queue_says() -> None:
    floor = floor_with_case()
    floor.take_break("a1")
    floor.take_break("a3")
    talking(floor, "c1")
    floor.ready("a3")
    assert none(RingSeat, calls_in(floor, "c2", case="K"))
    assert only(RingSeat, floor.after(20)).seat == "s3"


@pytest.mark.parametrize("ends", ["closed", "expired"])
def test_a_case_ends_when_it_is_closed_or_its_time_is_over(ends: str) -> None:
    floor = floor_with_case(caller=MOBILE, lasts_s=DAY_S)
    if ends == "closed":
        assert only(CaseClosed, floor.ask(CloseCase("K"))).case == "K"
    else:
        floor.after(DAY_S)
    assert only(SeatReserved, calls_in(floor, "c1", caller=MOBILE)).agent == "a1"
    assert only(RequestRefused, floor.ask(CloseCase("K"))).reason == "There is no open case K."


def test_another_owner_takes_the_case_over() -> None:
    floor = floor_with_case()
    decision = floor.ask(OwnCase("K", AgentId("a3")))
    assert only(CaseOwned, decision).agent == "a3" and only(RequestGranted, decision)
    assert only(SeatReserved, calls_in(floor, "c1", case="K")).agent == "a3"


def test_nonsense_is_refused() -> None:
    floor = floor_with_case()
    assert "no agent a9" in only(RequestRefused, floor.ask(OwnCase("K", AgentId("a9")))).reason
    wrong = floor.ask(OwnCase("K", AgentId("a1"), "500&PJSIP/1"))
    assert "no telephone number" in only(RequestRefused, wrong).reason
    assert only(SeatReserved, calls_in(floor, "c1", case="unheard of")).agent == "a1"


def test_a_reboot_keeps_the_time_that_is_left() -> None:
    floor = floor_with_case(lasts_s=100)
    floor.rebooted(-500.0)
    (case,) = floor.engine.snapshot().cases.values()
    assert case.until_boot_s - floor.now_s == pytest.approx(98, abs=5)


def test_a_leader_leaves_the_cases_of_other_teams_alone() -> None:
    floor, one, two = floor_with_case(), AgentId("a1"), AgentId("a2")
    for wish in (OwnCase("K", one, team=(one,)), CloseCase("K", team=(one,))):
        assert only(RequestRefused, floor.ask(wish)).reason == "a2 owns K. Ask for it to be given on."
    assert only(CaseOwned, floor.ask(OwnCase("free", one, team=(one,)))).agent == one
    assert only(CaseOwned, floor.ask(OwnCase("K", one, team=(one, two)))).agent == one
    assert only(CaseClosed, floor.ask(CloseCase("K", team=(one,)))).case == "K"


def test_an_agent_who_leads_nobody_leaves_the_cases_of_others_alone() -> None:
    floor, me = floor_with_case(lasts_s=DAY_S), AgentId("a1")
    for wish in (OwnCase("K", me, only_of=me), CloseCase("K", only_of=me)):
        assert only(RequestRefused, floor.ask(wish)).reason == "a2 owns K. Ask for it to be given on."
    assert only(CaseOwned, floor.ask(OwnCase("free", me, only_of=me))).agent == me
    assert only(CaseClosed, floor.ask(CloseCase("free", only_of=me))).case == "free"
    floor.after(DAY_S)
    assert only(CaseOwned, floor.ask(OwnCase("K", me, only_of=me))).agent == me, "its time was over"
