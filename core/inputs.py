"""Facts that reach the engine, past tense. The journal holds them in the order of their arrival.

Every source (PBX, callers' menus, people, outcomes of commands, the clock) comes through one
door, `core.ports.Inbox`. None of them is trusted to be in order across channels, or to be unique.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.house import House
from core.ids import (
    NO_CALL,
    NOBODY,
    AgentId,
    CallbackId,
    CallId,
    CommandId,
    HotlineId,
    ListeningId,
    NodeId,
    OfferId,
    QueueId,
    RequestId,
    SeatId,
    TrunkId,
    WorkId,
)
from core.recordings import RecordingFact
from core.states import BreakReason, CallState, CaseKind, CaseState, ListenMode


# --- the caller's line -----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class CallArrived:
    """The dialplan answered a call and handed it to us. `caller` is E.164, or "" when withheld."""

    call: CallId
    node: NodeId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    language: str


@dataclass(frozen=True, slots=True)
class MenuKeyPressed:
    """A caller chose in a menu. `key` is "" for silence. Secrets never come here."""

    call: CallId
    node_name: str
    key: str


@dataclass(frozen=True, slots=True)
class MenuNodeLeft:
    """A caller has left a node of a flow, for node `to` ("" at the end), after `lasted_s` there.

    `how` is went_on, person (key 0), gave_up (too many tries), hung_up or ended. `wrong` and `silent` count tries.
    `key` is the choice that led on, "" none; typed digits are no choices. `again`: it was here before. `reached` says,
    of the last node, what came of the whole way: a core.states.MenuEnd; "" of the others.
    """

    call: CallId
    hotline: HotlineId
    flow: str
    node_name: str
    to: str
    how: str
    wrong: int
    silent: int
    lasted_s: float
    key: str = ""
    again: bool = False
    reached: str = ""


@dataclass(frozen=True, slots=True)
class MessageLeft:
    """A caller has left a message: `file` below the house's messages, to be answered at `number`."""

    call: CallId
    hotline: HotlineId
    caller: str
    number: str
    topic: str
    language: str
    file: str
    lasted_s: float


@dataclass(frozen=True, slots=True)
class SurveyAnswered:
    """A caller gave a mark, 1 to 5, to one question of the survey."""

    call: CallId
    question: str
    mark: int


@dataclass(frozen=True, slots=True)
class CallQueued:
    """The menu asked for an agent and let go of the line; from here the engine owns it.

    `waiting_since_boot_s` is set when the dialplan brings a waiting caller back (the engine was
    killed): the place in the queue is that old moment. None means now.
    """

    call: CallId
    node: NodeId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    queue: QueueId
    language: str
    priority: int = 0
    waiting_since_boot_s: float | None = None
    case: str = ""
    """The number of the open case that the caller has named; "" none."""
    outside: str = ""
    """The number outside that the menu gives this caller to; "" none. Unanswered, the caller waits in the queue."""


@dataclass(frozen=True, slots=True)
class QueueKeyPressed:
    """A waiting caller pressed a key that an announcement offers (core.commands.TellWait)."""

    call: CallId
    key: str


@dataclass(frozen=True, slots=True)
class CallerBack:
    """A caller whose talk is over is on a line we hold: the session that had it was another engine's."""

    call: CallId
    node: NodeId


@dataclass(frozen=True, slots=True)
class CallerHungUp:
    """The caller's channel is gone (AMI Hangup). `cause` is the Q.850 number."""

    call: CallId
    cause: int


@dataclass(frozen=True, slots=True)
class CallsBlocked:
    """The dialplan's own counter of calls refused because all lines were busy, since the PBX started."""

    node: NodeId
    trunk: TrunkId
    total: int


@dataclass(frozen=True, slots=True)
class CallerHeld:
    """A caller of a talk is back on a line we hold, and hears music; told by the line itself."""

    call: CallId


@dataclass(frozen=True, slots=True)
class CallerJoined:
    """The caller and this seat's leg, which we brought together, hear each other (AMI BridgeEnter)."""

    call: CallId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class BesideHeld:
    """A second seat can be rung beside the one of this offer: the half that waits for it is ours (AGI)."""

    call: CallId
    node: NodeId
    offer: OfferId


# --- the agent's leg -------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SeatRang:
    """The first 180 Ringing of this offer."""

    call: CallId
    offer: OfferId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class SeatAnswered:
    """The phone answered (200 OK)."""

    call: CallId
    offer: OfferId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class SeatLegEnded:
    """The agent's channel is gone. `cause` is the Q.850 number (17 busy, 21 rejected, 20 absent)."""

    call: CallId
    offer: OfferId
    seat: SeatId
    cause: int


@dataclass(frozen=True, slots=True)
class SeatReachabilityChanged:
    """A phone registered, answered its qualify, or went away."""

    seat: SeatId
    reachable: bool


@dataclass(frozen=True, slots=True)
class CallbackRequested:
    """A caller wants to be called back at `number`, which the menu has read back and the caller confirmed.

    The line stays the menu's: it says goodbye. A caller who waits already gives up the line, not the place.
    """

    call: CallId
    node: NodeId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    number: str
    queue: QueueId
    language: str
    priority: int = 0


# --- calls that we make ----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class AgentLineHeld:
    """An agent's own leg has come to us (AGI), at `held_boot_s`: it can dial. `dialled` is what its last dial came to.

    `<trunk>/<DIALSTATUS>/<cause>`; without a status the dial never came to an end; "" is none was begun.
    """

    call: CallId
    node: NodeId
    held_boot_s: float
    dialled: str = ""


@dataclass(frozen=True, slots=True)
class FarRang:
    """The far end's phone rings (180)."""

    call: CallId
    attempt: OfferId


@dataclass(frozen=True, slots=True)
class FarProgressed:
    """Sound comes from the trunk before anybody has answered (183): an announcement, or a ring-back tune."""

    call: CallId
    attempt: OfferId


@dataclass(frozen=True, slots=True)
class FarAnswered:
    """The far end answered (200 OK)."""

    call: CallId
    attempt: OfferId


@dataclass(frozen=True, slots=True)
class FarLegEnded:
    """The far end's channel is gone. `cause` is the Q.850 number."""

    call: CallId
    attempt: OfferId
    cause: int


@dataclass(frozen=True, slots=True)
class FarJoined:
    """A held caller and the far end that an agent has consulted are in one bridge: they hear each other."""

    call: CallId
    attempt: OfferId


@dataclass(frozen=True, slots=True)
class NoticeUnderstood:
    """A leader who was rung at night has heard the notice and pressed 1."""

    call: CallId


@dataclass(frozen=True, slots=True)
class TrunkReachabilityChanged:
    """A carrier answered its qualify, or stopped to."""

    trunk: TrunkId
    reachable: bool


# --- the PBX as a whole ----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SeenSeatLeg:
    """An agent's channel found at a resync. `offer` is "" when this engine never made one."""

    seat: SeatId
    offer: OfferId
    answered: bool


@dataclass(frozen=True, slots=True)
class SeenFarLeg:
    """A far end's channel found at a resync."""

    attempt: OfferId
    trunk: TrunkId
    answered: bool


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A caller's channel found at a resync, with what the channel variables remember."""

    call: CallId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    state: CallState
    queue: QueueId | None
    language: str
    priority: int
    waiting_since_boot_s: float | None
    legs: tuple[SeenSeatLeg, ...]
    fallback_utc_s: float | None = None
    """When the dialplan began to serve this caller alone."""
    answered_utc_s: float | None = None
    """When its talk began, also one that is over."""
    answered_by: SeatId | None = None
    far: tuple[SeenFarLeg, ...] = ()
    """Whom outside the house its own line has called."""


@dataclass(frozen=True, slots=True)
class SeenOutbound:
    """An agent's own leg found at a resync, and whom it has called."""

    call: CallId
    seat: SeatId
    answered: bool
    far: tuple[SeenFarLeg, ...] = ()


@dataclass(frozen=True, slots=True)
class PbxResynced:
    """All that one PBX knows at this moment. Replaces whatever we believed about it.

    `pbx_started` tells one run of the PBX from the next (its start time); a new one means that
    every call of the old one is lost.
    """

    node: NodeId
    pbx_started: str
    calls: tuple[SeenCall, ...]
    reachable_seats: frozenset[SeatId]
    outbound: tuple[SeenOutbound, ...] = ()
    unreachable_trunks: frozenset[TrunkId] = frozenset()


@dataclass(frozen=True, slots=True)
class BookedCall:
    """One call that is over, as the PBX's own books tell it. When it began and ended is known in whole seconds.

    `asked_utc_s` is None when nobody knows that it asked for an agent, `answered_utc_s` when nobody answered;
    `talked_utc_s` is the end of the talk, `ended_utc_s` that of the call; `closed`: its queue was, and it heard so.
    """

    call: CallId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    language: str
    queue: QueueId
    began_utc_s: float
    asked_utc_s: float | None
    answered_utc_s: float | None
    seat: SeatId
    ended_utc_s: float
    talked_utc_s: float
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PbxBooksRead:
    """What one PBX has booked since the last reading; `place` is where the next one begins."""

    node: NodeId
    place: int
    calls: tuple[BookedCall, ...]


@dataclass(frozen=True, slots=True)
class PbxLost:
    """AMI is gone or mute. Calls may go on; we just cannot see them.

    `calls_live_s` is how much longer: 0 when the PBX's process is known to have ended, None when nobody can say.
    """

    node: NodeId
    calls_live_s: float | None = None


# --- people ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SignIn:
    """`override`: a leader lets it happen against the roster or the floor; the door checks who may say so."""

    agent: AgentId
    seat: SeatId
    override: bool = False


@dataclass(frozen=True, slots=True)
class SignOut:
    agent: AgentId
    override: bool = False


@dataclass(frozen=True, slots=True)
class TakeBreak:
    agent: AgentId
    reason: BreakReason
    override: bool = False


@dataclass(frozen=True, slots=True)
class BecomeReady:
    """Ends a break, an away, or a wrap-up early."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class ExtendWrapUp:
    """More time for the notes, once a wrap-up."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class Hold:
    """The agent's caller hears music until Resume."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class Resume:
    """Back to the caller on hold; a consult ends with it."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class Transfer:
    """Give the agent's caller to another agent, a queue or an outside number; exactly one of them is named.

    `note` says why, for the receiver. The agent is free of the call at once.
    """

    agent: AgentId
    to_agent: AgentId | None = None
    to_queue: QueueId | None = None
    to_number: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Consult:
    """Speak with another agent, the next one of a queue, or an outside number, while the caller hears music."""

    agent: AgentId
    to_agent: AgentId | None = None
    to_queue: QueueId | None = None
    note: str = ""
    to_number: str = ""


@dataclass(frozen=True, slots=True)
class Complete:
    """End a consult by giving the caller to the colleague."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class Confer:
    """In a consult: caller, agent and colleague speak together. Whoever hangs up leaves the other two."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the agent's part of the call: the agent's own phone hangs up."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class ShowPop:
    """A desktop of the agent (a window, which names itself) shows this pop; `here_instead` of another that does."""

    agent: AgentId
    pop: OfferId
    desktop: str
    here_instead: bool = False


@dataclass(frozen=True, slots=True)
class MarkAbusive:
    """The agent's call, the one under way or else the last, was abusive."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something the next shift must know or do. `item` names it; the same name again changes the text."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class AcknowledgeAlarm:
    """Somebody looks after this alarm."""

    rule: str
    subject: str


@dataclass(frozen=True, slots=True)
class CloseItem:
    item: str


@dataclass(frozen=True, slots=True)
class PauseRecording:
    """The agent's caller gives card data: silence in the recording until ResumeRecording, or the house's limit."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class ResumeRecording:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class Listen:
    """Somebody at `address` wants to hear this call, without a phone. What was made is the listening's id."""

    call: CallId
    address: str


@dataclass(frozen=True, slots=True)
class ListenByPhone:
    """The same by this seat's phone, which is rung. `mode`: who hears what is said there."""

    call: CallId
    address: str
    seat: SeatId
    mode: ListenMode


@dataclass(frozen=True, slots=True)
class ChangeListening:
    """By phone: go on in another way, on the same line."""

    listening: ListeningId
    mode: ListenMode


@dataclass(frozen=True, slots=True)
class StopListening:
    listening: ListeningId


@dataclass(frozen=True, slots=True)
class TakeOver:
    """A leader or supervisor, signed in and free, wants this call: their phone is rung for it."""

    agent: AgentId
    call: CallId


@dataclass(frozen=True, slots=True)
class MoveCall:
    """This call shall wait in that queue, whether it waits elsewhere or is in a talk."""

    call: CallId
    queue: QueueId


@dataclass(frozen=True, slots=True)
class SetPriority:
    """A waiting call's priority, 0-9; its time in the line counts on."""

    call: CallId
    priority: int


@dataclass(frozen=True, slots=True)
class CloseQueue:
    """No more calls here, now: who waits and who comes goes to `to`, or hears a closing message. Talks go on."""

    queue: QueueId
    to: QueueId | None = None


@dataclass(frozen=True, slots=True)
class OpenQueue:
    """The end of CloseQueue."""

    queue: QueueId


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Call this number for this agent: the agent's own phone first. `queue` is whose matter it is."""

    agent: AgentId
    number: str
    queue: QueueId | None = None


@dataclass(frozen=True, slots=True)
class AskCallback:
    """Promise to call this number back, with the place that a caller of now would have."""

    number: str
    queue: QueueId
    language: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class CancelCallback:
    """Take a promise back that is not being kept at this moment."""

    callback: CallbackId


CASE_LASTS_S = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class OwnCase:
    """This agent owns this open case for so long; `caller` is the number its caller calls from, "" unknown."""

    case: str
    agent: AgentId
    caller: str = ""
    lasts_s: float = CASE_LASTS_S


@dataclass(frozen=True, slots=True)
class CloseCase:
    """Nobody owns it any more."""

    case: str


@dataclass(frozen=True, slots=True)
class NoteCall:
    """What the agent has written about this call so far, the code of its wrap-up, and tags; the whole each time.

    The door checks that the call was this agent's.
    """

    agent: AgentId
    call: CallId
    text: str
    code: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A caller's matter that is not over with the call. `owner` has it at once; `due_s` None: the house's."""

    kind: CaseKind
    text: str
    caller: str = ""
    call: CallId = NO_CALL
    owner: AgentId = NOBODY
    due_s: float | None = None


@dataclass(frozen=True, slots=True)
class TakeCase:
    """Whoever takes a case first owns it."""

    case: str
    agent: AgentId


@dataclass(frozen=True, slots=True)
class GiveCase:
    """Another agent owns it from now on."""

    case: str
    to: AgentId
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChangeCase:
    """Something happened to a case: a word for its history, another state, another moment when it is due; or all."""

    case: str
    note: str = ""
    state: CaseState | None = None
    due_s: float | None = None


@dataclass(frozen=True, slots=True)
class ClaimWork:
    """This agent does it."""

    item: WorkId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class HandOverWork:
    """Another agent does it from now on; `note` says why."""

    item: WorkId
    to: AgentId
    note: str = ""


@dataclass(frozen=True, slots=True)
class FinishWork:
    """It is done; `note` says what came of it."""

    item: WorkId
    note: str = ""


AgentRequest = (
    SignIn | SignOut | TakeBreak | BecomeReady | ExtendWrapUp | Hold | Resume | Transfer | Consult | Complete
    | Confer | HangUp | PlaceCall | ShowPop | NoteCall | MarkAbusive | PauseRecording | ResumeRecording
)  # fmt: skip
"""What an agent asks for, or a leader in the agent's name."""
Request = (
    AgentRequest | AskCallback | CancelCallback | TakeOver | MoveCall | SetPriority | CloseQueue | OpenQueue
    | Listen | ListenByPhone | ChangeListening | StopListening | OpenItem | CloseItem | OwnCase | CloseCase
    | OpenCase | TakeCase | GiveCase | ChangeCase | AcknowledgeAlarm | ClaimWork | HandOverWork | FinishWork
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Requested:
    """A person or a program asked for something; `by` is who."""

    id: RequestId
    by: str
    request: Request


# --- figures beyond their bounds ----------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class AlarmNoticed:
    """A figure of `subject` has been beyond the bound of a rule for long enough. `text` names no caller."""

    rule: str
    subject: str
    severity: str
    value: float
    text: str


@dataclass(frozen=True, slots=True)
class AlarmPassed:
    """It has been back inside for long enough, or there is no such rule or subject any more."""

    rule: str
    subject: str


# --- ourselves -------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class CommandDone:
    """A command finished. `result` is the PBX's word (DIALSTATUS after a ring), never proof of a talk."""

    id: CommandId
    result: str = ""


LINE_GONE = "the line is gone"
"""Why an order for a line failed whose session ended under it; most often the caller has just hung up."""


NOT_HELD = "the line is not held"
"""Why an order for a line failed that nobody holds: no session has come, or it has ended."""


@dataclass(frozen=True, slots=True)
class CommandFailed:
    """A command could not be carried out, or came too late (`not_after`)."""

    id: CommandId
    reason: str


@dataclass(frozen=True, slots=True)
class ConfigurationChanged:
    """A new version of the house takes effect."""

    version: int
    house: House


@dataclass(frozen=True, slots=True)
class ClockStepped:
    """The wall clock jumped against the boot-time clock."""

    by_s: float


@dataclass(frozen=True, slots=True)
class MachineRebooted:
    """The boot-time clock began anew: what it called `t` is `t + by_s` now."""

    by_s: float


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; `next_deadline()` is due."""


Input = (
    CallArrived
    | MenuKeyPressed
    | MenuNodeLeft
    | MessageLeft
    | SurveyAnswered
    | CallQueued
    | QueueKeyPressed
    | CallerBack
    | CallerHungUp
    | CallsBlocked
    | CallerHeld
    | CallerJoined
    | BesideHeld
    | SeatRang
    | SeatAnswered
    | SeatLegEnded
    | SeatReachabilityChanged
    | CallbackRequested
    | AgentLineHeld
    | FarRang
    | FarProgressed
    | FarAnswered
    | FarLegEnded
    | FarJoined
    | NoticeUnderstood
    | TrunkReachabilityChanged
    | PbxBooksRead
    | PbxResynced
    | PbxLost
    | RecordingFact
    | Requested
    | AlarmNoticed
    | AlarmPassed
    | CommandDone
    | CommandFailed
    | ConfigurationChanged
    | ClockStepped
    | MachineRebooted
    | Tick
)
