"""All that the engine remembers, as plain records that survive a JSON round trip.

What can be computed from these (the waiting line, idle agents, the deadline heap) is not here:
`queueing.floor` builds it anew. No sets: their order differs between processes, and the same
inputs must give the same decisions. One module for each subject.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field

from core.house import House, Queue
from core.ids import (
    AgentId,
    CallbackId,
    CallId,
    CommandId,
    DeskMessageId,
    ListeningId,
    NodeId,
    QueueId,
    RequestId,
    SeatId,
    TrunkId,
    WorkId,
)
from core.states import AlarmState
from queueing.state.agents import AgentRecord, DutyRecord, GovernorRecord, SeatRecord, SummonRecord, WatchRecord
from queueing.state.calls import (
    CallRecord,
    Consulting,
    Errand,
    Handling,
    ListeningRecord,
    Move,
    Pause,
    Reminder,
    Returner,
    Ring,
    SecondRing,
    Talk,
)
from queueing.state.memory import Key, Memory, Value
from queueing.state.outbound import CallbackRecord, Dialling, Hour, OutboundRecord, OutsideRecord, TrunkRecord
from queueing.state.work import Case, CaseRecord, WorkRecord


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
class ReopeningRecord:
    """When a closed queue opens by itself."""

    id: QueueId
    opens_utc_s: float
    due_boot_s: float | None = None


@dataclass(slots=True)
class DrainRecord:
    """Is the house being stopped (`on`), and is nothing left (`over`)? `up` began the process of now."""

    id: str = "drain"
    on: bool = False
    over: bool = False
    up: str = ""
    due_boot_s: float | None = None


@dataclass(slots=True)
class EngineState:
    """The engine's memory. `retired_queues` are gone from the house but callers, or promises, still wait in them.

    `items` is what the next shift must know.
    """

    version: int = 0
    house: House | None = None
    retired_queues: dict[QueueId, Queue] = field(default_factory=dict)
    closed_queues: dict[QueueId, QueueId] = field(default_factory=dict)
    """Closed by a person, and where their calls go instead; "" for the closing flow."""
    closing_messages: dict[QueueId, str] = field(default_factory=dict)
    """Of closed queues whose callers hear another message than the closing flow."""
    reopenings: dict[QueueId, ReopeningRecord] = field(default_factory=dict)
    drain: DrainRecord = field(default_factory=DrainRecord)
    calls: dict[CallId, CallRecord] = field(default_factory=dict)
    agents: dict[AgentId, AgentRecord] = field(default_factory=dict)
    duties: dict[AgentId, DutyRecord] = field(default_factory=dict)
    watch: WatchRecord = field(default_factory=WatchRecord)
    governors: dict[QueueId, GovernorRecord] = field(default_factory=dict)
    summons: dict[str, SummonRecord] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    unread: dict[AgentId, list[DeskMessageId]] = field(default_factory=dict)
    """What was written to each agent and not read yet, in that order."""
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
    asked: Memory[RequestId, str] = field(default_factory=lambda: Memory(1024))
    answers: Memory[RequestId, str] = field(default_factory=lambda: Memory(1024))
    results: Memory[RequestId, str] = field(default_factory=lambda: Memory(1024))
    gone: Memory[CallId, float] = field(default_factory=lambda: Memory(4096))
    early_hang_ups: Memory[CallId, float] = field(default_factory=lambda: Memory(1024))
    handling: dict[QueueId, Handling] = field(default_factory=dict)
    returners: Memory[str, Returner] = field(default_factory=lambda: Memory(4096))
    promised_a_day: Memory[str, Hour] = field(default_factory=lambda: Memory(8192))
    """Calls that callers have asked for, by whose number (queueing.promise_bounds)."""
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
            closing_messages=dict(self.closing_messages),
            reopenings={key: copy(reopening) for key, reopening in self.reopenings.items()},
            drain=copy(self.drain),
            calls={key: call.copy() for key, call in self.calls.items()},
            agents={key: copy(agent) for key, agent in self.agents.items()},
            duties={key: duty.copy() for key, duty in self.duties.items()},
            watch=self.watch.copy(),
            governors={key: governor.copy() for key, governor in self.governors.items()},
            summons={key: summon.copy() for key, summon in self.summons.items()},
            items=dict(self.items),
            unread={key: list(messages) for key, messages in self.unread.items()},
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
            asked=self.asked.copy(),
            answers=self.answers.copy(),
            results=self.results.copy(),
            gone=self.gone.copy(),
            early_hang_ups=self.early_hang_ups.copy(),
            handling={key: copy(seen) for key, seen in self.handling.items()},
            returners=self.returners.copy(),
            promised_a_day=self.promised_a_day.copy(),
            spoke=self.spoke.copy(),
            cases=self.cases.copy(),
            case_of_caller=self.case_of_caller.copy(),
            arrivals=self.arrivals,
        )
