"""Outcomes of the engine's decisions, past tense. Statistics, the live picture and the records
are folded from these alone; each carries what those need, so that none looks back."""

from __future__ import annotations

from dataclasses import dataclass

from core.ids import (
    NO_HOTLINE,
    NO_QUEUE,
    NOBODY,
    AgentId,
    CallbackId,
    CallId,
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
from core.recordings import RecordingFact, RecordingPaused, RecordingResumed
from core.states import (
    AgentState,
    AgentStatus,
    AlarmState,
    BreakReason,
    CallbackState,
    CaseKind,
    CaseState,
    DutyState,
    ListenMode,
    OutboundOutcome,
    OutboundState,
    RingOutcome,
    Withheld,
    WorkKind,
)
from core.traces import Trace


@dataclass(frozen=True, slots=True)
class CallEntered:
    """A call reached us."""

    call: CallId
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    language: str


@dataclass(frozen=True, slots=True)
class BlockedCounted:
    """`count` more calls were refused on `trunk` because all lines were busy."""

    node: NodeId
    trunk: TrunkId
    count: int


@dataclass(frozen=True, slots=True)
class MenuChosen:
    call: CallId
    node_name: str
    key: str


@dataclass(frozen=True, slots=True)
class MenuNodeVisited:
    """One visit to a node of a flow; the words are those of core.inputs.MenuNodeLeft."""

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
class MessageTaken:
    """Somebody has to listen to this message, and to answer it at `number`."""

    call: CallId
    hotline: HotlineId
    caller: str
    number: str
    topic: str
    language: str
    file: str
    lasted_s: float


@dataclass(frozen=True, slots=True)
class SurveyMarked:
    """`agent` is who spoke with the caller last; "" when nobody knows any more. `first`: of this call's marks."""

    call: CallId
    question: str
    mark: int
    queue: QueueId = NO_QUEUE
    hotline: HotlineId = NO_HOTLINE
    agent: AgentId = NOBODY
    first: bool = False


@dataclass(frozen=True, slots=True)
class CallOffered:
    """O of kpi.md: the call asked for an agent. `waited_s` is what it had waited before (after a recovery)."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    priority: int
    language: str
    waited_s: float


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """A waiting caller may be told: `low_s` to `high_s` more, whole minutes, after `waited_s`.

    `overdue`: the time promised before is over. Never longer than what was promised before.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float
    low_s: float
    high_s: float
    overdue: bool


@dataclass(frozen=True, slots=True)
class WaitTold:
    """A waiting caller is told the place (`ahead` callers before; None: not told) and what PromiseMade said last.

    `keys` are those that it offers: core.commands.CALLBACK_KEY, MESSAGE_KEY.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    ahead: int | None
    keys: str


@dataclass(frozen=True, slots=True)
class SeatReserved:
    """`considered` is how many agents could have had it; `trace` is why this one has it; None: somebody chose."""

    call: CallId
    offer: OfferId
    seat: SeatId
    agent: AgentId
    queue: QueueId
    considered: int
    idle_s: float
    trace: Trace | None = None
    recorded: bool = True
    """Is a talk that comes of it due for recording?"""


@dataclass(frozen=True, slots=True)
class PopShown:
    """A desktop of this agent shows the pop of this offer, `took_s` after it was made."""

    call: CallId
    pop: OfferId
    agent: AgentId
    desktop: str
    took_s: float


@dataclass(frozen=True, slots=True)
class PopUnseen:
    """No desktop showed the pop in time: the phone did not ring, the next agent is tried."""

    call: CallId
    pop: OfferId
    seat: SeatId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class RingBegan:
    call: CallId
    offer: OfferId
    seat: SeatId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class RingEnded:
    """One ring is over. `rang_s` counts from the first 180, 0 if there was none."""

    call: CallId
    offer: OfferId
    seat: SeatId
    agent: AgentId
    queue: QueueId
    outcome: RingOutcome
    rang_s: float


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """A of kpi.md. `waited_s` from entering the queue, ringing included.

    `agent` is "" for a talk found at a resync at a seat where nobody is signed in, `queue` is "" when
    its channel no longer knew; `tries` is 0 when the native fallback rang.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    seat: SeatId
    agent: AgentId
    waited_s: float
    tries: int


@dataclass(frozen=True, slots=True)
class TalkEnded:
    """`by` is "caller", "agent", "pbx" or "transfer". `talk_s` is without the `held_s` the caller heard music."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    seat: SeatId
    agent: AgentId
    talk_s: float
    by: str
    held_s: float = 0.0


@dataclass(frozen=True, slots=True)
class TalkBegan:
    """A talk that no queue counts: a call given from hand to hand. `how` is that of CallTransferred."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    seat: SeatId
    agent: AgentId
    how: str


@dataclass(frozen=True, slots=True)
class CallHeld:
    """The agent's caller hears music."""

    call: CallId
    seat: SeatId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class HoldReminded:
    """The agent was reminded of the caller on hold, the caller was told that nobody has forgotten them."""

    call: CallId
    seat: SeatId
    agent: AgentId
    held_s: float


@dataclass(frozen=True, slots=True)
class CallResumed:
    """The caller hears the agent again, after `held_s` of music."""

    call: CallId
    seat: SeatId
    agent: AgentId
    held_s: float


@dataclass(frozen=True, slots=True)
class ConsultBegan:
    """A colleague is asked about a held caller: reserved, and about to be rung."""

    call: CallId
    offer: OfferId
    seat: SeatId
    agent: AgentId
    to_seat: SeatId
    to_agent: AgentId
    note: str
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class ConsultAnswered:
    """The two agents speak."""

    call: CallId
    offer: OfferId
    to_seat: SeatId
    to_agent: AgentId


@dataclass(frozen=True, slots=True)
class ConferenceBegan:
    """Caller, agent and colleague hear each other. ConsultEnded ends it: the colleague has left, or has the caller."""

    call: CallId
    offer: OfferId
    seat: SeatId
    agent: AgentId
    to_seat: SeatId
    to_agent: AgentId


@dataclass(frozen=True, slots=True)
class ConsultEnded:
    """`how` is completed, cancelled, colleague_left, not_answered, caller_left or withdrawn; `lasted_s` of speaking."""

    call: CallId
    offer: OfferId
    to_seat: SeatId
    to_agent: AgentId
    how: str
    lasted_s: float


@dataclass(frozen=True, slots=True)
class CallTransferred:
    """The agent gave the call away. `how` is blind, consulted, conference, taken_over, or again (to the same agent,
    whose phone had lost it: counted as no transfer); `to` an agent, a queue or a number."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    seat: SeatId
    agent: AgentId
    how: str
    to: str
    note: str


@dataclass(frozen=True, slots=True)
class OutsideDialled:
    """The caller is to speak with a number outside, and hears music meanwhile. `why` is blind, consulted, full,
    too_long or menu; with consult it is this agent, who keeps the caller on hold, that is to speak there."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    number: str
    why: str
    agent: AgentId = NOBODY
    note: str = ""


@dataclass(frozen=True, slots=True)
class OutsideAnswered:
    """Somebody outside the house has the caller, over `trunk`; or speaks with this agent, who consults there.

    A caller who waited in line is F of kpi.md besides.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    number: str
    trunk: TrunkId | None
    agent: AgentId = NOBODY


@dataclass(frozen=True, slots=True)
class OutsideEnded:
    """The end of it. `talk_s` is 0 when nobody was reached: then the caller is back in the house, if still there.

    With `agent` it is a consult that ends here, and the caller is still on hold.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    number: str
    outcome: OutboundOutcome
    talk_s: float
    agent: AgentId = NOBODY


@dataclass(frozen=True, slots=True)
class CallMoved:
    """The call waits in `queue` by somebody's decision, not by the caller's choice: O there, F where it waited before.

    `why` is blind, not_answered, keeper_left, moved, closed, full or too_long. Its place counts from `waited_s` ago;
    `from_line`: it waited unanswered in `from_queue`, since `stayed_s` ago.
    """

    call: CallId
    hotline: HotlineId
    from_queue: QueueId
    queue: QueueId
    priority: int
    language: str
    why: str
    waited_s: float
    from_line: bool = False
    stayed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CallFlowedOut:
    """F of kpi.md: nobody here will answer it. `why` is closed, full, too_long or menu."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float
    why: str


@dataclass(frozen=True, slots=True)
class PriorityChanged:
    """Somebody gave a waiting call another priority."""

    call: CallId
    queue: QueueId
    priority: int


@dataclass(frozen=True, slots=True)
class QueueClosed:
    """Nobody waits here from now on; `to` is where calls go instead, "" a closing message."""

    queue: QueueId
    to: QueueId
    by: str


@dataclass(frozen=True, slots=True)
class QueueOpened:
    queue: QueueId
    by: str


@dataclass(frozen=True, slots=True)
class CallAbandoned:
    """B of kpi.md: hung up while waiting."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float
    caller: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class CallLost:
    """X of kpi.md when it was waiting (`queue` set); `cause` is PBX_LOST."""

    call: CallId
    queue: QueueId | None
    hotline: HotlineId
    cause: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The final word on a call. `how` is menu, abandoned, callback, message, caller, agent, pbx_lost, fallback,
    closed, outside (somebody outside the house hung up) or transfer (the caller left while a transfer looked for its
    receiver)."""

    call: CallId
    hotline: HotlineId
    how: str
    lasted_s: float


@dataclass(frozen=True, slots=True)
class OutboundBegan:
    """We make a call: the agent's own phone is rung first. `callback` is the promise it keeps."""

    call: CallId
    agent: AgentId
    seat: SeatId
    number: str
    queue: QueueId | None
    language: str
    callback: CallbackId | None
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class OutboundMoved:
    """It is in another state now; `trunk` is the one asked last."""

    call: CallId
    state: OutboundState
    trunk: TrunkId | None


@dataclass(frozen=True, slots=True)
class TrunkFailed:
    """A trunk could not bring this call to anybody; `why` is its Q.850 cause, silence or sound without ringing."""

    call: CallId
    trunk: TrunkId
    why: str


@dataclass(frozen=True, slots=True)
class OutboundEnded:
    """The final word on a call that we made. `talk_s` is 0 when nobody was reached; `by` who ended the talk."""

    call: CallId
    agent: AgentId
    seat: SeatId
    queue: QueueId | None
    trunk: TrunkId | None
    outcome: OutboundOutcome
    talk_s: float
    lasted_s: float
    by: str


@dataclass(frozen=True, slots=True)
class CallbackMade:
    """A promise to call back. `call` is the one that asked, else the promise's own id; `waited_s`: before it asked."""

    callback: CallbackId
    call: CallId
    number: str
    queue: QueueId
    hotline: HotlineId
    language: str
    priority: int
    waited_s: float


@dataclass(frozen=True, slots=True)
class CallTurnedIntoCallback:
    """C of kpi.md: a call that had asked for an agent left the line with its place kept."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float


@dataclass(frozen=True, slots=True)
class CallLeftMessage:
    """M of kpi.md: a call that had asked for an agent has left a message instead."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float


@dataclass(frozen=True, slots=True)
class FlowBegan:
    """The caller's line was handed to this flow: a survey after the talk, or a message instead of waiting.

    `survey`: the caller is asked, for the first time, about a talk with `agent`.
    """

    call: CallId
    queue: QueueId
    hotline: HotlineId
    flow: str
    survey: bool = False
    agent: AgentId = NOBODY


@dataclass(frozen=True, slots=True)
class FlowLeft:
    """Out of that flow the caller is back in the line, at the old place."""

    call: CallId
    queue: QueueId


@dataclass(frozen=True, slots=True)
class CallbackChanged:
    """`tries` were made of the customer; the next thing happens `next_s` from now, None: when its turn comes."""

    callback: CallbackId
    call: CallId
    queue: QueueId
    state: CallbackState
    reason: str
    tries: int
    next_s: float | None


@dataclass(frozen=True, slots=True)
class CallbackKept:
    """The customer was reached, `waited_s` after asking; `from_caller`: it is a C of kpi.md."""

    callback: CallbackId
    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float
    in_time: bool
    from_caller: bool


@dataclass(frozen=True, slots=True)
class TrunkChanged:
    """A carrier's qualify says so."""

    trunk: TrunkId
    reachable: bool


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent's status or state changed; `was_*` lasted `lasted_s`."""

    agent: AgentId
    seat: SeatId | None
    was_status: AgentStatus
    was_state: AgentState
    status: AgentStatus
    state: AgentState
    reason: str
    lasted_s: float


@dataclass(frozen=True, slots=True)
class WrapUpExtended:
    """The agent's wrap-up lasts `by_s` longer."""

    agent: AgentId
    by_s: float


@dataclass(frozen=True, slots=True)
class SeatChanged:
    seat: SeatId
    reachable: bool


@dataclass(frozen=True, slots=True)
class PbxChanged:
    """`up` is False while the engine cannot see the PBX."""

    node: NodeId
    up: bool


@dataclass(frozen=True, slots=True)
class HouseApplied:
    """The house's seats, agents and queues, by name: what the live picture has to show."""

    version: int
    lines: int
    queues: tuple[QueueId, ...]
    seats: tuple[SeatId, ...]
    agents: tuple[tuple[AgentId, str], ...]


@dataclass(frozen=True, slots=True)
class ListeningBegan:
    """`by` hears this call, from `address`: in a browser, or by the phone of `seat`, in this `mode`.

    `told`: its agents may know of it, by the house's rule.
    """

    listening: ListeningId
    call: CallId
    by: str
    address: str
    told: bool
    seat: SeatId | None = None
    mode: ListenMode = ListenMode.LISTEN


@dataclass(frozen=True, slots=True)
class ListeningChanged:
    """By phone: from now on in this mode."""

    listening: ListeningId
    call: CallId
    by: str
    mode: ListenMode
    told: bool


@dataclass(frozen=True, slots=True)
class ListeningEnded:
    """`why` is asked, hung_up (the phone), talk_over or out_of_sight (the PBX, or because we were started anew)."""

    listening: ListeningId
    call: CallId
    by: str
    lasted_s: float
    why: str
    told: bool


@dataclass(frozen=True, slots=True)
class RequestGranted:
    """`result` is the id of what was made, if anything was."""

    request: RequestId
    result: str = ""


@dataclass(frozen=True, slots=True)
class RequestRefused:
    request: RequestId
    reason: str


# --- work ------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class WorkOpened:
    """Somebody has to do something for a caller, at `number`, within `due_s`.

    `about` is the topic of a message, the question of a mark, or the promised callback; `busy`: when it came, callers
    waited or nobody was free.
    """

    item: WorkId
    kind: WorkKind
    call: CallId
    number: str
    queue: QueueId
    hotline: HotlineId
    language: str
    busy: bool
    due_s: float
    about: str = ""
    file: str = ""
    lasted_s: float = 0.0
    mark: int = 0


@dataclass(frozen=True, slots=True)
class WorkTaken:
    """`owner` does it from now on; `was` did before, "" for nobody."""

    item: WorkId
    owner: AgentId
    was: AgentId
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class WorkOverdue:
    """It is still open after the time it was to be done in."""

    item: WorkId
    kind: WorkKind
    owner: AgentId


@dataclass(frozen=True, slots=True)
class WorkClosed:
    """`how` is done, called_again (the caller was answered meanwhile), kept, cancelled (a callback), or dropped."""

    item: WorkId
    kind: WorkKind
    owner: AgentId
    how: str
    by: str
    note: str
    overdue: bool


# --- staff -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class StaffCounted:
    """How many are ready, how many the floor asks for, how many the roster has; told when one of them changes."""

    present: int
    needed: int
    rostered: int


@dataclass(frozen=True, slots=True)
class DutyChanged:
    """What the roster makes of an agent; `shift` is "" and the times are None without one."""

    agent: AgentId
    duty: DutyState
    shift: str
    start_utc_s: float | None
    end_utc_s: float | None


@dataclass(frozen=True, slots=True)
class BreakQueued:
    """A break waits for the end of a call, or for cover: `for_cover`. `ahead` breaks start before it."""

    agent: AgentId
    reason: BreakReason
    for_cover: bool
    ahead: int


@dataclass(frozen=True, slots=True)
class BreakUnqueued:
    """It has begun, or was taken back."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class RuleOverridden:
    """A leader let somebody do what the floor, the governor or the roster forbids; `what` names the request."""

    by: str
    agent: AgentId
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class CallsWithheld:
    """The agent is ready and gets no call, until `until_utc_s` where that is known."""

    agent: AgentId
    why: Withheld
    until_utc_s: float | None


@dataclass(frozen=True, slots=True)
class CallsResumed:
    """The agent gets calls again: the reason is over, or a queue would have nobody left."""

    agent: AgentId
    why: str


@dataclass(frozen=True, slots=True)
class CallMarked:
    """The agent says that the call was abusive."""

    call: CallId
    agent: AgentId
    mark: str


@dataclass(frozen=True, slots=True)
class LeaderSummoned:
    """Nobody else is left: this leader's mobile is rung first."""

    leader: AgentId
    why: str


@dataclass(frozen=True, slots=True)
class LeaderCalled:
    """A leader's mobile is being rung, in this round of tries."""

    call: CallId
    leader: AgentId
    trunk: TrunkId
    round: int


@dataclass(frozen=True, slots=True)
class LeaderCallEnded:
    """`outcome` is understood, answered (no key 1), busy, no_answer, failed (the trunk did) or lost."""

    call: CallId
    leader: AgentId
    outcome: str


@dataclass(frozen=True, slots=True)
class ReserveAsked:
    """These leaders and supervisors are asked to sign in. `queue` is "" when a break needs cover."""

    agents: tuple[AgentId, ...]
    queue: QueueId
    why: str


@dataclass(frozen=True, slots=True)
class ShiftHandedOver:
    """A shift ended at `ended_utc_s`; what it leaves to those who are there now. `items` are texts by name."""

    shift: str
    ended_utc_s: float
    waiting: tuple[tuple[QueueId, int], ...]
    still_talking: tuple[AgentId, ...]
    missing: tuple[AgentId, ...]
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ItemOpened:
    item: str
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class ItemClosed:
    item: str
    by: str


@dataclass(frozen=True, slots=True)
class CaseOwned:
    """This agent owns this open case, for so long."""

    case: str
    agent: AgentId
    lasts_s: float


@dataclass(frozen=True, slots=True)
class CallNoted:
    """What this agent has written about the call so far; it replaces what was before."""

    call: CallId
    agent: AgentId
    text: str
    code: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """A case of our own, to be done within `due_s`. `call` is the one it came up in, "" none."""

    case: str
    kind: CaseKind
    text: str
    caller: str
    call: CallId
    by: str
    due_s: float


@dataclass(frozen=True, slots=True)
class CaseTaken:
    """`owner` has it from now on; `was` did before, "" for nobody."""

    case: str
    owner: AgentId
    was: AgentId
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class CaseChanged:
    """A word for its history, the state that it is in now, and in how many seconds it is due, None: as before."""

    case: str
    was: CaseState
    state: CaseState
    note: str
    by: str
    due_s: float | None = None


@dataclass(frozen=True, slots=True)
class CaseOverdue:
    """It is still open after the time it was to be done in."""

    case: str
    owner: AgentId


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """Nobody owns it any more."""

    case: str


@dataclass(frozen=True, slots=True)
class GovernorStepped:
    """The governor of a queue went from step `was` to `step` of the ladder; rates are None when not judged."""

    queue: QueueId
    was: int
    step: int
    measure: str
    why: str
    connection_rate: float | None
    service_level: float | None
    forecast: float | None


@dataclass(frozen=True, slots=True)
class OffersChanged:
    """What a queue offers every waiting caller, by its governor (queueing.offers)."""

    queue: QueueId
    callbacks: bool
    messages: bool
    why: str


@dataclass(frozen=True, slots=True)
class AlarmChanged:
    """An alarm of a rule was raised, acknowledged `by` somebody, or is over. `text` names no caller."""

    rule: str
    subject: str
    state: AlarmState
    severity: str
    value: float
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Alarmed:
    """Something a person must know. `text` names no caller; pages make sentences, in any language, of `values`."""

    name: str
    text: str
    values: tuple[tuple[str, str], ...] = ()


Event = (
    CallEntered
    | BlockedCounted
    | MenuChosen
    | MenuNodeVisited
    | MessageTaken
    | SurveyMarked
    | CallOffered
    | PromiseMade
    | WaitTold
    | SeatReserved
    | PopShown
    | PopUnseen
    | RingBegan
    | RingEnded
    | CallAnswered
    | TalkEnded
    | TalkBegan
    | CallHeld
    | HoldReminded
    | CallResumed
    | ConsultBegan
    | ConsultAnswered
    | ConferenceBegan
    | ConsultEnded
    | CallTransferred
    | OutsideDialled
    | OutsideAnswered
    | OutsideEnded
    | CallMoved
    | CallFlowedOut
    | PriorityChanged
    | QueueClosed
    | QueueOpened
    | CallAbandoned
    | CallLost
    | CallEnded
    | OutboundBegan
    | OutboundMoved
    | TrunkFailed
    | OutboundEnded
    | CallbackMade
    | CallTurnedIntoCallback
    | CallLeftMessage
    | FlowBegan
    | FlowLeft
    | CallbackChanged
    | CallbackKept
    | TrunkChanged
    | AgentChanged
    | WrapUpExtended
    | SeatChanged
    | PbxChanged
    | HouseApplied
    | RequestGranted
    | RequestRefused
    | WorkOpened
    | WorkTaken
    | WorkOverdue
    | WorkClosed
    | StaffCounted
    | DutyChanged
    | BreakQueued
    | BreakUnqueued
    | RuleOverridden
    | CallsWithheld
    | CallsResumed
    | CallMarked
    | LeaderSummoned
    | LeaderCalled
    | LeaderCallEnded
    | ReserveAsked
    | ShiftHandedOver
    | ItemOpened
    | ItemClosed
    | CaseOwned
    | CaseClosed
    | CallNoted
    | CaseOpened
    | CaseTaken
    | CaseChanged
    | CaseOverdue
    | GovernorStepped
    | ListeningBegan
    | ListeningChanged
    | ListeningEnded
    | RecordingFact
    | RecordingPaused
    | RecordingResumed
    | OffersChanged
    | AlarmChanged
    | Alarmed
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An event with its place in the journal: input sequence, ordinal, and when it was decided."""

    sequence: int
    ordinal: int
    boot_s: float
    at_utc_s: float
    event: Event
