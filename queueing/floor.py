"""The floor: the engine's memory with the indexes computed from it.

Whoever changes a record says so here (`refresh`, `enlist`, `delist`, `due`), and the indexes
follow. `touched` collects the needs for which routing has to look again before the decision ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, cast

from core.desk import DeskRules
from core.house import Agent, Cadence, Queue
from core.ids import AgentId, CallbackId, CallId, NodeId, QueueId, WorkId
from core.recorded import is_recorded
from core.staff import Governor, Group, Measure, Staffing
from core.states import AgentState, AgentStatus, CallbackState, CallState, OutboundOutcome, SeatState
from queueing import aging, patience, relaxing
from queueing.deadlines import Deadlines, Entry, Kind, Timed
from queueing.duty import Duty, Profile
from queueing.idle import IdleAgents
from queueing.line import Need, WaitingLine, own
from queueing.presence import ABSENT, HELD, PRESENT, ROUTABLE, Presence
from queueing.priorities import Priorities
from queueing.roster import Roster
from queueing.state import (
    AgentRecord,
    CallbackRecord,
    CallRecord,
    CaseRecord,
    Consulting,
    DrainRecord,
    DutyRecord,
    EngineState,
    GovernorRecord,
    ListeningRecord,
    Move,
    NodeRecord,
    OutboundRecord,
    OutsideRecord,
    Pause,
    Reminder,
    ReopeningRecord,
    SeatRecord,
    SecondRing,
    SummonRecord,
    WatchRecord,
    WorkRecord,
)
from queueing.strategies import STRATEGIES, Score

Dated = (
    CallRecord | AgentRecord | SeatRecord | NodeRecord | Move | Reminder | Consulting | OutboundRecord | OutsideRecord
    | CallbackRecord | SecondRing | SummonRecord | DutyRecord | GovernorRecord | WatchRecord | WorkRecord | Pause
    | ListeningRecord | CaseRecord | ReopeningRecord | DrainRecord
)  # fmt: skip

_KINDS: dict[type, Kind] = {
    AgentRecord: "agent", CallRecord: "call", SeatRecord: "seat", NodeRecord: "node",
    Move: "move", Reminder: "reminder", Consulting: "consult", Pause: "pause",
    SecondRing: "second", SummonRecord: "summon", ListeningRecord: "listening",
    DutyRecord: "duty", GovernorRecord: "governor", WatchRecord: "watch",
    OutboundRecord: "outbound", OutsideRecord: "outside", CallbackRecord: "callback", WorkRecord: "work",
    CaseRecord: "case", ReopeningRecord: "reopening", DrainRecord: "drain",
}  # fmt: skip
NO_GROUP = Group(id="none")


class Serving(NamedTuple):
    """A need that an agent can serve, and how its queue ranks the agent."""

    need: Need
    score: Score
    level: int


class Floor:
    """Built from the state alone, so that a restored engine decides like the one that was saved."""

    def __init__(self, state: EngineState) -> None:
        self.state = state
        self.needs: dict[AgentId, tuple[Serving, ...]] = {}
        self._profiles: dict[AgentId, Profile] = {}
        self.queues: dict[QueueId, Queue] = {}
        self.touched: dict[Need, None] = {}
        self.unpromised: dict[CallId, None] = {}
        self.untold: dict[CallId, None] = {}
        self.newcomers: dict[CallId, None] = {}
        self.errands: dict[CallId, None] = {}
        self.besides: dict[CallId, None] = {}
        """Calls for which a second phone can be rung beside the first."""
        self.came_or_went: dict[AgentId, None] = {}
        """Agents whose place in the roster has to be looked at again before the decision ends."""
        self.witness: Callable[[CallRecord, AgentRecord, bool], None] | None = None
        """Told of each choice before anything is changed for it: call, agent, and whether somebody named the agent."""
        self.callback_news: list[tuple[CallbackId, OutboundOutcome, AgentId]] = []
        """What calls that keep promises came to in this decision (queueing.callbacks)."""
        self.timed = cast(
            dict[Kind, dict[str, Timed]],
            {
                "agent": state.agents,
                "call": state.calls,
                "outbound": state.outbound,
                "outside": state.outside,
                "callback": state.callbacks,
                "work": state.work,
                "case": state.open_cases,
                "reopening": state.reopenings,
                "seat": state.seats,
                "node": state.nodes,
                "move": state.moves,
                "reminder": state.reminders,
                "consult": state.consults,
                "second": state.seconds,
                "summon": state.summons,
                "pause": state.pauses,
                "listening": state.listenings,
                "duty": state.duties,
                "governor": state.governors,
                "watch": {state.watch.id: state.watch},
                "drain": {state.drain.id: state.drain},
            },
        )
        """Every record that can fall due, by the kind of its deadline."""
        self.line = WaitingLine[CallId]()
        self.promised = WaitingLine[CallbackId]()
        """Promises to call back that wait for an agent."""
        self.promise_of: dict[str, CallbackId] = {}
        """Every promise, by its number and by the call that asked."""
        self.work_of: dict[str, dict[WorkId, None]] = {}
        """Open items by number, by call and by promise."""
        self.promises_held_up = False
        """Some were passed over because as many agents as may were dialling for others."""
        self.index()

    def index(self) -> None:
        """Compute every index anew; nobody is given anything for it."""
        self.deadlines = Deadlines()
        self.study_house()
        for kind, records in self.timed.items():
            for key, record in records.items():
                if record.due_boot_s is not None:
                    self.deadlines.set(kind, key, record, record.due_boot_s)
        self.relist()
        for promise in self.state.callbacks.values():
            self.promise_of |= {promise.phone: promise.id, promise.call: promise.id}
        self.work_of.clear()
        for item in self.state.work.values():
            self.know_work(item)
        self.promises_held_up = bool(len(self.promised))  # looking once too often finds nothing
        self.touched.clear()
        self.errands.clear()
        self.besides = {name: None for name, call in self.state.calls.items() if call.beside == "held"}

    # --- the house -----------------------------------------------------------------------
    def study_house(self) -> None:
        """Work out who can serve what, and the idle agents anew. Call after the house has changed."""
        house = self.state.house
        self.queues = {**self.state.retired_queues, **{queue.id: queue for queue in (house.queues if house else ())}}
        self.roster = Roster(house) if house else None
        groups = {group.id: group for group in (house.groups if house else ())}
        self.groups = {agent.id: groups[agent.group] for agent in (house.agents if house else ()) if agent.group}
        self._people = {agent.id: agent for agent in (house.agents if house else ())}
        relaxed = [self._relaxed(queue) for queue in self.queues.values()]
        by_profile: dict[tuple[object, ...], tuple[Serving, ...]] = {}
        profiles: dict[int, Profile] = {}
        self.needs, self._profiles = {}, {}
        self.serves: dict[AgentId, tuple[QueueId, ...]] = {}
        """Queues each agent may serve, in the house's order, retired ones left out."""
        for agent in house.agents if house else ():
            profile = (tuple(sorted(agent.skills.items())), agent.languages)
            if profile not in by_profile:
                by_profile[profile] = tuple(_needs_of(agent, relaxed))
            self.needs[agent.id] = servings = by_profile[profile]
            self._profiles[agent.id] = profiles.setdefault(id(servings), frozenset(one.need for one in servings))
        served = {needs: self._queues_in(needs) for needs in by_profile.values()}
        self.serves = {agent: served[needs] for agent, needs in self.needs.items()}
        self.priorities = Priorities(house)
        self.idle, self.duty, self.presence = IdleAgents(), Duty(), Presence()
        for record in self.state.agents.values():
            self.refresh(record)
        agents = self.state.agents
        self.withheld = {name: None for name, record in agents.items() if record.withheld is not None}
        self.unmet = {name: None for name, one in agents.items() if one.withheld is None and self._wants_no_calls(name)}
        """From whom calls should be withheld, and whom the queues cannot spare."""
        self.breaks = {name: None for name, record in agents.items() if record.pending_break is not None}

    def _relaxed(self, queue: Queue) -> Queue:
        """The queue, asking for less if its governor has relaxed it; a skill is never dropped."""
        if "relax_skills" not in self.measures(queue.id):
            return queue
        relief = self.governor.relax_levels
        return queue.model_copy(
            update={"skills": {name: max(1, least - relief) for name, least in queue.skills.items()}}
        )

    def measures(self, queue: QueueId) -> tuple[Measure, ...]:
        """What the governor does for this queue now."""
        record = self.state.governors.get(queue)
        return self.governor.ladder[: record.step] if record else ()

    def _queues_in(self, needs: tuple[Serving, ...]) -> tuple[QueueId, ...]:
        """Queues served without waiting for the caller's requirements to relax."""
        served = dict.fromkeys(need.queue for need, _, _ in needs if need.step == 0)
        return tuple(queue for queue in served if queue not in self.state.retired_queues)

    def queues_of(self, agent: AgentId) -> tuple[QueueId, ...]:
        return self.serves.get(agent, ())

    def group_of(self, agent: AgentId) -> Group:
        return self.groups.get(agent, NO_GROUP)

    def is_recorded(self, call: CallId, queue: QueueId | None, agent: AgentId) -> bool:
        """Is a talk of this call with this agent due for recording?"""
        return is_recorded(call, self.queues.get(queue) if queue else None, self._people.get(agent))

    @property
    def staffing(self) -> Staffing:
        return self.state.house.staffing if self.state.house else Staffing()

    @property
    def governor(self) -> Governor:
        return self.state.house.governor if self.state.house else Governor()

    @property
    def desk(self) -> DeskRules:
        return self.state.house.desk if self.state.house else DeskRules()

    @property
    def cadence(self) -> Cadence:
        return self.state.house.cadence if self.state.house else Cadence()

    # --- records -------------------------------------------------------------------------
    def node(self, node: NodeId) -> NodeRecord:
        """The record of this PBX, made when first heard of."""
        found = self.state.nodes.get(node)
        if found is None:
            found = self.state.nodes[node] = NodeRecord(node)
        return found

    def worktime(self, agent: AgentId) -> DutyRecord:
        """The record of this agent's working time, made when first asked for."""
        found = self.state.duties.get(agent)
        if found is None:
            found = self.state.duties[agent] = DutyRecord(agent)
        return found

    def agent_of(self, seat: SeatRecord) -> AgentRecord | None:
        return self.state.agents[seat.agent] if seat.agent else None

    # --- indexes -------------------------------------------------------------------------
    def available(self, agent: AgentRecord) -> bool:
        """May this agent's phone ring now? Whoever is given none (queueing.withholding) is not eligible."""
        if agent.withheld is not None:
            return False
        if agent.status is not AgentStatus.READY or agent.state is not AgentState.IDLE or agent.seat is None:
            return False
        seat = self.state.seats[agent.seat]
        return seat.state is SeatState.REACHABLE and seat.call is None and seat.due_boot_s is None

    def refresh(self, agent: AgentRecord) -> None:
        """Bring the idle agents, those on duty and the count of those present up to date with this record."""
        self.duty.set(agent.id, self._profiles.get(agent.id) if agent.status is AgentStatus.READY else None)
        self.presence.note(agent.id, self._mark(agent), self.serves.get(agent.id, ()))
        if not self.available(agent):
            self.idle.discard(agent.id)
            return
        turns = {
            need: (score(agent, level), agent.idle_since_boot_s, agent.id)
            for need, score, level in self.needs.get(agent.id, ())
        }
        self.idle.add(agent.id, turns)
        self.touched.update(dict.fromkeys(turns))
        if self.line.row(alone := own(agent.id)):
            self.touched[alone] = None

    def _mark(self, agent: AgentRecord) -> int:
        if agent.status is not AgentStatus.READY or agent.seat is None or not self.serves.get(agent.id):
            return ABSENT
        if not self.could_be_called(agent):
            return PRESENT
        return ROUTABLE if agent.withheld is None else HELD

    def could_be_called(self, agent: AgentRecord) -> bool:
        """Ready, at a seat whose phone is there: if nothing is against it, calls may come."""
        if agent.status is not AgentStatus.READY or agent.seat is None:
            return False
        return self.state.seats[agent.seat].state is SeatState.REACHABLE

    def _wants_no_calls(self, agent: AgentId) -> bool:
        duty = self.state.duties.get(agent)
        return duty is not None and (duty.leaving or duty.rest is not None)

    def refresh_seat(self, seat: SeatRecord) -> None:
        """The same after a change of the seat."""
        if agent := self.agent_of(seat):
            self.refresh(agent)

    def enlist(self, call: CallRecord) -> None:
        """Put a caller into the line if it can be offered now: waiting, not resting, its PBX in sight and settled.

        One that an agent gave away looks for its receiver first.
        """
        node = self.node(call.node)
        if call.state is not CallState.WAITING or call.queue is None or call.resting or not node.serves:
            return
        if call.errand is not None:
            self.errands[call.id] = None  # it is somebody's before it is the line's (queueing.transfers)
            return
        queue = self.queues.get(call.queue)
        if not self._holds(call):
            call.held_for = None
        need = own(call.held_for) if call.held_for else relaxing.need_of(call, queue)
        self.line.add(call.id, need, aging.place(call, self.state.house), call.queue)
        self.touched[need] = None
        if queue is not None and (due := patience.next_boot_s(queue, call)) is not None:
            self.due(call, due)

    def _holds(self, call: CallRecord) -> bool:
        """May it go on waiting for its preferred agent alone?"""
        agent = self.state.agents.get(call.held_for) if call.held_for else None
        return agent is not None and agent.status is AgentStatus.READY and agent.id not in call.excluded

    def release_held(self, agent: AgentId) -> None:
        """This agent wants something else now: those who wait for them alone are anybody's, if need be."""
        for place in tuple(self.line.row(own(agent))):
            self.line.discard(place[2])
            self.enlist(self.state.calls[place[2]])

    def is_closed(self, queue: QueueId | None) -> bool:
        """Does this queue take nobody now: closed by somebody, or the whole house being stopped?"""
        return self.state.drain.on or queue in self.state.closed_queues

    def relist(self) -> None:
        """Everybody in line to the place that the house gives now."""
        self.line, self.promised = WaitingLine(), WaitingLine()
        for call in self.state.calls.values():
            self.enlist(call)
        for promise in self.state.callbacks.values():
            self.enlist_promise(promise)

    def enlist_promise(self, promise: CallbackRecord) -> None:
        """Give a promise that waits for an agent its place among the callers; while its queue is closed it has none."""
        if promise.state is CallbackState.WAITING and not self.is_closed(promise.queue):
            queue = self.queues.get(promise.queue)
            need = relaxing.need_in(promise.queue, queue, promise.language, promise.step)
            self.promised.discard(promise.id)
            place = aging.place_of_promise(promise, self.state.house)
            self.promised.add(promise.id, need, place, promise.queue)
            self.touched[need] = None

    def know_work(self, item: WorkRecord) -> None:
        for key in _names_of(item):
            self.work_of.setdefault(key, {})[item.id] = None

    def forget_work(self, item: WorkRecord) -> None:
        for key in _names_of(item):
            of_key = self.work_of[key]
            del of_key[item.id]
            if not of_key:
                del self.work_of[key]

    def due(self, record: Dated, due_boot_s: float) -> None:
        """Set this record's deadline, replacing the one it has."""
        self.deadlines.set(_KINDS[type(record)], record.id, record, due_boot_s)

    def first_due(self) -> Entry | None:
        return self.deadlines.first(self.timed)


def _names_of(item: WorkRecord) -> Iterator[str]:
    return (key for key in dict.fromkeys((item.number, item.call, item.callback)) if key)


def _needs_of(agent: Agent, queues: Iterable[Queue]) -> Iterator[Serving]:
    for queue in queues:
        for need, level in relaxing.needs_of(agent, queue):
            yield Serving(need, STRATEGIES[queue.strategy], level)
