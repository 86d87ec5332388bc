"""The page is gone in which an agent speaks with somebody whom we called."""

from __future__ import annotations

import pytest

from core.commands import CallAgent, DialFar, ExcuseFar, LetGo, WithdrawRing
from core.events import CallbackMade, OutboundEnded, RequestGranted, RequestRefused
from core.ids import AgentId, QueueId, SeatId, own_offer
from core.inputs import (
    AskCallback,
    CommandDone,
    CommandFailed,
    FarAnswered,
    FarLegEnded,
    HangUp,
    Hold,
    PlaceCall,
    Resume,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    Transfer,
)
from core.states import OutboundOutcome
from queueing.decision import Decision
from tests.unit.queueing.builders import CARE, SALES, TestFloor, none, only
from tests.unit.queueing.test_callbacks import RULES, floor_with, picks_up
from tests.unit.queueing.test_outbound import two_trunks

ME, NUMBER = AgentId("a1"), "+8613800138000"


def dialling(*agents: str, queue: QueueId | None = SALES, **rules: object) -> tuple[TestFloor, DialFar]:
    floor = floor_with("a1", *agents, **rules)
    return floor, picks_up(floor, only(CallAgent, floor.ask(PlaceCall(ME, NUMBER, queue))))


def speaks(*agents: str, queue: QueueId | None = SALES, **rules: object) -> tuple[TestFloor, DialFar]:
    floor, dial = dialling(*agents, queue=queue, **rules)
    floor.give(FarAnswered(dial.call, dial.attempt))
    return floor, dial


def lost(floor: TestFloor) -> Decision:
    """As api.phone_windows asks for a window that does not come back."""
    only(RequestGranted, floor.ask(Hold(ME, is_lost=True)))
    return floor.ask(HangUp(ME))


def agent_gone(floor: TestFloor, dial: DialFar) -> Decision:
    return floor.give(SeatLegEnded(dial.call, own_offer(dial.call), SeatId("s1"), 16))


def test_they_are_told_and_called_again_by_whoever_is_free_first() -> None:
    floor, dial = speaks("a2")
    asked = lost(floor)
    order = only(ExcuseFar, asked)
    assert (order.call, order.attempt, order.again, none(RequestGranted, asked)) == (
        dial.call,
        dial.attempt,
        True,
        True,
    )
    assert (made := only(CallbackMade, asked)).priority == 9
    assert (made.number, made.queue, made.language) == (NUMBER, SALES, "zh-CN")
    said = floor.give(CommandDone(order.id))
    ended = only(OutboundEnded, said)
    assert (ended.outcome, ended.by) == (OutboundOutcome.REACHED, "agent")
    assert only(LetGo, said).call == dial.call
    floor.give(CommandDone(dial.id, "ANSWER/16"))
    assert not none(RequestGranted, agent_gone(floor, dial))
    assert none(CallAgent, floor.after(5.0)), "they hear the sentence"
    floor.give(FarLegEnded(dial.call, dial.attempt, 16))
    again = only(CallAgent, floor.after(5.1))
    assert (again.seat, again.shown) == ("s2", NUMBER)


@pytest.mark.parametrize("queue", [None, SALES])
def test_who_cannot_be_called_again_is_not_told_so(queue: QueueId | None) -> None:
    """Nobody knows who should call, or the house keeps no more promises."""
    floor, _ = speaks(queue=queue, open=1)
    floor.ask(AskCallback("13700000001", SALES, later_s=3600.0))
    asked = lost(floor)
    assert (only(ExcuseFar, asked).again, none(CallbackMade, asked)) == (False, True)


def test_nobody_is_told_of_a_call_by_a_queue_that_is_gone_from_the_house() -> None:
    floor, _ = speaks()
    whole = two_trunks(time_zone="UTC", callbacks=RULES)
    hotlines = tuple(each.model_copy(update={"queue": CARE}) for each in whole.hotlines)
    queues = tuple(queue for queue in whole.queues if queue.id != SALES)
    floor.configure(whole.model_copy(update={"queues": queues, "hotlines": hotlines}), 2)
    asked = lost(floor)
    assert (only(ExcuseFar, asked).again, none(CallbackMade, asked)) == (False, True)


def test_a_promise_that_stands_is_the_one_they_are_told_of() -> None:
    floor, _ = speaks()
    floor.ask(AskCallback(NUMBER, SALES, later_s=3600.0))
    asked = lost(floor)
    assert (only(ExcuseFar, asked).again, none(CallbackMade, asked)) == (True, True)


def test_a_page_that_was_only_out_of_sight_goes_on_with_the_talk() -> None:
    floor, _ = speaks()
    floor.ask(Hold(ME, is_lost=True))
    assert not none(RequestGranted, floor.ask(Resume(ME)))
    asked = floor.ask(HangUp(ME))
    assert (none(ExcuseFar, asked), only(WithdrawRing, asked).seat) == (True, "s1")


def test_a_page_that_comes_back_as_the_far_end_is_being_told_does_not_have_the_talk_any_more() -> None:
    floor, dial = speaks()
    order = only(ExcuseFar, lost(floor))
    assert "being carried out" in only(RequestRefused, floor.ask(Resume(ME))).reason
    assert only(OutboundEnded, floor.give(CommandDone(order.id))).by == "agent"
    assert not none(RequestGranted, agent_gone(floor, dial))


def test_a_page_that_was_loaded_anew_is_told_what_became_of_the_call() -> None:
    floor, dial = speaks()
    asked = floor.ask(Transfer(ME, to_agent=ME))
    assert none(RequestRefused, asked)
    floor.give(CommandDone(only(ExcuseFar, asked).id))
    assert "went with the page" in only(RequestRefused, agent_gone(floor, dial)).reason


def test_a_pbx_that_cannot_tell_them_cuts_the_call_instead_of_leaving_it_silent() -> None:
    floor, dial = speaks()
    order = only(ExcuseFar, lost(floor))
    assert only(WithdrawRing, floor.give(CommandFailed(order.id, "no such channel"))).seat == "s1"
    assert only(OutboundEnded, agent_gone(floor, dial)).outcome is OutboundOutcome.REACHED


def test_an_outcome_that_is_lost_leaves_nobody_with_a_dead_page() -> None:
    floor, dial = speaks()
    only(ExcuseFar, lost(floor))
    assert none(WithdrawRing, floor.after(7.0))
    decision = floor.after(1.0)
    assert (only(WithdrawRing, decision).seat, only(OutboundEnded, decision).by) == ("s1", "agent")
    assert not floor.engine.snapshot().outbound and agent_gone(floor, dial).events == ()


def test_who_hangs_up_meanwhile_has_ended_it() -> None:
    floor, dial = speaks()
    order = only(ExcuseFar, lost(floor))
    assert only(OutboundEnded, floor.give(FarLegEnded(dial.call, dial.attempt, 16))).by == "caller"
    assert none(OutboundEnded, floor.give(CommandDone(order.id)))
    assert not none(RequestGranted, agent_gone(floor, dial))


@pytest.mark.parametrize("request_", [HangUp(ME), Transfer(ME, to_agent=ME)])
def test_a_call_that_nobody_has_answered_is_just_ended(request_: HangUp | Transfer) -> None:
    floor, dial = dialling()
    only(RequestGranted, floor.ask(Hold(ME, is_lost=True)))
    asked = floor.ask(request_)
    assert (only(WithdrawRing, asked).seat, none(ExcuseFar, asked), none(CallbackMade, asked)) == ("s1", True, True)
    assert only(OutboundEnded, agent_gone(floor, dial)).outcome is OutboundOutcome.AGENT_LEFT


def test_who_answers_after_the_page_has_died_is_told() -> None:
    floor, dial = dialling()
    only(RequestGranted, floor.ask(Hold(ME, is_lost=True)))
    floor.give(FarAnswered(dial.call, dial.attempt))
    assert only(ExcuseFar, floor.ask(HangUp(ME))).again


def test_a_page_that_dies_before_its_phone_has_answered_has_lost_no_call() -> None:
    floor = floor_with("a1")
    floor.ask(PlaceCall(ME, NUMBER, SALES))
    assert "no caller" in only(RequestRefused, floor.ask(Hold(ME, is_lost=True))).reason


def test_one_that_dies_as_its_phone_has_just_answered_has_lost_it() -> None:
    """The line is on its way to us (connecting)."""
    floor = floor_with("a1")
    order = only(CallAgent, floor.ask(PlaceCall(ME, NUMBER, SALES)))
    floor.give(SeatRang(order.call, order.offer, order.seat))
    floor.give(SeatAnswered(order.call, order.offer, order.seat))
    asked = lost(floor)
    assert (only(WithdrawRing, asked).seat, none(ExcuseFar, asked)) == ("s1", True)
