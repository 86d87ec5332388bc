"""AMI events in, facts out."""

from __future__ import annotations

from core.ids import CallId, NodeId, OfferId, SeatId
from core.inputs import CallerHungUp, Input, SeatLegEnded
from cti.calls import Legs
from cti.translate import Translator

CALL, SEAT, OFFER = CallId("n1-1.1"), SeatId("seat-01"), OfferId("n1-1.1/1")


def told(*events: dict[str, str]) -> list[Input]:
    """A caller and the agent's leg that our ring made, then these events."""
    legs = Legs()
    legs.configure({"desk": SEAT}, frozenset({"trunk-a"}))
    translator = Translator(NodeId("n1"), legs)
    legs.ordered(CALL, SEAT, OFFER)
    for uniqueid, channel in ((CALL, "PJSIP/trunk-a-00000001"), ("n1-2.2", "PJSIP/desk-00000002")):
        appeared = {"Event": "Newchannel", "Uniqueid": uniqueid, "Linkedid": CALL, "Channel": channel}
        assert translator.translate(appeared) == []
    return [fact for event in events for fact in translator.translate(event)]


def gone(event: str, uniqueid: str) -> dict[str, str]:
    return {"Event": event, "Uniqueid": uniqueid, "Cause": "16"}


def test_a_caller_who_ends_the_talk_is_told_before_the_agents_leg_ends() -> None:
    assert told(gone("HangupRequest", CALL), gone("Hangup", "n1-2.2"), gone("Hangup", CALL)) == [
        CallerHungUp(CALL, 16),
        SeatLegEnded(CALL, OFFER, SEAT, 16),
    ]


def test_an_agent_who_ends_the_talk_leaves_the_caller_on_the_line() -> None:
    assert told(gone("HangupRequest", "n1-2.2"), gone("Hangup", "n1-2.2")) == [SeatLegEnded(CALL, OFFER, SEAT, 16)]


def test_a_call_that_the_dialplan_ends_is_told_once() -> None:
    assert told(gone("Hangup", CALL), gone("Hangup", CALL)) == [CallerHungUp(CALL, 16)]
