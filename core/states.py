"""The four life cycles' states, whose tables live in queueing/lifecycles.py, and words for what else is told."""

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
    DIALLING = "dialling"  # the agent's phone is up, the far end is being called
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
    OUTSIDE = "outside"  # given to a number outside: being connected, or speaking there
    ENDED = "ended"


class SeatState(StrEnum):
    """What the seat's phone can do."""

    UNREACHABLE = "unreachable"
    REACHABLE = "reachable"


class OutboundState(StrEnum):
    """Where a call is that we make."""

    CALLING_AGENT = "calling_agent"
    CONNECTING = "connecting"  # the agent's leg is up; no trunk is being tried at this moment
    CALLING = "calling"  # a trunk is asked for the far end
    TALKING = "talking"
    LEAVING = "leaving"  # it is over, the agent's leg is not down yet
    ENDED = "ended"


class OutboundOutcome(StrEnum):
    """What came of a call that we made."""

    REACHED = "reached"
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    NO_TRUNK = "no_trunk"  # every trunk failed
    NO_LINE = "no_line"  # every line was taken
    AGENT_MISSED = "agent_missed"
    AGENT_LEFT = "agent_left"  # hung up before anybody answered
    CALLER_LEFT = "caller_left"  # so did a caller who was to speak with somebody outside
    LOST = "lost"  # by the PBX, or out of sight


class CallbackState(StrEnum):
    """Where a promise to call back is. While it is being called, the call that we make has its own states."""

    WAITING = "waiting"  # at its old place in the line
    CALLING = "calling"  # an agent is reserved, then the customer dialled
    RETRY = "retry"  # until the next try, or the next hours allowed
    DONE = "done"
    GIVEN_UP = "given_up"
    CANCELLED = "cancelled"


class AlarmState(StrEnum):
    """Where an alarm is; one that was never raised, or is over, is cleared."""

    CLEARED = "cleared"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"  # somebody looks after it


class ListenMode(StrEnum):
    """What somebody who listens by telephone is to the talk."""

    LISTEN = "listen"  # nobody hears them
    WHISPER = "whisper"  # the agent alone hears them
    BARGE_IN = "barge_in"  # both hear them


class WorkKind(StrEnum):
    """Why somebody has to do something for a caller."""

    MESSAGE = "message"
    ABANDONED = "abandoned"
    LOW_MARK = "low_mark"
    CALLBACK = "callback"


class MenuEnd(StrEnum):
    """What came of a caller's way through a flow (docs/figures.md)."""

    AGENT = "agent"  # asked for one
    OUTSIDE = "outside"  # was given to a number outside
    MESSAGE = "message"  # has left one
    CALLBACK = "callback"  # was promised one
    SERVED = "served"  # has what they called for, from the menu alone
    LEFT = "left"  # hung up, or was sent away, without it


class BreakReason(StrEnum):
    """Why an agent is on a break."""

    MEAL = "meal"
    TRAINING = "training"
    MEETING = "meeting"
    REST = "rest"


class DutyState(StrEnum):
    """What the roster and the sign-ins make of an agent now."""

    OFF = "off"  # no shift, not here
    EXPECTED = "expected"  # the shift is about to begin, or has just begun
    EARLY = "early"  # here before the shift begins
    ON = "on"
    LATE = "late"
    MISSING = "missing"
    LEFT = "left"  # was here, and signed out before the end
    OVER = "over"  # still here after the end
    EXTRA = "extra"  # here without a shift


class Withheld(StrEnum):
    """Why an agent who is ready gets no call."""

    COOL_DOWN = "cool_down"  # after an abusive call
    OCCUPANCY = "occupancy"  # busier than the group's cap over the last hour
    SHIFT_END = "shift_end"  # a call would outlive the shift


class CaseKind(StrEnum):
    """What a caller's matter is about."""

    PRESALES = "presales"
    USE = "use"
    FAULT = "fault"
    REPAIR = "repair"
    COMPLAINT = "complaint"


class CaseState(StrEnum):
    """How far a case is."""

    NEW = "new"  # nobody has taken it
    IN_WORK = "in_work"
    WAITING = "waiting"  # for the customer, a part, another department
    CLOSED = "closed"


class RingOutcome(StrEnum):
    """How one ring at one seat ended (docs/figures.md, three_ring_rate)."""

    ANSWERED = "answered"
    MISSED = "missed"  # rang its full budget
    CALLER_GONE = "caller_gone"
    WITHDRAWN = "withdrawn"  # the engine took it back for its own reasons
    ELSEWHERE = "elsewhere"  # another seat, rung beside this one, answered first
    REJECTED = "rejected"  # the agent pressed reject, or the phone said busy
    FAILED = "failed"  # the phone could not be rung
