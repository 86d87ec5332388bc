"""Outcomes of the engine's decisions, past tense. Statistics, the live picture and the records
are folded from these alone; each carries what those need, so that none looks back."""

from __future__ import annotations

from dataclasses import dataclass

from core.ids import AgentId, CallbackId, CallId, HotlineId, NodeId, OfferId, QueueId, RequestId, SeatId, TrunkId
from core.states import AgentState, AgentStatus, CallbackState, OutboundOutcome, OutboundState, RingOutcome


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
class CallOffered:
    """O of kpi.md: the call asked for an agent. `waited_s` is what it had waited before (after a recovery)."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    priority: int
    language: str
    waited_s: float


@dataclass(frozen=True, slots=True)
class SeatReserved:
    """`considered` is how many agents could have had it; `idle_s` is what decided."""

    call: CallId
    offer: OfferId
    seat: SeatId
    agent: AgentId
    queue: QueueId
    considered: int
    idle_s: float


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
    """`by` is "caller", "agent" or "pbx"."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    seat: SeatId
    agent: AgentId
    talk_s: float
    by: str


@dataclass(frozen=True, slots=True)
class CallAbandoned:
    """B of kpi.md: hung up while waiting."""

    call: CallId
    queue: QueueId
    hotline: HotlineId
    waited_s: float


@dataclass(frozen=True, slots=True)
class CallLost:
    """X of kpi.md when it was waiting (`queue` set); `cause` is PBX_LOST."""

    call: CallId
    queue: QueueId | None
    hotline: HotlineId
    cause: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The final word on a call. `how` is menu, abandoned, callback, caller, agent, pbx_lost or fallback."""

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
class RequestGranted:
    """`result` is the id of what was made, if anything was."""

    request: RequestId
    result: str = ""


@dataclass(frozen=True, slots=True)
class RequestRefused:
    request: RequestId
    reason: str


@dataclass(frozen=True, slots=True)
class Alarmed:
    """Something a person must know. `text` names no caller."""

    name: str
    text: str


Event = (
    CallEntered
    | BlockedCounted
    | MenuChosen
    | CallOffered
    | SeatReserved
    | RingBegan
    | RingEnded
    | CallAnswered
    | TalkEnded
    | CallAbandoned
    | CallLost
    | CallEnded
    | OutboundBegan
    | OutboundMoved
    | TrunkFailed
    | OutboundEnded
    | CallbackMade
    | CallTurnedIntoCallback
    | CallbackChanged
    | CallbackKept
    | TrunkChanged
    | AgentChanged
    | SeatChanged
    | PbxChanged
    | HouseApplied
    | RequestGranted
    | RequestRefused
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
