"""Outcomes of the engine's decisions, past tense. Statistics, the live picture and the records
are folded from these alone; each carries what those need, so that none looks back. One module for each subject."""

from __future__ import annotations

from core.events.calls import BlockedCounted, CallEnded, CallEntered, CallLost
from core.events.menus import FlowBegan, FlowLeft, MenuChosen, MenuNodeVisited, MessageTaken, SurveyMarked
from core.events.outbound import (
    CallbackChanged,
    CallbackKept,
    CallbackMade,
    OutboundBegan,
    OutboundEnded,
    OutboundMoved,
    OutsideAnswered,
    OutsideDialled,
    OutsideEnded,
    TrunkFailed,
)
from core.events.rings import CallAnswered, PopShown, PopUnseen, RingBegan, RingEnded, SeatReserved
from core.events.service import (
    AlarmChanged,
    Alarmed,
    DrainBegan,
    DrainEnded,
    GovernorStepped,
    HouseApplied,
    HouseDrained,
    OffersChanged,
    PbxChanged,
    RequestGranted,
    RequestRefused,
    TrunkChanged,
)
from core.events.staff import (
    AgentChanged,
    BreakQueued,
    BreakUnqueued,
    DeskMessageRead,
    DeskMessageSent,
    DutyChanged,
    ItemClosed,
    ItemOpened,
    LeaderCalled,
    LeaderCallEnded,
    LeaderSummoned,
    ReserveAsked,
    RuleOverridden,
    SeatChanged,
    ShiftHandedOver,
    StaffCounted,
    WrapUpExtended,
)
from core.events.talks import (
    CallHeld,
    CallMarked,
    CallResumed,
    CallTransferred,
    ConferenceBegan,
    ConsultAnswered,
    ConsultBegan,
    ConsultEnded,
    HoldReminded,
    ListeningBegan,
    ListeningChanged,
    ListeningEnded,
    TalkBegan,
    TalkEnded,
)
from core.events.waiting import (
    CallAbandoned,
    CallFlowedOut,
    CallLeftMessage,
    CallMoved,
    CallOffered,
    CallsResumed,
    CallsWithheld,
    CallTurnedIntoCallback,
    PriorityChanged,
    PromiseMade,
    QueueClosed,
    QueueOpened,
    WaitTold,
)
from core.events.work import (
    CallNoted,
    CaseChanged,
    CaseClosed,
    CaseOpened,
    CaseOverdue,
    CaseOwned,
    CaseTaken,
    WorkClosed,
    WorkOpened,
    WorkOverdue,
    WorkTaken,
)
from core.frozen import frozen
from core.recordings import RecordingFact, RecordingPaused, RecordingResumed

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
    | DrainBegan
    | DrainEnded
    | HouseDrained
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
    | DeskMessageSent
    | DeskMessageRead
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


@frozen
class Outcome:
    """An event with its place in the journal: input sequence, ordinal, and when it was decided."""

    sequence: int
    ordinal: int
    boot_s: float
    at_utc_s: float
    event: Event
