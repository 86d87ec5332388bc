"""An agent hangs up from the desktop: the leg is ended, and the answer comes when it is gone."""

from __future__ import annotations

import pytest

from core.commands import Announce, ConsultSeat, HoldCall, JoinSeat, RingSeat, WithdrawRing
from core.events import CallMoved, ConsultEnded, RequestGranted, RequestRefused, TalkBegan, TalkEnded
from core.ids import AgentId, CallId
from core.inputs import HangUp, Hold, Resume, SeatAnswered, SeatLegEnded, SeatRang
from queueing.decision import Decision
from tests.unit.queueing.builders import TestFloor, none, only, opened, talking


def hangs_up(floor: TestFloor, agent: str = "a1") -> Decision:
    return floor.ask(HangUp(AgentId(agent)))


def test_the_agents_leg_is_ended_and_the_answer_comes_when_it_is_gone() -> None:
    floor = opened(("a1", "s1"))
    ring = talking(floor, "c1")
    asked = hangs_up(floor)
    order = only(WithdrawRing, asked)
    assert (order.offer, order.seat, none(RequestGranted, asked)) == (ring.offer, "s1", True)
    gone = floor.leg_end(ring)
    assert (only(TalkEnded, gone).by, none(RequestGranted, gone)) == ("agent", False)
    assert floor.engine.snapshot().moves == {}


def test_a_caller_who_hangs_up_first_has_answered_it_too() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    hangs_up(floor)
    assert not none(RequestGranted, floor.hang_up("c1"))


def test_a_pbx_that_says_nothing_is_told_within_three_seconds() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    hangs_up(floor)
    assert "not confirmed" in only(RequestRefused, floor.after(2.6)).reason


def test_who_has_no_caller_or_keeps_one_on_hold_is_refused() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    assert "no caller" in only(RequestRefused, hangs_up(floor)).reason
    floor.rang(only(RingSeat, floor.queue("c1")))
    assert "no caller" in only(RequestRefused, hangs_up(floor)).reason
    floor.leg_end(only(RingSeat, Decision(tuple(floor.commands), ())), 17)
    talking(floor, "c2")
    keeper = "a1" if floor.engine.snapshot().agents[AgentId("a1")].call == "c2" else "a2"
    floor.hold(keeper)
    floor.held("c2")
    assert "on hold" in only(RequestRefused, hangs_up(floor, keeper)).reason


def test_an_agent_who_is_lost_to_a_held_caller_leaves_them_in_front_of_the_queue() -> None:
    """What is asked for a window that died (api.phone_windows): a hold, then the end of the agent's part."""
    floor = opened(("a1", "s1"))
    ring = talking(floor, "c1")
    floor.ask(Hold(AgentId("a1"), is_lost=True))
    floor.held("c1")
    assert only(WithdrawRing, hangs_up(floor)).offer == ring.offer
    gone = floor.leg_end(ring)
    assert (only(CallMoved, gone).why, none(RequestGranted, gone), none(RequestRefused, gone)) == (
        "keeper_left", False, True,
    )  # fmt: skip


def test_an_agent_who_is_lost_in_a_consult_leaves_the_caller_to_the_colleague() -> None:
    floor, ring, _ = in_consult()
    assert only(RequestGranted, floor.ask(Hold(AgentId("a1"), is_lost=True)))
    assert only(WithdrawRing, hangs_up(floor)).offer == ring.offer
    gone = floor.leg_end(ring)
    assert (only(JoinSeat, gone).seat, none(RequestGranted, gone)) == ("s2", False)


def test_with_three_in_the_talk_the_colleague_has_the_caller() -> None:
    floor, ring, _ = three()
    asked = hangs_up(floor)
    assert only(WithdrawRing, asked).seat == "s1"
    gone = floor.leg_end(ring)
    assert not none(RequestGranted, gone)
    assert only(TalkBegan, gone).agent == "a2"


def test_a_colleague_leaves_and_the_agent_has_the_caller_alone() -> None:
    floor, _, consult = three()
    asked = hangs_up(floor, "a2")
    order = only(WithdrawRing, asked)
    assert (order.offer, order.seat, none(RequestGranted, asked)) == (consult.offer, "s2", True)
    gone = floor.give(SeatLegEnded(CallId("c1"), consult.offer, consult.colleague, 16))
    assert (only(ConsultEnded, gone).how, none(RequestGranted, gone), none(TalkEnded, gone)) == (
        "colleague_left",
        False,
        True,
    )
    assert floor.engine.snapshot().moves == {}


def test_a_colleague_whose_phone_only_rings_has_nothing_to_leave() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    floor.hold("a1")
    floor.held("c1")
    floor.consult("a1", "a2")
    assert "no caller" in only(RequestRefused, hangs_up(floor, "a2")).reason


def test_an_agent_who_is_lost_to_a_talk_of_three_leaves_the_caller_to_the_colleague_unheld() -> None:
    floor, ring, _ = three()
    lost = floor.ask(Hold(AgentId("a1"), is_lost=True))
    assert (none(RequestGranted, lost), lost.commands) == (False, ())
    only(WithdrawRing, hangs_up(floor))
    assert only(TalkBegan, floor.leg_end(ring)).agent == "a2"


def test_who_asks_to_hold_a_talk_of_three_and_is_not_lost_is_refused() -> None:
    floor, _, _ = three()
    assert "Three are in this talk" in only(RequestRefused, floor.hold("a1")).reason


def test_who_comes_back_to_a_talk_of_three_sends_nobody_away() -> None:
    floor, _, _ = three()
    floor.ask(Hold(AgentId("a1"), is_lost=True))
    back = floor.ask(Resume(AgentId("a1")))
    assert (none(RequestGranted, back), none(ConsultEnded, back)) == (False, True)
    assert only(ConsultEnded, floor.ask(Resume(AgentId("a1")))).how == "cancelled", "a wish of their own again"


def test_who_is_lost_and_left_alone_with_the_caller_meanwhile_gives_them_to_the_queue() -> None:
    """The hold is asked for again before the end (api.phone_windows)."""
    floor, ring, consult = three()
    floor.ask(Hold(AgentId("a1"), is_lost=True))
    floor.give(SeatLegEnded(CallId("c1"), consult.offer, consult.colleague, 16))
    assert only(HoldCall, floor.ask(Hold(AgentId("a1"), is_lost=True))).seat == "s1"
    assert only(Announce, floor.held("c1")).prompt == "line-interrupted"
    hangs_up(floor)
    assert only(CallMoved, floor.leg_end(ring)).why == "keeper_left"


@pytest.mark.parametrize("confers", [False, True])
def test_a_colleague_who_is_lost_leaves_the_agent_with_the_caller(confers: bool) -> None:
    floor, consult = three()[::2] if confers else in_consult()[::2]
    lost = floor.ask(Hold(AgentId("a2"), is_lost=True))
    assert (none(RequestGranted, lost), lost.commands) == (False, ())
    assert only(WithdrawRing, hangs_up(floor, "a2")).offer == consult.offer
    gone = floor.give(SeatLegEnded(CallId("c1"), consult.offer, consult.colleague, 16))
    assert (only(ConsultEnded, gone).how, none(TalkEnded, gone)) == ("colleague_left", True)


def test_a_colleague_who_only_rings_has_nothing_to_lose() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    talking(floor, "c1")
    floor.hold("a1")
    floor.held("c1")
    floor.consult("a1", "a2")
    assert "no caller" in only(RequestRefused, floor.ask(Hold(AgentId("a2"), is_lost=True))).reason


@pytest.mark.parametrize("confers", [False, True])
def test_an_agents_page_loaded_anew_beside_a_colleague_has_lost_its_line(confers: bool) -> None:
    floor, ring, _ = three() if confers else in_consult()
    asked = floor.transfer("a1", "a1")
    assert (only(WithdrawRing, asked).offer, none(RequestRefused, asked)) == (ring.offer, True)
    gone = floor.leg_end(ring)
    assert "without you" in only(RequestRefused, gone).reason
    assert only(TalkBegan, gone).agent == "a2"


@pytest.mark.parametrize("confers", [False, True])
def test_a_colleagues_page_loaded_anew_has_lost_its_line(confers: bool) -> None:
    floor, consult = three()[::2] if confers else in_consult()[::2]
    asked = floor.transfer("a2", "a2")
    assert (only(WithdrawRing, asked).offer, none(RequestRefused, asked)) == (consult.offer, True)
    gone = floor.give(SeatLegEnded(CallId("c1"), consult.offer, consult.colleague, 16))
    assert "without you" in only(RequestRefused, gone).reason
    assert only(ConsultEnded, gone).how == "colleague_left"


def in_consult() -> tuple[TestFloor, RingSeat, ConsultSeat]:
    """a1 has c1 on hold and speaks with a2."""
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = talking(floor, "c1")
    floor.hold("a1")
    floor.held("c1")
    order = only(ConsultSeat, floor.consult("a1", "a2"))
    floor.give(SeatAnswered(CallId("c1"), order.offer, order.seat))
    return floor, ring, order


def three() -> tuple[TestFloor, RingSeat, ConsultSeat]:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = talking(floor, "c1")
    floor.hold("a1")
    floor.held("c1")
    return floor, ring, consulted(floor)


def consulted(floor: TestFloor) -> ConsultSeat:
    """a2 is asked about c1, answers, and all three speak."""
    order = only(ConsultSeat, floor.consult("a1", "a2"))
    floor.give(SeatRang(CallId("c1"), order.offer, order.seat))
    floor.give(SeatAnswered(CallId("c1"), order.offer, order.seat))
    floor.confer("a1")
    floor.joined("c1", "s1")
    floor.joined("c1", "s2")
    return order
