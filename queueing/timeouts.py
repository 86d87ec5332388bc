"""Time has passed: whatever is due happens, in the order in which it fell due."""

from __future__ import annotations

from core.ids import AgentId, CallbackId, CallId, ListeningId, NodeId, QueueId, SeatId, WorkId
from core.states import CallState, RingOutcome
from queueing import (
    agents,
    attendance,
    callbacks,
    calls,
    closings,
    consults,
    desk,
    draining,
    governor,
    holds,
    moves,
    outbound,
    outside,
    overflow,
    patience,
    pauses,
    phone_listening,
    reconcile,
    rings,
    seats,
    second_ring,
    summons,
    talks,
    work,
)
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord


def tick(floor: Floor, draft: Draft) -> None:
    """Handle every deadline up to now."""
    while (entry := floor.first_due()) is not None and entry[0] <= draft.now_s:
        _, kind, key = entry
        if kind == "call":
            _call_due(floor, draft, floor.state.calls[CallId(key)])
        elif kind == "outbound":
            outbound.due(floor, draft, floor.state.outbound[CallId(key)])
        elif kind == "outside":
            outside.due(floor, draft, floor.state.outside[CallId(key)])
        elif kind == "callback":
            callbacks.due(floor, draft, floor.state.callbacks[CallbackId(key)])
        elif kind == "work":
            work.due(floor, draft, floor.state.work[WorkId(key)])
        elif kind == "case":
            desk.due(floor, draft, floor.state.open_cases[key])
        elif kind == "reopening":
            closings.due(floor, draft, floor.state.reopenings[QueueId(key)])
            callbacks.look_again(floor, draft)
        elif kind == "drain":
            draining.due(floor, draft)
        elif kind == "agent":
            agents.wrap_up_over(floor, draft, floor.state.agents[AgentId(key)])
        elif kind == "duty":
            attendance.agent_due(floor, draft, floor.state.duties[AgentId(key)])
        elif kind == "watch":
            attendance.due(floor, draft)
        elif kind == "governor":
            governor.due(floor, draft, floor.state.governors[QueueId(key)])
        elif kind == "node":
            reconcile.due(floor, draft, floor.state.nodes[NodeId(key)])
        elif kind == "move":
            moves.overdue(floor, draft, floor.state.moves[CallId(key)])
        elif kind == "reminder":
            holds.remind(floor, draft, floor.state.reminders[CallId(key)])
        elif kind == "second":
            second_ring.overdue(floor, draft, floor.state.seconds[CallId(key)])
        elif kind == "summon":
            summons.due(floor, draft, floor.state.summons[key])
        elif kind == "pause":
            pauses.due(floor, draft, floor.state.pauses[CallId(key)])
        elif kind == "listening":
            phone_listening.due(floor, draft, floor.state.listenings[ListeningId(key)])
        elif kind == "consult":
            consults.overdue(floor, draft, floor.state.consults[CallId(key)])
        else:
            seats.rest_over(floor, floor.state.seats[SeatId(key)])


def _call_due(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """While its PBX is out of sight a call's deadlines mean nothing; the next resync looks at it."""
    call.due_boot_s = None
    if call.resting:
        calls.rest_over(floor, call)
    elif not floor.node(call.node).up:
        return
    elif rings.is_on(call):
        _ring_due(floor, draft, call)
    elif call.state is CallState.WAITING:
        if not overflow.overdue(floor, draft, call):
            patience.due(floor, draft, call)
    elif call.state is CallState.TALKING and call.id not in floor.state.moves:
        talks.agent_left(floor, draft, call)


def _ring_due(floor: Floor, draft: Draft, call: CallRecord) -> None:
    assert call.ring is not None
    if call.ring.awaits_desktop:
        rings.unseen(floor, draft, call)
    elif call.ring.unexplained:
        rings.failed(floor, draft, call)
    elif call.ring.rang_boot_s is None:
        rings.failed(floor, draft, call, withdraw=True)
    else:
        rings.not_answered(floor, draft, call, RingOutcome.MISSED, withdraw=True)
