"""Agents, seats, duties, breaks, and the care for those who serve."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import AgentId, CallId, DeskMessageId, QueueId, SeatId, TrunkId
from core.states import AgentState, AgentStatus, BreakReason, DutyState


@frozen
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


@frozen
class WrapUpExtended:
    """The agent's wrap-up lasts `by_s` longer."""

    agent: AgentId
    by_s: float


@frozen
class SeatChanged:
    seat: SeatId
    reachable: bool


@frozen
class StaffCounted:
    """How many are ready, how many the floor asks for, how many the roster has; told when one of them changes."""

    present: int
    needed: int
    rostered: int


@frozen
class DutyChanged:
    """What the roster makes of an agent; `shift` is "" and the times are None without one."""

    agent: AgentId
    duty: DutyState
    shift: str
    start_utc_s: float | None
    end_utc_s: float | None


@frozen
class BreakQueued:
    """A break waits for the end of a call, or for cover: `for_cover`. `ahead` breaks start before it."""

    agent: AgentId
    reason: BreakReason
    for_cover: bool
    ahead: int


@frozen
class BreakUnqueued:
    """It has begun, or was taken back."""

    agent: AgentId


@frozen
class RuleOverridden:
    """A leader let somebody do what the floor, the governor or the roster forbids; `what` names the request."""

    by: str
    agent: AgentId
    what: str
    why: str


@frozen
class LeaderSummoned:
    """Nobody else is left: this leader's mobile is rung first."""

    leader: AgentId
    why: str


@frozen
class LeaderCalled:
    """A leader's mobile is being rung, in this round of tries."""

    call: CallId
    leader: AgentId
    trunk: TrunkId
    round: int


@frozen
class LeaderCallEnded:
    """`outcome` is understood, answered (no key 1), busy, no_answer, failed (the trunk did) or lost."""

    call: CallId
    leader: AgentId
    outcome: str


@frozen
class ReserveAsked:
    """These leaders and supervisors are asked to sign in. `queue` is "" when a break needs cover."""

    agents: tuple[AgentId, ...]
    queue: QueueId
    why: str


@frozen
class ShiftHandedOver:
    """A shift ended at `ended_utc_s`; what it leaves to those who are there now. `items` are texts by name."""

    shift: str
    ended_utc_s: float
    waiting: tuple[tuple[QueueId, int], ...]
    still_talking: tuple[AgentId, ...]
    missing: tuple[AgentId, ...]
    items: tuple[tuple[str, str], ...]


@frozen
class DeskMessageSent:
    """`by` wrote this to the agent, who sees it until it is read."""

    agent: AgentId
    message: DeskMessageId
    text: str
    by: str


@frozen
class DeskMessageRead:
    """`by` is the agent, at the agent's own desk."""

    agent: AgentId
    message: DeskMessageId
    by: str


@frozen
class ItemOpened:
    item: str
    text: str
    by: str


@frozen
class ItemClosed:
    item: str
    by: str
