"""Moving a live call, as AMI actions: what the dialplan has to know first, then one Redirect.

Both sides of a bridge are redirected in one action, or the one that stays would be hung up with the other.
The stage is written before, so that whatever the dialplan finds is true if we die in between.
"""

from __future__ import annotations

from typing import TypeGuard

from core import variables
from core.commands import (
    ConsultFar,
    ConsultSeat,
    ExcuseFar,
    FetchCaller,
    HoldCall,
    JoinThree,
    RememberPlace,
    RemindSeat,
    TakeTalk,
)
from core.errors import PbxUnavailable
from core.ids import CallId, SeatId
from core.states import CallState
from core.variables import Waiting
from cti.calls import Leg, Legs

Action = dict[str, str]


def parts(command: object) -> TypeGuard[HoldCall | FetchCaller | ConsultSeat | ConsultFar | TakeTalk]:
    """Does it take a caller out of a talk, and write the stage before?"""
    return isinstance(command, HoldCall | FetchCaller) or (
        isinstance(command, ConsultSeat | ConsultFar | TakeTalk) and command.parts
    )


def actions(
    command: HoldCall | RemindSeat | ConsultSeat | FetchCaller | RememberPlace | JoinThree | ExcuseFar,
    legs: Legs,
    boot_id: str,
) -> list[Action]:
    """What to send, in order. Raises PbxUnavailable when a leg that it needs is gone."""
    match command:
        case HoldCall():
            caller, agent = _caller(legs, command.call), _agent(legs, command.call, command.seat)
            return [*_held(caller, agent), _part(caller, agent, "kept", "s")]
        case RemindSeat():
            return [send(_agent(legs, command.call, command.seat), "kept", "remind")]
        case ConsultSeat():
            return _consult(command, legs)
        case JoinThree():
            agent, third = _agent(legs, command.call, command.seat), _third(command, legs)
            return [_together(agent, third, "conference", "agent")]
        case FetchCaller():
            caller = _caller(legs, command.call)
            return [*_place(caller, command, boot_id), send(caller, "hotline", "engine")]
        case ExcuseFar():
            return [send(_far(legs, command), "excused", "again" if command.again else "s")]
        case RememberPlace():
            return _place(_caller(legs, command.call), command, boot_id)


def taken(command: TakeTalk, legs: Legs) -> list[Action]:
    """Whose the caller is from now on; then the talk is parted, if it is one. Raises PbxUnavailable."""
    caller, agent = _caller(legs, command.call), _agent(legs, command.call, command.seat)
    kept = _held(caller, _agent(legs, command.call, command.taker))
    return [*kept, _part(caller, agent, "kept", "s")] if command.parts else kept


def consult_far(command: ConsultFar, legs: Legs, number: str) -> list[Action]:
    """What sends the agent's leg to dial; `number` as the carrier wants it. Raises PbxUnavailable."""
    agent = _agent(legs, command.call, command.seat)
    legs.dialled(command.call, command.attempt)
    asked = {
        variables.ASKED: command.trunk,
        variables.NUMBER: number,
        variables.RING_S: f"{command.ring_s:.0f}",
        variables.COMMAND: command.id,
        f"__{variables.LANGUAGE}": command.language,
        f"__{variables.CONSULT}": command.attempt,
    }
    told = [setvar(agent.channel, name, value) for name, value in asked.items()]
    return [*told, *_to_consult(_caller(legs, command.call), agent, "outside", parted=command.parts)]


def send(leg: Leg, context: str, exten: str) -> Action:
    return {"Action": "Redirect", "Channel": leg.channel, "Context": context, "Exten": exten, "Priority": "1"}


def setvar(channel: str, name: str, value: str) -> Action:
    return {"Action": "Setvar", "Channel": channel, "Variable": name, "Value": value}


def cut_prompt(channel: str) -> Action:
    """STREAM FILE ends at this key, which the caller never pressed and does not hear."""
    return {"Action": "PlayDTMF", "Channel": channel, "Digit": "#", "Receive": "true"}


def dial_string(legs: Legs, seat: SeatId) -> str:
    """All phones of a seat that can ring now, for Dial; "" when there is none."""
    return "&".join(f"PJSIP/{name}" for name in legs.phones(seat))


def _consult(command: ConsultSeat, legs: Legs) -> list[Action]:
    caller, agent = _caller(legs, command.call), _agent(legs, command.call, command.seat)
    phones = dial_string(legs, command.colleague)
    if not phones:
        raise PbxUnavailable("the colleague's phone cannot be rung")
    legs.ordered(command.call, command.colleague, command.offer)
    asked = {
        variables.PHONES: phones,
        variables.RING_S: f"{command.dial_s:.0f}",
        f"__{variables.CONSULT}": command.offer,
    }
    if not command.record:
        asked[f"__{variables.UNRECORDED}"] = command.offer
    told = [setvar(agent.channel, name, value) for name, value in asked.items()]
    return [*told, *_to_consult(caller, agent, "s", parted=command.parts)]


def _to_consult(caller: Leg, agent: Leg, exten: str, *, parted: bool) -> list[Action]:
    if not parted:
        return [send(agent, "consult", exten)]
    return [*_held(caller, agent), _part(caller, agent, "consult", exten)]


def _held(caller: Leg, agent: Leg) -> list[Action]:
    return [
        setvar(caller.channel, variables.KEPT_BY, agent.channel),
        setvar(caller.channel, variables.STAGE, CallState.HELD),
    ]


def _place(caller: Leg, command: FetchCaller | RememberPlace, boot_id: str) -> list[Action]:
    place = Waiting(command.queue, command.since_boot_s, command.priority, command.language)
    return [setvar(caller.channel, name, value) for name, value in variables.written(place, boot_id).items()]


def _part(caller: Leg, agent: Leg, context: str, exten: str) -> Action:
    """The caller to us, the agent there, in one action."""
    return {**send(caller, "hotline", "engine"), **_extra(agent, context, exten)}


def _together(one: Leg, other: Leg, context: str, exten: str) -> Action:
    """Both there, in one action."""
    return {**send(one, context, exten), **_extra(other, context, exten)}


def _extra(leg: Leg, context: str, exten: str) -> Action:
    return {"ExtraChannel": leg.channel, "ExtraContext": context, "ExtraExten": exten, "ExtraPriority": "1"}


def _caller(legs: Legs, call: CallId) -> Leg:
    if (leg := legs.caller(call)) is None:
        raise PbxUnavailable("the caller is gone")
    return leg


def _third(command: JoinThree, legs: Legs) -> Leg:
    if command.colleague is not None:
        return _agent(legs, command.call, command.colleague)
    return _far(legs, command)


def _far(legs: Legs, command: JoinThree | ExcuseFar) -> Leg:
    if command.attempt is None or (leg := legs.answered_far(command.call, command.attempt)) is None:
        raise PbxUnavailable("the far end is not in this call any more")
    return leg


def _agent(legs: Legs, call: CallId, seat: SeatId) -> Leg:
    if (leg := legs.answered_leg(call, seat)) is None:
        raise PbxUnavailable(f"the phone of {seat} is not in this call any more")
    return leg
