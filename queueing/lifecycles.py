"""The life cycles as tables: {state: {event: next state}}.

A pair that is not in its table raises IllegalTransition and changes nothing. The diagrams in the
docs are drawn from these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from core.errors import IllegalTransition
from core.states import (
    AgentState,
    AgentStatus,
    AlarmState,
    CallbackState,
    CallState,
    CaseState,
    OutboundState,
    SeatState,
)

State = TypeVar("State", bound=StrEnum)

CALL: Mapping[CallState, Mapping[str, CallState]] = {
    CallState.MENU: {
        "queued": CallState.WAITING,
        "fell_back": CallState.FALLBACK,
        "left": CallState.LEAVING,
        "ended": CallState.ENDED,
    },
    CallState.WAITING: {
        "reserved": CallState.RESERVED,
        "answered": CallState.TALKING,  # found answered at a resync
        "fell_back": CallState.FALLBACK,
        "left": CallState.LEAVING,  # turned into a callback, or its queue was closed
        "given_out": CallState.OUTSIDE,
        "ended": CallState.ENDED,
    },
    CallState.RESERVED: {
        "rang": CallState.RINGING,
        "answered": CallState.TALKING,  # the 180 may come later, or never
        "ring_over": CallState.WAITING,
        "ended": CallState.ENDED,
    },
    CallState.RINGING: {
        "answered": CallState.TALKING,
        "ring_over": CallState.WAITING,
        "ended": CallState.ENDED,
    },
    CallState.TALKING: {
        "held": CallState.HELD,
        "queued": CallState.WAITING,  # transferred
        "given_out": CallState.OUTSIDE,  # of three in one talk the agent has left it to somebody outside
        "left": CallState.LEAVING,
        "ended": CallState.ENDED,
    },
    CallState.HELD: {
        "resumed": CallState.TALKING,
        "queued": CallState.WAITING,  # transferred, or whoever kept it has gone
        "given_out": CallState.OUTSIDE,  # to whom the agent has consulted there
        "left": CallState.LEAVING,
        "ended": CallState.ENDED,
    },
    CallState.OUTSIDE: {
        "queued": CallState.WAITING,  # nobody was reached
        "left": CallState.LEAVING,
        "ended": CallState.ENDED,
    },
    CallState.LEAVING: {
        "queued": CallState.WAITING,  # a flow that it was handed to led to a person
        "ended": CallState.ENDED,
    },
    CallState.FALLBACK: {
        "queued": CallState.WAITING,  # taken back
        "answered": CallState.TALKING,
        "ended": CallState.ENDED,
    },
    CallState.ENDED: {},
}

AGENT_STATUS: Mapping[AgentStatus, Mapping[str, AgentStatus]] = {
    AgentStatus.SIGNED_OUT: {
        "sign_in": AgentStatus.READY,
    },
    AgentStatus.READY: {
        "sign_out": AgentStatus.SIGNED_OUT,
        "take_break": AgentStatus.ON_BREAK,
        "miss_too_often": AgentStatus.AWAY,
    },
    AgentStatus.ON_BREAK: {
        "sign_out": AgentStatus.SIGNED_OUT,
        "take_break": AgentStatus.ON_BREAK,  # for another reason
        "become_ready": AgentStatus.READY,
    },
    AgentStatus.AWAY: {
        "sign_out": AgentStatus.SIGNED_OUT,
        "take_break": AgentStatus.ON_BREAK,
        "become_ready": AgentStatus.READY,
    },
}

AGENT_STATE: Mapping[AgentState, Mapping[str, AgentState]] = {
    AgentState.IDLE: {
        "reserve": AgentState.RESERVED,
        "answer": AgentState.TALKING,  # a talk the native fallback began
    },
    AgentState.RESERVED: {
        "rang": AgentState.RINGING,
        "dial": AgentState.DIALLING,
        "answer": AgentState.TALKING,
        "consult": AgentState.CONSULTING,
        "release": AgentState.IDLE,
    },
    AgentState.RINGING: {
        "answer": AgentState.TALKING,
        "consult": AgentState.CONSULTING,  # a colleague asked for advice
        "dial": AgentState.DIALLING,
        "release": AgentState.IDLE,
    },
    AgentState.DIALLING: {
        "answer": AgentState.TALKING,
        "release": AgentState.IDLE,
    },
    AgentState.TALKING: {
        "hold": AgentState.HOLDING,
        "consult": AgentState.CONSULTING,
        "wrap_up": AgentState.WRAP_UP,
        "release": AgentState.IDLE,
    },
    AgentState.HOLDING: {
        "resume": AgentState.TALKING,
        "consult": AgentState.CONSULTING,
        "wrap_up": AgentState.WRAP_UP,
        "release": AgentState.IDLE,
    },
    AgentState.CONSULTING: {
        "hold": AgentState.HOLDING,  # the colleague is gone
        "resume": AgentState.TALKING,  # back to the caller, or the colleague takes the caller
        "wrap_up": AgentState.WRAP_UP,
        "release": AgentState.IDLE,
    },
    AgentState.WRAP_UP: {
        "reserve": AgentState.RESERVED,  # for a call of the agent's own
        "answer": AgentState.TALKING,  # a talk the native fallback began
        "release": AgentState.IDLE,
    },
}

SEAT: Mapping[SeatState, Mapping[str, SeatState]] = {
    SeatState.UNREACHABLE: {"reached": SeatState.REACHABLE},
    SeatState.REACHABLE: {"lost": SeatState.UNREACHABLE},
}


OUTBOUND: Mapping[OutboundState, Mapping[str, OutboundState]] = {
    OutboundState.CALLING_AGENT: {
        "agent_answered": OutboundState.CONNECTING,
        "ended": OutboundState.ENDED,
    },
    OutboundState.CONNECTING: {
        "dialled": OutboundState.CALLING,
        "answered": OutboundState.TALKING,  # found at a resync
        "left": OutboundState.LEAVING,
        "ended": OutboundState.ENDED,
    },
    OutboundState.CALLING: {
        "failed": OutboundState.CONNECTING,
        "answered": OutboundState.TALKING,
        "left": OutboundState.LEAVING,
        "ended": OutboundState.ENDED,
    },
    OutboundState.TALKING: {
        "left": OutboundState.LEAVING,
        "ended": OutboundState.ENDED,
    },
    OutboundState.LEAVING: {
        "ended": OutboundState.ENDED,
    },
    OutboundState.ENDED: {},
}


CALLBACK: Mapping[CallbackState, Mapping[str, CallbackState]] = {
    CallbackState.WAITING: {
        "turn": CallbackState.CALLING,
        "postponed": CallbackState.RETRY,
        "helped": CallbackState.DONE,
        "cancelled": CallbackState.CANCELLED,
    },
    CallbackState.CALLING: {
        "reached": CallbackState.DONE,
        "agent_missed": CallbackState.WAITING,
        "postponed": CallbackState.RETRY,
        "given_up": CallbackState.GIVEN_UP,
    },
    CallbackState.RETRY: {
        "due": CallbackState.WAITING,
        "helped": CallbackState.DONE,
        "cancelled": CallbackState.CANCELLED,
    },
    CallbackState.DONE: {},
    CallbackState.GIVEN_UP: {},
    CallbackState.CANCELLED: {},
}


CASE: Mapping[CaseState, Mapping[str, CaseState]] = {
    CaseState.NEW: {
        "in_work": CaseState.IN_WORK,
        "waiting": CaseState.WAITING,
        "closed": CaseState.CLOSED,
    },
    CaseState.IN_WORK: {"waiting": CaseState.WAITING, "closed": CaseState.CLOSED},
    CaseState.WAITING: {"in_work": CaseState.IN_WORK, "closed": CaseState.CLOSED},
    CaseState.CLOSED: {},
}
"""Events are the states that somebody asks for."""

ALARM: Mapping[AlarmState, Mapping[str, AlarmState]] = {
    AlarmState.CLEARED: {"noticed": AlarmState.RAISED},
    AlarmState.RAISED: {"acknowledged": AlarmState.ACKNOWLEDGED, "passed": AlarmState.CLEARED},
    AlarmState.ACKNOWLEDGED: {"passed": AlarmState.CLEARED},
}


def advance(table: Mapping[State, Mapping[str, State]], state: State, event: str) -> State:
    """The state after `event`.

    Raises:
        IllegalTransition: the table has no such event in this state.
    """
    try:
        return table[state][event]
    except KeyError:
        raise IllegalTransition(f"{type(state).__name__} {state} does not know {event!r}") from None
