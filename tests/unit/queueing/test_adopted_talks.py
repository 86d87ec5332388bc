"""A talk that began without us, at a phone of which we believed something else: the PBX is right, nobody is lost."""

from __future__ import annotations

import pytest

from core.commands import CallAgent, ConsultSeat, RingSeat, WithdrawRing
from core.events import Alarmed, CallAnswered, CallEnded, OutboundEnded, RequestRefused, RingEnded, TalkEnded
from core.ids import AgentId, CallId, OfferId, SeatId
from core.inputs import PlaceCall, SeatAnswered
from core.recordings import Archived, RecordingFinished, RecordingLost, VoiceStalled
from core.states import AgentState, CallState, RingOutcome
from queueing.decision import Decision
from tests.unit.queueing.builders import SALES, TestFloor, leg, none, only, opened, seen, talking

NATIVE = CallId("c9")


def floor_with_a_native_caller() -> TestFloor:
    """a1 at s1 and a2 at s2; a caller of the dialplan's own queue, not yet taken back."""
    floor = opened(("a1", "s1"), ("a2", "s2"))
    floor.resync(seen(NATIVE, CallState.FALLBACK, since=floor.now_s - 9))
    return floor


def picks_up(floor: TestFloor, seat: str) -> Decision:
    """The native queue's ring at this phone is answered."""
    return floor.give(SeatAnswered(NATIVE, OfferId(""), SeatId(seat)))


def test_a_ring_of_ours_there_ends_and_the_next_phone_rings() -> None:
    floor = floor_with_a_native_caller()
    ring = only(RingSeat, floor.queue("c1"))
    floor.rang(ring)
    decision = picks_up(floor, "s1")
    assert only(WithdrawRing, decision).offer == ring.offer
    assert only(RingEnded, decision).outcome is RingOutcome.WITHDRAWN
    assert (only(CallAnswered, decision).agent, only(RingSeat, decision).seat) == ("a1", "s2")


def test_a_talk_of_ours_there_is_over() -> None:
    floor = floor_with_a_native_caller()
    talking(floor, "c1")
    decision = picks_up(floor, "s1")
    assert (only(TalkEnded, decision).by, only(CallAnswered, decision).call) == ("pbx", NATIVE)
    state = floor.engine.snapshot()
    assert (state.agents[AgentId("a1")].call, state.agents[AgentId("a1")].state) == (NATIVE, AgentState.TALKING)
    assert only(CallEnded, floor.hang_up("c1")).how == "agent"


def test_a_consult_that_rings_there_is_over_and_its_caller_stays_held() -> None:
    floor = floor_with_a_native_caller()
    talking(floor, "c1")
    asked = only(ConsultSeat, floor.consult("a1", "a2"))
    decision = picks_up(floor, "s2")
    assert only(WithdrawRing, decision).offer == asked.offer
    assert only(CallAnswered, decision).agent == "a2"
    assert floor.engine.snapshot().consults == {}


def test_a_call_that_we_make_there_is_lost() -> None:
    floor = floor_with_a_native_caller()
    order = only(CallAgent, floor.ask(PlaceCall(AgentId("a1"), "13800138000", None)))
    decision = picks_up(floor, "s1")
    assert only(OutboundEnded, decision).call == order.call
    assert only(CallAnswered, decision).agent == "a1"


def test_a_seat_that_another_native_ring_held_is_the_talks() -> None:
    floor = opened(("a1", "s1"), ("a2", "s2"))
    since = floor.now_s - 9
    floor.resync(seen("c8", CallState.FALLBACK, leg("s1"), since=since), seen(NATIVE, CallState.FALLBACK, since=since))
    picks_up(floor, "s1")
    state = floor.engine.snapshot()
    assert (state.seats[SeatId("s1")].call, state.calls[CallId("c8")].held_seats) == (NATIVE, [])


# --- requests about calls that cannot be moved ------------------------------------------------------
def test_a_priority_beyond_the_scale_and_a_queue_that_is_not_there_are_refused() -> None:
    floor = opened()
    floor.queue("c1")
    assert "0 to 9" in only(RequestRefused, floor.set_priority("c1", 10)).reason
    assert "no queue" in only(RequestRefused, floor.move("c1", "nowhere")).reason
    assert "already" in only(RequestRefused, floor.move("c1", SALES)).reason


# --- what the voice logger tells ----------------------------------------------------------------------
ARCHIVED = Archived("0", 1, 10.0, -20.0, -20.0, *[0.0] * 6)


@pytest.mark.parametrize(
    ("why", "says"),
    [("no_file", "no file"), ("empty", "empty"), ("not_growing", "no longer grows"), ("something", "something")],
)
def test_a_voice_that_is_not_recorded_is_an_alarm(why: str, says: str) -> None:
    told = only(Alarmed, opened().give(VoiceStalled(CallId("c1"), "c1/1", why)))
    assert says in told.text and ("voice", "c1/1") in told.values


def test_a_lost_recording_is_an_alarm() -> None:
    told = only(Alarmed, opened().give(RecordingLost(CallId("c1"), "c1/1", "no_file")))
    assert "lost" in told.text and "no_file" in told.text


def test_a_recording_that_is_set_aside_names_its_call_and_what_to_do() -> None:
    told = only(Alarmed, opened().give(RecordingLost(CallId("c1"), "c1/1", "unreadable")))
    assert "call c1" in told.text and "c1-*.wav" in told.text and "touch it" in told.text
    finished = RecordingFinished(CallId("c1"), "c1/1", "r1", "p", 1.0, ARCHIVED, 9.0, "caller_unreadable")
    kept = only(Alarmed, opened().give(finished))
    assert "caller's side of call c1" in kept.text and "c1-*.wav" in kept.text


def test_a_recording_that_lacks_some_seconds_is_an_alarm_and_a_whole_one_is_none() -> None:
    finished = (CallId("c1"), "c1/1", "r1", "2026/11/26/r1", 1.0, ARCHIVED)
    told = only(Alarmed, opened().give(RecordingFinished(*finished, 2.5, "cut")))
    assert "2.5 s" in told.text and ("seconds", "2.5") in told.values
    assert none(Alarmed, opened().give(RecordingFinished(*finished)))
