"""The four life cycles' states. Their tables live in queueing/lifecycles.py."""

from __future__ import annotations

from enum import StrEnum


class AgentStatus(StrEnum):
    """What the agent wants: set by people."""

    SIGNED_OUT = "signed_out"
    READY = "ready"
    ON_BREAK = "on_break"
    AWAY = "away"  # set by the engine after missed rings; the agent alone comes back


class AgentState(StrEnum):
    """What the agent is doing: set by calls."""

    IDLE = "idle"
    RESERVED = "reserved"
    RINGING = "ringing"
    TALKING = "talking"
    HOLDING = "holding"  # the caller hears music, the agent's own line is kept
    CONSULTING = "consulting"  # rings, or speaks with, a colleague about a held caller; the colleague too
    WRAP_UP = "wrap_up"


class CallState(StrEnum):
    """Where a call is."""

    MENU = "menu"
    WAITING = "waiting"
    RESERVED = "reserved"  # a seat is chosen; its phone has not rung yet
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"  # in a talk, hearing music while the agent is on hold or consults
    LEAVING = "leaving"  # the talk is over, the caller is not gone yet
    FALLBACK = "fallback"  # the dialplan's native queue has it
    ENDED = "ended"


class SeatState(StrEnum):
    """What the seat's phone can do."""

    UNREACHABLE = "unreachable"
    REACHABLE = "reachable"


class BreakReason(StrEnum):
    """Why an agent is on a break."""

    MEAL = "meal"
    TRAINING = "training"
    MEETING = "meeting"
    REST = "rest"


class RingOutcome(StrEnum):
    """How one ring at one seat ended (kpi.md, three-ring rate)."""

    ANSWERED = "answered"
    MISSED = "missed"  # rang its full budget
    CALLER_GONE = "caller_gone"
    WITHDRAWN = "withdrawn"  # the engine took it back for its own reasons
    REJECTED = "rejected"  # the agent pressed reject, or the phone said busy
    FAILED = "failed"  # the phone could not be rung
