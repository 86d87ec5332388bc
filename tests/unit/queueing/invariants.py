"""What holds after every input of a random history; at its end it is replayed and gives the same decisions,
also by engines restored from a snapshot's JSON on the way.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant
from pydantic import TypeAdapter

from core.commands import CallAgent, Command, ConsultFar, DialFar, RingBeside, RingSeat
from core.events import (
    AgentChanged,
    CallAbandoned,
    CallAnswered,
    CallbackChanged,
    CallbackMade,
    CallEnded,
    CallEntered,
    CallFlowedOut,
    CallLost,
    CallMoved,
    CallOffered,
    CallTurnedIntoCallback,
    Event,
    LeaderCalled,
    LeaderCallEnded,
    OutboundBegan,
    OutboundEnded,
    OutsideAnswered,
    OutsideDialled,
    OutsideEnded,
    PromiseMade,
    RequestGranted,
    RequestRefused,
    RingBegan,
    RingEnded,
    RuleOverridden,
    SeatReserved,
    TalkBegan,
    TalkEnded,
)
from core.ids import AgentId, CallId, OfferId
from core.inputs import Input, Requested
from core.reasons import Obstacle, Reason
from core.states import AgentState, AgentStatus, CallbackState, CallState, OutboundState, Withheld
from queueing import trace
from queueing.decision import Decision
from queueing.engine import Engine
from queueing.state import AgentRecord, EngineState, OutboundRecord
from tests.unit.queueing.builders import TestFloor
from tests.unit.queueing.oracle import available, is_able, may_serve, present, reachable, routable, serves

SNAPSHOT = TypeAdapter(EngineState)
WAITING = (CallState.WAITING, CallState.RESERVED, CallState.RINGING, CallState.FALLBACK, CallState.OUTSIDE)


class Invariants(RuleBasedStateMachine):
    """What holds after every single input, whatever happened."""

    def __init__(self) -> None:
        super().__init__()
        self.floor = TestFloor()
        self.rings: list[RingSeat | RingBeside] = []
        self.agents_called: list[CallAgent] = []
        self.dials: list[DialFar | ConsultFar] = []
        self.runs = 1
        self.newest = 0
        self.promised: dict[CallId, float] = {}
        self.snapshots: list[tuple[int, bytes]] = []
        self._seen: tuple[int, EngineState] | None = None
        self._told: dict[type, list[Event]] = {}
        self._sorted = 0
        self.just_restored = False
        self.forced: set[AgentId] = set()
        """Whose break a leader has forced; it may begin later, after a call."""

    def give(self, fact: Input) -> None:
        self.note(self.floor.give(fact))

    def note(self, decision: Decision) -> None:
        """Check the decision just taken."""
        self.just_restored = False
        self.check_floor(decision)
        self.rings += [command for command in decision.commands if isinstance(command, RingSeat | RingBeside)]
        self.agents_called += [command for command in decision.commands if isinstance(command, CallAgent)]
        self.dials += [command for command in decision.commands if isinstance(command, DialFar | ConsultFar)]
        for event in decision.events:
            if isinstance(event, SeatReserved):
                self.check_order(event)
                assert event.trace is None or trace.choose(event.trace) == event.agent
            if isinstance(event, CallMoved) and not event.from_line:
                self.promised.pop(event.call, None)  # answered since: a new wait
            if isinstance(event, PromiseMade):
                assert event.low_s <= event.high_s <= self.promised.get(event.call, event.high_s)
                self.promised[event.call] = event.high_s

    def live(self) -> EngineState:
        """To be read and let go: a copy for each look would cost as much as the decisions do."""
        return self.floor.engine._floor.state

    def state(self) -> EngineState:
        """As of the last input, also while the next ones are given."""
        if self._seen is None or self._seen[0] != len(self.floor.history):
            self._seen = len(self.floor.history), self.floor.engine.snapshot()
        return self._seen[1]

    def told(self, kind: type[Any]) -> list[Any]:
        """All events of this kind so far, in order; each event is looked at once, not once after every input."""
        for event in self.floor.events[self._sorted :]:
            self._told.setdefault(type(event), []).append(event)
        self._sorted = len(self.floor.events)
        return self._told.setdefault(kind, [])

    @invariant()
    def pauses_are_of_talks(self) -> None:
        """Silence never outlives the talk it was asked for, and always has an end."""
        state = self.live()
        for pause in state.pauses.values():
            assert pause.id in state.calls or pause.id in state.outbound
            assert pause.due_boot_s is not None

    @invariant()
    def listeners_phones_are_busy(self) -> None:
        """Nobody else's call holds the seat of a listener's phone, and one that rings has an end."""
        for listening in self.live().listenings.values():
            if listening.seat is not None:
                assert self.live().seats[listening.seat].call == listening.channel
                assert listening.heard or listening.due_boot_s is not None

    @invariant()
    def listeners_hear_talks_of_ours(self) -> None:
        """Nobody listens to a call that is gone, or has left our people."""
        state = self.live()
        for listening in state.listenings.values():
            call, outbound = state.calls.get(listening.call), state.outbound.get(listening.call)
            assert state.nodes[listening.node].up
            assert (call and call.state not in (CallState.MENU, CallState.LEAVING, CallState.OUTSIDE)) or outbound

    # --- what must hold --------------------------------------------------------------------
    def check_order(self, event: SeatReserved) -> None:
        """Nobody whom this agent may serve is passed over, but by higher priority within the bound of aging."""
        state = self.live()
        chosen = state.calls[event.call]
        for other in state.calls.values():
            waits = other.state is CallState.WAITING and not other.resting and state.nodes[other.node].serves
            by_choice = chosen.errand is not None  # an agent's or a supervisor's own
            if waits and not by_choice and may_serve(state, event.agent, other) and event.agent not in other.excluded:
                later_s = chosen.came_boot_s - other.came_boot_s
                bound_s = (chosen.priority - other.priority) * (state.house.aging_s if state.house else 0)
                assert later_s <= bound_s + 1e-6, f"{chosen.id} passed {other.id}"

    def check_floor(self, decision: Decision) -> None:
        """Nobody steps off the line below the floor unless a leader said so; at night the last one is not set away."""
        state = self.live()
        for event in decision.events:
            if not isinstance(event, AgentChanged) or event.was_status is not AgentStatus.READY:
                continue
            if event.status is AgentStatus.AWAY:
                assert not state.watch.night or all(
                    any(queue in serves(state, name) for name in routable(state))
                    for queue in serves(state, event.agent)
                )
            elif event.status is not AgentStatus.READY and event.reason != "removed_from_house":
                self.forced |= {told.agent for told in decision.events if isinstance(told, RuleOverridden)}
                needless = event.agent in self.forced or not serves(state, event.agent)
                assert needless or len(present(state)) >= state.watch.needed
                self.forced.discard(event.agent)
        self.forced |= {told.agent for told in decision.events if isinstance(told, RuleOverridden)}

    @invariant()
    def who_is_held_has_a_reason_and_is_not_needed(self) -> None:
        state = self.live()
        for name, record in state.agents.items():
            if record.withheld is None:
                continue
            duty = state.duties[name]
            rests = duty.rest_until_boot_s is not None and duty.rest_until_boot_s >= self.floor.now_s
            assert duty.leaving if record.withheld is Withheld.SHIFT_END else rests
            if record.status is AgentStatus.READY and record.seat and reachable(state, record.seat):
                for queue in serves(state, name):
                    assert any(queue in serves(state, other) for other in routable(state))

    @invariant()
    def breaks_wait_only_for_a_call_or_for_cover(self) -> None:
        state = self.live()
        asked = sorted((one.break_asked_boot_s, one.id) for one in state.agents.values() if one.pending_break)
        for ahead, (_, name) in enumerate(asked):
            record = state.agents[name]
            if record.state is AgentState.IDLE:
                assert record.status is AgentStatus.READY
                assert len(present(state)) - state.watch.needed <= ahead

    @invariant()
    def nobody_is_in_two_calls(self) -> None:
        state = self.live()
        engaged = Counter[str]()
        for call in state.calls.values():
            for party in (call.ring, call.talk, state.consults.get(call.id), state.seconds.get(call.id)):
                if party is not None:
                    assert state.seats[party.seat].call == call.id
                    engaged[party.seat] += 1
                    if party.agent:
                        assert state.agents[party.agent].call == call.id
            engaged.update(call.held_seats)
            assert (call.ring is not None) == (call.state in (CallState.RESERVED, CallState.RINGING))
            assert (call.talk is not None) == (call.state in (CallState.TALKING, CallState.HELD))
            assert not call.offered or call.state in WAITING or (call.state is CallState.LEAVING and call.flow)
            assert call.errand is None or call.state in (*WAITING, CallState.TALKING, CallState.HELD)
            held = call.talk is not None and call.talk.held_since_boot_s is not None
            assert held == (call.state is CallState.HELD) == (call.id in state.reminders)
        for made in state.outbound.values():
            assert state.seats[made.seat].call == made.id and state.agents[made.agent].call == made.id
            engaged[made.seat] += 1
        engaged.update(listener.seat for listener in state.listenings.values() if listener.seat is not None)
        assert all(count == 1 for count in engaged.values())
        assert {seat.id for seat in state.seats.values() if seat.call} == set(engaged)

    @invariant()
    def nobody_waits_in_a_closed_queue(self) -> None:
        state = self.live()
        for call in state.calls.values():
            closed = state.drain.on or call.queue in state.closed_queues
            if closed and call.state is CallState.WAITING and call.errand is None:
                assert call.resting or not state.nodes[call.node].serves

    @invariant()
    def whatever_is_asked_about_a_call_has_a_call_and_an_end(self) -> None:
        state = self.live()
        for consult in state.consults.values():
            assert state.calls[consult.id].talk is not None
            assert (consult.due_boot_s is None) == (consult.answered_boot_s is not None)
        for move in state.moves.values():
            assert (move.id in state.calls or move.id in state.outbound) and move.due_boot_s is not None
        assert all(state.calls[reminder].talk is not None for reminder in state.reminders)
        asked = {fact.id for fact, _, _ in self.floor.history if isinstance(fact, Requested)}
        told = {event.request for event in self.told(RequestGranted)}
        told |= {event.request for event in self.told(RequestRefused)}
        open_moves = {move.request for move in state.moves.values()}
        open_pauses = {pause.request for pause in state.pauses.values() if pause.request}
        open_listenings = {listening.asked for listening in state.listenings.values() if listening.asked}
        assert asked == told | open_moves | open_pauses | open_listenings

    @invariant()
    def agents_do_what_their_calls_say(self) -> None:
        state = self.live()
        for record in state.agents.values():
            in_call = record.state not in (AgentState.IDLE, AgentState.WRAP_UP)
            assert in_call == (record.call is not None)
            assert record.state in self.wanted(state, record)
            assert (record.state is AgentState.WRAP_UP) == (record.due_boot_s is not None)
            assert (record.seat is None) == (record.status is AgentStatus.SIGNED_OUT)
            assert record.seat is None or state.seats[record.seat].agent == record.id

    def wanted(self, state: EngineState, record: AgentRecord) -> tuple[AgentState, ...]:
        """What this agent must be doing, as calls and consults say."""
        if record.call is None:
            return AgentState.IDLE, AgentState.WRAP_UP
        if record.call in state.outbound:
            return (self.wanted_in_outbound(state.outbound[record.call]),)
        call = state.calls[record.call]
        consult = state.consults.get(call.id)
        if (second := state.seconds.get(call.id)) is not None and second.agent == record.id:
            return (AgentState.RESERVED,) if second.rang_boot_s is None else (AgentState.RINGING,)
        if call.ring is not None and call.ring.agent == record.id:
            return (AgentState.RESERVED,) if call.ring.rang_boot_s is None else (AgentState.RINGING,)
        if call.talk is not None and call.talk.agent == record.id:
            if call.state is CallState.TALKING:
                return (AgentState.TALKING,)
            return (AgentState.CONSULTING,) if consult or call.id in state.outside else (AgentState.HOLDING,)
        assert consult is not None and consult.agent == record.id
        if consult.joined:
            return (AgentState.TALKING,)
        if consult.answered_boot_s is not None:
            return (AgentState.CONSULTING,)
        return (AgentState.RESERVED,) if consult.rang_boot_s is None else (AgentState.RINGING,)

    def wanted_in_outbound(self, made: OutboundRecord) -> AgentState:
        """What an agent does in a call that we make; while the line is let go, what it was until then."""
        if made.state is OutboundState.CALLING_AGENT:
            return AgentState.RINGING if made.agent_rang else AgentState.RESERVED
        return AgentState.DIALLING if made.answered_boot_s is None else AgentState.TALKING

    @invariant()
    def no_number_is_called_twice_at_once(self) -> None:
        numbers = Counter(made.number for made in self.live().outbound.values())
        assert all(count == 1 for count in numbers.values())

    @invariant()
    def calls_that_we_make_do_not_last_for_ever(self) -> None:
        state = self.live()
        for made in state.outbound.values():
            if state.nodes[made.node].up and made.state is not OutboundState.TALKING:
                assert made.due_boot_s is not None

    @invariant()
    def calls_that_we_make_end_once(self) -> None:
        began = Counter(event.call for event in self.told(OutboundBegan))
        ended = Counter(event.call for event in self.told(OutboundEnded))
        left = {made.id for made in self.live().outbound.values() if made.state is OutboundState.LEAVING}
        assert began == ended + Counter(made for made in self.live().outbound if made not in left)

    @invariant()
    def promises_are_kept_by_one_call_each(self) -> None:
        state = self.live()
        kept = [made for made in state.outbound.values() if made.callback]
        ours = [made for made in kept if made.callback in state.callbacks]
        for promise in state.callbacks.values():
            dials = [made for made in ours if made.callback == promise.id and made.state is not OutboundState.LEAVING]
            assert (promise.state is CallbackState.CALLING) == (len(dials) == 1)
            timed = promise.due_boot_s is not None or state.drain.on or promise.queue in state.closed_queues
            assert promise.state is CallbackState.CALLING or timed
            assert promise.tries < 3
        assert len({promise.phone for promise in state.callbacks.values()}) == len(state.callbacks)

    @invariant()
    def promises_are_not_lost(self) -> None:
        made = Counter(event.callback for event in self.told(CallbackMade))
        over = Counter(
            event.callback
            for event in self.told(CallbackChanged)
            if event.state in (CallbackState.DONE, CallbackState.GIVEN_UP, CallbackState.CANCELLED)
        )
        assert made == over + Counter(self.live().callbacks.keys())

    @invariant()
    def few_agents_dial_for_promises(self) -> None:
        dialling = (OutboundState.CALLING_AGENT, OutboundState.CONNECTING, OutboundState.CALLING)
        made = [one for one in self.live().outbound.values() if one.callback and one.state in dialling]
        assert len(made) <= 2

    @invariant()
    def no_command_is_remembered_of_a_call_that_is_over(self) -> None:
        state = self.live()
        rung = {summon.call for summon in state.summons.values() if summon.call}
        assert set(state.outbound_commands.values()) <= {*state.outbound, *state.outside, *rung}

    @invariant()
    def one_leader_is_rung_at_a_time(self) -> None:
        state = self.live()
        began = [event.call for event in self.told(LeaderCalled)]
        ended = [event.call for event in self.told(LeaderCallEnded)]
        assert len(set(began)) == len(began) and began[: len(ended)] == ended
        assert began[len(ended) :] == [summon.call for summon in state.summons.values() if summon.call]
        assert all(summon.due_boot_s is not None for summon in state.summons.values())

    @invariant()
    def whoever_is_outside_is_nobodys_here_and_comes_back(self) -> None:
        state = self.live()
        asked = {record.id for record in state.outside.values() if record.asker is not None}
        outside = {call.id for call in state.calls.values() if call.state is CallState.OUTSIDE}
        assert outside == set(state.outside) - asked
        for record in state.outside.values():
            call = state.calls[record.id]
            assert call.ring is None and (call.talk is not None) == (record.id in asked)
            if record.awaits_caller:
                assert record.due_boot_s is not None or not state.nodes[record.node].up
            if record.answered_boot_s is None:
                assert record.due_boot_s is not None or not state.nodes[record.node].up
            else:
                assert not call.offered and call.errand is None
        told = {event.call for event in self.told(OutsideDialled)}
        told |= {event.call for event in self.told(OutsideAnswered)}
        ended = {event.call for event in self.told(OutsideEnded)}
        assert ended | set(state.outside) == told

    @invariant()
    def a_second_ring_has_a_first_and_an_end(self) -> None:
        state = self.live()
        for second in state.seconds.values():
            call = state.calls[second.id]
            assert call.ring is not None and call.ring.agent != second.agent and call.beside == "held"
            assert second.due_boot_s is not None or not state.nodes[call.node].up
        assert all(call.ring is not None for call in state.calls.values() if call.beside)

    @invariant()
    def no_ring_lasts_for_ever(self) -> None:
        state = self.live()
        for call in state.calls.values():
            if call.ring and state.nodes[call.node].up:
                assert call.due_boot_s is not None

    @invariant()
    def nobody_idle_leaves_waiting_whom_they_may_serve(self) -> None:
        state = self.live()
        free = [name for name, record in state.agents.items() if available(state, name)]
        for call in state.calls.values():
            if call.state is CallState.WAITING and not call.resting and state.nodes[call.node].serves:
                assert not [name for name in free if may_serve(state, name, call)]

    @invariant()
    def no_promise_waits_beside_an_idle_agent(self) -> None:
        """Unless as many agents dial for promises as may."""
        state = self.live()
        dialling = (OutboundState.CALLING_AGENT, OutboundState.CONNECTING, OutboundState.CALLING)
        dials = sum(one.callback is not None and one.state in dialling for one in state.outbound.values())
        if state.house is None or dials >= state.house.callbacks.at_once:
            return
        free = [name for name in state.agents if available(state, name)]
        for promise in state.callbacks.values():
            closed = state.drain.on or promise.queue in state.closed_queues
            if promise.state is CallbackState.WAITING and not closed:
                assert not [name for name in free if is_able(state, name, promise)]

    @invariant()
    def nothing_is_left_to_settle(self) -> None:
        """Each part of Engine._settle, run once in its order, leaves nothing to the others."""
        floor = self.floor.engine._floor
        assert not (floor.touched or floor.errands or floor.newcomers or floor.came_or_went or floor.callback_news)
        assert not floor.unpromised
        assert not floor.presence.moved or self.just_restored

    @invariant()
    def no_call_is_lost_from_the_count(self) -> None:
        state = self.live()
        offered = Counter(event.call for event in self.told(CallOffered))
        entered = Counter(event.call for event in self.told(CallEntered))
        turned = Counter(event.call for event in self.told(CallTurnedIntoCallback))
        finished = turned.copy()
        finished.update(event.call for event in self.told(CallAnswered))
        finished.update(event.call for event in self.told(CallAbandoned))
        finished.update(event.call for event in self.told(CallFlowedOut))
        finished.update(event.call for event in self.told(CallMoved) if event.from_line)
        finished.update(event.call for event in self.told(CallLost) if event.queue is not None)
        finished.update(call.id for call in state.calls.values() if call.offered)
        assert offered + Counter(event.call for event in self.told(CallMoved)) == finished
        assert entered == Counter([*(event.call for event in self.told(CallEnded)), *state.calls])
        assert all(count == 1 for kind in (entered, turned) for count in kind.values())
        assert all(count <= 1 + turned[call] for call, count in offered.items())

    @invariant()
    def rings_and_talks_end_once(self) -> None:
        state = self.live()
        reserved = Counter(event.offer for event in self.told(SeatReserved))
        ended = Counter(event.offer for event in self.told(RingEnded))
        began = Counter(event.offer for event in self.told(RingBegan))
        on = [call.ring.offer for call in state.calls.values() if call.ring]
        assert reserved == ended + Counter([*on, *(second.offer for second in state.seconds.values())])
        assert all(count == 1 for count in began.values()) and not began - reserved
        answered = Counter(event.call for event in self.told(CallAnswered))
        answered.update(event.call for event in self.told(TalkBegan))
        talked = Counter(event.call for event in self.told(TalkEnded))
        assert answered == talked + Counter(call.id for call in state.calls.values() if call.talk)

    @invariant()
    def changes_of_agents_follow_each_other(self) -> None:
        believed: dict[AgentId, tuple[AgentStatus, AgentState]] = {}
        for event in self.told(AgentChanged):
            before = believed.get(event.agent, (AgentStatus.SIGNED_OUT, AgentState.IDLE))
            assert (event.was_status, event.was_state) == before
            assert event.lasted_s >= 0
            believed[event.agent] = (event.status, event.state)

    def teardown(self) -> None:
        """The same inputs give the same decisions, from the start and from every snapshot."""
        self.replay(Engine(), 0)
        for at, saved in self.snapshots[-2:]:
            self.replay(Engine.restore(SNAPSHOT.validate_json(saved)), at)

    def replay(self, engine: Engine, start: int) -> None:
        events: list[Event] = []
        commands: list[Command] = []
        made = {event.offer: event for event in self.told(SeatReserved)}
        for fact, now, sequence in self.floor.history[start:]:
            decision, seen = engine.witness(fact, now, sequence, made)
            self.check_everybodys_reasons(decision, seen)
            events += decision.events
            commands += decision.commands
        assert events == self.floor.events[len(self.floor.events) - len(events) :]
        assert commands == self.floor.commands[len(self.floor.commands) - len(commands) :]
        assert engine.snapshot() == self.state()

    def check_everybodys_reasons(self, decision: Decision, seen: dict[OfferId, tuple[Obstacle, ...]]) -> None:
        """The one who was chosen, behind it whom the trace has in their order, and a reason for everybody else."""
        offers = [event for event in decision.events if isinstance(event, SeatReserved)]
        assert list(seen) == [event.offer for event in offers]
        for event in offers:
            reasons = {one.agent: one for one in seen[event.offer]}
            assert [name for name, one in reasons.items() if one.reason is Reason.CHOSEN] == [event.agent]
            assert all(one.reason is not Reason.MAY_SERVE for one in reasons.values())
            behind = sorted((int(one.detail), name) for name, one in reasons.items() if one.reason is Reason.BEHIND)
            if event.trace is not None and event.trace.strategy not in (trace.NAMED, trace.PREFERRED, trace.OWNER):
                able = sorted(event.trace.candidates, key=lambda one: (one.score, one.idle_since_boot_s, one.agent))
                asked = [one for one in able if event.trace.forgiving or not one.missed]
                assert [name for _, name in behind] == [one.agent for one in asked if one.agent != event.agent]
