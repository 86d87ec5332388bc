"""The floor: the engine's memory with the indexes computed from it.

Whoever changes a record says so here (`refresh`, `enlist`, `delist`, `due`), and the indexes
follow. `touched` collects the needs for which routing has to look again before the decision ends.
"""

from __future__ import annotations

from typing import cast

from core.house import Agent, Cadence, Queue
from core.ids import AgentId, CallbackId, NodeId, QueueId
from core.states import AgentState, AgentStatus, CallState, OutboundOutcome, SeatState
from queueing.deadlines import Deadlines, Entry, Kind, Timed
from queueing.idle import IdleAgents
from queueing.line import Need, WaitingLine
from queueing.state import (
    AgentRecord,
    CallbackRecord,
    CallRecord,
    EngineState,
    NodeRecord,
    OutboundRecord,
    SeatRecord,
)

_KINDS: dict[type, Kind] = {
    AgentRecord: "agent",
    CallRecord: "call",
    OutboundRecord: "outbound",
    CallbackRecord: "callback",
    SeatRecord: "seat",
    NodeRecord: "node",
}


class Floor:
    """Built from the state alone, so that a restored engine decides like the one that was saved."""

    def __init__(self, state: EngineState) -> None:
        self.state = state
        self.needs: dict[AgentId, tuple[Need, ...]] = {}
        self.queues: dict[QueueId, Queue] = {}
        self.touched: dict[Need, None] = {}
        self.callback_news: list[tuple[CallbackId, OutboundOutcome, AgentId]] = []
        """What calls that keep promises came to in this decision (queueing.callbacks)."""
        self._timed = cast(
            dict[Kind, dict[str, Timed]],
            {
                "agent": state.agents,
                "call": state.calls,
                "outbound": state.outbound,
                "callback": state.callbacks,
                "seat": state.seats,
                "node": state.nodes,
            },
        )
        self.index()

    def index(self) -> None:
        """Compute every index anew; nobody is given anything for it."""
        self.line = WaitingLine()
        self.deadlines = Deadlines()
        self.study_house()
        for kind, records in self._timed.items():
            for key, record in records.items():
                if record.due_boot_s is not None:
                    self.deadlines.set(kind, key, record, record.due_boot_s)
        for call in self.state.calls.values():
            self.enlist(call)
        self.touched.clear()

    # --- the house -----------------------------------------------------------------------
    def study_house(self) -> None:
        """Work out who can serve what, and the idle agents anew. Call after the house has changed."""
        house = self.state.house
        self.queues = {**self.state.retired_queues, **{queue.id: queue for queue in (house.queues if house else ())}}
        by_profile: dict[tuple[object, ...], tuple[Need, ...]] = {}
        self.needs = {}
        for agent in house.agents if house else ():
            profile = (tuple(sorted(agent.skills.items())), agent.languages)
            if profile not in by_profile:
                by_profile[profile] = tuple(self._needs_of(agent))
            self.needs[agent.id] = by_profile[profile]
        self.idle = IdleAgents()
        for record in self.state.agents.values():
            self.refresh(record)

    def _needs_of(self, agent: Agent) -> list[Need]:
        able = (
            queue
            for queue in self.queues.values()
            if all(agent.skills.get(skill, 0) >= level for skill, level in queue.skills.items())
        )
        return [(queue.id, language) for queue in able for language in agent.languages]

    def queues_of(self, agent: AgentId) -> tuple[QueueId, ...]:
        """Queues this agent may serve, in the house's order, retired ones left out."""
        served = dict.fromkeys(queue for queue, _ in self.needs.get(agent, ()))
        return tuple(queue for queue in served if queue not in self.state.retired_queues)

    @property
    def cadence(self) -> Cadence:
        return self.state.house.cadence if self.state.house else Cadence()

    # --- records -------------------------------------------------------------------------
    def node(self, node: NodeId) -> NodeRecord:
        """The record of this PBX, made when first heard of."""
        return self.state.nodes.setdefault(node, NodeRecord(node))

    def agent_of(self, seat: SeatRecord) -> AgentRecord | None:
        return self.state.agents[seat.agent] if seat.agent else None

    # --- indexes -------------------------------------------------------------------------
    def available(self, agent: AgentRecord) -> bool:
        """May this agent's phone ring now?"""
        if agent.status is not AgentStatus.READY or agent.state is not AgentState.IDLE or agent.seat is None:
            return False
        seat = self.state.seats[agent.seat]
        return seat.state is SeatState.REACHABLE and seat.call is None and seat.due_boot_s is None

    def refresh(self, agent: AgentRecord) -> None:
        """Bring the idle agents up to date with this record."""
        if not self.available(agent):
            self.idle.discard(agent.id)
            return
        needs = self.needs.get(agent.id, ())
        self.idle.add(agent.id, agent.idle_since_boot_s, needs)
        self.touched.update(dict.fromkeys(needs))

    def refresh_seat(self, seat: SeatRecord) -> None:
        """The same after a change of the seat."""
        if agent := self.agent_of(seat):
            self.refresh(agent)

    def enlist(self, call: CallRecord) -> None:
        """Put a caller into the line if it can be offered now: waiting, not resting, its PBX in sight and settled."""
        node = self.node(call.node)
        if call.state is CallState.WAITING and call.queue is not None and not call.resting and node.serves:
            need = (call.queue, call.language)
            self.line.add(call, need)
            self.touched[need] = None

    def due(
        self,
        record: CallRecord | AgentRecord | SeatRecord | NodeRecord | OutboundRecord | CallbackRecord,
        due_boot_s: float,
    ) -> None:
        """Set this record's deadline, replacing the one it has."""
        self.deadlines.set(_KINDS[type(record)], record.id, record, due_boot_s)

    def first_due(self) -> Entry | None:
        return self.deadlines.first(self._timed)
