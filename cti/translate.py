"""AMI events to inputs. Pure: one event and the leg table in, facts out.

Which events count: docs.asterisk.org, "AMI Events". Everything else is passed over. An event is a
fact about one channel only; the order across channels is not to be relied upon (main/manager.c).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from core.ids import CallId, CommandId, HotlineId, NodeId, OfferId, QueueId, TrunkId, own_offer
from core.inputs import (
    CallerHungUp,
    CallerJoined,
    CallsBlocked,
    CommandDone,
    FarAnswered,
    FarJoined,
    FarLegEnded,
    FarProgressed,
    FarRang,
    Input,
    NoticeUnderstood,
    PbxResynced,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SeatReachabilityChanged,
    SeenCall,
    SeenFarLeg,
    SeenOutbound,
    SeenSeatLeg,
    TrunkReachabilityChanged,
)
from core.numbers import Plan, normalised
from core.recordings import VoiceOpened
from core.states import CallState
from core.variables import FALLBACK, HOTLINE, LANGUAGE, OFFER, QUEUE, STAGE, TALK, TRUNK, VOICE, utc_seconds
from core.variables import read as waiting_of
from cti.calls import BOOTH_CONTEXT, Leg, Legs, is_summons
from cti.calls import TRUNK as TRUNK_NAME
from cti.wire import Message

_Known = TypeVar("_Known", bool, str)

_VOICE = re.compile(
    r"([0-9]{1,12}\.[0-9]{1,6}) /(?:[^\s/]+/)*?([0-9]{4}/[0-9]{2}/[0-9]{2}/[A-Za-z0-9._-]+\.wav)", re.ASCII
)
"""When, and the file below the recordings' directory, wherever the PBX has that."""

_UNSET = "(null)"
"""How Status writes a variable that a channel does not have."""

NORMAL = 16
"""Q.850. A BYE or CANCEL gives its HangupRequest no cause before Asterisk 22."""

DIALS_US, RINGING, UP = "4", "5", "6"
"""AST_STATE_RING, AST_STATE_RINGING and AST_STATE_UP (include/asterisk/channelstate.h)."""

_OF_LIVING_CHANNELS = frozenset({"Newstate", "BridgeEnter", "Hangup"})

REGISTERED = frozenset({"NonQualified", "Reachable", "Updated"})
"""What ContactStatus says of a phone's contact that is there (res_pjsip/pjsip_options.c)."""

ABSENT_STATES = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})
"""Device states in which a phone cannot be rung (include/asterisk/devicestate.h)."""


class Translator:
    """Turns one node's AMI events into inputs, keeping the leg table as it goes.

    `plan` is how callers' numbers are written here.
    """

    def __init__(self, node: NodeId, legs: Legs) -> None:
        self._node = node
        self._legs = legs
        self.plan = Plan()
        self._voices: dict[str, None] = {}

    def translate(self, message: Message) -> list[Input]:
        """Facts in this event, none for most. Raises nothing that a strange event could cause."""
        reader = _READERS.get(text(message, "Event"))
        return list(reader(self, message)) if reader else []

    def shows_a_gap(self, message: Message) -> bool:
        """Does this event, not translated yet, tell of a channel of ours that we never heard of? Newchannel comes first
        on each channel, so something was lost."""
        if text(message, "Event") not in _OF_LIVING_CHANNELS:
            return False
        uniqueid = text(message, "Uniqueid")
        known = uniqueid in self._legs.live or uniqueid in self._legs.dialling
        return not known and self._legs.is_ours(text(message, "Channel"))

    def _newchannel(self, message: Message) -> Iterable[Input]:
        uniqueid, channel, state = (text(message, name) for name in ("Uniqueid", "Channel", "ChannelState"))
        if state == DIALS_US and self._legs.dials(uniqueid, channel):
            return ()
        leg = self._legs.appeared(uniqueid, text(message, "Linkedid"), channel)
        return self._state(leg, state) if leg else ()

    def _newstate(self, message: Message) -> Iterable[Input]:
        leg = self._legs.live.get(text(message, "Uniqueid"))
        return self._state(leg, text(message, "ChannelState")) if leg else ()

    def _state(self, leg: Leg, state: str) -> Iterable[Input]:
        """A phone may answer without ever ringing, and say so once or twice."""
        if leg.seat is None and leg.far is None:
            return
        if state == RINGING and not leg.rang:
            leg.rang = True
            yield SeatRang(leg.call, leg.offer, leg.seat) if leg.seat else FarRang(leg.call, leg.offer)
        elif state == UP and not leg.answered:
            leg.answered = True
            yield SeatAnswered(leg.call, leg.offer, leg.seat) if leg.seat else FarAnswered(leg.call, leg.offer)

    def _dial_state(self, message: Message) -> Iterable[Input]:
        """Sound before the answer is told by Dial alone; ringing and answer are the channel's own states."""
        leg = self._legs.live.get(text(message, "DestUniqueid"))
        if leg is not None and leg.far is not None and text(message, "DialStatus") == "PROGRESS":
            yield FarProgressed(leg.call, leg.offer)

    def _bridge_enter(self, message: Message) -> Iterable[Input]:
        """Who is in a bridge has answered, whether or not that was told."""
        leg = self._legs.live.get(text(message, "Uniqueid"))
        if leg is not None:
            yield from self._state(leg, UP)
            leg.bridge = text(message, "BridgeUniqueid")
            for other in self._legs.joined(leg.call):
                yield CallerJoined(other.call, other.seat) if other.seat else FarJoined(other.call, other.offer)

    def _bridge_leave(self, message: Message) -> Iterable[Input]:
        leg = self._legs.live.get(text(message, "Uniqueid"))
        if leg is not None and leg.bridge == text(message, "BridgeUniqueid"):
            leg.bridge = ""
        return ()

    def _hangup_request(self, message: Message) -> Iterable[Input]:
        """The caller's BYE or CANCEL. Their Hangup comes after that of the agent's leg, which Dial ends first,
        so without this every talk would seem to be ended by the agent."""
        leg = self._legs.live.get(text(message, "Uniqueid"))
        if leg is not None and leg.seat is None and not leg.gone:
            leg.gone = True
            yield self._far_or_caller_gone(leg, number(message, "Cause") or NORMAL)

    def _far_or_caller_gone(self, leg: Leg, cause: int) -> Input:
        return CallerHungUp(leg.call, cause) if leg.far is None else FarLegEnded(leg.call, leg.offer, cause)

    def _hangup(self, message: Message) -> Iterable[Input]:
        """A seat's second phone is cancelled when the first answers, or rings on when the first is busy: the seat's
        part is over with the last of them."""
        leg = self._legs.vanished(text(message, "Uniqueid"))
        cause = number(message, "Cause")
        if leg is None or leg.gone:
            return
        if leg.seat is None:
            yield self._far_or_caller_gone(leg, cause)
        elif not self._legs.seat_legs(leg.call, leg.seat, leg.offer):
            yield SeatLegEnded(leg.call, leg.offer, leg.seat, cause)

    def _device(self, message: Message) -> Iterable[Input]:
        """A seat is reachable while any of its phones is; only a change is a fact."""
        technology, _, name = text(message, "Device").partition("/")
        present = text(message, "State") not in ABSENT_STATES
        if technology == "PJSIP" and name in self._legs.trunks:
            yield from self._trunk_device(name, present)
        elif technology == "PJSIP":
            yield from self._phone_changed(name, self._legs.reachable, present)

    def _contact(self, message: Message) -> Iterable[Input]:
        """A phone with a channel keeps its device state when it leaves: its registration alone tells [recorded].

        One that registers from a new place comes there before it leaves the old one. Unreachable means one unanswered
        qualify: too little to take a ring from an agent; the device state follows it when nothing rings there.
        """
        name, place, status = (text(message, header) for header in ("EndpointName", "URI", "ContactStatus"))
        if status in REGISTERED:
            yield from self._phone_changed(name, self._legs.contacts, place)
        elif status == "Removed" and self._legs.contacts.get(name, place) == place:
            yield from self._phone_changed(name, self._legs.contacts, "")

    def _phone_changed(self, name: str, known: dict[str, _Known], value: _Known) -> Iterable[Input]:
        """Note this of a seat's phone."""
        seat = self._legs.endpoints.get(name)
        if seat is None:
            return
        before = self._legs.seat_reachable(seat)
        known[name] = value
        if (after := self._legs.seat_reachable(seat)) != before:
            yield SeatReachabilityChanged(seat, after)

    def _trunk_device(self, name: str, reachable: bool) -> Iterable[Input]:
        before, self._legs.reachable[name] = self._legs.reachable.get(name, True), reachable
        if before != reachable:
            yield TrunkReachabilityChanged(TrunkId(name.removeprefix(TRUNK_NAME)), reachable)

    def _user_event(self, message: Message) -> Iterable[Input]:
        """`UserEvent(ThirdringBlocked,Trunk: a,Total: 3)` and the like of our own dialplan."""
        if text(message, "UserEvent") == "ThirdringBlocked":
            yield CallsBlocked(self._node, TrunkId(text(message, "Trunk")), number(message, "Total"))
        elif text(message, "UserEvent") == "ThirdringUnderstood":
            yield NoticeUnderstood(CallId(text(message, "Call")))
        elif text(message, "UserEvent") == "ThirdringDialled":
            yield CommandDone(CommandId(text(message, "Command")), text(message, "Result").partition("/")[2])
        elif text(message, "UserEvent") == "ThirdringVoice":
            yield from self._voice(text(message, "Uniqueid"), text(message, "Voice"))

    def _voice(self, uniqueid: str, voice: str) -> Iterable[Input]:
        """A channel's recording (core.variables.VOICE), told once. That of an agent begins with the answer."""
        leg, found = self._legs.live.get(uniqueid), _VOICE.fullmatch(voice)
        if leg is None or found is None:
            return
        leg.recorded = True
        if leg.seat is not None:
            yield from self._state(leg, UP)
        if uniqueid not in self._voices:
            self._voices[uniqueid] = None
            yield VoiceOpened(leg.call, uniqueid, leg.seat, leg.offer, found[2], float(found[1]))

    def voices(self, channels: Iterable[Message]) -> list[Input]:
        """Recordings that began while nobody listened, after `resynced`."""
        self._voices = {uniqueid: None for uniqueid in self._voices if uniqueid in self._legs.live}
        return [
            fact
            for channel in channels
            for fact in self._voice(text(channel, "Uniqueid"), variables(channel).get(VOICE, ""))
        ]

    def resynced(
        self,
        started: str,
        channels: Iterable[Message],
        devices: Iterable[Message],
        boot_id: str,
        dialling: frozenset[OfferId] = frozenset(),
    ) -> PbxResynced:
        """One PBX at one moment, from Status (with core.variables.ALL) and DeviceStateList.

        The leg table is filled from the same lists; an agent's leg inherited its offer from the caller.
        """
        self._legs.forget_all()
        for device in devices:
            list(self._device(device))
        shown = list(channels)
        for channel in shown:
            self._seen_leg(channel)
        self._legs.forget_orders()
        seats = frozenset(seat for seat in self._legs.endpoints.values() if self._legs.seat_reachable(seat))
        callers = [self._seen_call(channel, boot_id) for channel in shown]
        return PbxResynced(
            self._node,
            started,
            tuple(call for call in callers if call is not None),
            seats,
            tuple(self._seen_outbound(leg) for leg in self._legs.own_legs()),
            frozenset(TrunkId(name.removeprefix(TRUNK_NAME)) for name in self._legs.absent_trunks()),
            dialling,
        )

    def _seen_outbound(self, own: Leg) -> SeenOutbound:
        assert own.seat is not None
        return SeenOutbound(own.call, own.seat, own.answered, self._seen_far(own.call))

    def _seen_far(self, call: CallId) -> tuple[SeenFarLeg, ...]:
        legs = self._legs.of_call(call)
        return tuple(SeenFarLeg(leg.offer, leg.far, leg.answered) for leg in legs if leg.far is not None)

    def _seen_leg(self, channel: Message) -> None:
        uniqueid, name = text(channel, "Uniqueid"), text(channel, "Channel")
        if text(channel, "Context") == BOOTH_CONTEXT and self._legs.dials(uniqueid, name):
            return
        leg = self._legs.appeared(uniqueid, text(channel, "Linkedid"), name)
        if leg is None:
            return
        state = text(channel, "ChannelState")
        leg.rang, leg.answered = state in (RINGING, UP), state == UP
        leg.bridge = text(channel, "BridgeID")
        if (leg.far is not None and not is_summons(leg.call)) or (
            leg.seat is not None and leg.offer != own_offer(leg.call)
        ):
            leg.offer = OfferId(variables(channel).get(OFFER, ""))

    def _seen_call(self, channel: Message, boot_id: str) -> SeenCall | None:
        call = CallId(text(channel, "Uniqueid"))
        leg = self._legs.caller(call)
        values = variables(channel)
        if leg is None or leg.seat is not None or leg.far is not None or not values.get(HOTLINE):
            return None
        seats = tuple(
            SeenSeatLeg(other.seat, other.offer, other.answered)
            for other in self._legs.of_call(call)
            if other.seat is not None
        )
        far, waiting = self._seen_far(call), waiting_of(values, boot_id)
        far_here = any(other.far is not None for other in self._legs.with_caller(call))
        phone, _, answered = values.get(TALK, "").partition("/")
        return SeenCall(
            call=call,
            hotline=HotlineId(values[HOTLINE]),
            trunk=TrunkId(values.get(TRUNK, "")),
            caller=normalised(text(channel, "CallerIDNum"), self.plan),
            state=_seen_state(values.get(STAGE, ""), seats, far, bridged=bool(leg.bridge), far_here=far_here),
            queue=QueueId(values[QUEUE]) if values.get(QUEUE) else None,
            language=values.get(LANGUAGE, ""),
            priority=waiting.priority if waiting else 0,
            waiting_since_boot_s=waiting.since_boot_s if waiting else None,
            legs=seats,
            fallback_utc_s=utc_seconds(values.get(FALLBACK, "")),
            answered_utc_s=utc_seconds(answered),
            answered_by=self._legs.names.get(phone),
            far=far,
        )


_READERS: dict[str, Callable[[Translator, Message], Iterable[Input]]] = {
    "Newchannel": Translator._newchannel,
    "Newstate": Translator._newstate,
    "DialState": Translator._dial_state,
    "BridgeEnter": Translator._bridge_enter,
    "BridgeLeave": Translator._bridge_leave,
    "HangupRequest": Translator._hangup_request,
    "Hangup": Translator._hangup,
    "DeviceStateChange": Translator._device,
    "ContactStatus": Translator._contact,
    "UserEvent": Translator._user_event,
}
EVENTS = (*_READERS, "DTMFEnd")
"""What the PBX is asked to tell us (keys are the caller's line's); the rest, two thirds of all, it keeps to itself."""


_BY_STAGE: dict[str, CallState] = {
    CallState.WAITING: CallState.WAITING, CallState.TALKING: CallState.LEAVING, CallState.LEAVING: CallState.LEAVING,
}  # fmt: skip
"""What a caller's stage means when no agent's leg is there."""


def _seen_state(
    stage: str, seats: tuple[SeenSeatLeg, ...], far: tuple[SeenFarLeg, ...], *, bridged: bool, far_here: bool
) -> CallState:
    """What the variables remember, corrected by the legs that live. A talk after a hold keeps the stage held, and a far
    end that was consulted may still be there."""
    if stage == CallState.HELD and not bridged:
        return CallState.HELD
    if far_here or (stage != CallState.HELD and any(leg.answered for leg in far)):
        return CallState.OUTSIDE
    if any(seat.answered for seat in seats):
        return CallState.TALKING
    if stage == CallState.FALLBACK:
        return CallState.FALLBACK
    if seats:
        return CallState.RINGING
    return _BY_STAGE.get(stage, CallState.MENU)


def variables(message: Message) -> dict[str, str]:
    """The `Variable: NAME=value` headers of a Status event; one or many."""
    values = message.get("Variable", [])
    pairs = ((values,) if isinstance(values, str) else values) or ()
    read = {name: value for name, _, value in (pair.partition("=") for pair in pairs)}
    return {name: "" if value == _UNSET else value for name, value in read.items()}


def text(message: Message, header: str) -> str:
    """A header once; a repeated one gives its first value, a missing one ""."""
    value = message.get(header, "")
    return value if isinstance(value, str) else value[0]


def number(message: Message, header: str) -> int:
    """A header as a number, 0 when it is none."""
    value = text(message, header)
    return int(value) if value.isdecimal() else 0
