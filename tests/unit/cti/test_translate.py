"""AMI events in, facts out."""

from __future__ import annotations

import pytest

from core.ids import NO_OFFER, CallId, CommandId, NodeId, OfferId, SeatId, TrunkId
from core.inputs import (
    CallerHungUp,
    CallsBlocked,
    CommandDone,
    FarAnswered,
    FarJoined,
    FarLegEnded,
    FarProgressed,
    FarRang,
    Input,
    NoticeUnderstood,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SeatReachabilityChanged,
    SeenFarLeg,
    SeenOutbound,
    SeenSeatLeg,
    TrunkReachabilityChanged,
)
from core.recordings import VoiceOpened
from core.states import CallState
from cti.calls import Legs
from cti.translate import Translator
from cti.wire import Message

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


def test_a_hang_up_without_a_cause_is_a_normal_one() -> None:
    """Asterisk 20."""
    assert told(gone("HangupRequest", CALL) | {"Cause": "0"}) == [CallerHungUp(CALL, 16)]


def test_an_agent_who_ends_the_talk_leaves_the_caller_on_the_line() -> None:
    assert told(gone("HangupRequest", "n1-2.2"), gone("Hangup", "n1-2.2")) == [SeatLegEnded(CALL, OFFER, SEAT, 16)]


def test_a_call_that_the_dialplan_ends_is_told_once() -> None:
    assert told(gone("Hangup", CALL), gone("Hangup", CALL)) == [CallerHungUp(CALL, 16)]


def test_an_order_whose_leg_never_came_does_not_outlive_its_call() -> None:
    legs = Legs()
    translator = two_phones(legs)
    translator.translate(gone("Hangup", CALL))
    leg = legs.appeared("n1-4.4", CALL, "PJSIP/desk-00000004")
    assert leg is not None and leg.offer == NO_OFFER


def test_a_seat_rung_again_at_once_is_known_by_the_new_ring_though_the_old_one_is_told_to_end_only_then() -> None:
    """Dial's return may be known before the event of the leg that it hung up."""
    legs = Legs()
    translator = two_phones(legs)
    again = OfferId("n1-1.1/2")
    legs.ordered(CALL, SEAT, again)
    for uniqueid in ("n1-2.2", "n1-3.3"):
        translator.translate(gone("Hangup", uniqueid))
    leg = legs.appeared("n1-4.4", CALL, "PJSIP/desk-00000004")
    assert leg is not None and leg.offer == again


# --- whether a phone can be rung -----------------------------------------------------------------
def device(state: str, name: str = "desk") -> dict[str, str]:
    return {"Event": "DeviceStateChange", "Device": f"PJSIP/{name}", "State": state}


def contact(status: str, place: str = "old", name: str = "desk") -> dict[str, str]:
    return {"Event": "ContactStatus", "EndpointName": name, "URI": f"sip:{place}", "ContactStatus": status}


LOST, BACK = SeatReachabilityChanged(SEAT, False), SeatReachabilityChanged(SEAT, True)


def test_a_phone_that_unregisters_while_it_rings_is_lost_though_its_device_still_rings() -> None:
    rings = device("RINGING")
    assert told(device("NOT_INUSE"), rings, contact("Removed"), rings, device("UNAVAILABLE")) == [BACK, LOST]


def test_it_is_back_when_it_has_registered_and_answers() -> None:
    gone_for_good = (device("NOT_INUSE"), contact("Removed"), device("UNAVAILABLE"))
    assert told(*gone_for_good, contact("NonQualified", "new")) == [BACK, LOST]
    back = (contact("NonQualified", "new"), contact("Reachable", "new"), device("NOT_INUSE"))
    assert told(*gone_for_good, *back) == [BACK, LOST, BACK]


def test_a_phone_that_registers_from_a_new_place_is_never_lost() -> None:
    assert told(device("RINGING"), contact("NonQualified", "new"), contact("Removed", "old")) == [BACK]


def test_an_unanswered_qualify_takes_no_ring_away() -> None:
    assert told(device("RINGING"), contact("Unreachable"), contact("Reachable"), contact("Unreachable")) == [BACK]


def test_a_seat_is_lost_with_the_last_of_its_phones() -> None:
    translator = two_phones(Legs())
    both = (device("RINGING"), device("RINGING", "desk-web"))
    assert [fact for event in both for fact in translator.translate(event)] == [BACK]
    assert translator.translate(contact("Removed")) == []
    assert translator.translate(contact("Removed", name="desk-web")) == [LOST]


def test_a_resync_asks_the_devices_alone() -> None:
    translator = two_phones(Legs())
    translator.translate(device("NOT_INUSE"))
    assert translator.translate(contact("Removed")) == [LOST]
    assert translator.resynced("run1", [], [device("NOT_INUSE")], "boot").reachable_seats == {SEAT}


def test_contacts_of_carriers_and_strangers_are_no_seats() -> None:
    assert told(contact("Removed", name="trunk-a"), contact("Removed", name="nobody")) == []


# --- what is recorded ----------------------------------------------------------------------------
FILE = "2026/11/26/n1-1.1-agent-n1-2.2.wav"


def recorded(uniqueid: str, voice: str) -> dict[str, str]:
    return {"Event": "UserEvent", "UserEvent": "ThirdringVoice", "Uniqueid": uniqueid, "Voice": voice}


def test_a_channel_says_once_since_when_and_where_it_is_recorded() -> None:
    said = recorded("n1-2.2", f"1795687557.428610 /srv/calls/recordings/{FILE}")
    up = {"Event": "Newstate", "Uniqueid": "n1-2.2", "ChannelState": "6"}
    assert told(up, said, said)[1:] == [VoiceOpened(CALL, "n1-2.2", SEAT, OFFER, FILE, 1795687557.42861)]


def test_a_recording_proves_an_answer_that_was_never_told() -> None:
    """Else a phone that is talked into would be pulled back after its three rings."""
    said = recorded("n1-2.2", f"17.5 /r/{FILE}")
    opened = VoiceOpened(CALL, "n1-2.2", SEAT, OFFER, FILE, 17.5)
    assert told(said) == [SeatAnswered(CALL, OFFER, SEAT), opened]
    assert told(recorded(CALL, f"17.5 /r/{FILE}")) == [VoiceOpened(CALL, CALL, None, OfferId(""), FILE, 17.5)]


def test_a_recording_that_began_while_nobody_listened_is_told_after_the_resync_and_once() -> None:
    legs = Legs()
    translator = two_phones(legs)
    shown: Message = {"Uniqueid": "n1-2.2", "Variable": [f"THIRDRING_VOICE=17.5 /r/{FILE}", "THIRDRING_STAGE=talking"]}
    legs.live["n1-2.2"].answered = True  # as Status shows it
    assert translator.voices([shown]) == [VoiceOpened(CALL, "n1-2.2", SEAT, OFFER, FILE, 17.5)]
    assert translator.voices([shown]) == [] and legs.live["n1-2.2"].recorded


@pytest.mark.parametrize(
    "voice",
    [
        "",
        "17.5",
        "x /r/" + FILE,
        "17.5 /r/../../etc/passwd",
        "17.5 /r/2026/11/26/../x.wav",
        f"17.5 /r/{FILE} more",
        "1e9 /r/" + FILE,
    ],
)
def test_what_is_no_recording_of_ours_is_passed_over(voice: str) -> None:
    assert told(recorded("n1-2.2", voice)) == []


# --- somebody outside is consulted -----------------------------------------------------------------
ATTEMPT = OfferId("n1-1.1/2")


def consulting(*, caller: str = "", agent: str = "b1", far: str = "b1") -> tuple[Translator, list[Message]]:
    """The caller's, the agent's and the far end's channel, each in that bridge, as Status shows them."""
    translator = Translator(NodeId("n1"), legs := Legs())
    legs.configure({"desk": SEAT}, frozenset({"trunk-a"}))
    held = ["THIRDRING_STAGE=held", "THIRDRING_HOTLINE=main", "THIRDRING_QUEUE=presales"]
    rows: list[tuple[str, str, str, list[str]]] = [
        (CALL, "PJSIP/trunk-a-00000001", caller, held),
        ("n1-2.2", "PJSIP/desk-00000002", agent, [f"THIRDRING_OFFER={OFFER}"]),
        ("n1-3.3", "PJSIP/trunk-a-00000003", far, [f"THIRDRING_OFFER={ATTEMPT}"]),
    ]
    return translator, [
        {"Uniqueid": name, "Linkedid": CALL, "Channel": channel, "ChannelState": "6", "BridgeID": b, "Variable": own}
        for name, channel, b, own in rows
    ]


@pytest.mark.parametrize(
    ("bridges", "state"),
    [
        ({}, CallState.HELD),
        ({"caller": "b2", "agent": "b2", "far": ""}, CallState.TALKING),
        ({"caller": "b2", "agent": "", "far": "b2"}, CallState.OUTSIDE),
    ],
)
def test_the_bridges_tell_whom_a_caller_is_with_of_those_who_spoke_about_them(
    bridges: dict[str, str], state: CallState
) -> None:
    translator, channels = consulting(**bridges)
    (seen,) = translator.resynced("run1", channels, (), "boot").calls
    assert (seen.state, [leg.attempt for leg in seen.far]) == (state, [ATTEMPT])


def test_caller_and_far_end_in_one_bridge_is_told_once() -> None:
    translator, channels = consulting(agent="", far="")
    translator.resynced("run1", channels, (), "boot")
    translator._legs.joining[CALL] = [ATTEMPT]
    entered = [{"Event": "BridgeEnter", "Uniqueid": name, "BridgeUniqueid": "b3"} for name in ("n1-3.3", CALL, CALL)]
    assert [fact for event in entered for fact in translator.translate(event)] == [FarJoined(CALL, ATTEMPT)]


def test_what_a_dial_from_an_agents_leg_came_to_is_that_orders_outcome() -> None:
    said = {"Event": "UserEvent", "UserEvent": "ThirdringDialled", "Command": "7.0", "Result": "a/BUSY/17"}
    assert told(said) == [CommandDone(CommandId("7.0"), "BUSY/17")]


# --- a seat's phone that dials us ------------------------------------------------------------------
def test_a_phone_that_dials_us_is_nobodys_leg_from_its_first_event_to_its_last() -> None:
    legs = Legs()
    translator = two_phones(legs)
    dials = {"Event": "Newchannel", "Uniqueid": "n1-9.9", "Linkedid": "n1-9.9", "Channel": "PJSIP/desk-00000009"}
    up = {"Event": "Newstate", "Uniqueid": "n1-9.9", "ChannelState": "6"}
    assert translator.translate(dials | {"ChannelState": "4"}) == translator.translate(up) == []
    assert legs.dialling == {"n1-9.9": SEAT} and "n1-9.9" not in legs.live
    assert translator.translate(gone("Hangup", "n1-9.9")) == [] and legs.dialling == {}


def test_a_resync_tells_it_by_its_place_in_the_dialplan_and_keeps_the_legs_that_we_dialled() -> None:
    """Those are in their endpoint's own context, which is the one that such a phone dials into."""
    legs = Legs()
    translator = two_phones(legs)
    seen = (
        (CALL, CALL, "PJSIP/trunk-a-00000001", "hotline"),
        ("n1-2.2", CALL, "PJSIP/desk-00000002", "seat"),
        ("n1-9.9", "n1-9.9", "PJSIP/desk-00000009", "booth"),
    )
    names = "Uniqueid", "Linkedid", "Channel", "Context"
    channels: list[Message] = [dict(zip(names, each, strict=True)) | {"ChannelState": "6"} for each in seen]
    resynced = translator.resynced("", channels, [], "boot")
    assert legs.dialling == {"n1-9.9": SEAT} and "n1-2.2" in legs.live
    assert resynced.outbound == (), "an agent's own leg it is not, either"


# --- one channel's life ----------------------------------------------------------------------------
def state(uniqueid: str, number: str) -> dict[str, str]:
    return {"Event": "Newstate", "Uniqueid": uniqueid, "ChannelState": number}


def born(uniqueid: str, channel: str, number: str = "0", linkedid: str = CALL) -> dict[str, str]:
    return {
        "Event": "Newchannel",
        "Uniqueid": uniqueid,
        "Linkedid": linkedid,
        "Channel": channel,
        "ChannelState": number,
    }


def test_a_phone_rings_and_answers_once_however_often_it_says_so() -> None:
    said = [state("n1-2.2", number) for number in ("5", "5", "6", "6", "5", "3")]
    assert told(*said) == [SeatRang(CALL, OFFER, SEAT), SeatAnswered(CALL, OFFER, SEAT)]


def test_a_phone_may_be_born_ringing() -> None:
    assert told(born("n1-9.9", "PJSIP/desk-00000009", "5")) == [SeatRang(CALL, OFFER, SEAT)]


def test_a_callers_own_channel_neither_rings_nor_answers_anybody() -> None:
    assert told(state(CALL, "5"), state(CALL, "6")) == []


def test_channels_that_are_neither_ours_nor_a_carriers_are_passed_over() -> None:
    strangers = [born("n1-9.9", "Local/s@beside-00000001;1"), born("n1-9.8", "PJSIP/stranger-00000001")]
    assert told(*strangers, state("n1-9.8", "6"), gone("Hangup", "n1-9.8"), gone("HangupRequest", "n1-9.8")) == []


def test_a_far_end_makes_sound_rings_answers_and_is_gone_once() -> None:
    legs = Legs()
    translator = two_phones(legs)
    attempt = OfferId(f"{CALL}/2")
    legs.dialled(CALL, attempt)
    early = {"Event": "DialState", "DestUniqueid": "n1-7.7", "DialStatus": "PROGRESS"}
    life = [
        born("n1-7.7", "PJSIP/trunk-a-00000007"),
        early | {"DialStatus": "RINGING"},
        early,
        state("n1-7.7", "5"),
        state("n1-7.7", "6"),
        gone("HangupRequest", "n1-7.7"),
        gone("Hangup", "n1-7.7"),
    ]
    assert [fact for event in life for fact in translator.translate(event)] == [
        FarProgressed(CALL, attempt),
        FarRang(CALL, attempt),
        FarAnswered(CALL, attempt),
        FarLegEnded(CALL, attempt, 16),
    ]


def test_a_leg_that_left_its_bridge_is_with_nobody() -> None:
    legs = Legs()
    translator = two_phones(legs)
    legs.joining[CALL] = [SEAT]
    translator.translate(state("n1-2.2", "6"))
    enter = {"Event": "BridgeEnter", "BridgeUniqueid": "b1"}
    leave = {"Event": "BridgeLeave", "Uniqueid": "n1-2.2", "BridgeUniqueid": "b0"}
    assert translator.translate(enter | {"Uniqueid": "n1-2.2"}) == []
    assert translator.translate(leave) == [] and legs.live["n1-2.2"].bridge == "b1", "an older bridge's"
    assert translator.translate(leave | {"BridgeUniqueid": "b1"}) == [] and legs.live["n1-2.2"].bridge == ""
    assert translator.translate(enter | {"Uniqueid": CALL}) == []
    assert translator.translate(enter | {"Uniqueid": "nobody"}) == []


def test_a_carrier_that_answers_no_qualify_is_told_once() -> None:
    assert told(device("UNAVAILABLE", "trunk-a"), device("INVALID", "trunk-a"), device("INUSE", "trunk-a")) == [
        TrunkReachabilityChanged(TrunkId("a"), False),
        TrunkReachabilityChanged(TrunkId("a"), True),
    ]
    assert told({"Event": "DeviceStateChange", "Device": "Local/s@x", "State": "INUSE"}) == []


def test_what_our_dialplan_says_of_itself() -> None:
    blocked = {"Event": "UserEvent", "UserEvent": "ThirdringBlocked", "Trunk": "a", "Total": "3"}
    understood = {"Event": "UserEvent", "UserEvent": "ThirdringUnderstood", "Call": CALL}
    others = {"Event": "UserEvent", "UserEvent": "Somebodys"}
    assert told(blocked, understood, others) == [
        CallsBlocked(NodeId("n1"), TrunkId("a"), 3),
        NoticeUnderstood(CALL),
    ]
    assert told(blocked | {"Total": "many"}) == [CallsBlocked(NodeId("n1"), TrunkId("a"), 0)]


# --- a call as the PBX shows it ----------------------------------------------------------------------
def caller_shown(*named: str, bridge: str = "") -> Message:
    here = {"Uniqueid": CALL, "Linkedid": CALL, "Channel": "PJSIP/trunk-a-00000001", "ChannelState": "6"}
    return {**here, "BridgeID": bridge, "Variable": ["THIRDRING_HOTLINE=h1", *named]}


def agent_shown(number: str, bridge: str = "") -> Message:
    here = {"Uniqueid": "n1-2.2", "Linkedid": CALL, "Channel": "PJSIP/desk-00000002", "BridgeID": bridge}
    return {**here, "ChannelState": number, "Variable": f"THIRDRING_OFFER={OFFER}"}


def far_shown(bridge: str = "") -> Message:
    here = {"Uniqueid": "n1-3.3", "Linkedid": CALL, "Channel": "PJSIP/trunk-a-00000003", "BridgeID": bridge}
    return {**here, "ChannelState": "6", "Variable": f"THIRDRING_OFFER={CALL}/2"}


@pytest.mark.parametrize(
    ("stage", "others", "bridge", "expected"),
    [
        ("", (), "", CallState.MENU),
        ("waiting", (), "", CallState.WAITING),
        ("talking", (), "", CallState.LEAVING),
        ("leaving", (), "", CallState.LEAVING),
        ("fallback", (agent_shown("5"),), "", CallState.FALLBACK),
        ("waiting", (agent_shown("5"),), "", CallState.RINGING),
        ("talking", (agent_shown("6", "b1"),), "b1", CallState.TALKING),
        ("held", (agent_shown("6"),), "", CallState.HELD),
        ("held", (agent_shown("6", "b1"),), "b1", CallState.TALKING),
        ("waiting", (far_shown("b1"),), "b1", CallState.OUTSIDE),
        ("held", (far_shown("b2"), agent_shown("6", "b1")), "b1", CallState.TALKING),
    ],
)
def test_what_the_stage_remembers_is_corrected_by_the_legs_that_live(
    stage: str, others: tuple[Message, ...], bridge: str, expected: CallState
) -> None:
    translator = two_phones(Legs())
    shown = [caller_shown(f"THIRDRING_STAGE={stage}", "THIRDRING_QUEUE=(null)", bridge=bridge), *others]
    (call,) = translator.resynced("run1", shown, [device("INUSE")], "boot").calls
    assert (call.state, call.hotline, call.queue) == (expected, "h1", None)


def test_a_talk_outlives_its_seat_and_its_trunk_in_the_house() -> None:
    """Both are taken out of it, and the PBX, which has loaded that, is asked for everything."""
    legs = Legs()
    translator = two_phones(legs)
    legs.configure({}, frozenset({"trunk-b"}))
    shown = [caller_shown("THIRDRING_STAGE=talking", "THIRDRING_TALK=desk/1.0", bridge="b1"), agent_shown("6", "b1")]
    found = translator.resynced("run1", shown, [device("INUSE")], "boot")
    assert [(call.state, call.legs, call.answered_by) for call in found.calls] == [
        (CallState.TALKING, (SeenSeatLeg(SEAT, OFFER, True),), SEAT)
    ]
    assert found.reachable_seats == frozenset(), "nobody is rung there"
    assert translator.translate(gone("Hangup", "n1-2.2")) == [SeatLegEnded(CALL, OFFER, SEAT, 16)]


def test_a_channel_without_a_hotline_is_no_caller() -> None:
    translator = two_phones(Legs())
    shown: Message = {**caller_shown(), "Variable": []}
    assert translator.resynced("run1", [shown], [], "boot").calls == ()
    assert translator.resynced("run1", [{**shown, "Channel": "Local/x@y-0001;1"}], [], "boot").calls == ()


def test_a_call_that_we_make_is_shown_by_the_agents_own_leg() -> None:
    translator = Translator(NodeId("n1"), legs := Legs())
    legs.configure({"desk": SEAT}, frozenset({"trunk-a", "trunk-b"}))
    ours = CallId("n1-out-4.0")
    own: Message = {"Uniqueid": ours, "Linkedid": ours, "Channel": "PJSIP/desk-00000001", "ChannelState": "6"}
    far: Message = {"Uniqueid": "n1-5.5", "Linkedid": ours, "Channel": "PJSIP/trunk-a-00000002", "ChannelState": "5"}
    dialled: Message = {**far, "Variable": f"THIRDRING_OFFER={ours}/1"}
    found = translator.resynced("run1", [own, dialled], [device("UNAVAILABLE", "trunk-b")], "boot")
    assert found.outbound == (SeenOutbound(ours, SEAT, True, (SeenFarLeg(OfferId(f"{ours}/1"), TrunkId("a"), False),)),)
    assert found.unreachable_trunks == {"b"} and found.calls == ()
    assert legs.far_legs(ours, OfferId(f"{ours}/1")) and legs.answered_far(ours, OfferId(f"{ours}/1")) is None


def test_a_leg_that_was_given_to_another_call_is_its_own_from_then_on() -> None:
    legs = Legs()
    two_phones(legs)
    taken, offer = CallId("n1-8.8"), OfferId("n1-8.8/3")
    assert legs.give("n1-2.2", taken, offer) is not None and legs.give("nobody", taken, offer) is None
    assert [leg.channel for leg in legs.of_call(taken)] == ["PJSIP/desk-00000002"]
    assert [leg.channel for leg in legs.of_call(CALL)] == ["PJSIP/trunk-a-00000001", "PJSIP/desk-web-00000003"]
    legs.live.clear()  # as a resync does
    again = legs.appeared("n1-2.2", CALL, "PJSIP/desk-00000002")
    assert again is not None and (again.call, again.offer) == (taken, offer)
    assert legs.appeared("n1-2.2", CALL, "PJSIP/desk-00000002") is again


def test_a_leaders_mobile_is_nobodys_caller() -> None:
    legs = Legs()
    two_phones(legs)
    leg = legs.appeared("n1-sum-3.0", "n1-sum-3.0", "PJSIP/trunk-a-00000004")
    assert leg is not None and (leg.far, leg.offer, leg.is_caller) == ("a", "n1-sum-3.0/1", False)


def test_the_agent_who_speaks_is_the_one_in_the_callers_bridge() -> None:
    legs = Legs()
    translator = two_phones(legs)
    assert legs.agent_voice(CALL) is None
    for uniqueid in ("n1-2.2", "n1-3.3"):
        translator.translate(state(uniqueid, "6"))
    assert legs.agent_voice(CALL) == "n1-2.2"
    for uniqueid in (CALL, "n1-3.3"):
        translator.translate({"Event": "BridgeEnter", "Uniqueid": uniqueid, "BridgeUniqueid": "b1"})
    assert legs.agent_voice(CALL) == "n1-3.3"
    speaks = legs.answered_leg(CALL, SEAT)
    assert speaks is not None and speaks.channel == "PJSIP/desk-00000002"
    assert legs.voices(CALL).keys() == {CALL, "n1-2.2", "n1-3.3"}


def test_who_dials_us_over_a_trunk_is_a_caller() -> None:
    legs = Legs()
    translator = two_phones(legs)
    assert translator.translate(born("n1-6.6", "PJSIP/trunk-a-00000006", "4", "n1-6.6")) == []
    assert legs.live["n1-6.6"].is_caller and not legs.dialling


# --- events that never came ------------------------------------------------------------------------------
def test_who_is_in_a_bridge_has_answered_though_nobody_said_so() -> None:
    entered = {"Event": "BridgeEnter", "Uniqueid": "n1-2.2", "BridgeUniqueid": "b1"}
    assert told(entered, state("n1-2.2", "6"), entered) == [SeatAnswered(CALL, OFFER, SEAT)]


def test_an_event_of_a_channel_we_never_heard_of_shows_that_another_was_lost() -> None:
    translator = two_phones(Legs())
    unheard = {"Event": "Newstate", "Uniqueid": "n1-9.9", "Channel": "PJSIP/desk-00000009", "ChannelState": "5"}
    assert translator.shows_a_gap(unheard)
    assert translator.shows_a_gap(unheard | {"Event": "Hangup", "Channel": "PJSIP/trunk-a-00000009"})
    assert not translator.shows_a_gap(unheard | {"Event": "Newchannel"}), "that is how one hears of it"
    assert not translator.shows_a_gap(unheard | {"Uniqueid": "n1-2.2"})
    assert not translator.shows_a_gap(unheard | {"Channel": "PJSIP/stranger-00000009"})
    translator.translate(born("n1-8.8", "PJSIP/desk-00000008", "4", "n1-8.8"))
    assert not translator.shows_a_gap(unheard | {"Uniqueid": "n1-8.8"}), "a phone that dials us"
