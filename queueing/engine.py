"""The engine: facts in, decisions out. Pure: time is an argument, commands are returned, never executed.

Nothing that arrives makes `handle` raise: facts of unknown calls, doubled, late or contradictory
ones are ignored or corrected. The same inputs give the same decisions, also after a restore.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from copy import copy
from typing import Any, get_args

from core.house import House
from core.ids import AgentId, CallId, NodeId, OfferId, QueueId
from core.inputs import (
    AgentLineHeld,
    AlarmNoticed,
    AlarmPassed,
    BesideHeld,
    CallArrived,
    CallbackRequested,
    CallerBack,
    CallerHeld,
    CallerHungUp,
    CallerJoined,
    CallQueued,
    CallsBlocked,
    ClockStepped,
    CommandDone,
    CommandFailed,
    ConfigurationChanged,
    FarAnswered,
    FarJoined,
    FarLegEnded,
    FarProgressed,
    FarRang,
    HouseOpened,
    Input,
    MachineRebooted,
    MenuKeyPressed,
    MenuNodeLeft,
    MessageLeft,
    NoticeUnderstood,
    PbxBooksRead,
    PbxLost,
    PbxResynced,
    QueueKeyPressed,
    Requested,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SeatReachabilityChanged,
    SurveyAnswered,
    Tick,
    TrunkReachabilityChanged,
)
from core.instants import Instant
from core.reasons import Obstacle
from core.recordings import RecordingFact
from queueing import (
    alarms,
    announcing,
    attendance,
    books,
    callbacks,
    caller_facts,
    closings,
    command_facts,
    configuration,
    draining,
    flows,
    governor,
    listening,
    offers,
    outbound,
    outside,
    overflow,
    phone_listening,
    promise,
    reasons,
    reboot,
    reconcile,
    recordings,
    requests,
    ring_ends,
    routing,
    seat_facts,
    second_ring,
    summons,
    taking,
    timeouts,
    transfers,
    trunks,
    work,
)
from queueing.decision import Decision, Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, EngineState, NodeRecord


def _tick(floor: Floor, draft: Draft, fact: Tick) -> None:
    timeouts.tick(floor, draft)


def _house_changed(floor: Floor, draft: Draft, fact: ConfigurationChanged) -> None:
    configuration.changed(floor, draft, fact)
    callbacks.look_again(floor, draft)


def _clock_stepped(floor: Floor, draft: Draft, fact: ClockStepped) -> None:
    """Durations are on the boot clock; shifts, hours, and moments that people gave are not."""
    attendance.review(floor, draft)
    closings.clock_set(floor, draft)
    callbacks.look_again(floor, draft)


Rule = Callable[[Floor, Draft, Any], None]

_RULES: dict[type, Rule] = {
    CallArrived: caller_facts.arrived,
    MenuKeyPressed: caller_facts.key_pressed,
    MenuNodeLeft: caller_facts.node_left,
    MessageLeft: flows.message_left,
    SurveyAnswered: flows.survey_answered,
    CallQueued: caller_facts.queued,
    QueueKeyPressed: announcing.key_pressed,
    CallerBack: flows.back,
    CallerHungUp: caller_facts.hung_up,
    CallsBlocked: caller_facts.blocked,
    CallerHeld: taking.caller_held,
    CallerJoined: seat_facts.joined,
    BesideHeld: second_ring.held,
    SeatRang: seat_facts.rang,
    SeatAnswered: seat_facts.answered,
    SeatLegEnded: seat_facts.leg_ended,
    SeatReachabilityChanged: seat_facts.reachability_changed,
    CallbackRequested: callbacks.requested,
    AgentLineHeld: outbound.line_held,
    FarRang: outbound.far_rang,
    FarProgressed: outbound.far_progressed,
    FarAnswered: outbound.far_answered,
    FarLegEnded: outbound.far_ended,
    FarJoined: seat_facts.far_joined,
    NoticeUnderstood: summons.understood,
    TrunkReachabilityChanged: trunks.reachability_changed,
    PbxBooksRead: books.read,
    **dict.fromkeys(get_args(RecordingFact), recordings.told),
    PbxResynced: reconcile.resynced,
    PbxLost: reconcile.lost,
    Requested: requests.requested,
    AlarmNoticed: alarms.noticed,
    AlarmPassed: alarms.passed,
    CommandDone: command_facts.done,
    CommandFailed: command_facts.failed,
    ConfigurationChanged: _house_changed,
    ClockStepped: _clock_stepped,
    MachineRebooted: reboot.rebooted,
    HouseOpened: draining.opened,
    Tick: _tick,
}


_OUTBOUND_RULES: dict[type, Rule] = {
    SeatRang: outbound.agent_rang,
    SeatAnswered: outbound.agent_answered,
    SeatLegEnded: outbound.agent_leg_ended,
    CommandDone: outbound.done,
    CommandFailed: outbound.failed,
}
"""The same facts, of a call that we make."""

_OUTSIDE_RULES: dict[type, Rule] = {
    FarRang: outside.rang,
    FarProgressed: outside.progressed,
    FarAnswered: outside.answered,
    FarLegEnded: outside.far_ended,
    CommandDone: outside.done,
    CommandFailed: outside.failed,
}
"""And of a caller who is given to a number outside."""

_LISTENER_RULES: dict[type, Rule] = {
    SeatRang: phone_listening.rang,
    SeatAnswered: phone_listening.answered,
    SeatLegEnded: phone_listening.leg_ended,
}
"""And of the phone of somebody who listens."""

_SUMMONS_RULES: dict[type, Rule] = {
    FarRang: summons.rang,
    FarAnswered: summons.answered,
    FarLegEnded: summons.ended,
    CommandDone: summons.done,
    CommandFailed: summons.failed,
}
"""And of a leader who is rung at night."""


_CALL_OF: dict[type, Callable[[EngineState, Any], CallId | None]] = {
    **dict.fromkeys(
        (SeatRang, SeatAnswered, SeatLegEnded, FarRang, FarProgressed, FarAnswered, FarLegEnded),
        lambda state, fact: fact.call,
    ),
    **dict.fromkeys((CommandDone, CommandFailed), lambda state, fact: state.outbound_commands.get(fact.id)),
}
"""Whose the facts are that the PBX tells alike of callers and of calls that we make."""


def _rule(state: EngineState, fact: Input) -> Rule:
    kind = type(fact)
    rule, call_of = _RULES[kind], _CALL_OF.get(kind)
    call = call_of(state, fact) if call_of is not None else None
    if call is None:
        return rule
    if call in state.outbound:
        return _OUTBOUND_RULES.get(kind, rule)
    if call in state.outside:
        return _OUTSIDE_RULES.get(kind, rule)
    if phone_listening.of(state, call):
        return _LISTENER_RULES.get(kind, rule)
    if state.summons and any(record.call == call for record in state.summons.values()):
        return _SUMMONS_RULES.get(kind, rule)
    return rule


def _settle(floor: Floor, draft: Draft) -> None:
    """Give everybody a seat or a place; whoever overflows into another queue may find a seat there."""
    transfers.settle(floor, draft)
    attendance.settle(floor, draft)
    callbacks.settle(floor, draft)
    again = True
    while again:
        closings.settle(floor, draft)
        routing.settle(floor, draft)
        again = overflow.settle(floor, draft)
    second_ring.settle(floor, draft)


class Engine:
    """One writer of the queue's state."""

    def __init__(self, state: EngineState | None = None) -> None:
        self._floor = Floor(state if state is not None else EngineState())

    @classmethod
    def restore(cls, snapshot: EngineState) -> Engine:
        """An engine that decides from here on as the one that gave the snapshot would have."""
        return cls(snapshot.copy())

    def snapshot(self) -> EngineState:
        """A copy of everything remembered; pydantic's TypeAdapter turns it into JSON and back."""
        return self._floor.state.copy()

    def handle(self, fact: Input, now: Instant, sequence: int) -> Decision:
        """Decide on one input. `sequence` is its number in the journal and names the commands."""
        floor, draft = self._floor, Draft(sequence, now.boot_s, now.wall.timestamp())
        _rule(floor.state, fact)(floor, draft, fact)
        _settle(floor, draft)
        listening.settle(floor, draft)
        announcing.make(floor, draft)
        promise.make(floor, draft)
        governor.observe(floor, draft)
        work.observe(floor, draft)
        draining.settle(floor, draft)
        return draft.done()

    def witness(
        self, fact: Input, now: Instant, sequence: int, offers: Container[OfferId]
    ) -> tuple[Decision, dict[OfferId, tuple[Obstacle, ...]]]:
        """As `handle`, and for each of these offers that it makes why each agent had it or had not."""
        floor, seen = self._floor, dict[OfferId, tuple[Obstacle, ...]]()

        def look(call: CallRecord, agent: AgentRecord, named: bool) -> None:
            if (offer := ring_ends.next_offer(call)) in offers:
                seen[offer] = reasons.of_choice(floor, call, agent, named=named)

        floor.witness = look
        try:
            return self.handle(fact, now, sequence), seen
        finally:
            floor.witness = None

    def books_place(self, node: NodeId) -> int | None:
        """How far the books of this PBX have been read; None: never."""
        record = self._floor.state.nodes.get(node)
        return record.books_place if record else None

    def offers(self, queue: QueueId) -> offers.Offers:
        """What this queue offers every waiting caller at this moment."""
        return offers.current(self._floor, queue)

    def can_promise(self, number: str, caller: str, now_boot_s: float) -> bool:
        """May a callback to this number be promised to this caller ("": withheld) at this moment?"""
        return callbacks.can_keep(self._floor, now_boot_s, number, caller)

    def under_way(self) -> tuple[CallId, ...]:
        """Every call that is not over, ours to others among them."""
        return (*self._floor.state.calls, *self._floor.state.outbound)

    def left(self) -> draining.Left | None:
        """What the house waits for before it stops; None: it is not being stopped."""
        return draining.left(self._floor)

    @property
    def version(self) -> int:
        """Of the house in force; 0: none."""
        return self._floor.state.version

    @property
    def house(self) -> House | None:
        """The house in force."""
        return self._floor.state.house

    def pbx(self, node: NodeId) -> NodeRecord | None:
        """A PBX as of this moment, a copy; None: never seen."""
        found = self._floor.state.nodes.get(node)
        return found.copy() if found is not None else None

    def call(self, call: CallId) -> CallRecord | None:
        """A live call as it is at this moment, a copy."""
        found = self._floor.state.calls.get(call)
        return found.copy() if found is not None else None

    def agent(self, agent: AgentId) -> AgentRecord | None:
        """A person of the floor as of this moment, a copy."""
        found = self._floor.state.agents.get(agent)
        return copy(found) if found is not None else None

    def obstacles(self, call: CallId) -> tuple[Obstacle, ...]:
        """Why each agent does not get this waiting call at this moment; empty when it does not wait."""
        return reasons.obstacles(self._floor, call)

    def next_deadline(self) -> float | None:
        """When a Tick is due, in boot-clock seconds; None: not before the next input."""
        entry = self._floor.first_due()
        return entry[0] if entry is not None else None
