"""Card data: the recording is silent from the PBX's word on, and goes on by itself whatever happens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.commands import CallAgent, ConsultSeat, DialFar, RingSeat, SilenceRecording
from core.events import Alarmed, RequestGranted, RequestRefused, SeatReserved
from core.ids import AgentId, CallId, OfferId, SeatId
from core.inputs import (
    AgentLineHeld,
    CommandDone,
    CommandFailed,
    FarAnswered,
    PauseRecording,
    PlaceCall,
    ResumeRecording,
    SeatAnswered,
)
from core.recordings import RecordingLost, RecordingPaused, RecordingResumed, VoiceGrew, VoiceOpened
from queueing.decision import Decision
from queueing.engine import Engine
from queueing.pauses import AGAIN_S
from tests.unit.queueing.builders import NODE, TestFloor, agent, house, none, only, opened, talking

LIMIT_S = 120.0


def silent() -> tuple[TestFloor, RingSeat]:
    """a1 talks with c1, and the recording is silent."""
    floor = opened(("a1", "s1"), ("a2", "s2"))
    ring = talking(floor, "c1")
    asked = floor.ask(PauseRecording(AgentId("a1")), "please")
    order = only(SilenceRecording, asked)
    assert order.on and order.call == "c1" and none(RequestGranted, asked)
    done = floor.give(CommandDone(order.id))
    assert only(RequestGranted, done).request == "please"
    assert only(RecordingPaused, done).agent == "a1"
    return floor, ring


def done(floor: TestFloor, decision: Decision) -> Decision:
    order = only(SilenceRecording, decision)
    assert not order.on
    return floor.give(CommandDone(order.id))


def test_it_ends_when_asked_and_tells_how_long_it_was() -> None:
    floor, _ = silent()
    floor.after(30.0)
    over = done(floor, floor.ask(ResumeRecording(AgentId("a1")), "back"))
    assert only(RequestGranted, over).request == "back"
    told = only(RecordingResumed, over)
    assert told.paused_s == pytest.approx(30.0) and told.how == "asked"
    assert floor.engine.snapshot().pauses == {}


def test_it_ends_by_itself_after_the_limit() -> None:
    floor, _ = silent()
    assert none(SilenceRecording, floor.after(LIMIT_S - 1.0))
    over = done(floor, floor.after(1.0))
    assert only(RecordingResumed, over).how == "timeout"


def test_the_house_sets_the_limit() -> None:
    floor = TestFloor()
    floor.open(house(recording={"pause_s": 30}))
    floor.sign_in("a1", "s1")
    talking(floor, "c1")
    floor.give(CommandDone(only(SilenceRecording, floor.ask(PauseRecording(AgentId("a1")))).id))
    assert only(RecordingResumed, done(floor, floor.after(30.0))).how == "timeout"


def test_an_engine_restored_meanwhile_ends_it_all_the_same() -> None:
    floor, _ = silent()
    floor.engine = Engine.restore(floor.engine.snapshot())
    assert only(RecordingResumed, done(floor, floor.after(LIMIT_S))).how == "timeout"


def test_a_way_back_that_fails_is_tried_until_it_succeeds() -> None:
    floor, _ = silent()
    order = only(SilenceRecording, floor.after(LIMIT_S))
    assert none(RecordingResumed, floor.give(CommandFailed(order.id, "AMI is not connected")))
    assert only(RecordingResumed, done(floor, floor.after(AGAIN_S))).how == "timeout"


def test_a_pbx_that_cannot_refuses_it() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    order = only(SilenceRecording, floor.ask(PauseRecording(AgentId("a1"))))
    failed = floor.give(CommandFailed(order.id, "AMI is not connected"))
    assert "AMI is not connected" in only(RequestRefused, failed).reason
    assert none(RecordingPaused, failed) and floor.engine.snapshot().pauses == {}
    assert not only(SilenceRecording, failed).on, "some channel may have obeyed"


def test_whoever_comes_in_during_a_pause_is_silenced_and_nobody_after_it() -> None:
    floor, _ = silent()
    voice = VoiceOpened(CallId("c1"), "1.3", SeatId("s2"), OfferId("c1/2"), "2026/01/05/c1-agent-1.3.wav", 1.0)
    assert only(SilenceRecording, floor.give(voice)).on
    assert none(SilenceRecording, floor.give(replace(voice, call=CallId("c2"))))
    done(floor, floor.ask(ResumeRecording(AgentId("a1"))))
    assert none(SilenceRecording, floor.give(replace(voice, leg="1.4")))


def test_a_pbx_that_says_nothing_is_told_to_record() -> None:
    """Whether it was silenced nobody knows; the asker is refused, and the recording goes on in any case."""
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.ask(PauseRecording(AgentId("a1")), "please")
    late = floor.after(AGAIN_S)
    assert "Do not go on" in only(RequestRefused, late).reason
    over = done(floor, late)
    assert (only(RecordingResumed, over).paused_s, only(RecordingResumed, over).how) == (0.0, "failed")


def test_the_end_of_the_talk_ends_it_and_the_callers_voice_is_recorded_in_the_next() -> None:
    floor, ring = silent()
    floor.after(10.0)
    ended = floor.leg_end(ring)
    assert not only(SilenceRecording, ended).on
    told = only(RecordingResumed, ended)
    assert told.paused_s == pytest.approx(10.0) and told.how == "talk_over"


def test_asking_twice_changes_nothing_and_is_answered() -> None:
    floor, _ = silent()
    again = floor.ask(PauseRecording(AgentId("a1")), "again")
    assert only(RequestGranted, again).request == "again" and none(SilenceRecording, again)
    repeated = floor.ask(PauseRecording(AgentId("a1")), "please")
    assert only(RequestGranted, repeated).request == "please"


def test_while_one_request_is_carried_out_another_waits_and_the_same_is_not_sent_again() -> None:
    floor = opened(("a1", "s1"))
    talking(floor, "c1")
    floor.ask(PauseRecording(AgentId("a1")), "please")
    assert floor.ask(PauseRecording(AgentId("a1")), "please") == Decision((), ())
    assert "moment" in only(RequestRefused, floor.ask(ResumeRecording(AgentId("a1")))).reason


def test_only_a_talk_can_be_silent() -> None:
    floor = opened(("a1", "s1"))
    assert "no caller" in only(RequestRefused, floor.ask(PauseRecording(AgentId("a1")))).reason
    talking(floor, "c1")
    assert "not paused" in only(RequestRefused, floor.ask(ResumeRecording(AgentId("a1")))).reason


# --- what is due -----------------------------------------------------------------------------
def test_each_ring_says_whether_its_talk_is_due() -> None:
    floor = TestFloor()
    private = agent("a1").model_copy(update={"recorded_percent": 0.0})
    floor.open(house(private, agent("a2")))
    floor.sign_in("a1", "s1")
    asked = floor.queue("c1")
    assert (only(RingSeat, asked).record, only(SeatReserved, asked).recorded) == (False, False)
    floor.sign_in("a2", "s2")
    asked = floor.queue("c2")
    assert (only(RingSeat, asked).record, only(SeatReserved, asked).recorded) == (True, True)


def test_a_consult_goes_by_the_colleagues_own_setting() -> None:
    floor = TestFloor()
    private = agent("a2").model_copy(update={"recorded_percent": 0.0})
    floor.open(house(agent("a1"), private))
    floor.sign_in("a1", "s1")
    talking(floor, "c1")
    floor.sign_in("a2", "s2")
    assert not only(ConsultSeat, floor.consult("a1", "a2")).record


# --- what the logger tells --------------------------------------------------------------------
def test_the_loggers_facts_are_passed_on_word_for_word_and_a_loss_alarms() -> None:
    floor = opened()
    grew = VoiceGrew(CallId("c9"), "c9/1")
    assert floor.give(grew).events == (grew,)
    lost = RecordingLost(CallId("c9"), "c9/1", "no_file")
    told = floor.give(lost)
    assert told.events[0] == lost and "c9/1 (no_file)" in only(Alarmed, told).text


def test_a_call_that_we_made_can_be_silent_too() -> None:
    floor = opened(("a1", "s1"))
    order = only(CallAgent, floor.ask(PlaceCall(AgentId("a1"), "13800138000", None)))
    assert "has no caller" in only(RequestRefused, floor.ask(PauseRecording(AgentId("a1")))).reason
    floor.give(SeatAnswered(order.call, order.offer, order.seat))
    far = only(DialFar, floor.give(AgentLineHeld(order.call, NODE, floor.now_s)))
    floor.give(FarAnswered(far.call, far.attempt))
    assert only(SilenceRecording, floor.ask(PauseRecording(AgentId("a1")))).call == order.call
