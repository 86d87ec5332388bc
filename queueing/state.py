"""All that the engine remembers, as plain records that survive a JSON round trip.

What can be computed from these (the waiting line, idle agents, the deadline heap) is not here:
`queueing.floor` builds it anew. No sets: their order differs between processes, and the same
inputs must give the same decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from core.figures import Figures
from core.house import House, Queue
from core.ids import (
    NO_OFFER,
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
from core.states import (
    AgentState,
    AgentStatus,
    AlarmState,
    BreakReason,
    CallbackState,
    CallState,
    CaseKind,
    CaseState,
    DutyState,
    ListenMode,
    OutboundState,
    SeatState,
    Withheld,
    WorkKind,
)

Key = TypeVar("Key", bound=str)
Value = TypeVar("Value")


@dataclass(slots=True)
class Memory(Generic[Key, Value]):
    """Remembers at least the last `size` entries, at most twice as many."""

    size: int
    young: dict[Key, Value] = field(default_factory=dict)
    old: dict[Key, Value] = field(default_factory=dict)

    def keep(self, key: Key, value: Value) -> None:
        if len(self.young) >= self.size:
            self.old, self.young = self.young, {}
        self.young[key] = value

    def get(self, key: Key) -> Value | None:
        return self.young[key] if key in self.young else self.old.get(key)

    def forget(self, key: Key) -> Value | None:
        """Drop an entry and return it."""
        found = self.young.pop(key, None)
        return found if found is not None else self.old.pop(key, None)

    def values(self) -> Iterator[Value]:
        yield from self.old.values()
        yield from self.young.values()

    def __contains__(self, key: Key) -> bool:
        return key in self.young or key in self.old

    def copy(self) -> Memory[Key, Value]:
        return Memory(self.size, dict(self.young), dict(self.old))


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


@dataclass(slots=True)
class Errand:
    """Where a call that an agent gave away goes: to `receivers`, one after the other, then into `queue`.

    `to` is what the agent named; `front`: before all who wait in that queue. `number` outside is tried before them all.
    """

    how: str
    sender: AgentId
    receivers: list[AgentId]
    queue: QueueId
    front: bool
    to: str
    note: str
    number: str = ""

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
    """Is an O of kpi.md open for it, which an answer, an abandon or a loss will close?"""
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
class AgentRecord:
    """A person. `due_boot_s` is the end of the wrap-up; `in_house` False: gone from the house, leaves when idle.

    `pending_break` waits for the end of a call or for cover; `break_forced`: a leader lets it begin in any case.
    `withheld`: ready, and given no call all the same (queueing.withholding). `pop` is the last offer, and `desktop` the
    window that shows it (queueing.pops).
    Since the sign-in: `busy_s` of talk, hold and wrap-up, `free_s` of waiting for a call; `offered_boot_s` of the last.
    """

    id: AgentId
    changed_boot_s: float
    status: AgentStatus = AgentStatus.SIGNED_OUT
    state: AgentState = AgentState.IDLE
    seat: SeatId | None = None
    call: CallId | None = None
    idle_since_boot_s: float = 0.0
    offered_boot_s: float = 0.0
    pop: OfferId = NO_OFFER
    pop_boot_s: float = 0.0
    desktop: str = ""
    busy_s: float = 0.0
    free_s: float = 0.0
    misses: int = 0
    answers_s: tuple[float, ...] = ()
    """How long the last rings lasted that this agent answered or missed (queueing.answer_by)."""
    pending_break: BreakReason | None = None
    break_asked_boot_s: float = 0.0
    break_forced: bool = False
    withheld: Withheld | None = None
    wrap_up_extended: bool = False
    in_house: bool = True
    due_boot_s: float | None = None


@dataclass(slots=True)
class DutyRecord:
    """An agent's working time. `due_boot_s`: the next of a rest's end, the longest stretch, the last call of a shift.

    `shift` with its times is the one worked now, about to begin, or just over; `came`: signed in during it.
    `busy` and `free` are seconds by five minutes of the boot clock, kept where the group has a cap.
    """

    id: AgentId
    shift: str = ""
    start_utc_s: float | None = None
    end_utc_s: float | None = None
    state: DutyState = DutyState.OFF
    came: bool = False
    working_since_boot_s: float | None = None
    handled_s: float = 0.0
    usual_handling_s: float | None = None
    last_call: CallId | None = None
    abused: bool = False
    rest: Withheld | None = None
    rest_until_boot_s: float | None = None
    leaving: bool = False
    busy: dict[int, float] = field(default_factory=dict)
    free: dict[int, float] = field(default_factory=dict)
    due_boot_s: float | None = None

    def copy(self) -> DutyRecord:
        twin = copy(self)
        twin.busy, twin.free = dict(self.busy), dict(self.free)
        return twin


@dataclass(slots=True)
class WatchRecord:
    """The roster as of `at_utc_s`; at `next_utc_s` it changes. `told` is what was last said of the staff."""

    id: str = "roster"
    at_utc_s: float | None = None
    next_utc_s: float | None = None
    needed: int = 0
    night: bool = False
    rostered: int = 0
    told: tuple[int, int, int] = (-1, -1, -1)
    short: bool = False
    foreseen: dict[str, float] = field(default_factory=dict)
    unknown_years: dict[int, str] = field(default_factory=dict)
    due_boot_s: float | None = None

    def copy(self) -> WatchRecord:
        twin = copy(self)
        twin.foreseen, twin.unknown_years = dict(self.foreseen), dict(self.unknown_years)
        return twin


@dataclass(slots=True)
class GovernorRecord:
    """One queue's governor: the step it stands on, since when it should go up or down, and the last minutes' figures.

    `minutes` are by minute of the boot clock in which the call entered. `relapses`: how often a step back had to be
    taken again; `last` is the direction of the last step.
    """

    id: QueueId
    step: int = 0
    low_since_boot_s: float | None = None
    high_since_boot_s: float | None = None
    handling_s: float | None = None
    minutes: dict[int, Figures] = field(default_factory=dict)
    reserve_asked: bool = False
    relapses: int = 0
    last: int = 0
    due_boot_s: float | None = None

    def copy(self) -> GovernorRecord:
        twin = copy(self)
        twin.minutes = {minute: Figures.from_json(figures.to_json()) for minute, figures in self.minutes.items()}
        return twin


@dataclass(slots=True)
class SummonRecord:
    """Leaders are being rung, one at a time (queueing.summons). `left` are those of this round, the present one first.

    `call` is the call under way, None in the pause between rounds and in the quiet after key 1 (`understood`).
    """

    id: str
    left: list[AgentId]
    round: int = 1
    call: CallId | None = None
    command: CommandId | None = None
    node: NodeId | None = None
    trunk: TrunkId | None = None
    tried: list[TrunkId] = field(default_factory=list)
    rang: bool = False
    answered: bool = False
    understood: bool = False
    due_boot_s: float | None = None

    def copy(self) -> SummonRecord:
        twin = copy(self)
        twin.left, twin.tried = list(self.left), list(self.tried)
        return twin


@dataclass(slots=True)
class SeatRecord:
    """A place with a phone. `due_boot_s` is the end of its rest after failed rings."""

    id: SeatId
    in_house: bool = False
    state: SeatState = SeatState.UNREACHABLE
    agent: AgentId | None = None
    call: CallId | None = None
    failures: int = 0
    mirrored: tuple[tuple[QueueId, ...], bool] = ((), False)
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


@dataclass(frozen=True, slots=True)
class Case:
    """An open case: its owner until then, and the caller's number, "" unknown."""

    agent: AgentId
    caller: str
    until_boot_s: float


@dataclass(slots=True)
class CaseRecord:
    """An open case of our own; `due_boot_s` is when it becomes overdue. Its words are in the journal."""

    id: str
    kind: CaseKind
    caller: str
    owner: AgentId = NOBODY
    state: CaseState = CaseState.NEW
    overdue: bool = False
    due_boot_s: float | None = None


@dataclass(slots=True)
class NodeRecord:
    """One PBX. `started` tells its runs apart; `blocked` holds its counters of refused calls.

    `books_place` is how far its own call records have been read. `settling`: its callers are on their way back to
    us, until `due_boot_s`; nobody is given a seat before those in front have had the time to arrive. While it is out
    of sight `due_boot_s` is when its calls can live no longer.
    """

    id: NodeId
    up: bool = False
    changed_boot_s: float = 0.0
    started: str = ""
    mirror_stale: bool = True
    books_place: int | None = None
    settling: bool = False
    due_boot_s: float | None = None
    blocked: dict[TrunkId, int] = field(default_factory=dict)

    @property
    def serves(self) -> bool:
        """May its callers be given seats now?"""
        return self.up and not self.settling

    def copy(self) -> NodeRecord:
        twin = copy(self)
        twin.blocked = dict(self.blocked)
        return twin


@dataclass(slots=True)
class OutboundRecord:
    """A call that we make. `attempt` counts the trunks dialled, `trunk` is the present one.

    `rang` and `progressed` are of that attempt; `given_up` is why we cancelled it, `leg_gone` that Dial must return
    any moment; `asked` is our question whether the trunk says anything.
    """

    id: CallId
    node: NodeId
    agent: AgentId
    seat: SeatId
    number: str
    queue: QueueId | None
    language: str
    callback: CallbackId | None
    began_boot_s: float
    changed_boot_s: float
    state: OutboundState = OutboundState.CALLING_AGENT
    commands: list[CommandId] = field(default_factory=list)
    command: CommandId | None = None
    asked: CommandId | None = None
    agent_rang: bool = False
    attempt: int = 0
    trunk: TrunkId | None = None
    tried: list[TrunkId] = field(default_factory=list)
    rang: bool = False
    progressed: bool = False
    given_up: str = ""
    leg_gone: bool = False
    held_boot_s: float | None = None
    dialled_boot_s: float = 0.0
    answered_boot_s: float | None = None
    due_boot_s: float | None = None

    def copy(self) -> OutboundRecord:
        twin = copy(self)
        twin.tried, twin.commands = list(self.tried), list(self.commands)
        return twin


@dataclass(slots=True)
class OutsideRecord:
    """A caller who is being connected, or speaks, with a number outside; the fields of an attempt as in OutboundRecord.

    `why` is blind, consulted, consult, full, too_long or menu. `attempt` counts on from the call's offers, so that no
    token is there twice. `asker` is the seat whose agent consults there, while the caller is on hold: its leg dials.
    After that, until the PBX has brought them together, the far end `awaits_caller`.
    """

    id: CallId
    node: NodeId
    number: str
    language: str
    why: str
    began_boot_s: float
    attempt: int
    commands: list[CommandId] = field(default_factory=list)
    command: CommandId | None = None
    asked: CommandId | None = None
    trunk: TrunkId | None = None
    tried: list[TrunkId] = field(default_factory=list)
    rang: bool = False
    progressed: bool = False
    given_up: str = ""
    leg_gone: bool = False
    dialled_boot_s: float = 0.0
    answered_boot_s: float | None = None
    asker: SeatId | None = None
    note: str = ""
    awaits_caller: bool = False
    due_boot_s: float | None = None

    def copy(self) -> OutsideRecord:
        twin = copy(self)
        twin.tried, twin.commands = list(self.tried), list(self.commands)
        return twin


Dialling = OutboundRecord | OutsideRecord
"""Whatever reaches a far end over one trunk after the other (queueing.far_end)."""


@dataclass(slots=True)
class CallbackRecord:
    """A promise to call back. `since_boot_s`, `priority` and `number` are its place in the line, as a caller's.

    `dial` is the call that keeps it now, `excluded` agents who missed it, `asked_boot_s` when it was promised, `step`
    how far its requirements have relaxed; `due_boot_s` ends a gap, or is the next such step, or ends the hours in which
    it may be kept.
    """

    id: CallbackId
    call: CallId
    phone: str
    queue: QueueId
    hotline: HotlineId
    language: str
    priority: int
    since_boot_s: float
    asked_boot_s: float
    number: int
    from_caller: bool
    state: CallbackState = CallbackState.WAITING
    tries: int = 0
    step: int = 0
    dial: CallId | None = None
    excluded: list[AgentId] = field(default_factory=list)
    due_boot_s: float | None = None

    def copy(self) -> CallbackRecord:
        twin = copy(self)
        twin.excluded = list(self.excluded)
        return twin


@dataclass(slots=True)
class WorkRecord:
    """Something open that somebody has to do; `due_boot_s` is when it becomes overdue."""

    id: WorkId
    kind: WorkKind
    call: CallId
    number: str
    callback: CallbackId | None = None
    owner: AgentId = NOBODY
    overdue: bool = False
    due_boot_s: float | None = None


@dataclass(slots=True)
class Hour:
    """How often something was done in the hour that began at `began_boot_s`."""

    began_boot_s: float
    count: int = 0


@dataclass(slots=True)
class TrunkRecord:
    """A carrier: what its qualify says, and until when a failed call makes us try others first."""

    id: TrunkId
    reachable: bool = True
    doubted_until_boot_s: float = 0.0


@dataclass(slots=True)
class AlarmRecord:
    """An alarm that stands; `by` has acknowledged it."""

    rule: str
    subject: str
    severity: str
    value: float
    text: str
    state: AlarmState
    by: str = ""


@dataclass(slots=True)
class ListeningRecord:
    """Somebody who hears a call; `told` as in core.events.ListeningBegan.

    By phone it has a `seat`, and `channel`, the id of its leg; `command` rings it, and it is `heard` once it is
    answered, until `due_boot_s`.
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


@dataclass(slots=True)
class EngineState:
    """The engine's memory. `retired_queues` are gone from the house but callers still wait in them.

    `items` is what the next shift must know.
    """

    version: int = 0
    house: House | None = None
    retired_queues: dict[QueueId, Queue] = field(default_factory=dict)
    closed_queues: dict[QueueId, QueueId] = field(default_factory=dict)
    """Closed by a person, and where their calls go instead; "" for the closing message."""
    calls: dict[CallId, CallRecord] = field(default_factory=dict)
    agents: dict[AgentId, AgentRecord] = field(default_factory=dict)
    duties: dict[AgentId, DutyRecord] = field(default_factory=dict)
    watch: WatchRecord = field(default_factory=WatchRecord)
    governors: dict[QueueId, GovernorRecord] = field(default_factory=dict)
    summons: dict[str, SummonRecord] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    alarms: dict[str, AlarmRecord] = field(default_factory=dict)
    seats: dict[SeatId, SeatRecord] = field(default_factory=dict)
    nodes: dict[NodeId, NodeRecord] = field(default_factory=dict)
    outbound: dict[CallId, OutboundRecord] = field(default_factory=dict)
    outside: dict[CallId, OutsideRecord] = field(default_factory=dict)
    callbacks: dict[CallbackId, CallbackRecord] = field(default_factory=dict)
    work: dict[WorkId, WorkRecord] = field(default_factory=dict)
    open_cases: dict[str, CaseRecord] = field(default_factory=dict)
    case_year: str = ""
    cases_of_year: int = 0
    trunks: dict[TrunkId, TrunkRecord] = field(default_factory=dict)
    dials: dict[str, Hour] = field(default_factory=dict)
    outbound_commands: dict[CommandId, CallId] = field(default_factory=dict)
    moves: dict[CallId, Move] = field(default_factory=dict)
    reminders: dict[CallId, Reminder] = field(default_factory=dict)
    consults: dict[CallId, Consulting] = field(default_factory=dict)
    seconds: dict[CallId, SecondRing] = field(default_factory=dict)
    pauses: dict[CallId, Pause] = field(default_factory=dict)
    listenings: dict[ListeningId, ListeningRecord] = field(default_factory=dict)
    ring_commands: dict[CommandId, CallId] = field(default_factory=dict)
    mirror_commands: Memory[CommandId, NodeId] = field(default_factory=lambda: Memory(4096))
    answers: Memory[RequestId, str] = field(default_factory=lambda: Memory(1024))
    results: Memory[RequestId, str] = field(default_factory=lambda: Memory(1024))
    gone: Memory[CallId, float] = field(default_factory=lambda: Memory(4096))
    early_hang_ups: Memory[CallId, float] = field(default_factory=lambda: Memory(1024))
    handling: dict[QueueId, Handling] = field(default_factory=dict)
    returners: Memory[str, Returner] = field(default_factory=lambda: Memory(4096))
    spoke: Memory[str, AgentId] = field(default_factory=lambda: Memory(8192))
    cases: Memory[str, Case] = field(default_factory=lambda: Memory(8192))
    case_of_caller: Memory[str, str] = field(default_factory=lambda: Memory(8192))
    arrivals: int = 0

    def copy(self) -> EngineState:
        """A twin that shares nothing which can change."""
        return EngineState(
            version=self.version,
            house=self.house,
            retired_queues=dict(self.retired_queues),
            closed_queues=dict(self.closed_queues),
            calls={key: call.copy() for key, call in self.calls.items()},
            agents={key: copy(agent) for key, agent in self.agents.items()},
            duties={key: duty.copy() for key, duty in self.duties.items()},
            watch=self.watch.copy(),
            governors={key: governor.copy() for key, governor in self.governors.items()},
            summons={key: summon.copy() for key, summon in self.summons.items()},
            items=dict(self.items),
            alarms={key: copy(alarm) for key, alarm in self.alarms.items()},
            seats={key: copy(seat) for key, seat in self.seats.items()},
            nodes={key: node.copy() for key, node in self.nodes.items()},
            outbound={key: call.copy() for key, call in self.outbound.items()},
            outside={key: call.copy() for key, call in self.outside.items()},
            callbacks={key: promise.copy() for key, promise in self.callbacks.items()},
            work={key: copy(item) for key, item in self.work.items()},
            open_cases={key: copy(case) for key, case in self.open_cases.items()},
            case_year=self.case_year,
            cases_of_year=self.cases_of_year,
            trunks={key: copy(trunk) for key, trunk in self.trunks.items()},
            dials={key: copy(hour) for key, hour in self.dials.items()},
            outbound_commands=dict(self.outbound_commands),
            moves={key: copy(move) for key, move in self.moves.items()},
            reminders={key: copy(reminder) for key, reminder in self.reminders.items()},
            consults={key: copy(consult) for key, consult in self.consults.items()},
            seconds={key: copy(ring) for key, ring in self.seconds.items()},
            pauses={key: copy(pause) for key, pause in self.pauses.items()},
            listenings={key: copy(listening) for key, listening in self.listenings.items()},
            ring_commands=dict(self.ring_commands),
            mirror_commands=self.mirror_commands.copy(),
            answers=self.answers.copy(),
            results=self.results.copy(),
            gone=self.gone.copy(),
            early_hang_ups=self.early_hang_ups.copy(),
            handling={key: copy(seen) for key, seen in self.handling.items()},
            returners=self.returners.copy(),
            spoke=self.spoke.copy(),
            cases=self.cases.copy(),
            case_of_caller=self.case_of_caller.copy(),
            arrivals=self.arrivals,
        )
