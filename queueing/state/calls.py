"""A call with its rings, talks and moves."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field

from core.ids import (
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
)
from core.states import CallState, ListenMode


@dataclass(slots=True)
class Ring:
    """One offer of a call to a seat. `unexplained`: the leg is gone and nobody has said why (queueing.rings).

    `awaits_desktop`: the phone has not been ordered to ring yet (queueing.pops), and `command` is "".
    """

    offer: OfferId
    command: CommandId
    seat: SeatId
    agent: AgentId
    reserved_boot_s: float
    rang_boot_s: float | None = None
    unexplained: bool = False
    awaits_desktop: bool = False


@dataclass(slots=True)
class SecondRing:
    """A second seat rung beside the first one, for the same call. `due_boot_s` ends its ring."""

    id: CallId
    offer: OfferId
    command: CommandId
    seat: SeatId
    agent: AgentId
    reserved_boot_s: float
    rang_boot_s: float | None = None
    due_boot_s: float | None = None


@dataclass(slots=True)
class Talk:
    """An answered call. `agent` is "" when nobody is signed in at the seat that answered."""

    offer: OfferId
    command: CommandId | None
    seat: SeatId
    agent: AgentId
    answered_boot_s: float
    held_since_boot_s: float | None = None
    held_s: float = 0.0
    joined: bool = False
    """Brought together by us after a hold: its leg is no child of the caller's line and has to be ended by itself."""
    rival: OfferId | None = None
    """The ring beside it that lost; one moment later its phone may have been answered too, and the PBX decides."""
    rival_seat: SeatId | None = None
    """That phone was answered."""
    is_lost: bool = False
    """The agent's phone is gone; they may come back to the caller."""


@dataclass(slots=True)
class Errand:
    """Where a call that an agent gave away goes: to `receivers`, one after the other, then into `queue`.

    `to` is what the agent named; `front`: before all who wait in that queue. `number` outside is tried before them all.
    `command` is the order that fetches the caller out of a talk.
    """

    how: str
    sender: AgentId
    receivers: list[AgentId]
    queue: QueueId
    front: bool
    to: str
    note: str
    number: str = ""
    command: CommandId | None = None

    def copy(self) -> Errand:
        twin = copy(self)
        twin.receivers = list(self.receivers)
        return twin


@dataclass(slots=True)
class CallRecord:
    """A live call. `number` counts arrivals and breaks ties; `due_boot_s` is its one deadline.

    `caller` is the number, "" when withheld; `old_place_boot_s` the place of an earlier call (queueing.returners);
    `overflowed` are the queues it was sent on from (queueing.overflow); `step` counts how far its requirements have
    relaxed; `held_for` is the preferred agent it waits for alone, `held_by_case` for owning its case, `case`;
    at `promise_boot_s` it is promised something again, until when it was before is `promised_until_boot_s`;
    at `announce_boot_s` it is told its place, `told_ahead` before, and what `offered_keys` bring (queueing.announcing);
    `served_by` spoke with it last; `marked`: it has given a mark; `flow` is what its line was handed to, by
    `flow_command` while that is not done.
    """

    id: CallId
    node: NodeId
    hotline: HotlineId
    trunk: TrunkId
    language: str
    number: int
    entered_boot_s: float
    changed_boot_s: float
    state: CallState = CallState.MENU
    queue: QueueId | None = None
    priority: int = 0
    since_boot_s: float = 0.0
    offers: int = 0
    excluded: list[AgentId] = field(default_factory=list)
    commands: list[CommandId] = field(default_factory=list)
    failures: int = 0
    resting: bool = False
    ring: Ring | None = None
    talk: Talk | None = None
    held_seats: list[SeatId] = field(default_factory=list)
    overflowed: list[QueueId] = field(default_factory=list)
    step: int = 0
    held_for: AgentId | None = None
    held_by_case: bool = False
    case: str = ""
    promise_boot_s: float | None = None
    promised_until_boot_s: float | None = None
    announce_boot_s: float | None = None
    told_ahead: int | None = None
    offered_keys: str = ""
    served_by: AgentId = NOBODY
    marked: bool = False
    flow: str = ""
    flow_command: CommandId | None = None
    left_message: bool = False
    caller: str = ""
    old_place_boot_s: float | None = None
    due_boot_s: float | None = None
    callback: CallbackId | None = None
    errand: Errand | None = None
    offered: bool = False
    """Is an O of docs/figures.md open for it, which an answer, an abandon or a loss will close?"""
    dismissed: bool = False
    """Is it leaving because its queue was closed?"""
    beside: str = ""
    """A second phone beside the one that rings: "asked" for, "held" when it can be rung."""
    was_outside: bool = False
    """Is it leaving after a talk outside the house?"""
    offers_before: int = 0
    """How many offers it had had when it came to its present queue."""

    @property
    def came_boot_s(self) -> float:
        """Since when its place counts."""
        return self.since_boot_s if self.old_place_boot_s is None else min(self.since_boot_s, self.old_place_boot_s)

    def copy(self) -> CallRecord:
        twin = copy(self)
        twin.excluded, twin.commands, twin.held_seats = list(self.excluded), list(self.commands), list(self.held_seats)
        twin.overflowed = list(self.overflowed)
        twin.ring, twin.talk = copy(self.ring), copy(self.talk)
        twin.errand = self.errand.copy() if self.errand else None
        return twin


@dataclass(slots=True)
class Move:
    """A request about a live call that the PBX is carrying out; `command` is the order it hangs on."""

    id: CallId
    request: RequestId
    kind: str
    command: CommandId
    due_boot_s: float | None = None


@dataclass(slots=True)
class Reminder:
    """When a caller on hold and whoever keeps them are reminded next."""

    id: CallId
    due_boot_s: float | None = None


@dataclass(slots=True)
class Consulting:
    """A colleague asked about a held call. `due_boot_s` ends the ring.

    `confers`: all three are being brought together; `joined`: the colleague is with the caller.
    """

    id: CallId
    offer: OfferId
    command: CommandId
    seat: SeatId
    agent: AgentId
    rang_boot_s: float | None = None
    answered_boot_s: float | None = None
    confers: bool = False
    joined: bool = False
    due_boot_s: float | None = None


@dataclass(slots=True)
class Pause:
    """A talk whose recording is silent, or shall be. `request` waits for `command`; `how` is why it ends, "" before.

    `due_boot_s` is when it ends by itself, or when the order is given again.
    """

    id: CallId
    seat: SeatId
    agent: AgentId
    by: str
    request: RequestId | None
    command: CommandId
    since_boot_s: float
    silent: bool = False
    how: str = ""
    due_boot_s: float | None = None


@dataclass(slots=True)
class Handling:
    """How long a queue's talks take, wrap-up included."""

    count: int = 0
    mean_s: float = 0.0


@dataclass(slots=True)
class Returner:
    """The place of a caller who left without having been helped."""

    place_boot_s: float
    left_boot_s: float


@dataclass(slots=True)
class ListeningRecord:
    """Somebody who hears a call; `told` as in core.events.ListeningBegan.

    By phone it has a `seat`, and `channel`, the id of its leg; `command` rings it, and it is `heard` once it is
    answered, until `due_boot_s`.

    `turning` is an order that is being carried out: to go on as `wanted`, for whoever `asked`; or, with an `offer`, to
    take the call over, under this offer (queueing.taking).

    `team`: whose talks alone may be heard; None: everybody's.
    """

    id: ListeningId
    call: CallId
    node: NodeId
    by: str
    told: bool
    began_boot_s: float
    address: str = ""
    seat: SeatId | None = None
    channel: CallId | None = None
    command: CommandId | None = None
    mode: ListenMode = ListenMode.LISTEN
    rang: bool = False
    heard: bool = False
    due_boot_s: float | None = None
    turning: CommandId | None = None
    asked: RequestId | None = None
    wanted: ListenMode | None = None
    offer: OfferId | None = None
    team: tuple[AgentId, ...] | None = None
