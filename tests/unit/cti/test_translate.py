"""AMI events in, facts out."""

from __future__ import annotations

from core.ids import CallId, NodeId, OfferId, SeatId
from core.inputs import CallerHungUp, Input, SeatAnswered, SeatLegEnded
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


def two_phones(legs: Legs) -> Translator:
    """The same ring on a seat whose desk phone and browser are both there."""
    legs.configure({"desk": SEAT, "desk-web": SEAT}, frozenset({"trunk-a"}))
    translator = Translator(NodeId("n1"), legs)
    legs.ordered(CALL, SEAT, OFFER)
    for uniqueid, channel in (
        (CALL, "PJSIP/trunk-a-00000001"),
        ("n1-2.2", "PJSIP/desk-00000002"),
        ("n1-3.3", "PJSIP/desk-web-00000003"),
    ):
        translator.translate({"Event": "Newchannel", "Uniqueid": uniqueid, "Linkedid": CALL, "Channel": channel})
    return translator


def test_the_phone_that_was_not_picked_up_does_not_end_the_talk() -> None:
    translator = two_phones(Legs())
    up = {"Event": "Newstate", "Uniqueid": "n1-2.2", "ChannelState": "6"}
    assert translator.translate(up) == [SeatAnswered(CALL, OFFER, SEAT)]
    assert translator.translate(gone("Hangup", "n1-3.3")) == []
    assert translator.translate(gone("Hangup", "n1-2.2")) == [SeatLegEnded(CALL, OFFER, SEAT, 16)]


def test_both_phones_of_a_seat_belong_to_its_ring() -> None:
    legs = Legs()
    two_phones(legs)
    assert [leg.channel for leg in legs.seat_legs(CALL, SEAT, OFFER)] == [
        "PJSIP/desk-00000002",
        "PJSIP/desk-web-00000003",
    ]


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
